//! What clients read of a subnet beside its numbers: its state, who it says it is, what its owner can change and when.

use crate::{Balance, BlockNumber, NetUid};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::ConstU32;
use sp_runtime::BoundedVec;

/// A line of text: UTF-8.
pub type Text = BoundedVec<u8, ConstU32<256>>;
/// A paragraph: UTF-8.
pub type LongText = BoundedVec<u8, ConstU32<1_024>>;
/// A subnet's name: lower-case ASCII letters, digits and inner hyphens; begins with a letter.
pub type Name = BoundedVec<u8, ConstU32<32>>;
/// A subnet's symbol: upper-case ASCII letters and digits; begins with a letter.
pub type Symbol = BoundedVec<u8, ConstU32<8>>;

/// How far a subnet is on its way to emission, which needs its owner's start and root's activation, in any order.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub enum SubnetState {
	/// Neither started nor activated.
	Created,
	/// The owner started it; root has not activated it.
	Started,
	/// Root activated it; the owner has not started it.
	Activated,
	/// Both: it earns.
	Active,
}

impl SubnetState {
	/// From the two conditions.
	pub fn of(started: bool, activated: bool) -> Self {
		match (started, activated) {
			(false, false) => Self::Created,
			(true, false) => Self::Started,
			(false, true) => Self::Activated,
			(true, true) => Self::Active,
		}
	}
}

/// What a subnet says of itself. Every text may be empty.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug, Default)]
pub struct SubnetIdentity {
	/// What it does.
	pub description: LongText,
	/// Its site; https.
	pub url: Text,
	/// Its code; https.
	pub github: Text,
	/// Where its people talk.
	pub discord: Text,
	/// Its picture; https.
	pub logo: Text,
	/// How to reach its owner.
	pub contact: Text,
}

/// What a subnet is called.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug, Default)]
pub struct SubnetName {
	/// Unique name, or empty.
	pub name: Name,
	/// Unique symbol, or empty.
	pub symbol: Symbol,
}

/// When an owner can change something next.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct OwnerLimit {
	/// Name of the hyperparameter, or of another limited action: `trigger_epoch`, `trim`, `name`, `owner_hotkey`.
	pub name: Vec<u8>,
	/// Whether code reads the field; what is not active can't be set.
	pub active: bool,
	/// Whether only root can set it.
	pub root_only: bool,
	/// First block, after the one asked at, in which the owner can; limits and freeze windows considered.
	pub next_block: BlockNumber,
}

/// A subnet that is being dissolved.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct DissolvingSubnet<AccountId> {
	/// The subnet.
	pub netuid: NetUid,
	/// Who gets the refund.
	pub owner: AccountId,
	/// What is on hold until the end, nano.
	pub lock: Balance,
	/// What the owner gets back of it, nano; the rest is burned.
	pub refund: Balance,
	/// Block at which it began.
	pub since: BlockNumber,
}
