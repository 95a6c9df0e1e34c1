//! The operator's take.

use super::*;
use frame_support::{
	ensure,
	pallet_prelude::{DispatchResult, Get},
};
use ganglion_traits::{ColdkeyGuard, HotkeyInspect};
use sp_runtime::traits::Saturating;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_set_take(coldkey: T::AccountId, hotkey: T::AccountId, take: u16) -> DispatchResult {
		let owner = T::Hotkeys::coldkey(&hotkey).ok_or(Error::<T>::HotkeyNotOwned)?;
		ensure!(owner == coldkey, Error::<T>::NotOwner);
		ensure!(take <= T::MaxTake::get(), Error::<T>::TakeTooHigh);
		let now = frame_system::Pallet::<T>::block_number();
		if take > Self::take(&hotkey) {
			ensure!(!T::Guard::is_guarded(&coldkey), Error::<T>::ColdkeyGuarded);
			// Any change counts, or a low take could lure nominators and be raised in the next block.
			let earliest = TakeChangedAt::<T>::get(&hotkey).map(|at| at.saturating_add(T::TakeIncreaseInterval::get()));
			ensure!(earliest.is_none_or(|at| now >= at), Error::<T>::TakeIncreaseTooSoon);
		}
		Takes::<T>::insert(&hotkey, take);
		TakeChangedAt::<T>::insert(&hotkey, now);
		Self::deposit_event(Event::TakeSet { hotkey, take });
		Ok(())
	}

	/// Take of a hotkey, 65,535 = 1.0.
	pub fn take(hotkey: &T::AccountId) -> u16 {
		Takes::<T>::get(hotkey)
			.unwrap_or_else(T::MaxTake::get)
			.min(T::MaxTake::get())
	}
}
