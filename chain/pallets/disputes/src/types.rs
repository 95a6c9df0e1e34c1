//! What the pallet keeps.

use codec::{Decode, Encode, MaxEncodedLen};
use ganglion_primitives::{Balance, BlockNumber, Dispute, DisputeId, NetUid};
use scale_info::TypeInfo;
use sp_core::{ConstU32, H256};
use sp_runtime::{AccountId32, BoundedVec};

/// Most disputes that one account has opened at a time.
pub const MAX_CHALLENGES: u32 = ganglion_primitives::MAX_DISPUTES / 8;
/// Most auditors of a profile in a subnet.
pub const MAX_AUDITORS: u32 = 256;
/// Disputes that one block looks at.
pub const WORK_PER_BLOCK: usize = 2;
/// Unpaused blocks between two attempts at a draw.
pub const RETRY: u32 = 5;
/// Committees of one dispute.
pub const MAX_DRAWS: u8 = 2;
/// The part of a challenger's bond that is burned when nobody decides: one of so many.
pub const UNDECIDED_PART: Balance = 8;
/// Milliseconds that a miner's clock may be ahead.
pub const SKEW: u64 = 60_000;
/// Epochs after its commitment in which a verdict can be disputed however old the receipt says it is.
pub const FRESH_EPOCHS: u32 = 8;
/// Of so many last epochs of a subnet one must have had randomness, for a dispute to be opened in it.
pub const DRAWING_EPOCHS: u32 = 4;
/// Renamings that are followed from a receipt's key.
pub const MAX_RENAMINGS: u32 = 16;

/// A dispute of this chain.
pub type DisputeOf = Dispute<AccountId32>;

/// Who can be drawn for a committee. Later stake is no part of it: whoever knows the randomness does not change the draw any more.
#[derive(Clone, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo, Debug)]
pub struct Candidates {
	/// Unpaused block in which they were noted.
	pub taken: BlockNumber,
	/// Auditors with their stake in that block, nano.
	pub stakes: BoundedVec<(AccountId32, Balance), ConstU32<MAX_AUDITORS>>,
}

/// What is remembered of a subject.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo, Debug)]
pub struct Remembered {
	/// Whether a dispute about it was upheld. If not it can be disputed again, also after the receipt's own window: nobody protects an
	/// answer by losing on purpose.
	pub upheld: bool,
	/// Till when, unix milliseconds.
	pub until: u64,
}

/// Something that is forgotten in its time.
#[derive(Clone, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo, Debug)]
pub enum Trace {
	/// Of [`crate::Ended`].
	Dispute(DisputeId),
	/// Of [`crate::Subjects`].
	Subject(H256),
	/// Of [`crate::Successors`].
	Successor(NetUid, AccountId32),
}
