//! What always holds.

use crate::{drawing::period_of, pallet::*, types::*};
use alloc::collections::BTreeMap;
use frame_support::{
	ensure,
	traits::{fungible::InspectHold, Get},
};
use ganglion_primitives::{Balance, BlockNumber, DisputeId, NetUid, Stage, MAX_COMMITTEE, MAX_DISPUTES};
use sp_runtime::{AccountId32, TryRuntimeError};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_queue()?;
		Self::check_money()?;
		Self::check_counts()?;
		Self::check_memory()?;
		Self::check_candidates()?;
		for (id, dispute) in Disputes::<T>::iter() {
			Self::check_dispute(id, &dispute)?;
		}
		Ok(())
	}

	/// Every dispute is in the queue once, and the queue is in order.
	fn check_queue() -> Result<(), TryRuntimeError> {
		let due = Due::<T>::get();
		ensure!(due.len() <= MAX_DISPUTES as usize, "more disputes than places");
		ensure!(due.is_sorted_by_key(|(at, _)| *at), "the queue is not in order");
		ensure!(
			due.len() == Disputes::<T>::iter_keys().count(),
			"a dispute that nobody looks at, or twice"
		);
		ensure!(
			due.iter().all(|(_, id)| Disputes::<T>::contains_key(id)),
			"something in the queue is not open"
		);
		Ok(())
	}

	/// What is held is the sum of bonds, for everybody.
	fn check_money() -> Result<(), TryRuntimeError> {
		let mut bonds = BTreeMap::<AccountId32, Balance>::new();
		for dispute in Disputes::<T>::iter_values() {
			let sum = bonds.entry(dispute.challenger).or_default();
			*sum = sum.saturating_add(dispute.bond);
		}
		for (who, sum) in bonds {
			let held = T::Currency::balance_on_hold(&HoldReason::Challenge.into(), &who);
			ensure!(held == sum, "what is held is not the sum of bonds");
		}
		for ended in Ended::<T>::iter_values() {
			let who = &ended.dispute.challenger;
			let held = T::Currency::balance_on_hold(&HoldReason::Challenge.into(), who);
			ensure!(
				held == 0 || Challenges::<T>::contains_key(who),
				"a bond without a dispute"
			);
		}
		Ok(())
	}

	fn check_counts() -> Result<(), TryRuntimeError> {
		let mut challenges = BTreeMap::<AccountId32, u32>::new();
		let mut accused = BTreeMap::<(NetUid, AccountId32), u32>::new();
		for dispute in Disputes::<T>::iter_values() {
			let one = challenges.entry(dispute.challenger).or_default();
			*one = one.saturating_add(1);
			let other = accused.entry((dispute.netuid, dispute.accused)).or_default();
			*other = other.saturating_add(1);
		}
		let kept: BTreeMap<_, _> = Challenges::<T>::iter().collect();
		ensure!(kept == challenges, "counts of challenges");
		let kept: BTreeMap<_, _> = AccusedIn::<T>::iter()
			.map(|(netuid, who, count)| ((netuid, who), count))
			.collect();
		ensure!(kept == accused, "counts of accusations");
		ensure!(
			BySubject::<T>::iter_keys().count() == Disputes::<T>::iter_keys().count(),
			"subjects and disputes"
		);
		Ok(())
	}

	fn check_dispute(id: DisputeId, dispute: &DisputeOf) -> Result<(), TryRuntimeError> {
		ensure!(id < NextDispute::<T>::get(), "a dispute of the future");
		ensure!(EvidenceOf::<T>::contains_key(id), "a dispute without evidence");
		ensure!(
			BySubject::<T>::get(dispute.subject) == Some(id),
			"the index of subjects"
		);
		let longest = T::MovePeriod::get().max(T::VotePeriod::get()).max(longest_draw::<T>());
		ensure!(
			dispute.deadline <= Self::clock().saturating_add(longest),
			"a deadline that is further than any stage"
		);
		let bisecting = matches!(dispute.stage, Stage::Posting | Stage::Judging);
		ensure!(!bisecting || dispute.bisection.is_some(), "a bisection of nothing");
		ensure!(
			(dispute.stage == Stage::Voting) != dispute.committee.is_empty(),
			"a committee where nobody votes, or none"
		);
		let seats: u32 = dispute.committee.iter().map(|member| u32::from(member.seats)).sum();
		ensure!(
			dispute.committee.is_empty() || seats == MAX_COMMITTEE,
			"a committee without all of its seats"
		);
		ensure!(dispute.draws <= MAX_DRAWS, "more committees than there can be");
		if let Some(found) = dispute.bisection {
			let last = u32::from(dispute.layers).saturating_add(1);
			ensure!(found.low <= found.high && found.high <= last, "an interval of no steps");
			ensure!(
				u32::from(found.rounds) <= most_rounds(last),
				"more rounds than halvings"
			);
			ensure!(
				(dispute.stage == Stage::Judging) == found.middle.is_some(),
				"a hash that nobody judges"
			);
		}
		Ok(())
	}

	/// Candidates are kept while a committee is to be drawn among them, and no longer.
	fn check_candidates() -> Result<(), TryRuntimeError> {
		for (id, candidates) in CandidatesOf::<T>::iter() {
			let drawing = Disputes::<T>::get(id).is_some_and(|dispute| dispute.stage == Stage::Drawing);
			ensure!(drawing, "candidates of a committee that nobody draws");
			let stakes = &candidates.stakes;
			ensure!(
				!stakes.is_empty() && stakes.iter().all(|(_, stake)| *stake > 0),
				"a draw among nobody"
			);
			ensure!(candidates.taken <= Self::clock(), "candidates of the future");
		}
		Ok(())
	}

	fn check_memory() -> Result<(), TryRuntimeError> {
		let (first, end) = FadingEnds::<T>::get();
		ensure!(first <= end, "the queue of what is forgotten ends before it begins");
		let length = u64::try_from(Fading::<T>::iter_keys().count()).unwrap_or(u64::MAX);
		ensure!(
			length == end.saturating_sub(first),
			"holes in the queue of what is forgotten"
		);
		let kept = Ended::<T>::iter_keys()
			.count()
			.saturating_add(Subjects::<T>::iter_keys().count())
			.saturating_add(Successors::<T>::iter_keys().count());
		ensure!(
			u64::try_from(kept).unwrap_or(u64::MAX) <= length,
			"something is never forgotten"
		);
		Ok(())
	}
}

/// With the longest tempo that an owner can set.
fn longest_draw<T: Config>() -> BlockNumber {
	T::DrawPeriod::get().max(period_of(u16::MAX))
}

/// ceil(log2(last + 1)).
fn most_rounds(last: u32) -> u32 {
	u32::BITS.saturating_sub(last.leading_zeros())
}
