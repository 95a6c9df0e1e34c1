//! What the pallet stores.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use ganglion_primitives::{BlockNumber, NetUid};
use scale_info::TypeInfo;
use sp_core::H256;

/// A batch's root that a hotkey put on chain.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct Anchor {
	/// Leaves under the root.
	pub count: u32,
	/// Block of the anchor.
	pub block: BlockNumber,
	/// Unpaused blocks before it: the clock of deadlines.
	pub clock: BlockNumber,
	/// Unix milliseconds of that block.
	pub at: u64,
}

/// An anchor's place in the queue.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct Queued<AccountId> {
	/// The root.
	pub root: H256,
	/// The subnet.
	pub netuid: NetUid,
	/// Who anchored it.
	pub hotkey: AccountId,
	/// Clock of the anchor.
	pub clock: BlockNumber,
}

/// The queue from its oldest to its next element.
#[derive(
	Clone, Copy, PartialEq, Eq, Default, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct QueueEnds {
	/// Number of the oldest element.
	pub first: u64,
	/// Number that the next element gets.
	pub next: u64,
}

/// What a hotkey anchored in a subnet, and how much of its quota it has used.
#[derive(
	Clone, Copy, PartialEq, Eq, Default, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Book {
	/// Block in which the present quota began.
	pub since: BlockNumber,
	/// Anchors charged to it.
	pub used: u32,
	/// Anchors in all.
	pub anchors: u32,
	/// Receipts in all of them.
	pub receipts: u64,
	/// Block of the last one.
	pub last: BlockNumber,
}
