//! Declarations: made, raised, retired, released.

use crate::{bonds, pallet::*, Declaration, Declarations, MAX_DECLARATIONS};
use frame_support::{ensure, traits::Get};
use ganglion_primitives::{Balance, BlockNumber, NetUid, ProfileId, ProfileNumber, Role};
use ganglion_traits::{ColdkeyGuard, HotkeyInspect, LockReason, NeuronInspect, StakeLock};
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	/// Least bond of a role, nano.
	pub fn least_bond(role: Role) -> Balance {
		match role {
			Role::Serve => T::MinServeBond::get(),
			Role::Audit => T::MinAuditBond::get(),
		}
	}

	fn ensure_own(coldkey: &T::AccountId, hotkey: &T::AccountId) -> DispatchResult {
		let owner = T::Hotkeys::coldkey(hotkey);
		ensure!(owner.as_ref() == Some(coldkey), Error::<T>::NotOwnHotkey);
		Ok(())
	}

	pub(crate) fn do_declare(
		coldkey: T::AccountId,
		netuid: NetUid,
		hotkey: T::AccountId,
		profile: ProfileId,
		role: Role,
		bond: Balance,
	) -> DispatchResult {
		Self::ensure_own(&coldkey, &hotkey)?;
		ensure!(T::Neurons::uid(netuid, &hotkey).is_some(), Error::<T>::NotRegistered);
		ensure!(!Successors::<T>::contains_key(netuid, &hotkey), Error::<T>::FormerName);
		ensure!(bond >= Self::least_bond(role), Error::<T>::BondTooLow);
		let number = Self::number(&profile)?;
		let mut declarations = DeclarationsOf::<T>::get(netuid, &hotkey);
		if Self::put(&mut declarations, number, role, bond)? {
			Self::count_declaration(number, true);
		}
		if role == Role::Audit {
			Self::add_auditor(netuid, number, &hotkey)?;
		}
		let sum = bonds(&declarations, None);
		T::Locks::set_lock(LockReason::Bond, &coldkey, netuid, &hotkey, sum)?;
		DeclarationsOf::<T>::insert(netuid, &hotkey, declarations);
		Self::deposit_event(Event::Declared {
			netuid,
			hotkey,
			number,
			role,
			bond,
		});
		Ok(())
	}

	/// Write a declaration in force; whether it is a new one.
	fn put(
		declarations: &mut Declarations,
		profile: ProfileNumber,
		role: Role,
		bond: Balance,
	) -> Result<bool, Error<T>> {
		if let Some(there) = find(declarations, profile, role) {
			ensure!(bond >= there.bond, Error::<T>::BondLowered);
			(there.bond, there.ends_at) = (bond, None);
			return Ok(false);
		}
		let same_role = declarations.iter().filter(|one| one.role == role).count();
		ensure!(same_role < MAX_DECLARATIONS as usize, Error::<T>::TooManyDeclarations);
		let declaration = Declaration {
			profile,
			role,
			bond,
			since: Self::now(),
			ends_at: None,
		};
		declarations
			.try_push(declaration)
			.map_err(|_| Error::<T>::TooManyDeclarations)?;
		Ok(true)
	}

	fn add_auditor(netuid: NetUid, number: ProfileNumber, hotkey: &T::AccountId) -> DispatchResult {
		AuditorsOf::<T>::try_mutate(netuid, number, |auditors| {
			if let Err(at) = auditors.binary_search(hotkey) {
				let inserted = auditors.try_insert(at, hotkey.clone());
				inserted.map_err(|_| Error::<T>::TooManyAuditors)?;
			}
			Ok(())
		})
	}

	pub(crate) fn remove_auditor(netuid: NetUid, number: ProfileNumber, hotkey: &T::AccountId) {
		AuditorsOf::<T>::mutate_exists(netuid, number, |entry| {
			let Some(auditors) = entry else { return };
			auditors.retain(|auditor| auditor != hotkey);
			if auditors.is_empty() {
				*entry = None;
			}
		});
	}

	pub(crate) fn do_retire(
		coldkey: T::AccountId,
		netuid: NetUid,
		hotkey: T::AccountId,
		profile: ProfileId,
		role: Role,
	) -> DispatchResult {
		Self::ensure_own(&coldkey, &hotkey)?;
		let number = Self::number(&profile)?;
		let mut declarations = DeclarationsOf::<T>::get(netuid, &hotkey);
		let there = find(&mut declarations, number, role).ok_or(Error::<T>::NotDeclared)?;
		ensure!(there.ends_at.is_none(), Error::<T>::AlreadyRetired);
		Self::end(netuid, &hotkey, there);
		DeclarationsOf::<T>::insert(netuid, &hotkey, declarations);
		Ok(())
	}

	/// End a declaration that is in force; the caller stores it.
	pub(crate) fn end(netuid: NetUid, hotkey: &T::AccountId, declaration: &mut Declaration) {
		let ends_at = Self::release_block();
		declaration.ends_at = Some(ends_at);
		if declaration.role == Role::Audit {
			Self::remove_auditor(netuid, declaration.profile, hotkey);
		}
		Self::deposit_event(Event::Retired {
			netuid,
			hotkey: hotkey.clone(),
			number: declaration.profile,
			role: declaration.role,
			ends_at,
		});
	}

	/// When what ends now is released.
	pub(crate) fn release_block() -> BlockNumber {
		Self::clock().saturating_add(T::BondRelease::get())
	}

	pub(crate) fn do_release(netuid: NetUid, hotkey: T::AccountId) -> DispatchResult {
		ensure!(Freezes::<T>::get(netuid, &hotkey) == 0, Error::<T>::Frozen);
		let clock = Self::clock();
		let mut declarations = DeclarationsOf::<T>::get(netuid, &hotkey);
		let before = bonds(&declarations, None);
		let over = |one: &Declaration| one.ends_at.is_some_and(|ends_at| ends_at <= clock);
		ensure!(declarations.iter().any(over), Error::<T>::NothingToRelease);
		declarations
			.iter()
			.filter(|one| over(one))
			.for_each(|one| Self::count_declaration(one.profile, false));
		declarations.retain(|one| !over(one));
		let left = bonds(&declarations, None);
		// In the steps of a swap the lock may be with either coldkey: later.
		ensure!(Self::relock(netuid, &hotkey, left)?, Error::<T>::ColdkeyGuarded);
		Self::store(netuid, &hotkey, declarations);
		Self::deposit_event(Event::Released {
			netuid,
			hotkey,
			released: before.saturating_sub(left),
			left,
		});
		Ok(())
	}

	/// Lower the lock behind a hotkey's bonds; whether it was possible: not while its coldkey is being moved.
	pub(crate) fn relock(
		netuid: NetUid,
		hotkey: &T::AccountId,
		sum: Balance,
	) -> Result<bool, sp_runtime::DispatchError> {
		let Some(coldkey) = T::Hotkeys::coldkey(hotkey) else {
			return Ok(true);
		};
		if T::Guard::counterpart(&coldkey).is_some() {
			return Ok(false);
		}
		T::Locks::set_lock(LockReason::Bond, &coldkey, netuid, hotkey, sum)?;
		Ok(true)
	}

	/// Store what is left of a hotkey's declarations. Without any, nobody has to answer for a former name.
	pub(crate) fn store(netuid: NetUid, hotkey: &T::AccountId, declarations: Declarations) {
		if !declarations.is_empty() {
			DeclarationsOf::<T>::insert(netuid, hotkey, declarations);
			return;
		}
		DeclarationsOf::<T>::remove(netuid, hotkey);
		Freezes::<T>::remove(netuid, hotkey);
		if let Some((former, _)) = FormerNames::<T>::take(netuid, hotkey) {
			Successors::<T>::remove(netuid, former);
		}
	}
}

/// A hotkey's declaration of a profile in a role.
fn find(declarations: &mut Declarations, profile: ProfileNumber, role: Role) -> Option<&mut Declaration> {
	declarations
		.iter_mut()
		.find(|one| one.profile == profile && one.role == role)
}
