//! What calls and hooks of `pallet_emissions` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_emissions::WeightInfo for WeightInfo<T> {
	// At most 569.8 us measured, 266 reads, 130 writes.
	fn on_initialize(s: u32) -> Weight {
		weight::<T>(
			&[(26_878_434, 1), (8_693_567, s)],
			&[(10, 1), (2, s)],
			&[(2, 1), (1, s)],
		)
	}

	// At most 280,799.2 us measured, 26389 reads, 4879 writes.
	fn epoch(n: u32, v: u32, d: u32) -> Weight {
		weight::<T>(
			&[(3_163_542_223, 1), (83_548_083, n), (181_643_059, v), (169_839, d)],
			&[(21, 1), (6, n), (7, v)],
			&[(15, 1), (1, n), (3, v)],
		)
	}
}
