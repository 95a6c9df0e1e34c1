//! What calls and hooks of `pallet_subnets` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_subnets::WeightInfo for WeightInfo<T> {
	// At most 3,636.9 us measured, 2073 reads, 25 writes.
	fn create(n: u32) -> Weight {
		weight::<T>(&[(264_841_227, 1), (6_844_774, n)], &[(25, 1), (2, n)], &[(25, 1)])
	}

	// At most 10.1 us measured, 2 reads, 2 writes.
	fn activate() -> Weight {
		weight::<T>(&[(20_190_000, 1)], &[(2, 1)], &[(2, 1)])
	}

	// At most 9.8 us measured, 2 reads, 2 writes.
	fn deactivate() -> Weight {
		weight::<T>(&[(19_570_000, 1)], &[(2, 1)], &[(2, 1)])
	}

	// At most 22.7 us measured, 7 reads, 2 writes.
	fn set_hyperparameters(c: u32) -> Weight {
		weight::<T>(&[(33_600_159, 1), (589_842, c)], &[(7, 1)], &[(2, 1)])
	}

	// At most 11.1 us measured, 3 reads, 2 writes.
	fn start() -> Weight {
		weight::<T>(&[(22_114_000, 1)], &[(3, 1)], &[(2, 1)])
	}

	// At most 23.6 us measured, 6 reads, 10 writes.
	fn dissolve() -> Weight {
		weight::<T>(&[(47_290_000, 1)], &[(6, 1)], &[(10, 1)])
	}

	// At most 25.1 us measured, 6 reads, 4 writes.
	fn trigger_epoch() -> Weight {
		weight::<T>(&[(50_234_000, 1)], &[(6, 1)], &[(4, 1)])
	}

	// At most 12.0 us measured, 1 reads, 1 writes.
	fn set_identity() -> Weight {
		weight::<T>(&[(24_096_000, 1)], &[(1, 1)], &[(1, 1)])
	}

	// At most 27.2 us measured, 8 reads, 6 writes.
	fn set_name() -> Weight {
		weight::<T>(&[(54_400_000, 1)], &[(8, 1)], &[(6, 1)])
	}

	// At most 19.5 us measured, 7 reads, 2 writes.
	fn set_owner_hotkey() -> Weight {
		weight::<T>(&[(38_958_000, 1)], &[(7, 1)], &[(2, 1)])
	}

	// At most 134.1 us measured, 19 reads, 38 writes.
	fn dissolve_step() -> Weight {
		weight::<T>(&[(268_220_000, 1)], &[(19, 1)], &[(38, 1)])
	}

	// At most 58.3 us measured, 8 reads, 4 writes.
	fn move_subnet() -> Weight {
		weight::<T>(&[(116_554_000, 1)], &[(8, 1)], &[(4, 1)])
	}
}
