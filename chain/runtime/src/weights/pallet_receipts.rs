//! What calls and hooks of `pallet_receipts` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_receipts::WeightInfo for WeightInfo<T> {
	// At most 42.4 us measured, 9 reads, 6 writes.
	fn anchor() -> Weight {
		weight::<T>(&[(84_786_000, 1)], &[(9, 1)], &[(6, 1)])
	}

	// At most 392.1 us measured, 67 reads, 129 writes.
	fn prune(n: u32) -> Weight {
		weight::<T>(&[(6_530_000, 1), (12_172_706, n)], &[(5, 1), (1, n)], &[(1, 1), (3, n)])
	}

	// At most 5.6 us measured, 2 reads, 1 writes.
	fn clear_one() -> Weight {
		weight::<T>(&[(11_116_000, 1)], &[(2, 1)], &[(1, 1)])
	}
}
