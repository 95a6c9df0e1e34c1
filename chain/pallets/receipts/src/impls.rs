//! Anchoring, the quota, and what goes: the oldest anchors, and the books of slots and subnets that are gone.

use crate::{pallet::*, Anchor, Book, QueueEnds, Queued, WeightInfo, FREE_ANCHORS, MAX_BATCH, PRUNED_PER_BLOCK};
use frame_support::{
	ensure,
	traits::{Get, UnixTime},
	weights::Weight,
};
use ganglion_primitives::{BlockNumber, NetUid, Uid};
use ganglion_traits::{
	NeuronInspect, OnHotkeySwapped, OnNeuronReplaced, OnSubnetDissolved, Pause, Progress, SubnetInspect,
};
use sp_core::H256;
use sp_runtime::{traits::UniqueSaturatedInto, DispatchResult};

impl<T: Config> Pallet<T> {
	fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().unique_saturated_into()
	}

	/// The clock of deadlines: unpaused blocks.
	pub(crate) fn clock() -> BlockNumber {
		Self::now().saturating_sub(T::Pause::paused_blocks())
	}

	/// The hotkey's book after one more batch of `count`; its quota may be overdrawn.
	fn prepare(hotkey: &T::AccountId, netuid: NetUid, root: &H256, count: u32) -> Result<Book, Error<T>> {
		let hyperparameters = T::Subnets::hyperparameters(netuid).ok_or(Error::<T>::SubnetNotFound)?;
		ensure!(T::Neurons::uid(netuid, hotkey).is_some(), Error::<T>::NotRegistered);
		ensure!(
			(1..=MAX_BATCH).contains(&count) && !root.is_zero(),
			Error::<T>::BadBatch
		);
		let known = Anchors::<T>::contains_key(root, (netuid, hotkey));
		ensure!(!known, Error::<T>::AnchoredAlready);
		ensure!(Self::has_room(), Error::<T>::NoRoom);
		let now = Self::now();
		let mut book = Books::<T>::get(netuid, hotkey).unwrap_or_default();
		if book.anchors == 0 || now.saturating_sub(book.since) >= hyperparameters.tempo.into() {
			book.since = now;
			book.used = 0;
		}
		book.used = book.used.saturating_add(1);
		book.anchors = book.anchors.saturating_add(1);
		book.receipts = book.receipts.saturating_add(count.into());
		book.last = now;
		Ok(book)
	}

	/// Whether there is a place, or one whose answers are final: whoever anchors much takes nobody's anchor away before that.
	fn has_room() -> bool {
		let ends = Ends::<T>::get();
		if ends.next.saturating_sub(ends.first) < u64::from(T::MaxAnchors::get()) {
			return true;
		}
		let age = |oldest: Queued<T::AccountId>| Self::clock().saturating_sub(oldest.clock);
		Queue::<T>::get(ends.first).is_none_or(|oldest| age(oldest) >= T::ChallengePeriod::get())
	}

	/// Whether this anchor succeeds and is within the quota.
	pub fn is_free(hotkey: &T::AccountId, netuid: NetUid, root: &H256, count: u32) -> bool {
		!T::Pause::is_paused() && Self::prepare(hotkey, netuid, root, count).is_ok_and(|book| book.used <= FREE_ANCHORS)
	}

	pub(crate) fn do_anchor(hotkey: T::AccountId, netuid: NetUid, root: H256, count: u32) -> DispatchResult {
		let mut book = Self::prepare(&hotkey, netuid, &root, count)?;
		book.used = book.used.min(FREE_ANCHORS);
		Books::<T>::insert(netuid, &hotkey, book);
		let anchor = Anchor {
			count,
			block: Self::now(),
			clock: Self::clock(),
			at: T::Time::now().as_millis().unique_saturated_into(),
		};
		Anchors::<T>::insert(root, (netuid, &hotkey), anchor);
		Self::enqueue(Queued {
			root,
			netuid,
			hotkey: hotkey.clone(),
			clock: anchor.clock,
		});
		Self::deposit_event(Event::Anchored {
			netuid,
			hotkey,
			root,
			count,
		});
		Ok(())
	}

	/// Put an anchor at the queue's end; the oldest gives way where there is no other place.
	fn enqueue(anchor: Queued<T::AccountId>) {
		let mut ends = Ends::<T>::get();
		if ends.next.saturating_sub(ends.first) >= u64::from(T::MaxAnchors::get()) {
			Self::remove_oldest(&mut ends);
		}
		Queue::<T>::insert(ends.next, anchor);
		ends.next = ends.next.saturating_add(1);
		Ends::<T>::put(ends);
	}

	fn remove_oldest(ends: &mut QueueEnds) {
		if let Some(oldest) = Queue::<T>::take(ends.first) {
			Anchors::<T>::remove(oldest.root, (oldest.netuid, oldest.hotkey));
		}
		ends.first = ends.first.saturating_add(1).min(ends.next);
	}

	/// Remove anchors that are older than they are kept, as far as the weight goes.
	pub(crate) fn prune(remaining: Weight) -> Weight {
		let (base, one) = (T::WeightInfo::prune(0), T::WeightInfo::prune(1));
		if one.any_gt(remaining) {
			return Weight::zero();
		}
		let (before, clock) = (Ends::<T>::get(), Self::clock());
		let (mut ends, mut weight) = (before, base);
		for removed in 1..=PRUNED_PER_BLOCK {
			let next = T::WeightInfo::prune(removed);
			let expired = Queue::<T>::get(ends.first)
				.is_some_and(|oldest| clock.saturating_sub(oldest.clock) >= T::AnchorLife::get());
			if !expired || next.any_gt(remaining) {
				break;
			}
			Self::remove_oldest(&mut ends);
			weight = next;
		}
		if ends != before {
			Ends::<T>::put(ends);
		}
		weight
	}

	/// Anchors that a hotkey can still set free of charge, and the block in which its quota is full again.
	pub fn quota(netuid: NetUid, hotkey: &T::AccountId) -> Option<(u32, BlockNumber)> {
		let tempo: BlockNumber = T::Subnets::hyperparameters(netuid)?.tempo.into();
		let now = Self::now();
		let book = Books::<T>::get(netuid, hotkey).filter(|book| now.saturating_sub(book.since) < tempo);
		Some(book.map_or((FREE_ANCHORS, now), |book| {
			(FREE_ANCHORS.saturating_sub(book.used), book.since.saturating_add(tempo))
		}))
	}

	/// How many batches a hotkey anchored in a subnet, how many receipts in them, and the block of the last one.
	pub fn totals(netuid: NetUid, hotkey: &T::AccountId) -> Option<(u32, u64, BlockNumber)> {
		Books::<T>::get(netuid, hotkey).map(|book| (book.anchors, book.receipts, book.last))
	}
}

impl<T: Config> OnNeuronReplaced<T::AccountId> for Pallet<T> {
	fn on_neuron_replaced(netuid: NetUid, _: Uid, hotkey: &T::AccountId) {
		Books::<T>::remove(netuid, hotkey);
	}
}

impl<T: Config> OnHotkeySwapped<T::AccountId> for Pallet<T> {
	fn ensure_can_swap_hotkey(_: &T::AccountId, _: &T::AccountId, _: Option<NetUid>) -> DispatchResult {
		// Only registered hotkeys have books, and where the old one is registered the new one is not.
		Ok(())
	}

	/// The book goes along, or a swap would give a new quota. Anchors keep the name under which they were set.
	fn on_hotkey_swapped(old: &T::AccountId, new: &T::AccountId, netuid: Option<NetUid>) {
		for netuid in netuid.map_or_else(T::Subnets::netuids, |netuid| alloc::vec![netuid]) {
			if let Some(book) = Books::<T>::take(netuid, old) {
				Books::<T>::insert(netuid, new, book);
			}
		}
	}
}

impl<T: Config> OnSubnetDissolved for Pallet<T> {
	/// Books go; anchors are about answers that were given, and go when they are old.
	fn clear(netuid: NetUid, budget: Weight) -> Progress {
		let one = T::WeightInfo::clear_one();
		let mut weight = T::DbWeight::get().reads(1);
		while let Some(hotkey) = Books::<T>::iter_key_prefix(netuid).next() {
			Books::<T>::remove(netuid, hotkey);
			weight = weight.saturating_add(one);
			if weight.saturating_add(one).any_gt(budget) {
				let done = Books::<T>::iter_key_prefix(netuid).next().is_none();
				return Progress { weight, done };
			}
		}
		Progress { weight, done: true }
	}
}
