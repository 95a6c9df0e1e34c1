//! What calls and hooks of `pallet_governance` weigh. Written by tools/measure_weights.py, not by hand.
//!
//! AMD EPYC at 2.6 GHz; wasm in the node's executor; least times, times 2.

use core::marker::PhantomData;
use frame_support::weights::Weight;

/// Weights of this runtime.
pub struct WeightInfo<T>(PhantomData<T>);

impl<T: frame_system::Config> pallet_governance::WeightInfo for WeightInfo<T> {
	// Not measured: the pallet's estimate.
	fn lock() -> Weight {
		<pallet_governance::weights::EstimatedWeight<T> as pallet_governance::WeightInfo>::lock()
	}

	// Not measured: the pallet's estimate.
	fn submit(l: u32) -> Weight {
		<pallet_governance::weights::EstimatedWeight<T> as pallet_governance::WeightInfo>::submit(l)
	}

	// Not measured: the pallet's estimate.
	fn vote() -> Weight {
		<pallet_governance::weights::EstimatedWeight<T> as pallet_governance::WeightInfo>::vote()
	}

	// Not measured: the pallet's estimate.
	fn cancel() -> Weight {
		<pallet_governance::weights::EstimatedWeight<T> as pallet_governance::WeightInfo>::cancel()
	}

	// Not measured: the pallet's estimate.
	fn stand() -> Weight {
		<pallet_governance::weights::EstimatedWeight<T> as pallet_governance::WeightInfo>::stand()
	}

	// Not measured: the pallet's estimate.
	fn withdraw_candidacy() -> Weight {
		<pallet_governance::weights::EstimatedWeight<T> as pallet_governance::WeightInfo>::withdraw_candidacy()
	}

	// Not measured: the pallet's estimate.
	fn elect() -> Weight {
		<pallet_governance::weights::EstimatedWeight<T> as pallet_governance::WeightInfo>::elect()
	}

	// Not measured: the pallet's estimate.
	fn pause() -> Weight {
		<pallet_governance::weights::EstimatedWeight<T> as pallet_governance::WeightInfo>::pause()
	}

	// Not measured: the pallet's estimate.
	fn extend_pause() -> Weight {
		<pallet_governance::weights::EstimatedWeight<T> as pallet_governance::WeightInfo>::extend_pause()
	}

	// Not measured: the pallet's estimate.
	fn idle() -> Weight {
		<pallet_governance::weights::EstimatedWeight<T> as pallet_governance::WeightInfo>::idle()
	}

	// Not measured: the pallet's estimate.
	fn step_referendum() -> Weight {
		<pallet_governance::weights::EstimatedWeight<T> as pallet_governance::WeightInfo>::step_referendum()
	}

	// Not measured: the pallet's estimate.
	fn open_election() -> Weight {
		<pallet_governance::weights::EstimatedWeight<T> as pallet_governance::WeightInfo>::open_election()
	}

	// Not measured: the pallet's estimate.
	fn close_election() -> Weight {
		<pallet_governance::weights::EstimatedWeight<T> as pallet_governance::WeightInfo>::close_election()
	}

	// Not measured: the pallet's estimate.
	fn move_coldkey() -> Weight {
		<pallet_governance::weights::EstimatedWeight<T> as pallet_governance::WeightInfo>::move_coldkey()
	}
}
