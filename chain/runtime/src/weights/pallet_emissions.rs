//! What calls and hooks of `pallet_emissions` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_emissions::WeightInfo for WeightInfo<T> {
	// At most 585.6 us measured, 267 reads, 130 writes.
	fn on_initialize(s: u32) -> Weight {
		weight::<T>(
			&[(27_962_747, 1), (8_931_254, s)],
			&[(11, 1), (2, s)],
			&[(2, 1), (1, s)],
		)
	}

	// At most 315,852.1 us measured, 34837 reads, 4879 writes.
	fn epoch(n: u32, v: u32, d: u32) -> Weight {
		weight::<T>(
			&[(2_994_731_627, 1), (92_288_868, n), (182_471_911, v), (200_454, d)],
			&[(23, 1), (8, n), (9, v)],
			&[(15, 1), (1, n), (3, v)],
		)
	}
}
