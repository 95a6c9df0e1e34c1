//! Subnets that go, and hotkeys that are exchanged.

use crate::{pallet::*, tally, Removal, Share, Shares, WeightInfo};
use alloc::vec::Vec;
use frame_support::{ensure, weights::Weight};
use ganglion_primitives::NetUid;
use ganglion_traits::{OnHotkeySwapped, OnSubnetDissolved, Progress};
use sp_runtime::DispatchResult;

impl<T: Config> OnSubnetDissolved for Pallet<T> {
	/// At most `MaxVoters` ballots: one step.
	fn clear(netuid: NetUid, _: Weight) -> Progress {
		let voters: Vec<T::AccountId> = Ballots::<T>::iter_keys().collect();
		let weight = T::WeightInfo::clear(u32::try_from(voters.len()).unwrap_or(u32::MAX));
		for hotkey in voters {
			let left = Ballots::<T>::mutate(&hotkey, |entry| {
				entry.as_mut().is_none_or(|ballot| {
					ballot.weights.retain(|(of, _)| *of != netuid);
					ballot.weights.iter().any(|(_, weight)| *weight > 0)
				})
			});
			if !left {
				let _ = Self::remove(&hotkey, Removal::NothingLeft);
			}
		}
		let left = |shares: &[Share]| tally::without_absent(shares, |of| of != netuid);
		LastShares::<T>::mutate(|shares| *shares = Shares::truncate_from(left(shares)));
		Progress { weight, done: true }
	}
}

impl<T: Config> OnHotkeySwapped<T::AccountId> for Pallet<T> {
	fn ensure_can_swap_hotkey(_: &T::AccountId, new: &T::AccountId, netuid: Option<NetUid>) -> DispatchResult {
		ensure!(
			netuid.is_some() || !Ballots::<T>::contains_key(new),
			Error::<T>::BallotExists
		);
		Ok(())
	}

	/// The vote is the hotkey's over all subnets, so that a swap in one leaves it.
	fn on_hotkey_swapped(old: &T::AccountId, new: &T::AccountId, netuid: Option<NetUid>) {
		if netuid.is_some() {
			return;
		}
		if let Some(ballot) = Ballots::<T>::take(old) {
			Ballots::<T>::insert(new, ballot);
		}
	}
}
