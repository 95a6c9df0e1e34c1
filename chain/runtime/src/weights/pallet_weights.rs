//! What calls and hooks of `pallet_weights` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_weights::WeightInfo for WeightInfo<T> {
	// At most 98.0 us measured, 9 reads, 3 writes.
	fn set(d: u32) -> Weight {
		weight::<T>(&[(181_311_031, 1), (155_570, d)], &[(9, 1)], &[(3, 1)])
	}

	// At most 180.5 us measured, 39 reads, 4 writes.
	fn commit() -> Weight {
		weight::<T>(&[(361_040_000, 1)], &[(39, 1)], &[(4, 1)])
	}

	// At most 125.2 us measured, 10 reads, 2 writes.
	fn reveal(d: u32) -> Weight {
		weight::<T>(&[(138_617_539, 1), (436_862, d)], &[(10, 1)], &[(2, 1)])
	}

	// At most 185,356.3 us measured, 8205 reads, 7 writes.
	fn evidence(r: u32) -> Weight {
		weight::<T>(&[(65_315_695, 1), (90_535_270, r)], &[(13, 1), (2, r)], &[(7, 1)])
	}

	// Not measured: the pallet's estimate.
	fn batch() -> Weight {
		<pallet_weights::weights::EstimatedWeight<T> as pallet_weights::WeightInfo>::batch()
	}
}
