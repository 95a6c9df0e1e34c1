//! Verified inference: evidence behind weights.

use crate::{parameters::AuditMissPart, Emissions, Governance, Neurons, Runtime, Subnets};

impl pallet_audits::Config for Runtime {
	type Subnets = Subnets;
	type Neurons = Neurons;
	type Epochs = Emissions;
	type Profiles = ();
	type Bonds = ();
	type Pause = Governance;
	type MissPart = AuditMissPart;
	type WeightInfo = pallet_audits::weights::EstimatedWeight<Runtime>;
}
