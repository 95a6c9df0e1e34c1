//! What the pallet stores.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use ganglion_primitives::{BlockNumber, EpochIndex, Evidence, MechanismId, NetUid, MAX_OPEN_COMMITS, MAX_UIDS};
use scale_info::TypeInfo;
use sp_core::H256;

/// Entries of a row: (uid, value), ascending by uid.
pub type Entries = BoundedVec<(u16, u16), ConstU32<MAX_UIDS>>;

/// Open commits of a hotkey, oldest first.
pub type CommitsOf<AccountId> = BoundedVec<Commit<AccountId>, ConstU32<MAX_OPEN_COMMITS>>;

/// Most items of a batch.
pub const MAX_BATCH: u32 = 64;

/// Items of a batch.
pub type Batch<Item> = BoundedVec<Item, ConstU32<MAX_BATCH>>;

/// A row of weights.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct Row {
	/// Registration block of the slot's occupant that gave it; readers ignore the row of an older one.
	pub registered_at: BlockNumber,
	/// Its basis: the block of the commitment, or of the setting.
	pub updated_at: BlockNumber,
	/// The entries.
	pub entries: Entries,
}

/// The last setting or commitment of a slot.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct Update {
	/// Registration block of the slot's occupant that made it; readers ignore that of an older one.
	pub registered_at: BlockNumber,
	/// When; 0 for never.
	pub block: BlockNumber,
	/// Commitments that this occupant let pass without a reveal.
	pub missed: u32,
	/// Epoch in which it is not heard, since it kept back the evidence of a row; 0 for none.
	pub silent: EpochIndex,
}

/// An open commit.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct Commit<AccountId> {
	/// The commitment.
	pub hash: H256,
	/// The hotkey that made it, which the hash covers: the slot may have another one by now.
	pub author: AccountId,
	/// Epoch in which it was made.
	pub epoch: EpochIndex,
	/// Block in which it was made.
	pub block: BlockNumber,
	/// The only epoch in which it can be revealed, as the reveal period was when it was made.
	pub reveal_epoch: EpochIndex,
	/// What its row has to meet.
	pub terms: Terms,
}

/// What a row has to meet, as the subnet's owner had set it when it was committed. A reveal is held to these and not
/// to what holds by then: an owner could void what was committed otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct Terms {
	/// Lowest version key; 0 accepts all.
	pub version_key: u64,
	/// Fewest entries: what was asked for, or the slots in use where there were fewer.
	pub min_entries: u16,
	/// Whether the row rests on evidence. Then it has the entries that the evidence gives, however few.
	pub evidence: bool,
}

/// Why a commit was dropped without a reveal.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub enum MissCause {
	/// Its reveal epoch passed. Only this is counted against its author.
	Expired,
	/// A later one was revealed first.
	Superseded,
	/// The hotkey lost its slot.
	Replaced,
	/// The subnet's slots were numbered anew: the uids that it hides mean nobody any more.
	Renumbered,
	/// The subnet has this mechanism no more.
	MechanismRemoved,
}

/// One row of a batch.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct SetItem {
	/// The subnet.
	pub netuid: NetUid,
	/// The mechanism.
	pub mechanism: MechanismId,
	/// As in `set`.
	pub uids: Vec<u16>,
	/// As in `set`.
	pub values: Vec<u16>,
	/// As in `set`.
	pub version_key: u64,
}

/// One commitment of a batch.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct CommitItem {
	/// The subnet.
	pub netuid: NetUid,
	/// The mechanism.
	pub mechanism: MechanismId,
	/// As in `commit`.
	pub commitment: H256,
}

/// One reveal of a batch.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct RevealItem {
	/// The subnet.
	pub netuid: NetUid,
	/// The mechanism.
	pub mechanism: MechanismId,
	/// As in `reveal`.
	pub uids: Vec<u16>,
	/// As in `reveal`.
	pub values: Vec<u16>,
	/// As in `reveal`.
	pub salt: [u8; 32],
	/// As in `reveal`.
	pub version_key: u64,
	/// As in `reveal`.
	pub evidence: Option<Evidence>,
}
