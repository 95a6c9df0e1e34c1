//! How others read the vote: emission through [`SubnetShare`], clients through runtime APIs.

use crate::{pallet::*, tally, Ballot, Share};
use alloc::vec::Vec;
use frame_support::traits::Get;
use ganglion_primitives::{BlockNumber, NetUid};
use ganglion_traits::{Pause, SubnetShare};

impl<T: Config> SubnetShare for Pallet<T> {
	/// Nano of a period. A subnet that became active since the last tally gets its first share at the next one.
	fn shares(active: &[NetUid]) -> Vec<(NetUid, u64)> {
		let shares = LastShares::<T>::get();
		let left = tally::without_absent(&shares, |netuid| active.binary_search(&netuid).is_ok());
		if left.is_empty() {
			return active.iter().map(|netuid| (*netuid, 1)).collect();
		}
		left.iter().map(|share| (share.netuid, share.total())).collect()
	}
}

impl<T: Config> Pallet<T> {
	/// All ballots, most stake first.
	pub fn ballots() -> Vec<(T::AccountId, Ballot)> {
		let mut ballots: Vec<_> = Ballots::<T>::iter().collect();
		ballots.sort_by(|(a, x), (b, y)| y.stake.cmp(&x.stake).then_with(|| a.cmp(b)));
		ballots
	}

	/// What the last tally found.
	pub fn last_shares() -> Vec<Share> {
		LastShares::<T>::get().into_inner()
	}

	/// Block of the next tally, if nothing is paused meanwhile.
	pub fn next_tally() -> BlockNumber {
		LastTally::<T>::get()
			.saturating_add(T::Tempo::get())
			.saturating_add(T::Pause::paused_blocks())
	}
}
