//! What the calls do.

use crate::{
	commitment, pallet::*, row::Pairs, Admission, Commit, CommitsOf, Entries, MissCause, Row, Update, Weighing,
};
use ganglion_primitives::{BlockNumber, EpochIndex, MechanismId, NetUid, Uid};
use ganglion_traits::{AuditEvidence, EpochInspect, NeuronInspect, SubnetInspect};
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
		Self::drop_expired(netuid, mechanism, &who);
		let mut commits = Commits::<T>::get((netuid, mechanism), &who).unwrap_or_default();
		let due = epoch.saturating_add(admission.hyperparameters.reveal_period_epochs);
		let reveal_epoch = due.max(Self::evidence_due(&commits));
		let commit = Commit {
			hash,
			author: who.clone(),
			epoch,
			block: Self::now(),
			reveal_epoch,
			terms: admission.terms(T::Audits::is_required(netuid, mechanism)),
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

	/// The last epoch in which a piece of evidence is due. Nothing is due before it: a row that is revealed first overtakes those committed
	/// before, an owner who shortens the reveal period would have made their authors keep their evidence back, which is slashed.
	fn evidence_due(commits: &CommitsOf<T::AccountId>) -> EpochIndex {
		let resting = commits.iter().filter(|commit| commit.terms.evidence);
		resting.map(|commit| commit.reveal_epoch).max().unwrap_or(0)
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
		if let Some(evidence) = weighing.evidence {
			let Commit { author, epoch, .. } = &reveal.commit;
			T::Audits::file(netuid, mechanism, &who, author, *epoch, evidence.clone());
		}
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
			block: Self::now(),
			..Self::update_of(netuid, mechanism, admission.uid, admission.registered_at)
		};
		LastUpdate::<T>::insert((netuid, mechanism), admission.uid, update);
		if mechanism.0 >= Mechanisms::<T>::get(netuid) {
			Mechanisms::<T>::insert(netuid, mechanism.0.saturating_add(1));
		}
	}

	/// What is known of the occupant's settings and commitments so far.
	fn update_of(netuid: NetUid, mechanism: MechanismId, uid: Uid, registered_at: BlockNumber) -> Update {
		let known = LastUpdate::<T>::get((netuid, mechanism), uid).filter(|last| last.registered_at == registered_at);
		known.unwrap_or(Update {
			registered_at,
			block: 0,
			missed: 0,
			silent: 0,
		})
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
				Self::missed(netuid, mechanism, who, commit.hash, MissCause::Superseded);
				Self::kept_back(netuid, mechanism, who, &commit);
			} else if index > position {
				// As many as came out fit in.
				let _ = kept.try_push(commit);
			}
		}
		Self::put_commits(netuid, mechanism, who, kept);
	}

	/// Drop, as missed, what can't be revealed any more.
	pub(crate) fn drop_expired(netuid: NetUid, mechanism: MechanismId, who: &T::AccountId) {
		let epoch = T::Epochs::epoch(netuid);
		let mut commits = Commits::<T>::get((netuid, mechanism), who).unwrap_or_default();
		let before = commits.len();
		let mut silent = false;
		commits.retain(|commit| {
			let expired = commit.reveal_epoch < epoch;
			if expired {
				Self::missed(netuid, mechanism, who, commit.hash, MissCause::Expired);
				silent |= Self::kept_back(netuid, mechanism, who, commit);
			}
			!expired
		});
		let expired = before.saturating_sub(commits.len());
		if expired > 0 {
			Self::put_commits(netuid, mechanism, who, commits);
			Self::count_missed(netuid, mechanism, who, expired, silent);
		}
	}

	/// Tell of evidence that will not be seen; whether there was any.
	fn kept_back(netuid: NetUid, mechanism: MechanismId, who: &T::AccountId, commit: &Commit<T::AccountId>) -> bool {
		if commit.terms.evidence {
			T::Audits::missed(netuid, mechanism, who);
		}
		commit.terms.evidence
	}

	/// Drop all commits of a hotkey.
	pub(crate) fn drop_all(netuid: NetUid, mechanism: MechanismId, who: &T::AccountId, cause: MissCause) {
		for commit in Commits::<T>::take((netuid, mechanism), who).unwrap_or_default() {
			Self::missed(netuid, mechanism, who, commit.hash, cause);
		}
	}

	fn put_commits(netuid: NetUid, mechanism: MechanismId, who: &T::AccountId, commits: CommitsOf<T::AccountId>) {
		if commits.is_empty() {
			Commits::<T>::remove((netuid, mechanism), who);
		} else {
			Commits::<T>::insert((netuid, mechanism), who, commits);
		}
	}

	fn missed(netuid: NetUid, mechanism: MechanismId, who: &T::AccountId, commitment: H256, cause: MissCause) {
		Self::deposit_event(Event::CommitMissed {
			netuid,
			mechanism,
			hotkey: who.clone(),
			commitment,
			cause,
		});
	}

	fn count_missed(netuid: NetUid, mechanism: MechanismId, who: &T::AccountId, count: usize, silent: bool) {
		let Some(uid) = T::Neurons::uid(netuid, who) else {
			return;
		};
		let Some((_, registered_at)) = T::Neurons::neuron(netuid, uid) else {
			return;
		};
		let mut update = Self::update_of(netuid, mechanism, uid, registered_at);
		update.missed = update.missed.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
		if silent {
			update.silent = T::Epochs::epoch(netuid);
		}
		LastUpdate::<T>::insert((netuid, mechanism), uid, update);
	}
}
