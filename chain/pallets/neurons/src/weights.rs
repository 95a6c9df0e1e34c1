//! Weights of the calls: estimated by hand from storage accesses and a margin, above what benchmarks show.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weight of each call.
pub trait WeightInfo {
	/// Weight of `register` with `n` slots compared for a replacement, hooks included.
	fn register(n: u32) -> Weight;
	/// Weight of `serve`.
	fn serve() -> Weight;
}

const MICROSECOND: u64 = 1_000_000;

fn computing(microseconds: u64) -> Weight {
	Weight::from_parts(MICROSECOND.saturating_mul(microseconds), 0)
}

/// Estimates with a runtime's costs of storage.
pub struct EstimatedWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for EstimatedWeight<T> {
	fn register(n: u32) -> Weight {
		// Each compared slot: its neuron and its owner, and a part of the epoch's results.
		let slot = computing(3).saturating_add(T::DbWeight::get().reads(2));
		computing(250)
			.saturating_add(T::DbWeight::get().reads_writes(16, 20))
			.saturating_add(slot.saturating_mul(n.into()))
	}

	fn serve() -> Weight {
		computing(40).saturating_add(T::DbWeight::get().reads_writes(4, 1))
	}
}

impl WeightInfo for () {
	fn register(n: u32) -> Weight {
		computing(2_700).saturating_add(computing(53).saturating_mul(n.into()))
	}

	fn serve() -> Weight {
		computing(240)
	}
}
