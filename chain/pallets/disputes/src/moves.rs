//! What the parties do in the bisection.

use crate::{pallet::*, types::*};
use frame_support::ensure;
use ganglion_primitives::{Bisection, DisputeId, Ending, Reason, Stage};
use ganglion_traits::{HotkeyInspect, Pause};
use sp_core::H256;
use sp_runtime::{AccountId32, DispatchResult};

impl<T: Config> Pallet<T> {
	/// An open dispute of which something can be moved now.
	pub(crate) fn moving(id: DisputeId) -> Result<DisputeOf, Error<T>> {
		ensure!(!T::Pause::is_paused(), Error::<T>::Paused);
		Disputes::<T>::get(id).ok_or(Error::<T>::DisputeNotFound)
	}

	/// The same in a stage, before its deadline.
	pub(crate) fn in_stage(id: DisputeId, stage: Stage) -> Result<DisputeOf, Error<T>> {
		let dispute = Self::moving(id)?;
		ensure!(dispute.stage == stage, Error::<T>::NotYourTurn);
		ensure!(Self::clock() <= dispute.deadline, Error::<T>::TooLate);
		Ok(dispute)
	}

	/// Whether the account acts for the accused: the hotkey, or its coldkey.
	pub(crate) fn acts_for_accused(who: &AccountId32, dispute: &DisputeOf) -> bool {
		*who == dispute.accused || T::Hotkeys::coldkey(&dispute.accused).as_ref() == Some(who)
	}

	/// Whether the account can answer now. The one rule for what the call accepts and for what is free; so are those below.
	pub fn ensure_can_answer(who: &AccountId32, id: DisputeId) -> Result<DisputeOf, Error<T>> {
		let dispute = Self::in_stage(id, Stage::Answering)?;
		ensure!(Self::acts_for_accused(who, &dispute), Error::<T>::NotYourTurn);
		Ok(dispute)
	}

	/// Whether the account can post a hash now.
	pub fn ensure_can_post(who: &AccountId32, id: DisputeId) -> Result<(DisputeOf, Bisection), Error<T>> {
		let dispute = Self::in_stage(id, Stage::Posting)?;
		ensure!(Self::acts_for_accused(who, &dispute), Error::<T>::NotYourTurn);
		let bisection = dispute.bisection.ok_or(Error::<T>::NotYourTurn)?;
		Ok((dispute, bisection))
	}

	/// Whether the account can judge a hash now.
	pub fn ensure_can_judge(who: &AccountId32, id: DisputeId) -> Result<(DisputeOf, Bisection), Error<T>> {
		let dispute = Self::in_stage(id, Stage::Judging)?;
		ensure!(*who == dispute.challenger, Error::<T>::NotYourTurn);
		let bisection = dispute.bisection.ok_or(Error::<T>::NotYourTurn)?;
		Ok((dispute, bisection))
	}

	/// Whether the account can waive the bisection now.
	pub fn ensure_can_waive(who: &AccountId32, id: DisputeId) -> Result<DisputeOf, Error<T>> {
		let dispute = Self::moving(id)?;
		let party = *who == dispute.challenger || Self::acts_for_accused(who, &dispute);
		let bisecting = matches!(dispute.stage, Stage::Answering | Stage::Posting | Stage::Judging);
		ensure!(party && bisecting, Error::<T>::NotYourTurn);
		ensure!(Self::clock() <= dispute.deadline, Error::<T>::TooLate);
		Ok(dispute)
	}

	pub(crate) fn do_answer(who: AccountId32, id: DisputeId, margin: u32, hash: H256) -> DispatchResult {
		let mut dispute = Self::ensure_can_answer(&who, id)?;
		Self::deposit_event(Event::Answered { id, margin, hash });
		if margin > dispute.limit {
			Self::finish(id, dispute, Ending::Upheld, Reason::Conceded);
			return Ok(());
		}
		dispute.bisection = Some(Bisection {
			margin,
			low: 0,
			high: u32::from(dispute.layers).saturating_add(1),
			hash,
			middle: None,
			rounds: 0,
		});
		Self::begin_stage(id, dispute, Stage::Posting);
		Ok(())
	}

	pub(crate) fn do_post(who: AccountId32, id: DisputeId, hash: H256) -> DispatchResult {
		let (mut dispute, mut bisection) = Self::ensure_can_post(&who, id)?;
		let step = bisection.middle_step();
		bisection.middle = Some(hash);
		dispute.bisection = Some(bisection);
		Self::begin_stage(id, dispute, Stage::Judging);
		Self::deposit_event(Event::Posted { id, step, hash });
		Ok(())
	}

	pub(crate) fn do_judge(who: AccountId32, id: DisputeId, agrees: bool) -> DispatchResult {
		let (mut dispute, bisection) = Self::ensure_can_judge(&who, id)?;
		let step = bisection.middle_step();
		let next = bisection.judged(agrees);
		dispute.bisection = Some(next);
		Self::deposit_event(Event::Judged { id, step, agrees });
		if next.is_located() {
			let (step, hash) = (next.high, next.hash);
			Self::deposit_event(Event::Located { id, step, hash });
			Self::to_committee(id, dispute);
		} else {
			Self::begin_stage(id, dispute, Stage::Posting);
		}
		Ok(())
	}

	pub(crate) fn do_waive(who: AccountId32, id: DisputeId) -> DispatchResult {
		let dispute = Self::ensure_can_waive(&who, id)?;
		Self::without_bisection(id, dispute, who);
		Ok(())
	}

	/// The accused let its turn pass. That proves nothing: miners go, and whoever says something of them is not right by that. The committee judges
	/// what was said.
	pub(crate) fn pass_over(id: DisputeId, dispute: DisputeOf) {
		let who = dispute.accused.clone();
		Self::without_bisection(id, dispute, who);
	}

	/// Half a bisection says nothing.
	fn without_bisection(id: DisputeId, mut dispute: DisputeOf, who: AccountId32) {
		dispute.bisection = None;
		Self::deposit_event(Event::Waived { id, who });
		Self::to_committee(id, dispute);
	}

	pub(crate) fn do_concede(who: AccountId32, id: DisputeId) -> DispatchResult {
		let dispute = Self::moving(id)?;
		let ending = if Self::acts_for_accused(&who, &dispute) {
			Ending::Upheld
		} else {
			ensure!(who == dispute.challenger, Error::<T>::NotYourTurn);
			Ending::Dismissed
		};
		Self::finish(id, dispute, ending, Reason::Conceded);
		Ok(())
	}
}
