//! Batches: one item for each of several (subnet, mechanism), each as if it were alone. One that fails undoes nothing of the others.

use crate::{pallet::*, Batch, CommitItem, RevealItem, SetItem, Weighing, WeightInfo};
use alloc::vec::Vec;
use frame_support::{ensure, storage::with_storage_layer, weights::Weight};
use ganglion_primitives::{Evidence, MechanismId, NetUid};
use sp_runtime::DispatchResult;

/// What is common to the items of all batches.
pub trait Item<T: Config> {
	/// Where it belongs.
	fn place(&self) -> (NetUid, MechanismId);
	/// What it takes.
	fn weight(&self) -> Weight;
	/// Whether the signer can do it now.
	fn admit(&self, who: &T::AccountId) -> DispatchResult;
	/// Do it.
	fn run(&self, who: &T::AccountId) -> DispatchResult;
}

fn entries(uids: &[u16], values: &[u16]) -> u32 {
	u32::try_from(uids.len().max(values.len())).unwrap_or(u32::MAX)
}

impl SetItem {
	fn weighing(&self) -> Weighing<'_> {
		Weighing {
			uids: &self.uids,
			values: &self.values,
			version_key: self.version_key,
			evidence: None,
		}
	}
}

impl RevealItem {
	fn weighing(&self) -> Weighing<'_> {
		Weighing {
			uids: &self.uids,
			values: &self.values,
			version_key: self.version_key,
			evidence: self.evidence.as_ref(),
		}
	}
}

impl<T: Config> Item<T> for SetItem {
	fn place(&self) -> (NetUid, MechanismId) {
		(self.netuid, self.mechanism)
	}
	fn weight(&self) -> Weight {
		T::WeightInfo::set(entries(&self.uids, &self.values))
	}
	fn admit(&self, who: &T::AccountId) -> DispatchResult {
		Pallet::<T>::ensure_can_set(who, self.netuid, self.mechanism, &self.weighing())?;
		Ok(())
	}
	fn run(&self, who: &T::AccountId) -> DispatchResult {
		Pallet::<T>::do_set(who.clone(), self.netuid, self.mechanism, &self.weighing())
	}
}

impl<T: Config> Item<T> for CommitItem {
	fn place(&self) -> (NetUid, MechanismId) {
		(self.netuid, self.mechanism)
	}
	fn weight(&self) -> Weight {
		T::WeightInfo::commit()
	}
	fn admit(&self, who: &T::AccountId) -> DispatchResult {
		Pallet::<T>::ensure_can_commit(who, self.netuid, self.mechanism).map(drop)
	}
	fn run(&self, who: &T::AccountId) -> DispatchResult {
		Pallet::<T>::do_commit(who.clone(), self.netuid, self.mechanism, self.commitment)
	}
}

impl<T: Config> Item<T> for RevealItem {
	fn place(&self) -> (NetUid, MechanismId) {
		(self.netuid, self.mechanism)
	}
	fn weight(&self) -> Weight {
		Pallet::<T>::reveal_weight(&self.uids, &self.values, self.evidence.as_ref())
	}
	fn admit(&self, who: &T::AccountId) -> DispatchResult {
		Pallet::<T>::ensure_can_reveal(who, self.netuid, self.mechanism, &self.weighing(), &self.salt).map(drop)
	}
	fn run(&self, who: &T::AccountId) -> DispatchResult {
		Pallet::<T>::do_reveal(who.clone(), self.netuid, self.mechanism, &self.weighing(), &self.salt)
	}
}

impl<T: Config> Pallet<T> {
	/// What a reveal takes: its entries, and the rows of the evidence behind them.
	pub fn reveal_weight(uids: &[u16], values: &[u16], evidence: Option<&Evidence>) -> Weight {
		let rows = |evidence: &Evidence| u32::try_from(evidence.rows.len()).unwrap_or(u32::MAX);
		let weight = T::WeightInfo::reveal(entries(uids, values));
		weight.saturating_add(evidence.map_or(Weight::zero(), |evidence| T::WeightInfo::evidence(rows(evidence))))
	}

	/// What a batch takes: the sum of what its items take, and an event.
	pub fn batch_weight<I: Item<T>>(items: &Batch<I>) -> Weight {
		let each = items.iter().map(Item::weight);
		each.fold(T::WeightInfo::batch(), |sum, weight| sum.saturating_add(weight))
	}

	/// Whether a batch can run at all: it has items, no two of which are for the same mechanism, so that none stands in the
	/// way of another.
	pub fn ensure_batch<I: Item<T>>(items: &Batch<I>) -> Result<(), Error<T>> {
		ensure!(!items.is_empty(), Error::<T>::EmptyBatch);
		let mut places: Vec<(NetUid, MechanismId)> = items.iter().map(Item::place).collect();
		places.sort_unstable();
		let twice = |pair: &[(NetUid, MechanismId)]| matches!(pair, [a, b] if a == b);
		ensure!(!places.windows(2).any(twice), Error::<T>::DuplicateItem);
		Ok(())
	}

	/// Whether every item of a batch will succeed.
	pub fn admits_all<I: Item<T>>(who: &T::AccountId, items: &Batch<I>) -> bool {
		Self::ensure_batch(items).is_ok() && items.iter().all(|item| item.admit(who).is_ok())
	}

	pub(crate) fn do_batch<I: Item<T>>(who: &T::AccountId, items: &Batch<I>) -> DispatchResult {
		Self::ensure_batch(items)?;
		let mut failed = 0u32;
		for (index, item) in (0u32..).zip(items) {
			if let Err(error) = with_storage_layer(|| item.run(who)) {
				let (netuid, mechanism) = item.place();
				failed = failed.saturating_add(1);
				Self::deposit_event(Event::BatchItemFailed {
					index,
					netuid,
					mechanism,
					error,
				});
			}
		}
		let done = u32::try_from(items.len()).unwrap_or(u32::MAX).saturating_sub(failed);
		Self::deposit_event(Event::BatchCompleted { done, failed });
		Ok(())
	}
}
