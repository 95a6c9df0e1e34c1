//! Runtime APIs: what hosts and clients ask the runtime without a transaction.

use crate::parameters::RootTempo;
use crate::{
	genesis_config_presets, views, AccountId, Balance, Block, Commitments, Emissions, Executive, Grandpa, Hash,
	InherentDataExt, Neurons, Nonce, RootVote, Runtime, RuntimeCall, RuntimeGenesisConfig, Staking, Subnets, System,
	TransactionPayment, Weights, VERSION,
};
use alloc::vec::Vec;
use frame_support::{
	genesis_builder_helper::{build_state, get_preset},
	weights::Weight,
};
use ganglion_primitives::{
	BlockNumber, ColdkeySwap, CommitmentColumns, CommitmentFields, DeclarationColumns, DisputeDetail, DisputeId,
	DissolvingSubnet, EmissionSummary, Endpoint, EpochIndex, EpochReport, Explanation, Exposure, Family, FiledEvidence,
	Inclusion, MechanismColumns, MechanismId, Metagraph, ModelTerms, NetUid, OwnerLimit, Position, ProfileDetails,
	ProfileId, ProfileNumber, ProfileSpec, SignedReceipt, SubnetIdentity, SubnetSummary, Uid, VerdictRows,
};
use ganglion_runtime_api::{BallotLine, OpenCommit, Row};
use ganglion_traits::{EpochControl, HotkeyOwnership, SubnetInspect};
use ganglion_yuma::{EpochInput, EpochOutput};
use pallet_grandpa::AuthorityId as GrandpaId;
use sp_api::impl_runtime_apis;
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_core::OpaqueMetadata;
use sp_runtime::{
	traits::{Block as BlockT, NumberFor},
	transaction_validity::{TransactionSource, TransactionValidity},
	ApplyExtrinsicResult,
};
use sp_session::OpaqueGeneratedSessionKeys;
use sp_version::RuntimeVersion;

impl_runtime_apis! {
	impl sp_api::Core<Block> for Runtime {
		fn version() -> RuntimeVersion {
			VERSION
		}
		fn execute_block(block: <Block as BlockT>::LazyBlock) {
			Executive::execute_block(block);
		}
		fn initialize_block(header: &<Block as BlockT>::Header) -> sp_runtime::ExtrinsicInclusionMode {
			Executive::initialize_block(header)
		}
	}

	impl sp_api::Metadata<Block> for Runtime {
		fn metadata() -> OpaqueMetadata {
			OpaqueMetadata::new(Runtime::metadata().into())
		}
		fn metadata_at_version(version: u32) -> Option<OpaqueMetadata> {
			Runtime::metadata_at_version(version)
		}
		fn metadata_versions() -> Vec<u32> {
			Runtime::metadata_versions()
		}
	}

	impl frame_support::view_functions::runtime_api::RuntimeViewFunction<Block> for Runtime {
		fn execute_view_function(
			id: frame_support::view_functions::ViewFunctionId,
			input: Vec<u8>,
		) -> Result<Vec<u8>, frame_support::view_functions::ViewFunctionDispatchError> {
			Runtime::execute_view_function(id, input)
		}
	}

	impl sp_block_builder::BlockBuilder<Block> for Runtime {
		fn apply_extrinsic(extrinsic: <Block as BlockT>::Extrinsic) -> ApplyExtrinsicResult {
			Executive::apply_extrinsic(extrinsic)
		}
		fn finalize_block() -> <Block as BlockT>::Header {
			Executive::finalize_block()
		}
		fn inherent_extrinsics(data: sp_inherents::InherentData) -> Vec<<Block as BlockT>::Extrinsic> {
			data.create_extrinsics()
		}
		fn check_inherents(
			block: <Block as BlockT>::LazyBlock,
			data: sp_inherents::InherentData,
		) -> sp_inherents::CheckInherentsResult {
			data.check_extrinsics(&block)
		}
	}

	impl sp_transaction_pool::runtime_api::TaggedTransactionQueue<Block> for Runtime {
		fn validate_transaction(
			source: TransactionSource,
			tx: <Block as BlockT>::Extrinsic,
			block_hash: <Block as BlockT>::Hash,
		) -> TransactionValidity {
			Executive::validate_transaction(source, tx, block_hash)
		}
	}

	impl sp_offchain::OffchainWorkerApi<Block> for Runtime {
		fn offchain_worker(header: &<Block as BlockT>::Header) {
			Executive::offchain_worker(header)
		}
	}

	impl sp_consensus_aura::AuraApi<Block, AuraId> for Runtime {
		fn slot_duration() -> sp_consensus_aura::SlotDuration {
			sp_consensus_aura::SlotDuration::from_millis(crate::slot_duration())
		}
		fn authorities() -> Vec<AuraId> {
			pallet_aura::Authorities::<Runtime>::get().into_inner()
		}
	}

	impl sp_consensus_grandpa::GrandpaApi<Block> for Runtime {
		fn grandpa_authorities() -> sp_consensus_grandpa::AuthorityList {
			Grandpa::grandpa_authorities()
		}
		fn current_set_id() -> sp_consensus_grandpa::SetId {
			Grandpa::current_set_id()
		}
		fn submit_report_equivocation_unsigned_extrinsic(
			_equivocation_proof: sp_consensus_grandpa::EquivocationProof<<Block as BlockT>::Hash, NumberFor<Block>>,
			_key_owner_proof: sp_consensus_grandpa::OpaqueKeyOwnershipProof,
		) -> Option<()> {
			None
		}
		fn generate_key_ownership_proof(
			_set_id: sp_consensus_grandpa::SetId,
			_authority_id: GrandpaId,
		) -> Option<sp_consensus_grandpa::OpaqueKeyOwnershipProof> {
			None
		}
	}

	impl sp_session::SessionKeys<Block> for Runtime {
		fn generate_session_keys(owner: Vec<u8>, seed: Option<Vec<u8>>) -> OpaqueGeneratedSessionKeys {
			crate::opaque::SessionKeys::generate(&owner, seed).into()
		}
		fn decode_session_keys(encoded: Vec<u8>) -> Option<Vec<(Vec<u8>, sp_core::crypto::KeyTypeId)>> {
			crate::opaque::SessionKeys::decode_into_raw_public_keys(&encoded)
		}
	}

	impl frame_system_rpc_runtime_api::AccountNonceApi<Block, AccountId, Nonce> for Runtime {
		fn account_nonce(account: AccountId) -> Nonce {
			System::account_nonce(account)
		}
	}

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentApi<Block, Balance> for Runtime {
		fn query_info(
			extrinsic: <Block as BlockT>::Extrinsic,
			length: u32,
		) -> pallet_transaction_payment_rpc_runtime_api::RuntimeDispatchInfo<Balance> {
			TransactionPayment::query_info(extrinsic, length)
		}
		fn query_fee_details(
			extrinsic: <Block as BlockT>::Extrinsic,
			length: u32,
		) -> pallet_transaction_payment::FeeDetails<Balance> {
			TransactionPayment::query_fee_details(extrinsic, length)
		}
		fn query_weight_to_fee(weight: Weight) -> Balance {
			TransactionPayment::weight_to_fee(weight)
		}
		fn query_length_to_fee(length: u32) -> Balance {
			TransactionPayment::length_to_fee(length)
		}
	}

	impl pallet_transaction_payment_rpc_runtime_api::TransactionPaymentCallApi<Block, Balance, RuntimeCall> for Runtime {
		fn query_call_info(
			call: RuntimeCall,
			length: u32,
		) -> pallet_transaction_payment::RuntimeDispatchInfo<Balance> {
			TransactionPayment::query_call_info(call, length)
		}
		fn query_call_fee_details(call: RuntimeCall, length: u32) -> pallet_transaction_payment::FeeDetails<Balance> {
			TransactionPayment::query_call_fee_details(call, length)
		}
		fn query_weight_to_fee(weight: Weight) -> Balance {
			TransactionPayment::weight_to_fee(weight)
		}
		fn query_length_to_fee(length: u32) -> Balance {
			TransactionPayment::length_to_fee(length)
		}
	}

	impl ganglion_runtime_api::SubnetsApi<Block, AccountId> for Runtime {
		fn subnets() -> Vec<SubnetSummary<AccountId>> {
			Subnets::netuids().into_iter().filter_map(views::subnet).collect()
		}
		fn subnet(netuid: NetUid) -> Option<SubnetSummary<AccountId>> {
			views::subnet(netuid)
		}
		fn lock_price() -> u64 {
			views::nano(Subnets::lock_price())
		}
		fn registration_price(netuid: NetUid) -> Option<u64> {
			Neurons::registration_price(netuid).map(views::nano)
		}
		fn identity(netuid: NetUid) -> Option<SubnetIdentity> {
			Subnets::identity(netuid)
		}
		fn subnet_by_name(name: Vec<u8>) -> Option<NetUid> {
			Subnets::by_name(name)
		}
		fn owner_limits(netuid: NetUid) -> Option<Vec<OwnerLimit>> {
			Subnets::owner_limits(netuid)
		}
		fn dissolving() -> Vec<DissolvingSubnet<AccountId>> {
			Subnets::dissolving()
		}
	}

	impl ganglion_runtime_api::MetagraphApi<Block, AccountId> for Runtime {
		fn metagraph(netuid: NetUid) -> Option<Metagraph<AccountId>> {
			views::metagraph(netuid)
		}
		fn endpoint(netuid: NetUid, hotkey: AccountId) -> Option<Endpoint> {
			Neurons::endpoint(netuid, &hotkey)
		}
	}

	impl ganglion_runtime_api::StakingApi<Block, AccountId> for Runtime {
		fn positions(coldkey: AccountId) -> Vec<Position<AccountId>> {
			Staking::positions(&coldkey)
		}
		fn pools(netuid: NetUid) -> Vec<(AccountId, Balance)> {
			Staking::pools(netuid)
		}
		fn exposure(netuid: NetUid, hotkey: AccountId, amount: Balance) -> Exposure {
			Staking::exposure(netuid, &hotkey, amount)
		}
		fn total_stake(hotkey: AccountId) -> Balance {
			<Staking as ganglion_traits::TotalStake<AccountId>>::total_stake(&hotkey)
		}
		fn take(hotkey: AccountId) -> u16 {
			Staking::take(&hotkey)
		}
	}

	impl ganglion_runtime_api::RootVoteApi<Block, AccountId> for Runtime {
		fn ballots() -> Vec<BallotLine<AccountId>> {
			let ballots = RootVote::ballots().into_iter();
			ballots
				.map(|(hotkey, ballot)| (hotkey, ballot.stake, ballot.weights.into_inner(), ballot.cast_at))
				.collect()
		}
		fn shares() -> Vec<(NetUid, u64, u64)> {
			let shares = RootVote::last_shares().into_iter();
			shares.map(|share| (share.netuid, share.voted, share.fees)).collect()
		}
		fn next_tally() -> (BlockNumber, BlockNumber) {
			(RootVote::next_tally(), RootTempo::get())
		}
	}

	impl ganglion_runtime_api::DelegationApi<Block, AccountId> for Runtime {
		fn family(netuid: NetUid, hotkey: AccountId) -> Family<AccountId> {
			crate::Delegation::family(netuid, &hotkey)
		}
		fn auto_stake(netuid: NetUid, coldkey: AccountId) -> Option<AccountId> {
			crate::Delegation::auto_stake(netuid, &coldkey)
		}
	}

	impl ganglion_runtime_api::WeightsApi<Block, AccountId> for Runtime {
		fn weights(netuid: NetUid, mechanism: MechanismId) -> Vec<Row> {
			Weights::weights(netuid, mechanism)
		}
		fn bonds(netuid: NetUid, mechanism: MechanismId) -> Vec<Row> {
			Emissions::bonds(netuid, mechanism)
		}
		fn open_commits(netuid: NetUid, mechanism: MechanismId, hotkey: AccountId) -> Vec<OpenCommit> {
			Weights::open_commits(netuid, mechanism, &hotkey)
		}

		fn missed_commits(netuid: NetUid, mechanism: MechanismId) -> Vec<u32> {
			Weights::missed_commits(netuid, mechanism)
		}
	}

	impl ganglion_runtime_api::AuditsApi<Block, AccountId> for Runtime {
		fn weights_of(netuid: NetUid, hotkey: AccountId, rows: VerdictRows) -> Option<ganglion_runtime_api::WeightsOf> {
			let given = crate::Audits::weights_of(netuid, &hotkey, &rows)?;
			Some(given.map(|entries| entries.into_iter().unzip()))
		}
		fn filed(netuid: NetUid, epoch: EpochIndex) -> Vec<(AccountId, FiledEvidence<AccountId>)> {
			crate::Audits::filed_in(netuid, epoch)
		}
		fn randomness(netuid: NetUid) -> Vec<(EpochIndex, Hash)> {
			crate::Audits::randomness_history(netuid)
		}
		fn announced(netuid: NetUid, hotkey: AccountId) -> Option<Hash> {
			crate::Audits::announced(netuid, &hotkey)
		}
	}

	impl ganglion_runtime_api::GovernanceApi<Block, AccountId> for Runtime {
		fn privileges() -> Vec<ganglion_runtime_api::Privilege> {
			crate::privileges::rows()
		}
		fn voters() -> Vec<(AccountId, Balance, Balance)> {
			crate::Governance::voters()
		}
		fn least_electorate() -> (Balance, u32) {
			(crate::Governance::least_electorate(), crate::parameters::MinVoters::get())
		}
		fn clock() -> ganglion_runtime_api::GovernanceClock {
			let pauses = pallet_governance::PausesOf::<Runtime>::get();
			let until = pauses.current.map(|pause| pause.until);
			(crate::Governance::clock(), until, pauses.allowed_at)
		}
	}

	impl ganglion_runtime_api::KeysApi<Block, AccountId> for Runtime {
		fn owned_hotkeys(coldkey: AccountId) -> Vec<AccountId> {
			<Neurons as HotkeyOwnership<AccountId>>::owned(&coldkey)
		}
		fn coldkey_swap(coldkey: AccountId) -> Option<ColdkeySwap<AccountId, Hash>> {
			crate::KeySwap::status(&coldkey)
		}
	}

	impl ganglion_runtime_api::ModelsApi<Block, AccountId> for Runtime {
		fn profile_id(spec: ProfileSpec) -> ProfileId {
			pallet_models::profile_id(&spec)
		}
		fn profile(id: ProfileId) -> Option<ProfileDetails<AccountId>> {
			crate::Models::details_of(&id)
		}
		fn profile_by_number(number: ProfileNumber) -> Option<ProfileDetails<AccountId>> {
			crate::Models::details(number)
		}
		fn profiles(from: ProfileNumber, limit: u32) -> Vec<ProfileDetails<AccountId>> {
			crate::Models::page(from, limit)
		}
		fn declarations(netuid: NetUid) -> DeclarationColumns<AccountId> {
			crate::Models::columns(netuid)
		}
		fn standing(netuid: NetUid, hotkey: AccountId) -> (u32, Balance, Balance) {
			crate::Models::standing(netuid, &hotkey)
		}
		fn terms() -> ModelTerms {
			crate::Models::terms()
		}
	}

	impl ganglion_runtime_api::ReceiptsApi<Block, AccountId> for Runtime {
		fn inclusion(receipt: SignedReceipt, root: Hash, index: u32, proof: Vec<Hash>) -> Vec<Inclusion<AccountId>> {
			crate::Receipts::inclusion(&receipt, root, index, &proof)
		}
		fn quota(netuid: NetUid, hotkey: AccountId) -> Option<(u32, BlockNumber)> {
			crate::Receipts::quota(netuid, &hotkey)
		}
		fn totals(netuid: NetUid, hotkey: AccountId) -> Option<(u32, u64, BlockNumber)> {
			crate::Receipts::totals(netuid, &hotkey)
		}
	}

	impl ganglion_runtime_api::DisputesApi<Block, AccountId> for Runtime {
		fn open_disputes() -> Vec<DisputeDetail<AccountId>> {
			crate::Disputes::open_list()
		}
		fn ended_disputes(limit: u32) -> Vec<DisputeDetail<AccountId>> {
			crate::Disputes::ended_list(limit.min(256))
		}
		fn dispute(id: DisputeId) -> Option<DisputeDetail<AccountId>> {
			crate::Disputes::detail(id)
		}
		fn about(netuid: NetUid, receipt: Hash) -> Option<DisputeId> {
			crate::Disputes::about(netuid, &receipt)
		}
		fn awaiting(account: AccountId) -> Vec<DisputeId> {
			crate::Disputes::awaiting(&account)
		}
		fn bond_for(bytes: u32) -> Balance {
			crate::Disputes::bond_for(bytes)
		}
	}

	impl ganglion_runtime_api::CommitmentsApi<Block, AccountId> for Runtime {
		fn commitments(netuid: NetUid) -> CommitmentColumns<AccountId> {
			Commitments::columns(netuid)
		}
		fn commitment(netuid: NetUid, hotkey: AccountId) -> Option<(BlockNumber, CommitmentFields)> {
			Commitments::commitment(netuid, &hotkey)
		}
	}

	impl ganglion_runtime_api::EmissionsApi<Block, AccountId> for Runtime {
		fn summary() -> EmissionSummary {
			Emissions::summary()
		}
		fn report(netuid: NetUid) -> Option<EpochReport> {
			Emissions::report(netuid)
		}
		fn pending(netuid: NetUid) -> u64 {
			views::nano(Emissions::pending(netuid))
		}
		fn next_epoch_block(netuid: NetUid) -> Option<BlockNumber> {
			Emissions::next_epoch_block(netuid)
		}
		fn mechanism(netuid: NetUid, mechanism: MechanismId) -> Option<MechanismColumns> {
			Emissions::mechanism_columns(netuid, mechanism)
		}
		fn explain(netuid: NetUid, uid: Uid) -> Option<Explanation<AccountId>> {
			Emissions::explain(netuid, uid)
		}
	}

	impl ganglion_runtime_api::YumaApi<Block> for Runtime {
		fn run_epoch(input: EpochInput) -> EpochOutput {
			ganglion_yuma::run(input)
		}
	}

	impl sp_genesis_builder::GenesisBuilder<Block> for Runtime {
		fn build_state(config: Vec<u8>) -> sp_genesis_builder::Result {
			build_state::<RuntimeGenesisConfig>(config)
		}
		fn get_preset(id: &Option<sp_genesis_builder::PresetId>) -> Option<Vec<u8>> {
			get_preset::<RuntimeGenesisConfig>(id, genesis_config_presets::get_preset)
		}
		fn preset_names() -> Vec<sp_genesis_builder::PresetId> {
			genesis_config_presets::preset_names()
		}
	}

	#[cfg(feature = "runtime-benchmarks")]
	impl frame_benchmarking::Benchmark<Block> for Runtime {
		fn benchmark_metadata(
			extra: bool,
		) -> (Vec<frame_benchmarking::BenchmarkList>, Vec<frame_support::traits::StorageInfo>) {
			use crate::*;
			use frame_benchmarking::BenchmarkList;
			use frame_support::traits::StorageInfoTrait;

			let mut list = Vec::<BenchmarkList>::new();
			list_benchmarks!(list, extra);
			(list, AllPalletsWithSystem::storage_info())
		}

		fn dispatch_benchmark(
			config: frame_benchmarking::BenchmarkConfig,
		) -> Result<Vec<frame_benchmarking::BenchmarkBatch>, alloc::string::String> {
			use crate::*;
			use frame_benchmarking::BenchmarkBatch;
			use frame_support::traits::WhitelistedStorageKeys;

			let whitelist = AllPalletsWithSystem::whitelisted_storage_keys();
			let mut batches = Vec::<BenchmarkBatch>::new();
			let params = (&config, &whitelist);
			add_benchmarks!(params, batches);
			Ok(batches)
		}
	}

	#[cfg(feature = "try-runtime")]
	impl frame_try_runtime::TryRuntime<Block> for Runtime {
		fn on_runtime_upgrade(checks: frame_try_runtime::UpgradeCheckSelect) -> (Weight, Weight) {
			// A failed check must stop the tool that asked.
			#[allow(clippy::unwrap_used)]
			let weight = Executive::try_runtime_upgrade(checks).unwrap();
			(weight, crate::configs::RuntimeBlockWeights::get().max_block)
		}

		fn execute_block(
			block: <Block as BlockT>::LazyBlock,
			state_root_check: bool,
			signature_check: bool,
			select: frame_try_runtime::TryStateSelect,
		) -> Weight {
			// As above.
			#[allow(clippy::unwrap_used)]
			Executive::try_execute_block(block, state_root_check, signature_check, select).unwrap()
		}
	}
}
