//! What goes over to another hotkey, and to another coldkey.

use super::*;
use alloc::{vec, vec::Vec};
use frame_support::{
	ensure,
	pallet_prelude::{DispatchResult, Get},
	weights::Weight,
};
use ganglion_primitives::NetUid;
use ganglion_traits::{OnColdkeySwapped, OnHotkeySwapped, Progress, SubnetInspect};

impl<T: Config> OnHotkeySwapped<T::AccountId> for Pallet<T> {
	fn ensure_can_swap_hotkey(_: &T::AccountId, new: &T::AccountId, netuid: Option<NetUid>) -> DispatchResult {
		let taken = subnets::<T>(netuid)
			.into_iter()
			.any(|netuid| PoolIds::<T>::contains_key(netuid, new));
		ensure!(!taken, Error::<T>::PoolExists);
		Ok(())
	}

	/// One record a subnet: positions name the pool by its number.
	fn on_hotkey_swapped(old: &T::AccountId, new: &T::AccountId, netuid: Option<NetUid>) {
		for netuid in subnets::<T>(netuid) {
			let Some(id) = PoolIds::<T>::take(netuid, old) else {
				continue;
			};
			PoolIds::<T>::insert(netuid, new, id);
			Homes::<T>::mutate_extant(id, |home| home.hotkey = new.clone());
			if let Some(pool) = Pools::<T>::take(netuid, old) {
				Self::change_total(old, pool.value, 0);
				Self::change_total(new, 0, pool.value);
				Pools::<T>::insert(netuid, new, pool);
			}
		}
		Self::take_over(old, new, netuid.is_none());
	}
}

impl<T: Config> Pallet<T> {
	/// Nominators keep the take that they chose: the new hotkey's is not higher, and can't be raised sooner.
	fn take_over(old: &T::AccountId, new: &T::AccountId, everywhere: bool) {
		let take = Takes::<T>::get(old);
		let changed = TakeChangedAt::<T>::get(old).max(TakeChangedAt::<T>::get(new));
		if let Some(take) = take {
			Takes::<T>::insert(new, take.min(Self::take(new)));
		}
		if let Some(changed) = changed {
			TakeChangedAt::<T>::insert(new, changed);
		}
		if everywhere {
			Takes::<T>::remove(old);
			TakeChangedAt::<T>::remove(old);
		}
	}

	/// Move one position, unbonding, or lock; whether there was one. The new one is stored first: the pool's number must
	/// not be forgotten between the two.
	fn move_one(old: &T::AccountId, new: &T::AccountId) -> bool {
		if let Some((id, lock)) = Locks::<T>::iter_prefix(old).next() {
			Self::put_lock(new, id, Locks::<T>::get(new, id).joined(lock));
			Self::put_lock(old, id, Locked::default());
			return true;
		}
		if let Some((id, position)) = Shares::<T>::iter_prefix(old).next() {
			let sum = merged(Shares::<T>::get(new, id), position);
			Self::put_shares(new, id, Some(sum));
			Self::put_shares(old, id, None);
			return true;
		}
		if let Some(((id, epoch), unbonding)) = Unbondings::<T>::iter_prefix((old,)).next() {
			let sum = merged_unbonding(Unbondings::<T>::get((new, id, epoch)), unbonding);
			Self::put_unbonding(new, id, epoch, Some(sum));
			Self::put_unbonding(old, id, epoch, None);
			return true;
		}
		false
	}

	/// What a coldkey below the existential deposit was to get.
	fn move_credit(old: &T::AccountId, new: &T::AccountId) {
		let credit = Credits::<T>::take(old);
		if credit > 0 {
			Credits::<T>::mutate(new, |carried| *carried = carried.saturating_add(credit));
			Self::pay_carried(new);
		}
	}
}

impl<T: Config> OnColdkeySwapped<T::AccountId> for Pallet<T> {
	fn move_coldkey(old: &T::AccountId, new: &T::AccountId, budget: Weight) -> Progress {
		// Position of either coldkey and the pool's home, read and written.
		let one = Weight::from_parts(20_000_000, 4_000).saturating_add(T::DbWeight::get().reads_writes(4, 3));
		let mut used = one;
		Self::move_credit(old, new);
		while Self::move_one(old, new) {
			used.saturating_accrue(one);
			if used.saturating_add(one).any_gt(budget) {
				return Progress {
					weight: used,
					done: false,
				};
			}
		}
		Progress {
			weight: used,
			done: true,
		}
	}
}

fn subnets<T: Config>(netuid: Option<NetUid>) -> Vec<NetUid> {
	netuid.map_or_else(T::Subnets::netuids, |netuid| vec![netuid])
}

/// Both positions as one; of two generations the newer is the one that can be worth something.
fn merged(mine: Option<Position>, theirs: Position) -> Position {
	match mine {
		Some(mine) if mine.generation == theirs.generation => Position {
			generation: mine.generation,
			shares: mine.shares.saturating_add(theirs.shares),
		},
		Some(mine) if mine.generation > theirs.generation => mine,
		_ => theirs,
	}
}

/// Both as one; where they were to go to different places, they become free.
fn merged_unbonding<AccountId: PartialEq>(
	mine: Option<Unbonding<AccountId>>,
	theirs: Unbonding<AccountId>,
) -> Unbonding<AccountId> {
	let Some(mine) = mine else { return theirs };
	Unbonding {
		position: merged(Some(mine.position), theirs.position),
		release_block: mine.release_block.max(theirs.release_block),
		destination: mine
			.destination
			.filter(|place| Some(place) == theirs.destination.as_ref()),
	}
}
