//! The invariants of the pallet's header, checked.

use crate::{pallet::*, profile_id, MAX_DECLARATIONS};
use alloc::collections::{BTreeMap, BTreeSet};
use frame_support::{ensure, traits::fungible::hold::Inspect};
use ganglion_primitives::{Balance, NetUid, ProfileNumber, Role};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Check the invariants. Walks over everything: for tests and tools only.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_profiles()?;
		Self::check_deposits()?;
		Self::check_declarations()?;
		Self::check_names()
	}

	fn check_profiles() -> Result<(), TryRuntimeError> {
		let next = NextNumber::<T>::get();
		for (number, record) in Records::<T>::iter() {
			ensure!(number < next, "a number that was not given out");
			ensure!(
				Numbers::<T>::get(record.id) == Some(number),
				"a profile without its number"
			);
			let spec = Specs::<T>::get(number).ok_or("a profile without contents")?;
			ensure!(
				profile_id(&spec) == record.id,
				"an identity that is not the contents' hash"
			);
			ensure!(
				Owned::<T>::contains_key(&record.owner, number),
				"a profile that its owner does not have"
			);
		}
		let count = Records::<T>::iter().count();
		ensure!(Numbers::<T>::iter().count() == count, "a number without a profile");
		ensure!(Specs::<T>::iter().count() == count, "contents without a profile");
		ensure!(Owned::<T>::iter().count() == count, "an owner of no profile");
		Ok(())
	}

	fn check_deposits() -> Result<(), TryRuntimeError> {
		let mut deposits = BTreeMap::<T::AccountId, Balance>::new();
		for (_, record) in Records::<T>::iter() {
			let sum = deposits.entry(record.owner).or_default();
			*sum = sum.saturating_add(record.deposit);
		}
		for (owner, sum) in deposits {
			let held = T::Currency::balance_on_hold(&HoldReason::Profile.into(), &owner);
			ensure!(held == sum, "an owner has not held the deposits of his profiles");
		}
		Ok(())
	}

	fn check_declarations() -> Result<(), TryRuntimeError> {
		let mut counts = BTreeMap::<ProfileNumber, u32>::new();
		let mut audits = BTreeMap::<(NetUid, ProfileNumber), BTreeSet<T::AccountId>>::new();
		for (netuid, hotkey, declarations) in DeclarationsOf::<T>::iter() {
			ensure!(!declarations.is_empty(), "a hotkey without declarations is stored");
			let distinct: BTreeSet<_> = declarations.iter().map(|one| (one.profile, one.role)).collect();
			ensure!(distinct.len() == declarations.len(), "a profile is declared twice");
			for role in [Role::Serve, Role::Audit] {
				let count = declarations.iter().filter(|one| one.role == role).count();
				ensure!(count <= MAX_DECLARATIONS as usize, "too many declarations of a role");
			}
			for one in &declarations {
				let count = counts.entry(one.profile).or_default();
				*count = count.saturating_add(1);
				if one.role == Role::Audit && one.ends_at.is_none() {
					let auditors = audits.entry((netuid, one.profile)).or_default();
					auditors.insert(hotkey.clone());
				}
				let low = one.ends_at.is_none() && one.bond < Self::least_bond(one.role);
				ensure!(!low, "a declaration in force has less than the least bond");
			}
		}
		for (number, record) in Records::<T>::iter() {
			let counted = counts.remove(&number).unwrap_or(0);
			ensure!(counted == record.declarations, "a profile miscounts its declarations");
		}
		ensure!(counts.is_empty(), "a declaration of a profile that is not registered");
		for (netuid, number, auditors) in AuditorsOf::<T>::iter() {
			let expected = audits.remove(&(netuid, number)).unwrap_or_default();
			ensure!(
				expected.iter().eq(auditors.iter()),
				"auditors are not those who declared it"
			);
			ensure!(!auditors.is_empty(), "an empty list of auditors is stored");
		}
		ensure!(audits.is_empty(), "an auditor is not on the list");
		Ok(())
	}

	fn check_names() -> Result<(), TryRuntimeError> {
		for (netuid, hotkey, count) in Freezes::<T>::iter() {
			ensure!(count > 0, "an empty freeze is stored");
			let declared = DeclarationsOf::<T>::contains_key(netuid, &hotkey);
			ensure!(declared, "a frozen hotkey without declarations");
		}
		for (netuid, former, hotkey) in Successors::<T>::iter() {
			let named = FormerNames::<T>::get(netuid, &hotkey).map(|(name, _)| name);
			ensure!(
				named == Some(former.clone()),
				"a successor that does not know its former name"
			);
			let own = DeclarationsOf::<T>::contains_key(netuid, &former);
			ensure!(!own, "a former name has declarations");
			let declared = DeclarationsOf::<T>::contains_key(netuid, &hotkey);
			ensure!(declared, "a successor without declarations");
		}
		let names = FormerNames::<T>::iter().count();
		ensure!(
			names == Successors::<T>::iter().count(),
			"a former name without a successor"
		);
		Ok(())
	}
}
