//! # Weights
//!
//! What validators think of the neurons of a subnet: one row each, set in the open or committed first and revealed
//! later. Knows nothing of scores, stake or consensus: an epoch reads the rows and makes of them what it will.
//!
//! ## Overview
//!
//! Where commit-reveal is on, a validator commits a hash in one epoch and reveals row and salt in a later one, so that
//! nobody can copy a row before it counts. Where it is off, rows are set directly. All three calls are signed by the
//! hotkey and free exactly when they succeed: admission to the pool and the call itself go through one function each,
//! [`Pallet::ensure_can_set`], [`Pallet::ensure_can_commit`] and [`Pallet::ensure_can_reveal`]. Each has a batch over several
//! subnets and mechanisms, which is free when all of it succeeds.
//!
//! Where a subnet asks for it ([`Config::Audits`]), a row of mechanism 0 rests on evidence: what the validator found in its audits is part of
//! the commitment, is published with the reveal and never before, and the row has to be what the chain computes from it. Who keeps it back
//! is not heard in the epoch that follows, and is told of to the keeper of the evidence.
//!
//! A validator that cannot be there in the reveal epoch gives row and salt to somebody else: `reveal_for` takes them from anybody.
//!
//! ## Terminology
//!
//! - **row**: `(uid, value)` pairs, ascending by uid, that the occupant of one slot gave.
//! - **commitment**: the hash of a row with all that it is meant for, see [`commitment`].
//! - **open commit**: one that can be revealed, now or later. It can be revealed during one epoch, its reveal epoch;
//!   after that it is dropped with a `CommitMissed` event.
//! - **terms**: what the subnet asks of a row, see [`Terms`]; a commit keeps those it was made under.
//! - **missed**: dropped without a reveal; the event tells why. What expired is counted, see [`Update`].
//! - **silent**: an occupant that kept back the evidence of a row is not heard in the next epoch: its row does not count and
//!   it counts as inactive.
//! - **basis**: the block whose state a row judged, that of its commitment where there was one. A slot that changed
//!   hands in that block or later is not what the row meant.
//!
//! ## Invariants
//!
//! - rows have ascending, distinct uids below the number of slots;
//! - rows, updates and commits exist for occupants of slots only, and carry their registration;
//! - nothing is kept for a mechanism that [`Mechanisms`] does not cover, nor for a subnet that is gone;
//! - no list of commits is empty or longer than [`MAX_OPEN_COMMITS`].

#![cfg_attr(not(feature = "std"), no_std)]
#![deny(missing_docs)]

extern crate alloc;

mod admission;
pub mod batch;
mod impls;
mod inspect;
mod lifecycle;
pub mod row;
mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(feature = "runtime-benchmarks")]
pub use benchmarking::BenchmarkHelper;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;

pub use admission::{Admission, Reveal};
pub use ganglion_primitives::MAX_OPEN_COMMITS;
pub use inspect::OpenCommit;
pub use pallet::*;
pub use row::{commitment, Weighing};
pub use types::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
#[allow(
	clippy::too_many_arguments,
	reason = "a reveal: a row, whose it is, what it is for and what it rests on"
)]
pub mod pallet {
	use super::*;
	use alloc::vec::Vec;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use ganglion_primitives::{EpochIndex, Evidence, MechanismId, NetUid, Uid};
	use ganglion_traits::{AuditEvidence, EpochInspect, EpochResults, NeuronInspect, Pause, SubnetInspect};
	use sp_core::H256;

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<Hash = H256, RuntimeEvent: From<Event<Self>>> {
		/// Subnets, their owners and hyperparameters.
		type Subnets: SubnetInspect<Self::AccountId>;
		/// Slots and their occupants.
		type Neurons: NeuronInspect<Self::AccountId>;
		/// Epochs completed.
		type Epochs: EpochInspect;
		/// Who holds a validator permit.
		type Results: EpochResults;
		/// Pauses of the network, in which nothing is free.
		type Pause: Pause;
		/// Evidence behind rows, where a subnet asks for it.
		type Audits: AuditEvidence<Self::AccountId>;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
		/// Prepares subnets for benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: BenchmarkHelper<Self::AccountId>;
	}

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Row of each slot.
	#[pallet::storage]
	pub type Rows<T: Config> = StorageDoubleMap<_, Identity, (NetUid, MechanismId), Identity, Uid, Row>;

	/// Last setting or commitment of each slot.
	#[pallet::storage]
	pub type LastUpdate<T: Config> = StorageDoubleMap<_, Identity, (NetUid, MechanismId), Identity, Uid, Update>;

	/// Open commits of each hotkey, oldest first.
	#[pallet::storage]
	pub type Commits<T: Config> =
		StorageDoubleMap<_, Identity, (NetUid, MechanismId), Blake2_128Concat, T::AccountId, CommitsOf<T::AccountId>>;

	/// One more than the highest mechanism of a subnet that anything is kept for.
	#[pallet::storage]
	pub type Mechanisms<T: Config> = StorageMap<_, Identity, NetUid, u8, ValueQuery>;

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A row was set.
		WeightsSet {
			/// The subnet.
			netuid: NetUid,
			/// The mechanism.
			mechanism: MechanismId,
			/// The slot that set it.
			uid: Uid,
		},
		/// A row was committed.
		WeightsCommitted {
			/// The subnet.
			netuid: NetUid,
			/// The mechanism.
			mechanism: MechanismId,
			/// Who committed.
			hotkey: T::AccountId,
			/// The hash.
			commitment: H256,
			/// The epoch of the commitment.
			epoch: EpochIndex,
			/// The only epoch in which it can be revealed.
			reveal_epoch: EpochIndex,
		},
		/// A committed row was revealed.
		WeightsRevealed {
			/// The subnet.
			netuid: NetUid,
			/// The mechanism.
			mechanism: MechanismId,
			/// The slot whose row it is.
			uid: Uid,
			/// The hash.
			commitment: H256,
		},
		/// A commit was dropped without having been revealed.
		CommitMissed {
			/// The subnet.
			netuid: NetUid,
			/// The mechanism.
			mechanism: MechanismId,
			/// Who holds its slot, or lost it.
			hotkey: T::AccountId,
			/// The hash.
			commitment: H256,
			/// Why.
			cause: MissCause,
		},
		/// An item of a batch failed; the others were not touched by that.
		BatchItemFailed {
			/// Place in the batch, from 0.
			index: u32,
			/// The subnet.
			netuid: NetUid,
			/// The mechanism.
			mechanism: MechanismId,
			/// Why.
			error: DispatchError,
		},
		/// A batch has run.
		BatchCompleted {
			/// Items that succeeded.
			done: u32,
			/// Items that failed.
			failed: u32,
		},
	}

	/// Why a call was refused.
	#[pallet::error]
	#[derive(PartialEq, Eq)]
	pub enum Error<T> {
		/// There is no such subnet, or it has no such mechanism.
		MechanismDoesNotExist,
		/// The hotkey has no slot in the subnet.
		NotRegistered,
		/// The hotkey holds no validator permit.
		NoPermit,
		/// The subnet wants weights committed and revealed.
		CommitRevealOn,
		/// The subnet wants weights set.
		CommitRevealOff,
		/// The hotkey set or committed too recently.
		RateLimited,
		/// The version key is below what the subnet asks for, or asked for at the commitment.
		WrongVersionKey,
		/// There are not as many values as uids.
		LengthMismatch,
		/// There are more entries than slots.
		TooManyWeights,
		/// There are fewer entries than the subnet asks for, or asked for at the commitment.
		TooFewWeights,
		/// A uid appears twice.
		DuplicateUid,
		/// A uid is not in use.
		UnknownUid,
		/// The row comes without evidence, which it has to rest on.
		EvidenceMissing,
		/// The row comes with evidence, which it was not committed to rest on.
		EvidenceUnwanted,
		/// The hotkey has committed in this epoch already, and its rows rest on evidence.
		CommittedAlready,
		/// The hotkey has as many open commits as it can have.
		TooManyCommits,
		/// No commit of the hotkey has this hash.
		CommitNotFound,
		/// This is not the commit's reveal epoch.
		NotRevealable,
		/// The batch is empty.
		EmptyBatch,
		/// Two items of the batch are for the same mechanism.
		DuplicateItem,
		/// The network is paused.
		Paused,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Set the caller's row, where commit-reveal is off.
		///
		/// Origin: signed by a hotkey with a permit. Values are kept as given; the entry of the caller's own slot is left
		/// out unless the caller is the owner's hotkey. Free exactly when it succeeds. Emits `WeightsSet`.
		/// Errors: all but those of commits.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::set(uids.len().max(values.len()) as u32))]
		#[pallet::feeless_if(|
			origin: &OriginFor<T>, netuid: &NetUid, mechanism: &MechanismId, uids: &Vec<u16>, values: &Vec<u16>,
			version_key: &u64
		| -> bool {
			let weighing = Weighing { uids, values, version_key: *version_key, evidence: None };
			ensure_signed(origin.clone())
				.is_ok_and(|who| Pallet::<T>::ensure_can_set(&who, *netuid, *mechanism, &weighing).is_ok())
		})]
		pub fn set(
			origin: OriginFor<T>,
			netuid: NetUid,
			mechanism: MechanismId,
			uids: Vec<u16>,
			values: Vec<u16>,
			version_key: u64,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let weighing = Weighing {
				uids: &uids,
				values: &values,
				version_key,
				evidence: None,
			};
			Self::do_set(who, netuid, mechanism, &weighing)
		}

		/// Commit to a row, to be revealed `reveal_period_epochs` epochs later, where commit-reveal is on.
		///
		/// Origin: signed by a hotkey with a permit. Free exactly when it succeeds. Emits `WeightsCommitted`, before it
		/// `CommitMissed` for each commit that cannot be revealed any more.
		/// Errors: `MechanismDoesNotExist`, `NotRegistered`, `NoPermit`, `CommitRevealOff`, `RateLimited`,
		/// `TooManyCommits`, `CommittedAlready`, and where rows rest on evidence those of the bond behind it.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::commit())]
		#[pallet::feeless_if(|
			origin: &OriginFor<T>, netuid: &NetUid, mechanism: &MechanismId, _commitment: &H256
		| -> bool {
			ensure_signed(origin.clone())
				.is_ok_and(|who| Pallet::<T>::ensure_can_commit(&who, *netuid, *mechanism).is_ok())
		})]
		pub fn commit(
			origin: OriginFor<T>,
			netuid: NetUid,
			mechanism: MechanismId,
			commitment: H256,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_commit(who, netuid, mechanism, commitment)
		}

		/// Reveal a committed row during its reveal epoch. It becomes the caller's row; older open commits are dropped. Where the
		/// row was committed to rest on evidence, this publishes it, and the row has to be what the evidence gives.
		///
		/// Origin: signed by a hotkey with a permit. Held to the version key and the least number of entries that were in
		/// force when it was committed, whatever the subnet's owner has set since; commit-reveal may be off by then.
		/// Free exactly when it succeeds. Emits `WeightsRevealed`, before it `CommitMissed` for each older commit.
		/// Errors: those of the evidence, and all but `CommitRevealOn`, `CommitRevealOff`, `RateLimited` and `TooManyCommits`.
		#[pallet::call_index(2)]
		#[pallet::weight(Pallet::<T>::reveal_weight(uids, values, evidence.as_ref()))]
		#[pallet::feeless_if(|
			origin: &OriginFor<T>, netuid: &NetUid, mechanism: &MechanismId, uids: &Vec<u16>, values: &Vec<u16>,
			salt: &[u8; 32], version_key: &u64, evidence: &Option<Evidence>
		| -> bool {
			let weighing = Weighing { uids, values, version_key: *version_key, evidence: evidence.as_ref() };
			ensure_signed(origin.clone())
				.is_ok_and(|who| Pallet::<T>::ensure_can_reveal(&who, *netuid, *mechanism, &weighing, salt).is_ok())
		})]
		pub fn reveal(
			origin: OriginFor<T>,
			netuid: NetUid,
			mechanism: MechanismId,
			uids: Vec<u16>,
			values: Vec<u16>,
			salt: [u8; 32],
			version_key: u64,
			evidence: Option<Evidence>,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			let weighing = Weighing {
				uids: &uids,
				values: &values,
				version_key,
				evidence: evidence.as_ref(),
			};
			Self::do_reveal(who, netuid, mechanism, &weighing, &salt)
		}

		/// Reveal a committed row of `hotkey`, during its reveal epoch, in its place.
		///
		/// Origin: signed by anybody: who knows the row and its salt was given them. Everything else is as in `reveal`. Free exactly
		/// when it succeeds, which it does once for each commit.
		/// Errors: as of `reveal`.
		#[pallet::call_index(3)]
		#[pallet::weight(Pallet::<T>::reveal_weight(uids, values, evidence.as_ref()))]
		#[pallet::feeless_if(|
			origin: &OriginFor<T>, hotkey: &T::AccountId, netuid: &NetUid, mechanism: &MechanismId, uids: &Vec<u16>,
			values: &Vec<u16>, salt: &[u8; 32], version_key: &u64, evidence: &Option<Evidence>
		| -> bool {
			let weighing = Weighing { uids, values, version_key: *version_key, evidence: evidence.as_ref() };
			ensure_signed(origin.clone())
				.is_ok_and(|_| Pallet::<T>::ensure_can_reveal(hotkey, *netuid, *mechanism, &weighing, salt).is_ok())
		})]
		pub fn reveal_for(
			origin: OriginFor<T>,
			hotkey: T::AccountId,
			netuid: NetUid,
			mechanism: MechanismId,
			uids: Vec<u16>,
			values: Vec<u16>,
			salt: [u8; 32],
			version_key: u64,
			evidence: Option<Evidence>,
		) -> DispatchResult {
			ensure_signed(origin)?;
			let weighing = Weighing {
				uids: &uids,
				values: &values,
				version_key,
				evidence: evidence.as_ref(),
			};
			Self::do_reveal(hotkey, netuid, mechanism, &weighing, &salt)
		}

		/// `set` for several mechanisms, of one subnet or many, at most one item for each.
		///
		/// Origin: signed by a hotkey. Items that fail leave the others alone. Free exactly when all succeed. Emits what `set` does,
		/// `BatchItemFailed` for each that failed, `BatchCompleted`.
		/// Errors: `EmptyBatch`, `DuplicateItem`; those of `set` are in the events.
		#[pallet::call_index(4)]
		#[pallet::weight(Pallet::<T>::batch_weight(items))]
		#[pallet::feeless_if(|origin: &OriginFor<T>, items: &Batch<SetItem>| -> bool {
			ensure_signed(origin.clone()).is_ok_and(|who| Pallet::<T>::admits_all(&who, items))
		})]
		pub fn batch_set(origin: OriginFor<T>, items: Batch<SetItem>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_batch(&who, &items)
		}

		/// `commit` for several mechanisms, of one subnet or many, at most one item for each.
		///
		/// Origin: signed by a hotkey. Items that fail leave the others alone. Free exactly when all succeed. Emits what `commit`
		/// does, `BatchItemFailed` for each that failed, `BatchCompleted`.
		/// Errors: `EmptyBatch`, `DuplicateItem`; those of `commit` are in the events.
		#[pallet::call_index(5)]
		#[pallet::weight(Pallet::<T>::batch_weight(items))]
		#[pallet::feeless_if(|origin: &OriginFor<T>, items: &Batch<CommitItem>| -> bool {
			ensure_signed(origin.clone()).is_ok_and(|who| Pallet::<T>::admits_all(&who, items))
		})]
		pub fn batch_commit(origin: OriginFor<T>, items: Batch<CommitItem>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_batch(&who, &items)
		}

		/// `reveal` for several mechanisms, of one subnet or many, at most one item for each.
		///
		/// Origin: signed by a hotkey. Items that fail leave the others alone. Free exactly when all succeed. Emits what `reveal`
		/// does, `BatchItemFailed` for each that failed, `BatchCompleted`.
		/// Errors: `EmptyBatch`, `DuplicateItem`; those of `reveal` are in the events.
		#[pallet::call_index(6)]
		#[pallet::weight(Pallet::<T>::batch_weight(items))]
		#[pallet::feeless_if(|origin: &OriginFor<T>, items: &Batch<RevealItem>| -> bool {
			ensure_signed(origin.clone()).is_ok_and(|who| Pallet::<T>::admits_all(&who, items))
		})]
		pub fn batch_reveal(origin: OriginFor<T>, items: Batch<RevealItem>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_batch(&who, &items)
		}
	}
}
