//! # Governance pallet
//!
//! Who decides, how a decision becomes a call of root, and how the whole network is paused.
//!
//! ## Overview
//!
//! Two stages. A majority of the council submits a call whose preimage is noted; then coldkeys that have locked stake of
//! their own vote. Where more than half of the stake of the snapshot approves, the scheduler dispatches the call as
//! root after a delay. Neither council nor voters decide anything alone. The same voters elect the council each term.
//! Guardians, a collective of their own, can pause the network for a bounded time and nothing else.
//!
//! The pallet does not know what calls do, what stake is, nor how seats are kept: it asks for the scheduler, for
//! [`ganglion_traits::StakeLock`] and for [`types::Seats`].
//!
//! ## Terminology
//!
//! - **Voter**: a coldkey with locked stake. Locked stake counts once it is `LockAge` old.
//! - **Snapshot**: the voters with most stake that counts, with their stake, when a referendum is submitted or an
//!   election opened. Nobody else votes in it, and nobody with more than that.
//! - **Strength**: what a ballot counts at its tally: the stake of the snapshot, or what is still locked if that is less.
//! - **Clock**: number of unpaused blocks. All deadlines are in it.
//! - **Term**: unpaused blocks between the openings of two elections.
//!
//! ## Invariants
//!
//! - A call is dispatched only if approving strength is more than half of the *snapshot's* stake: abstention counts as no.
//! - Whoever voted can't lower a lock until what he voted on is enacted or refused.
//! - Safe mode is entered and extended here alone, for at most `MaxPause` blocks from its beginning, and not again
//!   within `MaxPause` unpaused blocks after its end.
//! - A seat goes to a candidate only with more than half of the snapshot's stake; other seats stay with who sits.

#![cfg_attr(not(feature = "std"), no_std)]
#![deny(missing_docs)]

extern crate alloc;

mod elections;
#[cfg(test)]
#[allow(
	missing_docs,
	clippy::arithmetic_side_effects,
	clippy::unwrap_used,
	clippy::indexing_slicing
)]
mod mock;
mod pause;
mod referenda;
mod swaps;
#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::indexing_slicing)] // Tests fail by panicking.
mod tests;
#[cfg(any(feature = "try-runtime", test))]
mod try_state;
pub mod types;
mod voters;
pub mod weights;

pub use pallet::*;
pub use types::Seats;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{
		dispatch::GetDispatchInfo,
		pallet_prelude::*,
		traits::{fungible, schedule, QueryPreimage, SafeMode},
	};
	use frame_system::pallet_prelude::*;
	use ganglion_primitives::{Balance, BlockNumber, NetUid};
	use ganglion_traits::{ColdkeyGuard, HotkeyInspect, StakeLock};
	use types::{
		CandidateList, Election, Locks, Pauses, Referendum, ReferendumIndex, MAX_CANDIDATES, MAX_REFERENDA, SEATS,
	};

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>, RuntimeCall: GetDispatchInfo> {
		/// The native token, for candidates' deposits and to know how much was issued.
		type Currency: fungible::MutateHold<
			Self::AccountId,
			Balance = Balance,
			Reason = <Self as Config>::RuntimeHoldReason,
		>;
		/// The runtime's hold reasons.
		type RuntimeHoldReason: From<HoldReason>;
		/// Locks of stake.
		type Stake: StakeLock<Self::AccountId>;
		/// Who owns a hotkey.
		type Hotkeys: HotkeyInspect<Self::AccountId>;
		/// Coldkeys whose ownership is in question.
		type Guard: ColdkeyGuard<Self::AccountId>;
		/// The council's seats.
		type Council: Seats<Self::AccountId>;
		/// Calls that were noted.
		type Preimages: QueryPreimage<H = Self::Hashing>;
		/// Origins of the runtime, of which the scheduler gets root.
		type PalletsOrigin: From<frame_system::RawOrigin<Self::AccountId>>;
		/// Dispatches what was approved, in unpaused blocks.
		type Scheduler: schedule::v3::Named<
			BlockNumber,
			<Self as frame_system::Config>::RuntimeCall,
			Self::PalletsOrigin,
			Hasher = Self::Hashing,
		>;
		/// Filters calls while the network is paused.
		type SafeMode: SafeMode<BlockNumber = BlockNumberFor<Self>>;
		/// Who submits referenda: a majority of the council.
		type SubmitOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Who cancels them.
		type CancelOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Who pauses: a majority of the guardians.
		type PauseOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// Unpaused blocks of voting, in referenda and elections.
		#[pallet::constant]
		type VotingPeriod: Get<BlockNumber>;
		/// Unpaused blocks between approval and enactment.
		#[pallet::constant]
		type EnactmentDelay: Get<BlockNumber>;
		/// Unpaused blocks between the openings of two elections.
		#[pallet::constant]
		type Term: Get<BlockNumber>;
		/// Unpaused blocks until a lock counts: an unbonding period.
		#[pallet::constant]
		type LockAge: Get<BlockNumber>;
		/// Fewest nano that a voter locks in all.
		#[pallet::constant]
		type MinVoterStake: Get<Balance>;
		/// Fewest voters of a snapshot.
		#[pallet::constant]
		type MinVoters: Get<u32>;
		/// Least part of everything issued that a snapshot has, 65,535 = 1.0.
		#[pallet::constant]
		type MinElectorate: Get<u16>;
		/// Least deposit of a candidate, nano.
		#[pallet::constant]
		type CandidateDeposit: Get<Balance>;
		/// Longest pause, blocks, and the cool-down after each.
		#[pallet::constant]
		type MaxPause: Get<BlockNumber>;
		/// Most that a referendum's call may weigh: what the scheduler takes.
		type MaxCallWeight: Get<Weight>;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// Why tokens are on hold.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// Deposit of a candidate for the council.
		Candidacy,
	}

	/// Coldkeys with locked stake.
	#[pallet::storage]
	pub type Voters<T: Config> = CountedStorageMap<_, Blake2_128Concat, T::AccountId, Locks<T::AccountId>, OptionQuery>;

	/// Referenda that are voted on or wait for enactment.
	#[pallet::storage]
	pub type Referenda<T: Config> =
		StorageMap<_, Twox64Concat, ReferendumIndex, Referendum<T::AccountId, T::Hash>, OptionQuery>;

	/// Their numbers with the last unpaused block of their stage: all that a block without anything due reads of them.
	#[pallet::storage]
	pub type Open<T: Config> =
		StorageValue<_, BoundedVec<(ReferendumIndex, BlockNumber), ConstU32<MAX_REFERENDA>>, ValueQuery>;

	/// Number that the next referendum gets.
	#[pallet::storage]
	pub type NextReferendum<T: Config> = StorageValue<_, ReferendumIndex, ValueQuery>;

	/// Candidates of the next election.
	#[pallet::storage]
	pub type Candidates<T: Config> = StorageValue<_, CandidateList<T::AccountId>, ValueQuery>;

	/// The election that is open.
	#[pallet::storage]
	pub type ElectionOf<T: Config> = StorageValue<_, Election<T::AccountId>, OptionQuery>;

	/// Unpaused block in which the next election opens, or the open one closes.
	#[pallet::storage]
	pub type ElectionAt<T: Config> = StorageValue<_, BlockNumber, ValueQuery, <T as Config>::Term>;

	/// Pauses: how long they were, and the one that goes on.
	#[pallet::storage]
	pub type PausesOf<T: Config> = StorageValue<_, Pauses, ValueQuery>;

	/// Has no fields of its own.
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
			assert!(
				!T::SafeMode::is_entered(),
				"a network does not begin paused: pauses are counted from the block that enters them"
			);
		}
	}

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A coldkey locked stake of its own; it replaces what was locked there.
		StakeLocked {
			/// Who.
			coldkey: T::AccountId,
			/// The pool's subnet.
			netuid: NetUid,
			/// The pool's hotkey.
			hotkey: T::AccountId,
			/// Nano locked now; 0 where it was unlocked.
			amount: Balance,
		},
		/// The list of voters was full, and somebody locked more than this voter.
		VoterStruckOff {
			/// Who lost the place; the stake is unlocked.
			coldkey: T::AccountId,
		},
		/// The council submitted a referendum.
		Submitted {
			/// Its number.
			index: ReferendumIndex,
			/// Hash of the call.
			call: T::Hash,
			/// Last unpaused block of voting.
			until: BlockNumber,
			/// Voters of the snapshot.
			voters: u32,
			/// Their stake, nano.
			stake: Balance,
		},
		/// A voter voted, or changed the vote.
		Voted {
			/// The referendum.
			index: ReferendumIndex,
			/// Who.
			coldkey: T::AccountId,
			/// For or against.
			approve: bool,
			/// Nano that the vote counts now.
			stake: Balance,
		},
		/// More than half of the snapshot's stake approved.
		Approved {
			/// The referendum.
			index: ReferendumIndex,
			/// Nano for it.
			approving: Balance,
			/// Nano against it.
			rejecting: Balance,
			/// Nano of the snapshot.
			of: Balance,
			/// Unpaused block in which it is dispatched.
			enacted_at: BlockNumber,
		},
		/// Not more than half of the snapshot's stake approved, or the scheduler had no room.
		Rejected {
			/// The referendum.
			index: ReferendumIndex,
			/// Nano for it.
			approving: Balance,
			/// Nano against it.
			rejecting: Balance,
			/// Nano of the snapshot.
			of: Balance,
		},
		/// A referendum was dispatched (the scheduler tells the result), and its votes are free.
		Closed {
			/// The referendum.
			index: ReferendumIndex,
		},
		/// Root cancelled a referendum.
		Cancelled {
			/// The referendum.
			index: ReferendumIndex,
		},
		/// Somebody wants a seat.
		CandidateStands {
			/// Who.
			who: T::AccountId,
			/// Nano held.
			deposit: Balance,
		},
		/// A candidate withdrew or was outbid; the deposit is back.
		CandidateLeft {
			/// Who.
			who: T::AccountId,
		},
		/// An election was opened.
		ElectionOpened {
			/// Candidates.
			candidates: u32,
			/// Voters of the snapshot.
			voters: u32,
			/// Their stake, nano.
			stake: Balance,
		},
		/// Nobody stands, or too few can vote: the council stays.
		ElectionVoid,
		/// A voter voted in the election.
		BallotCast {
			/// Who.
			coldkey: T::AccountId,
			/// One bit for each approved candidate, by their order.
			choice: u32,
			/// Nano that the ballot counts now.
			stake: Balance,
		},
		/// An election ended.
		CouncilElected {
			/// Who sits now.
			members: BoundedVec<T::AccountId, ConstU32<SEATS>>,
		},
		/// The network is paused.
		Paused {
			/// Last paused block.
			until: BlockNumber,
		},
		/// The pause was extended.
		PauseExtended {
			/// Last paused block.
			until: BlockNumber,
		},
		/// The pause has ended.
		PauseEnded {
			/// Paused blocks of all pauses so far.
			paused_blocks: BlockNumber,
			/// Unpaused block from which on guardians can pause again.
			allowed_at: BlockNumber,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// Less than the minimum that a voter locks in all.
		TooLittle,
		/// The position is worth less than that.
		NotThatMuch,
		/// A coldkey locks at most four positions; unlock one first.
		TooManyLocks,
		/// The list of voters is full, and nobody on it who could leave has less.
		ListFull,
		/// A swap of the coldkey is announced or under way: it gives nothing away.
		ColdkeyGuarded,
		/// A vote of this stake is still open; it can be lowered when that was enacted or refused.
		VoteOpen,
		/// The new hotkey has a lock of its own in that subnet; unlock it first.
		LockExists,
		/// Too few voters, or too little locked stake that is old enough: nothing can be decided until more lock.
		ElectorateTooSmall,
		/// No preimage of that hash and length is noted.
		NoPreimage,
		/// The preimage is not a call of this runtime.
		NotACall,
		/// The call is too long; large code goes by its hash.
		CallTooLong,
		/// The call weighs more than the scheduler takes.
		CallTooHeavy,
		/// A referendum on that call is open.
		AlreadySubmitted,
		/// As many referenda as possible are open.
		TooManyReferenda,
		/// There is no such open referendum.
		NoReferendum,
		/// Voting has ended.
		VotingEnded,
		/// The coldkey is not among the voters of the snapshot.
		NotInSnapshot,
		/// The coldkey has nothing locked any more.
		NothingLocked,
		/// The deposit is below the minimum, or below every candidate's on a full list.
		DepositTooSmall,
		/// The account stands already.
		AlreadyCandidate,
		/// The account does not stand.
		NotCandidate,
		/// No election is open.
		NoElection,
		/// The network is paused already; extend it instead.
		AlreadyPaused,
		/// The network is not paused.
		NotPaused,
		/// A pause has at least one block.
		NoBlocks,
		/// Altogether, a pause can't be as long.
		PauseTooLong,
		/// The last pause ended too recently.
		CoolingDown,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		/// At most the tallies of all open referenda and one step of an election.
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			T::WeightInfo::idle()
				.saturating_add(Self::step_referenda())
				.saturating_add(Self::step_election())
		}

		fn integrity_test() {
			assert!(T::EnactmentDelay::get() > 0, "a decision is enacted after it is made");
			assert!(
				T::Term::get() > T::VotingPeriod::get(),
				"an election ends before the next"
			);
			assert!(T::MaxPause::get() > 0, "guardians can pause");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Lock `amount` nano of the caller's own stake for votes, in the place of what is locked in that position; 0
		/// unlocks. What is added counts when it is old enough.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::lock())]
		pub fn lock(
			origin: OriginFor<T>,
			netuid: NetUid,
			hotkey: T::AccountId,
			#[pallet::compact] amount: Balance,
		) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			Self::do_lock(coldkey, netuid, hotkey, amount)
		}

		/// Put a noted call to the vote. A majority of the council only.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::submit(*length))]
		pub fn submit(origin: OriginFor<T>, call: T::Hash, length: u32) -> DispatchResult {
			T::SubmitOrigin::ensure_origin(origin)?;
			Self::do_submit(call, length)
		}

		/// Vote on a referendum, or change the vote. Voters of its snapshot only.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::vote())]
		pub fn vote(origin: OriginFor<T>, index: ReferendumIndex, approve: bool) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			Self::do_vote(coldkey, index, approve)
		}

		/// Cancel an open referendum, approved or not. Root only.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::cancel())]
		pub fn cancel(origin: OriginFor<T>, index: ReferendumIndex) -> DispatchResult {
			T::CancelOrigin::ensure_origin(origin)?;
			Self::do_cancel(index)
		}

		/// Stand for the council in the next election. The deposit is burned where less than a tenth of the stake
		/// approves. On a full list a larger deposit takes the place of the smallest.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::stand())]
		pub fn stand(origin: OriginFor<T>, #[pallet::compact] deposit: Balance) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_stand(who, deposit)
		}

		/// Stand no more, before the election opens; the deposit is back.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::withdraw_candidacy())]
		pub fn withdraw_candidacy(origin: OriginFor<T>) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_withdraw_candidacy(who)
		}

		/// Approve candidates of the open election, as many as one likes, in the place of an earlier ballot.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::elect())]
		pub fn elect(
			origin: OriginFor<T>,
			candidates: BoundedVec<T::AccountId, ConstU32<MAX_CANDIDATES>>,
		) -> DispatchResult {
			let coldkey = ensure_signed(origin)?;
			Self::do_elect(coldkey, &candidates)
		}

		/// Pause the network for so many blocks: only governance and withdrawals go on, and deadlines stand still. A
		/// majority of the guardians only.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::pause())]
		pub fn pause(origin: OriginFor<T>, blocks: BlockNumber) -> DispatchResult {
			T::PauseOrigin::ensure_origin(origin)?;
			Self::do_pause(blocks)
		}

		/// Pause the network for so many blocks more. A majority of the guardians only.
		#[pallet::call_index(8)]
		#[pallet::weight(T::WeightInfo::extend_pause())]
		pub fn extend_pause(origin: OriginFor<T>, blocks: BlockNumber) -> DispatchResult {
			T::PauseOrigin::ensure_origin(origin)?;
			Self::do_extend_pause(blocks)
		}
	}
}
