//! Locks: stake of operators that serves votes stays where it is.

use super::*;
use frame_support::{ensure, pallet_prelude::DispatchResult};
use ganglion_primitives::{Balance, NetUid};
use ganglion_traits::{ColdkeyGuard, HotkeyInspect, StakeLock};
use sp_runtime::traits::Zero;

impl<T: Config> StakeLock<T::AccountId> for Pallet<T> {
	/// A smaller lock is always possible, a larger one only for what the coldkey has in a pool of its own hotkey.
	fn set_lock(coldkey: &T::AccountId, netuid: NetUid, hotkey: &T::AccountId, amount: Balance) -> DispatchResult {
		let id = PoolIds::<T>::get(netuid, hotkey);
		let before = id.and_then(|id| Locks::<T>::get(coldkey, id)).unwrap_or(0);
		if amount > before {
			ensure!(!T::Guard::is_guarded(coldkey), Error::<T>::ColdkeyGuarded);
			ensure!(
				T::Hotkeys::coldkey(hotkey).as_ref() == Some(coldkey),
				Error::<T>::NotOwnHotkey
			);
			ensure!(
				Self::staked(coldkey, netuid, hotkey) >= amount,
				Error::<T>::InsufficientStake
			);
		}
		let Some(id) = id.filter(|_| amount != before) else {
			return Ok(());
		};
		Self::put_lock(coldkey, id, amount);
		Self::deposit_event(Event::StakeLocked {
			netuid,
			hotkey: hotkey.clone(),
			coldkey: coldkey.clone(),
			amount,
		});
		Ok(())
	}

	fn locked_value(coldkey: &T::AccountId, netuid: NetUid, hotkey: &T::AccountId) -> Balance {
		let lock = PoolIds::<T>::get(netuid, hotkey).and_then(|id| Locks::<T>::get(coldkey, id));
		match lock {
			Some(lock) if T::Hotkeys::coldkey(hotkey).as_ref() == Some(coldkey) => {
				lock.min(Self::staked(coldkey, netuid, hotkey))
			}
			_ => 0,
		}
	}
}

impl<T: Config> Pallet<T> {
	/// What is left of a position must be worth the lock on it.
	pub(crate) fn ensure_unlocked(coldkey: &T::AccountId, id: PoolId, rest: Balance) -> DispatchResult {
		let lock = Locks::<T>::get(coldkey, id).unwrap_or(0);
		ensure!(lock.is_zero() || rest >= lock, Error::<T>::Locked);
		Ok(())
	}
}
