//! Randomness of an epoch, out of the secrets that were revealed in the one before.

use crate::{pallet::*, HISTORY, PENDING, RANDOMNESS_DOMAIN};
use alloc::vec::Vec;
use codec::Encode;
use ganglion_primitives::{BlockNumber, EpochIndex, NetUid};
use ganglion_traits::{DrawRandomness, EpochInspect, NeuronInspect, OnEpoch};
use sp_core::H256;
use sp_runtime::traits::UniqueSaturatedInto;

/// blake2b-256 of [`RANDOMNESS_DOMAIN`] and SCALE(netuid, epoch, secrets): the secrets ascending by slot.
pub fn mix(netuid: NetUid, epoch: EpochIndex, secrets: &[[u8; 32]]) -> H256 {
	let mut bytes = RANDOMNESS_DOMAIN.to_vec();
	(netuid, epoch, secrets).encode_to(&mut bytes);
	H256(sp_io::hashing::blake2_256(&bytes))
}

impl<T: Config> Pallet<T> {
	/// Remember a revealed secret for the next epoch's randomness.
	pub(crate) fn collect(netuid: NetUid, hotkey: &T::AccountId, secret: [u8; 32]) {
		let Some(uid) = T::Neurons::uid(netuid, hotkey) else {
			return;
		};
		Revealed::<T>::mutate(netuid, |secrets| {
			let entry = (uid.0, secret);
			let place = secrets.binary_search(&entry).unwrap_or_else(|place| place);
			// There are as many places as slots can be.
			let _ = secrets.try_insert(place, entry);
		});
	}

	/// Note what is to be weighed.
	pub(crate) fn touch(items: usize) {
		if items > 0 {
			let items = u32::try_from(items).unwrap_or(u32::MAX);
			Touched::<T>::mutate(|touched| *touched = touched.saturating_add(items));
		}
	}

	/// Height of the present block.
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().unique_saturated_into()
	}

	/// In this block or a later one was put together what was committed to in the epoch. None where that is not known.
	pub(crate) fn drafted_from(netuid: NetUid, committed_in: EpochIndex) -> Option<BlockNumber> {
		let began = Began::<T>::get(netuid, committed_in)?;
		let before = Began::<T>::get(netuid, committed_in.checked_sub(1)?)?;
		Some(before.min(began.saturating_sub(PENDING)))
	}

	/// Make the randomness of the epoch that begins. Answers how many items it took.
	fn draw(netuid: NetUid, epoch: EpochIndex) -> usize {
		let secrets: Vec<[u8; 32]> = Revealed::<T>::take(netuid).into_iter().map(|(_, one)| one).collect();
		if secrets.is_empty() {
			return 0;
		}
		let randomness = mix(netuid, epoch, &secrets);
		Randomness::<T>::insert(netuid, epoch, randomness);
		Self::deposit_event(Event::RandomnessMade {
			netuid,
			epoch,
			randomness,
			secrets: u32::try_from(secrets.len()).unwrap_or(u32::MAX),
		});
		2
	}

	/// Forget what is older than the history. Bounded by the slots: each hotkey files once an epoch. Answers how many items that took.
	fn forget(netuid: NetUid, epoch: EpochIndex) -> usize {
		let Some(old) = epoch.checked_sub(HISTORY) else {
			return 0;
		};
		Randomness::<T>::remove(netuid, old);
		Began::<T>::remove(netuid, old);
		let hotkeys: Vec<T::AccountId> = Filed::<T>::iter_key_prefix((netuid, old)).collect();
		for hotkey in &hotkeys {
			Filed::<T>::remove((netuid, old, hotkey));
			Refuted::<T>::remove((netuid, old, hotkey));
			if Authors::<T>::get(netuid, hotkey).is_some_and(|author| author.latest <= old) {
				Authors::<T>::remove(netuid, hotkey);
			}
		}
		hotkeys.len().saturating_add(1)
	}
}

impl<T: Config> OnEpoch for Pallet<T> {
	fn on_epoch(netuid: NetUid, _completed: EpochIndex) {
		let epoch = T::Epochs::epoch(netuid);
		Began::<T>::insert(netuid, epoch, Self::now());
		let drawn = Self::draw(netuid, epoch);
		let forgotten = Self::forget(netuid, epoch);
		Self::touch(drawn.saturating_add(forgotten).saturating_add(1));
	}
}

impl<T: Config> DrawRandomness for Pallet<T> {
	fn randomness(netuid: NetUid) -> Option<(EpochIndex, H256)> {
		let epoch = T::Epochs::epoch(netuid);
		Some((epoch, Randomness::<T>::get(netuid, epoch)?))
	}

	fn had_randomness(netuid: NetUid, epochs: EpochIndex) -> bool {
		let epoch = T::Epochs::epoch(netuid);
		if Revealed::<T>::contains_key(netuid) {
			return true;
		}
		let mut last = (0..epochs).filter_map(|ago| epoch.checked_sub(ago));
		last.any(|one| Randomness::<T>::contains_key(netuid, one))
	}
}
