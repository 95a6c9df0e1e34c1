//! The peer-to-peer network with block sync, warp sync, transactions and GRANDPA's gossip.

use super::parts::{Backend, Client, Link, Pool};
use crate::runtime::Block;
use sc_consensus::DefaultImportQueue;
use sc_consensus_grandpa::warp_proof::NetworkProvider;
use sc_network::{config::FullNetworkConfiguration, NetworkBackend, NotificationService, ProtocolName};
use sc_service::{BuildNetworkParams, Configuration, Error, TaskManager, WarpSyncConfig};
use sp_core::H256;
use std::sync::Arc;

/// A running network.
pub struct Network {
	/// Handle of the service.
	pub service: Arc<dyn sc_network::service::traits::NetworkService>,
	/// Answers RPC about peers.
	pub system_rpc: sc_utils::mpsc::TracingUnboundedSender<sc_rpc::system::Request<Block>>,
	/// Turns the gossip of transactions on and off.
	pub transactions: sc_network_transactions::TransactionsHandlerController<H256>,
	/// Block sync.
	pub sync: Arc<sc_network_sync::SyncingService<Block>>,
	/// GRANDPA's gossip.
	pub grandpa: Gossip,
}

/// A notification protocol, registered.
pub struct Gossip {
	/// Its name, which holds the genesis hash: networks don't mix.
	pub protocol: ProtocolName,
	/// Its messages.
	pub notifications: Box<dyn NotificationService>,
}

/// Start it; it dials peers at once.
pub fn start<N: NetworkBackend<Block, H256>>(
	config: &Configuration,
	tasks: &TaskManager,
	client: &Arc<Client>,
	backend: &Arc<Backend>,
	pool: &Arc<Pool>,
	link: &Link,
	import_queue: DefaultImportQueue<Block>,
) -> Result<Network, Error> {
	let metrics = N::register_notification_metrics(config.prometheus_registry());
	let mut net_config =
		FullNetworkConfiguration::<Block, H256, N>::new(&config.network, config.prometheus_registry().cloned());
	let protocol = sc_consensus_grandpa::protocol_standard_name(&client.chain_info().genesis_hash, &config.chain_spec);
	let (grandpa_config, notifications) = sc_consensus_grandpa::grandpa_peers_set_config::<Block, N>(
		protocol.clone(),
		metrics.clone(),
		net_config.peer_store_handle(),
	);
	net_config.add_notification_protocol(grandpa_config);
	let warp_proofs = NetworkProvider::new(backend.clone(), link.shared_authority_set().clone(), Vec::new());

	let (service, system_rpc, transactions, sync, _bitswap) = sc_service::build_network(BuildNetworkParams {
		config,
		net_config,
		client: client.clone(),
		transaction_pool: pool.clone(),
		spawn_handle: tasks.spawn_handle(),
		spawn_essential_handle: tasks.spawn_essential_handle(),
		import_queue,
		block_announce_validator_builder: None,
		warp_sync_config: Some(WarpSyncConfig::WithProvider(Arc::new(warp_proofs))),
		block_relay: None,
		metrics,
		gap_sync_body_policy: None,
	})?;
	Ok(Network {
		service,
		system_rpc,
		transactions,
		sync,
		grandpa: Gossip {
			protocol,
			notifications,
		},
	})
}
