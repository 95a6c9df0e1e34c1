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
	/// `transfer_stake`.
	fn transfer_stake() -> Weight;
	/// `move_stake`.
	fn move_stake() -> Weight;
	/// `complete_move`.
	fn complete_move() -> Weight;
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
			// Subnet, owners of hotkey and coldkey, pool, generation, number, home, next number, position, sum of the hotkey,
			// total, two accounts.
			fn add_stake() -> Weight {
				weight::<$db>(140_000_000, 16_000, 13, 11)
			}
			// Pool, number, home, lock, position, sum, epoch, hyperparameters, paused blocks, unbonding pool, its position,
			// generation, next number, total, account (dust).
			fn remove_stake() -> Weight {
				weight::<$db>(150_000_000, 22_000, 17, 13)
			}
			// Number, position, epoch, paused blocks, subnet, unbonding pool, home, losses, total, two accounts, issuance (dust).
			fn withdraw_unbonded() -> Weight {
				weight::<$db>(130_000_000, 16_000, 12, 10)
			}
			// Owner, take, block of its last change.
			fn set_take() -> Weight {
				weight::<$db>(30_000_000, 5_000, 4, 2)
			}
			// Hyperparameters, announcement, coldkeys that move (twice), two owners, pool, number, lock, two positions, home.
			fn transfer_stake() -> Weight {
				weight::<$db>(90_000_000, 16_000, 12, 4)
			}
			// As a removal, and whether the destination is there.
			fn move_stake() -> Weight {
				weight::<$db>(170_000_000, 26_000, 20, 13)
			}
			// As a withdrawal and a staking.
			fn complete_move() -> Weight {
				weight::<$db>(200_000_000, 30_000, 22, 18)
			}
		}
	};
}

weights!(EstimatedWeight<T>, T::DbWeight, T);
weights!((), frame_support::weights::constants::RocksDbWeight);
