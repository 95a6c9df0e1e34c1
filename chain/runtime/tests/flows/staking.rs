//! Stake through the runtime: unbonding by the subnet's own clock, slashes, take.

use crate::common::{
	calls, key,
	network::{epoch, next_epoch, player, Network, NET},
	Chain, Key,
};
use ganglion_primitives::{Position, GNG};
use ganglion_runtime::{parameters::UnbondingEpochs, AccountId, Balance, Runtime, RuntimeEvent, Staking};
use ganglion_traits::{Slash, SlashOutcome, TotalStake};

type Error = pallet_staking::Error<Runtime>;

fn positions(chain: &mut Chain, coldkey: &Key) -> Vec<Position<AccountId>> {
	chain.ask("StakingApi_positions", &coldkey.id)
}

/// Release epoch of the unstaking in the last block.
fn release_epoch(chain: &mut Chain) -> u32 {
	let found = chain.events().into_iter().find_map(|event| match event {
		RuntimeEvent::Staking(pallet_staking::Event::StakeRemoved { release_epoch, .. }) => Some(release_epoch),
		_ => None,
	});
	found.unwrap()
}

#[test]
fn unbonding_takes_two_full_epochs() {
	let mut network = Network::new();
	let (chain, hotkey) = (&mut network.chain, &network.validator.hotkey);
	let nominator = key("Dave");
	chain.ok(&nominator, calls::add_stake(NET, hotkey, 40 * GNG));
	let removed_in = epoch(chain, NET);
	chain.ok(&nominator, calls::remove_stake(NET, hotkey, 15 * GNG));
	let (release, removed_at) = (release_epoch(chain), chain.height());
	assert_eq!(chain.read(UnbondingEpochs::get), 2);
	assert_eq!(release, removed_in + 2 + 1, "what is left of this epoch does not count");
	let expected = [Position {
		hotkey: hotkey.id.clone(),
		netuid: NET,
		staked: positions(chain, &nominator)[0].staked,
		unbonding: vec![(release, 15 * GNG)],
		release_blocks: vec![removed_at + 3 * 10],
		destinations: vec![None],
		locked: 0,
	}];
	assert_eq!(positions(chain, &nominator), expected);

	while epoch(chain, NET) < release {
		assert_eq!(
			chain.fails(&nominator, calls::withdraw(NET, hotkey, release)),
			Error::NotReleased.into()
		);
		next_epoch(chain, NET);
	}
	let before = chain.free(&nominator);
	chain.ok(&nominator, calls::withdraw(NET, hotkey, release));
	let gained = chain.free(&nominator) - before;
	assert!(15 * GNG - gained < GNG / 1_000, "all of it but the fee: {gained}");
	assert_eq!(
		chain.fails(&nominator, calls::withdraw(NET, hotkey, release)),
		Error::NothingUnbonding.into()
	);
}

#[test]
fn a_slash_takes_the_operators_stake_first_and_no_more_than_a_fifth_of_others() {
	let mut network = Network::new();
	let (operator, nominator) = (network.validator.clone(), key("Dave"));
	let (chain, hotkey) = (&mut network.chain, &operator.hotkey);
	chain.ok(&nominator, calls::add_stake(NET, hotkey, 50 * GNG));
	chain.ok(&operator.coldkey, calls::remove_stake(NET, hotkey, 30 * GNG));
	let release = release_epoch(chain);
	let staked = |chain: &mut Chain, who: &Key| chain.read(|| Staking::staked(&who.id, NET, &hotkey.id));
	let (own, others) = (staked(chain, &operator.coldkey), staked(chain, &nominator));

	let slash = |chain: &mut Chain, amount: Balance| {
		let before = chain.issuance();
		let outcome = chain.write(|| Staking::slash(NET, &hotkey.id, amount, None));
		// What goes to the next epoch's pay is burned now and minted then.
		assert_eq!(before - chain.issuance(), outcome.burned + outcome.to_pool);
		assert_eq!(
			(outcome.to_reporter, outcome.to_pool),
			(0, outcome.total() / 5),
			"{outcome:?}"
		);
		outcome
	};
	// As much as the operator has staked, and half of what he tried to take away in time.
	let outcome = slash(chain, own + 15 * GNG);
	assert_eq!(
		(outcome.total(), outcome.from_operator),
		(own + 15 * GNG, own + 15 * GNG)
	);
	assert!(staked(chain, &nominator).abs_diff(others) <= 1);
	// Then his other half, and of others what they can lose in an epoch.
	let outcome = slash(chain, 25 * GNG);
	assert!(outcome.from_operator.abs_diff(15 * GNG) <= 2, "{outcome:?}");
	let lost = others - staked(chain, &nominator);
	assert!(lost > 9 * GNG && lost <= others / 5, "{others} {lost}");
	assert!(
		(outcome.total() - outcome.from_operator).abs_diff(lost) <= 2,
		"{outcome:?}"
	);
	// More than there is takes no more of them before the next epoch.
	slash(chain, Balance::MAX);
	assert!(staked(chain, &nominator) >= others - others / 5 - 2);

	while epoch(chain, NET) < release {
		next_epoch(chain, NET);
	}
	assert_eq!(
		chain.fails(&operator.coldkey, calls::withdraw(NET, hotkey, release)),
		Error::NothingUnbonding.into()
	);
}

#[test]
fn what_was_withdrawn_in_time_cannot_be_slashed() {
	let mut network = Network::new();
	let (chain, operator) = (&mut network.chain, &network.validator);
	chain.ok(
		&operator.coldkey,
		calls::remove_stake(NET, &operator.hotkey, Balance::MAX),
	);
	let release = release_epoch(chain);
	while epoch(chain, NET) < release {
		next_epoch(chain, NET);
	}
	let outcome = chain.write(|| Staking::slash(NET, &operator.hotkey.id, Balance::MAX, None));
	assert_eq!(outcome, SlashOutcome::default(), "its time had come, withdrawn or not");
	chain.ok(&operator.coldkey, calls::withdraw(NET, &operator.hotkey, release));
}

#[test]
fn only_the_operator_sets_the_take_and_raises_it_slowly() {
	let mut network = Network::new();
	let (chain, operator) = (&mut network.chain, &network.validator);
	let set = |take| calls::set_take(&operator.hotkey, take);
	assert_eq!(chain.fails(&key("Dave"), set(1)), Error::NotOwner.into());
	assert_eq!(chain.fails(&operator.coldkey, set(11_797)), Error::TakeTooHigh.into());
	chain.ok(&operator.coldkey, set(100));
	assert_eq!(
		chain.fails(&operator.coldkey, set(200)),
		Error::TakeIncreaseTooSoon.into()
	);
	chain.empty(100);
	chain.ok(&operator.coldkey, set(200));
	assert_eq!(chain.ask::<u16>("StakingApi_take", &operator.hotkey.id), 200);
}

#[test]
fn a_hotkey_of_another_cannot_be_taken_over() {
	let mut network = Network::new();
	let thief = player("Dave").coldkey;
	let error = network
		.chain
		.fails(&thief, calls::register(NET, &network.validator.hotkey));
	assert_eq!(error, pallet_neurons::Error::<Runtime>::AlreadyRegistered.into());
	let other = crate::common::network::create(&mut network.chain, &player("Alice//stash"));
	let error = network
		.chain
		.fails(&thief, calls::register(other, &network.validator.hotkey));
	assert_eq!(error, pallet_neurons::Error::<Runtime>::NotOwned.into());
}

#[test]
fn nominators_give_stake_away_within_its_pool_and_operators_do_not() {
	let mut network = Network::new();
	let (chain, operator) = (&mut network.chain, &network.validator);
	let (nominator, heir, hotkey) = (key("Dave"), key("Eve"), operator.hotkey.id.clone());
	chain.ok(&nominator, calls::add_stake(NET, &operator.hotkey, 40 * GNG));
	let transfer = |to: &Key, amount| pallet_staking::Call::<Runtime>::transfer_stake {
		hotkey: hotkey.clone(),
		netuid: NET,
		to: to.id.clone(),
		amount,
	};
	let (pool, total) = chain.read(|| (Staking::pools(NET), Staking::total_stake(&hotkey)));
	chain.ok(&nominator, transfer(&heir, 15 * GNG).into());
	let (given, left) = (
		positions(chain, &heir)[0].staked,
		positions(chain, &nominator)[0].staked,
	);
	assert!(
		given.abs_diff(15 * GNG) <= 1 && left.abs_diff(25 * GNG) <= 1,
		"{given} {left}"
	);
	assert_eq!(
		chain.read(|| (Staking::pools(NET), Staking::total_stake(&hotkey))),
		(pool, total)
	);
	for amount in [GNG, Balance::MAX] {
		let refused = chain.fails(&operator.coldkey, transfer(&heir, amount).into());
		assert_eq!(refused, Error::OperatorsOwn.into());
	}
	let to_a_hotkey = chain.fails(&nominator, transfer(&operator.hotkey, GNG).into());
	assert_eq!(to_a_hotkey, Error::HotkeyCannotStake.into());
}

#[test]
fn moved_stake_answers_where_it_was_until_anybody_completes_the_move() {
	let mut network = Network::new();
	let (origin, goal) = (network.validator.clone(), network.miners[0].hotkey.clone());
	let (chain, nominator) = (&mut network.chain, key("Dave"));
	chain.ok(&nominator, calls::add_stake(NET, &origin.hotkey, 40 * GNG));
	let moved = pallet_staking::Call::<Runtime>::move_stake {
		hotkey: origin.hotkey.id.clone(),
		netuid: NET,
		to_hotkey: goal.id.clone(),
		to_netuid: NET,
		amount: 15 * GNG,
	};
	chain.ok(&nominator, moved.into());
	let release = release_epoch(chain);
	let position = positions(chain, &nominator).remove(0);
	assert_eq!(position.unbonding, [(release, 15 * GNG)]);
	assert_eq!(position.destinations, [Some((NET, goal.id.clone()))]);
	let own = chain.read(|| Staking::staked(&origin.coldkey.id, NET, &origin.hotkey.id));
	let outcome = chain.write(|| Staking::slash(NET, &origin.hotkey.id, own + 4 * GNG, None));
	assert_eq!(outcome.total(), own + 4 * GNG);
	let moving = positions(chain, &nominator)[0].unbonding[0].1;
	assert!(
		(12 * GNG..15 * GNG).contains(&moving),
		"what moves is slashed with the rest: {moving}"
	);

	let complete = || pallet_staking::Call::<Runtime>::complete_move {
		coldkey: nominator.id.clone(),
		hotkey: origin.hotkey.id.clone(),
		netuid: NET,
		release_epoch: release,
	};
	let anybody = key("Eve");
	while epoch(chain, NET) < release {
		assert_eq!(chain.fails(&anybody, complete().into()), Error::NotReleased.into());
		next_epoch(chain, NET);
	}
	let free = chain.free(&nominator);
	chain.ok(&anybody, complete().into());
	assert_eq!(chain.free(&nominator), free, "it is staked, not paid out");
	let arrived = chain.read(|| Staking::staked(&nominator.id, NET, &goal.id));
	assert!(moving.abs_diff(arrived) <= 1, "{moving} {arrived}");
	assert_eq!(chain.fails(&anybody, complete().into()), Error::NothingUnbonding.into());
}
