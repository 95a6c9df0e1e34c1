//! Nothing that a replaced neuron left behind hits its successor: commits, rows, bonds, permits, results.

use crate::common::{
	calls::{self, row, MECHANISM},
	network::{genesis, join, next_epoch, player, Network, Player, NET},
	Chain, CANNOT_PAY,
};
use ganglion_primitives::{Hyperparameter, Metagraph, GNG};
use ganglion_runtime::{AccountId, Balance, Hash, RuntimeEvent, Staking};

type Rows = Vec<(u16, Vec<(u16, u16)>)>;

fn weights(chain: &mut Chain) -> Rows {
	chain.ask("WeightsApi_weights", (NET, MECHANISM))
}

fn bonds(chain: &mut Chain) -> Rows {
	chain.ask("WeightsApi_bonds", (NET, MECHANISM))
}

fn metagraph(chain: &mut Chain) -> Metagraph<AccountId> {
	chain
		.ask::<Option<Metagraph<AccountId>>>("MetagraphApi_metagraph", NET)
		.unwrap()
}

/// Let no more in: the next newcomer replaces the lowest emitter.
fn close(chain: &mut Chain, slots: u16) {
	let changes = [
		Hyperparameter::MaxAllowedUids(slots),
		Hyperparameter::MinNonImmuneUids(0),
		Hyperparameter::ImmunityPeriod(0),
	];
	chain.root(calls::set_hyperparameters(NET, &changes));
}

/// Register a newcomer, who gets the slot.
fn replace(chain: &mut Chain, uid: u16) -> Player {
	let newcomer = player("Alice//stash");
	chain.ok(&newcomer.coldkey, calls::register(NET, &newcomer.hotkey));
	assert_eq!(metagraph(chain).hotkeys[usize::from(uid)], newcomer.hotkey.id);
	newcomer
}

#[test]
fn a_validators_successor_starts_from_nothing() {
	let mut network = Network::new();
	let (bob, dave) = (network.validator.clone(), player("Dave"));
	join(&mut network.chain, NET, &dave, 20 * GNG);
	next_epoch(&mut network.chain, NET);
	let judged = row(NET, &[(2, 1), (3, 1)], 1);
	let genesis = genesis(&mut network.chain);
	let commitment = judged.commitment(genesis, &dave.hotkey);
	network.chain.ok(&dave.hotkey, calls::commit(NET, commitment));
	network.weigh(&bob, &judged);
	let chain = &mut network.chain;
	chain.ok(&dave.hotkey, judged.reveal());
	let again = row(NET, &[(2, 1)], 2);
	chain.ok(
		&dave.hotkey,
		calls::commit(NET, again.commitment(genesis, &dave.hotkey)),
	);
	next_epoch(chain, NET);
	let uids = |rows: Rows| rows.into_iter().map(|(uid, _)| uid).collect::<Vec<_>>();
	assert_eq!((uids(weights(chain)), uids(bonds(chain))), (vec![1, 4], vec![1, 4]));
	let before = metagraph(chain);
	assert!(before.validator_permit[4] == 1 && before.dividends[4] > 0 && before.last_update[4] > 0);

	close(chain, 5);
	let newcomer = replace(chain, 4);
	let missed = |event: &RuntimeEvent| matches!(event, RuntimeEvent::Weights(pallet_weights::Event::CommitMissed { hotkey, .. }) if *hotkey == dave.hotkey.id);
	assert!(chain.events().iter().any(missed), "{:?}", chain.events());
	assert_eq!((uids(weights(chain)), uids(bonds(chain))), (vec![1], vec![1]));
	let open: Vec<(Hash, u32, u32, u32)> = chain.ask("WeightsApi_open_commits", (NET, MECHANISM, &dave.hotkey.id));
	assert_eq!(open, []);
	let now = metagraph(chain);
	assert_eq!(
		(
			now.validator_permit[4],
			now.dividends[4],
			now.emission[4],
			now.last_update[4],
			now.stake[4]
		),
		(0, 0, 0, 0, 0)
	);

	// With stake of its own it gets a permit, but neither rows nor bonds that it did not make, and no dividends.
	chain.ok(&newcomer.coldkey, calls::add_stake(NET, &newcomer.hotkey, 20 * GNG));
	assert_eq!(chain.refused(&newcomer.hotkey, again.reveal()), CANNOT_PAY);
	next_epoch(chain, NET);
	let now = metagraph(chain);
	assert_eq!((now.validator_permit[4], now.dividends[4], now.emission[4]), (1, 0, 0));
	assert_eq!((uids(weights(chain)), uids(bonds(chain))), (vec![1], vec![1]));
	assert_eq!(chain.refused(&newcomer.hotkey, again.reveal()), CANNOT_PAY);

	// The stake behind the one who left is his as before.
	chain.ok(&dave.coldkey, calls::remove_stake(NET, &dave.hotkey, Balance::MAX));
	assert_eq!(
		chain.read(|| Staking::staked(&dave.coldkey.id, NET, &dave.hotkey.id)),
		0
	);
}

#[test]
fn a_miners_successor_gets_no_pay_for_its_predecessor() {
	let mut network = Network::new();
	let bob = network.validator.clone();
	network.weigh(&bob, &row(NET, &[(2, 3), (3, 1)], 1));
	let chain = &mut network.chain;
	next_epoch(chain, NET);
	assert!(bonds(chain)[0].1.iter().any(|(uid, _)| *uid == 3), "{:?}", bonds(chain));
	// A judgement of the present occupant of slot 3, that will be revealed when there is another.
	let old = row(NET, &[(3, 1)], 2);
	let genesis = genesis(chain);
	chain.ok(&bob.hotkey, calls::commit(NET, old.commitment(genesis, &bob.hotkey)));

	close(chain, 4);
	replace(chain, 3);
	assert_eq!(weights(chain), [(1, vec![(2, 3)])]);
	assert!(bonds(chain)[0].1.iter().all(|(uid, _)| *uid != 3), "{:?}", bonds(chain));
	next_epoch(chain, NET);
	let now = metagraph(chain);
	assert_eq!((now.incentive[3], now.emission[3]), (0, 0));
	assert!(now.incentive[2] > 65_000);
	assert!(bonds(chain)[0].1.iter().all(|(uid, _)| *uid != 3), "{:?}", bonds(chain));

	chain.ok(&bob.hotkey, old.reveal());
	assert_eq!(
		weights(chain),
		[(1, vec![])],
		"what was committed before it came is not about it"
	);
	next_epoch(chain, NET);
	let now = metagraph(chain);
	assert_eq!((now.incentive[3], now.emission[3]), (0, 0));

	// A judgement of its own work counts.
	let new = row(NET, &[(3, 1)], 3);
	network.weigh(&bob, &new);
	let chain = &mut network.chain;
	next_epoch(chain, NET);
	let now = metagraph(chain);
	assert!(now.incentive[3] == 65_535 && now.emission[3] > 0, "{:?}", now.incentive);
}

#[test]
fn an_endpoint_goes_with_its_neuron() {
	let mut network = Network::new();
	let (bob, ferdie) = (network.validator.clone(), network.miners[1].clone());
	network.weigh(&bob, &row(NET, &[(2, 3), (3, 1)], 1));
	let chain = &mut network.chain;
	chain.ok(&ferdie.hotkey, calls::serve(NET, 1, 8_091));
	next_epoch(chain, NET);
	assert_eq!(metagraph(chain).endpoint_port[3], 8_091);
	close(chain, 4);
	replace(chain, 3);
	let now = metagraph(chain);
	assert_eq!((now.endpoint_family[3], now.endpoint_port[3]), (0, 0));
	assert_eq!(chain.refused(&ferdie.hotkey, calls::serve(NET, 1, 8_092)), CANNOT_PAY);
}
