//! Weights of the hooks: estimated by hand from storage accesses and a margin.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weight of each hook.
pub trait WeightInfo {
	/// Weight of `on_initialize` when `s` slashes are carried out, and `t` items were touched before by epochs of the block.
	fn on_initialize(s: u32, t: u32) -> Weight;
}

const MICROSECOND: u64 = 1_000_000;

/// Estimates with a runtime's costs of storage.
pub struct EstimatedWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for EstimatedWeight<T> {
	/// Looking for one costs a read; a slash goes through the bond, the hotkey's pool, what unbonds from it and those of its parents.
	/// An item that is forgotten: found, its author read, both removed.
	fn on_initialize(s: u32, t: u32) -> Weight {
		let db = T::DbWeight::get();
		let slash = Weight::from_parts(MICROSECOND.saturating_mul(400), 0).saturating_add(db.reads_writes(60, 30));
		let item = Weight::from_parts(MICROSECOND.saturating_mul(10), 0).saturating_add(db.reads_writes(3, 2));
		Weight::from_parts(MICROSECOND.saturating_mul(5), 0)
			.saturating_add(db.reads_writes(3, 1))
			.saturating_add(slash.saturating_mul(s.into()))
			.saturating_add(item.saturating_mul(t.into()))
	}
}

impl WeightInfo for () {
	fn on_initialize(s: u32, t: u32) -> Weight {
		let time = MICROSECOND.saturating_mul(400).saturating_mul(s.into());
		Weight::from_parts(time.saturating_add(MICROSECOND.saturating_mul(t.into())), 0)
	}
}
