//! Small public metadata that a hotkey publishes in a subnet, and its columns in runtime APIs.

use crate::BlockNumber;
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::ConstU32;
use sp_runtime::BoundedVec;

/// Most fields of one commitment.
pub const MAX_COMMITMENT_FIELDS: u32 = 3;
/// Most bytes of a raw field.
pub const MAX_RAW: u32 = 128;
/// Most bytes of a big raw field.
pub const MAX_BIG_RAW: u32 = 512;

/// One field: bytes, or the hash of something that is kept elsewhere. The chain does not check what they mean.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub enum CommitmentField {
	/// Bytes, such as a URL.
	Raw(BoundedVec<u8, ConstU32<MAX_RAW>>),
	/// More bytes.
	BigRaw(BoundedVec<u8, ConstU32<MAX_BIG_RAW>>),
	/// A blake2-256 hash.
	Blake2([u8; 32]),
	/// A sha2-256 hash.
	Sha256([u8; 32]),
	/// A keccak-256 hash.
	Keccak([u8; 32]),
	/// A sha3-256 hash.
	Sha3([u8; 32]),
}

/// The fields of one commitment.
pub type CommitmentFields = BoundedVec<CommitmentField, ConstU32<MAX_COMMITMENT_FIELDS>>;

/// Commitments of a subnet's present neurons, ascending by uid.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct CommitmentColumns<AccountId> {
	/// Slots that have one.
	pub uids: Vec<u16>,
	/// Their hotkeys.
	pub hotkeys: Vec<AccountId>,
	/// Block in which each was last set.
	pub updated_at: Vec<BlockNumber>,
	/// Their fields.
	pub fields: Vec<CommitmentFields>,
}

/// An announced swap of a coldkey, as clients see it. Numbers of blocks count unpaused ones only.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct ColdkeySwap<AccountId, Hash> {
	/// Hash of the new coldkey; None while everything is being moved.
	pub new_hash: Option<Hash>,
	/// The new coldkey, once it is known.
	pub moving_to: Option<AccountId>,
	/// Blocks until it can be executed, unless it is disputed.
	pub executable_in: BlockNumber,
	/// Blocks until it can be cancelled, unless it is disputed.
	pub cancellable_in: BlockNumber,
	/// Blocks that are left to decide a dispute; None where there is none.
	pub dispute_ends_in: Option<BlockNumber>,
}
