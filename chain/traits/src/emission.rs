//! Emission: how it is split, how large epochs can be, and what those ask who decide the split.

use alloc::vec::Vec;
use ganglion_primitives::{Balance, NetUid};

/// How large an epoch can be. Implemented by `pallet-emissions`.
pub trait EpochSize {
	/// Whether the epoch of a subnet with so many slots, permits and mechanisms always fits into a block.
	fn fits(uids: u16, validators: u16, mechanisms: u8) -> bool;
}

/// How emission is split over subnets. Read in the block after the split or the set of active subnets has changed, not
/// in each block.
pub trait SubnetShare {
	/// Integer weight of each active subnet; emission is split in proportion. Subnets that are not named get nothing.
	fn shares(active: &[NetUid]) -> Vec<(NetUid, u64)>;
}

/// Equal parts to all active subnets.
pub struct EqualShare;
impl SubnetShare for EqualShare {
	fn shares(active: &[NetUid]) -> Vec<(NetUid, u64)> {
		active.iter().map(|netuid| (*netuid, 1)).collect()
	}
}

/// What the pallet that decides the split asks of emission. Implemented by `pallet-emissions`.
pub trait EmissionControl {
	/// `SubnetShare` answers something else now: it counts from the next block on.
	fn shares_changed();
	/// Emission of a block now, nano.
	fn block_emission() -> Balance;
	/// Registration fees that were burned in each subnet since the last call, nano, ascending by subnet; they are forgotten.
	fn take_fees() -> Vec<(NetUid, Balance)>;
}

impl EmissionControl for () {
	fn shares_changed() {}
	fn block_emission() -> Balance {
		0
	}
	fn take_fees() -> Vec<(NetUid, Balance)> {
		Vec::new()
	}
}
