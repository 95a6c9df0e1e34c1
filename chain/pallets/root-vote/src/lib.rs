//! # Root vote
//!
//! How emission is split over subnets: by the votes of the hotkeys with most stake, so that nobody votes emission to
//! himself, and by the fees that subnets burned. Knows nothing of how emission is minted or paid.
//!
//! ## Overview
//!
//! A hotkey with stake, in whichever subnets, casts a ballot: weights over subnets. At most `MaxVoters` ballots are
//! kept; a newcomer takes the place of the one with least stake if it has more. Every `Tempo` blocks the ballots are
//! tallied: for each active subnet the stake-weighted median of what voters give it, clipped at `kappa` by the same
//! function that the epochs of subnets use. What is staked and does not vote counts as a vote for nothing: less than a
//! majority of all stake moves nothing, neither up, for its own subnet, nor down, against another's, and no more while
//! the others are silent.
//!
//! Of the emission till the next tally, at most `FeeShare` is set aside for subnets in which fees were burned since the
//! last one: in proportion to them, and never more than was burned. Whoever burns fees to raise his subnet's emission
//! pays at least as much as his subnet gets. The rest is split by the vote; in equal parts while no majority agrees on
//! anything. What a subnet had that goes before the next tally is split by the vote too.
//!
//! ## Terminology
//!
//! - **Ballot**: a hotkey's weights over subnets, and its stake at the last tally (at the vote, before).
//! - **Share**: a subnet's emission from one tally to the next, nano.
//!
//! ## Invariants
//!
//! - at most `MaxVoters` ballots; each names ascending subnets, has some weight and belongs to an owned hotkey;
//! - shares are of ascending subnets; at a tally `fees <= burned` for each and `sum(fees) <= FeeShare` of the period,
//!   and nothing raises `fees` later.

#![cfg_attr(not(feature = "std"), no_std)]
#![deny(missing_docs)]

extern crate alloc;

mod ballots;
mod inspect;
mod lifecycle;
pub mod tally;
mod types;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod properties;
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
	use alloc::vec::Vec;
	use frame_support::{pallet_prelude::*, traits::BuildGenesisConfig};
	use frame_system::pallet_prelude::*;
	use ganglion_primitives::{BlockNumber, NetUid};
	use ganglion_traits::{EmissionControl, HotkeyInspect, Pause, SubnetInspect, TotalStake};

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Subnets that can be voted for.
		type Subnets: SubnetInspect<Self::AccountId>;
		/// Which accounts are hotkeys.
		type Hotkeys: HotkeyInspect<Self::AccountId>;
		/// The voters' stake.
		type Stake: TotalStake<Self::AccountId>;
		/// All stake that could vote, nano; never less than the sum over hotkeys.
		type AllStake: Get<ganglion_primitives::Balance>;
		/// Emission, which is split, and the fees that were burned.
		type Emission: EmissionControl;
		/// Pauses: nothing is free and nothing is tallied.
		type Pause: Pause;
		/// Most ballots.
		#[pallet::constant]
		type MaxVoters: Get<u32>;
		/// Least stake of a voter, nano.
		#[pallet::constant]
		type MinVoterStake: Get<ganglion_primitives::Balance>;
		/// Unpaused blocks between two tallies.
		#[pallet::constant]
		type Tempo: Get<BlockNumber>;
		/// Blocks between two ballots of one hotkey.
		#[pallet::constant]
		type RateLimit: Get<BlockNumber>;
		/// Most of a period's emission that goes by burned fees, 65,535 = 1.0.
		#[pallet::constant]
		type FeeShare: Get<u16>;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Ballots by hotkey.
	#[pallet::storage]
	pub type Ballots<T: Config> = CountedStorageMap<_, Blake2_128Concat, T::AccountId, Ballot>;

	/// What the last tally found; none while it found neither votes nor fees.
	#[pallet::storage]
	pub type LastShares<T: Config> = StorageValue<_, Shares, ValueQuery>;

	/// Unpaused block of the last tally.
	#[pallet::storage]
	pub type LastTally<T: Config> = StorageValue<_, BlockNumber, ValueQuery>;

	/// Has no fields.
	#[pallet::genesis_config]
	#[derive(frame_support::DefaultNoBound)]
	pub struct GenesisConfig<T: Config> {
		#[serde(skip)]
		#[doc(hidden)]
		pub _config: core::marker::PhantomData<T>,
	}

	#[pallet::genesis_build]
	impl<T: Config> BuildGenesisConfig for GenesisConfig<T> {
		fn build(&self) {
			assert!(T::Tempo::get() > 0, "tallies are blocks apart");
		}
	}

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A hotkey cast its ballot.
		BallotCast {
			/// The voter.
			hotkey: T::AccountId,
			/// Its weights.
			weights: Weights,
			/// Its stake, nano.
			stake: ganglion_primitives::Balance,
		},
		/// A ballot counts no longer.
		BallotRemoved {
			/// The voter.
			hotkey: T::AccountId,
			/// Why.
			reason: Removal,
		},
		/// Ballots and fees were tallied; from the next block on emission is split by this.
		Tallied {
			/// Ballots counted.
			voters: u32,
			/// Subnets with a share.
			subnets: u32,
			/// Nano of the period that go by burned fees.
			fees: ganglion_primitives::Balance,
		},
	}

	/// Why a call was refused.
	#[pallet::error]
	#[derive(PartialEq, Eq)]
	pub enum Error<T> {
		/// Only hotkeys that a coldkey owns vote.
		NotHotkey,
		/// The hotkey has less stake than a voter needs.
		StakeTooSmall,
		/// All places are taken by hotkeys with as much stake or more.
		NoPlace,
		/// The hotkey voted too recently.
		RateLimited,
		/// No weights, or none above zero.
		NoWeights,
		/// More weights than a ballot holds.
		TooManyWeights,
		/// A subnet is named twice.
		DuplicateSubnet,
		/// No subnet has this netuid.
		SubnetNotFound,
		/// The hotkey has no ballot.
		NoBallot,
		/// The network is paused.
		Paused,
		/// The new hotkey has a ballot of its own.
		BallotExists,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			if !Self::is_due() {
				return T::WeightInfo::on_initialize();
			}
			let (voters, subnets) = Self::do_tally();
			T::WeightInfo::tally(voters, subnets)
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Cast a ballot, in the place of an earlier one: weights over subnets, of which only the proportions count.
		///
		/// Origin: signed by the hotkey; free of charge when it is admitted. Emits `BallotCast`, and `BallotRemoved` for
		/// whoever lost the place.
		/// Errors: `Paused`, `NotHotkey`, `StakeTooSmall`, `NoPlace`, `RateLimited`, `NoWeights`, `TooManyWeights`,
		/// `DuplicateSubnet`, `SubnetNotFound`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::vote(weights.len() as u32))]
		#[pallet::feeless_if(|origin: &OriginFor<T>, weights: &Vec<(NetUid, u16)>| -> bool {
			ensure_signed(origin.clone()).is_ok_and(|who| Pallet::<T>::ensure_can_vote(&who, weights).is_ok())
		})]
		pub fn vote(origin: OriginFor<T>, weights: Vec<(NetUid, u16)>) -> DispatchResult {
			let hotkey = ensure_signed(origin)?;
			Self::do_vote(hotkey, weights)
		}

		/// Withdraw a ballot.
		///
		/// Origin: signed by the hotkey; free of charge when the ballot is at least `RateLimit` blocks old. Emits
		/// `BallotRemoved`. Errors: `NoBallot`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::retract())]
		#[pallet::feeless_if(|origin: &OriginFor<T>| -> bool {
			ensure_signed(origin.clone()).is_ok_and(|who| Pallet::<T>::can_retract_freely(&who))
		})]
		pub fn retract(origin: OriginFor<T>) -> DispatchResult {
			let hotkey = ensure_signed(origin)?;
			Self::remove(&hotkey, Removal::Retracted)
		}
	}
}
