//! What the pallet stores.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use ganglion_primitives::{Balance, BlockNumber, NetUid};
use scale_info::TypeInfo;
use sp_runtime::{traits::ConstU32, BoundedVec};

/// Most subnets that one ballot names.
pub const MAX_WEIGHTS: u32 = 128;
/// Most subnets that can have a share.
pub const MAX_SHARES: u32 = 4_096;

/// A ballot's weights, ascending by subnet.
pub type Weights = BoundedVec<(NetUid, u16), ConstU32<MAX_WEIGHTS>>;
/// Shares, ascending by subnet.
pub type Shares = BoundedVec<Share, ConstU32<MAX_SHARES>>;

/// What a hotkey wants.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Ballot {
	/// Weights over subnets.
	pub weights: Weights,
	/// The hotkey's stake at the last tally, or at the vote if there was none since, nano.
	pub stake: Balance,
	/// Block of the vote.
	pub cast_at: BlockNumber,
}

/// A subnet's part of a period's emission.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Share {
	/// The subnet.
	pub netuid: NetUid,
	/// By the vote, nano in a period.
	pub voted: u64,
	/// By burned fees, nano in a period.
	pub fees: u64,
}

impl Share {
	/// All of it.
	pub fn total(&self) -> u64 {
		self.voted.saturating_add(self.fees)
	}
}

/// Why a ballot counts no longer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Removal {
	/// The voter withdrew it.
	Retracted,
	/// Somebody with more stake took the place.
	Replaced,
	/// The voter has too little stake left.
	StakeTooSmall,
	/// It named only subnets that are gone.
	NothingLeft,
}
