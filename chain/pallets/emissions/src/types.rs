//! Stored records. Everything kept per slot carries the slot's registration block.

use alloc::vec::Vec;
use codec::{Decode, Encode, MaxEncodedLen};
use ganglion_primitives::{Balance, BlockNumber, EpochIndex, Uid, MAX_UIDS};
use scale_info::TypeInfo;
use sp_runtime::{traits::ConstU32, BoundedVec};

/// One element per slot, or fewer.
pub type Column<Element> = BoundedVec<Element, ConstU32<MAX_UIDS>>;

/// Nano times 2^64: emission per unit of share and what did not divide, so that nothing is ever rounded away.
pub type Scaled = u128;

/// What all blocks together have emitted; the only record that a block without an epoch writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Ledger {
	/// Emission of one unit of share since the first block. Wraps; only differences count.
	pub per_unit: Scaled,
	/// Units of all subnets that earn.
	pub units: u128,
	/// Emission that did not divide among the units, or came back.
	pub remainder: Scaled,
	/// All emission since the first block, nano.
	pub emitted: Balance,
	/// Whether the shares must be read anew before the next block's emission.
	pub stale: bool,
	/// Unpaused time before which no epoch is queued.
	pub cursor: BlockNumber,
	/// Paused blocks that the pallet has seen.
	pub paused: BlockNumber,
}

/// What one subnet has earned.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Account {
	/// Its units of share.
	pub units: u64,
	/// The ledger's `per_unit` up to which `settled` counts.
	pub per_unit: Scaled,
	/// Emission up to then, nano.
	pub settled: Balance,
}

/// When a subnet's epochs are. Times are unpaused: block number less paused blocks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Clock {
	/// Epochs completed.
	pub epoch: EpochIndex,
	/// Block of the last one; before the first: the creation, put back a little so that subnets are spread.
	pub last_block: BlockNumber,
	/// Time at which the present epoch began, late or not.
	pub since: BlockNumber,
	/// Time at which it ends: the key of its entry in the queue. The largest number for never.
	pub due: BlockNumber,
	/// Mechanisms of the last epoch, for which bonds and results may be kept.
	pub mechanisms: u8,
}

/// The last pause of the network: when it was over, and for how many blocks silence is excused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct PauseRecord {
	/// First block after it.
	pub ended: BlockNumber,
	/// Blocks.
	pub length: BlockNumber,
}

/// A subnet's moving average of its share.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct ShareAverage {
	/// 2^64 = all emission.
	pub average: u128,
	/// The ledger's `emitted` when it was computed.
	pub emitted: Balance,
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

/// The money of an epoch, nano: `accrued + carried == owner + miners + validators + dropped + left`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Money {
	/// Emission since the epoch before: the gross emission of this one.
	pub accrued: Balance,
	/// What epochs before could not pay, and what was added to be paid with this one.
	pub carried: Balance,
	/// Paid to the owner.
	pub owner: Balance,
	/// Paid to miners.
	pub miners: Balance,
	/// Paid to validators and their nominators.
	pub validators: Balance,
	/// Neither minted nor kept: the miners' half of mechanisms without incentive.
	pub dropped: Balance,
	/// Carried to the next epoch.
	pub left: Balance,
}

impl Money {
	/// What was minted.
	pub fn minted(&self) -> Balance {
		self.owner.saturating_add(self.miners).saturating_add(self.validators)
	}

	/// What could be paid.
	pub fn total(&self) -> Balance {
		self.accrued.saturating_add(self.carried)
	}
}

/// What a slot was due and could not get.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Unpaid {
	/// The slot.
	pub uid: Uid,
	/// As miner, nano.
	pub miner: u64,
	/// As validator, nano.
	pub validator: u64,
}

/// What an epoch decided, by column; index = uid. Proportions have 65,535 = 1.0. Where a subnet has several mechanisms,
/// proportions are means by the mechanisms' parts, and amounts are sums.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct EpochResult {
	/// Number of the epoch: completed ones, this included.
	pub epoch: EpochIndex,
	/// Block of the epoch.
	pub block: BlockNumber,
	/// Block of the epoch before, or of the creation.
	pub last_block: BlockNumber,
	/// Units of share of the subnet, at the epoch.
	pub units: u64,
	/// Units of all subnets, at the epoch.
	pub all_units: u128,
	/// The money.
	pub money: Money,
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
	/// Slots that could not be paid, ascending.
	pub unpaid: Column<Unpaid>,
}

/// What an epoch decided in one mechanism.
#[derive(Clone, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct MechanismResult {
	/// Part of the subnet's emission, 65,535 = 1.0.
	pub part: u16,
	/// Emission of the mechanism, nano.
	pub emission: u64,
	/// Of it neither minted nor kept, nano.
	pub dropped: u64,
	/// Slots whose weights counted, ascending, each with a fingerprint of its row.
	pub voters: Column<(u16, u64)>,
	/// Consensus weight.
	pub consensus: Column<u16>,
	/// Validator trust.
	pub validator_trust: Column<u16>,
	/// Incentive.
	pub incentive: Column<u16>,
	/// Dividends.
	pub dividends: Column<u16>,
	/// Nano due to each slot as miner.
	pub miners: Column<u64>,
	/// Nano due to each slot as validator.
	pub validators: Column<u64>,
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
