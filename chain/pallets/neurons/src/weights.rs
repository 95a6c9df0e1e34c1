//! Weights of the calls: estimated by hand from storage accesses and a margin, above what benchmarks show.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weight of each call.
pub trait WeightInfo {
	/// Weight of `register` with `n` slots compared for a replacement, hooks included.
	fn register(n: u32) -> Weight;
	/// Weight of `serve`.
	fn serve() -> Weight;
	/// Weight of `trim` of a subnet with `n` slots, hooks included.
	fn trim(n: u32) -> Weight;
	/// Weight of `reset_bonds`.
	fn reset_bonds() -> Weight;
	/// Weight of removing one slot of a dissolved subnet.
	fn clear_slot() -> Weight;
	/// Weight of giving one hotkey to another coldkey.
	fn move_hotkey() -> Weight;
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

	fn trim(n: u32) -> Weight {
		// Each slot: its neuron and owner read; moved, or removed with its endpoint and what others keep for it.
		let slot = computing(10).saturating_add(T::DbWeight::get().reads_writes(4, 8));
		computing(300)
			.saturating_add(T::DbWeight::get().reads_writes(16, 8))
			.saturating_add(slot.saturating_mul(n.into()))
	}

	fn reset_bonds() -> Weight {
		computing(60).saturating_add(T::DbWeight::get().reads_writes(6, 3))
	}

	fn clear_slot() -> Weight {
		computing(15).saturating_add(T::DbWeight::get().reads_writes(2, 4))
	}

	fn move_hotkey() -> Weight {
		computing(20).saturating_add(T::DbWeight::get().reads_writes(4, 5))
	}
}

impl WeightInfo for () {
	fn register(n: u32) -> Weight {
		computing(2_700).saturating_add(computing(53).saturating_mul(n.into()))
	}

	fn serve() -> Weight {
		computing(240)
	}

	fn trim(n: u32) -> Weight {
		computing(1_500).saturating_add(computing(900).saturating_mul(n.into()))
	}

	fn reset_bonds() -> Weight {
		computing(500)
	}

	fn clear_slot() -> Weight {
		computing(450)
	}

	fn move_hotkey() -> Weight {
		computing(600)
	}
}
