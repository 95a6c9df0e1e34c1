//! What becomes of profiles and declarations when subnets go and keys are exchanged.

use crate::{pallet::*, Declarations, WeightInfo};
use alloc::vec::Vec;
use frame_support::{
	ensure,
	traits::{
		fungible::hold::Mutate,
		tokens::{Fortitude, Precision, Restriction},
		Get,
	},
	weights::Weight,
};
use ganglion_primitives::{NetUid, ProfileNumber, Role};
use ganglion_traits::{
	ColdkeyGuard, HotkeyInspect, LockReason, OnColdkeySwapped, OnHotkeySwapped, OnSubnetDissolved, Progress, StakeLock,
	SubnetInspect,
};
use sp_runtime::DispatchResult;

impl<T: Config> OnSubnetDissolved for Pallet<T> {
	/// Declarations go and their locks with them: there is nothing left to serve.
	fn clear(netuid: NetUid, budget: Weight) -> Progress {
		let mut weight = T::DbWeight::get().reads(1);
		while let Some((hotkey, declarations)) = DeclarationsOf::<T>::iter_prefix(netuid).next() {
			let count = u32::try_from(declarations.len()).unwrap_or(u32::MAX);
			Self::clear_one(netuid, &hotkey, &declarations);
			weight = weight.saturating_add(T::WeightInfo::release(count));
			if weight
				.saturating_add(T::WeightInfo::release(2 * crate::MAX_DECLARATIONS))
				.any_gt(budget)
			{
				let done = DeclarationsOf::<T>::iter_key_prefix(netuid).next().is_none();
				return Progress { weight, done };
			}
		}
		Progress { weight, done: true }
	}
}

impl<T: Config> Pallet<T> {
	fn clear_one(netuid: NetUid, hotkey: &T::AccountId, declarations: &Declarations) {
		for one in declarations {
			Self::count_declaration(one.profile, false);
			Self::remove_auditor(netuid, one.profile, hotkey);
		}
		Self::store(netuid, hotkey, Declarations::default());
		let owner = T::Hotkeys::coldkey(hotkey);
		let other = owner.as_ref().and_then(T::Guard::counterpart);
		for coldkey in owner.into_iter().chain(other) {
			// A lock that is lowered is never refused.
			let _ = T::Locks::set_lock(LockReason::Bond, &coldkey, netuid, hotkey, 0);
		}
	}
}

impl<T: Config> OnHotkeySwapped<T::AccountId> for Pallet<T> {
	/// Nobody leaves an accusation behind, nor what his former name signed.
	fn ensure_can_swap_hotkey(old: &T::AccountId, new: &T::AccountId, netuid: Option<NetUid>) -> DispatchResult {
		let clock = Self::clock();
		for netuid in subnets::<T>(netuid) {
			if !DeclarationsOf::<T>::contains_key(netuid, old) {
				continue;
			}
			ensure!(Freezes::<T>::get(netuid, old) == 0, Error::<T>::Frozen);
			let bound = FormerNames::<T>::get(netuid, old).is_some_and(|(_, until)| until > clock);
			ensure!(!bound, Error::<T>::ExchangedRecently);
			let free = !DeclarationsOf::<T>::contains_key(netuid, new);
			ensure!(free, Error::<T>::DeclarationsExist);
			// Back to the former name is no way out: it stands for what it signed itself.
			let named = Successors::<T>::get(netuid, new).is_some_and(|answering| answering != *old);
			ensure!(!named, Error::<T>::FormerName);
		}
		Ok(())
	}

	fn on_hotkey_swapped(old: &T::AccountId, new: &T::AccountId, netuid: Option<NetUid>) {
		for netuid in subnets::<T>(netuid) {
			if DeclarationsOf::<T>::contains_key(netuid, old) {
				Self::rename(netuid, old, new);
			}
		}
	}
}

impl<T: Config> Pallet<T> {
	fn rename(netuid: NetUid, old: &T::AccountId, new: &T::AccountId) {
		let declarations = DeclarationsOf::<T>::take(netuid, old);
		for one in declarations
			.iter()
			.filter(|one| one.role == Role::Audit && one.ends_at.is_none())
		{
			AuditorsOf::<T>::mutate(netuid, one.profile, |auditors| {
				auditors
					.iter_mut()
					.filter(|auditor| *auditor == old)
					.for_each(|auditor| *auditor = new.clone());
				auditors.sort();
			});
		}
		DeclarationsOf::<T>::insert(netuid, new, declarations);
		if let Some((former, _)) = FormerNames::<T>::take(netuid, old) {
			Successors::<T>::remove(netuid, former);
		}
		Successors::<T>::insert(netuid, old, new);
		FormerNames::<T>::insert(netuid, new, (old.clone(), Self::release_block()));
	}

	/// Move one profile with its deposit. Where that can't be moved it is the old coldkey's again, whose balance follows.
	fn move_profile(number: ProfileNumber, old: &T::AccountId, new: &T::AccountId) {
		Owned::<T>::remove(old, number);
		let Some(mut record) = Records::<T>::get(number) else {
			return;
		};
		let reason = HoldReason::Profile.into();
		let moved = T::Currency::transfer_on_hold(
			&reason,
			old,
			new,
			record.deposit,
			Precision::Exact,
			Restriction::OnHold,
			Fortitude::Force,
		);
		if moved.is_err() {
			let _ = T::Currency::release(&reason, old, record.deposit, Precision::BestEffort);
			record.deposit = 0;
		}
		record.owner = new.clone();
		Records::<T>::insert(number, record);
		Owned::<T>::insert(new, number, ());
		Self::deposit_event(Event::OwnerChanged {
			number,
			owner: new.clone(),
		});
	}
}

impl<T: Config> OnColdkeySwapped<T::AccountId> for Pallet<T> {
	/// Declarations belong to hotkeys and their locks to positions: only what a coldkey owns itself is moved here.
	fn move_coldkey(old: &T::AccountId, new: &T::AccountId, budget: Weight) -> Progress {
		let one = T::WeightInfo::move_profile();
		let mut weight = T::DbWeight::get().reads(1);
		while let Some(number) = Owned::<T>::iter_key_prefix(old).next() {
			Self::move_profile(number, old, new);
			weight = weight.saturating_add(one);
			if weight.saturating_add(one).any_gt(budget) {
				let done = Owned::<T>::iter_key_prefix(old).next().is_none();
				return Progress { weight, done };
			}
		}
		Progress { weight, done: true }
	}
}

fn subnets<T: Config>(netuid: Option<NetUid>) -> Vec<NetUid> {
	netuid.map_or_else(T::Subnets::netuids, |netuid| alloc::vec![netuid])
}
