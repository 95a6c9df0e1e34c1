//! Stake that votes through other hotkeys: between emission and the staking pallet.

use crate::{
	parameters::{ChildrenCooldown, ChildrenInterval, MaxTake, MinContribution, TakeIncreaseInterval, UnbondingEpochs},
	Emissions, Governance, KeySwap, Neurons, Runtime, Staking, Subnets,
};

impl pallet_delegation::Config for Runtime {
	type Subnets = Subnets;
	type Hotkeys = Neurons;
	type Neurons = Neurons;
	type Epochs = Emissions;
	type Stake = Staking;
	type Reward = Staking;
	type Slash = Staking;
	type Guard = KeySwap;
	type Pause = Governance;
	type Cooldown = ChildrenCooldown;
	type UnbondingEpochs = UnbondingEpochs;
	type MinContribution = MinContribution;
	type ChangeInterval = ChildrenInterval;
	type MaxTake = MaxTake;
	type TakeIncreaseInterval = TakeIncreaseInterval;
	type WeightInfo = crate::weights::pallet_delegation::WeightInfo<Runtime>;
}
