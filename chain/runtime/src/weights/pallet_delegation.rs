//! What calls and hooks of `pallet_delegation` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_delegation::WeightInfo for WeightInfo<T> {
	// Not measured: the pallet's estimate.
	fn set_children() -> Weight {
		<pallet_delegation::weights::EstimatedWeight<T> as pallet_delegation::WeightInfo>::set_children()
	}

	// Not measured: the pallet's estimate.
	fn set_child_take() -> Weight {
		<pallet_delegation::weights::EstimatedWeight<T> as pallet_delegation::WeightInfo>::set_child_take()
	}

	// Not measured: the pallet's estimate.
	fn set_auto_stake() -> Weight {
		<pallet_delegation::weights::EstimatedWeight<T> as pallet_delegation::WeightInfo>::set_auto_stake()
	}

	// Not measured: the pallet's estimate.
	fn drop_parent() -> Weight {
		<pallet_delegation::weights::EstimatedWeight<T> as pallet_delegation::WeightInfo>::drop_parent()
	}

	// Not measured: the pallet's estimate.
	fn set_refusing() -> Weight {
		<pallet_delegation::weights::EstimatedWeight<T> as pallet_delegation::WeightInfo>::set_refusing()
	}
}
