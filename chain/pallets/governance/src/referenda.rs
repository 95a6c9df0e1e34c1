//! Referenda: a call that the council submits, voters decide and the scheduler dispatches as root.

use super::*;
use alloc::vec::Vec;
use codec::DecodeLimit;
use frame_support::{
	dispatch::GetDispatchInfo,
	ensure,
	pallet_prelude::{DispatchError, DispatchResult, Get, Weight},
	traits::{
		schedule::{v3::Named, DispatchTime, HARD_DEADLINE},
		Bounded, QueryPreimage,
	},
};
use frame_system::RawOrigin;
use ganglion_primitives::{Balance, BlockNumber};
use sp_runtime::traits::{BlakeTwo256, Hash};
use types::{total, Referendum, ReferendumIndex, Stage, APPROVE, MAX_CALL_LENGTH, MAX_REFERENDA, REJECT};

/// Nesting of calls in calls that is looked at.
const MAX_DEPTH: u32 = 64;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_submit(call: T::Hash, length: u32) -> DispatchResult {
		Self::ensure_enactable(&call, length)?;
		let mut open = Open::<T>::get();
		ensure!((open.len() as u32) < MAX_REFERENDA, Error::<T>::TooManyReferenda);
		let same = |referendum: Referendum<T::AccountId, T::Hash>| referendum.call == call;
		ensure!(!Referenda::<T>::iter_values().any(same), Error::<T>::AlreadySubmitted);
		let ballots = Self::snapshot()?;
		let (index, until) = (
			NextReferendum::<T>::get(),
			Self::clock().saturating_add(T::VotingPeriod::get()),
		);
		let stage = Stage::Voting;
		open.try_push((index, until))
			.map_err(|_| Error::<T>::TooManyReferenda)?;
		Open::<T>::put(open);
		NextReferendum::<T>::put(index.saturating_add(1));
		// Held here until the end, so that whoever noted it can't take it away.
		T::Preimages::request(&call);
		Self::deposit_event(Event::Submitted {
			index,
			call,
			until,
			voters: ballots.len() as u32,
			stake: total(&ballots),
		});
		let referendum = Referendum {
			call,
			length,
			stage,
			until,
			ballots,
		};
		Referenda::<T>::insert(index, referendum);
		Ok(())
	}

	/// The preimage is there, is a call of this runtime, and fits into what the scheduler has for one.
	fn ensure_enactable(hash: &T::Hash, length: u32) -> DispatchResult {
		ensure!(length <= MAX_CALL_LENGTH, Error::<T>::CallTooLong);
		ensure!(T::Preimages::len(hash) == Some(length), Error::<T>::NoPreimage);
		let bytes = T::Preimages::fetch(hash, Some(length))?;
		let call = T::RuntimeCall::decode_all_with_depth_limit(MAX_DEPTH, &mut &bytes[..])
			.map_err(|_| Error::<T>::NotACall)?;
		let heavy = call.get_dispatch_info().call_weight.any_gt(T::MaxCallWeight::get());
		ensure!(!heavy, Error::<T>::CallTooHeavy);
		Ok(())
	}

	pub(crate) fn do_vote(coldkey: T::AccountId, index: ReferendumIndex, approve: bool) -> DispatchResult {
		let mut referendum = Referenda::<T>::get(index).ok_or(Error::<T>::NoReferendum)?;
		ensure!(
			referendum.stage == Stage::Voting && Self::clock() <= referendum.until,
			Error::<T>::VotingEnded
		);
		let choice = if approve { APPROVE } else { REJECT };
		let stake = Self::choose(&mut referendum.ballots, &coldkey, choice)?;
		Referenda::<T>::insert(index, referendum);
		Self::deposit_event(Event::Voted {
			index,
			coldkey,
			approve,
			stake,
		});
		Ok(())
	}

	pub(crate) fn do_cancel(index: ReferendumIndex) -> DispatchResult {
		let referendum = Referenda::<T>::get(index).ok_or(Error::<T>::NoReferendum)?;
		if referendum.stage == Stage::Approved {
			T::Scheduler::cancel_named(Self::task(index))?;
			// Cancelled through its trait, the scheduler keeps its own request of the preimage.
			T::Preimages::unrequest(&referendum.call);
		}
		Self::close(index, &referendum.call);
		Self::deposit_event(Event::Cancelled { index });
		Ok(())
	}

	/// Take the steps of referenda that are due. Returns their weight.
	pub(crate) fn step_referenda() -> Weight {
		let clock = Self::clock();
		let due: Vec<ReferendumIndex> = Open::<T>::get()
			.into_iter()
			.filter_map(|(index, until)| (until < clock).then_some(index))
			.collect();
		let steps = due.len() as u64;
		due.into_iter().for_each(|index| Self::step(index, clock));
		T::WeightInfo::step_referendum().saturating_mul(steps)
	}

	fn step(index: ReferendumIndex, clock: BlockNumber) {
		let Some(referendum) = Referenda::<T>::get(index) else {
			return;
		};
		match referendum.stage {
			Stage::Voting => Self::decide(index, referendum, clock),
			Stage::Approved if T::Scheduler::next_dispatch_time(Self::task(index)).is_err() => {
				Self::close(index, &referendum.call);
				Self::deposit_event(Event::Closed { index });
			}
			// A full block put it off: the scheduler tries again, and the votes stay locked until then.
			Stage::Approved => (),
		}
	}

	/// Approved where more than half of the snapshot's stake says so.
	fn decide(index: ReferendumIndex, mut referendum: Referendum<T::AccountId, T::Hash>, clock: BlockNumber) {
		let whole = total(&referendum.ballots);
		let approving = Self::sum(&referendum, APPROVE);
		let rejecting = Self::sum(&referendum, REJECT);
		let enacted_at = clock.saturating_add(T::EnactmentDelay::get());
		let approved =
			approving > whole.saturating_sub(approving) && Self::schedule(index, &referendum, enacted_at).is_ok();
		if !approved {
			Self::close(index, &referendum.call);
			return Self::deposit_event(Event::Rejected {
				index,
				approving,
				rejecting,
				of: whole,
			});
		}
		(referendum.stage, referendum.until) = (Stage::Approved, enacted_at);
		Referenda::<T>::insert(index, referendum);
		// Looked at in the block after the enactment.
		Open::<T>::mutate(|open| {
			open.iter_mut()
				.filter(|(one, _)| *one == index)
				.for_each(|(_, until)| *until = enacted_at)
		});
		Self::deposit_event(Event::Approved {
			index,
			approving,
			rejecting,
			of: whole,
			enacted_at,
		});
	}

	fn sum(referendum: &Referendum<T::AccountId, T::Hash>, choice: u32) -> Balance {
		referendum
			.ballots
			.iter()
			.filter(|ballot| ballot.choice == Some(choice))
			.map(Self::strength)
			.fold(0, Balance::saturating_add)
	}

	fn schedule(
		index: ReferendumIndex,
		referendum: &Referendum<T::AccountId, T::Hash>,
		at: BlockNumber,
	) -> Result<(), DispatchError> {
		T::Scheduler::schedule_named(
			Self::task(index),
			DispatchTime::At(at),
			None,
			HARD_DEADLINE,
			RawOrigin::Root.into(),
			Bounded::Lookup {
				hash: referendum.call,
				len: referendum.length,
			},
		)?;
		Ok(())
	}

	/// Name of a referendum's task: no other has it, so nothing is enacted twice.
	pub fn task(index: ReferendumIndex) -> [u8; 32] {
		BlakeTwo256::hash_of(&(*b"ganglion/referendum", index)).0
	}

	/// Remove all that is kept of it.
	fn close(index: ReferendumIndex, call: &T::Hash) {
		Referenda::<T>::remove(index);
		Open::<T>::mutate(|open| open.retain(|(one, _)| *one != index));
		T::Preimages::unrequest(call);
	}
}
