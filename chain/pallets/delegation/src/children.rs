//! What the calls do, and when a change comes.

use super::*;
use crate::inspect::contribution;
use alloc::vec::Vec;
use frame_support::{ensure, pallet_prelude::Get};
use ganglion_primitives::{BlockNumber, EpochIndex, NetUid, ONE_U16};
use ganglion_traits::{ColdkeyGuard, EpochInspect, HotkeyInspect, OnEpoch, Pause, StakeInspect, SubnetInspect};
use sp_runtime::{traits::UniqueSaturatedInto, DispatchResult};

/// Changes that one epoch's end makes; the others come at the ends of the next ones.
const CHANGES_PER_EPOCH: usize = 16;

impl<T: Config> Pallet<T> {
	/// Block number less paused blocks.
	pub(crate) fn time() -> BlockNumber {
		let now: BlockNumber = frame_system::Pallet::<T>::block_number().unique_saturated_into();
		now.saturating_sub(T::Pause::paused_blocks())
	}

	fn ensure_owner(who: &T::AccountId, netuid: NetUid, hotkey: &T::AccountId) -> DispatchResult {
		ensure!(T::Subnets::exists(netuid), Error::<T>::SubnetNotFound);
		ensure!(T::Hotkeys::coldkey(hotkey).as_ref() == Some(who), Error::<T>::NotOwner);
		ensure!(!T::Guard::is_guarded(who), Error::<T>::ColdkeyGuarded);
		Ok(())
	}

	pub(crate) fn do_set_children(
		who: T::AccountId,
		netuid: NetUid,
		hotkey: T::AccountId,
		children: ChildrenOf<T::AccountId>,
	) -> DispatchResult {
		Self::ensure_owner(&who, netuid, &hotkey)?;
		let before = Delegations::<T>::get(netuid, &hotkey);
		Self::ensure_children(netuid, &hotkey, &children)?;
		let mut delegation = before.clone().unwrap_or_default();
		let soon = delegation.changed_at.saturating_add(T::ChangeInterval::get());
		ensure!(before.is_none() || Self::time() >= soon, Error::<T>::TooSoon);
		ensure!(before.is_some() || !children.is_empty(), Error::<T>::NoChange);
		let epoch = Self::epoch_of_change(netuid, &delegation.now, &children);
		Self::enqueue(netuid, &hotkey, epoch)?;
		for (child, _) in &children {
			Self::add_parent(netuid, child, &hotkey)?;
		}
		let replaced = delegation.next.replace((epoch, children.clone()));
		delegation.changed_at = Self::time();
		let dropped: Vec<T::AccountId> = replaced.map(|(_, old)| names(&old)).unwrap_or_default();
		Self::put(netuid, &hotkey, delegation, &dropped);
		Self::deposit_event(Event::ChildrenSet {
			netuid,
			hotkey,
			children,
			epoch,
		});
		Ok(())
	}

	/// Whether these can be a hotkey's children.
	fn ensure_children(netuid: NetUid, hotkey: &T::AccountId, children: &ChildrenOf<T::AccountId>) -> DispatchResult {
		let (mut sum, pool) = (0u32, T::Stake::stake(netuid, hotkey));
		for (place, (child, part)) in children.iter().enumerate() {
			let again = children.iter().take(place).any(|(other, _)| other == child);
			let known = T::Hotkeys::coldkey(child).is_some();
			ensure!(
				child != hotkey && !again && known && *part > 0,
				Error::<T>::InvalidChild
			);
			ensure!(
				!Delegations::<T>::contains_key(netuid, child),
				Error::<T>::ParentAndChild
			);
			ensure!(
				contribution(pool, *part) >= T::MinContribution::get(),
				Error::<T>::NotEnoughStake
			);
			sum = sum.saturating_add((*part).into());
		}
		ensure!(sum <= ONE_U16.into(), Error::<T>::TooMuch);
		if children.is_empty() {
			return Ok(());
		}
		ensure!(!Parents::<T>::contains_key(netuid, hotkey), Error::<T>::ParentAndChild);
		let least = T::Subnets::hyperparameters(netuid).map_or(0, |params| params.min_validator_stake);
		ensure!(T::Stake::own_stake(netuid, hotkey) >= least, Error::<T>::NotEnoughStake);
		Ok(())
	}

	/// Epoch at whose end a change comes. What a child loses it keeps as long as stake unbonds: whose stake voted must not
	/// be gone when a fault of that time is found.
	fn epoch_of_change(netuid: NetUid, now: &ChildrenOf<T::AccountId>, next: &ChildrenOf<T::AccountId>) -> EpochIndex {
		let keeps = |(child, part): &(T::AccountId, u16)| next.iter().any(|(of, new)| of == child && new >= part);
		let wait = if now.iter().all(keeps) {
			T::Cooldown::get()
		} else {
			T::UnbondingEpochs::get().max(T::Cooldown::get())
		};
		T::Epochs::epoch(netuid).saturating_add(1).saturating_add(wait)
	}

	/// Note when a hotkey's children change, in the place of what was noted before.
	fn enqueue(netuid: NetUid, hotkey: &T::AccountId, epoch: EpochIndex) -> DispatchResult {
		Changes::<T>::try_mutate(netuid, |changes| {
			changes.retain(|(_, other)| other != hotkey);
			let place = changes.partition_point(|(other, _)| *other <= epoch);
			changes
				.try_insert(place, (epoch, hotkey.clone()))
				.map_err(|_| Error::<T>::TooManyChanges)?;
			Ok(())
		})
	}

	/// Add a parent to a child.
	fn add_parent(netuid: NetUid, child: &T::AccountId, parent: &T::AccountId) -> DispatchResult {
		let mut parents = Parents::<T>::get(netuid, child);
		if parents.contains(parent) {
			return Ok(());
		}
		let family = T::Hotkeys::coldkey(child) == T::Hotkeys::coldkey(parent);
		ensure!(
			family || !Refusing::<T>::contains_key(netuid, child),
			Error::<T>::ChildRefuses
		);
		let links = Links::<T>::get(netuid).saturating_add(1);
		ensure!(links <= MAX_LINKS, Error::<T>::TooManyLinks);
		parents
			.try_push(parent.clone())
			.map_err(|_| Error::<T>::TooManyParents)?;
		Links::<T>::insert(netuid, links);
		Parents::<T>::insert(netuid, child, parents);
		Ok(())
	}

	pub(crate) fn do_drop_parent(
		who: T::AccountId,
		netuid: NetUid,
		hotkey: T::AccountId,
		parent: T::AccountId,
	) -> DispatchResult {
		Self::ensure_owner(&who, netuid, &hotkey)?;
		ensure!(
			Parents::<T>::get(netuid, &hotkey).contains(&parent),
			Error::<T>::NotParent
		);
		let mut given = Delegations::<T>::get(netuid, &parent).unwrap_or_default();
		let wanted = given.next.take().map_or_else(|| given.now.clone(), |(_, next)| next);
		let mut children = wanted;
		children.retain(|(child, _)| *child != hotkey);
		let epoch = Self::epoch_of_change(netuid, &given.now, &children);
		Self::enqueue(netuid, &parent, epoch)?;
		given.next = Some((epoch, children.clone()));
		Self::put(netuid, &parent, given, core::slice::from_ref(&hotkey));
		Self::deposit_event(Event::ChildrenSet {
			netuid,
			hotkey: parent,
			children,
			epoch,
		});
		Ok(())
	}

	pub(crate) fn do_set_refusing(
		who: T::AccountId,
		netuid: NetUid,
		hotkey: T::AccountId,
		refuses: bool,
	) -> DispatchResult {
		Self::ensure_owner(&who, netuid, &hotkey)?;
		ensure!(
			Refusing::<T>::contains_key(netuid, &hotkey) != refuses,
			Error::<T>::NoChange
		);
		if refuses {
			Refusing::<T>::insert(netuid, &hotkey, ());
		} else {
			Refusing::<T>::remove(netuid, &hotkey);
		}
		Self::deposit_event(Event::RefusingSet {
			netuid,
			hotkey,
			refuses,
		});
		Ok(())
	}

	/// Store what a hotkey gives, and take it from the parents of those in `dropped` who are not its children any more.
	pub(crate) fn put(
		netuid: NetUid,
		hotkey: &T::AccountId,
		delegation: Given<T::AccountId>,
		dropped: &[T::AccountId],
	) {
		let next = delegation.next.iter().flat_map(|(_, next)| next);
		let kept: Vec<T::AccountId> = delegation
			.now
			.iter()
			.chain(next)
			.map(|(child, _)| child.clone())
			.collect();
		for child in dropped.iter().filter(|child| !kept.contains(child)) {
			let mut parents = Parents::<T>::get(netuid, child);
			let before = parents.len();
			parents.retain(|parent| parent != hotkey);
			if parents.len() < before {
				Self::unlink(netuid);
			}
			if parents.is_empty() {
				Parents::<T>::remove(netuid, child);
			} else {
				Parents::<T>::insert(netuid, child, parents);
			}
		}
		if kept.is_empty() && delegation.next.is_none() {
			Delegations::<T>::remove(netuid, hotkey);
		} else {
			Delegations::<T>::insert(netuid, hotkey, delegation);
		}
	}

	/// One pair of parent and child less.
	fn unlink(netuid: NetUid) {
		Links::<T>::mutate_exists(netuid, |links| {
			*links = links
				.take()
				.and_then(|links| links.checked_sub(1))
				.filter(|links| *links > 0);
		});
	}

	/// Make the change that waits.
	fn change(netuid: NetUid, hotkey: &T::AccountId) {
		let mut delegation = Delegations::<T>::get(netuid, hotkey).unwrap_or_default();
		let Some((_, next)) = delegation.next.take() else {
			return;
		};
		let dropped = names(&delegation.now);
		delegation.now = next;
		Self::put(netuid, hotkey, delegation, &dropped);
		Self::deposit_event(Event::ChildrenChanged {
			netuid,
			hotkey: hotkey.clone(),
		});
	}

	pub(crate) fn do_set_child_take(
		who: T::AccountId,
		netuid: NetUid,
		hotkey: T::AccountId,
		take: u16,
	) -> DispatchResult {
		Self::ensure_owner(&who, netuid, &hotkey)?;
		let least = T::Subnets::hyperparameters(netuid).map_or(0, |params| params.min_childkey_take);
		ensure!(take >= least && take <= T::MaxTake::get(), Error::<T>::TakeOutOfBounds);
		let before = ChildTakes::<T>::get(netuid, &hotkey);
		let old = Self::child_take(netuid, &hotkey);
		ensure!(take != old, Error::<T>::NoChange);
		let soon = before.map_or(0, |before| {
			before.changed_at.saturating_add(T::TakeIncreaseInterval::get())
		});
		// Who has no parents yet deceives nobody by a first take.
		let fresh = before.is_none() && !Parents::<T>::contains_key(netuid, &hotkey);
		let waited = before.is_some() && Self::time() >= soon;
		ensure!(take < old || fresh || waited, Error::<T>::TooSoon);
		let changed_at = Self::time();
		ChildTakes::<T>::insert(netuid, &hotkey, ChildTake { take, changed_at });
		Self::deposit_event(Event::ChildTakeSet { netuid, hotkey, take });
		Ok(())
	}

	/// What a hotkey keeps of the dividends of its parents' stake: what it set, at least the subnet's least.
	pub fn child_take(netuid: NetUid, hotkey: &T::AccountId) -> u16 {
		let least = T::Subnets::hyperparameters(netuid).map_or(0, |params| params.min_childkey_take);
		let set = ChildTakes::<T>::get(netuid, hotkey).map_or(0, |take| take.take);
		set.max(least).min(T::MaxTake::get())
	}

	pub(crate) fn do_set_auto_stake(who: T::AccountId, netuid: NetUid, hotkey: Option<T::AccountId>) -> DispatchResult {
		ensure!(T::Subnets::exists(netuid), Error::<T>::SubnetNotFound);
		ensure!(!T::Guard::is_guarded(&who), Error::<T>::ColdkeyGuarded);
		ensure!(AutoStake::<T>::get(netuid, &who) != hotkey, Error::<T>::NoChange);
		match &hotkey {
			Some(hotkey) => {
				ensure!(T::Hotkeys::coldkey(hotkey).is_some(), Error::<T>::NotOwner);
				AutoStake::<T>::insert(netuid, &who, hotkey);
			}
			None => AutoStake::<T>::remove(netuid, &who),
		}
		Self::deposit_event(Event::AutoStakeSet {
			netuid,
			coldkey: who,
			hotkey,
		});
		Ok(())
	}
}

impl<T: Config> OnEpoch for Pallet<T> {
	fn on_epoch(netuid: NetUid, completed: EpochIndex) {
		let mut changes = Changes::<T>::get(netuid);
		let due = changes
			.iter()
			.take(CHANGES_PER_EPOCH)
			.take_while(|(epoch, _)| *epoch <= completed)
			.count();
		if due == 0 {
			return;
		}
		let hotkeys: Vec<T::AccountId> = changes.drain(..due).map(|(_, hotkey)| hotkey).collect();
		if changes.is_empty() {
			Changes::<T>::remove(netuid);
		} else {
			Changes::<T>::insert(netuid, changes);
		}
		hotkeys.iter().for_each(|hotkey| Self::change(netuid, hotkey));
	}
}

/// The hotkeys of a list of children.
pub(crate) fn names<AccountId: Clone>(children: &ChildrenOf<AccountId>) -> Vec<AccountId> {
	children.iter().map(|(child, _)| child.clone()).collect()
}
