//! What must hold after every block.

use crate::pallet::*;
use frame_support::{ensure, traits::Get};
use ganglion_traits::{HotkeyInspect, SubnetInspect};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Check the invariants of the pallet's header.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		ensure!(Ballots::<T>::count() <= T::MaxVoters::get(), "more ballots than places");
		for (hotkey, ballot) in Ballots::<T>::iter() {
			ensure!(T::Hotkeys::coldkey(&hotkey).is_some(), "a ballot of no hotkey");
			let ascending = ballot
				.weights
				.iter()
				.zip(ballot.weights.iter().skip(1))
				.all(|(a, b)| a.0 < b.0);
			ensure!(ascending, "a ballot's subnets do not ascend");
			ensure!(ballot.weights.iter().any(|(_, weight)| *weight > 0), "an empty ballot");
			let known = |netuid| T::Subnets::exists(netuid) || T::Subnets::is_dissolving(netuid);
			ensure!(
				ballot.weights.iter().all(|(netuid, _)| known(*netuid)),
				"a ballot for a subnet that is gone"
			);
		}
		let shares = LastShares::<T>::get();
		let ascending = shares
			.iter()
			.zip(shares.iter().skip(1))
			.all(|(a, b)| a.netuid < b.netuid);
		ensure!(ascending, "shares do not ascend");
		let known = |netuid| T::Subnets::exists(netuid) || T::Subnets::is_dissolving(netuid);
		ensure!(
			shares.iter().all(|share| known(share.netuid)),
			"a share of a subnet that is gone"
		);
		ensure!(LastTally::<T>::get() <= Self::clock(), "a tally from the future");
		Ok(())
	}
}
