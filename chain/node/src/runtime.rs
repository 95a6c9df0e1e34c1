//! What the node must know of the runtime at compile time: its types and the names of its interfaces.
//!
//! The client of polkadot-sdk takes the runtime's interfaces as a type. Calls through it run the WebAssembly in the
//! chain's state; the functions below give the signatures and are never executed. Without the runtime's crate the node
//! is not compiled again when the runtime changes, and can't hold a second, native copy of any rule.

use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_consensus_grandpa as grandpa;
use sp_core::{crypto::KeyTypeId, OpaqueMetadata};
use sp_runtime::{
	generic,
	traits::{BlakeTwo256, Block as BlockT, NumberFor},
	transaction_validity::{TransactionSource, TransactionValidity},
	AccountId32, ApplyExtrinsicResult, ExtrinsicInclusionMode, OpaqueExtrinsic,
};

/// Account, an sr25519, ed25519 or hashed ecdsa public key.
pub type AccountId = AccountId32;
/// Amount in nano.
pub type Balance = u128;
/// Number of transactions that an account has sent.
pub type Nonce = u32;
/// Header with 32-bit numbers, hashed by blake2-256.
pub type Header = generic::Header<u32, BlakeTwo256>;
/// Block whose transactions are bytes to the node.
pub type Block = generic::Block<Header, OpaqueExtrinsic>;

/// Stands for the runtime in types.
#[allow(dead_code)] // never made: only its interfaces are used
pub struct Runtime;

#[allow(dead_code)] // the code that would call it is compiled into the WebAssembly only
fn only_in_wasm() -> ! {
	unreachable!("the runtime is executed as WebAssembly, never natively")
}

sp_api::impl_runtime_apis! {
	impl sp_api::Core<Block> for Runtime {
		fn version() -> sp_version::RuntimeVersion {
			only_in_wasm()
		}
		fn execute_block(_: <Block as BlockT>::LazyBlock) {
			only_in_wasm()
		}
		fn initialize_block(_: &<Block as BlockT>::Header) -> ExtrinsicInclusionMode {
			only_in_wasm()
		}
	}

	impl sp_api::Metadata<Block> for Runtime {
		fn metadata() -> OpaqueMetadata {
			only_in_wasm()
		}
		fn metadata_at_version(_: u32) -> Option<OpaqueMetadata> {
			only_in_wasm()
		}
		fn metadata_versions() -> Vec<u32> {
			only_in_wasm()
		}
	}

	impl sp_block_builder::BlockBuilder<Block> for Runtime {
		fn apply_extrinsic(_: <Block as BlockT>::Extrinsic) -> ApplyExtrinsicResult {
			only_in_wasm()
		}
		fn finalize_block() -> <Block as BlockT>::Header {
			only_in_wasm()
		}
		fn inherent_extrinsics(_: sp_inherents::InherentData) -> Vec<<Block as BlockT>::Extrinsic> {
			only_in_wasm()
		}
		fn check_inherents(
			_: <Block as BlockT>::LazyBlock,
			_: sp_inherents::InherentData,
		) -> sp_inherents::CheckInherentsResult {
			only_in_wasm()
		}
	}

	impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
		fn validate_transaction(
			_: TransactionSource,
			_: <Block as BlockT>::Extrinsic,
			_: <Block as BlockT>::Hash,
		) -> TransactionValidity {
			only_in_wasm()
		}
	}

	impl sp_consensus_aura::AuraApi<Block, AuraId> for Runtime {
		fn slot_duration() -> sp_consensus_aura::SlotDuration {
			only_in_wasm()
		}
		fn authorities() -> Vec<AuraId> {
			only_in_wasm()
		}
	}

	impl grandpa::GrandpaApi<Block> for Runtime {
		fn grandpa_authorities() -> grandpa::AuthorityList {
			only_in_wasm()
		}
		fn current_set_id() -> grandpa::SetId {
			only_in_wasm()
		}
		fn submit_report_equivocation_unsigned_extrinsic(
			_: grandpa::EquivocationProof<<Block as BlockT>::Hash, NumberFor<Block>>,
			_: grandpa::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			only_in_wasm()
		}
		fn generate_key_ownership_proof(
			_: grandpa::SetId,
			_: grandpa::AuthorityId,
		) -> Option<grandpa::OpaqueKeyOwnershipProof> {
			only_in_wasm()
		}
	}

	impl sp_session::SessionKeys<Block> for Runtime {
		fn generate_session_keys(_: Vec<u8>, _: Option<Vec<u8>>) -> sp_session::OpaqueGeneratedSessionKeys {
			only_in_wasm()
		}
		fn decode_session_keys(_: Vec<u8>) -> Option<Vec<(Vec<u8>, KeyTypeId)>> {
			only_in_wasm()
		}
	}

	impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
		fn account_nonce(_: AccountId) -> Nonce {
			only_in_wasm()
		}
	}

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentApi<Block, Balance> for Runtime {
		fn query_info(
			_: <Block as BlockT>::Extrinsic,
			_: u32,
		) -> pallet_transaction_payment_rpc_runtime_api::RuntimeDispatchInfo<Balance> {
			only_in_wasm()
		}
		fn query_fee_details(
			_: <Block as BlockT>::Extrinsic,
			_: u32,
		) -> pallet_transaction_payment_rpc_runtime_api::FeeDetails<Balance> {
			only_in_wasm()
		}
		fn query_weight_to_fee(_: sp_weights::Weight) -> Balance {
			only_in_wasm()
		}
		fn query_length_to_fee(_: u32) -> Balance {
			only_in_wasm()
		}
	}
}
