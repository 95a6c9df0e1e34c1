//! Weights of the calls: estimated by hand from storage accesses and a margin.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weight of each call.
pub trait WeightInfo {
	/// Weight of `anchor`.
	fn anchor() -> Weight;
	/// Weight of removing `n` old anchors.
	fn prune(n: u32) -> Weight;
	/// Weight of removing one book of a dissolved subnet.
	fn clear_one() -> Weight;
}

fn computing(microseconds: u64) -> Weight {
	Weight::from_parts(1_000_000u64.saturating_mul(microseconds), 0)
}

/// Estimates with a runtime's costs of storage.
pub struct EstimatedWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for EstimatedWeight<T> {
	fn anchor() -> Weight {
		computing(90).saturating_add(T::DbWeight::get().reads_writes(9, 6))
	}

	fn prune(n: u32) -> Weight {
		let one = computing(20).saturating_add(T::DbWeight::get().reads_writes(2, 2));
		computing(5)
			.saturating_add(T::DbWeight::get().reads_writes(4, 1))
			.saturating_add(one.saturating_mul(n.into()))
	}

	fn clear_one() -> Weight {
		computing(5).saturating_add(T::DbWeight::get().reads_writes(1, 1))
	}
}

impl WeightInfo for () {
	fn anchor() -> Weight {
		computing(700)
	}

	fn prune(n: u32) -> Weight {
		computing(100u64.saturating_add(220u64.saturating_mul(n.into())))
	}

	fn clear_one() -> Weight {
		computing(130)
	}
}
