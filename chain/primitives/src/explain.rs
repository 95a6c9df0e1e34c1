//! Why a slot was paid what it was: answers of the emissions API. Money is u64 nano, proportions have 65,535 = 1.0.

use crate::{BlockNumber, EpochIndex, MechanismId, NetUid, Uid};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// Emission of the whole network.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug, Default)]
pub struct EmissionSummary {
	/// Tokens that exist.
	pub issued: u64,
	/// Emitted, but not paid by an epoch yet.
	pub pending: u64,
	/// Burned, and never emitted again.
	pub burned_for_ever: u64,
	/// What those three can never exceed.
	pub cap: u64,
	/// Emission of the next block.
	pub block_emission: u64,
	/// Emitted since the first block.
	pub emitted: u64,
	/// Units of share of all subnets.
	pub units: u128,
}

/// An epoch's money: `accrued + carried == owner + miners + validators + dropped + left`.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug, Default)]
pub struct EpochReport {
	/// The subnet.
	pub netuid: NetUid,
	/// Number of the epoch.
	pub epoch: EpochIndex,
	/// Its block.
	pub block: BlockNumber,
	/// Block of the epoch before, or of the creation.
	pub last_block: BlockNumber,
	/// The subnet's units of share at its end.
	pub units: u64,
	/// Those of all subnets.
	pub all_units: u128,
	/// Emission since the epoch before: the gross emission.
	pub accrued: u64,
	/// What epochs before could not pay, and what was added to be paid with this one.
	pub carried: u64,
	/// Paid to the owner.
	pub owner: u64,
	/// Paid to miners.
	pub miners: u64,
	/// Paid to validators and their nominators.
	pub validators: u64,
	/// Neither minted nor kept.
	pub dropped: u64,
	/// Carried to the next epoch.
	pub left: u64,
}

/// What one mechanism gave a slot.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug, Default)]
pub struct MechanismShare {
	/// The mechanism.
	pub mechanism: MechanismId,
	/// Its part of the subnet's emission.
	pub part: u16,
	/// Its emission.
	pub emission: u64,
	/// Of it neither minted nor kept.
	pub dropped: u64,
	/// Of it to all miners.
	pub to_miners: u64,
	/// Of it to all validators.
	pub to_validators: u64,
	/// Consensus weight of the slot.
	pub consensus: u16,
	/// Its validator trust.
	pub validator_trust: u16,
	/// Its incentive.
	pub incentive: u16,
	/// Its dividends.
	pub dividends: u16,
	/// Its due as miner.
	pub as_miner: u64,
	/// Its due as validator.
	pub as_validator: u64,
}

/// A validator's weight on a slot, and how much of it counted.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug, Default)]
pub struct Vote {
	/// The mechanism.
	pub mechanism: MechanismId,
	/// The validator.
	pub uid: Uid,
	/// Its part of all stake whose weights counted.
	pub stake: u16,
	/// The weight, as a share of its row.
	pub weight: u16,
	/// What the consensus left of it.
	pub counted: u16,
	/// Whether the row is another one than the epoch saw: then weight and counted are those of the row now.
	pub changed: bool,
}

/// A validator's bond with a miner, after the epoch.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug, Default)]
pub struct BondShare {
	/// The mechanism.
	pub mechanism: MechanismId,
	/// The miner.
	pub uid: Uid,
	/// The slot's bond.
	pub bond: u16,
	/// Bonds of all validators with the miner.
	pub all: u32,
	/// The miner's incentive.
	pub incentive: u16,
}

/// Why a slot was paid what it was: `emission` is the sum of what all mechanisms gave, less what could not be paid.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct Explanation<AccountId> {
	/// The slot.
	pub uid: Uid,
	/// Its hotkey.
	pub hotkey: AccountId,
	/// The last epoch.
	pub report: EpochReport,
	/// Whether it had set weights within the activity cutoff.
	pub active: bool,
	/// Whether it got a permit for the next epoch.
	pub permit: bool,
	/// Its share of all stake that counted.
	pub stake_weight: u16,
	/// Stake behind it now.
	pub stake: u64,
	/// The operator's own part of it now.
	pub own_stake: u64,
	/// What it gets from each mechanism.
	pub mechanisms: Vec<MechanismShare>,
	/// Due as miner, but not payable.
	pub unpaid_as_miner: u64,
	/// Due as validator, but not payable.
	pub unpaid_as_validator: u64,
	/// What it was paid.
	pub emission: u64,
	/// Weights on it.
	pub votes: Vec<Vote>,
	/// Its bonds.
	pub bonds: Vec<BondShare>,
}

/// A mechanism's columns, aligned to the present occupants; index = uid.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug, Default)]
pub struct MechanismColumns {
	/// Part of the subnet's emission.
	pub part: u16,
	/// Emission of the mechanism.
	pub emission: u64,
	/// Consensus weight.
	pub consensus: Vec<u16>,
	/// Validator trust.
	pub validator_trust: Vec<u16>,
	/// Incentive.
	pub incentive: Vec<u16>,
	/// Dividends.
	pub dividends: Vec<u16>,
	/// Due as miner.
	pub miners: Vec<u64>,
	/// Due as validator.
	pub validators: Vec<u64>,
}
