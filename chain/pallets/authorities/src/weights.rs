//! Weights of the calls: estimated by hand from storage accesses and a margin, above what benchmarks show.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weight of each call.
pub trait WeightInfo {
	/// Weight of `set` with `a` accounts.
	fn set(a: u32) -> Weight;
	/// Weight of a session's end with `a` authorities.
	fn rotate(a: u32) -> Weight;
}

const MICROSECOND: u64 = 1_000_000;

/// Estimates with a runtime's costs of storage.
pub struct EstimatedWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for EstimatedWeight<T> {
	fn set(a: u32) -> Weight {
		Weight::from_parts(MICROSECOND.saturating_mul(20), 0)
			.saturating_add(Weight::from_parts(MICROSECOND.saturating_mul(2), 0).saturating_mul(a.into()))
			.saturating_add(T::DbWeight::get().reads_writes(a.into(), 1))
	}

	fn rotate(a: u32) -> Weight {
		// Keys of each, and the lists of session, Aura and GRANDPA.
		Weight::from_parts(MICROSECOND.saturating_mul(50), 0)
			.saturating_add(Weight::from_parts(MICROSECOND.saturating_mul(5), 0).saturating_mul(a.into()))
			.saturating_add(T::DbWeight::get().reads_writes(a.saturating_add(12).into(), 10))
	}
}

impl WeightInfo for () {
	fn set(a: u32) -> Weight {
		Weight::from_parts(MICROSECOND.saturating_mul(150), 0)
			.saturating_add(Weight::from_parts(MICROSECOND.saturating_mul(30), 0).saturating_mul(a.into()))
	}

	fn rotate(a: u32) -> Weight {
		Self::set(a)
	}
}
