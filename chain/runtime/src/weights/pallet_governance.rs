//! What calls and hooks of `pallet_governance` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_governance::WeightInfo for WeightInfo<T> {
	// At most 9,229.2 us measured, 2715 reads, 13 writes.
	fn lock() -> Weight {
		weight::<T>(&[(18_458_360_000, 1)], &[(2_715, 1)], &[(13, 1)])
	}

	// At most 14,953.5 us measured, 2707 reads, 4 writes.
	fn submit(_l: u32) -> Weight {
		weight::<T>(&[(29_906_912_000, 1)], &[(2_707, 1)], &[(4, 1)])
	}

	// At most 346.3 us measured, 23 reads, 1 writes.
	fn vote() -> Weight {
		weight::<T>(&[(692_694_000, 1)], &[(23, 1)], &[(1, 1)])
	}

	// At most 123.9 us measured, 6 reads, 5 writes.
	fn cancel() -> Weight {
		weight::<T>(&[(247_750_000, 1)], &[(6, 1)], &[(5, 1)])
	}

	// At most 97.4 us measured, 9 reads, 5 writes.
	fn stand() -> Weight {
		weight::<T>(&[(194_750_000, 1)], &[(9, 1)], &[(5, 1)])
	}

	// At most 46.6 us measured, 4 reads, 3 writes.
	fn withdraw_candidacy() -> Weight {
		weight::<T>(&[(93_298_000, 1)], &[(4, 1)], &[(3, 1)])
	}

	// At most 291.3 us measured, 22 reads, 1 writes.
	fn elect() -> Weight {
		weight::<T>(&[(582_650_000, 1)], &[(22, 1)], &[(1, 1)])
	}

	// At most 11.5 us measured, 3 reads, 2 writes.
	fn pause() -> Weight {
		weight::<T>(&[(22_934_000, 1)], &[(3, 1)], &[(2, 1)])
	}

	// At most 9.1 us measured, 3 reads, 2 writes.
	fn extend_pause() -> Weight {
		weight::<T>(&[(18_228_000, 1)], &[(3, 1)], &[(2, 1)])
	}

	// At most 3.7 us measured, 4 reads, 0 writes.
	fn idle() -> Weight {
		weight::<T>(&[(7_410_000, 1)], &[(4, 1)], &[(0, 1)])
	}

	// At most 1,890.7 us measured, 682 reads, 5 writes.
	fn step_referendum() -> Weight {
		weight::<T>(&[(3_781_462_000, 1)], &[(682, 1)], &[(5, 1)])
	}

	// At most 13,771.2 us measured, 2699 reads, 3 writes.
	fn open_election() -> Weight {
		weight::<T>(&[(27_542_422_000, 1)], &[(2_699, 1)], &[(3, 1)])
	}

	// At most 2,635.8 us measured, 713 reads, 36 writes.
	fn close_election() -> Weight {
		weight::<T>(&[(5_271_586_000, 1)], &[(713, 1)], &[(36, 1)])
	}

	// At most 331.1 us measured, 16 reads, 11 writes.
	fn move_coldkey() -> Weight {
		weight::<T>(&[(662_270_000, 1)], &[(16, 1)], &[(11, 1)])
	}
}
