//! Columnar answers of the runtime APIs: one SCALE vector per column, so that NumPy decodes without a loop.

use crate::{Balance, BlockNumber, EpochIndex, Hyperparameters, NetUid, SubnetState};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// State of a subnet by column; index = uid. Money is u64 nano.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug, Default)]
pub struct Metagraph<AccountId> {
	/// The subnet.
	pub netuid: NetUid,
	/// Block of this view.
	pub block: BlockNumber,
	/// Epochs completed.
	pub epoch: EpochIndex,
	/// Blocks between epochs.
	pub tempo: u16,
	/// Block of the last epoch.
	pub last_epoch_block: BlockNumber,
	/// Emission accumulated for the next epoch, nano.
	pub pending_emission: u64,
	/// Hotkey of each uid.
	pub hotkeys: Vec<AccountId>,
	/// Coldkey of each uid.
	pub coldkeys: Vec<AccountId>,
	/// Registration block of each slot.
	pub registered_at: Vec<u32>,
	/// Block of the last weights or commitment.
	pub last_update: Vec<u32>,
	/// 1 = counted as active in the last epoch.
	pub active: Vec<u8>,
	/// 1 = holds a validator permit.
	pub validator_permit: Vec<u8>,
	/// Stake in the pool, nano.
	pub stake: Vec<u64>,
	/// Operator's own part of it, nano.
	pub own_stake: Vec<u64>,
	/// Incentive, 65,535 = 1.0.
	pub incentive: Vec<u16>,
	/// Dividends, 65,535 = 1.0.
	pub dividends: Vec<u16>,
	/// Consensus weight, 65,535 = 1.0.
	pub consensus: Vec<u16>,
	/// Validator trust, 65,535 = 1.0.
	pub validator_trust: Vec<u16>,
	/// Emission of the last epoch, nano (incentive plus dividends).
	pub emission: Vec<u64>,
	/// 0 = not serving, else 4 or 6.
	pub endpoint_family: Vec<u8>,
	/// Address, IPv4 in the low 32 bits.
	pub endpoint_ip: Vec<u128>,
	/// TCP port.
	pub endpoint_port: Vec<u16>,
	/// 0 = HTTP, 1 = HTTPS.
	pub endpoint_protocol: Vec<u8>,
}

/// One line about a subnet.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct SubnetSummary<AccountId> {
	/// The subnet.
	pub netuid: NetUid,
	/// Owner's coldkey.
	pub owner: AccountId,
	/// Its unique name, or empty.
	pub name: Vec<u8>,
	/// Its unique symbol, or empty.
	pub symbol: Vec<u8>,
	/// Whether it earns emission: its owner started it and root activated it.
	pub active: bool,
	/// Which of the two it has.
	pub state: SubnetState,
	/// First block in which its owner can start it.
	pub start_block: BlockNumber,
	/// Block of its creation.
	pub created_at: BlockNumber,
	/// What the owner locked, nano.
	pub lock: u64,
	/// Neurons registered.
	pub neurons: u16,
	/// Price of a registration now, nano.
	pub registration_price: u64,
	/// Epochs completed.
	pub epoch: EpochIndex,
	/// Block of the last epoch.
	pub last_epoch_block: BlockNumber,
	/// Emission accumulated for the next epoch, nano.
	pub pending_emission: u64,
	/// Its hyperparameters.
	pub hyperparameters: Hyperparameters,
}

/// What a coldkey holds in one pool.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct Position<AccountId> {
	/// The pool's hotkey.
	pub hotkey: AccountId,
	/// The pool's subnet.
	pub netuid: NetUid,
	/// Value of the staked shares, nano.
	pub staked: Balance,
	/// Unbonding: (epoch at whose end it can be withdrawn, value in nano), ascending by epoch.
	pub unbonding: Vec<(EpochIndex, Balance)>,
	/// For each of these: block from which it can be withdrawn even before its epoch, if nothing is paused till then.
	pub release_blocks: Vec<BlockNumber>,
	/// For each of these: subnet and hotkey where it is to be staked then.
	pub destinations: Vec<Option<(NetUid, AccountId)>>,
	/// Part of the staked value that is locked for votes, nano.
	pub locked: Balance,
}

/// What delegating risks.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct Exposure {
	/// Nano to be delegated.
	pub amount: Balance,
	/// The operator's own stake, which a slash takes first, nano.
	pub operator_stake: Balance,
	/// Most that can be lost in one epoch, nano.
	pub per_epoch: Balance,
	/// Most that can be lost between the decision to leave and the release, a slash in every epoch: nano.
	pub until_released: Balance,
	/// The operator's take of dividends, 65,535 = 1.0.
	pub take: u16,
	/// Epochs till a removal is released, at most.
	pub unbonding_epochs: EpochIndex,
	/// The same in blocks, at the present tempo.
	pub unbonding_blocks: BlockNumber,
}
