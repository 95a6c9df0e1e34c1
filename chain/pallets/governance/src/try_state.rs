//! What always holds.

use super::*;
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get, QueryPreimage, SafeMode},
};
use ganglion_primitives::Balance;
use sp_runtime::TryRuntimeError;
use types::{Ballot, Seats, Stage, APPROVE, MAX_VOTERS, SEATS};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_voters()?;
		Self::check_referenda()?;
		Self::check_election()?;
		Self::check_pauses()
	}

	fn check_voters() -> Result<(), TryRuntimeError> {
		ensure!(Voters::<T>::count() <= MAX_VOTERS, "more voters than the list holds");
		ensure!(
			Voters::<T>::iter_keys().count() as u32 == Voters::<T>::count(),
			"the count of voters"
		);
		for locks in Voters::<T>::iter_values() {
			ensure!(!locks.is_empty(), "a voter without a lock");
			ensure!(
				locks.iter().all(|lock| lock.amount > 0 && lock.fresh <= lock.amount),
				"a lock of nothing, or one that is younger than large"
			);
		}
		Ok(())
	}

	fn check_ballots(ballots: &[Ballot<T::AccountId>]) -> Result<(), TryRuntimeError> {
		ensure!(!ballots.is_empty(), "nobody can vote");
		ensure!(ballots.iter().all(|ballot| ballot.stake > 0), "a ballot without stake");
		let twice = |(at, ballot): (usize, &Ballot<T::AccountId>)| {
			ballots.iter().take(at).any(|other| other.voter == ballot.voter)
		};
		ensure!(!ballots.iter().enumerate().any(twice), "a voter with two ballots");
		Ok(())
	}

	fn check_referenda() -> Result<(), TryRuntimeError> {
		let open = Open::<T>::get();
		ensure!(
			open.len() == Referenda::<T>::iter_keys().count(),
			"open referenda and those that are kept"
		);
		let clock = Self::clock();
		for (index, until) in open {
			let referendum = Referenda::<T>::get(index).ok_or("an open referendum is not kept")?;
			ensure!(index < NextReferendum::<T>::get(), "a referendum of the future");
			ensure!(referendum.until == until, "two deadlines of one referendum");
			ensure!(
				T::Preimages::is_requested(&referendum.call),
				"a call that can be taken away"
			);
			ensure!(
				referendum.stage == Stage::Approved || until >= clock,
				"voting that does not end"
			);
			Self::check_ballots(&referendum.ballots)?;
			let choices = referendum.ballots.iter().filter_map(|ballot| ballot.choice);
			ensure!(
				choices.into_iter().all(|choice| choice <= APPROVE),
				"a choice that is none"
			);
		}
		Ok(())
	}

	fn check_election() -> Result<(), TryRuntimeError> {
		ensure!(ElectionAt::<T>::get() >= Self::clock(), "an election that is overdue");
		let mut candidates = Candidates::<T>::get().into_inner();
		if let Some(election) = ElectionOf::<T>::get() {
			Self::check_ballots(&election.ballots)?;
			ensure!(!election.candidates.is_empty(), "an election without candidates");
			candidates.extend(election.candidates);
		}
		for candidate in &candidates {
			let own = candidates.iter().filter(|one| one.who == candidate.who);
			let deposits = own.fold(0, |sum: Balance, one| sum.saturating_add(one.deposit));
			let held = T::Currency::balance_on_hold(&HoldReason::Candidacy.into(), &candidate.who);
			ensure!(held == deposits, "a candidate's deposit is not what is held");
		}
		ensure!(T::Council::members().len() as u32 <= SEATS, "more members than seats");
		Ok(())
	}

	fn check_pauses() -> Result<(), TryRuntimeError> {
		let pauses = PausesOf::<T>::get();
		ensure!(
			pauses.current.is_some() == T::SafeMode::is_entered(),
			"safe mode without a pause, or the reverse"
		);
		let Some(current) = pauses.current else { return Ok(()) };
		let left = T::SafeMode::remaining().unwrap_or_default();
		ensure!(
			left == current.until.saturating_sub(Self::now()).into(),
			"safe mode and the pause end differently"
		);
		ensure!(
			current.until.saturating_sub(current.entered) <= T::MaxPause::get(),
			"a pause that is too long"
		);
		Ok(())
	}
}
