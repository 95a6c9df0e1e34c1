//! Which coldkey owns which hotkey.

use crate::pallet::*;
use frame_support::ensure;
use sp_runtime::{ArithmeticError, DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	/// Make sure that `coldkey` owns `hotkey` from now on: nothing changes where it does already.
	pub(crate) fn own(coldkey: &T::AccountId, hotkey: &T::AccountId) -> DispatchResult {
		if let Some(owner) = Coldkeys::<T>::get(hotkey) {
			ensure!(owner == *coldkey, Error::<T>::NotOwned);
			return Ok(());
		}
		Self::ensure_roles_apart(coldkey, hotkey)?;
		Coldkeys::<T>::insert(hotkey, coldkey);
		HotkeyCount::<T>::try_mutate(coldkey, |count| {
			*count = count.checked_add(1).ok_or(ArithmeticError::Overflow)?;
			Ok::<_, DispatchError>(())
		})?;
		frame_system::Pallet::<T>::inc_sufficients(hotkey);
		Self::deposit_event(Event::HotkeyOwned {
			hotkey: hotkey.clone(),
			coldkey: coldkey.clone(),
		});
		Ok(())
	}

	/// A coldkey is never a hotkey, so that a hotkey never moves value.
	fn ensure_roles_apart(coldkey: &T::AccountId, hotkey: &T::AccountId) -> DispatchResult {
		ensure!(!Coldkeys::<T>::contains_key(coldkey), Error::<T>::ColdkeyIsHotkey);
		let owns = coldkey == hotkey || HotkeyCount::<T>::contains_key(hotkey);
		ensure!(!owns, Error::<T>::HotkeyIsColdkey);
		Ok(())
	}
}
