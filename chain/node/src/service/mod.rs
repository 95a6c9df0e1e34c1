//! Assembles a node: [`parts`] is what every command needs, [`start`] adds network, RPC, block production and finality.

mod authoring;
mod finality;
mod network;
mod parts;

pub use parts::{parts, Backend, Client, Consensus, Link, Parts, Pool};

use crate::{rpc, runtime::Block};
use sc_network::{config::NetworkBackendType, Litep2pNetworkBackend, NetworkBackend, NetworkWorker};
use sc_service::{Configuration, Error, SpawnTasksParams, TaskManager};
use sp_core::H256;
use std::sync::Arc;

/// Start a node on the network backend that its configuration names.
pub fn start(config: Configuration) -> sc_cli::Result<TaskManager> {
	let started = match config.network.network_backend {
		NetworkBackendType::Litep2p => start_on::<Litep2pNetworkBackend>(config),
		NetworkBackendType::Libp2p => start_on::<NetworkWorker<Block, H256>>(config),
	};
	started.map_err(Into::into)
}

fn start_on<N: NetworkBackend<Block, H256>>(config: Configuration) -> Result<TaskManager, Error> {
	let Parts {
		client,
		backend,
		mut task_manager,
		import_queue,
		keystore_container,
		select_chain,
		transaction_pool,
		other,
	} = parts(&config)?;
	let Consensus {
		block_import,
		link,
		mut telemetry,
	} = other;
	let network = network::start::<N>(
		&config,
		&task_manager,
		&client,
		&backend,
		&transaction_pool,
		&link,
		import_queue,
	)?;
	let settings = Settings::of(&config);
	let finality = rpc::Finality::of(&link, backend.clone());
	let voter_state = finality.voter.clone();

	let rpc_builder = {
		let (client, pool) = (client.clone(), transaction_pool.clone());
		move |executor| {
			rpc::module(client.clone(), pool.clone(), finality.clone(), executor)
				.map_err(|error| Error::Application(Box::new(error)))
		}
	};
	sc_service::spawn_tasks(SpawnTasksParams {
		network: network.service.clone(),
		client: client.clone(),
		keystore: keystore_container.keystore(),
		task_manager: &mut task_manager,
		transaction_pool: transaction_pool.clone(),
		rpc_builder: Box::new(rpc_builder),
		backend,
		system_rpc_tx: network.system_rpc,
		tx_handler_controller: network.transactions,
		sync_service: network.sync.clone(),
		config,
		telemetry: telemetry.as_mut(),
		tracing_execute_block: None,
	})?;

	let shared = Shared {
		tasks: &task_manager,
		keystore: keystore_container.keystore(),
		pool: transaction_pool,
		sync: network.sync,
		telemetry: telemetry.as_ref().map(|one| one.handle()),
		settings,
	};
	if shared.settings.role.is_authority() {
		authoring::spawn(&shared, client, select_chain, block_import)?;
	}
	if shared.settings.finality {
		finality::spawn(shared, link, network.service, network.grandpa, voter_state)?;
	}
	Ok(task_manager)
}

/// What block production and finality both use.
struct Shared<'a> {
	tasks: &'a TaskManager,
	keystore: sp_keystore::KeystorePtr,
	pool: Arc<Pool>,
	sync: Arc<sc_network_sync::SyncingService<Block>>,
	telemetry: Option<sc_telemetry::TelemetryHandle>,
	settings: Settings,
}

/// What is needed of the configuration after RPC and informant have taken it.
struct Settings {
	role: sc_service::Role,
	name: String,
	force_authoring: bool,
	finality: bool,
	registry: Option<substrate_prometheus_endpoint::Registry>,
}

impl Settings {
	fn of(config: &Configuration) -> Self {
		Self {
			role: config.role,
			name: config.network.node_name.clone(),
			force_authoring: config.force_authoring,
			finality: !config.disable_grandpa,
			registry: config.prometheus_registry().cloned(),
		}
	}
}
