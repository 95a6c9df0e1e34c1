//! Weights of the hooks: estimated by hand from storage accesses and a margin.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weight of each hook.
pub trait WeightInfo {
	/// Weight of `on_initialize` when `s` slashes are carried out.
	fn on_initialize(s: u32) -> Weight;
}

const MICROSECOND: u64 = 1_000_000;

/// Estimates with a runtime's costs of storage.
pub struct EstimatedWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for EstimatedWeight<T> {
	/// Looking for one costs a read; a slash goes through the bond, the hotkey's pool, what unbonds from it and those of its parents.
	fn on_initialize(s: u32) -> Weight {
		let db = T::DbWeight::get();
		let slash = Weight::from_parts(MICROSECOND.saturating_mul(400), 0).saturating_add(db.reads_writes(60, 30));
		Weight::from_parts(MICROSECOND.saturating_mul(5), 0)
			.saturating_add(db.reads(2))
			.saturating_add(slash.saturating_mul(s.into()))
	}
}

impl WeightInfo for () {
	fn on_initialize(s: u32) -> Weight {
		Weight::from_parts(MICROSECOND.saturating_mul(400).saturating_mul(s.into()), 0)
	}
}
