//! Stored records. Everything kept per slot carries the slot's registration block.

use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};
use ganglion_primitives::{BlockNumber, EpochIndex, Uid, MAX_UIDS};
use scale_info::TypeInfo;
use sp_runtime::{traits::ConstU32, BoundedVec};

/// One element per slot, or fewer.
pub type Column<Element> = BoundedVec<Element, ConstU32<MAX_UIDS>>;

/// Epochs completed and the block of the last one.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Clock {
	/// Epochs completed.
	pub epoch: EpochIndex,
	/// Block of the last one; before the first: the creation, put back a little so that subnets are spread.
	pub last_block: BlockNumber,
}

/// A slot with a validator permit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Permit {
	/// The slot.
	pub uid: Uid,
	/// Registration block of its occupant.
	pub registered_at: BlockNumber,
}

/// Bonds of one slot.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct BondRow {
	/// Registration block of the slot's occupant.
	pub registered_at: BlockNumber,
	/// (uid, bond) with 65,535 = 1.0, ascending by uid.
	pub entries: Column<(u16, u16)>,
}

/// What an epoch decided, by column; index = uid. Proportions have 65,535 = 1.0.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct EpochResult {
	/// Block of the epoch.
	pub block: BlockNumber,
	/// Registration block of each slot.
	pub registered_at: Column<BlockNumber>,
	/// Whether the slot set weights within the activity cutoff.
	pub active: Column<bool>,
	/// Share of all stake that counted.
	pub stake_weight: Column<u16>,
	/// Consensus weight.
	pub consensus: Column<u16>,
	/// Validator trust.
	pub validator_trust: Column<u16>,
	/// Incentive.
	pub incentive: Column<u16>,
	/// Dividends.
	pub dividends: Column<u16>,
	/// Nano paid to the slot's coldkey and pool.
	pub emission: Column<u64>,
}

/// Results aligned to the present occupants: zero where the occupant is younger. Index = uid.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Columns {
	/// 1 = active.
	pub active: Vec<u8>,
	/// 1 = holds a permit.
	pub validator_permit: Vec<u8>,
	/// Share of all stake that counted.
	pub stake_weight: Vec<u16>,
	/// Consensus weight.
	pub consensus: Vec<u16>,
	/// Validator trust.
	pub validator_trust: Vec<u16>,
	/// Incentive.
	pub incentive: Vec<u16>,
	/// Dividends.
	pub dividends: Vec<u16>,
	/// Nano paid in the last epoch.
	pub emission: Vec<u64>,
}
