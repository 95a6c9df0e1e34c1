//! What happens to evidence and secrets when slots change hands or numbers, a hotkey is swapped, or the subnet goes.

use crate::{pallet::*, Secrets, HISTORY};
use alloc::vec::Vec;
use frame_support::{traits::Get, weights::Weight};
use ganglion_primitives::{EpochIndex, NetUid, Uid};
use ganglion_traits::{
	EpochInspect, NeuronInspect, OnHotkeySwapped, OnNeuronReplaced, OnSubnetDissolved, OnUidsMoved, Progress,
	SubnetInspect,
};
use sp_runtime::DispatchResult;

impl<T: Config> OnNeuronReplaced<T::AccountId> for Pallet<T> {
	/// It owes no secret any more. What it filed can still be disputed, and what it revealed is part of the randomness: it goes with time.
	fn on_neuron_replaced(netuid: NetUid, _: Uid, hotkey: &T::AccountId) {
		Self::forget_announced(netuid, hotkey);
	}
}

impl<T: Config> OnUidsMoved for Pallet<T> {
	/// Commitments made before were dropped, so that no announced secret is owed. Secrets of the present epoch are ordered by the new slots.
	/// Bounded by the slots.
	fn on_uids_moved(netuid: NetUid, moved: &[(Uid, Uid)]) {
		let authors: Vec<T::AccountId> = Authors::<T>::iter_key_prefix(netuid).collect();
		authors.iter().for_each(|hotkey| Self::forget_announced(netuid, hotkey));
		// What the numbers in evidence of before mean is known no more.
		Renumbered::<T>::insert(netuid, Self::now());
		let _ = Named::<T>::clear_prefix(netuid, u32::MAX, None);
		if !Revealed::<T>::contains_key(netuid) {
			return;
		}
		Revealed::<T>::mutate(netuid, |secrets| {
			let mut all = core::mem::take(secrets).into_inner();
			for (uid, _) in &mut all {
				if let Ok(place) = moved.binary_search_by_key(uid, |(old, _)| old.0) {
					*uid = moved.get(place).map_or(*uid, |(_, new)| new.0);
				}
			}
			all.sort_unstable();
			*secrets = Secrets::truncate_from(all);
		});
	}
}

impl<T: Config> Pallet<T> {
	/// Epochs that evidence can be kept of, the present one with them.
	fn kept_epochs(netuid: NetUid) -> impl Iterator<Item = EpochIndex> {
		let epoch = T::Epochs::epoch(netuid);
		epoch.saturating_sub(HISTORY)..=epoch
	}

	fn swap_in(netuid: NetUid, old: &T::AccountId, new: &T::AccountId) {
		if let Some(times) = Due::<T>::take(netuid, old) {
			Due::<T>::mutate(netuid, new, |due| {
				*due = Some(due.unwrap_or(0).saturating_add(times));
			});
		}
		if let Some(uid) = T::Neurons::uid(netuid, new).or_else(|| T::Neurons::uid(netuid, old)) {
			Named::<T>::insert(netuid, uid, Self::now());
		}
		let Some(author) = Authors::<T>::take(netuid, old) else {
			return;
		};
		for epoch in Self::kept_epochs(netuid) {
			if let Some(filed) = Filed::<T>::take((netuid, epoch, old)) {
				Filed::<T>::insert((netuid, epoch, new), filed);
			}
			if Refuted::<T>::take((netuid, epoch, old)).is_some() {
				Refuted::<T>::insert((netuid, epoch, new), ());
			}
		}
		Authors::<T>::insert(netuid, new, author);
	}
}

impl<T: Config> OnHotkeySwapped<T::AccountId> for Pallet<T> {
	/// Evidence that the new hotkey filed itself, in a slot that it lost since, would be overwritten.
	fn ensure_can_swap_hotkey(old: &T::AccountId, new: &T::AccountId, netuid: Option<NetUid>) -> DispatchResult {
		let subnets = netuid.map_or_else(T::Subnets::netuids, |one| alloc::vec![one]);
		for netuid in subnets {
			let both = Authors::<T>::contains_key(netuid, old) && Authors::<T>::contains_key(netuid, new);
			frame_support::ensure!(!both, Error::<T>::HasEvidence);
		}
		Ok(())
	}

	/// Evidence, announced secret and what is due go over.
	fn on_hotkey_swapped(old: &T::AccountId, new: &T::AccountId, netuid: Option<NetUid>) {
		let subnets = netuid.map_or_else(T::Subnets::netuids, |one| alloc::vec![one]);
		subnets.into_iter().for_each(|netuid| Self::swap_in(netuid, old, new));
	}
}

impl<T: Config> Pallet<T> {
	/// What one removal takes: finding the key, removing it.
	fn removal() -> Weight {
		T::DbWeight::get().reads_writes(1, 1)
	}

	/// Remove at most `limit` items of a subnet; answers how many there were.
	fn clear_some(netuid: NetUid, limit: usize) -> usize {
		let filed: Vec<(EpochIndex, T::AccountId)> = Filed::<T>::iter_key_prefix((netuid,)).take(limit).collect();
		for (epoch, hotkey) in &filed {
			Filed::<T>::remove((netuid, epoch, hotkey));
		}
		let mut left = limit.saturating_sub(filed.len());
		left = left.saturating_sub(Self::clear_checks(netuid, left));
		let authors: Vec<T::AccountId> = Authors::<T>::iter_key_prefix(netuid).take(left).collect();
		authors.iter().for_each(|hotkey| Authors::<T>::remove(netuid, hotkey));
		left = left.saturating_sub(authors.len());
		let due: Vec<T::AccountId> = Due::<T>::iter_key_prefix(netuid).take(left).collect();
		due.iter().for_each(|hotkey| Due::<T>::remove(netuid, hotkey));
		left = left.saturating_sub(due.len());
		let drawn: Vec<EpochIndex> = Randomness::<T>::iter_key_prefix(netuid).take(left).collect();
		drawn.iter().for_each(|epoch| Randomness::<T>::remove(netuid, epoch));
		limit.saturating_sub(left.saturating_sub(drawn.len()))
	}
}

impl<T: Config> Pallet<T> {
	/// The same of what filed evidence is checked with.
	fn clear_checks(netuid: NetUid, limit: usize) -> usize {
		let refuted: Vec<(EpochIndex, T::AccountId)> = Refuted::<T>::iter_key_prefix((netuid,)).take(limit).collect();
		for (epoch, hotkey) in &refuted {
			Refuted::<T>::remove((netuid, epoch, hotkey));
		}
		let mut left = limit.saturating_sub(refuted.len());
		let began: Vec<EpochIndex> = Began::<T>::iter_key_prefix(netuid).take(left).collect();
		began.iter().for_each(|epoch| Began::<T>::remove(netuid, epoch));
		left = left.saturating_sub(began.len());
		let named: Vec<Uid> = Named::<T>::iter_key_prefix(netuid).take(left).collect();
		named.iter().for_each(|uid| Named::<T>::remove(netuid, uid));
		limit.saturating_sub(left.saturating_sub(named.len()))
	}
}

impl<T: Config> OnSubnetDissolved for Pallet<T> {
	fn clear(netuid: NetUid, budget: Weight) -> Progress {
		let affordable = budget.checked_div_per_component(&Self::removal()).unwrap_or(u64::MAX);
		let limit = usize::try_from(affordable.min(10_000)).unwrap_or(10_000).max(1);
		let cleared = Self::clear_some(netuid, limit);
		Revealed::<T>::remove(netuid);
		Renumbered::<T>::remove(netuid);
		let count = u64::try_from(cleared).unwrap_or(u64::MAX);
		Progress {
			weight: Self::removal().saturating_mul(count.saturating_add(3)),
			done: cleared < limit,
		}
	}
}
