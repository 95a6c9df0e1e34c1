//! # Subnets
//!
//! Which subnets exist, who owns them, whether they earn emission, and what their hyperparameters are. Knows nothing of
//! neurons' money, weights or epochs: what must happen elsewhere when a subnet appears happens behind
//! [`ganglion_traits::OnSubnetCreated`].
//!
//! ## Overview
//!
//! Anyone can create a subnet by locking tokens. A new subnet works at once but earns nothing until root activates it,
//! so that nobody can vote emission to himself. The owner (or root) changes hyperparameters within bounds; those that
//! would let an owner decide the outcome of consensus are root's alone.
//!
//! ## Terminology
//!
//! - **lock**: tokens of the owner on hold ([`HoldReason::SubnetLock`]) for as long as the subnet exists. Its price
//!   doubles with each creation and falls linearly back to the minimum, see [`LockRecord::price`].
//! - **active**: earning a share of block emission.
//! - **active hyperparameter**: one that code reads; setting another is refused with `NotActive`.
//!
//! ## Invariants
//!
//! - every subnet has hyperparameters within bounds and epochs that fit into a block, and nothing has hyperparameters that is not a subnet;
//! - `netuid < NextNetUid` for every subnet; a netuid is never given out twice;
//! - for every owner, the sum of its subnets' locks = its balance on hold for `SubnetLock`.

#![cfg_attr(not(feature = "std"), no_std)]
#![deny(missing_docs)]

extern crate alloc;

pub mod bounds;
mod impls;
mod types;
pub mod weights;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{pallet_prelude::*, traits::fungible};
	use frame_system::pallet_prelude::*;
	use ganglion_primitives::{Balance, Hyperparameter, Hyperparameters, NetUid};
	use ganglion_traits::{EpochSize, NeuronInspect, OnSubnetCreated};

	/// Most changes in one call.
	pub type MaxChanges = ConstU32<40>;

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The native token, for the lock.
		type Currency: fungible::hold::Mutate<
			Self::AccountId,
			Balance = Balance,
			Reason = <Self as Config>::RuntimeHoldReason,
		>;
		/// The runtime's hold reasons.
		type RuntimeHoldReason: From<HoldReason>;
		/// What else happens when a subnet appears: its owner's neuron, its epoch clock.
		type OnSubnetCreated: OnSubnetCreated<Self::AccountId>;
		/// Slots in use, below which `max_allowed_uids` can't fall.
		type Neurons: NeuronInspect<Self::AccountId>;
		/// How many slots and permits an epoch bears.
		type Epochs: EpochSize;
		/// Who activates, and sets what owners can't.
		type RootOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Most subnets at a time.
		#[pallet::constant]
		type MaxSubnets: Get<u16>;
		/// Lowest price of a subnet, nano.
		#[pallet::constant]
		type MinLock: Get<Balance>;
		/// Blocks in which a price falls by what the last owner locked; a doubled price is back after one interval.
		#[pallet::constant]
		type LockDecayInterval: Get<u32>;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Why tokens are on hold.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// Locked by the owner of a subnet.
		SubnetLock,
	}

	/// All subnets.
	#[pallet::storage]
	pub type Subnets<T: Config> = CountedStorageMap<_, Identity, NetUid, SubnetInfoOf<T>>;

	/// Hyperparameters of each subnet.
	#[pallet::storage]
	pub type HyperparametersOf<T: Config> = StorageMap<_, Identity, NetUid, Hyperparameters>;

	/// Number of the next subnet. 0 is kept free for the root network.
	#[pallet::storage]
	pub type NextNetUid<T: Config> = StorageValue<_, NetUid, ValueQuery, FirstNetUid>;

	/// The last lock, from which the price of the next one follows. None before the first.
	#[pallet::storage]
	pub type LockPrice<T: Config> = StorageValue<_, LockRecord>;

	/// What a new subnet starts with; its tempo is the lowest that an owner can set.
	#[pallet::storage]
	pub type DefaultHyperparameters<T: Config> = StorageValue<_, Hyperparameters, ValueQuery>;

	/// The first subnet's number.
	#[pallet::type_value]
	pub fn FirstNetUid() -> NetUid {
		NetUid(1)
	}

	/// Hyperparameters that new subnets start with.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Copied into each new subnet.
		pub default_hyperparameters: Hyperparameters,
		#[serde(skip)]
		#[doc(hidden)]
		pub _config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			let refusal = Pallet::<T>::check_record(&self.default_hyperparameters);
			assert!(refusal.is_ok(), "default hyperparameters out of bounds");
			DefaultHyperparameters::<T>::put(&self.default_hyperparameters);
		}
	}

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A subnet was created; it earns nothing yet.
		SubnetCreated {
			/// The new subnet.
			netuid: NetUid,
			/// The owner's coldkey.
			owner: T::AccountId,
			/// What the owner locked, nano.
			lock: Balance,
		},
		/// A subnet earns emission from now on.
		SubnetActivated {
			/// The subnet.
			netuid: NetUid,
		},
		/// A subnet earns no emission from now on.
		SubnetDeactivated {
			/// The subnet.
			netuid: NetUid,
		},
		/// Hyperparameters were changed, in this order.
		HyperparametersChanged {
			/// The subnet.
			netuid: NetUid,
			/// The changes.
			changes: BoundedVec<Hyperparameter, MaxChanges>,
		},
	}

	/// Why a call was refused.
	#[pallet::error]
	pub enum Error<T> {
		/// No subnet has this netuid.
		SubnetNotFound,
		/// The caller is neither the owner of the subnet nor root.
		NotOwner,
		/// The lock costs more than the caller's limit.
		LockPriceExceeded,
		/// As many subnets exist as there can be, or all netuids are used up.
		TooManySubnets,
		/// The subnet is in that state already.
		NoStateChange,
		/// No code reads this hyperparameter yet.
		NotActive,
		/// Only root can set this hyperparameter, or to this value.
		RootOnly,
		/// A hyperparameter is out of its bounds.
		OutOfBounds,
		/// The call contains no change.
		NoChanges,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn integrity_test() {
			assert!(T::MaxSubnets::get() > 0, "a network without subnets has no use");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Create a subnet, owned by the caller.
		///
		/// Origin: signed by the coldkey that locks the price, which must not exceed `max_lock` (nano). `owner_hotkey`
		/// becomes the coldkey's and takes uid 0. Emits `SubnetCreated`.
		/// Errors: `LockPriceExceeded`, `TooManySubnets`, those of the token and of hotkey ownership.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::create())]
		pub fn create(origin: OriginFor<T>, owner_hotkey: T::AccountId, max_lock: Balance) -> DispatchResult {
			let owner = ensure_signed(origin)?;
			Self::do_create(owner, owner_hotkey, max_lock)
		}

		/// Let a subnet earn emission. Origin: root. Emits `SubnetActivated`.
		/// Errors: `SubnetNotFound`, `NoStateChange`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::activate())]
		pub fn activate(origin: OriginFor<T>, netuid: NetUid) -> DispatchResult {
			T::RootOrigin::ensure_origin(origin)?;
			Self::set_active(netuid, true)?;
			Self::deposit_event(Event::SubnetActivated { netuid });
			Ok(())
		}

		/// Stop a subnet's emission. Origin: root. Emits `SubnetDeactivated`.
		/// Errors: `SubnetNotFound`, `NoStateChange`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::deactivate())]
		pub fn deactivate(origin: OriginFor<T>, netuid: NetUid) -> DispatchResult {
			T::RootOrigin::ensure_origin(origin)?;
			Self::set_active(netuid, false)?;
			Self::deposit_event(Event::SubnetDeactivated { netuid });
			Ok(())
		}

		/// Change hyperparameters: all of `changes`, in their order, or none.
		///
		/// Origin: the owner's coldkey, or root, which has wider bounds (see [`bounds`]). Bounds that tie two fields
		/// together are checked after the last change; slots and permits must make epochs that fit into a block. Emits `HyperparametersChanged`.
		/// Errors: `SubnetNotFound`, `NotOwner`, `NoChanges`, `NotActive`, `RootOnly`, `OutOfBounds`.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::set_hyperparameters(changes.len() as u32))]
		pub fn set_hyperparameters(
			origin: OriginFor<T>,
			netuid: NetUid,
			changes: BoundedVec<Hyperparameter, MaxChanges>,
		) -> DispatchResult {
			let authority = Self::ensure_owner_or_root(origin, netuid)?;
			Self::do_set_hyperparameters(netuid, changes, authority)
		}
	}
}
