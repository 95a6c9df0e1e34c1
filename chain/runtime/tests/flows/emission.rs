//! How much comes into being, and which subnets get it.

use crate::common::{
	calls::{self, row},
	existential_deposit, key, merged,
	network::{completed, create, join, next_epoch, paid, player, Network, NET},
	preset, Chain,
};
use ganglion_primitives::{Hyperparameter, NetUid, GNG, SUPPLY_CAP};
use ganglion_runtime::{Balance, Balances, Emissions, Runtime, RuntimeEvent, Staking};
use ganglion_traits::{StakeInspect, StakeReward};
use pallet_emissions::TotalPending;
use serde_json::json;

/// Reward of a slot of one second before halvings: a twelfth of a token.
const REWARD: Balance = GNG / 12;

fn pending(chain: &mut Chain, netuid: NetUid) -> Balance {
	chain.read(|| Emissions::accrued(netuid))
}

fn total_pending(chain: &mut Chain) -> Balance {
	chain.read(TotalPending::<Runtime>::get)
}

/// A development chain on which this much is issued, of which Eve has what she needs and Alice the rest.
fn issued(total: Balance) -> Chain {
	let staking_account = 1_000;
	let eve = 100 * GNG;
	// JSON numbers end at 64 bits; every amount below the cap fits.
	let amount = |nano: Balance| u64::try_from(nano).unwrap();
	let balances = json!([
		[key("Eve").id, amount(eve)],
		[key("Alice").id, amount(total - eve - staking_account)],
	]);
	let mut chain = Chain::new(merged(
		preset("development"),
		json!({ "balances": { "balances": balances } }),
	));
	assert_eq!(chain.issuance(), total);
	chain
}

/// Emission of each of the next blocks, with what was issued or pending before it.
fn emissions(chain: &mut Chain, blocks: u32) -> Vec<(Balance, Balance)> {
	let step = |_| {
		let (before, issued) = (total_pending(chain), chain.issuance());
		// Pending emission that an epoch pays or drops in the block leaves the counter; look between epochs only.
		chain.empty(1);
		assert!(completed(chain, NET).is_none());
		(issued + before, total_pending(chain) - before)
	};
	(0..blocks).map(step).collect()
}

/// A chain just below an amount, with one active subnet whose epochs are far away.
fn just_below(amount: Balance, missing: Balance) -> Chain {
	// A token short of it, because emission begins at once.
	let mut chain = issued(amount - missing - GNG);
	create(&mut chain, &player("Eve"));
	chain.root(calls::set_hyperparameters(NET, &[Hyperparameter::Tempo(1_000)]));
	let gap = amount - missing - chain.issuance() - total_pending(&mut chain);
	chain.write(|| <Balances as frame_support::traits::fungible::Mutate<_>>::mint_into(&key("Alice").id, gap).unwrap());
	chain
}

#[test]
fn the_reward_is_halved_at_half_and_at_three_quarters_of_the_cap() {
	for (halvings, amount) in [(1, SUPPLY_CAP / 2), (2, SUPPLY_CAP / 4 * 3), (3, SUPPLY_CAP / 8 * 7)] {
		let (before, after) = (REWARD >> (halvings - 1), REWARD >> halvings);
		let mut chain = just_below(amount, 4 * before);
		let seen = emissions(&mut chain, 8);
		for (issued, emission) in &seen {
			assert_eq!(
				*emission,
				if *issued < amount { before } else { after },
				"{issued} of {amount}"
			);
		}
		assert_eq!(
			seen.iter().filter(|(_, emission)| *emission == before).count(),
			4,
			"{seen:?}"
		);
	}
}

#[test]
fn the_cap_is_never_passed() {
	let mut chain = just_below(SUPPLY_CAP, 5 * GNG);
	let seen = emissions(&mut chain, 20);
	// Five tokens of 21 million are missing: 22 halvings.
	assert!(seen.iter().all(|(_, emission)| *emission == REWARD >> 22), "{seen:?}");
	let missing = SUPPLY_CAP - chain.issuance() - total_pending(&mut chain);
	let alice = key("Alice").id;
	chain.write(|| <Balances as frame_support::traits::fungible::Mutate<_>>::mint_into(&alice, missing).unwrap());
	let seen = emissions(&mut chain, 5);
	assert!(seen.iter().all(|seen| *seen == (SUPPLY_CAP, 0)), "{seen:?}");
}

#[test]
fn active_subnets_get_equal_parts_and_others_nothing() {
	let mut chain = Chain::development();
	let (first, second) = (create(&mut chain, &player("Eve")), create(&mut chain, &player("Bob")));
	let third = NetUid(3);
	chain.ok(&key("Dave"), calls::create(&key("Dave's hotkey")));
	chain.ok(&key("Dave"), calls::start(third));
	for netuid in [first, second, third] {
		chain.root(calls::set_hyperparameters(netuid, &[Hyperparameter::Tempo(1_000)]));
	}
	let block = |chain: &mut Chain| {
		let before = [first, second, third].map(|netuid| pending(chain, netuid));
		chain.empty(1);
		let after = [first, second, third].map(|netuid| pending(chain, netuid));
		[0, 1, 2].map(|i| after[i] - before[i])
	};
	// 12 million are issued: one halving. What does not divide waits for the next block.
	let total = REWARD / 2;
	let mut sum = [0; 3];
	for _ in 0..10 {
		let parts = block(&mut chain);
		assert!(
			parts[0] == parts[1] && parts[0].abs_diff(total / 2) <= 1 && parts[2] == 0,
			"{parts:?}"
		);
		sum = [0, 1, 2].map(|i| sum[i] + parts[i]);
	}
	assert!((10 * total).abs_diff(sum.iter().sum()) <= 1, "{sum:?}");
	assert!(chain.read(pallet_emissions::Counters::<Runtime>::get).remainder >> 64 <= 1);

	chain.root(calls::activate(third));
	let parts = block(&mut chain);
	assert!(parts.iter().all(|part| part.abs_diff(total / 3) <= 1), "{parts:?}");
	[first, second]
		.into_iter()
		.for_each(|netuid| chain.root(calls::deactivate(netuid)));
	let parts = block(&mut chain);
	assert!(
		parts[0] == 0 && parts[1] == 0 && parts[2].abs_diff(total) <= 2,
		"all to the one that is left: {parts:?}"
	);

	chain.root(calls::deactivate(third));
	let before = total_pending(&mut chain);
	assert_eq!(block(&mut chain), [0; 3]);
	assert_eq!(
		total_pending(&mut chain),
		before,
		"without an active subnet nothing is emitted"
	);
}

#[test]
fn without_incentive_the_miners_half_is_not_minted() {
	let mut network = Network::new();
	let chain = &mut network.chain;
	next_epoch(chain, NET);
	let (emission, minted) = completed(chain, NET).unwrap();
	let [owner, miners, validators] = paid(chain, NET).unwrap();
	let half = (emission - owner) / 2;
	assert!(miners == 0 && validators.abs_diff(half) < 10 && minted == owner + validators);
	assert!(
		chain.read(|| Emissions::pending(NET)) < 10,
		"the other half is not kept either"
	);
}

#[test]
fn an_epoch_without_stake_or_weights_pays_the_owner_only() {
	let mut chain = Chain::development();
	let eve = player("Eve");
	create(&mut chain, &eve);
	join(&mut chain, NET, &player("Charlie"), 0);
	next_epoch(&mut chain, NET);
	let (emission, minted) = completed(&mut chain, NET).unwrap();
	let [owner, miners, validators] = paid(&mut chain, NET).unwrap();
	assert_eq!((owner, miners, validators), (minted, 0, 0));
	let cut = emission * 11_796 / 65_535;
	assert_eq!(owner, cut);
	assert_eq!(
		chain.read(|| Emissions::pending(NET)),
		emission - cut - (emission - cut) / 2,
		"the validators' half waits"
	);
}

#[test]
fn an_inactive_subnets_epochs_run_and_pay_nothing() {
	let mut chain = Chain::development();
	let eve = player("Eve");
	chain.ok(&eve.coldkey, calls::create(&eve.hotkey));
	join(&mut chain, NET, &player("Bob"), 10 * GNG);
	let issued = chain.issuance();
	(0..3).for_each(|_| next_epoch(&mut chain, NET));
	assert_eq!(completed(&mut chain, NET), Some((0, 0)));
	assert_eq!((chain.issuance(), total_pending(&mut chain)), (issued, 0));
}

#[test]
fn pay_below_the_existential_deposit_is_carried_until_it_suffices() {
	let mut chain = Chain::development();
	let poor = key("poor");
	assert_eq!(existential_deposit(&mut chain), 1_000);
	let held = |chain: &mut Chain| chain.read(pallet_staking::TotalHeld::<Runtime>::get);
	let pay = |chain: &mut Chain, amount: Balance| {
		let before = chain.issuance();
		assert_eq!(chain.write(|| Staking::reward_coldkey(&poor.id, amount)), amount);
		assert_eq!(
			chain.issuance() - before,
			amount,
			"minted when it is carried, so that nothing is counted twice"
		);
	};
	pay(&mut chain, 400);
	pay(&mut chain, 599);
	assert_eq!((chain.free(&poor), held(&mut chain)), (0, 999));
	pay(&mut chain, 1);
	assert_eq!((chain.free(&poor), held(&mut chain)), (1_000, 0));
	pay(&mut chain, 1);
	assert_eq!(
		chain.free(&poor),
		1_001,
		"an account that exists gets every nano at once"
	);
}

#[test]
fn a_miner_whose_coldkey_is_empty_is_paid_all_the_same() {
	let mut network = Network::new();
	let (bob, charlie) = (network.validator.clone(), network.miners[0].clone());
	network.weigh(&bob, &row(NET, &[(2, 1)], 1));
	let chain = &mut network.chain;
	chain.ok(&charlie.coldkey, calls::transfer_all(&key("Dave")));
	assert_eq!(chain.free(&charlie.coldkey), 0);
	next_epoch(chain, NET);
	let [_, miners, _] = paid(chain, NET).unwrap();
	assert!(miners > 0);
	assert_eq!(chain.free(&charlie.coldkey), miners);
}

#[test]
fn a_validator_without_a_pool_mints_no_dividends() {
	let mut network = Network::new();
	let bob = network.validator.clone();
	network.weigh(&bob, &row(NET, &[(2, 1)], 1));
	let chain = &mut network.chain;
	chain.ok(&bob.coldkey, calls::remove_stake(NET, &bob.hotkey, Balance::MAX));
	assert_eq!(chain.read(|| Staking::stake(NET, &bob.hotkey.id)), 0);
	next_epoch(chain, NET);
	assert_eq!(
		paid(chain, NET).map(|[_, miners, validators]| (miners, validators)),
		Some((0, 0)),
		"no stake, no say"
	);
	let dividends = |event: &RuntimeEvent| {
		matches!(
			event,
			RuntimeEvent::Staking(pallet_staking::Event::DividendsPaid { .. })
		)
	};
	assert!(!chain.events().iter().any(dividends));
}
