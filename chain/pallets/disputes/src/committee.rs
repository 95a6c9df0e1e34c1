//! What a committee decides: its members' votes, by their seats.

use crate::{pallet::*, types::*};
use frame_support::ensure;
use ganglion_primitives::{CommitteeVote, DisputeId, Ending, Member, Reason, Stage};
use sp_runtime::{AccountId32, DispatchResult};

/// Seats that voted, and all there are. Stake counted when they were drawn, and does not count again.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Tally {
	for_challenger: u32,
	for_accused: u32,
	all: u32,
	voted: bool,
}

impl Tally {
	fn of(members: &[Member<AccountId32>]) -> Self {
		let sum = |vote: Option<CommitteeVote>| {
			let counted = members.iter().filter(|member| vote.is_none() || member.vote == vote);
			counted.fold(0, |sum: u32, member| sum.saturating_add(member.seats.into()))
		};
		Self {
			for_challenger: sum(Some(CommitteeVote::AccusedWrong)),
			for_accused: sum(Some(CommitteeVote::ChallengerWrong)),
			all: sum(None),
			voted: members.iter().all(|member| member.vote.is_some()),
		}
	}

	/// What can't change any more: more than half of all says the same.
	fn early(&self) -> Option<Ending> {
		let most = |part: u32| part.saturating_mul(2) > self.all;
		match (most(self.for_challenger), most(self.for_accused)) {
			(true, _) => Some(Ending::Upheld),
			(_, true) => Some(Ending::Dismissed),
			_ => None,
		}
	}

	/// What holds at the end: the larger part, if more than half took part.
	fn last(&self) -> Option<Ending> {
		let part = self.for_challenger.saturating_add(self.for_accused);
		if part.saturating_mul(2) <= self.all {
			return None;
		}
		match self.for_challenger.cmp(&self.for_accused) {
			core::cmp::Ordering::Greater => Some(Ending::Upheld),
			core::cmp::Ordering::Less => Some(Ending::Dismissed),
			core::cmp::Ordering::Equal => None,
		}
	}
}

impl<T: Config> Pallet<T> {
	/// Whether the account can vote now; if so, its place. The one rule for what the call accepts and for what is free.
	pub fn ensure_can_vote(who: &AccountId32, id: DisputeId) -> Result<(DisputeOf, usize), Error<T>> {
		let dispute = Self::in_stage(id, Stage::Voting)?;
		let place = dispute
			.committee
			.iter()
			.position(|member| member.hotkey == *who && member.vote.is_none())
			.ok_or(Error::<T>::NoVote)?;
		Ok((dispute, place))
	}

	pub(crate) fn do_vote(who: AccountId32, id: DisputeId, vote: CommitteeVote) -> DispatchResult {
		let (mut dispute, place) = Self::ensure_can_vote(&who, id)?;
		let member = dispute.committee.get_mut(place).ok_or(Error::<T>::NoVote)?;
		ensure!(member.vote.is_none(), Error::<T>::NoVote);
		member.vote = Some(vote);
		Self::deposit_event(Event::Voted { id, hotkey: who, vote });
		let tally = Tally::of(&dispute.committee);
		match tally.early() {
			Some(ending) => Self::finish(id, dispute, ending, Reason::Committee),
			None if tally.voted => Self::close_vote(id, dispute),
			None => Disputes::<T>::insert(id, dispute),
		}
		Ok(())
	}

	/// Count what there is.
	pub(crate) fn close_vote(id: DisputeId, dispute: DisputeOf) {
		match Tally::of(&dispute.committee).last() {
			Some(ending) => Self::finish(id, dispute, ending, Reason::Committee),
			None if dispute.draws < MAX_DRAWS => {
				Self::deposit_event(Event::NoQuorum { id });
				Self::to_committee(id, dispute);
			}
			None => Self::finish(id, dispute, Ending::Undecided, Reason::NoQuorum),
		}
	}
}
