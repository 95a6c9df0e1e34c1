//! What calls and hooks of `pallet_disputes` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_disputes::WeightInfo for WeightInfo<T> {
	// At most 1,326.1 us measured, 333 reads, 10 writes.
	fn open(b: u32) -> Weight {
		weight::<T>(&[(2_093_819_835, 1), (6_236, b)], &[(333, 1)], &[(10, 1)])
	}

	// At most 1,820.4 us measured, 120 reads, 63 writes.
	fn refute(b: u32) -> Weight {
		weight::<T>(&[(2_917_731_458, 1), (7_276, b)], &[(120, 1)], &[(63, 1)])
	}

	// At most 44.5 us measured, 7 reads, 2 writes.
	fn step() -> Weight {
		weight::<T>(&[(89_014_000, 1)], &[(7, 1)], &[(2, 1)])
	}

	// At most 1,263.6 us measured, 106 reads, 76 writes.
	fn finish() -> Weight {
		weight::<T>(&[(2_527_172_000, 1)], &[(106, 1)], &[(76, 1)])
	}

	// At most 4,375.0 us measured, 1551 reads, 3 writes.
	fn snapshot(n: u32) -> Weight {
		weight::<T>(&[(2_204_304_930, 1), (27_105_553, n)], &[(265, 1), (6, n)], &[(3, 1)])
	}

	// At most 159.5 us measured, 7 reads, 3 writes.
	fn draw(n: u32) -> Weight {
		weight::<T>(&[(293_528_782, 1), (292_037, n)], &[(7, 1)], &[(3, 1)])
	}

	// At most 175.0 us measured, 65 reads, 0 writes.
	fn scan() -> Weight {
		weight::<T>(&[(349_902_000, 1)], &[(65, 1)], &[(0, 1)])
	}

	// At most 8.6 us measured, 4 reads, 0 writes.
	fn on_initialize() -> Weight {
		weight::<T>(&[(17_166_000, 1)], &[(4, 1)], &[(0, 1)])
	}

	// At most 28.7 us measured, 12 reads, 9 writes.
	fn forget(n: u32) -> Weight {
		weight::<T>(&[(7_312_800, 1), (12_657_200, n)], &[(4, 1), (2, n)], &[(1, 1), (3, n)])
	}
}
