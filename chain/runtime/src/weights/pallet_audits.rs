//! What calls and hooks of `pallet_audits` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_audits::WeightInfo for WeightInfo<T> {
	// At most 73,035.3 us measured, 8445 reads, 12435 writes.
	fn on_initialize(s: u32, t: u32) -> Weight {
		weight::<T>(
			&[(1_070_489_447, 1), (6_361_916_096, s), (29_187_612, t)],
			&[(28, 1), (60, s), (3, t)],
			&[(22, 1), (35, s), (4, t)],
		)
	}
}
