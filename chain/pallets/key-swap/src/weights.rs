//! Weights of the calls: estimated by hand from storage accesses and a margin.

use core::marker::PhantomData;
use frame_support::{traits::Get, weights::Weight};

/// Weight of each call.
pub trait WeightInfo {
	/// Weight of `swap_hotkey` with `n` subnets looked at and `s` slots that go over, hooks included.
	fn swap_hotkey(n: u32, s: u32) -> Weight;
	/// Weight of `announce_coldkey_swap`.
	fn announce_coldkey_swap() -> Weight;
	/// Weight of `swap_coldkey` and `resolve_dispute`, without the first step.
	fn swap_coldkey() -> Weight;
	/// Weight of `dispute_coldkey_swap`.
	fn dispute_coldkey_swap() -> Weight;
	/// Weight of `cancel_coldkey_swap`.
	fn cancel_coldkey_swap() -> Weight;
	/// Weight of forgetting `n` passed intervals between hotkey swaps at a block's start.
	fn forget_intervals(n: u32) -> Weight;
}

fn computing(microseconds: u64) -> Weight {
	Weight::from_parts(1_000_000u64.saturating_mul(microseconds), 0)
}

/// Estimates with a runtime's costs of storage.
pub struct EstimatedWeight<T>(PhantomData<T>);

impl<T: frame_system::Config> WeightInfo for EstimatedWeight<T> {
	fn swap_hotkey(n: u32, s: u32) -> Weight {
		// Each subnet: what seven pallets look up, and a pool that goes over. Each slot: what is kept for it, read and written.
		let subnet = computing(20).saturating_add(T::DbWeight::get().reads_writes(8, 2));
		let slot = computing(40).saturating_add(T::DbWeight::get().reads_writes(8, 14));
		computing(300)
			.saturating_add(T::DbWeight::get().reads_writes(24, 20))
			.saturating_add(subnet.saturating_mul(n.into()))
			.saturating_add(slot.saturating_mul(s.into()))
	}

	fn announce_coldkey_swap() -> Weight {
		computing(120).saturating_add(T::DbWeight::get().reads_writes(8, 6))
	}

	fn swap_coldkey() -> Weight {
		computing(250).saturating_add(T::DbWeight::get().reads_writes(16, 14))
	}

	fn dispute_coldkey_swap() -> Weight {
		computing(40).saturating_add(T::DbWeight::get().reads_writes(3, 1))
	}

	fn cancel_coldkey_swap() -> Weight {
		computing(80).saturating_add(T::DbWeight::get().reads_writes(5, 4))
	}

	fn forget_intervals(n: u32) -> Weight {
		computing(2)
			.saturating_add(T::DbWeight::get().reads(2))
			.saturating_add(T::DbWeight::get().writes(n.into()))
	}
}

impl WeightInfo for () {
	fn swap_hotkey(n: u32, s: u32) -> Weight {
		computing(2_000)
			.saturating_add(computing(420).saturating_mul(n.into()))
			.saturating_add(computing(1_700).saturating_mul(s.into()))
	}

	fn announce_coldkey_swap() -> Weight {
		computing(900)
	}

	fn swap_coldkey() -> Weight {
		computing(2_000)
	}

	fn dispute_coldkey_swap() -> Weight {
		computing(200)
	}

	fn cancel_coldkey_swap() -> Weight {
		computing(600)
	}

	fn forget_intervals(n: u32) -> Weight {
		computing(50).saturating_add(computing(100).saturating_mul(n.into()))
	}
}
