//! Locks: stake of operators that serves votes or is a bond stays where it is.

use super::*;
use frame_support::{ensure, pallet_prelude::DispatchResult};
use ganglion_primitives::{Balance, NetUid};
use ganglion_traits::{ColdkeyGuard, HotkeyInspect, LockReason, StakeLock};
use sp_runtime::traits::Zero;

impl<T: Config> StakeLock<T::AccountId> for Pallet<T> {
	/// A smaller lock is always possible, a larger one only for what the coldkey has in a pool of its own hotkey.
	fn set_lock(
		reason: LockReason,
		coldkey: &T::AccountId,
		netuid: NetUid,
		hotkey: &T::AccountId,
		amount: Balance,
	) -> DispatchResult {
		let id = PoolIds::<T>::get(netuid, hotkey);
		let locked = id.map(|id| Locks::<T>::get(coldkey, id)).unwrap_or_default();
		let before = locked.get(reason);
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
		Self::put_lock(coldkey, id, locked.with(reason, amount));
		Self::deposit_event(Event::StakeLocked {
			netuid,
			hotkey: hotkey.clone(),
			coldkey: coldkey.clone(),
			reason,
			amount,
		});
		Ok(())
	}

	fn locked_value(reason: LockReason, coldkey: &T::AccountId, netuid: NetUid, hotkey: &T::AccountId) -> Balance {
		Self::worth_of_lock(coldkey, netuid, hotkey, |locked| locked.get(reason))
	}
}

impl<T: Config> Pallet<T> {
	/// What one of a position's locks is worth now.
	pub(crate) fn worth_of_lock(
		coldkey: &T::AccountId,
		netuid: NetUid,
		hotkey: &T::AccountId,
		which: impl Fn(&Locked) -> Balance,
	) -> Balance {
		let lock = PoolIds::<T>::get(netuid, hotkey).map_or(0, |id| which(&Locks::<T>::get(coldkey, id)));
		if lock.is_zero() || T::Hotkeys::coldkey(hotkey).as_ref() != Some(coldkey) {
			return 0;
		}
		lock.min(Self::staked(coldkey, netuid, hotkey))
	}

	/// What is left of a position must be worth the lock on it.
	pub(crate) fn ensure_unlocked(coldkey: &T::AccountId, id: PoolId, rest: Balance) -> DispatchResult {
		let lock = Locks::<T>::get(coldkey, id).largest();
		ensure!(lock.is_zero() || rest >= lock, Error::<T>::Locked);
		Ok(())
	}
}
