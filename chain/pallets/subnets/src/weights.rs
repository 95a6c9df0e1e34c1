//! Weights of the calls: estimated by hand from storage accesses and a margin, above what benchmarks show.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weight of each call.
pub trait WeightInfo {
	/// Weight of `create`, hooks included.
	fn create() -> Weight;
	/// Weight of `activate`.
	fn activate() -> Weight;
	/// Weight of `deactivate`.
	fn deactivate() -> Weight;
	/// Weight of `set_hyperparameters` with `c` changes.
	fn set_hyperparameters(c: u32) -> Weight;
}

const MICROSECOND: u64 = 1_000_000;

/// Estimates with a runtime's costs of storage.
pub struct EstimatedWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for EstimatedWeight<T> {
	fn create() -> Weight {
		// Subnet, hyperparameters, hold, neuron, ownership and clock.
		Weight::from_parts(MICROSECOND.saturating_mul(300), 0).saturating_add(T::DbWeight::get().reads_writes(20, 20))
	}

	fn activate() -> Weight {
		Weight::from_parts(MICROSECOND.saturating_mul(20), 0).saturating_add(T::DbWeight::get().reads_writes(1, 1))
	}

	fn deactivate() -> Weight {
		Self::activate()
	}

	fn set_hyperparameters(c: u32) -> Weight {
		Weight::from_parts(MICROSECOND.saturating_mul(30), 0)
			.saturating_add(Weight::from_parts(MICROSECOND, 0).saturating_mul(c.into()))
			.saturating_add(T::DbWeight::get().reads_writes(3, 1))
	}
}

impl WeightInfo for () {
	fn create() -> Weight {
		Weight::from_parts(MICROSECOND.saturating_mul(2_800), 0)
	}

	fn activate() -> Weight {
		Weight::from_parts(MICROSECOND.saturating_mul(150), 0)
	}

	fn deactivate() -> Weight {
		Self::activate()
	}

	fn set_hyperparameters(c: u32) -> Weight {
		Weight::from_parts(MICROSECOND.saturating_mul(210), 0)
			.saturating_add(Weight::from_parts(MICROSECOND, 0).saturating_mul(c.into()))
	}
}
