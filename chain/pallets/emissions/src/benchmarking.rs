//! Benchmarks of the hook: accrual by subnets, and an epoch by slots and validators.

#![allow(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::indexing_slicing)] // A failed set-up must panic.

use super::*;
use frame_benchmarking::v2::*;
use ganglion_primitives::NetUid;
use ganglion_traits::EpochInspect;

/// What the benchmarks need from other pallets.
pub trait BenchmarkHelper {
	/// Make the active subnet exist with `slots` neurons, of which the first `validators` have stake and weights on all
	/// others. The slots must be older than the weights.
	fn prepare(netuid: NetUid, slots: u32, validators: u32);
	/// Make `count` active subnets exist.
	fn create_subnets(count: u32);
}

const NETUID: NetUid = NetUid(1);

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn on_initialize(s: Linear<1, 128>) {
		T::BenchmarkHelper::create_subnets(s);
		Pallet::<T>::set_stale();
		#[block]
		{
			Pallet::<T>::accrue();
			Pallet::<T>::due();
		}
		assert!(TotalPending::<T>::get() > 0);
	}

	#[benchmark]
	fn epoch(n: Linear<8, 256>, v: Linear<1, 64>) {
		T::BenchmarkHelper::prepare(NETUID, n, v.min(n));
		// The first epoch gives permits and the second makes bonds; the third does everything.
		for _ in 0..2 {
			Pallet::<T>::accrue();
			Pallet::<T>::run_epoch(NETUID);
		}
		Pallet::<T>::accrue();
		#[block]
		{
			Pallet::<T>::run_epoch(NETUID);
		}
		assert_eq!(Pallet::<T>::epoch(NETUID), 3);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::ExtBuilder::default().build(), crate::mock::Test);
}
