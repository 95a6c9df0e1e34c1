//! Verified inference: models and bonds, evidence behind weights.

use crate::{
	parameters::{AuditMissPart, BondRelease, MinAuditBond, MinServeBond, ProfileByteDeposit, ProfileDeposit},
	Balances, Delegation, Emissions, Governance, KeySwap, Models, Neurons, Runtime, RuntimeHoldReason, Staking,
	Subnets,
};

impl pallet_models::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Subnets = Subnets;
	type Neurons = Neurons;
	type Hotkeys = Neurons;
	type Guard = KeySwap;
	type Locks = Staking;
	type Stake = Staking;
	// A bond goes the way of every slash: the operator's own stake first.
	type Slash = Delegation;
	type Pause = Governance;
	type ProfileDeposit = ProfileDeposit;
	type ProfileByteDeposit = ProfileByteDeposit;
	type MinServeBond = MinServeBond;
	type MinAuditBond = MinAuditBond;
	type BondRelease = BondRelease;
	type WeightInfo = pallet_models::weights::EstimatedWeight<Runtime>;
}

impl pallet_audits::Config for Runtime {
	type Subnets = Subnets;
	type Neurons = Neurons;
	type Epochs = Emissions;
	type Profiles = Models;
	type Bonds = Models;
	type Pause = Governance;
	type MissPart = AuditMissPart;
	type WeightInfo = pallet_audits::weights::EstimatedWeight<Runtime>;
}
