//! What calls and hooks of `pallet_root_vote` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_root_vote::WeightInfo for WeightInfo<T> {
	// Not measured: the pallet's estimate.
	fn vote(w: u32) -> Weight {
		<pallet_root_vote::weights::EstimatedWeight<T> as pallet_root_vote::WeightInfo>::vote(w)
	}

	// Not measured: the pallet's estimate.
	fn retract() -> Weight {
		<pallet_root_vote::weights::EstimatedWeight<T> as pallet_root_vote::WeightInfo>::retract()
	}

	// Not measured: the pallet's estimate.
	fn on_initialize() -> Weight {
		<pallet_root_vote::weights::EstimatedWeight<T> as pallet_root_vote::WeightInfo>::on_initialize()
	}

	// Not measured: the pallet's estimate.
	fn tally(v: u32, s: u32) -> Weight {
		<pallet_root_vote::weights::EstimatedWeight<T> as pallet_root_vote::WeightInfo>::tally(v, s)
	}

	// Not measured: the pallet's estimate.
	fn clear(v: u32) -> Weight {
		<pallet_root_vote::weights::EstimatedWeight<T> as pallet_root_vote::WeightInfo>::clear(v)
	}
}
