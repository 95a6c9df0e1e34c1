//! Weights of the calls: estimated by hand from storage accesses and a margin.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weight of each call.
pub trait WeightInfo {
	/// Weight of `set`.
	fn set() -> Weight;
	/// Weight of removing one commitment of a dissolved subnet.
	fn clear_one() -> Weight;
}

fn computing(microseconds: u64) -> Weight {
	Weight::from_parts(1_000_000u64.saturating_mul(microseconds), 0)
}

/// Estimates with a runtime's costs of storage.
pub struct EstimatedWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for EstimatedWeight<T> {
	fn set() -> Weight {
		computing(50).saturating_add(T::DbWeight::get().reads_writes(4, 1))
	}

	fn clear_one() -> Weight {
		computing(5).saturating_add(T::DbWeight::get().reads_writes(1, 1))
	}
}

impl WeightInfo for () {
	fn set() -> Weight {
		computing(250)
	}

	fn clear_one() -> Weight {
		computing(130)
	}
}
