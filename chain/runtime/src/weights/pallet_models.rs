//! What calls and hooks of `pallet_models` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_models::WeightInfo for WeightInfo<T> {
	// At most 103.1 us measured, 9 reads, 7 writes.
	fn register(b: u32) -> Weight {
		weight::<T>(&[(141_072_854, 1), (5_996, b)], &[(9, 1)], &[(7, 1)])
	}

	// At most 11.5 us measured, 2 reads, 1 writes.
	fn set_terms() -> Weight {
		weight::<T>(&[(23_014_000, 1)], &[(2, 1)], &[(1, 1)])
	}

	// At most 55.5 us measured, 5 reads, 6 writes.
	fn remove() -> Weight {
		weight::<T>(&[(111_046_000, 1)], &[(5, 1)], &[(6, 1)])
	}

	// At most 102.4 us measured, 10 reads, 4 writes.
	fn declare() -> Weight {
		weight::<T>(&[(204_766_000, 1)], &[(10, 1)], &[(4, 1)])
	}

	// At most 151.8 us measured, 6 reads, 2 writes.
	fn retire() -> Weight {
		weight::<T>(&[(303_554_000, 1)], &[(6, 1)], &[(2, 1)])
	}

	// At most 949.0 us measured, 71 reads, 70 writes.
	fn release(d: u32) -> Weight {
		weight::<T>(
			&[(97_894_705, 1), (28_418_496, d)],
			&[(31, 1), (1, d)],
			&[(29, 1), (1, d)],
		)
	}

	// At most 64.9 us measured, 7 reads, 7 writes.
	fn move_profile() -> Weight {
		weight::<T>(&[(129_894_000, 1)], &[(7, 1)], &[(7, 1)])
	}
}
