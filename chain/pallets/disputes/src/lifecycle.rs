//! What happens to disputes when keys are swapped and subnets go.

use crate::{opening::answer_subject, pallet::*, types::*, weights::WeightInfo};
use alloc::vec::Vec;
use frame_support::{
	traits::{
		fungible::MutateHold,
		tokens::{Fortitude, Precision, Restriction},
	},
	weights::Weight,
};
use ganglion_primitives::{DisputeId, Ending, NetUid, Reason, Role};
use ganglion_traits::{
	Accused, Bonds, DisputedAnswers, OnColdkeySwapped, OnHotkeySwapped, OnSubnetDissolved, Progress, SubnetInspect,
};
use sp_core::H256;
use sp_runtime::{AccountId32, DispatchResult};

impl<T: Config> Pallet<T> {
	/// Open disputes, as they are looked at.
	pub(crate) fn open_disputes() -> Vec<(DisputeId, DisputeOf)> {
		Due::<T>::get()
			.into_iter()
			.filter_map(|(_, id)| Some((id, Disputes::<T>::get(id)?)))
			.collect()
	}

	/// The accused's, the members' and the candidates' names in one dispute.
	fn rename(id: DisputeId, mut dispute: DisputeOf, old: &AccountId32, new: &AccountId32) {
		let before = dispute.clone();
		if dispute.accused == *old {
			Self::count_accused(&dispute, false);
			dispute.accused = new.clone();
			Self::count_accused(&dispute, true);
		}
		for member in dispute.committee.iter_mut().filter(|member| member.hotkey == *old) {
			member.hotkey = new.clone();
		}
		if dispute != before {
			Disputes::<T>::insert(id, dispute);
		}
		Self::rename_candidate(id, old, new);
	}

	/// Whether a bond of its own stands behind the name: not one of a successor, whose former name somebody takes.
	fn is_liable(netuid: NetUid, hotkey: &AccountId32) -> bool {
		T::Bonds::answering(netuid, hotkey) == *hotkey
			&& [Role::Serve, Role::Audit]
				.into_iter()
				.any(|role| T::Bonds::bond(netuid, hotkey, role) > 0)
	}

	fn move_bond(id: DisputeId, mut dispute: DisputeOf, new: &AccountId32) {
		let moved = T::Currency::transfer_on_hold(
			&HoldReason::Challenge.into(),
			&dispute.challenger,
			new,
			dispute.bond,
			Precision::Exact,
			Restriction::OnHold,
			Fortitude::Force,
		);
		// Where the bond can't be moved the dispute stays with it: the two are never apart.
		if moved.is_ok() {
			Self::count_challenge(&dispute.challenger, false);
			dispute.challenger = new.clone();
			Self::count_challenge(new, true);
			Disputes::<T>::insert(id, dispute);
		}
	}
}

impl<T: Config> OnHotkeySwapped<AccountId32> for Pallet<T> {
	fn ensure_can_swap_hotkey(_: &AccountId32, _: &AccountId32, _: Option<NetUid>) -> DispatchResult {
		Ok(())
	}

	fn on_hotkey_swapped(old: &AccountId32, new: &AccountId32, netuid: Option<NetUid>) {
		for (id, dispute) in Self::open_disputes() {
			if netuid.is_none_or(|one| one == dispute.netuid) {
				Self::rename(id, dispute, old, new);
			}
		}
		let subnets = netuid.map_or_else(T::Subnets::netuids, |one| Vec::from([one]));
		for netuid in subnets {
			// Whichever of the two has the bonds by now.
			if Self::is_liable(netuid, old) || Self::is_liable(netuid, new) {
				Self::remember_successor(netuid, old, new);
			}
		}
	}
}

impl<T: Config> OnColdkeySwapped<AccountId32> for Pallet<T> {
	fn move_coldkey(old: &AccountId32, new: &AccountId32, budget: Weight) -> Progress {
		let theirs = Self::open_disputes()
			.into_iter()
			.filter(|(_, dispute)| dispute.challenger == *old);
		let mut weight = T::WeightInfo::scan();
		for (at, (id, dispute)) in theirs.enumerate() {
			if at > 0 && weight.saturating_add(T::WeightInfo::finish()).any_gt(budget) {
				return Progress { weight, done: false };
			}
			Self::move_bond(id, dispute, new);
			weight = weight.saturating_add(T::WeightInfo::finish());
		}
		Progress { weight, done: true }
	}
}

impl<T: Config> OnSubnetDissolved for Pallet<T> {
	fn clear(netuid: NetUid, budget: Weight) -> Progress {
		let here = Self::open_disputes()
			.into_iter()
			.filter(|(_, dispute)| dispute.netuid == netuid);
		let mut weight = T::WeightInfo::scan();
		for (at, (id, dispute)) in here.enumerate() {
			if at > 0 && weight.saturating_add(T::WeightInfo::finish()).any_gt(budget) {
				return Progress { weight, done: false };
			}
			Self::finish(id, dispute, Ending::Undecided, Reason::Dissolved);
			weight = weight.saturating_add(T::WeightInfo::finish());
		}
		Progress { weight, done: true }
	}
}

impl<T: Config> DisputedAnswers for Pallet<T> {
	fn is_disputed(netuid: NetUid, receipt: &H256) -> bool {
		let subject = answer_subject(netuid, receipt);
		BySubject::<T>::contains_key(subject) || Subjects::<T>::get(subject).is_some_and(|found| found.upheld)
	}
}

impl<T: Config> Accused<AccountId32> for Pallet<T> {
	fn is_accused(netuid: NetUid, hotkey: &AccountId32) -> bool {
		AccusedIn::<T>::get(netuid, hotkey) > 0
	}
}
