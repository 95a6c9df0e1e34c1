//! What calls and hooks of `pallet_authorities` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_authorities::WeightInfo for WeightInfo<T> {
	// At most 46.7 us measured, 32 reads, 1 writes.
	fn set(a: u32) -> Weight {
		weight::<T>(&[(19_796_245, 1), (2_471_985, a)], &[(0, 1), (1, a)], &[(1, 1)])
	}

	// Not measured: the pallet's estimate.
	fn rotate(a: u32) -> Weight {
		<pallet_authorities::weights::EstimatedWeight<T> as pallet_authorities::WeightInfo>::rotate(a)
	}
}
