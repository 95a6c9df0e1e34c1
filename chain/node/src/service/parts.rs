//! Client, database, keystore, transaction pool and import queue: a node without its network.

use crate::runtime::{Block, RuntimeApi};
use sc_consensus::DefaultImportQueue;
use sc_consensus_aura::ImportQueueParams;
use sc_executor::WasmExecutor;
use sc_service::{Configuration, Error, PartialComponents, TaskManager};
use sc_telemetry::{Telemetry, TelemetryHandle, TelemetryWorker};
use sp_consensus_aura::{
	inherents::InherentDataProvider as Slot,
	sr25519::{AuthorityId as AuraId, AuthorityPair as AuraPair},
	SlotDuration,
};
use sp_timestamp::InherentDataProvider as Timestamp;
use std::sync::Arc;

/// Chain data, and the runtime's interfaces at any of its blocks.
pub type Client = sc_service::TFullClient<Block, RuntimeApi, WasmExecutor<sp_io::SubstrateHostFunctions>>;
/// Database.
pub type Backend = sc_service::TFullBackend<Block>;
/// Fork choice: the longest chain that holds what is finalized.
pub type SelectChain = sc_consensus::LongestChain<Backend, Block>;
/// Transactions that wait for a block.
pub type Pool = sc_transaction_pool::TransactionPoolHandle<Block, Client>;
/// Imports blocks and follows GRANDPA's authority sets in them.
pub type BlockImport = sc_consensus_grandpa::GrandpaBlockImport<Backend, Block, Client, SelectChain>;
/// The voter's end of [`BlockImport`].
pub type Link = sc_consensus_grandpa::LinkHalf<Block, Client, SelectChain>;
/// All of a node but its network.
pub type Parts = PartialComponents<Client, Backend, SelectChain, DefaultImportQueue<Block>, Pool, Consensus>;

/// What [`Parts`] carries beyond the standard.
pub struct Consensus {
	/// Where blocks go in.
	pub block_import: BlockImport,
	/// Where finality comes from.
	pub link: Link,
	/// Reports to telemetry servers, where any are configured.
	pub telemetry: Option<Telemetry>,
}

/// Blocks between two justifications that are kept although no authority set changes.
pub const JUSTIFICATION_PERIOD: u32 = 512;

/// Open database and keystore and put the parts together. Nothing runs but housekeeping tasks.
pub fn parts(config: &Configuration) -> Result<Parts, Error> {
	let worker = telemetry_worker(config)?;
	let (client, backend, keystore_container, task_manager) = sc_service::new_full_parts::<Block, RuntimeApi, _>(
		config,
		worker.as_ref().map(|(_, telemetry)| telemetry.handle()),
		sc_service::new_wasm_executor(&config.executor),
		Vec::new(),
	)?;
	let client = Arc::new(client);
	let telemetry = worker.map(|(worker, telemetry)| {
		task_manager.spawn_handle().spawn("telemetry", None, worker.run());
		telemetry
	});
	let handle = telemetry.as_ref().map(|one| one.handle());
	let select_chain = SelectChain::new(backend.clone());
	let transaction_pool = pool(config, &task_manager, client.clone());
	let (block_import, link) = sc_consensus_grandpa::block_import(
		client.clone(),
		JUSTIFICATION_PERIOD,
		&client,
		select_chain.clone(),
		handle.clone(),
	)?;
	let import_queue = import_queue(config, &task_manager, client.clone(), block_import.clone(), handle)?;
	let other = Consensus {
		block_import,
		link,
		telemetry,
	};
	Ok(Parts {
		client,
		backend,
		task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other,
	})
}

fn telemetry_worker(config: &Configuration) -> Result<Option<(TelemetryWorker, Telemetry)>, Error> {
	let Some(endpoints) = config.telemetry_endpoints.clone().filter(|some| !some.is_empty()) else {
		return Ok(None);
	};
	let worker = TelemetryWorker::new(16)?;
	let telemetry = worker.handle().new_telemetry(endpoints);
	Ok(Some((worker, telemetry)))
}

fn pool(config: &Configuration, tasks: &TaskManager, client: Arc<Client>) -> Arc<Pool> {
	let builder = sc_transaction_pool::Builder::new(
		tasks.spawn_essential_handle(),
		client,
		config.role.is_authority().into(),
	);
	Arc::new(
		builder
			.with_options(config.transaction_pool.clone())
			.with_prometheus(config.prometheus_registry())
			.build(),
	)
}

fn import_queue(
	config: &Configuration,
	tasks: &TaskManager,
	client: Arc<Client>,
	block_import: BlockImport,
	telemetry: Option<TelemetryHandle>,
) -> Result<DefaultImportQueue<Block>, Error> {
	let duration = slot_duration(&client)?;
	sc_consensus_aura::import_queue::<AuraPair, _, _, _, _, _>(ImportQueueParams {
		block_import: block_import.clone(),
		justification_import: Some(Box::new(block_import)),
		client,
		create_inherent_data_providers: move |_, ()| async move { Ok(inherents(duration)) },
		spawner: &tasks.spawn_essential_handle(),
		registry: config.prometheus_registry(),
		check_for_equivocation: Default::default(),
		telemetry,
		compatibility_mode: Default::default(),
	})
	.map_err(Into::into)
}

/// Length of a slot; genesis fixes it for ever.
pub fn slot_duration(client: &Client) -> Result<SlotDuration, Error> {
	Ok(sc_consensus_aura::slot_duration::<AuraId, _, _>(client)?)
}

/// What a block made now says of time.
pub fn inherents(duration: SlotDuration) -> (Slot, Timestamp) {
	let now = Timestamp::from_system_time();
	(Slot::from_timestamp_and_slot_duration(*now, duration), now)
}
