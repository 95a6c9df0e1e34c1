//! Finality: the GRANDPA voter. A node without a key in the authority set follows the votes of others.

use super::{
	network::Gossip,
	parts::{Link, JUSTIFICATION_PERIOD},
	Shared,
};
use sc_consensus_grandpa::{Config, GrandpaParams, SharedVoterState, VotingRulesBuilder};
use sc_network::service::traits::NetworkService;
use sc_service::Error;
use sc_transaction_pool_api::OffchainTransactionPoolFactory;
use std::{sync::Arc, time::Duration};

/// Time that a vote is given to reach every peer.
const GOSSIP: Duration = Duration::from_millis(333);

/// Spawn the voter; its end ends the node.
pub(super) fn spawn(
	shared: Shared,
	link: Link,
	network: Arc<dyn NetworkService>,
	gossip: Gossip,
	voter_state: SharedVoterState,
) -> Result<(), Error> {
	let settings = shared.settings;
	let config = Config {
		gossip_duration: GOSSIP,
		justification_generation_period: JUSTIFICATION_PERIOD,
		name: Some(settings.name),
		observer_enabled: false,
		keystore: settings.role.is_authority().then_some(shared.keystore),
		local_role: settings.role,
		telemetry: shared.telemetry.clone(),
		protocol_name: gossip.protocol,
	};
	let voter = sc_consensus_grandpa::run_grandpa_voter(GrandpaParams {
		config,
		link,
		network,
		sync: Arc::new(shared.sync),
		notification_service: gossip.notifications,
		voting_rule: VotingRulesBuilder::default().build(),
		prometheus_registry: settings.registry,
		shared_voter_state: voter_state,
		telemetry: shared.telemetry,
		offchain_tx_pool_factory: OffchainTransactionPoolFactory::new(shared.pool),
	})?;
	shared
		.tasks
		.spawn_essential_handle()
		.spawn_blocking("grandpa-voter", None, voter);
	Ok(())
}
