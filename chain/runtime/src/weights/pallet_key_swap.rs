//! What calls and hooks of `pallet_key_swap` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_key_swap::WeightInfo for WeightInfo<T> {
	// At most 15,330.7 us measured, 2463 reads, 1110 writes.
	fn swap_hotkey(n: u32, s: u32) -> Weight {
		weight::<T>(
			&[(3_802_429_874, 1), (156_971_698, n), (2_159_532_298, s)],
			&[(159, 1), (20, n), (128, s)],
			&[(142, 1), (121, s)],
		)
	}

	// At most 60.1 us measured, 11 reads, 4 writes.
	fn announce_coldkey_swap() -> Weight {
		weight::<T>(&[(120_160_000, 1)], &[(11, 1)], &[(4, 1)])
	}

	// At most 197.9 us measured, 34 reads, 16 writes.
	fn swap_coldkey() -> Weight {
		weight::<T>(&[(395_732_000, 1)], &[(34, 1)], &[(16, 1)])
	}

	// At most 10.5 us measured, 3 reads, 1 writes.
	fn dispute_coldkey_swap() -> Weight {
		weight::<T>(&[(20_990_000, 1)], &[(3, 1)], &[(1, 1)])
	}

	// At most 30.0 us measured, 7 reads, 3 writes.
	fn cancel_coldkey_swap() -> Weight {
		weight::<T>(&[(60_008_000, 1)], &[(7, 1)], &[(3, 1)])
	}

	// Not measured: the pallet's estimate.
	fn forget_intervals(n: u32) -> Weight {
		<pallet_key_swap::weights::EstimatedWeight<T> as pallet_key_swap::WeightInfo>::forget_intervals(n)
	}
}
