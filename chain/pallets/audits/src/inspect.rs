//! How others read evidence: disputes through [`FiledVerdicts`], clients through runtime APIs.

use crate::{pallet::*, rows::Entries};
use alloc::vec::Vec;
use ganglion_primitives::{EpochIndex, FiledEvidence, NetUid, RowFlaw, Uid, VerdictRow};
use ganglion_traits::{FiledVerdicts, NeuronInspect};
use sp_core::H256;

impl<T: Config> FiledVerdicts<T::AccountId> for Pallet<T> {
	fn filed(netuid: NetUid, hotkey: &T::AccountId, committed_in: EpochIndex) -> Option<FiledEvidence<T::AccountId>> {
		Filed::<T>::get((netuid, committed_in, hotkey))
	}

	fn is_refuted(netuid: NetUid, hotkey: &T::AccountId, committed_in: EpochIndex) -> bool {
		Refuted::<T>::contains_key((netuid, committed_in, hotkey))
	}

	fn note_refuted(netuid: NetUid, hotkey: &T::AccountId, committed_in: EpochIndex) {
		if Filed::<T>::contains_key((netuid, committed_in, hotkey)) {
			Refuted::<T>::insert((netuid, committed_in, hotkey), ());
		}
	}

	fn occupant(netuid: NetUid, uid: Uid, committed_in: EpochIndex) -> Option<T::AccountId> {
		let (hotkey, registered_at) = T::Neurons::neuron(netuid, uid)?;
		let since = registered_at
			.max(Named::<T>::get(netuid, uid))
			.max(Renumbered::<T>::get(netuid));
		(since < Self::drafted_from(netuid, committed_in)?).then_some(hotkey)
	}
}

impl<T: Config> Pallet<T> {
	/// The weights that these rows of the hotkey give, as a reveal is held to them. None where the hotkey has no slot.
	pub fn weights_of(netuid: NetUid, hotkey: &T::AccountId, rows: &[VerdictRow]) -> Option<Result<Entries, RowFlaw>> {
		let own = T::Neurons::uid(netuid, hotkey)?;
		Some(Self::weights_by(netuid, own.0, rows))
	}

	/// All evidence whose commitments were made in the epoch. Bounded by the slots; for reads only.
	pub fn filed_in(netuid: NetUid, epoch: EpochIndex) -> Vec<(T::AccountId, FiledEvidence<T::AccountId>)> {
		Filed::<T>::iter_prefix((netuid, epoch)).collect()
	}

	/// Hash of the secret that the hotkey's next evidence has to reveal.
	pub fn announced(netuid: NetUid, hotkey: &T::AccountId) -> Option<H256> {
		Authors::<T>::get(netuid, hotkey)?.next
	}

	/// Randomness of the epochs that have some and are kept, oldest first. For reads only.
	pub fn randomness_history(netuid: NetUid) -> Vec<(EpochIndex, H256)> {
		let mut all: Vec<(EpochIndex, H256)> = Randomness::<T>::iter_prefix(netuid).collect();
		all.sort_unstable_by_key(|(epoch, _)| *epoch);
		all
	}
}
