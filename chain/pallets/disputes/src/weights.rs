//! Weights of the calls: estimated by hand from storage accesses and a margin.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weight of each call.
pub trait WeightInfo {
	/// `open` or `open_verdict` with `b` bytes of evidence.
	fn open(b: u32) -> Weight;
	/// `refute` with a refutation of `b` bytes: the slash, too.
	fn refute(b: u32) -> Weight;
	/// A move or a vote, once to see whether it is free of charge, once to do it.
	fn step() -> Weight;
	/// The end of a dispute: a slash, or bonds that go back or are forfeited.
	fn finish() -> Weight;
	/// Noting who of `n` auditors can be drawn, with their stake.
	fn snapshot(n: u32) -> Weight;
	/// A draw among `n` candidates.
	fn draw(n: u32) -> Weight;
	/// Reading all open disputes.
	fn scan() -> Weight;
	/// The hook where nothing is due.
	fn on_initialize() -> Weight;
	/// Forgetting `n` entries.
	fn forget(n: u32) -> Weight;
}

fn computing(microseconds: u64) -> Weight {
	Weight::from_parts(1_000_000u64.saturating_mul(microseconds), 0)
}

/// Estimates with a runtime's costs of storage.
pub struct EstimatedWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for EstimatedWeight<T> {
	fn open(b: u32) -> Weight {
		// A signature (about 60 us in wasm), hashes of the evidence, a Merkle proof.
		computing(400)
			.saturating_add(Weight::from_parts(20_000u64.saturating_mul(b.into()), 0))
			.saturating_add(T::DbWeight::get().reads_writes(40, 14))
	}

	fn refute(b: u32) -> Weight {
		// A signature, two proofs, the hash of the rows, once to see whether it is free of charge, once to do it.
		computing(800)
			.saturating_add(Weight::from_parts(40_000u64.saturating_mul(b.into()), 0))
			.saturating_add(T::DbWeight::get().reads_writes(40, 2))
			.saturating_add(Self::finish())
	}

	fn step() -> Weight {
		computing(60).saturating_add(T::DbWeight::get().reads_writes(12, 4))
	}

	fn finish() -> Weight {
		// A slash that goes through parents' pools takes most of it.
		computing(600).saturating_add(T::DbWeight::get().reads_writes(80, 50))
	}

	fn snapshot(n: u32) -> Weight {
		let n = u64::from(n);
		computing(100)
			// The stake of an auditor is what its pool, its parents and its children say.
			.saturating_add(Weight::from_parts(60_000_000u64.saturating_mul(n), 0))
			.saturating_add(T::DbWeight::get().reads_writes(n.saturating_mul(24).saturating_add(12), 3))
	}

	fn draw(n: u32) -> Weight {
		computing(100)
			.saturating_add(Weight::from_parts(1_000_000u64.saturating_mul(n.into()), 0))
			.saturating_add(T::DbWeight::get().reads_writes(12, 3))
	}

	fn scan() -> Weight {
		computing(300).saturating_add(T::DbWeight::get().reads(65))
	}

	fn on_initialize() -> Weight {
		computing(10).saturating_add(T::DbWeight::get().reads(5))
	}

	fn forget(n: u32) -> Weight {
		let n = u64::from(n);
		computing(5u64.saturating_mul(n))
			.saturating_add(T::DbWeight::get().reads_writes(n.saturating_mul(2), n.saturating_mul(2)))
	}
}

impl WeightInfo for () {
	fn open(_: u32) -> Weight {
		computing(500)
	}
	fn refute(_: u32) -> Weight {
		computing(1_000)
	}
	fn step() -> Weight {
		computing(50)
	}
	fn finish() -> Weight {
		computing(500)
	}
	fn snapshot(_: u32) -> Weight {
		computing(500)
	}
	fn draw(_: u32) -> Weight {
		computing(100)
	}
	fn scan() -> Weight {
		computing(100)
	}
	fn on_initialize() -> Weight {
		computing(5)
	}
	fn forget(_: u32) -> Weight {
		computing(5)
	}
}
