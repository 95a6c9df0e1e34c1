//! # Audits
//!
//! What validators' weights rest on: the evidence that they publish with the reveal of a row, checked and kept for a while, and the
//! randomness that the revealed secrets make. Knows nothing of how answers are verified, nor of the rows of weights themselves.
//!
//! ## Overview
//!
//! A validator draws its audits of a period (the time between two commitments) with a secret. It commits to weights, secret and verdicts
//! with one hash; the reveal publishes all of it. Weights are a pure function of the published rows ([`rows`]): a row that is anything else
//! is refused. Single verdicts lie under a Merkle root, so that each of them can be opened and disputed.
//!
//! The hash of the next secret is published with each secret: nobody can choose a secret once he knows what it would draw. A validator
//! that keeps a secret back (it did not like what the randomness became) loses a part of its bond and is not heard for an epoch.
//!
//! Randomness of an epoch is the hash over all secrets that were revealed in the epoch before: whoever committed to one did so before any
//! other of that epoch was known. The one who reveals last can only choose between two values, and pays for the second.
//!
//! What is filed can be refuted (`pallet-disputes` does), and who files the truth must not be. Names change: so the name is kept under which a
//! commitment was made. Slots change hands, and a validator learns of it late: its evidence was put together in the epoch of its commitment
//! or in the one before, and not more than [`PENDING`] blocks before the former began; only the occupant of a slot that has had it, under its
//! present name and number, since before that is one that the validator must have known. So it is kept when epochs began, when the hotkey
//! in a slot was renamed, and when slots were numbered anew.
//!
//! ## Terminology
//!
//! - **evidence**: secret, hash of the next, Merkle roots of single verdicts and of accepted receipts, verdict rows.
//! - **file**: to keep the evidence, without its rows, under the epoch of the commitment.
//! - **announced**: of a secret, whose hash was published with the one before.
//! - **kept back**: committed to and not revealed in time.
//!
//! ## Invariants
//!
//! - nothing is kept that is older than [`HISTORY`] epochs, nor for a subnet that is gone;
//! - secrets of the present epoch are ascending by slot, and there is no empty list of them;
//! - no count of slashes that are due is zero;
//! - what is refuted is filed.

#![cfg_attr(not(feature = "std"), no_std)]
#![deny(missing_docs)]

extern crate alloc;

mod evidence;
mod inspect;
mod lifecycle;
mod randomness;
pub mod rows;
mod slashing;
mod types;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use ganglion_primitives::{Balance, BlockNumber, EpochIndex, FiledEvidence, NetUid, RowFlaw, Uid};
	use ganglion_traits::{Bonds, EpochInspect, NeuronInspect, Pause, Profiles, SubnetInspect};
	use sp_core::H256;

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Subnets and their hyperparameters.
		type Subnets: SubnetInspect<Self::AccountId>;
		/// Slots and their occupants.
		type Neurons: NeuronInspect<Self::AccountId>;
		/// Epochs completed.
		type Epochs: EpochInspect;
		/// Thresholds of profiles.
		type Profiles: Profiles<Self::AccountId>;
		/// What validators stand for their verdicts with.
		type Bonds: Bonds<Self::AccountId>;
		/// Pauses of the network, in which nothing is slashed.
		type Pause: Pause;
		/// The part of its bond that a validator loses when it keeps evidence back, 65,535 = 1.0.
		type MissPart: Get<u16>;
		/// Weights of the hooks.
		type WeightInfo: WeightInfo;
	}

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Evidence of the last [`HISTORY`] epochs, by subnet, epoch of the commitment and hotkey.
	#[pallet::storage]
	pub type Filed<T: Config> = StorageNMap<
		_,
		(
			NMapKey<Identity, NetUid>,
			NMapKey<Identity, EpochIndex>,
			NMapKey<Blake2_128Concat, T::AccountId>,
		),
		FiledEvidence<T::AccountId>,
	>;

	/// Evidence of the last [`HISTORY`] epochs that was refuted.
	#[pallet::storage]
	pub type Refuted<T: Config> = StorageNMap<
		_,
		(
			NMapKey<Identity, NetUid>,
			NMapKey<Identity, EpochIndex>,
			NMapKey<Blake2_128Concat, T::AccountId>,
		),
		(),
	>;

	/// The block in which an epoch began, for the last [`HISTORY`] of them.
	#[pallet::storage]
	pub type Began<T: Config> = StorageDoubleMap<_, Identity, NetUid, Identity, EpochIndex, BlockNumber>;

	/// The block in which the hotkey in a slot got its present name; nothing where none was renamed. Of an earlier occupant, where the slot has
	/// another one since.
	#[pallet::storage]
	pub type Named<T: Config> = StorageDoubleMap<_, Identity, NetUid, Identity, Uid, BlockNumber, ValueQuery>;

	/// Hotkeys that filed evidence of the last [`HISTORY`] epochs.
	#[pallet::storage]
	pub type Authors<T: Config> = StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, T::AccountId, Author>;

	/// Secrets that were revealed in the present epoch.
	#[pallet::storage]
	pub type Revealed<T: Config> = StorageMap<_, Identity, NetUid, Secrets, ValueQuery>;

	/// Randomness of an epoch, for the last [`HISTORY`] of them; nothing where no secret was revealed in the one before.
	#[pallet::storage]
	pub type Randomness<T: Config> = StorageDoubleMap<_, Identity, NetUid, Identity, EpochIndex, H256>;

	/// How often a hotkey kept evidence back and was not slashed for it yet.
	#[pallet::storage]
	pub type Due<T: Config> = StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, T::AccountId, u32>;

	/// The block in which the slots were numbered anew last.
	#[pallet::storage]
	pub type Renumbered<T: Config> = StorageMap<_, Identity, NetUid, BlockNumber, ValueQuery>;

	/// Items that epochs and missed reveals touched since the last block began, to be weighed.
	#[pallet::storage]
	pub type Touched<T: Config> = StorageValue<_, u32, ValueQuery>;

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A validator's evidence was published.
		EvidenceFiled {
			/// The subnet.
			netuid: NetUid,
			/// Whose.
			hotkey: T::AccountId,
			/// The epoch of its commitment.
			epoch: EpochIndex,
			/// Root of its single verdicts.
			root: H256,
			/// Their number.
			leaves: u32,
		},
		/// An epoch begins whose draws are made of this.
		RandomnessMade {
			/// The subnet.
			netuid: NetUid,
			/// The epoch.
			epoch: EpochIndex,
			/// Hash over the secrets of the epoch before.
			randomness: H256,
			/// Their number.
			secrets: u32,
		},
		/// A validator paid for evidence that it kept back.
		EvidenceKeptBack {
			/// The subnet.
			netuid: NetUid,
			/// Who.
			hotkey: T::AccountId,
			/// How often.
			times: u32,
			/// Nano that it lost.
			slashed: Balance,
		},
	}

	/// Why evidence, or the swap of its author, was refused.
	#[pallet::error]
	#[derive(PartialEq, Eq)]
	pub enum Error<T> {
		/// The hotkey has declared no profile to audit in the subnet, or has no bond for it left.
		NoBond,
		/// The hotkey has no slot in the subnet.
		NotRegistered,
		/// Rows are not ascending by uid, one for each.
		Unordered,
		/// A row is about a slot that is not in use.
		UnknownUid,
		/// The audits of a row do not add up.
		Inconsistent,
		/// A row is about a profile that is not registered.
		UnknownProfile,
		/// The secret is not the one that was announced with the evidence before.
		WrongSecret,
		/// The same secret is announced once more.
		SecretReused,
		/// The weights are not those that the rows give.
		WrongWeights,
		/// The new hotkey filed evidence of its own in the subnet not long ago.
		HasEvidence,
	}

	impl<T> From<RowFlaw> for Error<T> {
		fn from(flaw: RowFlaw) -> Self {
			match flaw {
				RowFlaw::Unordered => Self::Unordered,
				RowFlaw::UnknownUid => Self::UnknownUid,
				RowFlaw::Inconsistent => Self::Inconsistent,
				RowFlaw::UnknownProfile => Self::UnknownProfile,
			}
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			let touched = Touched::<T>::take();
			T::WeightInfo::on_initialize(Self::slash_some(), touched)
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
