//! Who decides: auditors of the profile, drawn by stake with randomness that nobody knew before; and their votes.

use crate::{pallet::*, types::*, weights::WeightInfo};
use alloc::vec::Vec;
use codec::Encode;
use frame_support::{ensure, traits::Get, weights::Weight};
use ganglion_primitives::{Balance, CommitteeVote, DisputeId, Ending, Member, Reason, Stage, MAX_COMMITTEE};
use ganglion_traits::{DrawRandomness, EpochInspect, HotkeyInspect, Profiles, StakeInspect};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::{AccountId32, BoundedVec, DispatchResult};

/// What stands before what is hashed for a draw.
const DRAW_DOMAIN: &[u8] = b"ganglion/committee/1";

/// Hotkeys with their stake.
type Stakes = Vec<(AccountId32, Balance)>;

/// Draw up to [`MAX_COMMITTEE`] members by stake, without replacement.
fn drawn(mut candidates: Stakes, seed: &[u8; 32]) -> Stakes {
	let mut members = Stakes::new();
	for number in 0..MAX_COMMITTEE {
		let total = candidates
			.iter()
			.fold(0, |sum: Balance, (_, stake)| sum.saturating_add(*stake));
		let hash = blake2_256(&(seed, number).encode());
		let mut ticket = [0; 16];
		ticket.copy_from_slice(hash.split_at(16).0);
		let Some(mut ticket) = Balance::from_le_bytes(ticket).checked_rem(total) else {
			break;
		};
		let place = candidates.iter().position(|(_, stake)| {
			let hit = ticket < *stake;
			ticket = ticket.saturating_sub(*stake);
			hit
		});
		let Some(place) = place else { break };
		members.push(candidates.remove(place));
	}
	members
}

/// What the committee's votes weigh.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
struct Tally {
	for_challenger: Balance,
	for_accused: Balance,
	all: Balance,
	voted: bool,
}

impl Tally {
	fn of(members: &[Member<AccountId32>]) -> Self {
		let sum = |vote: Option<CommitteeVote>| {
			let counted = members.iter().filter(|member| vote.is_none() || member.vote == vote);
			counted.fold(0, |sum: Balance, member| sum.saturating_add(member.stake))
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
		let most = |part: Balance| part.saturating_mul(2) > self.all;
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
	/// Wait for a committee. Randomness of the present epoch is known already: whoever came here could have waited for it.
	pub(crate) fn to_committee(id: DisputeId, mut dispute: DisputeOf) {
		dispute.draw_from = T::Epochs::epoch(dispute.netuid).saturating_add(1);
		dispute.committee = BoundedVec::new();
		Self::begin_stage(id, dispute, Stage::Drawing);
	}

	/// Draw the committee if it can be drawn; give up after the deadline; else try again later.
	pub(crate) fn try_draw(id: DisputeId, dispute: DisputeOf) -> Weight {
		let randomness = T::Randomness::randomness(dispute.netuid).filter(|(epoch, _)| *epoch >= dispute.draw_from);
		if Self::clock() > dispute.deadline {
			Self::finish(id, dispute, Ending::Undecided, Reason::NoQuorum);
			return T::WeightInfo::step().saturating_add(T::WeightInfo::finish());
		}
		let Some((_, randomness)) = randomness else {
			Self::enqueue(id, &dispute);
			return T::WeightInfo::step();
		};
		let candidates = Self::candidates(id, &dispute);
		let weight = T::WeightInfo::draw(u32::try_from(candidates.len()).unwrap_or(u32::MAX));
		let enough = usize::try_from(T::MinCommittee::get().max(1)).unwrap_or(usize::MAX);
		if candidates.len() < enough {
			Self::enqueue(id, &dispute);
		} else {
			Self::seat(id, dispute, candidates, randomness);
		}
		weight
	}

	fn seat(id: DisputeId, mut dispute: DisputeOf, candidates: Stakes, randomness: H256) {
		let seed = blake2_256(&(DRAW_DOMAIN, randomness, id, dispute.draws).encode());
		let members = drawn(candidates, &seed).into_iter().map(|(hotkey, stake)| Member {
			hotkey,
			stake,
			vote: None,
		});
		dispute.committee = BoundedVec::truncate_from(members.collect());
		dispute.draws = dispute.draws.saturating_add(1);
		let members = dispute.committee.iter().map(|member| member.hotkey.clone()).collect();
		Self::begin_stage(id, dispute, Stage::Voting);
		let until = Self::clock().saturating_add(T::VotePeriod::get());
		Self::deposit_event(Event::CommitteeDrawn { id, members, until });
	}

	/// Auditors of the profile with stake, without the parties, without the miner of a disputed verdict, and without what their coldkeys own.
	fn candidates(id: DisputeId, dispute: &DisputeOf) -> Stakes {
		let miner = EvidenceOf::<T>::get(id)
			.map(|evidence| Self::present_name(dispute.netuid, &evidence.receipt.receipt.miner.into()));
		let mut parties: Vec<AccountId32> = [dispute.accused.clone(), dispute.challenger.clone()].into();
		parties.extend(miner);
		let owners: Vec<AccountId32> = parties.iter().filter_map(T::Hotkeys::coldkey).collect();
		parties.extend(owners);
		T::Profiles::auditors(dispute.netuid, &dispute.profile)
			.into_iter()
			.take(usize::try_from(MAX_AUDITORS).unwrap_or(usize::MAX))
			.filter(|hotkey| !parties.contains(hotkey))
			.filter(|hotkey| T::Hotkeys::coldkey(hotkey).is_some_and(|owner| !parties.contains(&owner)))
			.map(|hotkey| (hotkey.clone(), T::Stake::stake(dispute.netuid, &hotkey)))
			.filter(|(_, stake)| *stake > 0)
			.collect()
	}

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
