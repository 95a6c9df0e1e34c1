//! What calls and hooks of `pallet_commitments` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_commitments::WeightInfo for WeightInfo<T> {
	// At most 110.4 us measured, 4 reads, 1 writes.
	fn set() -> Weight {
		weight::<T>(&[(220_790_000, 1)], &[(4, 1)], &[(1, 1)])
	}

	// Not measured: the pallet's estimate.
	fn clear_one() -> Weight {
		<pallet_commitments::weights::EstimatedWeight<T> as pallet_commitments::WeightInfo>::clear_one()
	}
}
