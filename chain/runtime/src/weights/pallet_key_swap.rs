//! What calls and hooks of `pallet_key_swap` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_key_swap::WeightInfo for WeightInfo<T> {
	// At most 2,897.4 us measured, 841 reads, 85 writes.
	fn swap_hotkey(n: u32, s: u32) -> Weight {
		weight::<T>(
			&[(307_250_579, 1), (81_560_853, n), (56_103_269, s)],
			&[(31, 1), (13, n), (5, s)],
			&[(22, 1), (1, n), (7, s)],
		)
	}

	// At most 59.1 us measured, 11 reads, 4 writes.
	fn announce_coldkey_swap() -> Weight {
		weight::<T>(&[(118_218_000, 1)], &[(11, 1)], &[(4, 1)])
	}

	// At most 201.7 us measured, 32 reads, 16 writes.
	fn swap_coldkey() -> Weight {
		weight::<T>(&[(403_322_000, 1)], &[(32, 1)], &[(16, 1)])
	}

	// At most 10.8 us measured, 3 reads, 1 writes.
	fn dispute_coldkey_swap() -> Weight {
		weight::<T>(&[(21_692_000, 1)], &[(3, 1)], &[(1, 1)])
	}

	// At most 30.5 us measured, 7 reads, 3 writes.
	fn cancel_coldkey_swap() -> Weight {
		weight::<T>(&[(61_052_000, 1)], &[(7, 1)], &[(3, 1)])
	}

	// Not measured: the pallet's estimate.
	fn forget_intervals(n: u32) -> Weight {
		<pallet_key_swap::weights::EstimatedWeight<T> as pallet_key_swap::WeightInfo>::forget_intervals(n)
	}
}
