//! Ganglion's own pallets, wired to each other through `ganglion-traits`.

use super::RuntimeBlockWeights;
use crate::{
	parameters::{
		FreezeWindow, InitialRegistrationPrice, LockDecayInterval, MaxEpochsPerBlock, MaxNominatorSlash, MaxSubnets,
		MaxTake, MinLock, MinStake, NetworkImmunity, OwnerCut, OwnerHotkeyInterval, RewardPer12Seconds, RootFeeShare,
		RootTempo, RootVoteRateLimit, RootVoters, SlashToPool, SlashToReporter, SlotDuration, StartDelay,
		TakeIncreaseInterval, TrimInterval, UnbondingEpochs,
	},
	AccountId, Audits, Balance, Balances, Commitments, Delegation, Emissions, KeySwap, Models, Neurons, Receipts,
	RootVote, Runtime, RuntimeHoldReason, Staking, Subnets, Weights,
};
use frame_support::{parameter_types, traits::Get, weights::Weight, PalletId};
use frame_system::EnsureRoot;
use sp_runtime::Perbill;

parameter_types! {
	pub const StakingPalletId: PalletId = PalletId(*b"gng/stak");
}

impl pallet_subnets::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	// The clock first: what the others do at creation may ask for the epoch.
	type OnSubnetCreated = (Emissions, Neurons);
	type Neurons = Neurons;
	type Hotkeys = Neurons;
	type Guard = KeySwap;
	type Epochs = Emissions;
	type Clock = Emissions;
	type Earnings = Emissions;
	type Value = Emissions;
	type OnSubnetDissolved = (
		Weights,
		RootVote,
		Delegation,
		Commitments,
		Audits,
		// Before the bonds that its disputes hold.
		crate::Disputes,
		Models,
		Receipts,
		Emissions,
		Neurons,
	);
	type DissolveBudget = DissolveBudget;
	type RootOrigin = EnsureRoot<AccountId>;
	type MaxSubnets = MaxSubnets;
	type MinLock = MinLock;
	type LockDecayInterval = LockDecayInterval;
	type StartDelay = StartDelay;
	type NetworkImmunity = NetworkImmunity;
	type FreezeWindow = FreezeWindow;
	type OwnerHotkeyInterval = OwnerHotkeyInterval;
	type TrimInterval = TrimInterval;
	type WeightInfo = crate::weights::pallet_subnets::WeightInfo<Runtime>;
}

impl pallet_neurons::Config for Runtime {
	type Currency = Balances;
	type Subnets = Subnets;
	type Results = Emissions;
	type OnNeuronReplaced = (Weights, Commitments, Receipts, Audits);
	type OnUidsMoved = (Weights, Emissions, Audits);
	type Slots = Subnets;
	type Bonds = Emissions;
	type Burns = Emissions;
	type Pause = crate::Governance;
	type InitialPrice = InitialRegistrationPrice;
	type WeightInfo = crate::weights::pallet_neurons::WeightInfo<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Scene;
}

impl pallet_staking::Config for Runtime {
	type Currency = Balances;
	type Subnets = Subnets;
	type Hotkeys = Neurons;
	type Epochs = Emissions;
	type Guard = KeySwap;
	type Pause = crate::Governance;
	type RewardPool = Emissions;
	type SlashToReporter = SlashToReporter;
	type SlashToPool = SlashToPool;
	type MaxNominatorSlash = MaxNominatorSlash;
	type PalletId = StakingPalletId;
	type MinStake = MinStake;
	type UnbondingEpochs = UnbondingEpochs;
	type MaxTake = MaxTake;
	type TakeIncreaseInterval = TakeIncreaseInterval;
	type WeightInfo = crate::weights::pallet_staking::WeightInfo<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Scene;
}

impl pallet_weights::Config for Runtime {
	type Subnets = Subnets;
	type Neurons = Neurons;
	type Results = Emissions;
	type Epochs = Emissions;
	type Pause = crate::Governance;
	type Audits = Audits;
	type WeightInfo = crate::weights::pallet_weights::WeightInfo<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Scene;
}

/// A block's part of the reward of 12 seconds, so that emission over time is the same at every slot duration.
pub struct BlockReward;
impl Get<Balance> for BlockReward {
	fn get() -> Balance {
		let slot = Balance::from(SlotDuration::get());
		RewardPer12Seconds::get()
			.saturating_mul(slot)
			.checked_div(12_000)
			.unwrap_or(0)
	}
}

/// What dissolution takes of a block at most: a tenth.
pub struct DissolveBudget;
impl Get<Weight> for DissolveBudget {
	#[allow(clippy::arithmetic_side_effects, reason = "a part of a weight is less than it")]
	fn get() -> Weight {
		Perbill::from_percent(10) * RuntimeBlockWeights::get().max_block
	}
}

/// Epochs take at most three fifths of a block: with the largest accrual, a quarter is left for transactions.
pub struct MaxEpochWeight;
impl Get<Weight> for MaxEpochWeight {
	#[allow(clippy::arithmetic_side_effects, reason = "a part of a weight is less than it")]
	fn get() -> Weight {
		Perbill::from_percent(60) * RuntimeBlockWeights::get().max_block
	}
}

impl pallet_emissions::Config for Runtime {
	type Currency = Balances;
	type Subnets = Subnets;
	type Neurons = Neurons;
	type Hotkeys = Neurons;
	type Stake = Delegation;
	type Reward = Delegation;
	type Weights = Weights;
	type Share = crate::RootVote;
	type Pause = crate::Governance;
	type OnEpoch = (Weights, Delegation, Audits);
	type BlockReward = BlockReward;
	type OwnerCut = OwnerCut;
	type MaxEpochsPerBlock = MaxEpochsPerBlock;
	type MaxEpochWeight = MaxEpochWeight;
	type WeightInfo = crate::weights::pallet_emissions::WeightInfo<Runtime>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = crate::benchmarks::Scene;
}

/// Whatever is staked anywhere, what unbonds included: it could vote.
pub struct AllStake;

impl frame_support::traits::Get<Balance> for AllStake {
	fn get() -> Balance {
		pallet_staking::TotalHeld::<Runtime>::get()
	}
}

impl pallet_root_vote::Config for Runtime {
	type Subnets = Subnets;
	type Hotkeys = Neurons;
	type Stake = Staking;
	type AllStake = AllStake;
	type Emission = Emissions;
	type Pause = crate::Governance;
	type MaxVoters = RootVoters;
	type MinVoterStake = MinStake;
	type Tempo = RootTempo;
	type RateLimit = RootVoteRateLimit;
	type FeeShare = RootFeeShare;
	type WeightInfo = crate::weights::pallet_root_vote::WeightInfo<Runtime>;
}
