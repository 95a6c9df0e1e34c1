//! Who decides: auditors of the profile, drawn by stake. First is noted who can be drawn with which stake, then randomness comes of secrets
//! that were not revealed yet: whoever changes the one does not know the other.

use crate::{pallet::*, types::*, weights::WeightInfo};
use alloc::vec::Vec;
use codec::Encode;
use frame_support::{traits::Get, weights::Weight};
use ganglion_primitives::{
	Balance, BlockNumber, DisputeId, Ending, Member, NetUid, Reason, Stage, MAX_COMMITTEE, MAX_DISPUTES,
};
use ganglion_traits::{DrawRandomness, EpochInspect, HotkeyInspect, Profiles, StakeInspect, SubnetInspect};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::{AccountId32, BoundedVec};

/// What stands before what is hashed for a draw.
const DRAW_DOMAIN: &[u8] = b"ganglion/committee/1";
/// Randomness of an epoch is of secrets that are revealed in the one before. That of the second from now is of secrets of an epoch that has not
/// begun.
const AHEAD: u32 = 2;
/// Tempos in which a committee must have been drawn: those until there can be randomness, and as many in case that nobody reveals.
const DRAW_TEMPOS: u32 = 4;
/// And blocks until the dispute is looked at when all others are due, too.
const DRAW_SLACK: BlockNumber = RETRY.saturating_add(MAX_DISPUTES / WORK_PER_BLOCK as u32);

/// Hotkeys with their stake.
pub(crate) type Stakes = Vec<(AccountId32, Balance)>;

/// Unpaused blocks that a draw has at least with this tempo.
pub(crate) fn period_of(tempo: u16) -> BlockNumber {
	BlockNumber::from(tempo)
		.saturating_mul(DRAW_TEMPOS)
		.saturating_add(DRAW_SLACK)
}

/// Whose the ticket is.
fn hit(candidates: &[(AccountId32, Balance)], mut ticket: Balance) -> Option<&AccountId32> {
	let found = candidates.iter().find(|(_, stake)| {
		let hit = ticket < *stake;
		ticket = ticket.saturating_sub(*stake);
		hit
	});
	found.map(|(hotkey, _)| hotkey)
}

/// Draw [`MAX_COMMITTEE`] seats by stake, with replacement: a part of the stake is that part of the seats, on average, and nothing more.
fn drawn(candidates: &[(AccountId32, Balance)], seed: &[u8; 32]) -> Vec<Member<AccountId32>> {
	let total = candidates
		.iter()
		.fold(0, |sum: Balance, (_, stake)| sum.saturating_add(*stake));
	let mut members: Vec<Member<AccountId32>> = Vec::new();
	for number in 0..MAX_COMMITTEE {
		let hash = blake2_256(&(seed, number).encode());
		let mut ticket = [0; 16];
		ticket.copy_from_slice(hash.split_at(16).0);
		let ticket = Balance::from_le_bytes(ticket).checked_rem(total);
		let Some(hotkey) = ticket.and_then(|ticket| hit(candidates, ticket)) else {
			break;
		};
		match members.iter_mut().find(|member| member.hotkey == *hotkey) {
			Some(member) => member.seats = member.seats.saturating_add(1),
			None => members.push(Member {
				hotkey: hotkey.clone(),
				seats: 1,
				vote: None,
			}),
		}
	}
	members
}

impl<T: Config> Pallet<T> {
	/// Wait for a committee.
	pub(crate) fn to_committee(id: DisputeId, mut dispute: DisputeOf) {
		dispute.draw_from = T::Epochs::epoch(dispute.netuid).saturating_add(AHEAD);
		dispute.committee = BoundedVec::new();
		Self::begin_stage(id, dispute, Stage::Drawing);
	}

	/// Unpaused blocks that a draw has, by the tempo of now: a longer one, which is the owner's to set, does not end a dispute.
	pub(crate) fn draw_period(netuid: NetUid) -> BlockNumber {
		let tempo = T::Subnets::hyperparameters(netuid).map_or(0, |found| found.tempo);
		T::DrawPeriod::get().max(period_of(tempo))
	}

	/// Look at a dispute that waits for its committee.
	pub(crate) fn try_draw(id: DisputeId, dispute: DisputeOf) -> Weight {
		match CandidatesOf::<T>::get(id) {
			None => Self::nominate(id, dispute),
			Some(candidates) => Self::draw(id, dispute, candidates),
		}
	}

	/// Note who can be drawn, and from when on; while there are too few, try again later, until the deadline.
	fn nominate(id: DisputeId, mut dispute: DisputeOf) -> Weight {
		if Self::clock() > dispute.deadline {
			return Self::give_up(id, dispute);
		}
		let auditors = T::Profiles::auditors(dispute.netuid, &dispute.profile);
		let weight = T::WeightInfo::snapshot(u32::try_from(auditors.len()).unwrap_or(u32::MAX));
		let stakes = Self::judges(dispute.netuid, auditors, Self::parties(id, &dispute));
		let enough = usize::try_from(T::MinCommittee::get().max(1)).unwrap_or(usize::MAX);
		if stakes.len() >= enough {
			let taken = Self::clock();
			let stakes = BoundedVec::truncate_from(stakes);
			CandidatesOf::<T>::insert(id, Candidates { taken, stakes });
			dispute.draw_from = T::Epochs::epoch(dispute.netuid).saturating_add(AHEAD);
			dispute.deadline = taken.saturating_add(Self::draw_period(dispute.netuid));
			Disputes::<T>::insert(id, &dispute);
		}
		Self::look_later(id, &dispute);
		weight
	}

	/// Draw among them if there is randomness; give up after the deadline; else try again later.
	fn draw(id: DisputeId, mut dispute: DisputeOf, candidates: Candidates) -> Weight {
		let weight = T::WeightInfo::draw(u32::try_from(candidates.stakes.len()).unwrap_or(u32::MAX));
		let found = T::Randomness::randomness(dispute.netuid).filter(|(epoch, _)| *epoch >= dispute.draw_from);
		if let Some((_, randomness)) = found {
			Self::seat(id, dispute, &candidates, randomness);
			return weight;
		}
		let clock = Self::clock();
		if clock > dispute.deadline {
			let until = candidates.taken.saturating_add(Self::draw_period(dispute.netuid));
			if clock > until {
				return weight.saturating_add(Self::give_up(id, dispute));
			}
			dispute.deadline = until;
			Disputes::<T>::insert(id, &dispute);
		}
		Self::look_later(id, &dispute);
		weight
	}

	fn give_up(id: DisputeId, dispute: DisputeOf) -> Weight {
		Self::finish(id, dispute, Ending::Undecided, Reason::NoQuorum);
		T::WeightInfo::step().saturating_add(T::WeightInfo::finish())
	}

	fn seat(id: DisputeId, mut dispute: DisputeOf, candidates: &Candidates, randomness: H256) {
		let seed = blake2_256(&(DRAW_DOMAIN, randomness, id, dispute.draws).encode());
		CandidatesOf::<T>::remove(id);
		dispute.committee = BoundedVec::truncate_from(drawn(&candidates.stakes, &seed));
		dispute.draws = dispute.draws.saturating_add(1);
		let members = dispute.committee.iter().map(|member| member.hotkey.clone()).collect();
		Self::begin_stage(id, dispute, Stage::Voting);
		let until = Self::clock().saturating_add(T::VotePeriod::get());
		Self::deposit_event(Event::CommitteeDrawn { id, members, until });
	}

	/// Who does not judge: the accused, the challenger, and the miner of a disputed verdict.
	fn parties(id: DisputeId, dispute: &DisputeOf) -> Vec<AccountId32> {
		let miner = EvidenceOf::<T>::get(id)
			.map(|evidence| Self::present_name(dispute.netuid, &evidence.receipt.receipt.miner.into()));
		let mut parties = Vec::from([dispute.accused.clone(), dispute.challenger.clone()]);
		parties.extend(miner);
		parties
	}

	/// Those of the auditors who have stake, without the parties and without what their coldkeys own.
	pub(crate) fn judges(netuid: NetUid, auditors: Vec<AccountId32>, mut parties: Vec<AccountId32>) -> Stakes {
		let owners: Vec<AccountId32> = parties.iter().filter_map(T::Hotkeys::coldkey).collect();
		parties.extend(owners);
		auditors
			.into_iter()
			.take(usize::try_from(MAX_AUDITORS).unwrap_or(usize::MAX))
			.filter(|hotkey| !parties.contains(hotkey))
			.filter(|hotkey| T::Hotkeys::coldkey(hotkey).is_some_and(|owner| !parties.contains(&owner)))
			.map(|hotkey| (hotkey.clone(), T::Stake::stake(netuid, &hotkey)))
			.filter(|(_, stake)| *stake > 0)
			.collect()
	}

	/// A candidate's new name.
	pub(crate) fn rename_candidate(id: DisputeId, old: &AccountId32, new: &AccountId32) {
		let Some(mut candidates) = CandidatesOf::<T>::get(id) else {
			return;
		};
		let mut renamed = false;
		for (hotkey, _) in candidates.stakes.iter_mut().filter(|(hotkey, _)| hotkey == old) {
			*hotkey = new.clone();
			renamed = true;
		}
		if renamed {
			CandidatesOf::<T>::insert(id, candidates);
		}
	}
}
