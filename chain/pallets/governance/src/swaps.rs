//! Keys that change: what a coldkey or a hotkey has here goes over to the new one.

use super::*;
use alloc::vec::Vec;
use frame_support::pallet_prelude::{DispatchResult, Weight};
use ganglion_primitives::NetUid;
use ganglion_traits::{HotkeyInspect, LockReason, OnColdkeySwapped, OnHotkeySwapped, Progress, StakeLock};
use types::{Ballots, Seats};

impl<T: Config> OnColdkeySwapped<T::AccountId> for Pallet<T> {
	/// Everything is bounded: it is done in one step.
	fn move_coldkey(old: &T::AccountId, new: &T::AccountId, _: Weight) -> Progress {
		Self::move_locks(old, new);
		for (index, mut referendum) in Referenda::<T>::iter().collect::<Vec<_>>() {
			if Self::move_ballot(&mut referendum.ballots, old, new) {
				Referenda::<T>::insert(index, referendum);
			}
		}
		if let Some(mut election) = ElectionOf::<T>::get() {
			if Self::move_ballot(&mut election.ballots, old, new) {
				ElectionOf::<T>::put(election);
			}
		}
		// What is held can't follow: the old key gets its deposit back, and the new one stands for itself.
		let _ = Self::do_withdraw_candidacy(old.clone());
		T::Council::replace(old, new);
		Progress {
			weight: T::WeightInfo::move_coldkey(),
			done: true,
		}
	}
}

impl<T: Config> Pallet<T> {
	fn move_locks(old: &T::AccountId, new: &T::AccountId) {
		let Some(locks) = Voters::<T>::take(old) else { return };
		let mut moved = Voters::<T>::get(new).unwrap_or_default();
		for lock in locks {
			let (netuid, hotkey) = (lock.netuid, lock.hotkey.clone());
			if moved.try_push(lock).is_err() {
				// No room for a fifth: unlocked, whatever it was worth.
				let _ = T::Stake::set_lock(LockReason::Vote, new, netuid, &hotkey, 0);
			}
		}
		Voters::<T>::insert(new, moved);
	}

	/// Put the new key in the place of the old one; where both have a ballot, the new one's choice holds for both.
	fn move_ballot(ballots: &mut Ballots<T::AccountId>, old: &T::AccountId, new: &T::AccountId) -> bool {
		let Some(at) = ballots.iter().position(|ballot| ballot.voter == *old) else {
			return false;
		};
		if !ballots.iter().any(|ballot| ballot.voter == *new) {
			ballots
				.iter_mut()
				.filter(|ballot| ballot.voter == *old)
				.for_each(|ballot| ballot.voter = new.clone());
			return true;
		}
		let stake = ballots.remove(at).stake;
		ballots
			.iter_mut()
			.filter(|ballot| ballot.voter == *new)
			.for_each(|ballot| ballot.stake = ballot.stake.saturating_add(stake));
		true
	}
}

impl<T: Config> OnHotkeySwapped<T::AccountId> for Pallet<T> {
	/// A voter's locks follow, so the new hotkey must not have one of its own there.
	fn ensure_can_swap_hotkey(old: &T::AccountId, new: &T::AccountId, netuid: Option<NetUid>) -> DispatchResult {
		let locks = Self::owner_locks(old, new).map(|(_, locks)| locks).unwrap_or_default();
		let at = |hotkey: &T::AccountId, netuid: NetUid| {
			locks.iter().any(|lock| lock.hotkey == *hotkey && lock.netuid == netuid)
		};
		let concerned = |one: &&types::Lock<T::AccountId>| netuid.is_none_or(|netuid| netuid == one.netuid);
		let clash = locks
			.iter()
			.filter(concerned)
			.any(|lock| at(old, lock.netuid) && at(new, lock.netuid));
		frame_support::ensure!(!clash, Error::<T>::LockExists);
		Ok(())
	}

	fn on_hotkey_swapped(old: &T::AccountId, new: &T::AccountId, netuid: Option<NetUid>) {
		let Some((coldkey, mut locks)) = Self::owner_locks(old, new) else {
			return;
		};
		locks
			.iter_mut()
			.filter(|lock| lock.hotkey == *old && netuid.is_none_or(|netuid| netuid == lock.netuid))
			.for_each(|lock| lock.hotkey = new.clone());
		Voters::<T>::insert(coldkey, locks);
	}
}

impl<T: Config> Pallet<T> {
	/// The voter that owns the hotkeys of a swap, whichever of both is written as owned at this moment.
	fn owner_locks(old: &T::AccountId, new: &T::AccountId) -> Option<(T::AccountId, types::Locks<T::AccountId>)> {
		let coldkey = T::Hotkeys::coldkey(old).or_else(|| T::Hotkeys::coldkey(new))?;
		Voters::<T>::get(&coldkey).map(|locks| (coldkey, locks))
	}
}
