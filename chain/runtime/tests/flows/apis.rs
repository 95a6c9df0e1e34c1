//! Runtime APIs, asked as a host asks them: by name, with encoded arguments.

use crate::common::{
	calls::{self, row, MECHANISM},
	key,
	network::{epoch, genesis, next_epoch, player, Network, NET},
	Chain,
};
use ganglion_primitives::{Endpoint, Metagraph, NetUid, SubnetSummary, GNG};
use ganglion_runtime::{AccountId, Balance, Emissions, Hash, Neurons, Staking, Subnets};
use ganglion_traits::{NeuronInspect, StakeInspect};
use ganglion_yuma::{run, EpochOutput};
use serde_json::Value;

/// Reader of the vectors, from the crate that they are about.
#[allow(dead_code)] // It reads more than is asked for here.
#[path = "../../../yuma/tests/yuma/state.rs"]
mod state;

fn metagraph(chain: &mut Chain, netuid: NetUid) -> Option<Metagraph<AccountId>> {
	chain.ask("MetagraphApi_metagraph", netuid)
}

/// Length of every column.
fn lengths(m: &Metagraph<AccountId>) -> Vec<usize> {
	vec![
		m.hotkeys.len(),
		m.coldkeys.len(),
		m.registered_at.len(),
		m.last_update.len(),
		m.active.len(),
		m.validator_permit.len(),
		m.stake.len(),
		m.own_stake.len(),
		m.incentive.len(),
		m.dividends.len(),
		m.consensus.len(),
		m.validator_trust.len(),
		m.emission.len(),
		m.endpoint_family.len(),
		m.endpoint_ip.len(),
		m.endpoint_port.len(),
		m.endpoint_protocol.len(),
	]
}

#[test]
fn metagraph_columns_are_the_state() {
	let mut network = Network::new();
	let (owner, bob, [charlie, ferdie]) = (network.owner.clone(), network.validator.clone(), network.miners.clone());
	network
		.chain
		.ok(&key("Dave"), calls::add_stake(NET, &bob.hotkey, 50 * GNG));
	network.chain.ok(&charlie.hotkey, calls::serve(NET, 0x0102_0304, 8_091));
	network.weigh(&bob, &row(NET, &[(2, 3), (3, 1)], 1));
	let chain = &mut network.chain;
	next_epoch(chain, NET);
	let m = metagraph(chain, NET).unwrap();
	assert_eq!(lengths(&m), [4; 17]);

	let players = [&owner, &bob, &charlie, &ferdie];
	assert_eq!(m.hotkeys, players.map(|player| player.hotkey.id.clone()));
	assert_eq!(m.coldkeys, players.map(|player| player.coldkey.id.clone()));
	let (height, pending) = (chain.height(), chain.read(|| Emissions::pending(NET)));
	assert_eq!((m.netuid, m.block, m.tempo), (NET, height, 10));
	assert_eq!((m.epoch, m.last_epoch_block), (epoch(chain, NET), height));
	assert_eq!(Balance::from(m.pending_emission), pending);
	let slots = chain.read(|| Neurons::neurons(NET));
	assert_eq!(m.registered_at, slots.iter().map(|(_, at)| *at).collect::<Vec<_>>());
	assert!(m.last_update[1] > 0 && [0, 2, 3].iter().all(|uid| m.last_update[*uid] == 0));
	assert_eq!(m.validator_permit, [0, 1, 0, 0]);
	assert_eq!(m.active[1], 1);

	let read = |chain: &mut Chain, read: fn(NetUid, &AccountId) -> Balance| {
		let hotkeys = m.hotkeys.clone();
		chain.read(|| {
			hotkeys
				.iter()
				.map(|hotkey| read(NET, hotkey) as u64)
				.collect::<Vec<_>>()
		})
	};
	assert_eq!(m.stake, read(chain, Staking::stake));
	assert_eq!(m.own_stake, read(chain, Staking::own_stake));
	assert!(m.stake[1] > 150 * GNG as u64 && m.own_stake[1] > 100 * GNG as u64);

	assert_eq!((m.incentive[2], m.incentive[3]), (49_151, 16_383));
	assert_eq!((m.dividends[1], m.validator_trust[1]), (65_535, 65_535));
	let whole: Balance = m.emission.iter().map(|nano| Balance::from(*nano)).sum();
	let [_, miners, validators] = crate::common::network::paid(chain, NET).unwrap();
	assert_eq!(whole, miners + validators);
	assert!(m.emission[1] > m.emission[2] && m.emission[2] > m.emission[3] && m.emission[0] == 0);

	assert_eq!(m.endpoint_family, [0, 0, 4, 0]);
	assert_eq!(m.endpoint_ip, [0, 0, 0x0102_0304, 0]);
	assert_eq!(m.endpoint_port, [0, 0, 8_091, 0]);
	let endpoint: Option<Endpoint> = chain.ask("MetagraphApi_endpoint", (NET, &charlie.hotkey.id));
	assert_eq!(
		endpoint.map(|endpoint| (endpoint.family, endpoint.port)),
		Some((4, 8_091))
	);
	assert_eq!(
		chain.ask::<Option<Endpoint>>("MetagraphApi_endpoint", (NET, &bob.hotkey.id)),
		None
	);
}

#[test]
fn a_subnet_that_does_not_exist_is_none() {
	let mut chain = Chain::development();
	assert_eq!(metagraph(&mut chain, NetUid(9)), None);
	assert_eq!(
		chain.ask::<Option<SubnetSummary<AccountId>>>("SubnetsApi_subnet", NetUid(9)),
		None
	);
	assert_eq!(
		chain.ask::<Option<u64>>("SubnetsApi_registration_price", NetUid(9)),
		None
	);
	assert_eq!(chain.ask::<Vec<SubnetSummary<AccountId>>>("SubnetsApi_subnets", ()), []);
}

#[test]
fn subnets_and_prices() {
	let mut network = Network::new();
	let chain = &mut network.chain;
	chain.ok(&key("Dave"), calls::create(&player("Dave").hotkey));
	let all: Vec<SubnetSummary<AccountId>> = chain.ask("SubnetsApi_subnets", ());
	assert_eq!(
		all.iter()
			.map(|subnet| (subnet.netuid.0, subnet.active))
			.collect::<Vec<_>>(),
		[(1, true), (2, false)]
	);
	let first = &all[0];
	assert_eq!(
		chain
			.ask::<Option<SubnetSummary<AccountId>>>("SubnetsApi_subnet", NET)
			.as_ref(),
		Some(first)
	);
	assert_eq!(
		(&first.owner, first.neurons, first.lock),
		(&network.owner.coldkey.id, 4, 10 * GNG as u64)
	);
	let chain = &mut network.chain;
	let price = chain.read(|| Neurons::registration_price(NET)).unwrap() as u64;
	assert!(price >= GNG as u64 / 10);
	assert_eq!(
		(
			first.registration_price,
			chain.ask("SubnetsApi_registration_price", NET)
		),
		(price, Some(price))
	);
	let lock = chain.read(Subnets::lock_price) as u64;
	assert!(
		lock > 20 * GNG as u64,
		"the second cost nearly twice as much as the first: {lock}"
	);
	assert_eq!(chain.ask::<u64>("SubnetsApi_lock_price", ()), lock);
	let pools: Vec<(AccountId, Balance)> = chain.ask("StakingApi_pools", NET);
	let stake = chain.read(|| Staking::stake(NET, &network.validator.hotkey.id));
	assert_eq!(pools, [(network.validator.hotkey.id.clone(), stake)]);
}

#[test]
fn open_commits_name_their_reveal_epoch() {
	let mut network = Network::new();
	let (chain, validator) = (&mut network.chain, &network.validator.hotkey);
	let commitment = row(NET, &[(2, 1)], 1).commitment(genesis(chain), validator);
	chain.ok(validator, calls::commit(NET, commitment));
	let (at, now) = (chain.height(), epoch(chain, NET));
	let open: Vec<(Hash, u32, u32, u32)> = chain.ask("WeightsApi_open_commits", (NET, MECHANISM, &validator.id));
	assert_eq!(open, [(commitment, now, at, now + 1)]);
}

/// Steps of all vectors that are whole epochs.
fn steps() -> Vec<Value> {
	let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/conformance/vectors/yuma.json");
	let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
	let vectors: Value = serde_json::from_str(&text).unwrap();
	let sequences = [&vectors["epochs"], &vectors["derived_random_epochs"]["cases"]];
	let sequences = sequences.iter().flat_map(|list| list.as_array().unwrap());
	sequences
		.flat_map(|sequence| sequence["steps"].as_array().unwrap().clone())
		.collect()
}

#[test]
fn yuma_runs_the_vectors() {
	let mut chain = Chain::development();
	let steps = steps();
	assert_eq!(steps.len(), 21 + 24);
	for step in steps {
		let input = state::input(step["emission_in"].as_u64().unwrap(), &step["state"]).unwrap();
		let answer: EpochOutput = chain.ask("YumaApi_run_epoch", &input);
		assert_eq!(answer, run(input), "{}", step["label"]);
		assert_eq!(
			answer,
			state::output(&step["full_output_model"]).unwrap(),
			"{}",
			step["label"]
		);
	}
}
