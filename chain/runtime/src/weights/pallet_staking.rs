//! What calls and hooks of `pallet_staking` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_staking::WeightInfo for WeightInfo<T> {
	// At most 72.5 us measured, 12 reads, 6 writes.
	fn add_stake() -> Weight {
		weight::<T>(&[(144_936_000, 1)], &[(12, 1)], &[(6, 1)])
	}

	// At most 57.2 us measured, 14 reads, 11 writes.
	fn remove_stake() -> Weight {
		weight::<T>(&[(114_310_000, 1)], &[(14, 1)], &[(11, 1)])
	}

	// At most 72.6 us measured, 9 reads, 8 writes.
	fn withdraw_unbonded() -> Weight {
		weight::<T>(&[(145_216_000, 1)], &[(9, 1)], &[(8, 1)])
	}

	// At most 13.3 us measured, 3 reads, 2 writes.
	fn set_take() -> Weight {
		weight::<T>(&[(26_540_000, 1)], &[(3, 1)], &[(2, 1)])
	}

	// Not measured: the pallet's estimate.
	fn transfer_stake() -> Weight {
		<pallet_staking::weights::EstimatedWeight<T> as pallet_staking::WeightInfo>::transfer_stake()
	}

	// Not measured: the pallet's estimate.
	fn move_stake() -> Weight {
		<pallet_staking::weights::EstimatedWeight<T> as pallet_staking::WeightInfo>::move_stake()
	}

	// Not measured: the pallet's estimate.
	fn complete_move() -> Weight {
		<pallet_staking::weights::EstimatedWeight<T> as pallet_staking::WeightInfo>::complete_move()
	}
}
