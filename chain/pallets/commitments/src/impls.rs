//! What the call does, what others read, and what becomes of commitments when slots and subnets go.

use crate::{pallet::*, Commitment, WeightInfo, MIN_CHARGE, QUOTA};
use alloc::vec::Vec;
use codec::Encode;
use frame_support::{traits::Get, weights::Weight};
use ganglion_primitives::{BlockNumber, CommitmentColumns, CommitmentFields, NetUid, Uid};
use ganglion_traits::{
	NeuronInspect, OnHotkeySwapped, OnNeuronReplaced, OnSubnetDissolved, Pause, Progress, SubnetInspect,
};
use sp_runtime::{traits::UniqueSaturatedInto, DispatchResult};

/// Bytes that fields are charged with.
pub fn charge(fields: &CommitmentFields) -> u32 {
	u32::try_from(fields.encoded_size()).unwrap_or(u32::MAX).max(MIN_CHARGE)
}

impl<T: Config> Pallet<T> {
	fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().unique_saturated_into()
	}

	/// Registration block of a registered hotkey.
	fn registered_at(netuid: NetUid, hotkey: &T::AccountId) -> Option<BlockNumber> {
		let uid = T::Neurons::uid(netuid, hotkey)?;
		T::Neurons::neuron(netuid, uid).map(|(_, registered_at)| registered_at)
	}

	/// A commitment with these fields, before it is stored; its quota may be overdrawn.
	fn prepare(hotkey: &T::AccountId, netuid: NetUid, fields: CommitmentFields) -> Result<Commitment, Error<T>> {
		let hyperparameters = T::Subnets::hyperparameters(netuid).ok_or(Error::<T>::SubnetNotFound)?;
		let registered_at = Self::registered_at(netuid, hotkey).ok_or(Error::<T>::NotRegistered)?;
		let now = Self::now();
		let older = Commitments::<T>::get(netuid, hotkey)
			.filter(|older| older.registered_at == registered_at)
			.filter(|older| now.saturating_sub(older.quota_since) < hyperparameters.tempo.into());
		let (quota_since, used) = older.map_or((now, 0), |older| (older.quota_since, older.used));
		Ok(Commitment {
			registered_at,
			updated_at: now,
			quota_since,
			used: used.saturating_add(charge(&fields)),
			fields,
		})
	}

	/// Whether setting these fields succeeds and is within the quota.
	pub fn is_free(hotkey: &T::AccountId, netuid: NetUid, fields: &CommitmentFields) -> bool {
		!T::Pause::is_paused()
			&& Self::prepare(hotkey, netuid, fields.clone()).is_ok_and(|commitment| commitment.used <= QUOTA)
	}

	pub(crate) fn do_set(hotkey: T::AccountId, netuid: NetUid, fields: CommitmentFields) -> DispatchResult {
		let mut commitment = Self::prepare(&hotkey, netuid, fields.clone())?;
		commitment.used = commitment.used.min(QUOTA);
		Commitments::<T>::insert(netuid, &hotkey, commitment);
		Self::deposit_event(Event::CommitmentSet { netuid, hotkey, fields });
		Ok(())
	}

	/// What a registered hotkey committed to, with the block of the last change.
	pub fn commitment(netuid: NetUid, hotkey: &T::AccountId) -> Option<(BlockNumber, CommitmentFields)> {
		let registered_at = Self::registered_at(netuid, hotkey)?;
		Self::current(netuid, hotkey, registered_at)
	}

	fn current(
		netuid: NetUid,
		hotkey: &T::AccountId,
		registered_at: BlockNumber,
	) -> Option<(BlockNumber, CommitmentFields)> {
		Commitments::<T>::get(netuid, hotkey)
			.filter(|found| found.registered_at == registered_at && !found.fields.is_empty())
			.map(|found| (found.updated_at, found.fields))
	}

	/// Commitments of a subnet's present neurons, ascending by uid.
	pub fn columns(netuid: NetUid) -> CommitmentColumns<T::AccountId> {
		let mut columns = CommitmentColumns {
			uids: Vec::new(),
			hotkeys: Vec::new(),
			updated_at: Vec::new(),
			fields: Vec::new(),
		};
		for (uid, (hotkey, registered_at)) in (0u16..).zip(T::Neurons::neurons(netuid)) {
			if let Some((updated_at, fields)) = Self::current(netuid, &hotkey, registered_at) {
				columns.uids.push(uid);
				columns.hotkeys.push(hotkey);
				columns.updated_at.push(updated_at);
				columns.fields.push(fields);
			}
		}
		columns
	}
}

impl<T: Config> OnNeuronReplaced<T::AccountId> for Pallet<T> {
	fn on_neuron_replaced(netuid: NetUid, _: Uid, hotkey: &T::AccountId) {
		Commitments::<T>::remove(netuid, hotkey);
	}
}

impl<T: Config> OnHotkeySwapped<T::AccountId> for Pallet<T> {
	fn ensure_can_swap_hotkey(_: &T::AccountId, _: &T::AccountId, _: Option<NetUid>) -> DispatchResult {
		// Only registered hotkeys have commitments, and where the old one is registered the new one is not.
		Ok(())
	}

	fn on_hotkey_swapped(old: &T::AccountId, new: &T::AccountId, netuid: Option<NetUid>) {
		for netuid in netuid.map_or_else(T::Subnets::netuids, |netuid| alloc::vec![netuid]) {
			if let Some(commitment) = Commitments::<T>::take(netuid, old) {
				Commitments::<T>::insert(netuid, new, commitment);
			}
		}
	}
}

impl<T: Config> OnSubnetDissolved for Pallet<T> {
	fn clear(netuid: NetUid, budget: Weight) -> Progress {
		let one = T::WeightInfo::clear_one();
		let mut weight = T::DbWeight::get().reads(1);
		while let Some(hotkey) = Commitments::<T>::iter_key_prefix(netuid).next() {
			Commitments::<T>::remove(netuid, hotkey);
			weight = weight.saturating_add(one);
			if weight.saturating_add(one).any_gt(budget) {
				let done = Commitments::<T>::iter_key_prefix(netuid).next().is_none();
				return Progress { weight, done };
			}
		}
		Progress { weight, done: true }
	}
}
