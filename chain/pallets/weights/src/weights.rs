//! Weights of the calls: estimated by hand from storage accesses and a margin, above what benchmarks show.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weight of each call.
pub trait WeightInfo {
	/// Weight of `set` with `d` entries.
	fn set(d: u32) -> Weight;
	/// Weight of `commit`.
	fn commit() -> Weight;
	/// Weight of `reveal` with `d` entries.
	fn reveal(d: u32) -> Weight;
	/// What evidence of `r` rows adds to a reveal: hashing, checking and filing it.
	fn evidence(r: u32) -> Weight;
	/// Weight of a batch without its items.
	fn batch() -> Weight;
}

const NANOSECOND: u64 = 1_000;
const MICROSECOND: u64 = 1_000_000;

/// Time of `base` microseconds and 300 ns an entry: sorting, copying and (for a reveal) hashing it.
fn computing(base: u64, entries: u32) -> Weight {
	let entry = NANOSECOND.saturating_mul(300);
	Weight::from_parts(
		MICROSECOND
			.saturating_mul(base)
			.saturating_add(entry.saturating_mul(entries.into())),
		0,
	)
}

/// Estimates with a runtime's costs of storage.
pub struct EstimatedWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for EstimatedWeight<T> {
	fn set(d: u32) -> Weight {
		computing(60, d).saturating_add(T::DbWeight::get().reads_writes(9, 3))
	}

	fn commit() -> Weight {
		computing(60, 0).saturating_add(T::DbWeight::get().reads_writes(10, 3))
	}

	fn reveal(d: u32) -> Weight {
		computing(80, d).saturating_add(T::DbWeight::get().reads_writes(9, 2))
	}

	/// A row of its own profile each: one read, half a microsecond of hashing (for each open commit) and arithmetic.
	fn evidence(r: u32) -> Weight {
		computing(60, r.saturating_mul(2))
			.saturating_add(T::DbWeight::get().reads_writes(5, 3))
			.saturating_add(T::DbWeight::get().reads(r.into()))
	}

	fn batch() -> Weight {
		computing(20, 0)
	}
}

impl WeightInfo for () {
	fn set(d: u32) -> Weight {
		computing(460, d)
	}

	fn commit() -> Weight {
		computing(490, 0)
	}

	fn reveal(d: u32) -> Weight {
		computing(510, d)
	}

	fn evidence(r: u32) -> Weight {
		computing(500, r.saturating_mul(100))
	}

	fn batch() -> Weight {
		computing(20, 0)
	}
}
