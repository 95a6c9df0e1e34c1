//! What calls and hooks of `pallet_neurons` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use super::weight;
use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_neurons::WeightInfo for WeightInfo<T> {
	// At most 989.9 us measured, 527 reads, 11 writes.
	fn register(n: u32) -> Weight {
		weight::<T>(&[(189_997_716, 1), (7_081_582, n)], &[(15, 1), (2, n)], &[(11, 1)])
	}

	// At most 17.5 us measured, 4 reads, 1 writes.
	fn serve() -> Weight {
		weight::<T>(&[(35_072_000, 1)], &[(4, 1)], &[(1, 1)])
	}

	// At most 16,119.3 us measured, 2057 reads, 3078 writes.
	fn trim(n: u32) -> Weight {
		weight::<T>(&[(0, 1), (31_544_272, n)], &[(9, 1), (2, n)], &[(6, 1), (3, n)])
	}

	// At most 15.0 us measured, 4 reads, 2 writes.
	fn reset_bonds() -> Weight {
		weight::<T>(&[(29_964_000, 1)], &[(4, 1)], &[(2, 1)])
	}

	// Not measured: the pallet's estimate.
	fn clear_slot() -> Weight {
		<pallet_neurons::weights::EstimatedWeight<T> as pallet_neurons::WeightInfo>::clear_slot()
	}

	// Not measured: the pallet's estimate.
	fn move_hotkey() -> Weight {
		<pallet_neurons::weights::EstimatedWeight<T> as pallet_neurons::WeightInfo>::move_hotkey()
	}
}
