//! # Models
//!
//! Model profiles, who serves and audits them, and the bonds behind that.
//!
//! ## Overview
//!
//! A profile names everything that an answer depends on: files by hash, dtype, engine, how answers are judged. Its identity
//! is the hash of that, so nobody owns what it says; who registers it holds a deposit and says its name, licence and price.
//! The coldkey of a hotkey with a slot declares that the hotkey serves a profile, or audits it, with a bond: own stake in
//! the hotkey's pool that is locked as long as the declaration stands and some time after.
//!
//! ## Terminology
//!
//! - **Declaration**: (hotkey, profile, role) with its bond. In force until it is retired; then the bond stays for
//!   `BondRelease` unpaused blocks, in which an answer of before can still be disputed; then anybody can release it.
//! - **Bond of a role**: the sum over its declarations, whether in force or not. The lock is the sum over both roles.
//! - **Frozen**: accused. Nothing is released and the hotkey is not exchanged until as many accusations have ended.
//! - **Former name**: a hotkey that was exchanged while it had declarations. What it signed is answered for by its successor.
//!
//! ## Invariants
//!
//! - numbers of profiles, their records, their contents and the index by owner name the same profiles, by the right hash;
//! - each profile counts its declarations; each owner has held exactly the deposits of his profiles;
//! - the auditors of a profile are the hotkeys with an audit declaration in force, ascending;
//! - only hotkeys with declarations are frozen or have a former name, and a former name has no declarations of its own.

#![cfg_attr(not(feature = "std"), no_std)]
#![deny(missing_docs)]

extern crate alloc;

mod bonds;
mod declarations;
mod inspect;
mod lifecycle;
mod profiles;
mod types;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::indexing_slicing)] // Tests fail by panicking.
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;

pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

/// Most layers of a profile.
pub const MAX_LAYERS: u16 = 1_024;
/// Most profiles that a hotkey declares in one role.
pub const MAX_DECLARATIONS: u32 = 32;
/// Most auditors of a profile in a subnet.
pub const MAX_AUDITORS: u32 = 256;
/// Most profiles of one page.
pub const MAX_PAGE: u32 = 32;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use alloc::boxed::Box;
	use frame_support::{pallet_prelude::*, traits::fungible};
	use frame_system::pallet_prelude::*;
	use ganglion_primitives::{
		Balance, BlockNumber, NetUid, ProfileId, ProfileNumber, ProfileSpec, ProfileTerms, Role,
	};
	use ganglion_traits::{
		ColdkeyGuard, HotkeyInspect, NeuronInspect, Pause, Slash, StakeInspect, StakeLock, SubnetInspect,
	};

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Deposits.
		type Currency: fungible::MutateHold<Self::AccountId, Reason = Self::RuntimeHoldReason>
			+ fungible::Inspect<Self::AccountId, Balance = Balance>;
		/// Why deposits are held.
		type RuntimeHoldReason: From<HoldReason>;
		/// Subnets.
		type Subnets: SubnetInspect<Self::AccountId>;
		/// Slots and their occupants.
		type Neurons: NeuronInspect<Self::AccountId>;
		/// Who owns which hotkey.
		type Hotkeys: HotkeyInspect<Self::AccountId>;
		/// Coldkeys whose swap is announced or under way.
		type Guard: ColdkeyGuard<Self::AccountId>;
		/// Locks of stake.
		type Locks: StakeLock<Self::AccountId>;
		/// What a slash can reach.
		type Stake: StakeInspect<Self::AccountId>;
		/// The slash path.
		type Slash: Slash<Self::AccountId>;
		/// The clock of deadlines.
		type Pause: Pause;
		/// Deposit of a profile, nano.
		type ProfileDeposit: Get<Balance>;
		/// And for each of its bytes, nano.
		type ProfileByteDeposit: Get<Balance>;
		/// Least bond of a declaration to serve, nano.
		type MinServeBond: Get<Balance>;
		/// Least bond of a declaration to audit, nano.
		type MinAuditBond: Get<Balance>;
		/// Unpaused blocks between retiring and release: longer than any dispute.
		type BondRelease: Get<BlockNumber>;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Why tokens are held.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// Deposit of a registered profile.
		Profile,
	}

	/// The number that the next profile gets.
	#[pallet::storage]
	pub type NextNumber<T: Config> = StorageValue<_, ProfileNumber, ValueQuery>;

	/// Numbers of registered profiles.
	#[pallet::storage]
	pub type Numbers<T: Config> = StorageMap<_, Identity, ProfileId, ProfileNumber, OptionQuery>;

	/// Registered profiles without their contents.
	#[pallet::storage]
	pub type Records<T: Config> = StorageMap<_, Twox64Concat, ProfileNumber, Record<T::AccountId>, OptionQuery>;

	/// Contents of registered profiles.
	#[pallet::storage]
	pub type Specs<T: Config> = StorageMap<_, Twox64Concat, ProfileNumber, ProfileSpec, OptionQuery>;

	/// Profiles of each owner.
	#[pallet::storage]
	pub type Owned<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Twox64Concat, ProfileNumber, (), OptionQuery>;

	/// What each hotkey declared, whether still in force or not.
	#[pallet::storage]
	pub type DeclarationsOf<T: Config> =
		StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, T::AccountId, Declarations, ValueQuery>;

	/// Hotkeys that audit a profile, ascending.
	#[pallet::storage]
	pub type AuditorsOf<T: Config> =
		StorageDoubleMap<_, Identity, NetUid, Twox64Concat, ProfileNumber, Auditors<T::AccountId>, ValueQuery>;

	/// How many accusations hold a hotkey's bond.
	#[pallet::storage]
	pub type Freezes<T: Config> =
		StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, T::AccountId, u32, ValueQuery>;

	/// By former name: the hotkey that answers for it.
	#[pallet::storage]
	pub type Successors<T: Config> =
		StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, T::AccountId, T::AccountId, OptionQuery>;

	/// The former name of a hotkey, and the unpaused block until which it stands for it at least.
	#[pallet::storage]
	pub type FormerNames<T: Config> =
		StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, T::AccountId, (T::AccountId, BlockNumber), OptionQuery>;

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A profile was registered.
		ProfileRegistered {
			/// Its number.
			number: ProfileNumber,
			/// Its identity.
			profile: ProfileId,
			/// Whose deposit it is.
			owner: T::AccountId,
			/// Nano held.
			deposit: Balance,
		},
		/// The owner changed name, licence or price.
		TermsSet {
			/// The profile.
			number: ProfileNumber,
			/// What holds from now on.
			terms: ProfileTerms,
		},
		/// A profile is registered no longer.
		ProfileRemoved {
			/// Its number.
			number: ProfileNumber,
			/// Its identity.
			profile: ProfileId,
			/// Nano given back.
			deposit: Balance,
		},
		/// A profile went over with its owner's coldkey.
		OwnerChanged {
			/// The profile.
			number: ProfileNumber,
			/// Whose it is.
			owner: T::AccountId,
		},
		/// A hotkey serves or audits a profile from now on, or with a larger bond.
		Declared {
			/// The subnet.
			netuid: NetUid,
			/// The hotkey.
			hotkey: T::AccountId,
			/// The profile.
			number: ProfileNumber,
			/// As what.
			role: Role,
			/// Nano.
			bond: Balance,
		},
		/// A hotkey serves or audits a profile no longer.
		Retired {
			/// The subnet.
			netuid: NetUid,
			/// The hotkey.
			hotkey: T::AccountId,
			/// The profile.
			number: ProfileNumber,
			/// As what.
			role: Role,
			/// Unpaused block from which the bond can be released.
			ends_at: BlockNumber,
		},
		/// Bonds of retired declarations were released.
		Released {
			/// The subnet.
			netuid: NetUid,
			/// The hotkey.
			hotkey: T::AccountId,
			/// Nano released.
			released: Balance,
			/// Nano of bonds that stay.
			left: Balance,
		},
		/// A bond was slashed.
		BondSlashed {
			/// The subnet.
			netuid: NetUid,
			/// The hotkey.
			hotkey: T::AccountId,
			/// Which bond.
			role: Role,
			/// Nano taken.
			amount: Balance,
		},
	}

	/// Why a call was refused.
	#[pallet::error]
	#[derive(PartialEq, Eq)]
	pub enum Error<T> {
		/// Files are none, not ascending by path, or a path is not relative and plain.
		InvalidFiles,
		/// A text is empty or has other characters than visible ASCII and spaces.
		InvalidLabel,
		/// A profile has at least one layer.
		NoLayers,
		/// This profile is registered already.
		AlreadyRegistered,
		/// No such profile is registered.
		ProfileNotFound,
		/// The profile is another's.
		NotOwner,
		/// Somebody declares the profile, or its bond is not released yet.
		ProfileInUse,
		/// The coldkey's swap is announced or under way.
		ColdkeyGuarded,
		/// The hotkey is not the caller's.
		NotOwnHotkey,
		/// The hotkey has no slot in the subnet.
		NotRegistered,
		/// The bond is below the least of its role.
		BondTooLow,
		/// A bond is not lowered: retire the declaration.
		BondLowered,
		/// The hotkey declares as many profiles in this role as it can.
		TooManyDeclarations,
		/// The profile has as many auditors in this subnet as it can.
		TooManyAuditors,
		/// The hotkey did not declare this.
		NotDeclared,
		/// It is retired already.
		AlreadyRetired,
		/// No retired declaration's time is over.
		NothingToRelease,
		/// The hotkey is accused.
		Frozen,
		/// Another hotkey answers for what this one signed.
		FormerName,
		/// The new hotkey has declarations of its own.
		DeclarationsExist,
		/// The hotkey was exchanged not long ago, and what its former name signed can still be disputed.
		ExchangedRecently,
		/// A profile has at most [`MAX_LAYERS`] layers: a dispute has a round for each halving of them.
		TooManyLayers,
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
		/// Register a profile. Its identity is the hash of `spec`; a deposit is held while it is registered.
		///
		/// Origin: signed by a coldkey, the owner from now on. Emits `ProfileRegistered`. Errors: `InvalidFiles`, `InvalidLabel`, `NoLayers`,
		/// `TooManyLayers`, `AlreadyRegistered`, `ColdkeyGuarded`, those of the balance.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::register(spec.encoded_size().try_into().unwrap_or(u32::MAX)))]
		pub fn register(origin: OriginFor<T>, spec: Box<ProfileSpec>, terms: ProfileTerms) -> DispatchResult {
			Self::do_register(ensure_signed(origin)?, *spec, terms)
		}

		/// Change name, licence and price of a profile.
		///
		/// Origin: signed by its owner. Emits `TermsSet`. Errors: `ProfileNotFound`, `NotOwner`, `InvalidLabel`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::set_terms())]
		pub fn set_terms(origin: OriginFor<T>, profile: ProfileId, terms: ProfileTerms) -> DispatchResult {
			Self::do_set_terms(ensure_signed(origin)?, profile, terms)
		}

		/// Take a profile that nobody declares off the list; the deposit is released and the number never used again.
		///
		/// Origin: signed by its owner. Emits `ProfileRemoved`. Errors: `ProfileNotFound`, `NotOwner`, `ProfileInUse`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::remove())]
		pub fn remove(origin: OriginFor<T>, profile: ProfileId) -> DispatchResult {
			Self::do_remove(ensure_signed(origin)?, profile)
		}

		/// Declare that a hotkey serves or audits a profile, with a bond of own stake in its pool; or raise the bond, or take a retirement back.
		///
		/// Origin: signed by the hotkey's coldkey. Emits `Declared`. Errors: `ProfileNotFound`, `NotOwnHotkey`, `NotRegistered`, `FormerName`,
		/// `BondTooLow`, `BondLowered`, `TooManyDeclarations`, `TooManyAuditors`, those of Staking's locks.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::declare())]
		pub fn declare(
			origin: OriginFor<T>,
			netuid: NetUid,
			hotkey: T::AccountId,
			profile: ProfileId,
			role: Role,
			bond: Balance,
		) -> DispatchResult {
			Self::do_declare(ensure_signed(origin)?, netuid, hotkey, profile, role, bond)
		}

		/// End a declaration. Its bond stays for a while. Possible without a slot, too.
		///
		/// Origin: signed by the hotkey's coldkey. Emits `Retired`. Errors: `ProfileNotFound`, `NotOwnHotkey`, `NotDeclared`, `AlreadyRetired`.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::retire())]
		pub fn retire(
			origin: OriginFor<T>,
			netuid: NetUid,
			hotkey: T::AccountId,
			profile: ProfileId,
			role: Role,
		) -> DispatchResult {
			Self::do_retire(ensure_signed(origin)?, netuid, hotkey, profile, role)
		}

		/// Release the bonds of a hotkey's declarations whose time is over.
		///
		/// Origin: signed by anybody. Emits `Released`. Errors: `NothingToRelease`, `Frozen`, `ColdkeyGuarded`.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::release(2 * MAX_DECLARATIONS))]
		pub fn release(origin: OriginFor<T>, netuid: NetUid, hotkey: T::AccountId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_release(netuid, hotkey)
		}
	}
}
