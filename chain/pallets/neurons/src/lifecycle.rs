//! What becomes of slots when a subnet is trimmed or dissolved, and when a hotkey is exchanged for another.

use crate::{pallet::*, trimming, NeuronOf, WeightInfo};
use alloc::vec::Vec;
use frame_support::{ensure, traits::Get};
use ganglion_primitives::{NetUid, Uid};
use ganglion_traits::{OnHotkeySwapped, OnNeuronReplaced, OnSubnetDissolved, OnUidsMoved, Progress, SubnetInspect};
use sp_runtime::{DispatchResult, Weight};

impl<T: Config> Pallet<T> {
	pub(crate) fn do_trim(netuid: NetUid, max: u16) -> DispatchResult {
		let hyperparameters = T::Subnets::hyperparameters(netuid).ok_or(Error::<T>::SubnetNotFound)?;
		let count = NeuronCount::<T>::get(netuid);
		ensure!(count <= trimming::MAX_SLOTS, Error::<T>::TooManySlots);
		if count > max {
			let (slots, immortal) = Self::slots(netuid, &hyperparameters);
			let kept = trimming::kept(&slots, &immortal, max).ok_or(Error::<T>::TooManyImmune)?;
			Self::keep_only(netuid, count, &kept);
		}
		let neurons = NeuronCount::<T>::get(netuid);
		Self::deposit_event(Event::SubnetTrimmed { netuid, neurons });
		Ok(())
	}

	/// Remove all other slots and close up: first everybody who goes leaves, then everybody who stays moves.
	fn keep_only(netuid: NetUid, count: u16, kept: &[Uid]) {
		for uid in (0..count).map(Uid).filter(|uid| kept.binary_search(uid).is_err()) {
			Self::remove(netuid, uid);
		}
		let moved: Vec<(Uid, Uid)> = kept.iter().copied().zip((0u16..).map(Uid)).collect();
		for (old, new) in moved.iter().filter(|(old, new)| old != new) {
			if let Some(neuron) = Neurons::<T>::take(netuid, old) {
				Uids::<T>::insert(netuid, &neuron.hotkey, new);
				Neurons::<T>::insert(netuid, new, neuron);
			}
		}
		NeuronCount::<T>::insert(netuid, u16::try_from(kept.len()).unwrap_or(count));
		T::OnUidsMoved::on_uids_moved(netuid, &moved);
	}

	fn remove(netuid: NetUid, uid: Uid) {
		let Some(NeuronOf::<T> { hotkey, .. }) = Neurons::<T>::take(netuid, uid) else {
			return;
		};
		Uids::<T>::remove(netuid, &hotkey);
		Endpoints::<T>::remove(netuid, &hotkey);
		T::OnNeuronReplaced::on_neuron_replaced(netuid, uid, &hotkey);
		Self::deposit_event(Event::NeuronTrimmed { netuid, uid, hotkey });
	}

	/// The subnet's last slot, removed. Nobody is told: each pallet clears a dissolved subnet itself.
	fn clear_last_slot(netuid: NetUid) -> bool {
		let Some(last) = NeuronCount::<T>::get(netuid).checked_sub(1) else {
			return false;
		};
		if let Some(neuron) = Neurons::<T>::take(netuid, Uid(last)) {
			Uids::<T>::remove(netuid, &neuron.hotkey);
			Endpoints::<T>::remove(netuid, &neuron.hotkey);
		}
		NeuronCount::<T>::insert(netuid, last);
		true
	}

	/// Subnets in which something of a hotkey may be exchanged.
	fn swapped_in(netuid: Option<NetUid>) -> Vec<NetUid> {
		netuid.map_or_else(T::Subnets::netuids, |netuid| alloc::vec![netuid])
	}

	fn swap_in(old: &T::AccountId, new: &T::AccountId, netuid: NetUid) {
		let Some(uid) = Uids::<T>::take(netuid, old) else {
			return;
		};
		Uids::<T>::insert(netuid, new, uid);
		Neurons::<T>::mutate(netuid, uid, |slot| {
			if let Some(neuron) = slot {
				neuron.hotkey = new.clone();
			}
		});
		if let Some(endpoint) = Endpoints::<T>::take(netuid, old) {
			Endpoints::<T>::insert(netuid, new, endpoint);
		}
		Self::deposit_event(Event::NeuronHotkeySwapped {
			netuid,
			uid,
			old_hotkey: old.clone(),
			new_hotkey: new.clone(),
		});
	}
}

impl<T: Config> OnSubnetDissolved for Pallet<T> {
	fn clear(netuid: NetUid, budget: Weight) -> Progress {
		let one = T::WeightInfo::clear_slot();
		let mut weight = T::DbWeight::get().reads_writes(2, 2);
		while Self::clear_last_slot(netuid) {
			weight = weight.saturating_add(one);
			if weight.saturating_add(one).any_gt(budget) && NeuronCount::<T>::get(netuid) > 0 {
				return Progress { weight, done: false };
			}
		}
		NeuronCount::<T>::remove(netuid);
		RegistrationPrice::<T>::remove(netuid);
		Progress { weight, done: true }
	}
}

impl<T: Config> OnHotkeySwapped<T::AccountId> for Pallet<T> {
	fn ensure_can_swap_hotkey(old: &T::AccountId, new: &T::AccountId, netuid: Option<NetUid>) -> DispatchResult {
		let coldkey = Coldkeys::<T>::get(old).ok_or(Error::<T>::HotkeyNotFound)?;
		Self::ensure_can_own(&coldkey, new)?;
		for netuid in Self::swapped_in(netuid) {
			let both = Uids::<T>::contains_key(netuid, old) && Uids::<T>::contains_key(netuid, new);
			ensure!(!both, Error::<T>::AlreadyRegistered);
		}
		Ok(())
	}

	fn on_hotkey_swapped(old: &T::AccountId, new: &T::AccountId, netuid: Option<NetUid>) {
		// The old hotkey stays owned: nobody else can have it, and its nonce is kept.
		let owned = Coldkeys::<T>::get(old).map(|coldkey| Self::do_own(&coldkey, new));
		debug_assert!(owned.is_some_and(|owned| owned.is_ok()), "checked before");
		for netuid in Self::swapped_in(netuid) {
			Self::swap_in(old, new, netuid);
		}
	}
}
