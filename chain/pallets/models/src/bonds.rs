//! Bonds as disputes and audits see them: what is behind a hotkey, held while it is accused, slashed when it lied.

use crate::{bonds, pallet::*, Declarations};
use frame_support::ensure;
use ganglion_primitives::{Balance, NetUid, Role};
use ganglion_traits::{Bonds, Slash, SlashOutcome, StakeInspect};
use sp_runtime::{ArithmeticError, DispatchResult};

impl<T: Config> Pallet<T> {
	/// Take `amount` off the bonds of a role, first declared first. What falls below the least bond is in force no longer.
	fn lower(netuid: NetUid, hotkey: &T::AccountId, role: Role, amount: Balance) {
		let mut declarations: Declarations = DeclarationsOf::<T>::get(netuid, hotkey);
		let mut left = amount;
		for one in declarations.iter_mut().filter(|one| one.role == role) {
			let taken = one.bond.min(left);
			one.bond = one.bond.saturating_sub(taken);
			left = left.saturating_sub(taken);
			if one.ends_at.is_none() && one.bond < Self::least_bond(role) {
				Self::end(netuid, hotkey, one);
			}
		}
		// Where it is not possible now, the release lowers the lock.
		let _ = Self::relock(netuid, hotkey, bonds(&declarations, None));
		Self::store(netuid, hotkey, declarations);
	}
}

impl<T: Config> Bonds<T::AccountId> for Pallet<T> {
	fn answering(netuid: NetUid, hotkey: &T::AccountId) -> T::AccountId {
		Successors::<T>::get(netuid, hotkey).unwrap_or_else(|| hotkey.clone())
	}

	fn bond(netuid: NetUid, hotkey: &T::AccountId, role: Role) -> Balance {
		let hotkey = Self::answering(netuid, hotkey);
		let bond = bonds(&DeclarationsOf::<T>::get(netuid, &hotkey), Some(role));
		match bond {
			0 => 0,
			bond => bond.min(T::Stake::slashable(netuid, &hotkey)),
		}
	}

	fn freeze(netuid: NetUid, hotkey: &T::AccountId) -> DispatchResult {
		let hotkey = Self::answering(netuid, hotkey);
		let declared = DeclarationsOf::<T>::contains_key(netuid, &hotkey);
		ensure!(declared, Error::<T>::NotDeclared);
		Freezes::<T>::try_mutate(netuid, &hotkey, |count| {
			*count = count.checked_add(1).ok_or(ArithmeticError::Overflow)?;
			Ok(())
		})
	}

	fn unfreeze(netuid: NetUid, hotkey: &T::AccountId) {
		let hotkey = Self::answering(netuid, hotkey);
		Freezes::<T>::mutate_exists(netuid, &hotkey, |entry| {
			*entry = entry.and_then(|count| count.checked_sub(1)).filter(|count| *count > 0);
		});
	}

	fn slash_bond(
		netuid: NetUid,
		hotkey: &T::AccountId,
		role: Role,
		amount: Balance,
		reporter: Option<&T::AccountId>,
	) -> SlashOutcome {
		let amount = amount.min(Self::bond(netuid, hotkey, role));
		if amount == 0 {
			return SlashOutcome::default();
		}
		let hotkey = Self::answering(netuid, hotkey);
		let outcome = T::Slash::slash(netuid, &hotkey, amount, reporter);
		let taken = outcome.total();
		if taken > 0 {
			Self::lower(netuid, &hotkey, role, taken);
			Self::deposit_event(Event::BondSlashed {
				netuid,
				hotkey,
				role,
				amount: taken,
			});
		}
		outcome
	}
}
