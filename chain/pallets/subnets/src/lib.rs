//! # Subnets
//!
//! Which subnets exist, who owns them, how they are called, whether they earn emission, and what their hyperparameters
//! are. Knows nothing of neurons' money, weights or epochs: what must happen elsewhere when a subnet appears or goes
//! happens behind [`ganglion_traits::OnSubnetCreated`] and [`ganglion_traits::OnSubnetDissolved`].
//!
//! ## Overview
//!
//! Anyone can create a subnet by locking tokens. A new subnet works at once but earns nothing until its owner starts it
//! and root activates it, so that nobody can vote emission to himself; [`ganglion_primitives::SubnetState`] shows which
//! of the two is missing. The owner (or root) changes hyperparameters within bounds; those that would let an owner decide
//! the outcome of consensus are root's alone. An owner can change each of them only so often, and not shortly before an
//! epoch; for both there is a view of the next block in which he can.
//!
//! Root dissolves subnets; a creation that finds no room dissolves the one of least value that is out of its immunity.
//! A dissolved subnet is gone at once for everybody: it is in no listing and takes no calls. What the pallets keep for
//! it goes in the next blocks, at most `DissolveBudget` a block; then the owner gets the lock back less what he earned
//! with the subnet, and the rest is burned.
//!
//! ## Terminology
//!
//! - **lock**: tokens of the owner on hold ([`HoldReason::SubnetLock`]) for as long as the subnet exists. Its price
//!   doubles with each creation and falls linearly back to the minimum, see [`LockRecord::price`].
//! - **active**: earning a share of block emission: started and activated.
//! - **active hyperparameter**: one that code reads; setting another is refused with `NotActive`.
//! - **frozen**: in the last `min(FreezeWindow, tempo / 5)` blocks before an epoch, in which owners change nothing that
//!   the epoch reads.
//!
//! ## Invariants
//!
//! - every subnet has hyperparameters within bounds and epochs that fit into a block, and nothing has hyperparameters, a
//!   name, an identity or limits that is not a subnet;
//! - a name or symbol leads to the one subnet that has it;
//! - `netuid < NextNetUid` for every subnet; a netuid is never given out twice;
//! - at most [`MAX_DISSOLVING`] subnets dissolve, none of which is a subnet any more, and no refund exceeds its lock;
//! - for every owner, the sum of its subnets' locks, dissolving ones included = its balance on hold for `SubnetLock`.

#![cfg_attr(not(feature = "std"), no_std)]
#![deny(missing_docs)]

extern crate alloc;

pub mod bounds;
mod dissolve;
mod impls;
mod inspect;
mod profile;
mod settings;
mod swaps;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;
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

/// Most subnets that dissolve at a time.
pub const MAX_DISSOLVING: u32 = 4;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{pallet_prelude::*, traits::fungible};
	use frame_system::pallet_prelude::*;
	use ganglion_primitives::{
		subnet::{Name, Symbol},
		Balance, BlockNumber, Hyperparameter, Hyperparameters, NetUid, SubnetIdentity, SubnetName,
	};
	use ganglion_traits::{
		ColdkeyGuard, EpochControl, EpochSize, HotkeyInspect, NeuronInspect, OnSubnetCreated, OnSubnetDissolved,
		OwnerEarnings, SubnetValue,
	};

	/// Most changes in one call.
	pub type MaxChanges = ConstU32<40>;
	/// Most limited actions of one owner: hyperparameters and others.
	pub type MaxLimited = ConstU32<64>;

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
		/// Whose hotkeys are whose.
		type Hotkeys: HotkeyInspect<Self::AccountId>;
		/// Coldkeys that must give nothing away now.
		type Guard: ColdkeyGuard<Self::AccountId>;
		/// How many slots and permits an epoch bears.
		type Epochs: EpochSize;
		/// When epochs come.
		type Clock: EpochControl;
		/// What owners have earned, which refunds of locks are lowered by.
		type Earnings: OwnerEarnings;
		/// What subnets are worth: the least is pruned.
		type Value: SubnetValue;
		/// Who keeps data of a subnet that must go with it.
		type OnSubnetDissolved: OnSubnetDissolved;
		/// Most weight of a block that dissolution takes.
		type DissolveBudget: Get<Weight>;
		/// Who activates, dissolves, and sets what owners can't.
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
		/// Blocks after creation before which a subnet can't be started.
		#[pallet::constant]
		type StartDelay: Get<BlockNumber>;
		/// Blocks after creation in which a subnet is not pruned.
		#[pallet::constant]
		type NetworkImmunity: Get<BlockNumber>;
		/// Blocks before an epoch in which owners change nothing that it reads; a fifth of the tempo where that is shorter.
		#[pallet::constant]
		type FreezeWindow: Get<BlockNumber>;
		/// Blocks between two changes of a subnet's owner hotkey.
		#[pallet::constant]
		type OwnerHotkeyInterval: Get<BlockNumber>;
		/// Blocks between two trimmings by an owner.
		#[pallet::constant]
		type TrimInterval: Get<BlockNumber>;
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

	/// When an owner did last what he can do only now and then.
	#[pallet::storage]
	pub type LastDone<T: Config> =
		StorageMap<_, Identity, NetUid, BoundedBTreeMap<Limited, BlockNumber, MaxLimited>, ValueQuery>;

	/// Subnets that are being dissolved.
	#[pallet::storage]
	pub type Dissolving<T: Config> = CountedStorageMap<_, Identity, NetUid, DissolutionOf<T>>;

	/// What subnets say of themselves.
	#[pallet::storage]
	pub type Identities<T: Config> = StorageMap<_, Identity, NetUid, SubnetIdentity>;

	/// What subnets are called.
	#[pallet::storage]
	pub type Names<T: Config> = StorageMap<_, Identity, NetUid, SubnetName>;

	/// Which subnet has a name.
	#[pallet::storage]
	pub type NetUidOfName<T: Config> = StorageMap<_, Blake2_128Concat, Name, NetUid>;

	/// Which subnet has a symbol.
	#[pallet::storage]
	pub type NetUidOfSymbol<T: Config> = StorageMap<_, Blake2_128Concat, Symbol, NetUid>;

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
		/// The owner started a subnet; it earns emission while root has it activated.
		SubnetStarted {
			/// The subnet.
			netuid: NetUid,
		},
		/// Root activated a subnet; it earns emission once its owner has started it.
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
		/// A subnet does not exist any more; what is kept for it goes in the next blocks.
		SubnetDissolving {
			/// The subnet.
			netuid: NetUid,
			/// What the owner gets back of the lock at the end, nano.
			refund: Balance,
		},
		/// Nothing is left of a subnet but stake that its holders can take out.
		SubnetDissolved {
			/// The subnet.
			netuid: NetUid,
			/// The former owner's coldkey.
			owner: T::AccountId,
			/// What of the lock was given back, nano.
			refunded: Balance,
			/// What of it was burned, nano: as much as the owner had earned.
			burned: Balance,
		},
		/// The next epoch comes earlier.
		EpochTriggered {
			/// The subnet.
			netuid: NetUid,
			/// At this block.
			block: BlockNumber,
		},
		/// A subnet has another name and symbol; empty is none.
		NameChanged {
			/// The subnet.
			netuid: NetUid,
			/// Name.
			name: Name,
			/// Symbol.
			symbol: Symbol,
		},
		/// A subnet's identity was set, or removed.
		IdentityChanged {
			/// The subnet.
			netuid: NetUid,
		},
		/// Another hotkey is the owner's.
		OwnerHotkeyChanged {
			/// The subnet.
			netuid: NetUid,
			/// The new one.
			hotkey: T::AccountId,
		},
		/// A subnet has another owner, by a swap of his coldkey.
		OwnerChanged {
			/// The subnet.
			netuid: NetUid,
			/// The new coldkey.
			owner: T::AccountId,
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
		/// As many subnets exist as there can be and none is out of its immunity, or all netuids are used up. Try later.
		TooManySubnets,
		/// As many subnets are being dissolved as there can be. Try again in some blocks.
		TooManyDissolving,
		/// The owner started the subnet already.
		AlreadyStarted,
		/// The subnet can't be started yet: see its start block.
		TooEarly,
		/// The owner did this too short a time ago: see the subnet's limits for the next block.
		RateLimited,
		/// Shortly before an epoch nothing changes that it reads: see the subnet's limits for the next block.
		Frozen,
		/// Epochs can't be triggered while weights are committed and revealed: commitments count epochs.
		CommitRevealOn,
		/// The next epoch comes as soon as a triggered one would.
		EpochImminent,
		/// Another subnet has this name or symbol.
		NameTaken,
		/// A name is 3 to 32 lower-case letters, digits and inner hyphens, a symbol 2 to 8 upper-case letters and digits; both begin with a letter.
		BadName,
		/// A text is not plain UTF-8, or an address is not https.
		BadText,
		/// A swap of this coldkey is announced: it can lock nothing until that is done or cancelled.
		ColdkeyGuarded,
		/// The hotkey is not the owner's.
		NotOwnersHotkey,
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
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Self::continue_dissolution()
		}

		fn integrity_test() {
			assert!(T::MaxSubnets::get() > 0, "a network without subnets has no use");
			let limited = Hyperparameter::NAMES.len().saturating_add(Limited::ACTIONS.len());
			assert!(
				limited <= <MaxLimited as Get<u32>>::get() as usize,
				"an owner's limits have no room"
			);
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
		/// becomes the coldkey's and takes uid 0. Where there is no room, the subnet of least value that is out of its
		/// immunity is dissolved. Emits `SubnetCreated`.
		/// Errors: `LockPriceExceeded`, `ColdkeyGuarded`, `TooManySubnets`, `TooManyDissolving`, those of the token and of hotkey ownership.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::create(T::MaxSubnets::get().into()))]
		pub fn create(
			origin: OriginFor<T>,
			owner_hotkey: T::AccountId,
			max_lock: Balance,
		) -> DispatchResultWithPostInfo {
			let owner = ensure_signed(origin)?;
			let searched = Self::do_create(owner, owner_hotkey, max_lock)?;
			Ok(Some(T::WeightInfo::create(searched)).into())
		}

		/// Let a subnet earn emission once its owner has started it. Origin: root. Emits `SubnetActivated`.
		/// Errors: `SubnetNotFound`, `NoStateChange`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::activate())]
		pub fn activate(origin: OriginFor<T>, netuid: NetUid) -> DispatchResult {
			T::RootOrigin::ensure_origin(origin)?;
			Self::set_activated(netuid, true)?;
			Self::deposit_event(Event::SubnetActivated { netuid });
			Ok(())
		}

		/// Stop a subnet's emission. Origin: root. Emits `SubnetDeactivated`.
		/// Errors: `SubnetNotFound`, `NoStateChange`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::deactivate())]
		pub fn deactivate(origin: OriginFor<T>, netuid: NetUid) -> DispatchResult {
			T::RootOrigin::ensure_origin(origin)?;
			Self::set_activated(netuid, false)?;
			Self::deposit_event(Event::SubnetDeactivated { netuid });
			Ok(())
		}

		/// Change hyperparameters: all of `changes`, in their order, or none.
		///
		/// Origin: the owner's coldkey, or root, which has wider bounds (see [`bounds`]). Bounds that tie two fields
		/// together are checked after the last change; slots and permits must make epochs that fit into a block. An owner sets
		/// each of them once in two tempos (`weights_version_key`: five), and none in the last `min(FreezeWindow, tempo / 5)`
		/// blocks before an epoch. Emits `HyperparametersChanged`.
		/// Errors: `SubnetNotFound`, `NotOwner`, `NoChanges`, `NotActive`, `RootOnly`, `OutOfBounds`, `RateLimited`, `Frozen`.
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

		/// Start a subnet, once: it earns emission while root has it activated.
		///
		/// Origin: the owner's coldkey, not before `StartDelay` blocks after creation. Emits `SubnetStarted`.
		/// Errors: `SubnetNotFound`, `NotOwner`, `AlreadyStarted`, `TooEarly`.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::start())]
		pub fn start(origin: OriginFor<T>, netuid: NetUid) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_start(who, netuid)
		}

		/// Dissolve a subnet. It is gone at once; what is kept for it goes in the next blocks, then the lock is given back less
		/// what the owner earned. Stake in it can be taken out for ever.
		///
		/// Origin: root. Emits `SubnetDissolving`, and `SubnetDissolved` at the end.
		/// Errors: `SubnetNotFound`, `TooManyDissolving`.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::dissolve())]
		pub fn dissolve(origin: OriginFor<T>, netuid: NetUid) -> DispatchResult {
			T::RootOrigin::ensure_origin(origin)?;
			Self::do_dissolve(netuid)
		}

		/// Have the next epoch as soon as the freeze window allows, earlier than it would be.
		///
		/// Origin: the owner's coldkey, once in two tempos, or root. Emits `EpochTriggered`.
		/// Errors: `SubnetNotFound`, `NotOwner`, `RateLimited`, `CommitRevealOn`, `EpochImminent`.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::trigger_epoch())]
		pub fn trigger_epoch(origin: OriginFor<T>, netuid: NetUid) -> DispatchResult {
			let authority = Self::ensure_owner_or_root(origin, netuid)?;
			Self::do_trigger_epoch(netuid, authority)
		}

		/// Set what a subnet says of itself, or remove it.
		///
		/// Origin: the owner's coldkey, or root. `url`, `github` and `logo` are empty or https addresses. Emits `IdentityChanged`.
		/// Errors: `SubnetNotFound`, `NotOwner`, `BadText`.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::set_identity())]
		pub fn set_identity(
			origin: OriginFor<T>,
			netuid: NetUid,
			identity: Option<alloc::boxed::Box<SubnetIdentity>>,
		) -> DispatchResult {
			Self::ensure_owner_or_root(origin, netuid)?;
			Self::do_set_identity(netuid, identity.map(|identity| *identity))
		}

		/// Set a subnet's name and symbol, each unique among subnets; empty is none. They are free again when they are changed
		/// and when the subnet is dissolved.
		///
		/// Origin: the owner's coldkey, once in two tempos, or root. Emits `NameChanged`.
		/// Errors: `SubnetNotFound`, `NotOwner`, `RateLimited`, `BadName`, `NameTaken`.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::set_name())]
		pub fn set_name(origin: OriginFor<T>, netuid: NetUid, name: Name, symbol: Symbol) -> DispatchResult {
			let authority = Self::ensure_owner_or_root(origin, netuid)?;
			Self::do_set_name(netuid, SubnetName { name, symbol }, authority)
		}

		/// Name another hotkey of the owner's as the one that is exempt from some limits while it is registered.
		///
		/// Origin: the owner's coldkey, once in `OwnerHotkeyInterval` blocks and not shortly before an epoch, or root. Emits
		/// `OwnerHotkeyChanged`.
		/// Errors: `SubnetNotFound`, `NotOwner`, `RateLimited`, `Frozen`, `NotOwnersHotkey`, `NoStateChange`.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::set_owner_hotkey())]
		pub fn set_owner_hotkey(origin: OriginFor<T>, netuid: NetUid, hotkey: T::AccountId) -> DispatchResult {
			let authority = Self::ensure_owner_or_root(origin, netuid)?;
			Self::do_set_owner_hotkey(netuid, hotkey, authority)
		}
	}
}
