//! What calls and hooks of `pallet_staking` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_staking::WeightInfo for WeightInfo<T> {
	// At most 71.2 us measured, 12 reads, 6 writes.
	fn add_stake() -> Weight {
		weight::<T>(&[(142_412_000, 1)], &[(12, 1)], &[(6, 1)])
	}

	// At most 57.0 us measured, 14 reads, 11 writes.
	fn remove_stake() -> Weight {
		weight::<T>(&[(114_070_000, 1)], &[(14, 1)], &[(11, 1)])
	}

	// At most 71.5 us measured, 9 reads, 8 writes.
	fn withdraw_unbonded() -> Weight {
		weight::<T>(&[(143_014_000, 1)], &[(9, 1)], &[(8, 1)])
	}

	// At most 14.9 us measured, 3 reads, 2 writes.
	fn set_take() -> Weight {
		weight::<T>(&[(29_764_000, 1)], &[(3, 1)], &[(2, 1)])
	}

	// At most 31.9 us measured, 12 reads, 3 writes.
	fn transfer_stake() -> Weight {
		weight::<T>(&[(63_814_000, 1)], &[(12, 1)], &[(3, 1)])
	}

	// At most 62.9 us measured, 18 reads, 11 writes.
	fn move_stake() -> Weight {
		weight::<T>(&[(125_868_000, 1)], &[(18, 1)], &[(11, 1)])
	}

	// At most 63.2 us measured, 15 reads, 13 writes.
	fn complete_move() -> Weight {
		weight::<T>(&[(126_488_000, 1)], &[(15, 1)], &[(13, 1)])
	}
}
