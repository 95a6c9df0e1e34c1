//! Weights of the calls.
//!
//! Estimates on the safe side until they are replaced by measured ones: reads and writes are counted from the code,
//! computation is put at about twice what such calls need natively.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weight of each call.
pub trait WeightInfo {
	/// `add_stake`.
	fn add_stake() -> Weight;
	/// `remove_stake`.
	fn remove_stake() -> Weight;
	/// `withdraw_unbonded`.
	fn withdraw_unbonded() -> Weight;
	/// `set_take`.
	fn set_take() -> Weight;
}

/// Weights with a runtime's own cost of the database.
pub struct EstimatedWeight<T>(PhantomData<T>);

/// Computation, proof size, reads and writes.
fn weight<D: Get<frame_support::weights::RuntimeDbWeight>>(time: u64, proof: u64, reads: u64, writes: u64) -> Weight {
	Weight::from_parts(time, proof).saturating_add(D::get().reads_writes(reads, writes))
}

macro_rules! weights {
	($target:ty, $db:ty $(, $generic:ident)?) => {
		impl$(<$generic: frame_system::Config>)? WeightInfo for $target {
			// Subnet, hotkey's owner, pool, generation, position, total, two accounts.
			fn add_stake() -> Weight {
				weight::<$db>(120_000_000, 9_000, 8, 6)
			}
			// Pool, position, epoch, hyperparameters, unbonding pool, its position, generation, total, account (dust).
			fn remove_stake() -> Weight {
				weight::<$db>(120_000_000, 13_000, 10, 8)
			}
			// Position, epoch, subnet, unbonding pool, total, two accounts, issuance (dust).
			fn withdraw_unbonded() -> Weight {
				weight::<$db>(110_000_000, 9_000, 8, 6)
			}
			// Owner, take, block of its last change.
			fn set_take() -> Weight {
				weight::<$db>(30_000_000, 5_000, 3, 2)
			}
		}
	};
}

weights!(EstimatedWeight<T>, T::DbWeight, T);
weights!((), frame_support::weights::constants::RocksDbWeight);
