//! Weights of the calls: estimated by hand from storage accesses and a margin.

use crate::types::{MAX_CHILDREN, MAX_PARENTS};
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
}

fn computing(microseconds: u64, proof: u64) -> Weight {
	Weight::from_parts(1_000_000u64.saturating_mul(microseconds), proof)
}

/// Estimates with a runtime's costs of storage.
pub struct EstimatedWeight<T>(PhantomData<T>);

macro_rules! weights {
	($target:ty, $db:ty $(, $generic:ident)?) => {
		impl$(<$generic: frame_system::Config>)? WeightInfo for $target {
			// Each child: its coldkey, delegation and parents, the values of these, and the record of the one that has to leave.
			fn set_children() -> Weight {
				let children = u64::from(MAX_CHILDREN);
				let reads = children.saturating_mul(u64::from(MAX_PARENTS).saturating_add(8)).saturating_add(16);
				let writes = children.saturating_mul(4).saturating_add(4);
				computing(400, 150_000).saturating_add(<$db>::get().reads_writes(reads, writes))
			}
			fn set_child_take() -> Weight {
				computing(60, 12_000).saturating_add(<$db>::get().reads_writes(6, 1))
			}
			fn set_auto_stake() -> Weight {
				computing(50, 10_000).saturating_add(<$db>::get().reads_writes(5, 1))
			}
		}
	};
}

weights!(EstimatedWeight<T>, T::DbWeight, T);
weights!((), frame_support::weights::constants::ParityDbWeight);
