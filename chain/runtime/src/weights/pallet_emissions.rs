//! What calls and hooks of `pallet_emissions` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_emissions::WeightInfo for WeightInfo<T> {
	// At most 553.1 us measured, 267 reads, 130 writes.
	fn on_initialize(s: u32) -> Weight {
		weight::<T>(
			&[(53_535_804, 1), (8_403_879, s)],
			&[(11, 1), (2, s)],
			&[(2, 1), (1, s)],
		)
	}

	// At most 319,631.4 us measured, 34837 reads, 4879 writes.
	fn epoch(n: u32, v: u32, d: u32) -> Weight {
		weight::<T>(
			&[(1_637_010_439, 1), (89_998_963, n), (175_489_289, v), (213_737, d)],
			&[(23, 1), (8, n), (9, v)],
			&[(15, 1), (1, n), (3, v)],
		)
	}
}
