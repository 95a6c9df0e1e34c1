//! Weights of the calls: estimated by hand from storage accesses and a margin.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weight of each call.
pub trait WeightInfo {
	/// Weight of `register` of a profile of `b` bytes.
	fn register(b: u32) -> Weight;
	/// Weight of `set_terms`.
	fn set_terms() -> Weight;
	/// Weight of `remove`.
	fn remove() -> Weight;
	/// Weight of `declare`.
	fn declare() -> Weight;
	/// Weight of `retire`.
	fn retire() -> Weight;
	/// Weight of releasing, or clearing, `d` declarations of one hotkey.
	fn release(d: u32) -> Weight;
	/// Weight of moving one profile to another coldkey.
	fn move_profile() -> Weight;
}

fn computing(microseconds: u64) -> Weight {
	Weight::from_parts(1_000_000u64.saturating_mul(microseconds), 0)
}

/// Estimates with a runtime's costs of storage.
pub struct EstimatedWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for EstimatedWeight<T> {
	fn register(b: u32) -> Weight {
		// Hashed once and written once.
		let byte = Weight::from_parts(20_000, 0).saturating_mul(b.into());
		computing(100)
			.saturating_add(byte)
			.saturating_add(T::DbWeight::get().reads_writes(6, 8))
	}

	fn set_terms() -> Weight {
		computing(40).saturating_add(T::DbWeight::get().reads_writes(2, 1))
	}

	fn remove() -> Weight {
		computing(80).saturating_add(T::DbWeight::get().reads_writes(4, 6))
	}

	fn declare() -> Weight {
		// The lock looks up pool, position, owner and guard.
		computing(150).saturating_add(T::DbWeight::get().reads_writes(16, 6))
	}

	fn retire() -> Weight {
		computing(80).saturating_add(T::DbWeight::get().reads_writes(4, 2))
	}

	fn release(d: u32) -> Weight {
		// Each: its profile's record, its auditors.
		let each = computing(10).saturating_add(T::DbWeight::get().reads_writes(2, 2));
		computing(150)
			.saturating_add(T::DbWeight::get().reads_writes(12, 8))
			.saturating_add(each.saturating_mul(d.into()))
	}

	fn move_profile() -> Weight {
		computing(80).saturating_add(T::DbWeight::get().reads_writes(6, 7))
	}
}

impl WeightInfo for () {
	fn register(b: u32) -> Weight {
		computing(1_000).saturating_add(Weight::from_parts(20_000, 0).saturating_mul(b.into()))
	}

	fn set_terms() -> Weight {
		computing(160)
	}

	fn remove() -> Weight {
		computing(700)
	}

	fn declare() -> Weight {
		computing(900)
	}

	fn retire() -> Weight {
		computing(300)
	}

	fn release(d: u32) -> Weight {
		computing(900).saturating_add(computing(260).saturating_mul(d.into()))
	}

	fn move_profile() -> Weight {
		computing(800)
	}
}
