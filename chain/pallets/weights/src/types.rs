//! What the pallet stores.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use ganglion_primitives::{BlockNumber, EpochIndex, MAX_OPEN_COMMITS, MAX_UIDS};
use scale_info::TypeInfo;
use sp_core::H256;

/// Entries of a row: (uid, value), ascending by uid.
pub type Entries = BoundedVec<(u16, u16), ConstU32<MAX_UIDS>>;

/// Open commits of a hotkey, oldest first.
pub type CommitsOf = BoundedVec<Commit, ConstU32<MAX_OPEN_COMMITS>>;

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
	/// When.
	pub block: BlockNumber,
}

/// An open commit.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct Commit {
	/// The commitment.
	pub hash: H256,
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
}
