//! Weights of the calls: estimated by hand from storage accesses and a margin, above what benchmarks show.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weight of each call.
pub trait WeightInfo {
	/// Weight of `create`, hooks included, where `n` subnets are searched for one to prune.
	fn create(n: u32) -> Weight;
	/// Weight of `activate`.
	fn activate() -> Weight;
	/// Weight of `deactivate`.
	fn deactivate() -> Weight;
	/// Weight of `set_hyperparameters` with `c` changes.
	fn set_hyperparameters(c: u32) -> Weight;
	/// Weight of `start`.
	fn start() -> Weight;
	/// Weight of `dissolve`, the later steps not included.
	fn dissolve() -> Weight;
	/// Weight of `trigger_epoch`.
	fn trigger_epoch() -> Weight;
	/// Weight of `set_identity`.
	fn set_identity() -> Weight;
	/// Weight of `set_name`.
	fn set_name() -> Weight;
	/// Weight of `set_owner_hotkey`.
	fn set_owner_hotkey() -> Weight;
	/// Weight of one block's part of a dissolution, what pallets clear not included.
	fn dissolve_step() -> Weight;
	/// Weight of moving one subnet with its lock to another coldkey.
	fn move_subnet() -> Weight;
}

const MICROSECOND: u64 = 1_000_000;

fn micros(count: u64) -> Weight {
	Weight::from_parts(MICROSECOND.saturating_mul(count), 0)
}

/// Estimates with a runtime's costs of storage.
pub struct EstimatedWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for EstimatedWeight<T> {
	fn create(n: u32) -> Weight {
		// Subnet, hyperparameters, hold, neuron, ownership and clock; each searched subnet with its value.
		let search = T::DbWeight::get()
			.reads(2)
			.saturating_add(micros(3))
			.saturating_mul(n.into());
		let created = micros(300).saturating_add(T::DbWeight::get().reads_writes(20, 20));
		let dissolved = Self::dissolve().saturating_mul(n.min(1).into());
		created.saturating_add(search).saturating_add(dissolved)
	}

	fn activate() -> Weight {
		micros(40).saturating_add(T::DbWeight::get().reads_writes(5, 5))
	}

	fn deactivate() -> Weight {
		Self::activate()
	}

	fn set_hyperparameters(c: u32) -> Weight {
		micros(60)
			.saturating_add(micros(2).saturating_mul(c.into()))
			.saturating_add(T::DbWeight::get().reads_writes(8, 5))
	}

	fn start() -> Weight {
		Self::activate()
	}

	fn dissolve() -> Weight {
		micros(120).saturating_add(T::DbWeight::get().reads_writes(12, 14))
	}

	fn trigger_epoch() -> Weight {
		micros(50).saturating_add(T::DbWeight::get().reads_writes(7, 4))
	}

	fn set_identity() -> Weight {
		micros(40).saturating_add(T::DbWeight::get().reads_writes(2, 1))
	}

	fn set_name() -> Weight {
		micros(60).saturating_add(T::DbWeight::get().reads_writes(7, 6))
	}

	fn set_owner_hotkey() -> Weight {
		micros(40).saturating_add(T::DbWeight::get().reads_writes(5, 2))
	}

	fn dissolve_step() -> Weight {
		// Up to four are looked at; the lock is settled at the end.
		micros(150).saturating_add(T::DbWeight::get().reads_writes(9, 5))
	}

	fn move_subnet() -> Weight {
		micros(100).saturating_add(T::DbWeight::get().reads_writes(5, 5))
	}
}

/// One read or write of a database, where the runtime's costs are not known.
const STORAGE: u64 = 70;

impl WeightInfo for () {
	fn create(n: u32) -> Weight {
		micros(2_800).saturating_add(micros(2 * STORAGE).saturating_mul(n.into()))
	}

	fn activate() -> Weight {
		micros(10 * STORAGE)
	}

	fn deactivate() -> Weight {
		Self::activate()
	}

	fn set_hyperparameters(c: u32) -> Weight {
		micros(13 * STORAGE).saturating_add(micros(2).saturating_mul(c.into()))
	}

	fn start() -> Weight {
		Self::activate()
	}

	fn dissolve() -> Weight {
		micros(26 * STORAGE)
	}

	fn trigger_epoch() -> Weight {
		micros(11 * STORAGE)
	}

	fn set_identity() -> Weight {
		micros(3 * STORAGE)
	}

	fn set_name() -> Weight {
		micros(13 * STORAGE)
	}

	fn set_owner_hotkey() -> Weight {
		micros(7 * STORAGE)
	}

	fn dissolve_step() -> Weight {
		micros(14 * STORAGE)
	}

	fn move_subnet() -> Weight {
		micros(10 * STORAGE)
	}
}
