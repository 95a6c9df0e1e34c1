//! What calls and hooks of `pallet_root_vote` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_root_vote::WeightInfo for WeightInfo<T> {
	// At most 654.5 us measured, 263 reads, 3 writes.
	fn vote(w: u32) -> Weight {
		weight::<T>(&[(773_325_359, 1), (4_185_761, w)], &[(135, 1), (1, w)], &[(3, 1)])
	}

	// At most 16.5 us measured, 4 reads, 2 writes.
	fn retract() -> Weight {
		weight::<T>(&[(33_070_000, 1)], &[(4, 1)], &[(2, 1)])
	}

	// At most 3.0 us measured, 3 reads, 0 writes.
	fn on_initialize() -> Weight {
		weight::<T>(&[(6_090_000, 1)], &[(3, 1)], &[(0, 1)])
	}

	// At most 3,779.1 us measured, 1168 reads, 68 writes.
	fn tally(v: u32, s: u32) -> Weight {
		weight::<T>(
			&[(55_082_244, 1), (33_418_160, v), (5_238_607, s)],
			&[(16, 1), (2, v), (1, s)],
			&[(4, 1), (1, v)],
		)
	}

	// At most 465.0 us measured, 66 reads, 65 writes.
	fn clear(v: u32) -> Weight {
		weight::<T>(
			&[(44_793_194, 1), (13_834_807, v)],
			&[(2, 1), (1, v)],
			&[(1, 1), (1, v)],
		)
	}
}
