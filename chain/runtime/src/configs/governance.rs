//! Governance: who decides, who pauses, what goes on meanwhile. Stock pallets do what they can; `pallet-governance`
//! does the rest.

use super::RuntimeBlockWeights;
use crate::{
	parameters::{
		CandidateDeposit, CouncilTerm, EnactmentDelay, LockAge, MaxPause, MinElectorate, MinVoterStake, MinVoters,
		MotionDuration, VotingPeriod,
	},
	AccountId, Balance, Balances, BlockNumber, Council, Governance, Guardians, Neurons, OriginCaller, Preimage,
	Runtime, RuntimeCall, RuntimeEvent, RuntimeHoldReason, RuntimeOrigin, SafeMode, Scheduler,
};
use alloc::vec::Vec;
use frame_support::{
	instances::{Instance1, Instance2},
	parameter_types,
	traits::{
		fungible::HoldConsideration, ChangeMembers, ConstU32, Contains, EitherOfDiverse, EqualPrivilegeOnly, Get,
		LinearStoragePrice, NeverEnsureOrigin,
	},
	weights::Weight,
};
use frame_system::EnsureRoot;
use ganglion_primitives::GNG;
use pallet_collective::{deposit, EnsureMembers};
use sp_runtime::{FixedU128, Perbill};

/// Seats of each collective.
const SEATS: u32 = pallet_governance::types::SEATS;
/// Three of five council members: they submit referenda.
pub type CouncilMajority = EnsureMembers<AccountId, Instance1, 3>;
/// Four of five: with them a pause ends early.
pub type CouncilUnity = EnsureMembers<AccountId, Instance1, 4>;
/// Three of five guardians: they pause.
pub type GuardianMajority = EnsureMembers<AccountId, Instance2, 3>;

parameter_types! {
	pub const PreimageHold: RuntimeHoldReason = RuntimeHoldReason::Preimage(pallet_preimage::HoldReason::Preimage);
	pub const PreimageBase: Balance = GNG / 10;
	pub const PreimageByte: Balance = GNG / 100_000;
	pub const CouncilHold: RuntimeHoldReason =
		RuntimeHoldReason::Council(pallet_collective::HoldReason::ProposalSubmission);
	pub const GuardiansHold: RuntimeHoldReason =
		RuntimeHoldReason::Guardians(pallet_collective::HoldReason::ProposalSubmission);
	pub const MotionDeposit: Balance = 10 * GNG;
	pub const MotionDepositRatio: FixedU128 = FixedU128::from_u32(2);
	pub const NoDeposit: Option<Balance> = None;
	pub const NoRelease: Option<BlockNumber> = None;
}

/// A part of a block: with the largest epochs and accrual in the same block, transactions still get some.
pub struct MaxEnactment;
impl Get<Weight> for MaxEnactment {
	#[allow(clippy::arithmetic_side_effects, reason = "a part of a weight is less than it")]
	fn get() -> Weight {
		Perbill::from_percent(15) * RuntimeBlockWeights::get().max_block
	}
}

/// What a motion of a collective can weigh: the motions that count here submit a hash or pause.
pub struct MaxMotion;
impl Get<Weight> for MaxMotion {
	#[allow(clippy::arithmetic_side_effects, reason = "a part of a weight is less than it")]
	fn get() -> Weight {
		Perbill::from_percent(30) * RuntimeBlockWeights::get().max_block
	}
}

/// What one call of a referendum can weigh, the scheduler's own work on it left out.
pub struct MaxCall;
impl Get<Weight> for MaxCall {
	#[allow(clippy::arithmetic_side_effects, reason = "a part of a weight is less than it")]
	fn get() -> Weight {
		Perbill::from_percent(10) * RuntimeBlockWeights::get().max_block
	}
}

impl pallet_preimage::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = pallet_preimage::weights::SubstrateWeight<Runtime>;
	type Currency = Balances;
	type ManagerOrigin = EnsureRoot<AccountId>;
	type Consideration =
		HoldConsideration<AccountId, Balances, PreimageHold, LinearStoragePrice<PreimageBase, PreimageByte, Balance>>;
}

impl pallet_scheduler::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeOrigin = RuntimeOrigin;
	type PalletsOrigin = OriginCaller;
	type RuntimeCall = RuntimeCall;
	type MaximumWeight = MaxEnactment;
	type ScheduleOrigin = EnsureRoot<AccountId>;
	type OriginPrivilegeCmp = EqualPrivilegeOnly;
	type MaxScheduledPerBlock = ConstU32<32>;
	type WeightInfo = pallet_scheduler::weights::SubstrateWeight<Runtime>;
	type Preimages = Preimage;
	// Unpaused blocks.
	type BlockNumberProvider = Governance;
}

/// The first motions are free; from the fifth that is open the deposit doubles, so that one member can't take all
/// places.
type MotionConsideration<Hold> = HoldConsideration<
	AccountId,
	Balances,
	Hold,
	deposit::Delayed<ConstU32<4>, deposit::Geometric<MotionDepositRatio, MotionDeposit>>,
	u32,
>;

impl pallet_collective::Config<Instance1> for Runtime {
	type RuntimeOrigin = RuntimeOrigin;
	type Proposal = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type MotionDuration = MotionDuration;
	type MaxProposals = ConstU32<20>;
	type MaxMembers = ConstU32<SEATS>;
	// Whoever did not vote voted no: there is no prime.
	type DefaultVote = pallet_collective::PrimeDefaultVote;
	type WeightInfo = pallet_collective::weights::SubstrateWeight<Runtime>;
	type SetMembersOrigin = EnsureRoot<AccountId>;
	type MaxProposalWeight = MaxMotion;
	type DisapproveOrigin = EnsureRoot<AccountId>;
	type KillOrigin = EnsureRoot<AccountId>;
	type Consideration = MotionConsideration<CouncilHold>;
}

impl pallet_collective::Config<Instance2> for Runtime {
	type RuntimeOrigin = RuntimeOrigin;
	type Proposal = RuntimeCall;
	type RuntimeEvent = RuntimeEvent;
	type MotionDuration = MotionDuration;
	type MaxProposals = ConstU32<20>;
	type MaxMembers = ConstU32<SEATS>;
	type DefaultVote = pallet_collective::PrimeDefaultVote;
	type WeightInfo = pallet_collective::weights::SubstrateWeight<Runtime>;
	type SetMembersOrigin = EnsureRoot<AccountId>;
	type MaxProposalWeight = MaxMotion;
	type DisapproveOrigin = EnsureRoot<AccountId>;
	type KillOrigin = EnsureRoot<AccountId>;
	type Consideration = MotionConsideration<GuardiansHold>;
}

/// Entered and extended through Governance alone, which knows the limits; without deposits, so not by anybody.
impl pallet_safe_mode::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type WhitelistedCalls = WhilePaused;
	type EnterDuration = MaxPause;
	type ExtendDuration = MaxPause;
	type EnterDepositAmount = NoDeposit;
	type ExtendDepositAmount = NoDeposit;
	type ForceEnterOrigin = NeverEnsureOrigin<BlockNumber>;
	type ForceExtendOrigin = NeverEnsureOrigin<BlockNumber>;
	type ForceExitOrigin = EitherOfDiverse<EnsureRoot<AccountId>, CouncilUnity>;
	type ForceDepositOrigin = EnsureRoot<AccountId>;
	type Notify = Governance;
	type ReleaseDelay = NoRelease;
	type WeightInfo = pallet_safe_mode::weights::SubstrateWeight<Runtime>;
}

/// What goes on while the network is paused: time, governance, and taking out what is already unbonded.
pub struct WhilePaused;
impl Contains<RuntimeCall> for WhilePaused {
	fn contains(call: &RuntimeCall) -> bool {
		use pallet_multisig::Call as Multisig;
		use pallet_utility::Call as Utility;
		match call {
			RuntimeCall::System(_) | RuntimeCall::Timestamp(_) | RuntimeCall::SafeMode(_) => true,
			RuntimeCall::Council(_) | RuntimeCall::Guardians(_) | RuntimeCall::Governance(_) => true,
			RuntimeCall::Preimage(_) | RuntimeCall::Scheduler(_) => true,
			// Where nobody has its key, it is filtered anyway; development networks end a pause with it.
			RuntimeCall::Sudo(_) => true,
			RuntimeCall::Staking(call) => matches!(call, pallet_staking::Call::withdraw_unbonded { .. }),
			// Seats may be multisigs or act by proxy: a wrapper goes on where all that it carries does.
			RuntimeCall::Utility(
				Utility::batch { calls } | Utility::batch_all { calls } | Utility::force_batch { calls },
			) => calls.iter().all(Self::contains),
			RuntimeCall::Proxy(pallet_proxy::Call::proxy { call, .. }) => Self::contains(call),
			RuntimeCall::Multisig(Multisig::as_multi { call, .. } | Multisig::as_multi_threshold_1 { call, .. }) => {
				Self::contains(call)
			}
			_ => false,
		}
	}
}

/// The council as elections see it.
pub struct CouncilSeats;

impl pallet_governance::Seats<AccountId> for CouncilSeats {
	fn members() -> Vec<AccountId> {
		pallet_collective::Members::<Runtime, Instance1>::get()
	}

	fn seat(members: &[AccountId]) {
		<Council as ChangeMembers<AccountId>>::set_members_sorted(members, &Self::members());
	}

	fn replace(old: &AccountId, new: &AccountId) {
		if let Some(members) = renamed(Self::members(), old, new) {
			Self::seat(&members);
		}
		let guardians = pallet_collective::Members::<Runtime, Instance2>::get();
		if let Some(members) = renamed(guardians.clone(), old, new) {
			<Guardians as ChangeMembers<AccountId>>::set_members_sorted(&members, &guardians);
		}
	}
}

/// The members with one renamed; none where he does not sit.
fn renamed(mut members: Vec<AccountId>, old: &AccountId, new: &AccountId) -> Option<Vec<AccountId>> {
	if !members.contains(old) {
		return None;
	}
	members.retain(|member| member != old && member != new);
	members.push(new.clone());
	members.sort();
	Some(members)
}

impl pallet_governance::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Stake = crate::Staking;
	type Hotkeys = Neurons;
	type Guard = crate::KeySwap;
	type Council = CouncilSeats;
	type Preimages = Preimage;
	type PalletsOrigin = OriginCaller;
	type Scheduler = Scheduler;
	type SafeMode = SafeMode;
	type SubmitOrigin = CouncilMajority;
	type CancelOrigin = EnsureRoot<AccountId>;
	type PauseOrigin = GuardianMajority;
	type VotingPeriod = VotingPeriod;
	type EnactmentDelay = EnactmentDelay;
	type Term = CouncilTerm;
	type LockAge = LockAge;
	type MinVoterStake = MinVoterStake;
	type MinVoters = MinVoters;
	type MinElectorate = MinElectorate;
	type CandidateDeposit = CandidateDeposit;
	type MaxPause = MaxPause;
	type MaxCallWeight = MaxCall;
	type WeightInfo = crate::weights::pallet_governance::WeightInfo<Runtime>;
}
