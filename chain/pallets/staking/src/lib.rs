//! # Staking pallet
//!
//! Pools of staked tokens, one per hotkey and subnet.
//!
//! ## Overview
//!
//! Anyone stakes the native token on a hotkey in a subnet and owns shares of that hotkey's pool. Dividends raise the
//! pool's value, so that all shares gain alike; before that the operator's take goes to his coldkey. Unstaking moves
//! value into an unbonding pool, from which it can be withdrawn some epochs later and out of which it can still be
//! slashed until then. A slash changes a bounded number of pools and never walks over accounts.
//!
//! Stake changes its owner at once, within its pool; it changes its pool only by unbonding, with a destination where it
//! is staked when released. No way out of a pool is quicker than a slash. Stake that serves votes is locked.
//!
//! The pallet does not know who earns what: emission hands it amounts through [`ganglion_traits::StakeReward`]. Nor
//! does it know why somebody is slashed: whoever decides that calls [`ganglion_traits::Slash`].
//!
//! ## Terminology
//!
//! - **Operator**: the coldkey that owns the hotkey; while a swap of coldkeys is carried out, both of them.
//!   **Nominators**: all other coldkeys with shares.
//! - **Pool** (hotkey, netuid, generation): a value in nano, divided into shares. Shares name it by its number
//!   ([`PoolId`]), so that a swapped hotkey takes its nominators along by one changed record.
//! - **Generation**: number of a pool's life, never used twice. A pool that is emptied or slashed to nothing is
//!   deleted; shares of an older generation than the pool's are worth nothing.
//! - **Unbonding pool** (hotkey, netuid, release epoch): what unbonds until the subnet has completed that many epochs.
//!   With `U` unbonding epochs stake removed in epoch `e` is released at `e + U + 1`, so that it always waits for `U`
//!   full epochs; therefore at most `U + 1` of them can be slashed at any time.
//! - **Take**: the operator's part of dividends, 65,535 = 1.0.
//! - **Credit**: pay below the existential deposit of a coldkey without an account; it lies in the pallet's account
//!   until it suffices.
//!
//! ## Invariants
//!
//! - Shares for an amount: `floor(amount * (shares + 1000) / (value + 1))`. Value of shares:
//!   `floor(s * (value + 1) / (shares + 1000))`. Shares burned for an amount are rounded up. The virtual 1,000 shares
//!   and 1 nano make a donation to a nearly empty pool cost the donor more than it takes from anyone.
//! - `pool.shares == sum(position.shares)` over positions of the pool's generation; `pool.value > 0`.
//! - `Home.references` counts the records that name a pool's number: the pool, positions, what unbonds, locks;
//!   `PoolIds` is the inverse of `Homes`; `TotalStakes` is the sum of a hotkey's pools.
//! - In one epoch nominators of a pool lose at most `MaxNominatorSlash` of what they had before its first slash, and
//!   in one slash at most that part of what is there then.
//! - An operator's own stake stays the operator's until it is released: it can be given away to nobody.
//! - `TotalHeld == sum(pool.value) + sum(unbonding.value) + sum(credits)`, and the pallet's account holds exactly that
//!   plus one existential deposit from genesis, plus whatever others sent to it by mistake.
//! - Tokens are minted only in the reward functions, exactly as many as they return, and burned only by a slash or as
//!   the rounding dust of a pool that nobody has a share of any more.

#![cfg_attr(not(feature = "std"), no_std)]
#![deny(missing_docs)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
mod inspect;
mod locks;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::indexing_slicing)] // Tests fail by panicking.
mod mock;
mod moving;
mod pools;
mod rewards;
mod slash;
mod stake;
mod swaps;
mod take;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::indexing_slicing)] // Tests fail by panicking.
mod tests;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
pub mod types;
pub mod weights;

pub use pallet::*;
pub use types::{Destination, Home, Locked, NominatorLoss, Pool, PoolId, Position, Unbonding};
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{pallet_prelude::*, traits::fungible, PalletId};
	use frame_system::pallet_prelude::*;
	use ganglion_primitives::{Balance, EpochIndex, NetUid};
	use ganglion_traits::{ColdkeyGuard, EpochInspect, HotkeyInspect, LockReason, Pause, RewardPool, SubnetInspect};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// The native token.
		type Currency: fungible::Mutate<Self::AccountId, Balance = Balance>;
		/// Which subnets exist.
		type Subnets: SubnetInspect<Self::AccountId>;
		/// Who owns a hotkey.
		type Hotkeys: HotkeyInspect<Self::AccountId>;
		/// The epoch clock, by which unbonding runs.
		type Epochs: EpochInspect;
		/// Coldkeys that must give nothing away.
		type Guard: ColdkeyGuard<Self::AccountId>;
		/// Pauses, in which nothing is slashed and no deadline comes nearer.
		type Pause: Pause;
		/// Where a part of a slash goes.
		type RewardPool: RewardPool;
		/// Where the account that holds all staked tokens is derived from.
		#[pallet::constant]
		type PalletId: Get<PalletId>;
		/// Fewest nano that can be staked, and that can be left staked.
		#[pallet::constant]
		type MinStake: Get<Balance>;
		/// Full epochs that unbonding stake waits.
		#[pallet::constant]
		type UnbondingEpochs: Get<EpochIndex>;
		/// Highest take and the take of whoever never set one, 65,535 = 1.0.
		#[pallet::constant]
		type MaxTake: Get<u16>;
		/// Blocks after any change of a take before it can be increased.
		#[pallet::constant]
		type TakeIncreaseInterval: Get<BlockNumberFor<Self>>;
		/// The reporter's part of a slash, 65,535 = 1.0; burned where there is none.
		#[pallet::constant]
		type SlashToReporter: Get<u16>;
		/// The part of a slash that the subnet's next epoch pays out, 65,535 = 1.0. The rest is burned.
		#[pallet::constant]
		type SlashToPool: Get<u16>;
		/// What nominators of a pool can lose in one epoch at most, 65,535 = all.
		#[pallet::constant]
		type MaxNominatorSlash: Get<u16>;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
		/// Makes subnets and hotkeys for benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: benchmarking::BenchmarkHelper<Self::AccountId>;
	}

	/// Pools by subnet and hotkey.
	#[pallet::storage]
	pub type Pools<T: Config> =
		StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, T::AccountId, Pool, OptionQuery>;

	/// Number of the pool of (netuid, hotkey).
	#[pallet::storage]
	pub type PoolIds<T: Config> =
		StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, T::AccountId, PoolId, OptionQuery>;

	/// Whose number it is.
	#[pallet::storage]
	pub type Homes<T: Config> = StorageMap<_, Twox64Concat, PoolId, Home<T::AccountId>, OptionQuery>;

	/// Number that the next pool gets.
	#[pallet::storage]
	pub type NextPoolId<T: Config> = StorageValue<_, PoolId, ValueQuery>;

	/// Value of all pools of a hotkey, nano.
	#[pallet::storage]
	pub type TotalStakes<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, Balance, OptionQuery>;

	/// Who holds how many shares of a pool.
	#[pallet::storage]
	pub type Shares<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Twox64Concat, PoolId, Position, OptionQuery>;

	/// Nano of a coldkey's position in a pool of its own hotkey that are locked, by reason.
	#[pallet::storage]
	pub type Locks<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, T::AccountId, Twox64Concat, PoolId, Locked, ValueQuery>;

	/// Unbonding pools: (pool, release epoch).
	#[pallet::storage]
	pub type UnbondingPools<T: Config> =
		StorageDoubleMap<_, Twox64Concat, PoolId, Twox64Concat, EpochIndex, Pool, OptionQuery>;

	/// Who holds how many shares of an unbonding pool: (coldkey, pool, release epoch).
	#[pallet::storage]
	pub type Unbondings<T: Config> = StorageNMap<
		_,
		(
			NMapKey<Blake2_128Concat, T::AccountId>,
			NMapKey<Twox64Concat, PoolId>,
			NMapKey<Twox64Concat, EpochIndex>,
		),
		Unbonding<T::AccountId>,
		OptionQuery,
	>;

	/// What nominators of a pool have lost in its subnet's present epoch.
	#[pallet::storage]
	pub type NominatorLosses<T: Config> = StorageMap<_, Twox64Concat, PoolId, NominatorLoss, OptionQuery>;

	/// Generation that the next pool gets.
	#[pallet::storage]
	pub type NextGeneration<T: Config> = StorageValue<_, u64, ValueQuery>;

	/// Takes that were set, 65,535 = 1.0; others have the highest.
	#[pallet::storage]
	pub type Takes<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, u16, OptionQuery>;

	/// Block of the last change of a take.
	#[pallet::storage]
	pub type TakeChangedAt<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, BlockNumberFor<T>, OptionQuery>;

	/// Pay that is still below the existential deposit, nano.
	#[pallet::storage]
	pub type Credits<T: Config> = StorageMap<_, Blake2_128Concat, T::AccountId, Balance, ValueQuery>;

	/// Nano in all pools, unbonding pools and credits.
	#[pallet::storage]
	pub type TotalHeld<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// Opens the account that holds the stake; has no fields of its own.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		/// Carries the type.
		#[serde(skip)]
		pub _config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			Pallet::<T>::open_account();
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A coldkey staked.
		StakeAdded {
			/// The pool's subnet.
			netuid: NetUid,
			/// The pool's hotkey.
			hotkey: T::AccountId,
			/// Who staked.
			coldkey: T::AccountId,
			/// Nano staked.
			amount: Balance,
		},
		/// A coldkey unstaked; the value unbonds.
		StakeRemoved {
			/// The pool's subnet.
			netuid: NetUid,
			/// The pool's hotkey.
			hotkey: T::AccountId,
			/// Who unstaked.
			coldkey: T::AccountId,
			/// Nano that unbond; 0 where the shares were worth nothing any more.
			amount: Balance,
			/// The subnet's completed epochs at which it can be withdrawn.
			release_epoch: EpochIndex,
		},
		/// Unbonded tokens went back to the coldkey.
		UnbondedWithdrawn {
			/// The pool's subnet.
			netuid: NetUid,
			/// The pool's hotkey.
			hotkey: T::AccountId,
			/// Who withdrew.
			coldkey: T::AccountId,
			/// Nano withdrawn; 0 where a slash left nothing.
			amount: Balance,
			/// Which unbonding it was.
			release_epoch: EpochIndex,
		},
		/// An operator set his take.
		TakeSet {
			/// The hotkey.
			hotkey: T::AccountId,
			/// Its take, 65,535 = 1.0.
			take: u16,
		},
		/// Dividends were minted.
		DividendsPaid {
			/// The pool's subnet.
			netuid: NetUid,
			/// The pool's hotkey.
			hotkey: T::AccountId,
			/// Nano minted to the pool.
			amount: Balance,
			/// Nano minted to the operator as his take.
			take: Balance,
		},
		/// Stake was slashed, from the pool and what unbonds from it.
		Slashed {
			/// The pool's subnet.
			netuid: NetUid,
			/// The pool's hotkey.
			hotkey: T::AccountId,
			/// Nano burned.
			burned: Balance,
			/// Nano to the reporter.
			to_reporter: Balance,
			/// Nano to the subnet's next epoch.
			to_pool: Balance,
			/// Part of the sum that was the operator's.
			from_operator: Balance,
		},
		/// Stake went to another coldkey, within its pool.
		StakeTransferred {
			/// The pool's subnet.
			netuid: NetUid,
			/// The pool's hotkey.
			hotkey: T::AccountId,
			/// Whose it was.
			from: T::AccountId,
			/// Whose it is.
			to: T::AccountId,
			/// Nano of value, rounded down.
			amount: Balance,
		},
		/// Stake that unbonds (see the `StakeRemoved` before) will be staked elsewhere when it is released.
		StakeMoving {
			/// Whose it is.
			coldkey: T::AccountId,
			/// Where it goes: the subnet.
			netuid: NetUid,
			/// Where it goes: the hotkey.
			hotkey: T::AccountId,
			/// Nano that unbond.
			amount: Balance,
		},
		/// Released stake was staked where it was to go, or is free where that is gone.
		StakeMoved {
			/// Whose it is.
			coldkey: T::AccountId,
			/// Where it is: the subnet.
			netuid: NetUid,
			/// Where it is: the hotkey.
			hotkey: T::AccountId,
			/// Nano that were released.
			amount: Balance,
			/// Whether they are staked; else they are free.
			staked: bool,
		},
		/// A reward was staked.
		RewardStaked {
			/// The pool's subnet.
			netuid: NetUid,
			/// The pool's hotkey.
			hotkey: T::AccountId,
			/// Whose stake it is.
			coldkey: T::AccountId,
			/// Nano minted.
			amount: Balance,
		},
		/// A coldkey's position in a pool of its own hotkey is locked up to an amount, 0 for none.
		StakeLocked {
			/// The pool's subnet.
			netuid: NetUid,
			/// The pool's hotkey.
			hotkey: T::AccountId,
			/// Whose it is.
			coldkey: T::AccountId,
			/// For what.
			reason: LockReason,
			/// Nano locked for it.
			amount: Balance,
		},
		/// Pay below the existential deposit is kept for the coldkey.
		CreditCarried {
			/// Whose it is.
			coldkey: T::AccountId,
			/// Nano added.
			amount: Balance,
			/// Nano kept so far.
			total: Balance,
		},
		/// Pay that had been kept was paid out.
		CreditPaid {
			/// Who got it.
			coldkey: T::AccountId,
			/// Nano paid, with the pay that made it suffice.
			amount: Balance,
		},
		/// The rounding dust of a pool that has no shares any more was burned.
		DustBurned {
			/// The pool's subnet.
			netuid: NetUid,
			/// The pool's hotkey.
			hotkey: T::AccountId,
			/// Nano burned.
			amount: Balance,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// There is no such subnet.
		SubnetNotFound,
		/// Nobody owns the hotkey.
		HotkeyNotOwned,
		/// The hotkey belongs to another coldkey.
		NotOwner,
		/// The amount is zero, below the minimum stake, or worth less than one share.
		StakeTooSmall,
		/// Less than the minimum stake would remain; remove everything or less.
		RemainderTooSmall,
		/// The coldkey has less than that in the pool.
		InsufficientStake,
		/// The coldkey has nothing unbonding from that pool with that release epoch.
		NothingUnbonding,
		/// Neither the release epoch nor the release block has come yet.
		NotReleased,
		/// The take is above the highest.
		TakeTooHigh,
		/// The take was changed too recently to be increased.
		TakeIncreaseTooSoon,
		/// The caller is a hotkey, which can't hold stake; use its coldkey.
		HotkeyCannotStake,
		/// The coldkey's swap was announced; nothing of it can be given away until that is settled.
		ColdkeyGuarded,
		/// The subnet does not allow transfers of stake.
		TransferOff,
		/// Sender and receiver, or origin and destination, are the same.
		SameTarget,
		/// More than what is not locked.
		Locked,
		/// Something is unbonding to another destination at that release epoch already; wait an epoch, or withdraw.
		OtherDestination,
		/// What unbonds there has no destination; its owner can withdraw it.
		NotMoving,
		/// Only a coldkey's position in a pool of its own hotkey can be locked.
		NotOwnHotkey,
		/// The new hotkey has a pool of its own in that subnet.
		PoolExists,
		/// An operator's own stake can't be given away at once, for it is slashed first; it leaves by unbonding only.
		OperatorsOwn,
		/// So much was slashed from the pool that its share numbers are exhausted; stake on another hotkey.
		PoolDiluted,
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
		/// Stake `amount` nano of the caller on a hotkey in a subnet.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::add_stake())]
		pub fn add_stake(
			origin: OriginFor<T>,
			hotkey: T::AccountId,
			netuid: NetUid,
			#[pallet::compact] amount: Balance,
		) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			Self::do_add_stake(coldkey, hotkey, netuid, amount)
		}

		/// Unstake `amount` nano of value, or everything where it is the largest `u128`. The value unbonds.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::remove_stake())]
		pub fn remove_stake(
			origin: OriginFor<T>,
			hotkey: T::AccountId,
			netuid: NetUid,
			#[pallet::compact] amount: Balance,
		) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			Self::do_remove_stake(coldkey, hotkey, netuid, amount)
		}

		/// Take back what has unbonded.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::withdraw_unbonded())]
		pub fn withdraw_unbonded(
			origin: OriginFor<T>,
			hotkey: T::AccountId,
			netuid: NetUid,
			release_epoch: EpochIndex,
		) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			Self::do_withdraw_unbonded(coldkey, hotkey, netuid, release_epoch)
		}

		/// Set the operator's take. Decreases are free; an increase needs some time since the last change.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::set_take())]
		pub fn set_take(origin: OriginFor<T>, hotkey: T::AccountId, take: u16) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			Self::do_set_take(coldkey, hotkey, take)
		}

		/// Give `amount` nano of value in a pool to another coldkey, at once: it stays in the pool.
		///
		/// Origin: the coldkey, which is not the operator. The largest `u128` means everything. Emits `StakeTransferred`.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::transfer_stake())]
		pub fn transfer_stake(
			origin: OriginFor<T>,
			hotkey: T::AccountId,
			netuid: NetUid,
			to: T::AccountId,
			#[pallet::compact] amount: Balance,
		) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			Self::do_transfer_stake(coldkey, hotkey, netuid, to, amount)
		}

		/// Move `amount` nano of value to the pool of another hotkey, another subnet, or both: it unbonds, can be slashed
		/// until it is released, and is staked there by `complete_move`.
		///
		/// Origin: the coldkey. The largest `u128` means everything. Emits `StakeRemoved` and `StakeMoving`.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::move_stake())]
		pub fn move_stake(
			origin: OriginFor<T>,
			hotkey: T::AccountId,
			netuid: NetUid,
			to_hotkey: T::AccountId,
			to_netuid: NetUid,
			#[pallet::compact] amount: Balance,
		) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			let destination = Destination {
				netuid: to_netuid,
				hotkey: to_hotkey,
			};
			Self::do_move_stake(coldkey, hotkey, netuid, destination, amount)
		}

		/// Stake what was moving from (hotkey, netuid) and is released. Anybody may call it for anybody; where the
		/// destination is gone, the tokens become free.
		///
		/// Origin: signed. Emits `StakeMoved`.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::complete_move())]
		pub fn complete_move(
			origin: OriginFor<T>,
			coldkey: T::AccountId,
			hotkey: T::AccountId,
			netuid: NetUid,
			release_epoch: EpochIndex,
		) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_complete_move(coldkey, hotkey, netuid, release_epoch)
		}
	}
}
