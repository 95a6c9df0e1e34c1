//! Ownership follows keys that are swapped: the owner's coldkey with the lock, and the owner's hotkey.

use crate::{pallet::*, WeightInfo};
use alloc::vec::Vec;
use frame_support::{
	traits::{
		fungible::hold::Mutate,
		tokens::{Fortitude, Precision, Restriction},
		Get,
	},
	weights::Weight,
};
use ganglion_primitives::{Balance, NetUid};
use ganglion_traits::{OnColdkeySwapped, OnHotkeySwapped, Progress};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> OnHotkeySwapped<T::AccountId> for Pallet<T> {
	fn ensure_can_swap_hotkey(_: &T::AccountId, _: &T::AccountId, _: Option<NetUid>) -> DispatchResult {
		Ok(())
	}

	fn on_hotkey_swapped(old: &T::AccountId, new: &T::AccountId, netuid: Option<NetUid>) {
		let subnets: Vec<NetUid> = match netuid {
			Some(netuid) => alloc::vec![netuid],
			None => Subnets::<T>::iter()
				.filter(|(_, info)| info.owner_hotkey == *old)
				.map(|(netuid, _)| netuid)
				.collect(),
		};
		for netuid in subnets {
			Self::swap_owner_hotkey(netuid, old, new);
		}
	}
}

impl<T: Config> OnColdkeySwapped<T::AccountId> for Pallet<T> {
	fn move_coldkey(old: &T::AccountId, new: &T::AccountId, budget: Weight) -> Progress {
		let owned: Vec<NetUid> = Subnets::<T>::iter()
			.filter(|(_, info)| info.owner == *old)
			.map(|(netuid, _)| netuid)
			.collect();
		let leaving: Vec<NetUid> = Dissolving::<T>::iter()
			.filter(|(_, dissolution)| dissolution.owner == *old)
			.map(|(netuid, _)| netuid)
			.collect();
		let searched = Subnets::<T>::count().saturating_add(crate::MAX_DISSOLVING);
		let mut weight = T::DbWeight::get().reads(searched.into());
		let each = T::WeightInfo::move_subnet();
		for (at, netuid) in owned.into_iter().chain(leaving).enumerate() {
			if at > 0 && weight.saturating_add(each).any_gt(budget) {
				return Progress { weight, done: false };
			}
			Self::move_subnet(netuid, old, new);
			weight = weight.saturating_add(each);
		}
		Progress { weight, done: true }
	}
}

impl<T: Config> Pallet<T> {
	fn swap_owner_hotkey(netuid: NetUid, old: &T::AccountId, new: &T::AccountId) {
		let Some(mut info) = Subnets::<T>::get(netuid).filter(|info| info.owner_hotkey == *old) else {
			return;
		};
		info.owner_hotkey = new.clone();
		Subnets::<T>::insert(netuid, info);
		Self::deposit_event(Event::OwnerHotkeyChanged {
			netuid,
			hotkey: new.clone(),
		});
	}

	/// Move one subnet with its lock. Where the lock can't be moved the subnet stays with it: the two are never apart.
	fn move_subnet(netuid: NetUid, old: &T::AccountId, new: &T::AccountId) {
		if let Some(mut info) = Subnets::<T>::get(netuid) {
			if Self::move_lock(old, new, info.lock).is_ok() {
				info.owner = new.clone();
				Subnets::<T>::insert(netuid, info);
				Self::deposit_event(Event::OwnerChanged {
					netuid,
					owner: new.clone(),
				});
			}
		} else if let Some(mut dissolution) = Dissolving::<T>::get(netuid) {
			if Self::move_lock(old, new, dissolution.lock).is_ok() {
				dissolution.owner = new.clone();
				Dissolving::<T>::insert(netuid, dissolution);
			}
		}
	}

	fn move_lock(old: &T::AccountId, new: &T::AccountId, lock: Balance) -> Result<Balance, DispatchError> {
		T::Currency::transfer_on_hold(
			&HoldReason::SubnetLock.into(),
			old,
			new,
			lock,
			Precision::Exact,
			Restriction::OnHold,
			Fortitude::Force,
		)
	}
}
