//! Stored records.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use ganglion_primitives::{Balance, BlockNumber, EpochIndex};
use scale_info::TypeInfo;

/// Most children of a hotkey in a subnet.
pub const MAX_CHILDREN: u32 = 5;
/// Most parents of a hotkey in a subnet.
pub const MAX_PARENTS: u32 = 32;
/// Most pairs of parent and child in a subnet: what its epochs read and pay beside slots.
pub const MAX_LINKS: u32 = 256;
/// Most changes that wait in a subnet.
pub const MAX_CHANGES: u32 = 128;

/// Hotkeys that vote with a part of another's stake, 65,535 = all of it.
pub type ChildrenOf<AccountId> = BoundedVec<(AccountId, u16), ConstU32<MAX_CHILDREN>>;
/// Hotkeys of which another is a child.
pub type ParentsOf<AccountId> = BoundedVec<AccountId, ConstU32<MAX_PARENTS>>;
/// Changes of a subnet by the epoch at whose end they come, ascending.
pub type ChangesOf<AccountId> = BoundedVec<(EpochIndex, AccountId), ConstU32<MAX_CHANGES>>;

/// What a hotkey has given to children.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
#[codec(mel_bound(AccountId: MaxEncodedLen))]
pub struct Given<AccountId> {
	/// Who votes with it now.
	pub now: ChildrenOf<AccountId>,
	/// Who will, after the end of the epoch.
	pub next: Option<(EpochIndex, ChildrenOf<AccountId>)>,
	/// Time (block number less paused blocks) of the last change.
	pub changed_at: BlockNumber,
}

impl<AccountId> Default for Given<AccountId> {
	fn default() -> Self {
		Self {
			now: BoundedVec::new(),
			next: None,
			changed_at: 0,
		}
	}
}

/// What a child keeps of the dividends of its parents' stake.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct ChildTake {
	/// 65,535 = 1.0.
	pub take: u16,
	/// Time of the last change.
	pub changed_at: BlockNumber,
}

/// One source of what votes through a hotkey: its own pool or a parent's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Source<AccountId> {
	pub hotkey: AccountId,
	/// Nano of its pool that vote there.
	pub amount: Balance,
}
