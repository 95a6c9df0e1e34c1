//! Who may do what now: one function for each call, used both by the call and by the rule for what is free.

use crate::{
	pallet::*,
	row::{Flaw, Pairs},
	Commit, CommitsOf, Terms, Weighing, MAX_OPEN_COMMITS,
};
use alloc::vec::Vec;
use frame_support::ensure;
use ganglion_primitives::{BlockNumber, Hyperparameters, MechanismId, NetUid, Uid};
use ganglion_traits::{EpochInspect, EpochResults, NeuronInspect, Pause, SubnetInspect};
use sp_core::H256;

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
		}
	}
}

impl Admission {
	/// What a row that is set or committed now has to meet.
	pub fn terms(&self) -> Terms {
		Terms {
			version_key: self.hyperparameters.weights_version_key,
			min_entries: self.hyperparameters.min_allowed_weights.min(self.slots),
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
		weighing.check_terms(&admission.terms())?;
		let entries = weighing.sorted(admission.slots)?;
		Ok((admission, entries))
	}

	/// Whether `who` can commit to a row now.
	pub fn ensure_can_commit(
		who: &T::AccountId,
		netuid: NetUid,
		mechanism: MechanismId,
	) -> Result<Admission, Error<T>> {
		let admission = Self::ensure_validator(who, netuid, mechanism)?;
		ensure!(admission.hyperparameters.commit_reveal_on, Error::<T>::CommitRevealOff);
		Self::ensure_rate(netuid, mechanism, &admission)?;
		let open = Self::live_commits(netuid, mechanism, who).len();
		ensure!(open < MAX_OPEN_COMMITS as usize, Error::<T>::TooManyCommits);
		Ok(admission)
	}

	/// Whether this row of the hotkey `who` can be revealed now, by whomsoever. The hash is part of it, so that a wrong one
	/// is never free.
	///
	/// A commitment is held to the terms that it was made under, and is revealed even where commit-reveal was turned off
	/// since: no hyperparameter that an owner can set decides about it any more. It is hashed with the hotkey that made it,
	/// from which the slot may have gone over to `who`.
	pub fn ensure_can_reveal(
		who: &T::AccountId,
		netuid: NetUid,
		mechanism: MechanismId,
		weighing: &Weighing<'_>,
		salt: &[u8; 32],
	) -> Result<Reveal<T::AccountId>, Error<T>> {
		let admission = Self::ensure_validator(who, netuid, mechanism)?;
		weighing.check_lengths(admission.slots)?;
		let commits = Commits::<T>::get((netuid, mechanism), who).unwrap_or_default();
		let same = Self::matching(&commits, netuid, mechanism, weighing, salt, admission.registered_at);
		ensure!(!same.is_empty(), Error::<T>::CommitNotFound);
		let epoch = T::Epochs::epoch(netuid);
		let due = same.into_iter().find(|(_, commit)| commit.reveal_epoch == epoch);
		let (position, commit) = due.ok_or(Error::<T>::NotRevealable)?;
		weighing.check_terms(&commit.terms)?;
		let entries = weighing.sorted(admission.slots)?;
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
		ensure!(!T::Pause::is_paused(), Error::<T>::Paused);
		let hyperparameters = T::Subnets::hyperparameters(netuid).ok_or(Error::<T>::MechanismDoesNotExist)?;
		ensure!(
			mechanism.0 < hyperparameters.mechanism_count,
			Error::<T>::MechanismDoesNotExist
		);
		let uid = T::Neurons::uid(netuid, who).ok_or(Error::<T>::NotRegistered)?;
		let (_, registered_at) = T::Neurons::neuron(netuid, uid).ok_or(Error::<T>::NotRegistered)?;
		ensure!(T::Results::has_permit(netuid, uid, registered_at), Error::<T>::NoPermit);
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
