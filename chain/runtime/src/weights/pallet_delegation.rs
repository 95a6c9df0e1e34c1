//! What calls and hooks of `pallet_delegation` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_delegation::WeightInfo for WeightInfo<T> {
	// At most 134.0 us measured, 37 reads, 8 writes.
	fn set_children() -> Weight {
		weight::<T>(&[(268_060_000, 1)], &[(37, 1)], &[(8, 1)])
	}

	// At most 22.3 us measured, 9 reads, 1 writes.
	fn set_child_take() -> Weight {
		weight::<T>(&[(44_648_000, 1)], &[(9, 1)], &[(1, 1)])
	}

	// At most 14.0 us measured, 5 reads, 1 writes.
	fn set_auto_stake() -> Weight {
		weight::<T>(&[(27_922_000, 1)], &[(5, 1)], &[(1, 1)])
	}

	// At most 28.9 us measured, 10 reads, 4 writes.
	fn drop_parent() -> Weight {
		weight::<T>(&[(57_866_000, 1)], &[(10, 1)], &[(4, 1)])
	}

	// At most 13.6 us measured, 5 reads, 1 writes.
	fn set_refusing() -> Weight {
		weight::<T>(&[(27_200_000, 1)], &[(5, 1)], &[(1, 1)])
	}
}
