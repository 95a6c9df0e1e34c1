//! What happens to emission's data when slots move, occupants give up bonds, and subnets go.

use super::*;
use crate::epoch::column;
use alloc::vec::Vec;
use frame_support::{pallet_prelude::Get, weights::Weight};
use ganglion_primitives::{BlockNumber, MechanismId, NetUid, Uid, MAX_MECHANISMS};
use ganglion_traits::{BondsReset, OnSubnetDissolved, OnUidsMoved, Progress};

impl<T: Config> BondsReset for Pallet<T> {
	fn reset_bonds(netuid: NetUid, Uid(uid): Uid) {
		Resets::<T>::mutate(netuid, |resets| {
			if let Err(place) = resets.binary_search(&uid) {
				// There is room for every slot.
				let _ = resets.try_insert(place, uid);
			}
		});
	}
}

impl<T: Config> OnSubnetDissolved for Pallet<T> {
	/// Bonds first, as many rows as the budget bears, then the rest at once.
	fn clear(netuid: NetUid, budget: Weight) -> Progress {
		let item = T::DbWeight::get().reads_writes(1, 1);
		let room = budget.checked_div_per_component(&item).unwrap_or(0).max(1);
		let limit = usize::try_from(room).unwrap_or(usize::MAX);
		let keys: Vec<(MechanismId, Uid)> = Bonds::<T>::iter_key_prefix((netuid,)).take(limit).collect();
		let weight = item.saturating_mul(u64::from(snapshot::saturated(keys.len())).saturating_add(1));
		let full = keys.len() == limit;
		keys.into_iter()
			.for_each(|(id, uid)| Bonds::<T>::remove((netuid, id, uid)));
		if full {
			return Progress { weight, done: false };
		}
		Self::forget(netuid);
		let others = T::DbWeight::get().reads_writes(6, u64::from(MAX_MECHANISMS).saturating_add(12));
		Progress {
			weight: weight.saturating_add(others),
			done: true,
		}
	}
}

impl<T: Config> OnUidsMoved for Pallet<T> {
	fn on_uids_moved(netuid: NetUid, moved: &[(Uid, Uid)]) {
		let mechanisms = Clocks::<T>::get(netuid).map_or(1, |clock| clock.mechanisms);
		Self::move_bonds(netuid, mechanisms, moved);
		Permits::<T>::mutate(netuid, |permits| {
			let kept = permits.iter().filter_map(|permit| {
				let uid = new_uid(moved, permit.uid.0)?;
				Some(Permit {
					uid: Uid(uid),
					..*permit
				})
			});
			*permits = column(kept.collect());
		});
		Resets::<T>::mutate_exists(netuid, |resets| {
			*resets = resets
				.take()
				.map(|resets| renamed(&resets, moved))
				.filter(|resets| !resets.is_empty());
		});
		Results::<T>::mutate(netuid, |result| {
			if let Some(result) = result {
				result.move_uids(moved);
			}
		});
		for id in (0..mechanisms).map(MechanismId) {
			MechanismResults::<T>::mutate(netuid, id, |result| {
				if let Some(result) = result {
					result.move_uids(moved);
				}
			});
		}
	}
}

impl<T: Config> Pallet<T> {
	/// Remove everything of a subnet but bonds; what waits to be paid goes back to all.
	fn forget(netuid: NetUid) {
		Self::unschedule(netuid);
		Self::give_back(netuid);
		Clocks::<T>::remove(netuid);
		Results::<T>::remove(netuid);
		(0u8..)
			.take(MAX_MECHANISMS as usize)
			.for_each(|id| MechanismResults::<T>::remove(netuid, MechanismId(id)));
		Permits::<T>::remove(netuid);
		Resets::<T>::remove(netuid);
		Averages::<T>::remove(netuid);
		OwnerEarned::<T>::remove(netuid);
		Fees::<T>::remove(netuid);
	}

	/// Move rows of bonds to their new slots, which are never above the old ones, so that none is overwritten.
	fn move_bonds(netuid: NetUid, mechanisms: u8, moved: &[(Uid, Uid)]) {
		for permit in Permits::<T>::get(netuid) {
			let to = new_uid(moved, permit.uid.0);
			for id in (0..mechanisms).map(MechanismId) {
				let row = Bonds::<T>::take((netuid, id, permit.uid));
				let Some((mut row, to)) = row.zip(to) else {
					continue;
				};
				let entries = row
					.entries
					.iter()
					.filter_map(|(uid, bond)| Some((new_uid(moved, *uid)?, *bond)));
				row.entries = column(entries.collect());
				if !row.entries.is_empty() {
					Bonds::<T>::insert((netuid, id, Uid(to)), row);
				}
			}
		}
	}
}

/// The slot that an old one has become, if it stays.
fn new_uid(moved: &[(Uid, Uid)], old: u16) -> Option<u16> {
	let place = moved.binary_search_by_key(&Uid(old), |(from, _)| *from).ok()?;
	moved.get(place).map(|(_, to)| to.0)
}

/// Slots under their new names.
fn renamed(uids: &[u16], moved: &[(Uid, Uid)]) -> Column<u16> {
	column(uids.iter().filter_map(|uid| new_uid(moved, *uid)).collect())
}

/// A column without the slots that are gone.
fn moved_column<Element: Copy>(elements: &mut Column<Element>, moved: &[(Uid, Uid)]) {
	let stays = moved.iter().filter_map(|(from, _)| elements.get(usize::from(from.0)));
	*elements = column(stays.copied().collect());
}

impl EpochResult {
	fn move_uids(&mut self, moved: &[(Uid, Uid)]) {
		moved_column::<BlockNumber>(&mut self.registered_at, moved);
		moved_column(&mut self.active, moved);
		moved_column(&mut self.emission, moved);
		let proportions = [&mut self.stake_weight, &mut self.consensus, &mut self.validator_trust];
		proportions.into_iter().for_each(|column| moved_column(column, moved));
		moved_column(&mut self.incentive, moved);
		moved_column(&mut self.dividends, moved);
		let unpaid = self.unpaid.iter().filter_map(|unpaid| {
			let uid = Uid(new_uid(moved, unpaid.uid.0)?);
			Some(Unpaid { uid, ..*unpaid })
		});
		self.unpaid = column(unpaid.collect());
	}
}

impl MechanismResult {
	fn move_uids(&mut self, moved: &[(Uid, Uid)]) {
		let voters = self
			.voters
			.iter()
			.filter_map(|(uid, row)| Some((new_uid(moved, *uid)?, *row)));
		self.voters = column(voters.collect());
		moved_column(&mut self.miners, moved);
		moved_column(&mut self.validators, moved);
		let proportions = [&mut self.consensus, &mut self.validator_trust, &mut self.incentive];
		proportions.into_iter().for_each(|column| moved_column(column, moved));
		moved_column(&mut self.dividends, moved);
	}
}
