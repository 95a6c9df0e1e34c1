//! # Delegation pallet
//!
//! Stake that votes through other hotkeys, and where miners' pay is staked.
//!
//! ## Overview
//!
//! The coldkey of a hotkey can let up to five other hotkeys, its **children**, vote with parts of the hotkey's pool in a
//! subnet. The stake stays where it is: what counts for the hotkey in epochs falls by what its children got, and what
//! counts for each of them rises by it. Dividends of a child are divided by whose stake they were earned with, less
//! the child's take; a slash of a child is divided in the same way. A change comes at the end of a later epoch
//! (`Cooldown`), so that stake does not jump between hotkeys within one.
//!
//! A coldkey can also name a hotkey in whose pool its miners' pay is staked instead of going to its free balance.
//!
//! The pallet stands between emission and staking: it implements [`ganglion_traits::StakeInspect`],
//! [`ganglion_traits::StakeReward`] and [`ganglion_traits::Slash`] over those of the staking pallet. It holds no money
//! and knows nothing of pools but their value.
//!
//! ## Terminology
//!
//! - **Parent**: the hotkey whose stake votes through a **child**. Nobody is both in one subnet, so that stake goes over
//!   one step only.
//! - **Contribution**: `floor(value of the parent's pool * proportion)`, which is what the parent loses and the child
//!   gains.
//! - **Child take**: the child's part of dividends of stake that is not its operator's.
//!
//! ## Invariants
//!
//! - Over all hotkeys stake that counts adds up to the value of all pools of the subnet.
//! - Proportions of a hotkey's children add up to at most 65,535, now and after a change.
//! - A hotkey is in `Parents` of another exactly if the other is among its children now or after a change.
//! - There are at most [`MAX_LINKS`] pairs of parent and child in a subnet, so that an epoch's work is bounded.
//! - Every change that waits is in `Changes` of its subnet once.

#![cfg_attr(not(feature = "std"), no_std)]
#![deny(missing_docs)]

extern crate alloc;

mod children;
mod inspect;
mod lifecycle;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::indexing_slicing)] // Tests fail by panicking.
mod mock;
mod rewards;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::indexing_slicing)] // Tests fail by panicking.
mod tests;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
pub mod types;
pub mod weights;

pub use pallet::*;
pub use types::{
	ChangesOf, ChildTake, ChildrenOf, Given, ParentsOf, MAX_CHANGES, MAX_CHILDREN, MAX_LINKS, MAX_PARENTS,
};
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;
	use ganglion_primitives::{Balance, BlockNumber, EpochIndex, NetUid};
	use ganglion_traits::{
		ColdkeyGuard, EpochInspect, HotkeyInspect, NeuronInspect, Pause, Slash, StakeInspect, StakeReward,
		SubnetInspect,
	};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// Which subnets exist, and what their owners ask of validators.
		type Subnets: SubnetInspect<Self::AccountId>;
		/// Who owns a hotkey.
		type Hotkeys: HotkeyInspect<Self::AccountId>;
		/// Slots.
		type Neurons: NeuronInspect<Self::AccountId>;
		/// The epoch clock.
		type Epochs: EpochInspect;
		/// Stake in pools.
		type Stake: StakeInspect<Self::AccountId>;
		/// Where pay goes in the end.
		type Reward: StakeReward<Self::AccountId>;
		/// What slashes pools.
		type Slash: Slash<Self::AccountId>;
		/// Coldkeys that must give nothing away.
		type Guard: ColdkeyGuard<Self::AccountId>;
		/// Pauses, whose blocks do not count.
		type Pause: Pause;
		/// Full epochs after which a change of children comes that takes nothing from one.
		#[pallet::constant]
		type Cooldown: Get<EpochIndex>;
		/// Full epochs after which a child gets less, or nothing: as long as unbonding, so that nobody leaves before a slash.
		#[pallet::constant]
		type UnbondingEpochs: Get<EpochIndex>;
		/// Least nano that a child gets of a pool when it is set.
		#[pallet::constant]
		type MinContribution: Get<Balance>;
		/// Blocks between two changes of a hotkey's children in a subnet.
		#[pallet::constant]
		type ChangeInterval: Get<BlockNumber>;
		/// Highest child take, 65,535 = 1.0.
		#[pallet::constant]
		type MaxTake: Get<u16>;
		/// Blocks after any change of a child take before it can be increased.
		#[pallet::constant]
		type TakeIncreaseInterval: Get<BlockNumber>;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// What each hotkey has given to children.
	#[pallet::storage]
	pub type Delegations<T: Config> =
		StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, T::AccountId, Given<T::AccountId>, OptionQuery>;

	/// Hotkeys of which each is a child, now or after a change.
	#[pallet::storage]
	pub type Parents<T: Config> =
		StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, T::AccountId, ParentsOf<T::AccountId>, ValueQuery>;

	/// Pairs of parent and child in each subnet.
	#[pallet::storage]
	pub type Links<T: Config> = StorageMap<_, Identity, NetUid, u32, ValueQuery>;

	/// Hotkeys whose children change, by epoch.
	#[pallet::storage]
	pub type Changes<T: Config> = StorageMap<_, Identity, NetUid, ChangesOf<T::AccountId>, ValueQuery>;

	/// What each child keeps of the dividends of its parents' stake.
	#[pallet::storage]
	pub type ChildTakes<T: Config> =
		StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, T::AccountId, ChildTake, OptionQuery>;

	/// Hotkeys that refuse to be the children of other coldkeys' hotkeys.
	#[pallet::storage]
	pub type Refusing<T: Config> =
		StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, T::AccountId, (), OptionQuery>;

	/// The hotkey in whose pool a coldkey's miners' pay is staked.
	#[pallet::storage]
	pub type AutoStake<T: Config> =
		StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, T::AccountId, T::AccountId, OptionQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A hotkey's children will change.
		ChildrenSet {
			/// The subnet.
			netuid: NetUid,
			/// The parent.
			hotkey: T::AccountId,
			/// Children with their parts, 65,535 = 1.0.
			children: ChildrenOf<T::AccountId>,
			/// Epoch at whose end they change.
			epoch: EpochIndex,
		},
		/// A hotkey's children have changed.
		ChildrenChanged {
			/// The subnet.
			netuid: NetUid,
			/// The parent.
			hotkey: T::AccountId,
		},
		/// A hotkey refuses, or not any more, to be the child of other coldkeys' hotkeys.
		RefusingSet {
			/// The subnet.
			netuid: NetUid,
			/// The hotkey.
			hotkey: T::AccountId,
			/// Whether it refuses.
			refuses: bool,
		},
		/// A child take was set.
		ChildTakeSet {
			/// The subnet.
			netuid: NetUid,
			/// The child.
			hotkey: T::AccountId,
			/// 65,535 = 1.0.
			take: u16,
		},
		/// Where a coldkey's miners' pay is staked was set.
		AutoStakeSet {
			/// The subnet.
			netuid: NetUid,
			/// The coldkey.
			coldkey: T::AccountId,
			/// The pool's hotkey; none for the free balance.
			hotkey: Option<T::AccountId>,
		},
		/// Dividends of a child were divided over its parents.
		DividendsShared {
			/// The subnet.
			netuid: NetUid,
			/// The child.
			child: T::AccountId,
			/// Nano to the pools of parents and to their operators.
			to_parents: ganglion_primitives::Balance,
			/// Nano to the child's operator.
			take: ganglion_primitives::Balance,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// There is no such subnet.
		SubnetNotFound,
		/// The signer does not own the hotkey.
		NotOwner,
		/// The coldkey's swap was announced: it gives nothing away.
		ColdkeyGuarded,
		/// A child is the hotkey itself, is named twice, gets nothing, or is owned by nobody.
		InvalidChild,
		/// The parts add up to more than 65,535.
		TooMuch,
		/// A parent can't be a child in the same subnet, nor a child a parent.
		ParentAndChild,
		/// The operator's own stake is below the subnet's least for validators, or a child would get less than the least there is.
		NotEnoughStake,
		/// The child refuses to be one.
		ChildRefuses,
		/// The hotkey is no parent of the other.
		NotParent,
		/// The child has as many parents as it can have.
		TooManyParents,
		/// There are as many pairs of parent and child in the subnet as can be.
		TooManyLinks,
		/// As many changes wait in the subnet as can; try again after its next epoch.
		TooManyChanges,
		/// The children were changed, or the take was raised, too short a time ago.
		TooSoon,
		/// The take is outside of what the subnet and the network allow.
		TakeOutOfBounds,
		/// That is so already.
		NoChange,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Let other hotkeys vote with parts of a hotkey's stake in a subnet, from the end of a later epoch on; an empty list
		/// ends it. Signed by the hotkey's coldkey.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::set_children())]
		pub fn set_children(
			origin: OriginFor<T>,
			netuid: NetUid,
			hotkey: T::AccountId,
			children: ChildrenOf<T::AccountId>,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_set_children(who, netuid, hotkey, children)
		}

		/// Set what a hotkey keeps of the dividends of its parents' stake in a subnet. Signed by the hotkey's coldkey.
		/// Lowering it is free of limits, raising is not.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::set_child_take())]
		pub fn set_child_take(origin: OriginFor<T>, netuid: NetUid, hotkey: T::AccountId, take: u16) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_set_child_take(who, netuid, hotkey, take)
		}

		/// Have the pay of the signer's miners in a subnet staked in a hotkey's pool, or, with none, paid to the free balance.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::set_auto_stake())]
		pub fn set_auto_stake(origin: OriginFor<T>, netuid: NetUid, hotkey: Option<T::AccountId>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_set_auto_stake(who, netuid, hotkey)
		}

		/// Let a parent go, as late as if it had left. Signed by the child's coldkey.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::drop_parent())]
		pub fn drop_parent(
			origin: OriginFor<T>,
			netuid: NetUid,
			hotkey: T::AccountId,
			parent: T::AccountId,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_drop_parent(who, netuid, hotkey, parent)
		}

		/// Refuse, or not any more, to be the child of other coldkeys' hotkeys. Signed by the hotkey's coldkey. Parents that there
		/// are stay.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::set_refusing())]
		pub fn set_refusing(
			origin: OriginFor<T>,
			netuid: NetUid,
			hotkey: T::AccountId,
			refuses: bool,
		) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_set_refusing(who, netuid, hotkey, refuses)
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
