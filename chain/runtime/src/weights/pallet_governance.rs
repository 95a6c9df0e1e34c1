//! What calls and hooks of `pallet_governance` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_governance::WeightInfo for WeightInfo<T> {
	// At most 8,236.3 us measured, 2715 reads, 13 writes.
	fn lock() -> Weight {
		weight::<T>(&[(16_472_542_000, 1)], &[(2_715, 1)], &[(13, 1)])
	}

	// At most 16,422.9 us measured, 2707 reads, 4 writes.
	fn submit(l: u32) -> Weight {
		weight::<T>(&[(32_073_599_185, 1), (17_249, l)], &[(2_707, 1)], &[(4, 1)])
	}

	// At most 428.6 us measured, 23 reads, 1 writes.
	fn vote() -> Weight {
		weight::<T>(&[(857_118_000, 1)], &[(23, 1)], &[(1, 1)])
	}

	// At most 396.6 us measured, 6 reads, 5 writes.
	fn cancel() -> Weight {
		weight::<T>(&[(793_224_000, 1)], &[(6, 1)], &[(5, 1)])
	}

	// At most 105.1 us measured, 9 reads, 5 writes.
	fn stand() -> Weight {
		weight::<T>(&[(210_194_000, 1)], &[(9, 1)], &[(5, 1)])
	}

	// At most 49.7 us measured, 4 reads, 3 writes.
	fn withdraw_candidacy() -> Weight {
		weight::<T>(&[(99_488_000, 1)], &[(4, 1)], &[(3, 1)])
	}

	// At most 216.4 us measured, 22 reads, 1 writes.
	fn elect() -> Weight {
		weight::<T>(&[(432_846_000, 1)], &[(22, 1)], &[(1, 1)])
	}

	// At most 11.9 us measured, 3 reads, 2 writes.
	fn pause() -> Weight {
		weight::<T>(&[(23_836_000, 1)], &[(3, 1)], &[(2, 1)])
	}

	// At most 9.4 us measured, 3 reads, 2 writes.
	fn extend_pause() -> Weight {
		weight::<T>(&[(18_768_000, 1)], &[(3, 1)], &[(2, 1)])
	}

	// At most 3.7 us measured, 4 reads, 0 writes.
	fn idle() -> Weight {
		weight::<T>(&[(7_410_000, 1)], &[(4, 1)], &[(0, 1)])
	}

	// At most 2,183.6 us measured, 682 reads, 5 writes.
	fn step_referendum() -> Weight {
		weight::<T>(&[(4_367_298_000, 1)], &[(682, 1)], &[(5, 1)])
	}

	// At most 16,530.7 us measured, 2699 reads, 3 writes.
	fn open_election() -> Weight {
		weight::<T>(&[(33_061_484_000, 1)], &[(2_699, 1)], &[(3, 1)])
	}

	// At most 3,004.6 us measured, 712 reads, 36 writes.
	fn close_election() -> Weight {
		weight::<T>(&[(6_009_108_000, 1)], &[(712, 1)], &[(36, 1)])
	}

	// At most 309.4 us measured, 16 reads, 11 writes.
	fn move_coldkey() -> Weight {
		weight::<T>(&[(618_804_000, 1)], &[(16, 1)], &[(11, 1)])
	}
}
