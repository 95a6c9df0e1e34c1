//! Weights of the calls and hooks.
//!
//! Estimates on the safe side until they are replaced by measured ones: reads and writes are counted from the code.

use crate::types::{MAX_CANDIDATES, MAX_LOCKS, MAX_REFERENDA, MAX_VOTERS};
use core::marker::PhantomData;
use frame_support::{
	traits::Get,
	weights::{RuntimeDbWeight, Weight},
};

/// Weight of each call and hook.
pub trait WeightInfo {
	/// `lock`, with the list of voters full.
	fn lock() -> Weight;
	/// `submit` of a call of `l` bytes.
	fn submit(l: u32) -> Weight;
	/// `vote`.
	fn vote() -> Weight;
	/// `cancel`.
	fn cancel() -> Weight;
	/// `stand`.
	fn stand() -> Weight;
	/// `withdraw_candidacy`.
	fn withdraw_candidacy() -> Weight;
	/// `elect`.
	fn elect() -> Weight;
	/// `pause`.
	fn pause() -> Weight;
	/// `extend_pause`.
	fn extend_pause() -> Weight;
	/// A block in which nothing is due.
	fn idle() -> Weight;
	/// A referendum's step: its tally, or its end.
	fn step_referendum() -> Weight;
	/// An election's opening.
	fn open_election() -> Weight;
	/// Its end.
	fn close_election() -> Weight;
	/// A coldkey's move.
	fn move_coldkey() -> Weight;
}

/// Weights with a runtime's own cost of the database.
pub struct EstimatedWeight<T>(PhantomData<T>);

/// What one lock's value reads: the pool's number, lock, owner, pool, position, and one to spare.
const LOCK_READS: u64 = 6;

fn weight<D: Get<RuntimeDbWeight>>(time: u64, proof: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(time, proof).saturating_add(D::get().reads_writes(reads, writes))
}

/// The whole list of voters with the value of each lock.
fn snapshot<D: Get<RuntimeDbWeight>>() -> Weight {
	let locks = u64::from(MAX_VOTERS).saturating_mul(u64::from(MAX_LOCKS));
	let reads = locks.saturating_mul(LOCK_READS).saturating_add(MAX_VOTERS.into());
	weight::<D>(locks.saturating_mul(2_000_000), 300_000, reads, 0)
}

macro_rules! weights {
	($target:ty, $db:ty $(, $generic:ident)?) => {
		impl$(<$generic: frame_system::Config>)? WeightInfo for $target {
			fn lock() -> Weight {
				let open = u64::from(MAX_REFERENDA).saturating_mul(2);
				weight::<$db>(100_000_000, 30_000, open.saturating_add(16), 12).saturating_add(snapshot::<$db>())
			}
			fn submit(l: u32) -> Weight {
				let byte = Weight::from_parts(5_000, 0).saturating_mul(l.into());
				let open = u64::from(MAX_REFERENDA);
				weight::<$db>(100_000_000, 80_000, open.saturating_add(8), 6)
					.saturating_add(byte)
					.saturating_add(snapshot::<$db>())
			}
			fn vote() -> Weight {
				weight::<$db>(40_000_000, 12_000, 4, 1)
			}
			fn cancel() -> Weight {
				weight::<$db>(60_000_000, 20_000, 8, 8)
			}
			fn stand() -> Weight {
				weight::<$db>(80_000_000, 12_000, 6, 6)
			}
			fn withdraw_candidacy() -> Weight {
				weight::<$db>(50_000_000, 8_000, 4, 4)
			}
			fn elect() -> Weight {
				weight::<$db>(50_000_000, 12_000, 4, 1)
			}
			fn pause() -> Weight {
				weight::<$db>(30_000_000, 5_000, 3, 3)
			}
			fn extend_pause() -> Weight {
				weight::<$db>(30_000_000, 5_000, 3, 3)
			}
			fn idle() -> Weight {
				weight::<$db>(5_000_000, 3_000, 3, 0)
			}
			fn step_referendum() -> Weight {
				let values = 32u64.saturating_mul(u64::from(MAX_LOCKS)).saturating_mul(LOCK_READS);
				weight::<$db>(400_000_000, 80_000, values.saturating_add(48), 12)
			}
			fn open_election() -> Weight {
				let candidates = u64::from(MAX_CANDIDATES);
				weight::<$db>(100_000_000, 20_000, candidates.saturating_add(8), candidates.saturating_add(4))
					.saturating_add(snapshot::<$db>())
			}
			fn close_election() -> Weight {
				let values = 32u64.saturating_mul(u64::from(MAX_LOCKS)).saturating_mul(LOCK_READS);
				let candidates = u64::from(MAX_CANDIDATES).saturating_mul(3);
				weight::<$db>(
					600_000_000,
					100_000,
					values.saturating_add(candidates).saturating_add(60),
					candidates.saturating_add(30),
				)
			}
			fn move_coldkey() -> Weight {
				weight::<$db>(200_000_000, 60_000, 40, 30)
			}
		}
	};
}

weights!(EstimatedWeight<T>, T::DbWeight, T);
weights!((), frame_support::weights::constants::RocksDbWeight);
