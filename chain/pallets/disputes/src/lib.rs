//! # Disputes
//!
//! Who lies loses stake: disputes about an answer that a miner signed, or about a verdict that a validator filed. Knows neither models nor
//! arithmetic: it checks who said what, gives each party a turn and a deadline, draws who decides, and moves the bonds.
//!
//! ## Overview
//!
//! Anybody opens a dispute with a bond and with all that a replay needs: the signed receipt, the prompt's and the answer's token ids, the
//! sampling parameters. The chain compares them with the receipt's hashes. The accused must be bonded for the profile, and the bond stays
//! where it is until the end.
//!
//! In the strict lane the claim is that one token has a margin above the profile's under canonical replay. The accused answers with the
//! margin that it computes and the hash of the last step; the steps are then bisected: it posts the hash of the middle one, the challenger
//! says whether it is his, too. After ceil(log2(layers + 2)) rounds there is one step that they compute differently from what they
//! agree on. A challenger who lets a deadline pass loses; an accused that does has no more say in it. A party whose machine does not reproduce the
//! profile's self-test waives the bisection.
//!
//! Then, and at once for every other claim, a committee of auditors of the profile decides. Who can be drawn, and with which stake, is noted when
//! the dispute comes to it: without the parties and their coldkeys. Its five seats are drawn by that stake with replacement, with randomness of
//! secrets that were not revealed yet. A majority of seats that vote decides if more than half of them did; else another committee is
//! drawn, once, and after that the bonds go back.
//!
//! Some lies of a validator need nobody's judgement: what it filed contradicts itself, or the receipts. Whoever shows that refutes the filing in
//! one transaction, without a bond ([`Pallet::refute`]).
//!
//! ## Terminology
//!
//! - **Accused**: the hotkey that signed, by its present name: swaps are followed, before and after the opening.
//! - **Upheld**: the challenger was right. The accused's bond is slashed, the challenger is the reporter and gets his bond back.
//! - **Dismissed**: he was not. Half of his bond is the accused's coldkey's, half is burned.
//! - **Undecided**: bonds go back, but for an eighth of the challenger's, which is burned: disputes that nobody can decide take places, too.
//! - **Refuted**: of what was filed, that the chain itself saw that it is false. Once for each filing: the first reporter is paid.
//! - **Window**: how old a receipt may be; as long is remembered what has ended, and who was renamed.
//!
//! ## Invariants
//!
//! - every dispute has one entry in the queue, not later than a bounded number of unpaused blocks from now: nothing waits for ever;
//! - what is held of a challenger is the sum of his bonds;
//! - at most one dispute is open about a subject, and none about one that was upheld within the window.

#![cfg_attr(not(feature = "std"), no_std)]
#![deny(missing_docs)]

extern crate alloc;

mod committee;
mod drawing;
mod ending;
mod inspect;
mod lifecycle;
mod memory;
mod merkle;
mod moves;
mod opening;
mod queue;
mod refuting;
mod types;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;

pub use opening::{answer_subject, verdict_leaf};
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use codec::Encode;
	use frame_support::{
		pallet_prelude::*,
		traits::{fungible, UnixTime},
	};
	use frame_system::pallet_prelude::*;
	use ganglion_primitives::{
		AnswerEvidence, Balance, BlockNumber, Claim, CommitteeVote, DisputeId, EndedDispute, Ending, EpochIndex,
		FilingFlaw, NetUid, Reason, Refutation, VerdictOpening, MAX_DISPUTES,
	};
	use ganglion_traits::{
		Bonds, BurnRecord, DrawRandomness, EpochInspect, FiledVerdicts, HotkeyInspect, Pause, Profiles, StakeInspect,
		SubnetInspect,
	};
	use sp_core::H256;
	use sp_runtime::AccountId32;

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>, AccountId = AccountId32> {
		/// Challengers' bonds.
		type Currency: fungible::MutateHold<AccountId32, Balance = Balance, Reason = Self::RuntimeHoldReason>;
		/// The hold.
		type RuntimeHoldReason: From<HoldReason>;
		/// Subnets.
		type Subnets: SubnetInspect<AccountId32>;
		/// Whose hotkeys they are.
		type Hotkeys: HotkeyInspect<AccountId32>;
		/// What auditors are drawn by.
		type Stake: StakeInspect<AccountId32>;
		/// Epochs, which randomness belongs to.
		type Epochs: EpochInspect;
		/// Profiles and who declared them.
		type Profiles: Profiles<AccountId32>;
		/// Bonds of the accused.
		type Bonds: Bonds<AccountId32>;
		/// What validators filed.
		type Filed: FiledVerdicts<AccountId32>;
		/// What committees are drawn with.
		type Randomness: DrawRandomness;
		/// Pauses: nothing moves, and no deadline comes nearer.
		type Pause: Pause;
		/// Who must know what is burned.
		type Burns: BurnRecord;
		/// How old receipts are.
		type Time: UnixTime;
		/// Least bond of a challenger, nano; it doubles with each eighth of the places that is taken.
		#[pallet::constant]
		type ChallengerBond: Get<Balance>;
		/// And so much more for each byte of evidence, nano.
		#[pallet::constant]
		type BondPerByte: Get<Balance>;
		/// The part of the bond that whoever is found wrong loses, 65,535 = 1.0.
		#[pallet::constant]
		type SlashPart: Get<u16>;
		/// Unpaused blocks for each move of a party.
		#[pallet::constant]
		type MovePeriod: Get<BlockNumber>;
		/// Unpaused blocks in which a committee must have been drawn; four of the subnet's tempos where that is more.
		#[pallet::constant]
		type DrawPeriod: Get<BlockNumber>;
		/// Unpaused blocks for the committee's votes.
		#[pallet::constant]
		type VotePeriod: Get<BlockNumber>;
		/// Milliseconds for which a receipt can be disputed.
		#[pallet::constant]
		type Window: Get<u64>;
		/// Fewest auditors among whom a committee is drawn.
		#[pallet::constant]
		type MinCommittee: Get<u32>;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	/// Why funds are on hold.
	#[pallet::composite_enum]
	pub enum HoldReason {
		/// A challenger's bond.
		Challenge,
	}

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Number of the next dispute.
	#[pallet::storage]
	pub type NextDispute<T> = StorageValue<_, DisputeId, ValueQuery>;

	/// Open disputes.
	#[pallet::storage]
	pub type Disputes<T: Config> = StorageMap<_, Twox64Concat, DisputeId, DisputeOf>;

	/// What the disputed answers are replayed from.
	#[pallet::storage]
	pub type EvidenceOf<T: Config> = StorageMap<_, Twox64Concat, DisputeId, AnswerEvidence>;

	/// Who can be drawn for the committees that wait for randomness.
	#[pallet::storage]
	pub type CandidatesOf<T: Config> = StorageMap<_, Twox64Concat, DisputeId, Candidates>;

	/// The open dispute about a subject.
	#[pallet::storage]
	pub type BySubject<T: Config> = StorageMap<_, Identity, H256, DisputeId>;

	/// Unpaused block at which each open dispute has to be looked at, ascending.
	#[pallet::storage]
	pub type Due<T: Config> = StorageValue<_, BoundedVec<(BlockNumber, DisputeId), ConstU32<MAX_DISPUTES>>, ValueQuery>;

	/// In how many open disputes a hotkey is accused.
	#[pallet::storage]
	pub type AccusedIn<T: Config> =
		StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, AccountId32, u32, ValueQuery>;

	/// How many open disputes an account has opened.
	#[pallet::storage]
	pub type Challenges<T: Config> = StorageMap<_, Blake2_128Concat, AccountId32, u32, ValueQuery>;

	/// Disputes that have ended within the window.
	#[pallet::storage]
	pub type Ended<T: Config> = StorageMap<_, Twox64Concat, DisputeId, EndedDispute<AccountId32>>;

	/// Subjects whose disputes have ended within the window.
	#[pallet::storage]
	pub type Subjects<T: Config> = StorageMap<_, Identity, H256, Remembered>;

	/// Hotkeys that were bonded when they were renamed: the new name, and till when it is remembered, unix milliseconds.
	#[pallet::storage]
	pub type Successors<T: Config> =
		StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, AccountId32, (AccountId32, u64)>;

	/// What is remembered, in the order in which it is forgotten.
	#[pallet::storage]
	pub type Fading<T: Config> = StorageMap<_, Twox64Concat, u64, (u64, Trace)>;

	/// First number of [`Fading`], and the one after the last.
	#[pallet::storage]
	pub type FadingEnds<T> = StorageValue<_, (u64, u64), ValueQuery>;

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A dispute was opened.
		Opened {
			/// Its number.
			id: DisputeId,
			/// The subnet.
			netuid: NetUid,
			/// Who is accused.
			accused: AccountId32,
			/// By whom.
			challenger: AccountId32,
			/// Of what.
			claim: Claim,
			/// Held of the challenger, nano.
			bond: Balance,
		},
		/// The accused said which margin it computes.
		Answered {
			/// The dispute.
			id: DisputeId,
			/// Millionths of a logit.
			margin: u32,
			/// Hash of the last step.
			hash: H256,
		},
		/// The accused posted the hash of a step.
		Posted {
			/// The dispute.
			id: DisputeId,
			/// The step.
			step: u32,
			/// Its hash.
			hash: H256,
		},
		/// The challenger judged it.
		Judged {
			/// The dispute.
			id: DisputeId,
			/// The step.
			step: u32,
			/// Whether it is his, too.
			agrees: bool,
		},
		/// The first step on which they differ is known.
		Located {
			/// The dispute.
			id: DisputeId,
			/// The step.
			step: u32,
			/// The accused's hash of it.
			hash: H256,
		},
		/// A party can't replay canonically, or the accused did not move in time: there is no bisection.
		Waived {
			/// The dispute.
			id: DisputeId,
			/// The party.
			who: AccountId32,
		},
		/// A committee was drawn.
		CommitteeDrawn {
			/// The dispute.
			id: DisputeId,
			/// Its members.
			members: alloc::vec::Vec<AccountId32>,
			/// Last unpaused block of the vote.
			until: BlockNumber,
		},
		/// A member voted.
		Voted {
			/// The dispute.
			id: DisputeId,
			/// The member.
			hotkey: AccountId32,
			/// Its vote.
			vote: CommitteeVote,
		},
		/// Too few voted: another committee is drawn.
		NoQuorum {
			/// The dispute.
			id: DisputeId,
		},
		/// It is over.
		Settled {
			/// The dispute.
			id: DisputeId,
			/// How.
			ending: Ending,
			/// Why.
			reason: Reason,
			/// Taken of the accused's stake, nano.
			slashed: Balance,
			/// The challenger's bond that he lost, nano.
			forfeited: Balance,
		},
		/// What a validator filed is false.
		Refuted {
			/// The subnet.
			netuid: NetUid,
			/// Who filed it, by its present name.
			validator: AccountId32,
			/// The epoch of its commitment.
			epoch: EpochIndex,
			/// What is wrong with it.
			flaw: FilingFlaw,
			/// Who showed it.
			reporter: AccountId32,
			/// Taken of the validator's stake, nano.
			slashed: Balance,
		},
	}

	/// Why a call was refused.
	#[pallet::error]
	#[derive(PartialEq, Eq)]
	pub enum Error<T> {
		/// The network is paused.
		Paused,
		/// No subnet has this netuid.
		SubnetNotFound,
		/// No open dispute has this number.
		DisputeNotFound,
		/// As many disputes are open as there can be.
		TooManyDisputes,
		/// The account has opened as many as one can.
		TooManyChallenges,
		/// The receipt's profile is not registered.
		ProfileNotFound,
		/// Such answers can't be disputed: other than generated text, or another receipt version.
		NotDisputable,
		/// The receipt is of another network.
		OtherNetwork,
		/// The evidence does not have the hashes or the numbers of tokens that the receipt has.
		EvidenceMismatch,
		/// The receipt is not signed by the miner that it names.
		BadSignature,
		/// The receipt is older than the window, or from the future.
		NotInWindow,
		/// The accused has no bond for this profile.
		NotBonded,
		/// Nobody accuses himself.
		SelfDispute,
		/// The claim does not fit the profile's lane or the call.
		WrongClaim,
		/// The profile allows such a margin.
		WithinLimits,
		/// The answer has no such position.
		NoSuchPosition,
		/// A dispute about it is open.
		AlreadyDisputed,
		/// A dispute about it was upheld.
		AlreadyUpheld,
		/// The validator filed nothing for this epoch.
		NothingFiled,
		/// The verdict is not among those that were filed.
		BadProof,
		/// It is not the caller's turn.
		NotYourTurn,
		/// The deadline has passed.
		TooLate,
		/// The caller is not in the committee, or has voted.
		NoVote,
		/// Its time has not come.
		NotDue,
		/// The miner had given up this name when it answered.
		NotItsName,
		/// The subnet's validators have revealed no secrets of late: no committee could be drawn.
		NoRandomness,
		/// Too few auditors of the profile have nothing to do with the parties: no committee could be drawn.
		NoAuditors,
		/// What was filed was refuted before.
		AlreadyRefuted,
		/// The verdict is of another epoch than was named, or the second one of a later epoch.
		OtherEpoch,
		/// The rows are not those that were filed.
		OtherRows,
		/// Nothing is wrong with what was filed, as far as this shows.
		NoFlaw,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(_: BlockNumberFor<T>) -> Weight {
			Self::work()
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Accuse the miner that signed a receipt. The bond is held until the end.
		///
		/// Origin: signed by the challenger. Emits `Opened`.
		/// Errors: `Paused`, `SubnetNotFound`, `TooManyDisputes`, `TooManyChallenges`, `ProfileNotFound`, `NotDisputable`, `OtherNetwork`,
		/// `EvidenceMismatch`, `BadSignature`, `NotInWindow`, `NotItsName`, `NoRandomness`, `NoAuditors`, `NotBonded`, `SelfDispute`, `WrongClaim`, `WithinLimits`, `NoSuchPosition`,
		/// `AlreadyDisputed`, `AlreadyUpheld`, those of the hold.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::open(evidence.encoded_size() as u32))]
		pub fn open(
			origin: OriginFor<T>,
			netuid: NetUid,
			claim: Claim,
			evidence: alloc::boxed::Box<AnswerEvidence>,
		) -> DispatchResult {
			let challenger = ensure_signed(origin)?;
			Self::do_open(challenger, netuid, claim, *evidence)
		}

		/// Accuse a validator of a verdict that it filed: re-verification contradicts it.
		///
		/// Origin: signed by the challenger. Emits `Opened`. Errors: those of `open`, `NothingFiled`, `BadProof`.
		#[pallet::call_index(1)]
		#[pallet::weight(T::WeightInfo::open(evidence.encoded_size() as u32))]
		pub fn open_verdict(
			origin: OriginFor<T>,
			netuid: NetUid,
			validator: AccountId32,
			opening: alloc::boxed::Box<VerdictOpening>,
			evidence: alloc::boxed::Box<AnswerEvidence>,
		) -> DispatchResult {
			let challenger = ensure_signed(origin)?;
			Self::do_open_verdict(challenger, netuid, validator, *opening, *evidence)
		}

		/// Say which margin the accused computes for the disputed token, and the hash of the last step. A margin above the
		/// profile's is a confession.
		///
		/// Origin: signed by the accused hotkey or its coldkey; free of charge when it is its turn. Emits `Answered` or `Settled`.
		/// Errors: `Paused`, `DisputeNotFound`, `NotYourTurn`, `TooLate`.
		#[pallet::call_index(2)]
		#[pallet::weight(T::WeightInfo::step().saturating_add(T::WeightInfo::finish()))]
		#[pallet::feeless_if(|origin: &OriginFor<T>, id: &DisputeId, _: &u32, _: &H256| -> bool {
			ensure_signed(origin.clone()).is_ok_and(|who| Pallet::<T>::ensure_can_answer(&who, *id).is_ok())
		})]
		pub fn answer(origin: OriginFor<T>, id: DisputeId, margin: u32, hash: H256) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_answer(who, id, margin, hash)
		}

		/// Post the accused's hash of the middle step.
		///
		/// Origin: signed by the accused hotkey or its coldkey; free of charge when it is its turn. Emits `Posted`.
		/// Errors: `Paused`, `DisputeNotFound`, `NotYourTurn`, `TooLate`.
		#[pallet::call_index(3)]
		#[pallet::weight(T::WeightInfo::step())]
		#[pallet::feeless_if(|origin: &OriginFor<T>, id: &DisputeId, _: &H256| -> bool {
			ensure_signed(origin.clone()).is_ok_and(|who| Pallet::<T>::ensure_can_post(&who, *id).is_ok())
		})]
		pub fn post(origin: OriginFor<T>, id: DisputeId, hash: H256) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_post(who, id, hash)
		}

		/// Say whether the hash of the middle step is the challenger's, too.
		///
		/// Origin: signed by the challenger; free of charge when it is his turn. Emits `Judged`, after the last round `Located`.
		/// Errors: `Paused`, `DisputeNotFound`, `NotYourTurn`, `TooLate`.
		#[pallet::call_index(4)]
		#[pallet::weight(T::WeightInfo::step())]
		#[pallet::feeless_if(|origin: &OriginFor<T>, id: &DisputeId, _: &bool| -> bool {
			ensure_signed(origin.clone()).is_ok_and(|who| Pallet::<T>::ensure_can_judge(&who, *id).is_ok())
		})]
		pub fn judge(origin: OriginFor<T>, id: DisputeId, agrees: bool) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_judge(who, id, agrees)
		}

		/// Go to the committee without bisection: the caller's machine does not reproduce the profile's self-test.
		///
		/// Origin: signed by a party, before the committee's stage; free of charge when it succeeds. Emits `Waived`.
		/// Errors: `Paused`, `DisputeNotFound`, `NotYourTurn`, `TooLate`.
		#[pallet::call_index(5)]
		#[pallet::weight(T::WeightInfo::step())]
		#[pallet::feeless_if(|origin: &OriginFor<T>, id: &DisputeId| -> bool {
			ensure_signed(origin.clone()).is_ok_and(|who| Pallet::<T>::ensure_can_waive(&who, *id).is_ok())
		})]
		pub fn waive(origin: OriginFor<T>, id: DisputeId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_waive(who, id)
		}

		/// Give up: the dispute ends as if the other party had won.
		///
		/// Origin: signed by a party. Emits `Settled`. Errors: `Paused`, `DisputeNotFound`, `NotYourTurn`.
		#[pallet::call_index(6)]
		#[pallet::weight(T::WeightInfo::step().saturating_add(T::WeightInfo::finish()))]
		pub fn concede(origin: OriginFor<T>, id: DisputeId) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_concede(who, id)
		}

		/// Vote as a member of the committee, once.
		///
		/// Origin: signed by the member's hotkey; free of charge when it is counted. Emits `Voted`; when it decides, `Settled` or `NoQuorum`.
		/// Errors: `Paused`, `DisputeNotFound`, `NotYourTurn`, `TooLate`, `NoVote`.
		#[pallet::call_index(7)]
		#[pallet::weight(T::WeightInfo::step().saturating_add(T::WeightInfo::finish()))]
		#[pallet::feeless_if(|origin: &OriginFor<T>, id: &DisputeId, _: &CommitteeVote| -> bool {
			ensure_signed(origin.clone()).is_ok_and(|who| Pallet::<T>::ensure_can_vote(&who, *id).is_ok())
		})]
		pub fn vote(origin: OriginFor<T>, id: DisputeId, vote: CommitteeVote) -> DispatchResult {
			let who = ensure_signed(origin)?;
			Self::do_vote(who, id, vote)
		}

		/// Do what is due in a dispute: end it where a deadline has passed, draw its committee. Blocks do it by themselves; this does it
		/// sooner when many are due.
		///
		/// Origin: signed by anybody. Errors: `Paused`, `DisputeNotFound`, `NotDue`.
		#[pallet::call_index(8)]
		#[pallet::weight(
			T::WeightInfo::draw(MAX_AUDITORS).max(T::WeightInfo::snapshot(MAX_AUDITORS)).saturating_add(T::WeightInfo::finish())
		)]
		pub fn settle(origin: OriginFor<T>, id: DisputeId) -> DispatchResult {
			ensure_signed(origin)?;
			Self::do_settle(id)
		}

		/// Show that what a validator filed is false: rows that do not count its verdicts, two verdicts about one request, or one about an
		/// answer that its miner did not give it. A part of its bond is slashed, and the caller is the reporter.
		///
		/// Origin: signed by anybody but the validator; free of charge when it succeeds. Emits `Refuted`.
		/// Errors: `Paused`, `SubnetNotFound`, `NothingFiled`, `AlreadyRefuted`, `SelfDispute`, `NotBonded`, `OtherEpoch`, `OtherRows`,
		/// `BadProof`, `EvidenceMismatch`, `NoFlaw`.
		#[pallet::call_index(9)]
		#[pallet::weight(T::WeightInfo::refute(refutation.encoded_size() as u32))]
		pub fn refute(
			origin: OriginFor<T>,
			netuid: NetUid,
			validator: AccountId32,
			epoch: EpochIndex,
			refutation: alloc::boxed::Box<Refutation>,
		) -> DispatchResultWithPostInfo {
			let reporter = ensure_signed(origin)?;
			Self::do_refute(reporter, netuid, validator, epoch, *refutation)?;
			Ok(Pays::No.into())
		}
	}
}
