//! Elections: the same voters fill the council's seats every term.

use super::*;
use alloc::vec::Vec;
use core::cmp::Reverse;
use frame_support::{
	ensure,
	pallet_prelude::{DispatchResult, Get, Weight},
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision},
		Defensive,
	},
	BoundedVec,
};
use ganglion_primitives::{Balance, BlockNumber};
use ganglion_traits::ColdkeyGuard;
use sp_runtime::traits::{BlakeTwo256, Hash};
use types::{total, Candidate, CandidateList, Election, Seats, SEATS};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_stand(who: T::AccountId, deposit: Balance) -> DispatchResult {
		ensure!(!T::Guard::is_guarded(&who), Error::<T>::ColdkeyGuarded);
		ensure!(deposit >= T::CandidateDeposit::get(), Error::<T>::DepositTooSmall);
		let mut candidates = Candidates::<T>::get();
		ensure!(
			candidates.iter().all(|one| one.who != who),
			Error::<T>::AlreadyCandidate
		);
		T::Currency::hold(&HoldReason::Candidacy.into(), &who, deposit)?;
		let candidate = Candidate {
			who: who.clone(),
			deposit,
		};
		if let Err(candidate) = candidates.try_push(candidate) {
			Self::outbid(&mut candidates, candidate)?;
		}
		Candidates::<T>::put(candidates);
		Self::deposit_event(Event::CandidateStands { who, deposit });
		Ok(())
	}

	/// Take the place of the candidate with the least deposit; of several, the last that came.
	fn outbid(candidates: &mut CandidateList<T::AccountId>, newcomer: Candidate<T::AccountId>) -> DispatchResult {
		let least = candidates
			.iter()
			.enumerate()
			.min_by_key(|(at, one)| (one.deposit, Reverse(*at)));
		let at = least.map(|(at, _)| at).ok_or(Error::<T>::DepositTooSmall)?;
		let lowest = candidates.get_mut(at).ok_or(Error::<T>::DepositTooSmall)?;
		ensure!(lowest.deposit < newcomer.deposit, Error::<T>::DepositTooSmall);
		let out = core::mem::replace(lowest, newcomer);
		Self::refund(&out);
		Self::deposit_event(Event::CandidateLeft { who: out.who });
		Ok(())
	}

	pub(crate) fn do_withdraw_candidacy(who: T::AccountId) -> DispatchResult {
		let mut candidates = Candidates::<T>::get();
		let at = candidates
			.iter()
			.position(|one| one.who == who)
			.ok_or(Error::<T>::NotCandidate)?;
		Self::refund(&candidates.remove(at));
		Candidates::<T>::put(candidates);
		Self::deposit_event(Event::CandidateLeft { who });
		Ok(())
	}

	pub(crate) fn do_elect(coldkey: T::AccountId, approved: &[T::AccountId]) -> DispatchResult {
		let mut election = ElectionOf::<T>::get().ok_or(Error::<T>::NoElection)?;
		let mut choice = 0u32;
		for who in approved {
			let at = election.candidates.iter().position(|one| one.who == *who);
			choice |= Self::bit(at.ok_or(Error::<T>::NotCandidate)?);
		}
		let stake = Self::choose(&mut election.ballots, &coldkey, choice)?;
		ElectionOf::<T>::put(election);
		Self::deposit_event(Event::BallotCast { coldkey, choice, stake });
		Ok(())
	}

	/// A candidate's bit in a choice.
	fn bit(at: usize) -> u32 {
		1u32.checked_shl(at as u32).unwrap_or(0)
	}

	/// Open or close the election where that is due. Returns the weight.
	pub(crate) fn step_election() -> Weight {
		let (clock, due) = (Self::clock(), ElectionAt::<T>::get());
		if clock < due {
			return Weight::zero();
		}
		match ElectionOf::<T>::take() {
			None => {
				Self::open_election(clock);
				T::WeightInfo::open_election()
			}
			Some(election) => {
				Self::close_election(election);
				T::WeightInfo::close_election()
			}
		}
	}

	fn open_election(clock: BlockNumber) {
		let candidates = Candidates::<T>::take();
		let ballots = match Self::snapshot() {
			Ok(ballots) if !candidates.is_empty() => ballots,
			_ => return Self::no_election(clock, &candidates),
		};
		ElectionAt::<T>::put(clock.saturating_add(T::VotingPeriod::get()).saturating_add(1));
		Self::deposit_event(Event::ElectionOpened {
			candidates: candidates.len() as u32,
			voters: ballots.len() as u32,
			stake: total(&ballots),
		});
		ElectionOf::<T>::put(Election {
			opened_at: clock,
			candidates,
			ballots,
		});
	}

	/// Nobody stands, or too few can vote: the council stays for another term.
	fn no_election(clock: BlockNumber, candidates: &[Candidate<T::AccountId>]) {
		candidates.iter().for_each(Self::refund);
		ElectionAt::<T>::put(clock.saturating_add(T::Term::get()));
		Self::deposit_event(Event::ElectionVoid);
	}

	fn close_election(election: Election<T::AccountId>) {
		let results = Self::results(&election);
		let council = Self::new_council(&election, &results);
		let tenth = total(&election.ballots).checked_div(10).unwrap_or(0);
		for (candidate, approving) in election.candidates.iter().zip(&results) {
			if *approving < tenth || *approving == 0 {
				Self::forfeit(candidate);
			} else {
				Self::refund(candidate);
			}
		}
		if T::Council::members() != council {
			T::Council::seat(&council);
		}
		ElectionAt::<T>::put(election.opened_at.saturating_add(T::Term::get()));
		Self::deposit_event(Event::CouncilElected {
			members: BoundedVec::truncate_from(council),
		});
	}

	/// Stake that approves each candidate.
	fn results(election: &Election<T::AccountId>) -> Vec<Balance> {
		let strengths: Vec<(u32, Balance)> = election
			.ballots
			.iter()
			.filter_map(|ballot| ballot.choice.map(|choice| (choice, Self::strength(ballot))))
			.collect();
		let approving = |at: usize| {
			let chose = strengths.iter().filter(|(choice, _)| choice & Self::bit(at) != 0);
			chose.fold(0, |sum: Balance, (_, stake)| sum.saturating_add(*stake))
		};
		(0..election.candidates.len()).map(approving).collect()
	}

	/// Seats go to candidates whom more than half of the snapshot's stake approves, those with most first; what is left
	/// stays with those who sit.
	fn new_council(election: &Election<T::AccountId>, results: &[Balance]) -> Vec<T::AccountId> {
		let whole = total(&election.ballots);
		let standing: Vec<(Balance, &T::AccountId)> = results
			.iter()
			.zip(&election.candidates)
			.map(|(approving, candidate)| (*approving, &candidate.who))
			.collect();
		let mut elected: Vec<_> = standing
			.iter()
			.filter(|(approving, _)| *approving > whole.saturating_sub(*approving))
			.collect();
		elected.sort_by_key(|(approving, _)| Reverse(*approving));
		let mut council: Vec<T::AccountId> = elected.into_iter().map(|(_, who)| (*who).clone()).collect();
		let staying = Self::by_merit(T::Council::members(), &standing);
		council.extend(
			staying
				.into_iter()
				.filter(|member| !council.contains(member))
				.collect::<Vec<_>>(),
		);
		council.truncate(SEATS as usize);
		council.sort();
		council
	}

	/// Members by the stake that approves them in this election; of equals those whom the last block's hash happens to
	/// favour, because an address can be chosen.
	fn by_merit(mut members: Vec<T::AccountId>, standing: &[(Balance, &T::AccountId)]) -> Vec<T::AccountId> {
		let parent = frame_system::Pallet::<T>::parent_hash();
		members.sort_by_key(|member| {
			let found = standing.iter().find(|(_, who)| *who == member);
			let approving = found.map_or(0, |(approving, _)| *approving);
			(Reverse(approving), BlakeTwo256::hash_of(&(parent, member)))
		});
		members
	}

	/// Give a deposit back.
	pub(crate) fn refund(candidate: &Candidate<T::AccountId>) {
		let reason = HoldReason::Candidacy.into();
		let released = T::Currency::release(&reason, &candidate.who, candidate.deposit, Precision::BestEffort);
		let _ = released.defensive_proof("the deposit is on hold");
	}

	/// Burn the deposit of somebody whom next to nobody wants.
	fn forfeit(candidate: &Candidate<T::AccountId>) {
		let reason = HoldReason::Candidacy.into();
		let (precision, force) = (Precision::BestEffort, Fortitude::Force);
		let burned = T::Currency::burn_held(&reason, &candidate.who, candidate.deposit, precision, force);
		let _ = burned.defensive_proof("the deposit is on hold");
	}
}
