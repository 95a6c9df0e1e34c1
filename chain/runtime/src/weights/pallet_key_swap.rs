//! What calls and hooks of `pallet_key_swap` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_key_swap::WeightInfo for WeightInfo<T> {
	// At most 2,060.4 us measured, 455 reads, 84 writes.
	fn swap_hotkey(n: u32, s: u32) -> Weight {
		weight::<T>(
			&[(271_205_133, 1), (55_443_899, n), (54_212_637, s)],
			&[(28, 1), (7, n), (5, s)],
			&[(19, 1), (1, n), (8, s)],
		)
	}

	// At most 58.0 us measured, 11 reads, 4 writes.
	fn announce_coldkey_swap() -> Weight {
		weight::<T>(&[(115_992_000, 1)], &[(11, 1)], &[(4, 1)])
	}

	// At most 191.1 us measured, 31 reads, 16 writes.
	fn swap_coldkey() -> Weight {
		weight::<T>(&[(382_230_000, 1)], &[(31, 1)], &[(16, 1)])
	}

	// At most 9.7 us measured, 3 reads, 1 writes.
	fn dispute_coldkey_swap() -> Weight {
		weight::<T>(&[(19_470_000, 1)], &[(3, 1)], &[(1, 1)])
	}

	// At most 28.6 us measured, 7 reads, 3 writes.
	fn cancel_coldkey_swap() -> Weight {
		weight::<T>(&[(57_246_000, 1)], &[(7, 1)], &[(3, 1)])
	}

	// Not measured: the pallet's estimate.
	fn forget_intervals(n: u32) -> Weight {
		<pallet_key_swap::weights::EstimatedWeight<T> as pallet_key_swap::WeightInfo>::forget_intervals(n)
	}
}
