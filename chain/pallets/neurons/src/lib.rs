//! # Neurons
//!
//! UID slots of subnets and the hotkeys in them: registration and its price, immunity and replacement, endpoints, and
//! which coldkey owns a hotkey. Knows nothing of stake, weights or how emission comes about: it reads last epoch's
//! emission to choose whom to replace, and tells others when a slot changes hands.
//!
//! ## Overview
//!
//! A coldkey registers a hotkey by burning the price. There are `max_allowed_uids` slots; when all are taken, the lowest
//! emitter outside immunity loses its slot (see [`replacement`]). The price rises with each registration and decays
//! between them (see [`price`]). A registered hotkey publishes its endpoint, free of charge, as often as the rate limit
//! allows. The owner of a subnet, or root, can trim it to fewer slots (see [`trimming`]); the neurons that stay keep
//! their order, and all that is kept for them follows. A hotkey can be exchanged for another of the same coldkey: the
//! slot keeps its registration block.
//!
//! ## Terminology
//!
//! - **slot**: a `uid` of a subnet, reused after replacement. What is kept for a slot elsewhere carries `registered_at`,
//!   the block in which its occupant came.
//! - **coldkey / hotkey**: a coldkey owns funds and hotkeys; a hotkey only signs work. No account is both. Owning gives
//!   the hotkey's account one `sufficient` reference, kept while it is owned: a reaped account would start again at nonce
//!   0 and its old extrinsics could be replayed. Nobody can claim an account as his hotkey that has signed something or
//!   holds [`MAX_CLAIMABLE`]: it may be somebody's coldkey.
//! - **immune**: registered less than `immunity_period` blocks ago.
//! - **immortal**: among the first `immune_owner_uids_limit` slots of the subnet owner's hotkeys; never replaced.
//!
//! ## Invariants
//!
//! - slots `0 .. NeuronCount` of a subnet are taken, no others, and `Uids` is the inverse of `Neurons`;
//! - every hotkey in a slot is owned; every owned hotkey has a sufficient reference;
//! - `HotkeyCount(coldkey)` = number of hotkeys it owns, never 0 where stored; `OwnedHotkeys` lists them; no coldkey with
//!   hotkeys is a hotkey;
//! - every endpoint belongs to a registered hotkey and to its present registration.

#![cfg_attr(not(feature = "std"), no_std)]
#![deny(missing_docs)]

extern crate alloc;

mod bonds;
mod impls;
mod lifecycle;
mod ownership;
pub mod price;
pub mod replacement;
pub mod trimming;
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

pub use ownership::{MAX_CLAIMABLE, MAX_HOTKEYS};
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{dispatch::WithPostDispatchInfo, pallet_prelude::*, traits::fungible};
	use frame_system::pallet_prelude::*;
	use ganglion_primitives::{Balance, Endpoint, NetUid, Uid};
	use ganglion_traits::{
		BondsReset, BurnRecord, EpochResults, OnNeuronReplaced, OnUidsMoved, Pause, SubnetInspect, SubnetSlots,
	};

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The native token, which registration burns.
		type Currency: fungible::Mutate<Self::AccountId, Balance = Balance>;
		/// Price of the first registration in a new subnet, nano.
		type InitialPrice: Get<Balance>;
		/// Subnets, their owners and hyperparameters.
		type Subnets: SubnetInspect<Self::AccountId>;
		/// Emission of the last epoch, which decides whom a newcomer replaces.
		type Results: EpochResults;
		/// Who keeps data for a slot or its hotkey.
		type OnNeuronReplaced: OnNeuronReplaced<Self::AccountId>;
		/// Who keeps data per slot, for trimming.
		type OnUidsMoved: OnUidsMoved;
		/// Who says whether a subnet can be trimmed, and keeps its number of slots.
		type Slots: SubnetSlots<OriginFor<Self>>;
		/// Who keeps bonds.
		type Bonds: BondsReset;
		/// Who counts burned fees.
		type Burns: BurnRecord;
		/// While the network is paused, nothing is free.
		type Pause: Pause;
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

	/// Occupant of each slot.
	#[pallet::storage]
	pub type Neurons<T: Config> = StorageDoubleMap<_, Identity, NetUid, Identity, Uid, NeuronOf<T>>;

	/// Slot of each registered hotkey.
	#[pallet::storage]
	pub type Uids<T: Config> = StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, T::AccountId, Uid>;

	/// Slots in use.
	#[pallet::storage]
	pub type NeuronCount<T: Config> = StorageMap<_, Identity, NetUid, u16, ValueQuery>;

	/// Coldkey that owns each hotkey.
	#[pallet::storage]
	pub type Coldkeys<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, T::AccountId>;

	/// Number of hotkeys that each coldkey owns.
	#[pallet::storage]
	pub type HotkeyCount<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, u32, ValueQuery>;

	/// The hotkeys of each coldkey.
	#[pallet::storage]
	pub type OwnedHotkeys<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Blake2_128Concat, T::AccountId, ()>;

	/// Where each registered hotkey serves.
	#[pallet::storage]
	pub type Endpoints<T: Config> = StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, T::AccountId, EndpointInfo>;

	/// Price after the last registration; the initial one at creation.
	#[pallet::storage]
	pub type RegistrationPrice<T: Config> = StorageMap<_, Identity, NetUid, PriceRecord>;

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A hotkey that nobody owned is now owned.
		HotkeyOwned {
			/// The hotkey.
			hotkey: T::AccountId,
			/// Its owner.
			coldkey: T::AccountId,
		},
		/// A hotkey took a slot.
		NeuronRegistered {
			/// The subnet.
			netuid: NetUid,
			/// The slot.
			uid: Uid,
			/// The hotkey.
			hotkey: T::AccountId,
			/// Its owner.
			coldkey: T::AccountId,
			/// What the coldkey burned, nano.
			price: Balance,
		},
		/// A hotkey lost its slot to another.
		NeuronReplaced {
			/// The subnet.
			netuid: NetUid,
			/// The slot.
			uid: Uid,
			/// Who lost it.
			old_hotkey: T::AccountId,
			/// Who has it.
			new_hotkey: T::AccountId,
		},
		/// A hotkey published where it serves.
		EndpointServed {
			/// The subnet.
			netuid: NetUid,
			/// The hotkey.
			hotkey: T::AccountId,
			/// Where.
			endpoint: Endpoint,
		},
		/// A slot and its occupant were removed because the subnet was trimmed.
		NeuronTrimmed {
			/// The subnet.
			netuid: NetUid,
			/// The slot that it had.
			uid: Uid,
			/// Who lost it.
			hotkey: T::AccountId,
		},
		/// A subnet was trimmed: the neurons that stay have new uids, in the order of the old ones.
		SubnetTrimmed {
			/// The subnet.
			netuid: NetUid,
			/// Slots in use now.
			neurons: u16,
		},
		/// A hotkey took another's slot, with its registration block.
		NeuronHotkeySwapped {
			/// The subnet.
			netuid: NetUid,
			/// The slot.
			uid: Uid,
			/// Who had it.
			old_hotkey: T::AccountId,
			/// Who has it.
			new_hotkey: T::AccountId,
		},
		/// A neuron gave up all bonds to it.
		BondsReset {
			/// The subnet.
			netuid: NetUid,
			/// The slot.
			uid: Uid,
			/// Its occupant.
			hotkey: T::AccountId,
		},
	}

	/// Why a call was refused.
	#[pallet::error]
	pub enum Error<T> {
		/// No subnet has this netuid.
		SubnetNotFound,
		/// The subnet takes no registrations.
		RegistrationDisabled,
		/// The hotkey has a slot in the subnet already.
		AlreadyRegistered,
		/// The registration costs more than the caller's limit.
		PriceLimitExceeded,
		/// Another coldkey owns the hotkey.
		NotOwned,
		/// The hotkey is the caller itself or a coldkey with hotkeys of its own.
		HotkeyIsColdkey,
		/// The caller is somebody's hotkey.
		ColdkeyIsHotkey,
		/// All slots are taken and none can be replaced.
		NoSlot,
		/// The hotkey has no slot in the subnet.
		NotRegistered,
		/// The endpoint's family is not 4 or 6, its port is 0, or its IPv4 address does not fit 32 bits.
		MalformedEndpoint,
		/// The hotkey changed its endpoint too recently.
		ServingRateLimited,
		/// The account has signed something, or holds GNG: it may be somebody's coldkey, and can't be claimed as a hotkey.
		HotkeyInUse,
		/// The coldkey owns as many hotkeys as it can.
		TooManyHotkeys,
		/// More of the slots that would stay are immune than trimming allows.
		TooManyImmune,
		/// The subnet has more slots than can be trimmed in one block.
		TooManySlots,
		/// The subnet's owner has not switched resetting of bonds on.
		BondsResetOff,
		/// The hotkey reset its bonds less than a tempo ago.
		BondsResetRateLimited,
		/// Nobody owns the hotkey.
		HotkeyNotFound,
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
		/// Register `hotkey`, for the price, which is burned and must not exceed `max_price` (nano).
		///
		/// Origin: signed by the coldkey, which owns the hotkey from now on. Emits `NeuronRegistered`, before it
		/// `HotkeyOwned` and `NeuronReplaced` where that happened. The weight is that of comparing all slots that the
		/// subnet allows; what was not needed is refunded.
		/// Errors: `SubnetNotFound`, `RegistrationDisabled`, `AlreadyRegistered`, `PriceLimitExceeded`, `NotOwned`,
		/// `HotkeyIsColdkey`, `ColdkeyIsHotkey`, `NoSlot`, those of the token.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register(Pallet::<T>::slots_allowed(*netuid)))]
		pub fn register(
			origin: OriginFor<T>,
			netuid: NetUid,
			hotkey: T::AccountId,
			max_price: Balance,
		) -> DispatchResultWithPostInfo {
			let coldkey = ensure_signed(origin)?;
			let weight = T::WeightInfo::register(Self::slots_compared(netuid));
			match Self::do_register(coldkey, netuid, hotkey, max_price) {
				Ok(()) => Ok(Some(weight).into()),
				Err(error) => Err(error.with_weight(weight)),
			}
		}

		/// Publish where the calling hotkey serves.
		///
		/// Origin: signed by a registered hotkey. Free exactly when it succeeds. Emits `EndpointServed`.
		/// Errors: `SubnetNotFound`, `MalformedEndpoint`, `NotRegistered`, `ServingRateLimited`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::serve())]
		#[pallet::feeless_if(|origin: &OriginFor<T>, netuid: &NetUid, endpoint: &Endpoint| -> bool {
			!T::Pause::is_paused()
				&& ensure_signed(origin.clone())
					.is_ok_and(|hotkey| Pallet::<T>::ensure_can_serve(&hotkey, *netuid, endpoint).is_ok())
		})]
		pub fn serve(origin: OriginFor<T>, netuid: NetUid, endpoint: Endpoint) -> DispatchResult {
			let hotkey = ensure_signed(origin)?;
			Self::do_serve(hotkey, netuid, endpoint)
		}

		/// Lower the subnet's number of slots to `max` and remove the lowest emitters that do not fit any more. Uids of the
		/// others close up in their order.
		///
		/// Origin: the subnet's owner, within his limits, or root. Immune and immortal neurons stay; refused where they would
		/// be more than four fifths of `max`. Emits `NeuronTrimmed` for each that goes, then `SubnetTrimmed`.
		/// Errors: `TooManySlots`, `TooManyImmune`, those of lowering `max_allowed_uids`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::trim(NeuronCount::<T>::get(*netuid).min(trimming::MAX_SLOTS).into()))]
		pub fn trim(origin: OriginFor<T>, netuid: NetUid, max: u16) -> DispatchResult {
			T::Slots::lower_max_uids(origin, netuid, max)?;
			Self::do_trim(netuid, max)
		}

		/// Give up all bonds to the calling hotkey's slot, e.g. because another model is served from now on.
		///
		/// Origin: signed by a registered hotkey, once a tempo, where the subnet's owner has switched it on. Free exactly
		/// when it succeeds. Emits `BondsReset`.
		/// Errors: `SubnetNotFound`, `NotRegistered`, `BondsResetOff`, `BondsResetRateLimited`.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::reset_bonds())]
		#[pallet::feeless_if(|origin: &OriginFor<T>, netuid: &NetUid| -> bool {
			!T::Pause::is_paused()
				&& ensure_signed(origin.clone())
					.is_ok_and(|hotkey| Pallet::<T>::ensure_can_reset_bonds(&hotkey, *netuid).is_ok())
		})]
		pub fn reset_bonds(origin: OriginFor<T>, netuid: NetUid) -> DispatchResult {
			let hotkey = ensure_signed(origin)?;
			Self::do_reset_bonds(hotkey, netuid)
		}
	}
}
