//! Weights of the hook.
//!
//! Estimates on the safe side until they are replaced by measured ones: reads and writes are counted from the code,
//! computation is put at about twice what it needs natively. The epoch's weight follows what it really did: `n` slots,
//! `v` rows of weights, `d` entries in all rows.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weight of each part of the hook.
pub trait WeightInfo {
	/// Accrual, with shares of `s` subnets that are read anew (none in most blocks), and the search for due epochs.
	fn on_initialize(s: u32) -> Weight;
	/// One epoch with its payout: `n` slots (once for each mechanism), `v` rows and `d` entries of all mechanisms.
	fn epoch(n: u32, v: u32, d: u32) -> Weight;
}

/// Weights with a runtime's own cost of the database.
pub struct EstimatedWeight<T>(PhantomData<T>);

/// Computation, proof size, reads and writes.
fn weight<D: Get<frame_support::weights::RuntimeDbWeight>>(time: u64, proof: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(time, proof).saturating_add(D::get().reads_writes(reads, writes))
}

/// `base + per * count`, saturating.
fn linear(base: u64, terms: &[(u64, u32)]) -> u64 {
	terms.iter().fold(base, |sum, (per, count)| {
		sum.saturating_add(per.saturating_mul((*count).into()))
	})
}

macro_rules! weights {
	($target:ty, $db:ty $(, $generic:ident)?) => {
		impl$(<$generic: frame_system::Config>)? WeightInfo for $target {
			// Issuance, ledger, totals, pause, cursor's entries, slots and permits of the one that has to wait; per subnet
			// info and account.
			fn on_initialize(s: u32) -> Weight {
				let time = linear(30_000_000, &[(8_000_000, s)]);
				let proof = linear(10_000, &[(4_000, s)]);
				weight::<$db>(time, proof, linear(14, &[(4, s)]), linear(4, &[(1, s)]))
			}
			// Per slot: slot, ownership, pool, own position, last update, coldkey's account, credit, pool's account.
			// Per validator: row, bonds, commitments. Per entry: a microsecond of fixed-point arithmetic and sorting.
			fn epoch(n: u32, v: u32, d: u32) -> Weight {
				let time = linear(200_000_000, &[(150_000_000, n), (20_000_000, v), (1_000_000, d)]);
				let proof = linear(20_000, &[(20_000, n), (12_000, v), (8, d)]);
				let (reads, writes) = (linear(24, &[(11, n), (5, v)]), linear(18, &[(5, n), (2, v)]));
				weight::<$db>(time, proof, reads, writes)
			}
		}
	};
}

weights!(EstimatedWeight<T>, T::DbWeight, T);
weights!((), frame_support::weights::constants::RocksDbWeight);
