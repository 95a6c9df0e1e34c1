//! What the pallet keeps: locks, ballots, referenda, elections, pauses.

use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use ganglion_primitives::{Balance, BlockNumber, NetUid};
use scale_info::TypeInfo;

/// Coldkeys that can lock stake for votes at a time.
pub const MAX_VOTERS: u32 = 128;
/// Of them, those with most stake that counts are asked.
pub const MAX_BALLOTS: u32 = 32;
/// Positions that one coldkey can lock.
pub const MAX_LOCKS: u32 = 4;
/// Referenda that can be open at a time.
pub const MAX_REFERENDA: u32 = 8;
/// Candidates of one election; a bit of a ballot's choice each.
pub const MAX_CANDIDATES: u32 = 16;
/// Seats of the council.
pub const SEATS: u32 = 5;
/// Longest encoded call of a referendum, bytes. A runtime's code is authorised by its hash, not carried.
pub const MAX_CALL_LENGTH: u32 = 64 * 1024;
/// Approval of a referendum, as a ballot's choice.
pub const APPROVE: u32 = 1;
/// Its rejection.
pub const REJECT: u32 = 0;

/// Number of a referendum, never used twice.
pub type ReferendumIndex = u32;

/// A position of a coldkey's own stake that serves votes.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Lock<AccountId> {
	/// The pool's subnet.
	pub netuid: NetUid,
	/// The pool's hotkey, the coldkey's own.
	pub hotkey: AccountId,
	/// Nano locked.
	pub amount: Balance,
	/// Part of it that was locked last and is too young to count until `since` is long ago.
	pub fresh: Balance,
	/// When `fresh` was locked, in unpaused blocks.
	pub since: BlockNumber,
}

impl<AccountId> Lock<AccountId> {
	/// The part that is too young now.
	pub fn young(&self, clock: BlockNumber, age: BlockNumber) -> Balance {
		let old = clock.saturating_sub(self.since) >= age;
		if old {
			0
		} else {
			self.fresh
		}
	}

	/// What counts of a lock that is worth `value` now.
	pub fn counted(&self, value: Balance, clock: BlockNumber, age: BlockNumber) -> Balance {
		value.min(self.amount).saturating_sub(self.young(clock, age))
	}

	/// Lock `amount` in all: what is added is young, what is taken away is taken from the young part first.
	pub fn set(&mut self, amount: Balance, value: Balance, clock: BlockNumber, age: BlockNumber) {
		let before = value.min(self.amount);
		let young = self.young(clock, age).min(before);
		let added = amount.saturating_sub(before);
		let removed = before.saturating_sub(amount);
		self.fresh = young.saturating_sub(removed).saturating_add(added);
		self.amount = amount;
		if added > 0 {
			self.since = clock;
		}
	}
}

/// Locks of one coldkey.
pub type Locks<AccountId> = BoundedVec<Lock<AccountId>, ConstU32<MAX_LOCKS>>;

/// One voter of a snapshot.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Ballot<AccountId> {
	/// The coldkey.
	pub voter: AccountId,
	/// Nano that counted when the snapshot was taken.
	pub stake: Balance,
	/// What it chose: [`APPROVE`] or [`REJECT`], or one bit per approved candidate. None until it voted.
	pub choice: Option<u32>,
}

/// Ballots by stake, the largest first.
pub type Ballots<AccountId> = BoundedVec<Ballot<AccountId>, ConstU32<MAX_BALLOTS>>;

/// Sum of the stake of a snapshot.
pub fn total<AccountId>(ballots: &[Ballot<AccountId>]) -> Balance {
	ballots
		.iter()
		.fold(0, |sum: Balance, ballot| sum.saturating_add(ballot.stake))
}

/// Where a referendum stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub enum Stage {
	/// Votes are taken.
	Voting,
	/// It was approved and waits for its enactment.
	Approved,
}

/// A call that voters decide on.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Referendum<AccountId, Hash> {
	/// Hash of the encoded call, whose preimage is noted.
	pub call: Hash,
	/// Bytes of the encoded call.
	pub length: u32,
	/// Voting or approved.
	pub stage: Stage,
	/// Last unpaused block of voting, or the one in which it is enacted.
	pub until: BlockNumber,
	/// The voters, fixed at submission.
	pub ballots: Ballots<AccountId>,
}

/// Somebody who wants a seat.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Candidate<AccountId> {
	/// Who.
	pub who: AccountId,
	/// Nano held.
	pub deposit: Balance,
}

/// Candidates in the order in which they came.
pub type CandidateList<AccountId> = BoundedVec<Candidate<AccountId>, ConstU32<MAX_CANDIDATES>>;

/// An election that is open.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Election<AccountId> {
	/// When it was opened, in unpaused blocks.
	pub opened_at: BlockNumber,
	/// Who stands.
	pub candidates: CandidateList<AccountId>,
	/// Who votes.
	pub ballots: Ballots<AccountId>,
}

/// A pause that goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo)]
pub struct Pausing {
	/// Block in which it was entered; the first that is not counted any more by clocks is the next.
	pub entered: BlockNumber,
	/// Last paused block.
	pub until: BlockNumber,
}

impl Pausing {
	/// Paused blocks of it up to the block `now`.
	pub fn elapsed(&self, now: BlockNumber) -> BlockNumber {
		now.min(self.until).saturating_sub(self.entered)
	}
}

/// All pauses.
#[derive(
	Clone, Copy, Default, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Pauses {
	/// Paused blocks of pauses that have ended.
	pub counted: BlockNumber,
	/// The pause that goes on.
	pub current: Option<Pausing>,
	/// Unpaused block from which on guardians can pause again.
	pub allowed_at: BlockNumber,
}

/// Seats as the pallet that holds them sees them. The runtime answers for its collective.
pub trait Seats<AccountId> {
	/// Who sits, sorted.
	fn members() -> Vec<AccountId>;
	/// Seat these, sorted and distinct, at most [`SEATS`].
	fn seat(members: &[AccountId]);
	/// Give the seats of one account, here and in other collectives, to another.
	fn replace(old: &AccountId, new: &AccountId);
}
