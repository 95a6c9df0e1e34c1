//! # Commitments
//!
//! Small public metadata of registered hotkeys: up to three fields per subnet, such as where a model is and its hash.
//! Knows nothing of what they mean.
//!
//! ## Overview
//!
//! A registered hotkey sets its fields, free of charge while a quota of bytes per tempo lasts and for the usual fee
//! beyond. A new setting replaces the old one; none clears it. What is set goes with the slot: it is removed when the
//! neuron is replaced, trimmed or its subnet dissolved, follows a hotkey swap, and is ignored by readers where the slot
//! was registered anew.
//!
//! ## Invariants
//!
//! - a commitment belongs to a registered hotkey and to its present registration (while a subnet is being dissolved,
//!   what is left of it may not);
//! - no more than [`QUOTA`] bytes are charged to a quota.

#![cfg_attr(not(feature = "std"), no_std)]
#![deny(missing_docs)]

extern crate alloc;

mod impls;
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

/// Bytes that a hotkey can set free of charge in a subnet's tempo.
pub const QUOTA: u32 = 3_100;
/// Fewest bytes that a setting is charged with.
pub const MIN_CHARGE: u32 = 100;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use ganglion_primitives::{CommitmentFields, NetUid};
	use ganglion_traits::{NeuronInspect, Pause, SubnetInspect};

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Subnets and their tempos.
		type Subnets: SubnetInspect<Self::AccountId>;
		/// Slots and their occupants.
		type Neurons: NeuronInspect<Self::AccountId>;
		/// While the network is paused, nothing is free.
		type Pause: Pause;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What each hotkey committed to.
	#[pallet::storage]
	pub type Commitments<T: Config> = StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, T::AccountId, Commitment>;

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A hotkey set its fields.
		CommitmentSet {
			/// The subnet.
			netuid: NetUid,
			/// The hotkey.
			hotkey: T::AccountId,
			/// The fields.
			fields: CommitmentFields,
		},
	}

	/// Why a call was refused.
	#[pallet::error]
	#[derive(PartialEq, Eq)]
	pub enum Error<T> {
		/// No subnet has this netuid.
		SubnetNotFound,
		/// The hotkey has no slot in the subnet.
		NotRegistered,
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
		/// Set the calling hotkey's fields in a subnet, in the place of those that are there; none clears them.
		///
		/// Origin: signed by a registered hotkey. Free while the quota of bytes of the subnet's tempo lasts; beyond, the fee is
		/// paid. Emits `CommitmentSet`. Errors: `SubnetNotFound`, `NotRegistered`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::set())]
		#[pallet::feeless_if(|origin: &OriginFor<T>, netuid: &NetUid, fields: &CommitmentFields| -> bool {
			ensure_signed(origin.clone()).is_ok_and(|hotkey| Pallet::<T>::is_free(&hotkey, *netuid, fields))
		})]
		pub fn set(origin: OriginFor<T>, netuid: NetUid, fields: CommitmentFields) -> DispatchResult {
			let hotkey = ensure_signed(origin)?;
			Self::do_set(hotkey, netuid, fields)
		}
	}
}
