//! What happens to rows and commits when an epoch ends, a slot changes hands or its number, a hotkey is swapped, a mechanism or
//! the subnet goes.

use crate::{pallet::*, Entries, MissCause, Row};
use alloc::vec::Vec;
use core::ops::Range;
use frame_support::{traits::Get, weights::Weight};
use ganglion_primitives::{EpochIndex, MechanismId, NetUid, Uid};
use ganglion_traits::{
	OnEpoch, OnHotkeySwapped, OnNeuronReplaced, OnSubnetDissolved, OnUidsMoved, Progress, SubnetInspect,
};
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	/// Mechanisms of a subnet that anything is kept for, whether it still has them or not.
	fn used(netuid: NetUid) -> impl Iterator<Item = MechanismId> {
		(0..Mechanisms::<T>::get(netuid)).map(MechanismId)
	}

	/// Hotkeys with open commits. Bounded by the slots: only their occupants have some.
	fn committed(netuid: NetUid, mechanism: MechanismId) -> Vec<T::AccountId> {
		Commits::<T>::iter_key_prefix((netuid, mechanism)).collect()
	}
}

impl<T: Config> OnEpoch for Pallet<T> {
	/// Bounded by the slots: only their occupants have commits, at most [`crate::MAX_OPEN_COMMITS`] each.
	fn on_epoch(netuid: NetUid, _completed: EpochIndex) {
		for mechanism in Self::used(netuid) {
			for hotkey in Self::committed(netuid, mechanism) {
				Self::drop_expired(netuid, mechanism, &hotkey);
			}
		}
	}

	fn on_mechanisms_removed(netuid: NetUid, gone: Range<u8>) {
		let used = Mechanisms::<T>::get(netuid);
		let first = gone.start;
		for mechanism in (first..gone.end.min(used)).map(MechanismId) {
			for hotkey in Self::committed(netuid, mechanism) {
				Self::drop_all(netuid, mechanism, &hotkey, MissCause::MechanismRemoved);
			}
			let _ = Rows::<T>::clear_prefix((netuid, mechanism), u32::MAX, None);
			let _ = LastUpdate::<T>::clear_prefix((netuid, mechanism), u32::MAX, None);
		}
		if first == 0 {
			Mechanisms::<T>::remove(netuid);
		} else if first < used && gone.end >= used {
			Mechanisms::<T>::insert(netuid, first);
		}
	}
}

impl<T: Config> OnNeuronReplaced<T::AccountId> for Pallet<T> {
	fn on_neuron_replaced(netuid: NetUid, uid: Uid, hotkey: &T::AccountId) {
		for mechanism in Self::used(netuid) {
			Rows::<T>::remove((netuid, mechanism), uid);
			LastUpdate::<T>::remove((netuid, mechanism), uid);
			Self::drop_all(netuid, mechanism, hotkey, MissCause::Replaced);
		}
	}
}

/// A row whose uids are the new ones; entries on slots that are gone are left out. The order is kept.
fn renumbered(mut row: Row, places: &[Option<u16>]) -> Row {
	let entry = |(uid, value): (u16, u16)| Some((places.get(usize::from(uid)).copied().flatten()?, value));
	let entries: Vec<(u16, u16)> = row.entries.into_iter().filter_map(entry).collect();
	row.entries = Entries::truncate_from(entries);
	row
}

/// New uid by old uid.
fn places(moved: &[(Uid, Uid)]) -> Vec<Option<u16>> {
	let slots = moved.last().map_or(0, |(old, _)| usize::from(old.0).saturating_add(1));
	let mut places = alloc::vec![None; slots];
	for (old, new) in moved {
		if let Some(place) = places.get_mut(usize::from(old.0)) {
			*place = Some(new.0);
		}
	}
	places
}

impl<T: Config> OnUidsMoved for Pallet<T> {
	/// Rows and updates move along. Open commits go, with an event: nobody can tell what the uids in them mean any more. Bounded by
	/// slots and entries.
	fn on_uids_moved(netuid: NetUid, moved: &[(Uid, Uid)]) {
		let places = places(moved);
		for mechanism in Self::used(netuid) {
			let key = (netuid, mechanism);
			// Ascending, and no slot moves up: what is written was read before.
			for (old, new) in moved {
				if let Some(row) = Rows::<T>::take(key, old) {
					Rows::<T>::insert(key, new, renumbered(row, &places));
				}
				if let Some(last) = LastUpdate::<T>::take(key, old) {
					LastUpdate::<T>::insert(key, new, last);
				}
			}
			for hotkey in Self::committed(netuid, mechanism) {
				Self::drop_all(netuid, mechanism, &hotkey, MissCause::Renumbered);
			}
		}
	}
}

impl<T: Config> OnHotkeySwapped<T::AccountId> for Pallet<T> {
	/// The new hotkey has no slot, hence no commits.
	fn ensure_can_swap_hotkey(_: &T::AccountId, _: &T::AccountId, _: Option<NetUid>) -> DispatchResult {
		Ok(())
	}

	/// Rows and updates are kept by slot. Commits go over with the author's name in them, so that they can be revealed.
	fn on_hotkey_swapped(old: &T::AccountId, new: &T::AccountId, netuid: Option<NetUid>) {
		let subnets = netuid.map_or_else(T::Subnets::netuids, |one| alloc::vec![one]);
		for netuid in subnets {
			for mechanism in Self::used(netuid) {
				if let Some(commits) = Commits::<T>::take((netuid, mechanism), old) {
					Commits::<T>::insert((netuid, mechanism), new, commits);
				}
			}
		}
	}
}

impl<T: Config> Pallet<T> {
	/// What one removal takes: finding the key, removing it.
	fn removal() -> Weight {
		T::DbWeight::get().reads_writes(1, 1)
	}

	/// Remove at most `limit` items of a mechanism; answers how many there were.
	fn clear_mechanism(netuid: NetUid, mechanism: MechanismId, limit: usize) -> usize {
		let key = (netuid, mechanism);
		let rows: Vec<Uid> = Rows::<T>::iter_key_prefix(key).take(limit).collect();
		rows.iter().for_each(|uid| Rows::<T>::remove(key, uid));
		let mut left = limit.saturating_sub(rows.len());
		let updates: Vec<Uid> = LastUpdate::<T>::iter_key_prefix(key).take(left).collect();
		updates.iter().for_each(|uid| LastUpdate::<T>::remove(key, uid));
		left = left.saturating_sub(updates.len());
		let commits: Vec<T::AccountId> = Commits::<T>::iter_key_prefix(key).take(left).collect();
		commits.iter().for_each(|hotkey| Commits::<T>::remove(key, hotkey));
		limit.saturating_sub(left.saturating_sub(commits.len()))
	}
}

impl<T: Config> OnSubnetDissolved for Pallet<T> {
	/// The last mechanism first; what is left to do is in [`Mechanisms`].
	fn clear(netuid: NetUid, budget: Weight) -> Progress {
		let affordable = budget.checked_div_per_component(&Self::removal()).unwrap_or(u64::MAX);
		let limit = usize::try_from(affordable.min(10_000)).unwrap_or(10_000).max(1);
		let mut left = limit;
		while let Some(last) = Mechanisms::<T>::get(netuid).checked_sub(1) {
			left = left.saturating_sub(Self::clear_mechanism(netuid, MechanismId(last), left));
			if left == 0 {
				break;
			}
			Mechanisms::<T>::insert(netuid, last);
		}
		let done = left > 0;
		if done {
			Mechanisms::<T>::remove(netuid);
		}
		let cleared = u64::try_from(limit.saturating_sub(left)).unwrap_or(u64::MAX);
		Progress {
			weight: Self::removal().saturating_mul(cleared.saturating_add(1)),
			done,
		}
	}
}
