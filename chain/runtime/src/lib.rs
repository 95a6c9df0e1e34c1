//! # Ganglion's runtime
//!
//! All of the chain's logic as one WebAssembly blob, executed by the dev node and by the full node alike. Pallets are
//! configured in [`configs`], runtime APIs are implemented in [`apis`], presets are in [`genesis_config_presets`].

#![cfg_attr(not(feature = "std"), no_std)]
#![recursion_limit = "256"]
// The macros that assemble a runtime generate items without documentation.
#![allow(missing_docs)]

extern crate alloc;

pub mod apis;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarks;
pub mod configs;
#[cfg(feature = "try-runtime")]
mod conservation;
pub mod genesis_config_presets;
pub mod parameters;
pub mod privileges;
pub mod views;
pub mod weights;

use alloc::vec::Vec;
use sp_runtime::{
	generic, impl_opaque_keys,
	traits::{BlakeTwo256, IdentifyAccount, Verify},
	MultiAddress, MultiSignature,
};
use sp_version::RuntimeVersion;

pub use ganglion_primitives::{Balance, BlockNumber, GNG};

/// Signature of a transaction.
pub type Signature = MultiSignature;
/// Account, an alias of the signature's signer.
pub type AccountId = <<Signature as Verify>::Signer as IdentifyAccount>::AccountId;
/// Number of transactions that an account has sent.
pub type Nonce = u32;
/// Hash of blocks, transactions and state.
pub type Hash = sp_core::H256;
/// What a transaction names an account with.
pub type Address = MultiAddress<AccountId, ()>;
/// Block header.
pub type Header = generic::Header<BlockNumber, BlakeTwo256>;
/// Block.
pub type Block = generic::Block<Header, UncheckedExtrinsic>;

/// Opaque types for hosts that know no transaction format.
pub mod opaque {
	use super::*;
	pub use sp_runtime::OpaqueExtrinsic as UncheckedExtrinsic;
	/// Opaque block.
	pub type Block = generic::Block<Header, UncheckedExtrinsic>;

	impl_opaque_keys! {
		/// Keys that an authority works with.
		pub struct SessionKeys {
			/// Block production.
			pub aura: crate::Aura,
			/// Finality.
			pub grandpa: crate::Grandpa,
		}
	}
}

/// The version of this runtime.
#[sp_version::runtime_version]
pub const VERSION: RuntimeVersion = RuntimeVersion {
	spec_name: alloc::borrow::Cow::Borrowed("ganglion"),
	impl_name: alloc::borrow::Cow::Borrowed("ganglion"),
	authoring_version: 1,
	spec_version: 1,
	impl_version: 1,
	apis: apis::RUNTIME_API_VERSIONS,
	transaction_version: 1,
	system_version: 1,
};

/// Checks that every transaction passes; stock clients know them all from the metadata.
pub type TxExtension = (
	frame_system::CheckNonZeroSender<Runtime>,
	frame_system::CheckSpecVersion<Runtime>,
	frame_system::CheckTxVersion<Runtime>,
	frame_system::CheckGenesis<Runtime>,
	frame_system::CheckEra<Runtime>,
	frame_system::CheckNonce<Runtime>,
	frame_system::CheckWeight<Runtime>,
	pallet_skip_feeless_payment::SkipCheckIfFeeless<
		Runtime,
		pallet_transaction_payment::ChargeTransactionPayment<Runtime>,
	>,
	frame_metadata_hash_extension::CheckMetadataHash<Runtime>,
	frame_system::WeightReclaim<Runtime>,
);

/// Transaction as it stands in a block.
pub type UncheckedExtrinsic = generic::UncheckedExtrinsic<Address, RuntimeCall, Signature, TxExtension>;
/// What a transaction's signature covers.
pub type SignedPayload = generic::SignedPayload<RuntimeCall, TxExtension>;

/// Dispatches blocks to pallets.
pub type Executive =
	frame_executive::Executive<Runtime, Block, frame_system::ChainContext<Runtime>, Runtime, AllPalletsWithSystem>;

#[allow(missing_docs)]
#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeFreezeReason,
		RuntimeHoldReason,
		RuntimeSlashReason,
		RuntimeLockId,
		RuntimeTask,
		RuntimeViewFunction
	)]
	pub struct Runtime;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Timestamp = pallet_timestamp;
	#[runtime::pallet_index(2)]
	pub type Aura = pallet_aura;
	#[runtime::pallet_index(3)]
	pub type Grandpa = pallet_grandpa;
	#[runtime::pallet_index(4)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(5)]
	pub type TransactionPayment = pallet_transaction_payment;
	#[runtime::pallet_index(6)]
	pub type Sudo = pallet_sudo;
	#[runtime::pallet_index(7)]
	pub type Utility = pallet_utility;
	#[runtime::pallet_index(8)]
	pub type Multisig = pallet_multisig;
	#[runtime::pallet_index(9)]
	pub type Proxy = pallet_proxy;
	#[runtime::pallet_index(10)]
	pub type Parameters = crate::parameters::pallet;
	#[runtime::pallet_index(11)]
	pub type SkipFeelessPayment = pallet_skip_feeless_payment;
	#[runtime::pallet_index(12)]
	pub type Session = pallet_session;
	#[runtime::pallet_index(13)]
	pub type Preimage = pallet_preimage;
	#[runtime::pallet_index(14)]
	pub type Scheduler = pallet_scheduler;
	#[runtime::pallet_index(15)]
	pub type SafeMode = pallet_safe_mode;
	#[runtime::pallet_index(16)]
	pub type Council = pallet_collective<Instance1>;
	#[runtime::pallet_index(17)]
	pub type Guardians = pallet_collective<Instance2>;
	#[runtime::pallet_index(18)]
	pub type Identity = pallet_identity;
	#[runtime::pallet_index(20)]
	pub type Subnets = pallet_subnets;
	#[runtime::pallet_index(21)]
	pub type Neurons = pallet_neurons;
	#[runtime::pallet_index(22)]
	pub type Staking = pallet_staking;
	#[runtime::pallet_index(23)]
	pub type Weights = pallet_weights;
	#[runtime::pallet_index(24)]
	pub type Emissions = pallet_emissions;
	#[runtime::pallet_index(25)]
	pub type Authorities = pallet_authorities;
	#[runtime::pallet_index(26)]
	pub type Delegation = pallet_delegation;
	#[runtime::pallet_index(27)]
	pub type KeySwap = pallet_key_swap;
	#[runtime::pallet_index(28)]
	pub type Commitments = pallet_commitments;
	#[runtime::pallet_index(30)]
	pub type RootVote = pallet_root_vote;
	#[runtime::pallet_index(29)]
	pub type Governance = pallet_governance;
	#[runtime::pallet_index(31)]
	pub type Models = pallet_models;
	#[runtime::pallet_index(32)]
	pub type Receipts = pallet_receipts;
	#[runtime::pallet_index(33)]
	pub type Disputes = pallet_disputes;
	#[runtime::pallet_index(34)]
	pub type Audits = pallet_audits;
}

/// Slot duration is the one parameter that hosts need before they can ask the state.
pub fn slot_duration() -> u64 {
	parameters::SlotDuration::get()
}

/// Accounts with known keys, for development presets only.
pub(crate) fn well_known_accounts() -> Vec<AccountId> {
	sp_keyring::Sr25519Keyring::well_known()
		.map(|key| key.to_account_id())
		.collect()
}
