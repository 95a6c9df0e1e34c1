//! Weights of the calls: estimated by hand from storage accesses and a margin.

use crate::types::MAX_CHILDREN;
use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weight of each call.
pub trait WeightInfo {
	/// Weight of `set_children` with as many children as there can be, each of which has as many parents as it can have.
	fn set_children() -> Weight;
	/// Weight of `set_child_take`.
	fn set_child_take() -> Weight;
	/// Weight of `set_auto_stake`.
	fn set_auto_stake() -> Weight;
	/// Weight of `drop_parent`.
	fn drop_parent() -> Weight;
	/// Weight of `set_refusing`.
	fn set_refusing() -> Weight;
}

fn computing(microseconds: u64, proof: u64) -> Weight {
	Weight::from_parts(1_000_000u64.saturating_mul(microseconds), proof)
}

/// Estimates with a runtime's costs of storage.
pub struct EstimatedWeight<T>(PhantomData<T>);

macro_rules! weights {
	($target:ty, $db:ty $(, $generic:ident)?) => {
		impl$(<$generic: frame_system::Config>)? WeightInfo for $target {
			// Each child: its coldkey, delegation, parents, whether it refuses; and those that it does not have any more.
			fn set_children() -> Weight {
				let children = u64::from(MAX_CHILDREN);
				let reads = children.saturating_mul(10).saturating_add(18);
				let writes = children.saturating_mul(4).saturating_add(4);
				computing(400, 150_000).saturating_add(<$db>::get().reads_writes(reads, writes))
			}
			fn set_child_take() -> Weight {
				computing(60, 12_000).saturating_add(<$db>::get().reads_writes(6, 1))
			}
			fn drop_parent() -> Weight {
				computing(120, 30_000).saturating_add(<$db>::get().reads_writes(10, 6))
			}
			fn set_refusing() -> Weight {
				computing(40, 8_000).saturating_add(<$db>::get().reads_writes(4, 1))
			}
			fn set_auto_stake() -> Weight {
				computing(50, 10_000).saturating_add(<$db>::get().reads_writes(5, 1))
			}
		}
	};
}

weights!(EstimatedWeight<T>, T::DbWeight, T);
weights!((), frame_support::weights::constants::ParityDbWeight);
