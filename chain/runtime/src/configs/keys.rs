//! Keys: their exchange, what they publish, and identities of coldkeys.

use super::RuntimeBlockWeights;
use crate::{
	parameters::{
		ColdkeyDisputePeriod, ColdkeyReannounceDelay, ColdkeySwapCost, ColdkeySwapDelay, HotkeySwapCost,
		HotkeySwapCostInSubnet, HotkeySwapInterval, MaxSubnets,
	},
	AccountId, Audits, Balance, Balances, Commitments, Delegation, Emissions, Governance, Models, Neurons, Proxy,
	Receipts, RootVote, Runtime, RuntimeEvent, RuntimeFreezeReason, Signature, Staking, Subnets, Weights,
};
use frame_support::{
	parameter_types,
	traits::{ConstU32, Get, NeverEnsureOrigin},
	weights::Weight,
};
use frame_system::EnsureRoot;
use ganglion_primitives::GNG;
use ganglion_traits::{OnColdkeySwapped, Progress};
use pallet_proxy::WeightInfo as _;
use sp_runtime::{traits::Verify, Perbill};

/// What a step of moving a coldkey may take: a twentieth of a block.
pub struct KeySwapStep;
impl Get<Weight> for KeySwapStep {
	#[allow(clippy::arithmetic_side_effects, reason = "a part of a weight is less than it")]
	fn get() -> Weight {
		Perbill::from_percent(5) * RuntimeBlockWeights::get().max_block
	}
}

/// A swapped coldkey has no proxies any more: whoever had one may be why it was swapped. Their deposit is released and
/// goes over with the balance.
pub struct ProxiesGo;
impl OnColdkeySwapped<AccountId> for ProxiesGo {
	fn move_coldkey(old: &AccountId, _: &AccountId, _: Weight) -> Progress {
		Proxy::remove_all_proxy_delegates(old);
		let weight = <Runtime as pallet_proxy::Config>::WeightInfo::remove_proxies(
			<Runtime as pallet_proxy::Config>::MaxProxies::get(),
		);
		Progress { weight, done: true }
	}
}

impl pallet_key_swap::Config for Runtime {
	type Currency = Balances;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type Subnets = Subnets;
	type Neurons = Neurons;
	type Hotkeys = Neurons;
	// The slot first, so that the others see its new occupant.
	type OnHotkeySwapped = (
		Neurons,
		Staking,
		Governance,
		Weights,
		Delegation,
		Models,
		RootVote,
		Commitments,
		Receipts,
		Audits,
		crate::Disputes,
		Subnets,
	);
	type OnColdkeySwapped = (
		ProxiesGo,
		Neurons,
		Staking,
		Governance,
		Delegation,
		Models,
		crate::Disputes,
		Subnets,
	);
	type Pause = Governance;
	type Burns = Emissions;
	type RootOrigin = EnsureRoot<AccountId>;
	type ColdkeySwapCost = ColdkeySwapCost;
	type ColdkeySwapDelay = ColdkeySwapDelay;
	type ReannounceDelay = ColdkeyReannounceDelay;
	type DisputePeriod = ColdkeyDisputePeriod;
	type HotkeySwapCost = HotkeySwapCost;
	type HotkeySwapCostInSubnet = HotkeySwapCostInSubnet;
	type HotkeySwapInterval = HotkeySwapInterval;
	type MaxSubnets = MaxSubnets;
	type StepWeight = KeySwapStep;
	type WeightInfo = crate::weights::pallet_key_swap::WeightInfo<Runtime>;
}

impl pallet_commitments::Config for Runtime {
	type Subnets = Subnets;
	type Neurons = Neurons;
	type Pause = Governance;
	type WeightInfo = crate::weights::pallet_commitments::WeightInfo<Runtime>;
}

parameter_types! {
	pub const IdentityDeposit: Balance = GNG / 10;
	pub const IdentityByteDeposit: Balance = GNG / 1_000;
	pub const SubAccountDeposit: Balance = GNG / 10;
}

impl pallet_identity::Config for Runtime {
	type RuntimeEvent = RuntimeEvent;
	type Currency = Balances;
	type BasicDeposit = IdentityDeposit;
	type ByteDeposit = IdentityByteDeposit;
	type UsernameDeposit = IdentityDeposit;
	type SubAccountDeposit = SubAccountDeposit;
	type MaxSubAccounts = ConstU32<16>;
	type IdentityInformation = pallet_identity::legacy::IdentityInfo<ConstU32<8>>;
	type MaxRegistrars = ConstU32<8>;
	// What is slashed of a deposit is burned.
	type Slashed = ();
	type ForceOrigin = EnsureRoot<AccountId>;
	type RegistrarOrigin = EnsureRoot<AccountId>;
	type OffchainSignature = Signature;
	type SigningPublicKey = <Signature as Verify>::Signer;
	// There are no usernames: nobody can become an authority that grants them. Root is let through by the pallet.
	type UsernameAuthorityOrigin = NeverEnsureOrigin<()>;
	type PendingUsernameExpiration = ConstU32<14_400>;
	type UsernameGracePeriod = ConstU32<432_000>;
	type MaxSuffixLength = ConstU32<7>;
	type MaxUsernameLength = ConstU32<32>;
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = ();
	type WeightInfo = pallet_identity::weights::SubstrateWeight<Runtime>;
}
