//! What other pallets add to emission and ask of it: burned tokens, fees, what slashes leave to a subnet, and what owners
//! and subnets have earned.

use super::*;
use crate::accrual::scaled;
use alloc::vec::Vec;
use ganglion_primitives::{Balance, NetUid};
use ganglion_traits::{BurnRecord, EmissionControl, OwnerEarnings, RewardPool, SubnetValue};

impl<T: Config> RewardPool for Pallet<T> {
	/// No owner's cut is taken of it. Where the subnet is gone it is everybody's.
	fn add(netuid: NetUid, amount: Balance) {
		if amount == 0 {
			return;
		}
		TotalPending::<T>::mutate(|total| *total = total.saturating_add(amount));
		if Accounts::<T>::contains_key(netuid) {
			Carried::<T>::mutate(netuid, |carried| *carried = carried.saturating_add(amount));
		} else {
			Counters::<T>::mutate(|ledger| ledger.remainder = ledger.remainder.saturating_add(scaled(amount)));
		}
	}
}

impl<T: Config> BurnRecord for Pallet<T> {
	fn burned_for_ever(amount: Balance) {
		BurnedForEver::<T>::mutate(|burned| *burned = burned.saturating_add(amount));
	}

	fn fee_burned(netuid: NetUid, amount: Balance) {
		if amount > 0 && Accounts::<T>::contains_key(netuid) {
			Fees::<T>::mutate(netuid, |fees| *fees = fees.saturating_add(amount));
		}
	}
}

impl<T: Config> EmissionControl for Pallet<T> {
	fn shares_changed() {
		Self::set_stale();
	}

	fn block_emission() -> Balance {
		Self::emission_now()
	}

	fn take_fees() -> Vec<(NetUid, Balance)> {
		let mut fees: Vec<(NetUid, Balance)> = Fees::<T>::drain().collect();
		fees.sort_unstable();
		fees
	}
}

impl<T: Config> OwnerEarnings for Pallet<T> {
	fn earned(netuid: NetUid) -> Balance {
		OwnerEarned::<T>::get(netuid)
	}
}

impl<T: Config> SubnetValue for Pallet<T> {
	fn value(netuid: NetUid) -> u128 {
		Averages::<T>::get(netuid).average
	}
}
