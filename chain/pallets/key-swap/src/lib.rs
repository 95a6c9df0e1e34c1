//! # Key swap
//!
//! Exchange of keys: of a hotkey at once, of a coldkey after an announcement, a delay and time to dispute. Knows nothing
//! of what is kept for keys: other pallets move it when they are told.
//!
//! ## Overview
//!
//! A coldkey exchanges one of its hotkeys for a new one, in one subnet or in all. Slots keep their registration block;
//! weights, bonds, commits, pools, endpoints and child keys follow. The old hotkey stays owned, so that nobody else can
//! have it.
//!
//! A coldkey is exchanged because it may be in other hands, or will be. So the exchange is announced with the hash of the
//! new key. From then on the coldkey gives nothing away: its balance is frozen whole, so that no call of its own, of a
//! proxy or of a multisig moves it, and other pallets ask [`ColdkeyGuard`] before they let stake go. After the delay
//! whoever knows the new key has it executed: in bounded steps over as many blocks as it takes. Meanwhile whoever holds
//! the coldkey can dispute; then root decides, and where it does not until the deadline, nothing has happened.
//!
//! A frozen account can't pay fees: executing, disputing and cancelling are free exactly when they succeed.
//!
//! ## Terminology
//!
//! - **unpaused blocks**: the clock of all deadlines here; while safe mode pauses the network it stands still.
//! - **guarded**: announced, or being moved.
//!
//! ## Invariants
//!
//! - the balance of a guarded coldkey is frozen whole, that of no other is by this pallet;
//! - a coldkey that is being moved is not announced, and is listed once;
//! - every interval between hotkey swaps ends: it is listed at the block in which it does.

#![cfg_attr(not(feature = "std"), no_std)]
#![deny(missing_docs)]

extern crate alloc;

mod coldkey;
mod hotkey;
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

/// Most slots of a hotkey that is swapped everywhere at once.
pub const MAX_SLOTS: u32 = 64;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{
		dispatch::WithPostDispatchInfo,
		pallet_prelude::*,
		traits::{fungible, EnsureOrigin},
	};
	use frame_system::pallet_prelude::*;
	use ganglion_primitives::{Balance, BlockNumber, NetUid};
	use ganglion_traits::{
		BurnRecord, HotkeyInspect, HotkeyOwnership, NeuronInspect, OnColdkeySwapped, OnHotkeySwapped, Pause,
		SubnetInspect,
	};

	/// Coldkeys that can be moved at the same time.
	pub type MaxMoving = ConstU32<16>;
	/// Hotkey swaps that can begin an interval in one block.
	pub type MaxSwapsPerBlock = ConstU32<64>;

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// The native token: costs are burned, guarded coldkeys frozen.
		type Currency: fungible::Mutate<Self::AccountId, Balance = Balance>
			+ fungible::MutateFreeze<Self::AccountId, Balance = Balance, Id = Self::RuntimeFreezeReason>;
		/// Reasons of freezes.
		type RuntimeFreezeReason: From<FreezeReason>;
		/// Subnets.
		type Subnets: SubnetInspect<Self::AccountId>;
		/// Slots.
		type Neurons: NeuronInspect<Self::AccountId>;
		/// Which coldkey owns which hotkey.
		type Hotkeys: HotkeyInspect<Self::AccountId> + HotkeyOwnership<Self::AccountId>;
		/// Who keeps data per hotkey.
		type OnHotkeySwapped: OnHotkeySwapped<Self::AccountId>;
		/// Who keeps data per coldkey.
		type OnColdkeySwapped: OnColdkeySwapped<Self::AccountId>;
		/// Paused blocks, which no deadline counts.
		type Pause: Pause;
		/// Who counts what is gone for ever.
		type Burns: BurnRecord;
		/// Who decides disputes.
		type RootOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// What an announcement burns, nano.
		type ColdkeySwapCost: Get<Balance>;
		/// Unpaused blocks between announcement and execution.
		type ColdkeySwapDelay: Get<BlockNumber>;
		/// Unpaused blocks in which an announcement can't be cancelled.
		type ReannounceDelay: Get<BlockNumber>;
		/// Unpaused blocks in which a dispute has to be decided.
		type DisputePeriod: Get<BlockNumber>;
		/// What a hotkey swap in all subnets burns, nano.
		type HotkeySwapCost: Get<Balance>;
		/// What a hotkey swap in one subnet burns, nano.
		type HotkeySwapCostInSubnet: Get<Balance>;
		/// Unpaused blocks between two hotkey swaps of one coldkey.
		type HotkeySwapInterval: Get<BlockNumber>;
		/// Most subnets that there can be.
		type MaxSubnets: Get<u16>;
		/// What a step of moving a coldkey may take.
		type StepWeight: Get<Weight>;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// Why the pallet freezes.
	#[pallet::composite_enum]
	pub enum FreezeReason {
		/// A swap of the coldkey is announced or under way.
		ColdkeySwap,
	}

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Announced swap of each coldkey.
	#[pallet::storage]
	pub type Announcements<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, AnnouncementOf<T>>;

	/// Coldkeys that are being moved, with where to; the first is worked on.
	#[pallet::storage]
	pub type Moving<T: Config> = StorageValue<_, BoundedVec<(T::AccountId, T::AccountId), MaxMoving>, ValueQuery>;

	/// Unpaused block from which each coldkey can swap a hotkey again.
	#[pallet::storage]
	pub type NextHotkeySwap<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, BlockNumber>;

	/// Coldkeys whose interval between hotkey swaps ends at an unpaused block.
	#[pallet::storage]
	pub type IntervalsEnding<T: Config> =
		StorageMap<_, Twox64Concat, BlockNumber, BoundedVec<T::AccountId, MaxSwapsPerBlock>, ValueQuery>;

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A hotkey was exchanged for another.
		HotkeySwapped {
			/// Owner of both.
			coldkey: T::AccountId,
			/// The old hotkey.
			old_hotkey: T::AccountId,
			/// The new hotkey.
			new_hotkey: T::AccountId,
			/// Where; None everywhere.
			netuid: Option<NetUid>,
		},
		/// A coldkey is to be exchanged.
		ColdkeySwapAnnounced {
			/// The coldkey.
			coldkey: T::AccountId,
			/// Hash of the new one.
			new_hash: T::Hash,
			/// Unpaused blocks until it can be executed.
			delay: BlockNumber,
		},
		/// A swap was disputed: root decides.
		ColdkeySwapDisputed {
			/// The coldkey.
			coldkey: T::AccountId,
			/// Unpaused blocks until it counts as cancelled.
			period: BlockNumber,
		},
		/// An announced swap will not happen.
		ColdkeySwapCancelled {
			/// The coldkey.
			coldkey: T::AccountId,
		},
		/// Everything of a coldkey begins to go over to the new one.
		ColdkeySwapStarted {
			/// The old coldkey.
			old_coldkey: T::AccountId,
			/// The new coldkey.
			new_coldkey: T::AccountId,
		},
		/// Everything of a coldkey went over to the new one.
		ColdkeySwapped {
			/// The old coldkey.
			old_coldkey: T::AccountId,
			/// The new coldkey.
			new_coldkey: T::AccountId,
		},
	}

	/// Why a call was refused.
	#[pallet::error]
	#[derive(PartialEq, Eq)]
	pub enum Error<T> {
		/// The caller does not own the hotkey.
		NotOwned,
		/// Old and new key are the same.
		SameKey,
		/// No subnet has this netuid.
		SubnetNotFound,
		/// The coldkey swapped a hotkey too recently.
		SwapRateLimited,
		/// Too many hotkeys were swapped in this block; try again in the next.
		TooManySwaps,
		/// A swap of the coldkey is announced or under way.
		ColdkeyGuarded,
		/// The caller is somebody's hotkey.
		ColdkeyIsHotkey,
		/// No swap of the coldkey is announced.
		NotAnnounced,
		/// The announcement is too young to be cancelled.
		AnnouncedTooRecently,
		/// The delay is not over.
		TooEarly,
		/// The new coldkey is not the announced one.
		WrongColdkey,
		/// The swap is disputed.
		Disputed,
		/// The swap is not disputed.
		NotDisputed,
		/// Nobody decided the dispute in time: the swap can only be cancelled.
		DisputeLapsed,
		/// The new coldkey is a hotkey.
		NewColdkeyIsHotkey,
		/// The new coldkey owns hotkeys already.
		NewColdkeyInUse,
		/// The new coldkey's account does not exist: send it at least the existential deposit.
		NewColdkeyMissing,
		/// Only the coldkey itself can cancel an undisputed swap.
		NotYours,
		/// Too many coldkeys are being moved; try again later.
		TooManyMoving,
		/// The hotkey has slots in more subnets than can be swapped in one block: swap it subnet by subnet.
		TooManySlots,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Self::forget_intervals().saturating_add(Self::move_on(T::StepWeight::get()))
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Exchange the hotkey `old` for `new`, in the subnet `netuid` or everywhere. Slots keep their registration block; what
		/// is kept for the hotkey follows.
		///
		/// Origin: signed by the coldkey that owns `old` and owns `new` from now on; burns the cost. Emits `HotkeySwapped`.
		/// Errors: `TooManySlots`, `SameKey`, `NotOwned`, `ColdkeyGuarded`, `SubnetNotFound`, `SwapRateLimited`, `TooManySwaps`,
		/// those of the pallets that keep data per hotkey, those of the token.
		#[pallet::call_index(0)]
		#[pallet::weight(match netuid {
			Some(_) => T::WeightInfo::swap_hotkey(1, 1),
			None => T::WeightInfo::swap_hotkey(T::MaxSubnets::get().into(), MAX_SLOTS),
		})]
		pub fn swap_hotkey(
			origin: OriginFor<T>,
			old: T::AccountId,
			new: T::AccountId,
			netuid: Option<NetUid>,
		) -> DispatchResultWithPostInfo {
			let coldkey = ensure_signed(origin)?;
			let (subnets, slots) = Self::swapped_in(&old, netuid);
			ensure!(slots <= MAX_SLOTS, Error::<T>::TooManySlots);
			let weight = T::WeightInfo::swap_hotkey(subnets, slots);
			match Self::do_swap_hotkey(coldkey, old, new, netuid) {
				Ok(()) => Ok(Some(weight).into()),
				Err(error) => Err(error.with_weight(weight)),
			}
		}

		/// Announce that everything of the caller goes over to the account with this hash (blake2_256 of the 32 bytes of the
		/// account id). From now on the caller's balance is frozen and it gives no stake away.
		///
		/// Origin: signed by a coldkey; burns the cost. For another new coldkey the older announcement is cancelled first. Emits
		/// `ColdkeySwapAnnounced`. Errors: `ColdkeyIsHotkey`, `ColdkeyGuarded`, those of the token.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::announce_coldkey_swap())]
		pub fn announce_coldkey_swap(origin: OriginFor<T>, new_hash: T::Hash) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			Self::do_announce(coldkey, new_hash)
		}

		/// Execute an announced swap after its delay: stake, hotkeys, subnets and the balance of `coldkey` go over to `new`, the
		/// first part at once, the rest in the next blocks.
		///
		/// Origin: signed by anybody: who knows the announced key. Free exactly when it succeeds. Emits `ColdkeySwapStarted`,
		/// at the end `ColdkeySwapped`. Errors: `NotAnnounced`, `Disputed`, `TooEarly`, `WrongColdkey`, `SameKey`,
		/// `NewColdkeyIsHotkey`, `NewColdkeyInUse`, `NewColdkeyMissing`, `ColdkeyGuarded`, `TooManyMoving`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::swap_coldkey().saturating_add(T::StepWeight::get()))]
		#[pallet::feeless_if(|origin: &OriginFor<T>, coldkey: &T::AccountId, new: &T::AccountId| -> bool {
			!T::Pause::is_paused() && ensure_signed(origin.clone()).is_ok() && Pallet::<T>::ensure_can_execute(coldkey, new).is_ok()
		})]
		pub fn swap_coldkey(
			origin: OriginFor<T>,
			coldkey: T::AccountId,
			new: T::AccountId,
		) -> DispatchResultWithPostInfo {
			ensure_signed(origin)?;
			Self::ensure_can_execute(&coldkey, &new)?;
			let step = Self::start(coldkey, new)?;
			Ok(Some(T::WeightInfo::swap_coldkey().saturating_add(step)).into())
		}

		/// Dispute the announced swap of the caller: it is not executed unless root decides so, and ends as cancelled where
		/// root does not decide in time.
		///
		/// Origin: signed by the coldkey. Free exactly when it succeeds. Emits `ColdkeySwapDisputed`.
		/// Errors: `NotAnnounced`, `Disputed`.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::dispute_coldkey_swap())]
		#[pallet::feeless_if(|origin: &OriginFor<T>| -> bool {
			!T::Pause::is_paused()
				&& ensure_signed(origin.clone()).is_ok_and(|who| Pallet::<T>::ensure_can_dispute(&who).is_ok())
		})]
		pub fn dispute_coldkey_swap(origin: OriginFor<T>) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			Self::do_dispute(coldkey)
		}

		/// Cancel an announced swap: the coldkey is as it was before.
		///
		/// Origin: signed by the coldkey while the swap is undisputed and old enough; by anybody once a dispute's deadline has
		/// passed. Free exactly when it succeeds. Emits `ColdkeySwapCancelled`.
		/// Errors: `NotAnnounced`, `NotYours`, `Disputed`, `AnnouncedTooRecently`.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::cancel_coldkey_swap())]
		#[pallet::feeless_if(|origin: &OriginFor<T>, coldkey: &T::AccountId| -> bool {
			!T::Pause::is_paused()
				&& ensure_signed(origin.clone()).is_ok_and(|who| Pallet::<T>::ensure_can_cancel(&who, coldkey).is_ok())
		})]
		pub fn cancel_coldkey_swap(origin: OriginFor<T>, coldkey: T::AccountId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::ensure_can_cancel(&who, &coldkey)?;
			Self::do_cancel(coldkey)
		}

		/// Decide a disputed swap: execute it to `new`, or cancel it.
		///
		/// Origin: root, which can do this with disputed swaps only, before their deadline. Emits `ColdkeySwapStarted` or
		/// `ColdkeySwapCancelled`. Errors: `NotAnnounced`, `NotDisputed`, `DisputeLapsed`, those of `swap_coldkey`.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::swap_coldkey().saturating_add(T::StepWeight::get()))]
		pub fn resolve_dispute(
			origin: OriginFor<T>,
			coldkey: T::AccountId,
			new: Option<T::AccountId>,
		) -> DispatchResultWithPostInfo {
			T::RootOrigin::ensure_origin(origin)?;
			let step = Self::do_resolve(coldkey, new)?;
			Ok(Some(T::WeightInfo::swap_coldkey().saturating_add(step)).into())
		}
	}
}
