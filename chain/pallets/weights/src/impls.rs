//! What the calls do, and what happens at the end of an epoch and when a slot changes hands.

use crate::{commitment, pallet::*, row::Pairs, Admission, Commit, CommitsOf, Entries, Row, Update, Weighing};
use alloc::vec::Vec;
use ganglion_primitives::{BlockNumber, EpochIndex, MechanismId, NetUid, Uid};
use ganglion_traits::{EpochInspect, OnEpoch, OnNeuronReplaced, SubnetInspect};
use sp_core::H256;
use sp_runtime::{traits::UniqueSaturatedInto, DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().unique_saturated_into()
	}

	/// The commitment to a row on this chain.
	pub fn commitment_of(
		who: &T::AccountId,
		netuid: NetUid,
		mechanism: MechanismId,
		weighing: &Weighing<'_>,
		salt: &[u8; 32],
	) -> H256 {
		let genesis =
			frame_system::Pallet::<T>::block_hash(frame_system::pallet_prelude::BlockNumberFor::<T>::default());
		commitment(genesis, netuid, mechanism, who, weighing, salt)
	}

	pub(crate) fn do_set(
		who: T::AccountId,
		netuid: NetUid,
		mechanism: MechanismId,
		weighing: &Weighing<'_>,
	) -> DispatchResult {
		let (admission, entries) = Self::ensure_can_set(&who, netuid, mechanism, weighing)?;
		let uid = admission.uid;
		Self::touch(netuid, mechanism, &admission);
		Self::store(&who, netuid, mechanism, &admission, entries, Self::now())?;
		Self::deposit_event(Event::WeightsSet { netuid, mechanism, uid });
		Ok(())
	}

	pub(crate) fn do_commit(who: T::AccountId, netuid: NetUid, mechanism: MechanismId, hash: H256) -> DispatchResult {
		let admission = Self::ensure_can_commit(&who, netuid, mechanism)?;
		let epoch = T::Epochs::epoch(netuid);
		let reveal_epoch = epoch.saturating_add(admission.hyperparameters.reveal_period_epochs);
		Self::drop_expired(netuid, mechanism, &who);
		let mut commits = Commits::<T>::get((netuid, mechanism), &who).unwrap_or_default();
		let commit = Commit {
			hash,
			epoch,
			block: Self::now(),
			reveal_epoch,
			terms: admission.terms(),
		};
		commits.try_push(commit).map_err(|_| Error::<T>::TooManyCommits)?;
		Commits::<T>::insert((netuid, mechanism), &who, commits);
		Self::touch(netuid, mechanism, &admission);
		let (hotkey, commitment) = (who, hash);
		Self::deposit_event(Event::WeightsCommitted {
			netuid,
			mechanism,
			hotkey,
			commitment,
			epoch,
			reveal_epoch,
		});
		Ok(())
	}

	pub(crate) fn do_reveal(
		who: T::AccountId,
		netuid: NetUid,
		mechanism: MechanismId,
		weighing: &Weighing<'_>,
		salt: &[u8; 32],
	) -> DispatchResult {
		let reveal = Self::ensure_can_reveal(&who, netuid, mechanism, weighing, salt)?;
		Self::drop_up_to(netuid, mechanism, &who, reveal.position);
		let (uid, commitment) = (reveal.admission.uid, reveal.commit.hash);
		Self::store(
			&who,
			netuid,
			mechanism,
			&reveal.admission,
			reveal.entries,
			reveal.commit.block,
		)?;
		Self::deposit_event(Event::WeightsRevealed {
			netuid,
			mechanism,
			uid,
			commitment,
		});
		Ok(())
	}

	fn touch(netuid: NetUid, mechanism: MechanismId, admission: &Admission) {
		let update = Update {
			registered_at: admission.registered_at,
			block: Self::now(),
		};
		LastUpdate::<T>::insert((netuid, mechanism), admission.uid, update);
	}

	/// Store a row, without the entry of the author's own slot unless it is the owner's.
	fn store(
		who: &T::AccountId,
		netuid: NetUid,
		mechanism: MechanismId,
		admission: &Admission,
		mut entries: Pairs,
		basis: BlockNumber,
	) -> DispatchResult {
		if T::Subnets::owner_hotkey(netuid).as_ref() != Some(who) {
			entries.retain(|(uid, _)| *uid != admission.uid.0);
		}
		let entries = Entries::try_from(entries).map_err(|_| Error::<T>::TooManyWeights)?;
		let row = Row {
			registered_at: admission.registered_at,
			updated_at: basis,
			entries,
		};
		Rows::<T>::insert((netuid, mechanism), admission.uid, row);
		Ok(())
	}

	/// Drop the revealed commit and, as missed, those before it.
	fn drop_up_to(netuid: NetUid, mechanism: MechanismId, who: &T::AccountId, position: usize) {
		let commits = Commits::<T>::take((netuid, mechanism), who).unwrap_or_default();
		let mut kept = CommitsOf::new();
		for (index, commit) in commits.into_iter().enumerate() {
			if index < position {
				Self::missed(netuid, mechanism, who, commit.hash);
			} else if index > position {
				// As many as came out fit in.
				let _ = kept.try_push(commit);
			}
		}
		Self::put_commits(netuid, mechanism, who, kept);
	}

	/// Drop, as missed, what can't be revealed any more.
	fn drop_expired(netuid: NetUid, mechanism: MechanismId, who: &T::AccountId) {
		let epoch = T::Epochs::epoch(netuid);
		let mut commits = Commits::<T>::get((netuid, mechanism), who).unwrap_or_default();
		let before = commits.len();
		commits.retain(|commit| {
			let expired = commit.reveal_epoch < epoch;
			if expired {
				Self::missed(netuid, mechanism, who, commit.hash);
			}
			!expired
		});
		if commits.len() < before {
			Self::put_commits(netuid, mechanism, who, commits);
		}
	}

	fn put_commits(netuid: NetUid, mechanism: MechanismId, who: &T::AccountId, commits: CommitsOf) {
		if commits.is_empty() {
			Commits::<T>::remove((netuid, mechanism), who);
		} else {
			Commits::<T>::insert((netuid, mechanism), who, commits);
		}
	}

	fn missed(netuid: NetUid, mechanism: MechanismId, who: &T::AccountId, commitment: H256) {
		Self::deposit_event(Event::CommitMissed {
			netuid,
			mechanism,
			hotkey: who.clone(),
			commitment,
		});
	}

	/// Mechanisms of a subnet.
	pub(crate) fn mechanisms(netuid: NetUid) -> impl Iterator<Item = MechanismId> {
		let count = T::Subnets::hyperparameters(netuid).map_or(0, |h| h.mechanism_count);
		(0..count).map(MechanismId)
	}
}

impl<T: Config> OnEpoch for Pallet<T> {
	/// Bounded by the slots: only their occupants have commits, at most [`crate::MAX_OPEN_COMMITS`] each.
	fn on_epoch(netuid: NetUid, _completed: EpochIndex) {
		for mechanism in Self::mechanisms(netuid) {
			let hotkeys: Vec<T::AccountId> = Commits::<T>::iter_key_prefix((netuid, mechanism)).collect();
			for hotkey in hotkeys {
				Self::drop_expired(netuid, mechanism, &hotkey);
			}
		}
	}
}

impl<T: Config> OnNeuronReplaced<T::AccountId> for Pallet<T> {
	fn on_neuron_replaced(netuid: NetUid, uid: Uid, hotkey: &T::AccountId) {
		for mechanism in Self::mechanisms(netuid) {
			Rows::<T>::remove((netuid, mechanism), uid);
			LastUpdate::<T>::remove((netuid, mechanism), uid);
			for commit in Commits::<T>::take((netuid, mechanism), hotkey).unwrap_or_default() {
				Self::missed(netuid, mechanism, hotkey, commit.hash);
			}
		}
	}
}
