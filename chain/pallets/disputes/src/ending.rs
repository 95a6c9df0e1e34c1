//! How a dispute ends: who loses what, and what is remembered.

use crate::{pallet::*, types::*};
use frame_support::{
	defensive,
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision, Restriction},
		Get,
	},
};
use ganglion_primitives::{money::proportion, Balance, DisputeId, EndedDispute, Ending, Reason};
use ganglion_traits::{Bonds, BurnRecord, HotkeyInspect};
use sp_runtime::AccountId32;

impl<T: Config> Pallet<T> {
	/// End it. Cannot fail: whatever it was about, the bonds are free afterwards.
	pub(crate) fn finish(id: DisputeId, dispute: DisputeOf, ending: Ending, reason: Reason) {
		Self::take_off(id, &dispute);
		let (slashed, forfeited) = match ending {
			Ending::Upheld => (Self::punish(&dispute), Self::give_back(&dispute)),
			Ending::Dismissed => (0, Self::forfeit(&dispute)),
			// The network took the subnet away, not the parties.
			Ending::Undecided if reason == Reason::Dissolved => (0, Self::give_back(&dispute)),
			Ending::Undecided => (0, Self::charge(&dispute)),
		};
		T::Bonds::unfreeze(dispute.netuid, &dispute.accused);
		Self::remember_subject(dispute.subject, ending == Ending::Upheld);
		Self::remember(Trace::Dispute(id), Self::remembered_until());
		let ended = EndedDispute {
			dispute,
			ending,
			reason,
			ended_at: Self::now(),
			slashed,
			forfeited,
		};
		Ended::<T>::insert(id, ended);
		Self::deposit_event(Event::Settled {
			id,
			ending,
			reason,
			slashed,
			forfeited,
		});
	}

	/// It is open no more.
	fn take_off(id: DisputeId, dispute: &DisputeOf) {
		Disputes::<T>::remove(id);
		EvidenceOf::<T>::remove(id);
		CandidatesOf::<T>::remove(id);
		BySubject::<T>::remove(dispute.subject);
		Self::dequeue(id);
		Self::count_accused(dispute, false);
		Self::count_challenge(&dispute.challenger, false);
	}

	pub(crate) fn count_accused(dispute: &DisputeOf, more: bool) {
		AccusedIn::<T>::mutate_exists(dispute.netuid, &dispute.accused, |count| changed(count, more));
	}

	pub(crate) fn count_challenge(challenger: &AccountId32, more: bool) {
		Challenges::<T>::mutate_exists(challenger, |count| changed(count, more));
	}

	/// Slash the accused; the challenger is who reported it.
	fn punish(dispute: &DisputeOf) -> Balance {
		let bond = T::Bonds::bond(dispute.netuid, &dispute.accused, dispute.role);
		let amount = proportion(bond, T::SlashPart::get());
		let reporter = Some(&dispute.challenger);
		T::Bonds::slash_bond(dispute.netuid, &dispute.accused, dispute.role, amount, reporter).total()
	}

	/// The challenger's bond is his again. Returns what he lost: nothing.
	fn give_back(dispute: &DisputeOf) -> Balance {
		Self::release(dispute, dispute.bond);
		0
	}

	/// The challenger's bond is his again but for a part that is burned: places for disputes are few, and whoever takes them with what nobody can
	/// decide keeps others out. Returns the part.
	fn charge(dispute: &DisputeOf) -> Balance {
		let part = dispute.bond.checked_div(UNDECIDED_PART).unwrap_or(0);
		Self::burn(dispute, part);
		Self::release(dispute, dispute.bond.saturating_sub(part));
		part
	}

	fn release(dispute: &DisputeOf, amount: Balance) {
		let reason = HoldReason::Challenge.into();
		let released = T::Currency::release(&reason, &dispute.challenger, amount, Precision::BestEffort);
		if released != Ok(amount) {
			defensive!("a challenger's bond is held until the end");
		}
	}

	fn burn(dispute: &DisputeOf, amount: Balance) {
		let burned = T::Currency::burn_held(
			&HoldReason::Challenge.into(),
			&dispute.challenger,
			amount,
			Precision::BestEffort,
			Fortitude::Force,
		);
		if burned != Ok(amount) {
			defensive!("a challenger's bond is held until the end");
		}
		T::Burns::burned_for_ever(burned.unwrap_or(0));
	}

	/// Half of the challenger's bond is the accused's coldkey's, the rest is burned; all of it where it can't be paid.
	fn forfeit(dispute: &DisputeOf) -> Balance {
		let reason = HoldReason::Challenge.into();
		let half = dispute.bond / 2;
		let paid = T::Hotkeys::coldkey(&dispute.accused).map_or(0, |coldkey| {
			T::Currency::transfer_on_hold(
				&reason,
				&dispute.challenger,
				&coldkey,
				half,
				Precision::Exact,
				Restriction::Free,
				Fortitude::Force,
			)
			.unwrap_or(0)
		});
		Self::burn(dispute, dispute.bond.saturating_sub(paid));
		dispute.bond
	}
}

/// One more or one less; none where nothing is left.
fn changed(count: &mut Option<u32>, more: bool) {
	let before = count.unwrap_or(0);
	let after = match more {
		true => before.saturating_add(1),
		false => before.saturating_sub(1),
	};
	*count = (after > 0).then_some(after);
}
