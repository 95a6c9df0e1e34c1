//! # Emissions pallet
//!
//! Block emission with halving, the epochs of the subnets, and who is paid what at their end.
//!
//! ## Overview
//!
//! At the start of each block the reward is divided among all units of share that `SubnetShare` has given to subnets: one
//! counter, emission per unit, grows. What a subnet has earned is its units times the growth since it was settled, which
//! happens at its epoch and when its units change. Pending emission is a counter; tokens come into being at the payout
//! only, exactly as many as are credited.
//!
//! A subnet whose tempo has passed runs its epoch: stake, weights and bonds go through `ganglion_yuma`, mechanism by
//! mechanism, the results are stored, and what the subnet has earned is paid: first the owner's cut, then one half to
//! miners by incentive and one half to validators by dividends. A block finds the epochs that are due in a queue ordered
//! by time, so that it sees only those.
//!
//! Epochs run for every subnet, active or not: unbonding and commitments go by their clock. No more than
//! `MaxEpochsPerBlock` run in one block, and no more than fit into `MaxEpochWeight`; those that have waited longest go
//! first, the others in the next block. An epoch that had to wait does not move the next one: periods are exactly a tempo
//! long. A subnet cannot be made so large that its epoch alone does not fit (see [`ganglion_traits::EpochSize`]). A new
//! subnet's clock is put back by `netuid mod tempo`, so that subnets of equal tempo are spread over it. While the network
//! is paused nothing is emitted, no epoch runs and no clock goes on.
//!
//! The pallet has no dispatchables. It knows nothing of pools, commitments or endpoints.
//!
//! ## Terminology
//!
//! - **Accrued**: emission of a subnet since its last epoch. **Carried**: what the last epochs had and could not pay
//!   out, without the owner's cut, which was already taken, and what was added to be paid next. **Remainder**: what did
//!   not divide among units, or came back from subnets that are gone.
//! - **Clock**: epochs completed, the block of the last one, and when the next is due.
//! - **Permit**: the right to set weights; given at an epoch's end to those with most stake, for the next epoch.
//! - **Halving**: the reward is halved when issuance passes 1/2, 3/4, 7/8 ... of the supply cap. What is pending or was
//!   burned for ever counts as issued.
//!
//! ## Rules beyond yuma
//!
//! - Where the operator's own stake is below `min_validator_stake` the slot's stake counts as zero and it gets no
//!   permit, the owner's hotkey included.
//! - Without any incentive the miners' half of a mechanism is not minted and not kept. Without any dividends the
//!   validators' half goes by stake, to slots with a permit only.
//! - Amounts of several mechanisms are added up; proportions are means, weighted by the mechanisms' parts.
//! - A slot's new occupant inherits nothing: bonds to and from the slot, permits and results carry its registration.
//!
//! ## Invariants
//!
//! - `TotalPending == remainder + sum(accrued) + sum(Carried)`, to the last of 64 fractional bits.
//! - `issuance + TotalPending + BurnedForEver <= SUPPLY_CAP`.
//! - Per epoch: `accrued + carried == minted + carried' + dropped`, and `dropped` is the miners' half of mechanisms without
//!   incentive.
//! - A clock's next epoch is in the queue once, not before the cursor.

#![cfg_attr(not(feature = "std"), no_std)]
#![deny(missing_docs)]

extern crate alloc;

mod accrual;
#[cfg(feature = "runtime-benchmarks")]
pub mod benchmarking;
mod epoch;
mod explain;
mod inspect;
mod lifecycle;
pub mod mechanisms;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::indexing_slicing)] // Tests fail by panicking.
mod mock;
mod money;
mod payout;
mod schedule;
mod size;
mod snapshot;
pub mod supply;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::indexing_slicing)] // Tests fail by panicking.
mod tests;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
pub mod types;
pub mod weights;

pub use pallet::*;
pub use types::{
	Account, BondRow, Clock, Column, Columns, EpochResult, Ledger, MechanismResult, Money, PauseRecord, Permit, Scaled,
	ShareAverage, Unpaid,
};
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{pallet_prelude::*, traits::fungible};
	use frame_system::pallet_prelude::*;
	use ganglion_primitives::{Balance, BlockNumber, EpochIndex, MechanismId, NetUid, Uid};
	use ganglion_traits::{
		HotkeyInspect, NeuronInspect, OnEpoch, Pause, StakeInspect, StakeReward, SubnetInspect, SubnetShare,
		WeightsInspect,
	};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config {
		/// The native token, for its issuance only.
		type Currency: fungible::Inspect<Self::AccountId, Balance = Balance>;
		/// Subnets, their hyperparameters and owners.
		type Subnets: SubnetInspect<Self::AccountId>;
		/// Slots.
		type Neurons: NeuronInspect<Self::AccountId>;
		/// Whose coldkey gets a hotkey's pay.
		type Hotkeys: HotkeyInspect<Self::AccountId>;
		/// Stake behind each hotkey.
		type Stake: StakeInspect<Self::AccountId>;
		/// Where pay is minted.
		type Reward: StakeReward<Self::AccountId>;
		/// Weights that validators set.
		type Weights: WeightsInspect<Self::AccountId>;
		/// How emission is split over active subnets.
		type Share: SubnetShare;
		/// Whether the network is paused.
		type Pause: Pause;
		/// Who is told of a completed epoch.
		type OnEpoch: OnEpoch;
		/// Emission of one block before any halving, nano.
		#[pallet::constant]
		type BlockReward: Get<Balance>;
		/// The owner's part of a subnet's emission, 65,535 = 1.0.
		#[pallet::constant]
		type OwnerCut: Get<u16>;
		/// Most epochs in one block; at least one runs.
		#[pallet::constant]
		type MaxEpochsPerBlock: Get<u32>;
		/// Most weight that epochs may take in one block; at least one runs.
		#[pallet::constant]
		type MaxEpochWeight: Get<Weight>;
		/// Weights of the hook.
		type WeightInfo: WeightInfo;
		/// Makes a full subnet for benchmarks.
		#[cfg(feature = "runtime-benchmarks")]
		type BenchmarkHelper: benchmarking::BenchmarkHelper;
	}

	/// What all blocks together have emitted.
	#[pallet::storage]
	pub type Counters<T: Config> = StorageValue<_, Ledger, ValueQuery>;

	/// What each subnet has earned since its last epoch.
	#[pallet::storage]
	pub type Accounts<T: Config> = StorageMap<_, Identity, NetUid, Account, ValueQuery>;

	/// What a subnet's last epochs could not pay out, and what was added to be paid next, nano.
	#[pallet::storage]
	pub type Carried<T: Config> = StorageMap<_, Identity, NetUid, Balance, ValueQuery>;

	/// All emission that is counted but not minted yet, nano.
	#[pallet::storage]
	pub type TotalPending<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// Tokens that are gone and never emitted again, nano.
	#[pallet::storage]
	pub type BurnedForEver<T: Config> = StorageValue<_, Balance, ValueQuery>;

	/// Registration fees burned in each subnet since the split was last computed, nano.
	#[pallet::storage]
	pub type Fees<T: Config> = StorageMap<_, Identity, NetUid, Balance, ValueQuery>;

	/// Owner's cut that each subnet has paid since its creation, nano.
	#[pallet::storage]
	pub type OwnerEarned<T: Config> = StorageMap<_, Identity, NetUid, Balance, ValueQuery>;

	/// Moving average of each subnet's share of emission.
	#[pallet::storage]
	pub type Averages<T: Config> = StorageMap<_, Identity, NetUid, ShareAverage, ValueQuery>;

	/// The last pause of the network.
	#[pallet::storage]
	pub type LastPause<T: Config> = StorageValue<_, PauseRecord, ValueQuery>;

	/// Subnets by the unpaused time at which their next epoch is due.
	#[pallet::storage]
	pub type Queue<T: Config> = StorageDoubleMap<_, Identity, BlockNumber, Identity, NetUid, (), OptionQuery>;

	/// Epoch clocks.
	#[pallet::storage]
	pub type Clocks<T: Config> = StorageMap<_, Identity, NetUid, Clock, OptionQuery>;

	/// Columns of the last epoch.
	#[pallet::storage]
	pub type Results<T: Config> = StorageMap<_, Identity, NetUid, EpochResult, OptionQuery>;

	/// Columns of each mechanism in the last epoch.
	#[pallet::storage]
	pub type MechanismResults<T: Config> =
		StorageDoubleMap<_, Identity, NetUid, Identity, MechanismId, MechanismResult, OptionQuery>;

	/// Slots to which the next epoch forgets all bonds, ascending.
	#[pallet::storage]
	pub type Resets<T: Config> = StorageMap<_, Identity, NetUid, Column<u16>, ValueQuery>;

	/// Slots with a validator permit, ascending; apart from the results because each setting of weights reads them.
	#[pallet::storage]
	pub type Permits<T: Config> = StorageMap<_, Identity, NetUid, Column<Permit>, ValueQuery>;

	/// Bonds of each slot with a permit: (netuid, mechanism, uid).
	#[pallet::storage]
	pub type Bonds<T: Config> = StorageNMap<
		_,
		(
			NMapKey<Identity, NetUid>,
			NMapKey<Identity, MechanismId>,
			NMapKey<Identity, Uid>,
		),
		BondRow,
		OptionQuery,
	>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A subnet's epoch is complete.
		EpochCompleted {
			/// The subnet.
			netuid: NetUid,
			/// Epochs completed, this one included.
			epoch: EpochIndex,
			/// Emission that could be paid, nano.
			emission: Balance,
			/// What was minted of it, nano.
			minted: Balance,
		},
		/// An epoch's emission was paid.
		EmissionPaid {
			/// The subnet.
			netuid: NetUid,
			/// Nano to the owner.
			owner: Balance,
			/// Nano to miners.
			miners: Balance,
			/// Nano to validators and their nominators.
			validators: Balance,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// There is no such subnet, or it runs no epochs.
		NoClock,
		/// An epoch can be moved to an earlier block after the present one only.
		NotEarlier,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			if T::Pause::is_paused() {
				return T::WeightInfo::on_initialize(0);
			}
			Self::note_pause();
			let reshared = Self::accrue();
			let due = Self::due();
			due.into_iter()
				.fold(T::WeightInfo::on_initialize(reshared), |weight, netuid| {
					weight.saturating_add(Self::run_epoch(netuid))
				})
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}
}
