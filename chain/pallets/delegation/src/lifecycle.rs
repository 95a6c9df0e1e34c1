//! What happens to delegation when subnets go and keys are exchanged.

use super::*;
use crate::children::names;
use alloc::vec::Vec;
use frame_support::{ensure, pallet_prelude::Get, weights::Weight};
use ganglion_primitives::NetUid;
use ganglion_traits::{OnColdkeySwapped, OnHotkeySwapped, OnSubnetDissolved, Progress, SubnetInspect};
use sp_runtime::DispatchResult;

impl<T: Config> OnSubnetDissolved for Pallet<T> {
	fn clear(netuid: NetUid, budget: Weight) -> Progress {
		let item = T::DbWeight::get().reads_writes(1, 1);
		let room = budget.checked_div_per_component(&item).unwrap_or(0).max(1);
		let limit = usize::try_from(room).unwrap_or(usize::MAX);
		let mut removed = 0usize;
		macro_rules! remove_from {
			($($map:ident),*) => {$(
				let keys: Vec<T::AccountId> = $map::<T>::iter_key_prefix(netuid).take(limit.saturating_sub(removed)).collect();
				removed = removed.saturating_add(keys.len());
				keys.iter().for_each(|key| $map::<T>::remove(netuid, key));
			)*};
		}
		remove_from!(Delegations, Parents, ChildTakes, Refusing, AutoStake);
		let weight = item.saturating_mul(u64::try_from(removed).unwrap_or(u64::MAX).saturating_add(5));
		let done = removed < limit;
		if done {
			Changes::<T>::remove(netuid);
			Links::<T>::remove(netuid);
		}
		Progress { weight, done }
	}
}

impl<T: Config> OnHotkeySwapped<T::AccountId> for Pallet<T> {
	fn ensure_can_swap_hotkey(_: &T::AccountId, new: &T::AccountId, netuid: Option<NetUid>) -> DispatchResult {
		for netuid in subnets::<T>(netuid) {
			let free = !Delegations::<T>::contains_key(netuid, new) && !Parents::<T>::contains_key(netuid, new);
			ensure!(free, Error::<T>::ParentAndChild);
		}
		Ok(())
	}

	fn on_hotkey_swapped(old: &T::AccountId, new: &T::AccountId, netuid: Option<NetUid>) {
		for netuid in subnets::<T>(netuid) {
			Self::rename_parent(netuid, old, new);
			Self::rename_child(netuid, old, new);
			if Refusing::<T>::take(netuid, old).is_some() {
				Refusing::<T>::insert(netuid, new, ());
			}
			if let Some(take) = ChildTakes::<T>::take(netuid, old) {
				ChildTakes::<T>::insert(netuid, new, take);
			}
		}
	}
}

impl<T: Config> OnColdkeySwapped<T::AccountId> for Pallet<T> {
	fn move_coldkey(old: &T::AccountId, new: &T::AccountId, _: Weight) -> Progress {
		let netuids = T::Subnets::netuids();
		for netuid in &netuids {
			if let Some(hotkey) = AutoStake::<T>::take(netuid, old) {
				AutoStake::<T>::insert(netuid, new, hotkey);
			}
		}
		let looked = u64::try_from(netuids.len()).unwrap_or(u64::MAX);
		Progress {
			weight: T::DbWeight::get().reads_writes(looked.saturating_mul(2), 2),
			done: true,
		}
	}
}

/// One subnet or all.
fn subnets<T: Config>(netuid: Option<NetUid>) -> Vec<NetUid> {
	netuid.map_or_else(T::Subnets::netuids, |netuid| alloc::vec![netuid])
}

impl<T: Config> Pallet<T> {
	/// A parent goes by another name.
	fn rename_parent(netuid: NetUid, old: &T::AccountId, new: &T::AccountId) {
		let Some(delegation) = Delegations::<T>::take(netuid, old) else {
			return;
		};
		let next = delegation
			.next
			.as_ref()
			.map(|(_, next)| names(next))
			.unwrap_or_default();
		for child in names(&delegation.now).into_iter().chain(next) {
			Parents::<T>::mutate(netuid, &child, |parents| replace(parents, old, new));
		}
		Changes::<T>::mutate_exists(netuid, |changes| {
			let waiting = changes.iter_mut().flatten().filter(|(_, hotkey)| hotkey == old);
			waiting.for_each(|(_, hotkey)| *hotkey = new.clone());
		});
		Delegations::<T>::insert(netuid, new, delegation);
	}

	/// A child goes by another name.
	fn rename_child(netuid: NetUid, old: &T::AccountId, new: &T::AccountId) {
		let parents = Parents::<T>::take(netuid, old);
		if parents.is_empty() {
			return;
		}
		for parent in &parents {
			Delegations::<T>::mutate(netuid, parent, |delegation| {
				let Some(delegation) = delegation else { return };
				let next = delegation.next.iter_mut().flat_map(|(_, next)| next.iter_mut());
				for (child, _) in delegation.now.iter_mut().chain(next).filter(|(child, _)| child == old) {
					*child = new.clone();
				}
			});
		}
		Parents::<T>::insert(netuid, new, parents);
	}
}

/// Replace a name in a list.
fn replace<AccountId: Clone + PartialEq>(list: &mut ParentsOf<AccountId>, old: &AccountId, new: &AccountId) {
	list.iter_mut()
		.filter(|one| *one == old)
		.for_each(|one| *one = new.clone());
}
