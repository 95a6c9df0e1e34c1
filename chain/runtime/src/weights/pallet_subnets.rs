//! What calls and hooks of `pallet_subnets` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_subnets::WeightInfo for WeightInfo<T> {
	// At most 3,700.3 us measured, 2073 reads, 25 writes.
	fn create(n: u32) -> Weight {
		weight::<T>(&[(289_116_881, 1), (6_945_120, n)], &[(25, 1), (2, n)], &[(25, 1)])
	}

	// At most 10.1 us measured, 2 reads, 2 writes.
	fn activate() -> Weight {
		weight::<T>(&[(20_130_000, 1)], &[(2, 1)], &[(2, 1)])
	}

	// At most 9.8 us measured, 2 reads, 2 writes.
	fn deactivate() -> Weight {
		weight::<T>(&[(19_610_000, 1)], &[(2, 1)], &[(2, 1)])
	}

	// At most 23.0 us measured, 7 reads, 2 writes.
	fn set_hyperparameters(c: u32) -> Weight {
		weight::<T>(&[(33_429_611, 1), (635_485, c)], &[(7, 1)], &[(2, 1)])
	}

	// At most 10.9 us measured, 3 reads, 2 writes.
	fn start() -> Weight {
		weight::<T>(&[(21_792_000, 1)], &[(3, 1)], &[(2, 1)])
	}

	// At most 24.4 us measured, 6 reads, 10 writes.
	fn dissolve() -> Weight {
		weight::<T>(&[(48_794_000, 1)], &[(6, 1)], &[(10, 1)])
	}

	// At most 24.3 us measured, 6 reads, 4 writes.
	fn trigger_epoch() -> Weight {
		weight::<T>(&[(48_612_000, 1)], &[(6, 1)], &[(4, 1)])
	}

	// At most 12.4 us measured, 1 reads, 1 writes.
	fn set_identity() -> Weight {
		weight::<T>(&[(24_818_000, 1)], &[(1, 1)], &[(1, 1)])
	}

	// At most 28.0 us measured, 8 reads, 6 writes.
	fn set_name() -> Weight {
		weight::<T>(&[(56_064_000, 1)], &[(8, 1)], &[(6, 1)])
	}

	// At most 19.1 us measured, 7 reads, 2 writes.
	fn set_owner_hotkey() -> Weight {
		weight::<T>(&[(38_136_000, 1)], &[(7, 1)], &[(2, 1)])
	}

	// At most 127.1 us measured, 15 reads, 35 writes.
	fn dissolve_step() -> Weight {
		weight::<T>(&[(254_220_000, 1)], &[(15, 1)], &[(35, 1)])
	}

	// At most 61.3 us measured, 8 reads, 4 writes.
	fn move_subnet() -> Weight {
		weight::<T>(&[(122_504_000, 1)], &[(8, 1)], &[(4, 1)])
	}
}
