//! Verified inference: models and bonds, evidence behind weights, anchors of receipts, disputes.

use crate::{
	parameters::{
		AnchorLife, AuditMissPart, BondRelease, ChallengePeriod, ChallengerBond, DisputeDraw, DisputeMove, DisputePart,
		DisputeVote, DisputeWindow, MinAuditBond, MinCommittee, MinServeBond, ProfileByteDeposit, ProfileDeposit,
	},
	Audits, Balances, Delegation, Disputes, Emissions, Governance, KeySwap, Models, Neurons, Runtime,
	RuntimeHoldReason, Staking, Subnets, Timestamp,
};
use frame_support::traits::{ConstU128, ConstU32};

impl pallet_models::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Subnets = Subnets;
	type Neurons = Neurons;
	type Hotkeys = Neurons;
	type Guard = KeySwap;
	type Locks = Staking;
	type Stake = Staking;
	// A bond is the operator's own stake in the hotkey's own pool. Parents do not answer for it: a child would be slashed at their cost.
	type Slash = Staking;
	type Pause = Governance;
	type ProfileDeposit = ProfileDeposit;
	type ProfileByteDeposit = ProfileByteDeposit;
	type MinServeBond = MinServeBond;
	type MinAuditBond = MinAuditBond;
	type BondRelease = BondRelease;
	type WeightInfo = crate::weights::pallet_models::WeightInfo<Runtime>;
}

impl pallet_audits::Config for Runtime {
	type Subnets = Subnets;
	type Neurons = Neurons;
	type Epochs = Emissions;
	type Profiles = Models;
	type Bonds = Models;
	type Pause = Governance;
	type MissPart = AuditMissPart;
	type WeightInfo = crate::weights::pallet_audits::WeightInfo<Runtime>;
}

impl pallet_receipts::Config for Runtime {
	type Subnets = Subnets;
	type Neurons = Neurons;
	type Pause = Governance;
	type Disputes = Disputes;
	type Time = Timestamp;
	type ChallengePeriod = ChallengePeriod;
	type AnchorLife = AnchorLife;
	type MaxAnchors = ConstU32<1_000_000>;
	type WeightInfo = crate::weights::pallet_receipts::WeightInfo<Runtime>;
}

impl pallet_disputes::Config for Runtime {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Subnets = Subnets;
	type Hotkeys = Neurons;
	// Stake that counts for the auditor, as in epochs.
	type Stake = Delegation;
	type Epochs = Emissions;
	type Profiles = Models;
	type Bonds = Models;
	type Filed = Audits;
	type Randomness = Audits;
	type Pause = Governance;
	type Burns = Emissions;
	type Time = Timestamp;
	type ChallengerBond = ChallengerBond;
	// A hundred-thousandth of a GNG, as preimages cost.
	type BondPerByte = ConstU128<10_000>;
	type SlashPart = DisputePart;
	type MovePeriod = DisputeMove;
	type DrawPeriod = DisputeDraw;
	type VotePeriod = DisputeVote;
	type Window = DisputeWindow;
	type MinCommittee = MinCommittee;
	type WeightInfo = crate::weights::pallet_disputes::WeightInfo<Runtime>;
}
