//! Weights of the calls: estimated by hand from storage accesses and a margin.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weight of each call.
pub trait WeightInfo {
	/// `vote` with `w` weights, where all places are taken; once to see whether it is free of charge, once to do it.
	fn vote(w: u32) -> Weight;
	/// `retract`.
	fn retract() -> Weight;
	/// The hook in a block without a tally.
	fn on_initialize() -> Weight;
	/// A tally of `v` ballots over `s` active subnets.
	fn tally(v: u32, s: u32) -> Weight;
	/// Removing a subnet from `v` ballots.
	fn clear(v: u32) -> Weight;
}

fn computing(microseconds: u64) -> Weight {
	Weight::from_parts(1_000_000u64.saturating_mul(microseconds), 0)
}

/// Estimates with a runtime's costs of storage.
pub struct EstimatedWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for EstimatedWeight<T> {
	fn vote(w: u32) -> Weight {
		// Twice: 64 ballots and their stakes, where one must go; the subnets that are named.
		let reads = 280u64.saturating_add(u64::from(w).saturating_mul(2));
		computing(600).saturating_add(T::DbWeight::get().reads_writes(reads, 4))
	}

	fn retract() -> Weight {
		computing(30).saturating_add(T::DbWeight::get().reads_writes(5, 2))
	}

	fn on_initialize() -> Weight {
		computing(5).saturating_add(T::DbWeight::get().reads(4))
	}

	fn tally(v: u32, s: u32) -> Weight {
		let (v, s) = (u64::from(v), u64::from(s));
		let cells = v.saturating_mul(s);
		computing(100)
			.saturating_add(Weight::from_parts(100_000u64.saturating_mul(cells), 0))
			.saturating_add(
				T::DbWeight::get().reads_writes(
					v.saturating_mul(3)
						.saturating_add(s.saturating_mul(3))
						.saturating_add(8),
					v.saturating_add(s).saturating_add(4),
				),
			)
	}

	fn clear(v: u32) -> Weight {
		let v = u64::from(v);
		computing(20)
			.saturating_add(T::DbWeight::get().reads_writes(v.saturating_mul(2).saturating_add(1), v.saturating_add(1)))
	}
}

impl WeightInfo for () {
	fn vote(_: u32) -> Weight {
		computing(300)
	}
	fn retract() -> Weight {
		computing(20)
	}
	fn on_initialize() -> Weight {
		computing(2)
	}
	fn tally(_: u32, _: u32) -> Weight {
		computing(500)
	}
	fn clear(_: u32) -> Weight {
		computing(100)
	}
}
