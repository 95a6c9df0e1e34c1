//! What calls and hooks of `pallet_weights` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_weights::WeightInfo for WeightInfo<T> {
	// At most 109.7 us measured, 9 reads, 3 writes.
	fn set(d: u32) -> Weight {
		weight::<T>(&[(106_498_519, 1), (441_482, d)], &[(9, 1)], &[(3, 1)])
	}

	// At most 65.2 us measured, 10 reads, 2 writes.
	fn commit() -> Weight {
		weight::<T>(&[(130_396_000, 1)], &[(10, 1)], &[(2, 1)])
	}

	// At most 139.3 us measured, 10 reads, 2 writes.
	fn reveal(d: u32) -> Weight {
		weight::<T>(&[(126_294_104, 1), (595_897, d)], &[(10, 1)], &[(2, 1)])
	}

	// Not measured: the pallet's estimate.
	fn evidence(r: u32) -> Weight {
		<pallet_weights::weights::EstimatedWeight<T> as pallet_weights::WeightInfo>::evidence(r)
	}

	// Not measured: the pallet's estimate.
	fn batch() -> Weight {
		<pallet_weights::weights::EstimatedWeight<T> as pallet_weights::WeightInfo>::batch()
	}
}
