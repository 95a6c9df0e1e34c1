//! Stake that votes through another's hotkey, from the call to the dividends and the slash; pay that is staked.

use crate::common::{
	calls,
	evidence::{declare, identity, profile, register_profile},
	key,
	network::{next_epoch, player, Network, Player, NET},
	Chain,
};
use frame_support::BoundedVec;
use ganglion_primitives::{Family, Hyperparameter, Lane, MechanismId, Role, GNG};
use ganglion_runtime::{AccountId, Balance, Delegation, Models, Runtime, RuntimeCall, Staking};
use ganglion_traits::{Bonds, Slash, StakeInspect};

fn set_children(parent: &Player, children: &[(&Player, u16)]) -> RuntimeCall {
	let children = children
		.iter()
		.map(|(child, part)| (child.hotkey.id.clone(), *part))
		.collect();
	pallet_delegation::Call::set_children {
		netuid: NET,
		hotkey: parent.hotkey.id.clone(),
		children: BoundedVec::truncate_from(children),
	}
	.into()
}

fn family(chain: &mut Chain, player: &Player) -> Family<AccountId> {
	chain.ask("DelegationApi_family", (NET, player.hotkey.id.clone()))
}

/// The network with plain weights of Bob's on both miners, and Dave, who only stakes 50 GNG on a hotkey of his own.
fn scene() -> (Network, Player) {
	let mut network = Network::new();
	let dave = player("Dave");
	let chain = &mut network.chain;
	chain.root(calls::set_hyperparameters(
		NET,
		&[Hyperparameter::CommitRevealOn(false)],
	));
	chain.ok(&dave.coldkey, calls::register(NET, &dave.hotkey));
	chain.ok(&dave.coldkey, calls::add_stake(NET, &dave.hotkey, 50 * GNG));
	let weights = pallet_weights::Call::set {
		netuid: NET,
		mechanism: MechanismId(0),
		uids: vec![2, 3],
		values: vec![1, 1],
		version_key: 0,
	};
	chain.ok(&network.validator.hotkey, weights.into());
	(network, dave)
}

#[test]
fn stake_votes_through_a_child_and_is_paid_for_it() {
	let (mut network, dave) = scene();
	let (bob, chain) = (network.validator.clone(), &mut network.chain);
	let take = pallet_delegation::Call::set_child_take {
		netuid: NET,
		hotkey: bob.hotkey.id.clone(),
		take: 6_554,
	};
	chain.ok(&bob.coldkey, take.into());
	chain.ok(&dave.coldkey, set_children(&dave, &[(&bob, 65_535)]));
	let epoch = family(chain, &dave).next.unwrap().0;
	while family(chain, &dave).next.is_some() {
		next_epoch(chain, NET);
	}
	assert_eq!(crate::common::network::epoch(chain, NET), epoch);
	let (pool, with) = (family(chain, &dave).pool, family(chain, &bob));
	assert_eq!(
		(with.counts, with.parents),
		(with.pool + pool, vec![(dave.hotkey.id.clone(), pool)])
	);
	assert_eq!(family(chain, &dave).counts, 0);

	let before = [&bob, &dave].map(|player| {
		(
			chain.free(&player.coldkey),
			chain.read(|| Staking::stake(NET, &player.hotkey.id)),
		)
	});
	next_epoch(chain, NET);
	let after = [&bob, &dave].map(|player| {
		(
			chain.free(&player.coldkey),
			chain.read(|| Staking::stake(NET, &player.hotkey.id)),
		)
	});
	let gained = |i: usize| (after[i].0 - before[i].0) + (after[i].1 - before[i].1);
	let (to_bob, to_dave) = (gained(0), gained(1));
	let all = (to_bob + to_dave) as f64;
	// A third of the stake is Dave's; Bob keeps a tenth of what it earns.
	let expected = 0.9 * pool as f64 / (with.pool + pool) as f64;
	assert!((to_dave as f64 / all - expected).abs() < 1e-4, "{to_dave} of {all}");
}

#[test]
fn a_slash_of_the_child_takes_from_the_parent_too() {
	let (mut network, dave) = scene();
	let (bob, chain) = (network.validator.clone(), &mut network.chain);
	chain.ok(&dave.coldkey, set_children(&dave, &[(&bob, 65_535)]));
	while family(chain, &dave).next.is_some() {
		next_epoch(chain, NET);
	}
	let value = |chain: &mut Chain, player: &Player| chain.read(|| Staking::stake(NET, &player.hotkey.id));
	let before = [value(chain, &bob), value(chain, &dave)];
	let all: Balance = before.iter().sum();
	let outcome = chain.write(|| Delegation::slash(NET, &bob.hotkey.id, 15 * GNG, None));
	assert_eq!(outcome.total(), 15 * GNG);
	let after = [value(chain, &bob), value(chain, &dave)];
	let lost = [0, 1].map(|i| before[i] - after[i]);
	assert_eq!(lost.iter().sum::<Balance>(), 15 * GNG);
	assert!(lost[1].abs_diff(15 * GNG * before[1] / all) <= 1, "{lost:?}");
}

/// A bond is its operator's own. Were it slashed like the rest, a child with a friend could accuse itself and be paid by its parents.
#[test]
fn a_childs_bond_is_slashed_at_its_own_cost() {
	let (mut network, dave) = scene();
	let (bob, chain) = (network.validator.clone(), &mut network.chain);
	let spec = profile(1, Lane::Strict);
	chain.ok(&bob.coldkey, register_profile(&spec));
	chain.ok(&bob.coldkey, declare(&bob, identity(&spec), Role::Serve, 20 * GNG));
	chain.ok(&dave.coldkey, set_children(&dave, &[(&bob, 65_535)]));
	while family(chain, &dave).next.is_some() {
		next_epoch(chain, NET);
	}
	let value = |chain: &mut Chain, player: &Player| chain.read(|| Staking::stake(NET, &player.hotkey.id));
	let before = [value(chain, &bob), value(chain, &dave)];
	let friend = key("Ferdie").id;
	let outcome = chain.write(|| Models::slash_bond(NET, &bob.hotkey.id, Role::Serve, 10 * GNG, Some(&friend)));
	assert_eq!(outcome.total(), 10 * GNG);
	let after = [value(chain, &bob), value(chain, &dave)];
	assert_eq!([before[0] - after[0], before[1] - after[1]], [10 * GNG, 0]);
	assert_eq!(chain.read(|| Models::bond(NET, &bob.hotkey.id, Role::Serve)), 10 * GNG);
}

#[test]
fn a_parent_that_unbonds_or_revokes_answers_all_the_same() {
	let (mut network, dave) = scene();
	let (bob, chain) = (network.validator.clone(), &mut network.chain);
	chain.ok(&dave.coldkey, set_children(&dave, &[(&bob, 65_535)]));
	while family(chain, &dave).next.is_some() {
		next_epoch(chain, NET);
	}
	chain.empty(10);
	chain.ok(&dave.coldkey, set_children(&dave, &[]));
	let (epoch, _) = family(chain, &dave).next.unwrap();
	let unbonding = chain.read(ganglion_runtime::parameters::UnbondingEpochs::get);
	assert_eq!(epoch, crate::common::network::epoch(chain, NET) + 1 + unbonding);
	let (pool, with) = (family(chain, &dave).pool, family(chain, &bob).pool);
	chain.ok(&dave.coldkey, calls::remove_stake(NET, &dave.hotkey, Balance::MAX));
	let issued = chain.issuance();
	let outcome = chain.write(|| Delegation::slash(NET, &bob.hotkey.id, 15 * GNG, None));
	assert_eq!((outcome.total(), issued - chain.issuance()), (15 * GNG, 15 * GNG));
	let left = chain.read(|| Staking::slashable(NET, &dave.hotkey.id));
	assert!(
		(pool - left).abs_diff(15 * GNG * pool / (pool + with)) <= GNG / 1_000,
		"{pool} {left}"
	);
}

#[test]
fn a_miners_pay_is_staked_where_its_coldkey_wants() {
	let (mut network, _) = scene();
	let (bob, charlie) = (network.validator.clone(), network.miners[0].clone());
	let chain = &mut network.chain;
	next_epoch(chain, NET);
	let auto = pallet_delegation::Call::set_auto_stake {
		netuid: NET,
		hotkey: Some(bob.hotkey.id.clone()),
	};
	chain.ok(&charlie.coldkey, auto.into());
	let staked = |chain: &mut Chain| chain.read(|| Staking::staked(&charlie.coldkey.id, NET, &bob.hotkey.id));
	assert_eq!(staked(chain), 0);
	let free = chain.free(&charlie.coldkey);
	next_epoch(chain, NET);
	assert!(staked(chain) > GNG / 1_000);
	assert_eq!(chain.free(&charlie.coldkey), free);
}

#[test]
fn a_dissolved_subnet_and_exchanged_keys_keep_the_books() {
	let (mut network, dave) = scene();
	let (bob, chain) = (network.validator.clone(), &mut network.chain);
	chain.ok(&dave.coldkey, set_children(&dave, &[(&bob, 30_000)]));
	next_epoch(chain, NET);
	chain.root(calls::dissolve(NET));
	chain.empty(20);
	let kept = chain.read(|| {
		pallet_delegation::Delegations::<Runtime>::iter().count()
			+ pallet_delegation::Parents::<Runtime>::iter().count()
	});
	assert_eq!(kept, 0);
}
