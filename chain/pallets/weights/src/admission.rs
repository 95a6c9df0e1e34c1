//! Who may do what now: one function for each call, used both by the call and by the rule for what is free.

use crate::{
	pallet::*,
	row::{Flaw, Pairs},
	Commit, CommitsOf, Terms, Weighing, MAX_OPEN_COMMITS,
};
use alloc::vec::Vec;
use frame_support::ensure;
use ganglion_primitives::{BlockNumber, Hyperparameters, MechanismId, NetUid, Uid};
use ganglion_traits::{AuditEvidence, EpochInspect, EpochResults, NeuronInspect, Pause, SubnetInspect};
use sp_core::H256;
use sp_runtime::DispatchError;

/// A hotkey that may act for its slot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Admission {
	/// The slot.
	pub uid: Uid,
	/// Registration block of its occupant.
	pub registered_at: BlockNumber,
	/// Slots in use.
	pub slots: u16,
	/// Hyperparameters of the subnet.
	pub hyperparameters: Hyperparameters,
}

/// A reveal that can go ahead.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reveal<AccountId> {
	/// Who reveals.
	pub admission: Admission,
	/// The row, ascending by uid.
	pub entries: Pairs,
	/// What is revealed.
	pub commit: Commit<AccountId>,
	/// Its place among the hotkey's commits.
	pub position: usize,
}

impl<T: Config> From<Flaw> for Error<T> {
	fn from(flaw: Flaw) -> Self {
		match flaw {
			Flaw::LengthMismatch => Error::LengthMismatch,
			Flaw::TooMany => Error::TooManyWeights,
			Flaw::TooFew => Error::TooFewWeights,
			Flaw::Duplicate => Error::DuplicateUid,
			Flaw::Unknown => Error::UnknownUid,
			Flaw::WrongVersion => Error::WrongVersionKey,
			Flaw::EvidenceMissing => Error::EvidenceMissing,
			Flaw::EvidenceUnwanted => Error::EvidenceUnwanted,
		}
	}
}

impl Admission {
	/// What a row that is set or committed now has to meet.
	pub fn terms(&self, evidence: bool) -> Terms {
		Terms {
			version_key: self.hyperparameters.weights_version_key,
			min_entries: self.hyperparameters.min_allowed_weights.min(self.slots),
			evidence,
		}
	}
}

impl<T: Config> Pallet<T> {
	/// Whether `who` can set this row now; if so, the row ascending by uid.
	pub fn ensure_can_set(
		who: &T::AccountId,
		netuid: NetUid,
		mechanism: MechanismId,
		weighing: &Weighing<'_>,
	) -> Result<(Admission, Pairs), Error<T>> {
		let admission = Self::ensure_validator(who, netuid, mechanism)?;
		ensure!(!admission.hyperparameters.commit_reveal_on, Error::<T>::CommitRevealOn);
		Self::ensure_rate(netuid, mechanism, &admission)?;
		weighing.check_lengths(admission.slots)?;
		weighing.check_terms(&admission.terms(T::Audits::is_required(netuid, mechanism)))?;
		let entries = weighing.sorted(admission.slots)?;
		Ok((admission, entries))
	}

	/// Whether `who` can commit to a row now. Where rows rest on evidence, once an epoch: each piece of evidence is about the
	/// time since the one before.
	pub fn ensure_can_commit(
		who: &T::AccountId,
		netuid: NetUid,
		mechanism: MechanismId,
	) -> Result<Admission, DispatchError> {
		let admission = Self::ensure_validator(who, netuid, mechanism)?;
		ensure!(admission.hyperparameters.commit_reveal_on, Error::<T>::CommitRevealOff);
		Self::ensure_rate(netuid, mechanism, &admission)?;
		let open = Self::live_commits(netuid, mechanism, who);
		ensure!(open.len() < MAX_OPEN_COMMITS as usize, Error::<T>::TooManyCommits);
		if T::Audits::is_required(netuid, mechanism) {
			let epoch = T::Epochs::epoch(netuid);
			let twice = open.iter().any(|commit| commit.terms.evidence && commit.epoch == epoch);
			ensure!(!twice, Error::<T>::CommittedAlready);
			T::Audits::ensure_can_commit(netuid, mechanism, who)?;
		}
		Ok(admission)
	}

	/// Whether this row of the hotkey `who` can be revealed now, by whomsoever. The hash is part of it, so that a wrong one
	/// is never free.
	///
	/// A commitment is held to the terms that it was made under, and is revealed even where commit-reveal was turned off
	/// since: no hyperparameter that an owner can set decides about it any more. It is hashed with the hotkey that made it,
	/// from which the slot may have gone over to `who`. One that rests on evidence needs no permit any more: it costs to keep
	/// it back, and a permit can be lost through others.
	pub fn ensure_can_reveal(
		who: &T::AccountId,
		netuid: NetUid,
		mechanism: MechanismId,
		weighing: &Weighing<'_>,
		salt: &[u8; 32],
	) -> Result<Reveal<T::AccountId>, DispatchError> {
		let admission = Self::ensure_slot(who, netuid, mechanism)?;
		let commits = Commits::<T>::get((netuid, mechanism), who).unwrap_or_default();
		if !commits.iter().any(|commit| commit.terms.evidence) {
			Self::ensure_permit(netuid, &admission)?;
		}
		weighing.check_lengths(admission.slots).map_err(Error::<T>::from)?;
		let same = Self::matching(&commits, netuid, mechanism, weighing, salt, admission.registered_at);
		ensure!(!same.is_empty(), Error::<T>::CommitNotFound);
		let epoch = T::Epochs::epoch(netuid);
		let due = same.into_iter().find(|(_, commit)| commit.reveal_epoch == epoch);
		let (position, commit) = due.ok_or(Error::<T>::NotRevealable)?;
		weighing.check_terms(&commit.terms).map_err(Error::<T>::from)?;
		let entries = weighing.sorted(admission.slots).map_err(Error::<T>::from)?;
		match weighing.evidence {
			Some(evidence) => T::Audits::check(netuid, mechanism, who, &entries, evidence)?,
			None => Self::ensure_permit(netuid, &admission)?,
		}
		Ok(Reveal {
			admission,
			entries,
			commit: commit.clone(),
			position,
		})
	}

	/// Commits of the present occupant that this row opens, with their places. One hash for each run of commits by one author.
	fn matching<'a>(
		commits: &'a CommitsOf<T::AccountId>,
		netuid: NetUid,
		mechanism: MechanismId,
		weighing: &Weighing<'_>,
		salt: &[u8; 32],
		registered_at: BlockNumber,
	) -> Vec<(usize, &'a Commit<T::AccountId>)> {
		let mut known: Option<(&T::AccountId, H256)> = None;
		let mut same = Vec::new();
		for (position, commit) in commits.iter().enumerate() {
			let hash = match known {
				Some((author, hash)) if author == &commit.author => hash,
				_ => Self::commitment_of(&commit.author, netuid, mechanism, weighing, salt),
			};
			known = Some((&commit.author, hash));
			if commit.hash == hash && commit.block >= registered_at {
				same.push((position, commit));
			}
		}
		same
	}

	/// Registered, with a permit, for a mechanism that there is.
	fn ensure_validator(who: &T::AccountId, netuid: NetUid, mechanism: MechanismId) -> Result<Admission, Error<T>> {
		let admission = Self::ensure_slot(who, netuid, mechanism)?;
		Self::ensure_permit(netuid, &admission)?;
		Ok(admission)
	}

	fn ensure_permit(netuid: NetUid, admission: &Admission) -> Result<(), Error<T>> {
		let permit = T::Results::has_permit(netuid, admission.uid, admission.registered_at);
		ensure!(permit, Error::<T>::NoPermit);
		Ok(())
	}

	/// Registered, for a mechanism that there is.
	fn ensure_slot(who: &T::AccountId, netuid: NetUid, mechanism: MechanismId) -> Result<Admission, Error<T>> {
		ensure!(!T::Pause::is_paused(), Error::<T>::Paused);
		let hyperparameters = T::Subnets::hyperparameters(netuid).ok_or(Error::<T>::MechanismDoesNotExist)?;
		ensure!(
			mechanism.0 < hyperparameters.mechanism_count,
			Error::<T>::MechanismDoesNotExist
		);
		let uid = T::Neurons::uid(netuid, who).ok_or(Error::<T>::NotRegistered)?;
		let (_, registered_at) = T::Neurons::neuron(netuid, uid).ok_or(Error::<T>::NotRegistered)?;
		Ok(Admission {
			uid,
			registered_at,
			slots: T::Neurons::count(netuid),
			hyperparameters,
		})
	}

	fn ensure_rate(netuid: NetUid, mechanism: MechanismId, admission: &Admission) -> Result<(), Error<T>> {
		let last = LastUpdate::<T>::get((netuid, mechanism), admission.uid)
			.filter(|last| last.registered_at == admission.registered_at);
		let elapsed = last.map(|last| Self::now().saturating_sub(last.block));
		let limit = admission.hyperparameters.weights_rate_limit;
		ensure!(elapsed.is_none_or(|blocks| blocks >= limit), Error::<T>::RateLimited);
		Ok(())
	}

	/// Commits of the hotkey that can still be revealed.
	pub(crate) fn live_commits(netuid: NetUid, mechanism: MechanismId, who: &T::AccountId) -> CommitsOf<T::AccountId> {
		let epoch = T::Epochs::epoch(netuid);
		let mut commits = Commits::<T>::get((netuid, mechanism), who).unwrap_or_default();
		commits.retain(|commit| commit.reveal_epoch >= epoch);
		commits
	}
}
