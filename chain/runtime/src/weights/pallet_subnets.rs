//! What calls and hooks of `pallet_subnets` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_subnets::WeightInfo for WeightInfo<T> {
	// At most 3,979.8 us measured, 2073 reads, 25 writes.
	fn create(n: u32) -> Weight {
		weight::<T>(&[(329_949_354, 1), (7_450_847, n)], &[(25, 1), (2, n)], &[(25, 1)])
	}

	// At most 10.7 us measured, 2 reads, 2 writes.
	fn activate() -> Weight {
		weight::<T>(&[(21_332_000, 1)], &[(2, 1)], &[(2, 1)])
	}

	// At most 10.8 us measured, 2 reads, 2 writes.
	fn deactivate() -> Weight {
		weight::<T>(&[(21_572_000, 1)], &[(2, 1)], &[(2, 1)])
	}

	// At most 24.0 us measured, 7 reads, 2 writes.
	fn set_hyperparameters(c: u32) -> Weight {
		weight::<T>(&[(34_981_422, 1), (652_579, c)], &[(7, 1)], &[(2, 1)])
	}

	// At most 11.5 us measured, 3 reads, 2 writes.
	fn start() -> Weight {
		weight::<T>(&[(23_094_000, 1)], &[(3, 1)], &[(2, 1)])
	}

	// At most 25.6 us measured, 6 reads, 10 writes.
	fn dissolve() -> Weight {
		weight::<T>(&[(51_196_000, 1)], &[(6, 1)], &[(10, 1)])
	}

	// At most 26.5 us measured, 6 reads, 4 writes.
	fn trigger_epoch() -> Weight {
		weight::<T>(&[(52_920_000, 1)], &[(6, 1)], &[(4, 1)])
	}

	// At most 14.0 us measured, 1 reads, 1 writes.
	fn set_identity() -> Weight {
		weight::<T>(&[(27_962_000, 1)], &[(1, 1)], &[(1, 1)])
	}

	// At most 28.5 us measured, 8 reads, 6 writes.
	fn set_name() -> Weight {
		weight::<T>(&[(57_044_000, 1)], &[(8, 1)], &[(6, 1)])
	}

	// At most 21.0 us measured, 7 reads, 2 writes.
	fn set_owner_hotkey() -> Weight {
		weight::<T>(&[(42_024_000, 1)], &[(7, 1)], &[(2, 1)])
	}

	// At most 140.3 us measured, 19 reads, 37 writes.
	fn dissolve_step() -> Weight {
		weight::<T>(&[(280_638_000, 1)], &[(19, 1)], &[(37, 1)])
	}

	// At most 62.1 us measured, 8 reads, 4 writes.
	fn move_subnet() -> Weight {
		weight::<T>(&[(124_206_000, 1)], &[(8, 1)], &[(4, 1)])
	}
}
