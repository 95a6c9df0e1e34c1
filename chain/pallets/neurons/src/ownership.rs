//! Which coldkey owns which hotkey.

use crate::pallet::*;
use alloc::vec::Vec;
use frame_support::{
	ensure,
	traits::{fungible::Inspect, Get},
};
use ganglion_primitives::{Balance, GNG};
use ganglion_traits::{HotkeyInspect, HotkeyOwnership, OnColdkeySwapped, Progress};
use sp_runtime::{traits::Zero, DispatchResult, Weight};

/// Most hotkeys that a coldkey can claim. A coldkey that another's are moved to can have more.
pub const MAX_HOTKEYS: u32 = 4_096;
/// An account with as much, nano, can't be claimed as a hotkey. Less can be: else a little dust would keep anybody's hotkey out.
pub const MAX_CLAIMABLE: Balance = GNG;

impl<T: Config> Pallet<T> {
	/// Make sure that `coldkey` owns `hotkey` from now on: nothing changes where it does already.
	pub(crate) fn do_own(coldkey: &T::AccountId, hotkey: &T::AccountId) -> DispatchResult {
		Self::ensure_can_own(coldkey, hotkey)?;
		if !Coldkeys::<T>::contains_key(hotkey) {
			frame_system::Pallet::<T>::inc_sufficients(hotkey);
			Self::give(coldkey, hotkey);
			Self::deposit_event(Event::HotkeyOwned {
				hotkey: hotkey.clone(),
				coldkey: coldkey.clone(),
			});
		}
		Ok(())
	}

	/// Whether the hotkey is the coldkey's or can become it.
	pub(crate) fn ensure_can_own(coldkey: &T::AccountId, hotkey: &T::AccountId) -> DispatchResult {
		if let Some(owner) = Coldkeys::<T>::get(hotkey) {
			ensure!(owner == *coldkey, Error::<T>::NotOwned);
			return Ok(());
		}
		Self::ensure_roles_apart(coldkey, hotkey)?;
		Self::ensure_unused(hotkey)?;
		ensure!(HotkeyCount::<T>::get(coldkey) < MAX_HOTKEYS, Error::<T>::TooManyHotkeys);
		Ok(())
	}

	/// A coldkey is never a hotkey, so that a hotkey never moves value.
	fn ensure_roles_apart(coldkey: &T::AccountId, hotkey: &T::AccountId) -> DispatchResult {
		ensure!(!Coldkeys::<T>::contains_key(coldkey), Error::<T>::ColdkeyIsHotkey);
		let owns = coldkey == hotkey || HotkeyCount::<T>::contains_key(hotkey);
		ensure!(!owns, Error::<T>::HotkeyIsColdkey);
		Ok(())
	}

	/// The hotkey does not sign its claim, so an account that may serve its holder as a coldkey can't be claimed.
	fn ensure_unused(hotkey: &T::AccountId) -> DispatchResult {
		let signed = !frame_system::Pallet::<T>::account_nonce(hotkey).is_zero();
		let funded = T::Currency::total_balance(hotkey) >= MAX_CLAIMABLE;
		ensure!(!signed && !funded, Error::<T>::HotkeyInUse);
		Ok(())
	}

	fn give(coldkey: &T::AccountId, hotkey: &T::AccountId) {
		Coldkeys::<T>::insert(hotkey, coldkey);
		OwnedHotkeys::<T>::insert(coldkey, hotkey, ());
		HotkeyCount::<T>::mutate(coldkey, |count| *count = count.saturating_add(1));
	}

	fn take_from(coldkey: &T::AccountId, hotkey: &T::AccountId) {
		OwnedHotkeys::<T>::remove(coldkey, hotkey);
		HotkeyCount::<T>::mutate_exists(coldkey, |count| {
			*count = count.and_then(|count| count.checked_sub(1)).filter(|count| *count > 0);
		});
	}
}

impl<T: Config> HotkeyInspect<T::AccountId> for Pallet<T> {
	fn coldkey(hotkey: &T::AccountId) -> Option<T::AccountId> {
		Coldkeys::<T>::get(hotkey)
	}
}

impl<T: Config> HotkeyOwnership<T::AccountId> for Pallet<T> {
	fn own(coldkey: &T::AccountId, hotkey: &T::AccountId) -> DispatchResult {
		Self::do_own(coldkey, hotkey)
	}

	fn owned(coldkey: &T::AccountId) -> Vec<T::AccountId> {
		OwnedHotkeys::<T>::iter_key_prefix(coldkey).collect()
	}

	fn owns_any(coldkey: &T::AccountId) -> bool {
		HotkeyCount::<T>::contains_key(coldkey)
	}
}

impl<T: Config> OnColdkeySwapped<T::AccountId> for Pallet<T> {
	fn move_coldkey(old: &T::AccountId, new: &T::AccountId, budget: Weight) -> Progress {
		let one = <T::WeightInfo as crate::WeightInfo>::move_hotkey();
		let mut weight = T::DbWeight::get().reads(1);
		while let Some(hotkey) = OwnedHotkeys::<T>::iter_key_prefix(old).next() {
			Self::take_from(old, &hotkey);
			Self::give(new, &hotkey);
			weight = weight.saturating_add(one);
			if weight.saturating_add(one).any_gt(budget) {
				let done = !HotkeyCount::<T>::contains_key(old);
				return Progress { weight, done };
			}
		}
		Progress { weight, done: true }
	}
}
