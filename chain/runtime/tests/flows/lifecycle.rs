//! From a new subnet to the first pay: create, activate, register, stake, permits, commit, reveal, epoch.

use crate::common::{
	calls::{self, row},
	network::{self, completed, create, epoch, genesis, join, next_epoch, paid, player, NET},
	Chain, CANNOT_PAY,
};
use frame_support::traits::fungible::InspectHold;
use ganglion_primitives::{Uid, GNG};
use ganglion_runtime::{
	parameters::OwnerCut, AccountId, Balance, Balances, Emissions, Neurons, Runtime, RuntimeEvent, Staking,
};
use ganglion_traits::{EpochControl, EpochResults, NeuronInspect, StakeInspect};

/// A part of 65,535, rounded down.
fn part(amount: Balance, of_u16: u16) -> Balance {
	amount * Balance::from(of_u16) / 65_535
}

fn has_permit(chain: &mut Chain, uid: u16) -> bool {
	chain.read(|| {
		let (_, registered_at) = Neurons::neuron(NET, Uid(uid)).unwrap();
		Emissions::has_permit(NET, Uid(uid), registered_at)
	})
}

fn staked(chain: &mut Chain, coldkey: &AccountId, hotkey: &AccountId) -> Balance {
	chain.read(|| Staking::staked(coldkey, NET, hotkey))
}

#[test]
fn a_subnet_from_creation_to_its_first_pay() {
	let mut chain = Chain::development();
	let (owner, validator, nominator) = (player("Eve"), player("Bob"), player("Dave"));
	let (good, fair) = (player("Charlie"), player("Ferdie"));

	// Creation locks ten tokens, and a new subnet is worth nothing until root says so.
	create(&mut chain, &owner);
	let reason = pallet_subnets::HoldReason::SubnetLock.into();
	assert_eq!(
		chain.read(|| Balances::balance_on_hold(&reason, &owner.coldkey.id)),
		10 * GNG
	);
	assert_eq!(chain.read(|| Neurons::uid(NET, &owner.hotkey.id)), Some(Uid(0)));

	join(&mut chain, NET, &validator, 100 * GNG);
	join(&mut chain, NET, &good, 0);
	join(&mut chain, NET, &fair, 0);
	chain.ok(&nominator.coldkey, calls::add_stake(NET, &validator.hotkey, 50 * GNG));
	assert_eq!(chain.read(|| Staking::stake(NET, &validator.hotkey.id)), 150 * GNG);
	assert_eq!(chain.read(|| Staking::own_stake(NET, &validator.hotkey.id)), 100 * GNG);

	// Nobody has a permit before the first epoch, which gives one to whoever has the stake.
	let weights = row(NET, &[(2, 300), (3, 100)], 7);
	let commitment = weights.commitment(genesis(&mut chain), &validator.hotkey);
	assert_eq!(
		chain.refused(&validator.hotkey, calls::commit(NET, commitment)),
		CANNOT_PAY
	);
	assert_eq!(epoch(&mut chain, NET), 0);
	next_epoch(&mut chain, NET);
	let permits: Vec<bool> = (0..4).map(|uid| has_permit(&mut chain, uid)).collect();
	assert_eq!(permits, [false, true, false, false]);
	assert_eq!(paid(&mut chain, NET).unwrap()[1], 0, "no weights, no pay for miners");

	// Commit in one epoch, reveal in the next.
	chain.ok(&validator.hotkey, calls::commit(NET, commitment));
	assert_eq!(
		chain.refused(&validator.hotkey, weights.reveal()),
		CANNOT_PAY,
		"too early to be revealed"
	);
	next_epoch(&mut chain, NET);
	chain.ok(&validator.hotkey, weights.reveal());
	let rows: Vec<(u16, Vec<(u16, u16)>)> = chain.ask("WeightsApi_weights", (NET, calls::MECHANISM));
	assert_eq!(rows, [(1, vec![(2, 300), (3, 100)])]);

	// The next epoch pays owner, miners and validators, and mints exactly what it pays.
	let height = chain.read(|| Emissions::next_epoch_block(NET)).unwrap();
	chain.empty(height - chain.height() - 1);
	let pending = chain.read(|| Emissions::accrued(NET));
	let carried = chain.read(|| pallet_emissions::Carried::<Runtime>::get(NET));
	let (issued, stake) = (
		chain.issuance(),
		chain.read(|| Staking::stake(NET, &validator.hotkey.id)),
	);
	let shares = [&validator, &nominator].map(|player| staked(&mut chain, &player.coldkey.id, &validator.hotkey.id));
	let before = [&owner, &validator, &nominator, &good, &fair].map(|player| chain.free(&player.coldkey));
	chain.empty(1);
	let after = [&owner, &validator, &nominator, &good, &fair].map(|player| chain.free(&player.coldkey));
	let got: Vec<Balance> = after.iter().zip(before).map(|(after, before)| after - before).collect();
	let (emission, minted) = completed(&mut chain, NET).unwrap();
	let [to_owner, to_miners, to_validators] = paid(&mut chain, NET).unwrap();

	assert_eq!(chain.issuance() - issued, minted);
	assert_eq!(minted, to_owner + to_miners + to_validators);
	// A block's part was added at the start of the epoch's own block.
	let block = emission - pending - carried;
	assert_eq!(
		block,
		GNG / 12 / 2,
		"twelve million are issued, so the reward is halved once"
	);
	let cut = part(pending + block, chain.read(OwnerCut::get));
	assert_eq!((got[0], to_owner), (cut, cut));
	let half = (emission - cut) / 2;
	assert!(
		half.abs_diff(to_miners) < 10_000 && half.abs_diff(to_validators) < 10_000,
		"{half} {to_miners} {to_validators}"
	);
	assert_eq!(got[3] + got[4], to_miners);
	assert!(
		(got[3] / 100).abs_diff(got[4] * 3 / 100) < to_miners / 65_535,
		"three to one: {got:?}"
	);
	let take = part(to_validators, 11_796);
	assert_eq!(got[1], take, "the operator's take is paid out");
	assert_eq!(got[2], 0, "dividends stay in the pool");
	let pool = chain.read(|| Staking::stake(NET, &validator.hotkey.id));
	assert_eq!(pool - stake, to_validators - take);
	let gains = [&validator, &nominator]
		.map(|player| staked(&mut chain, &player.coldkey.id, &validator.hotkey.id))
		.into_iter()
		.zip(shares)
		.map(|(after, before)| after - before)
		.collect::<Vec<_>>();
	assert!(
		gains[0].abs_diff(gains[1] * 2) <= 3,
		"two to one, as their shares: {gains:?}"
	);
	assert!(chain.read(|| Emissions::pending(NET)) < 10_000, "only dust is carried");
}

#[test]
fn a_commit_that_is_not_revealed_in_time_is_missed() {
	let mut network = network::Network::new();
	let (chain, validator) = (&mut network.chain, &network.validator);
	let weights = row(NET, &[(2, 1)], 1);
	let commitment = weights.commitment(genesis(chain), &validator.hotkey);
	chain.ok(&validator.hotkey, calls::commit(NET, commitment));
	next_epoch(chain, NET);
	next_epoch(chain, NET);
	let missed = RuntimeEvent::Weights(pallet_weights::Event::CommitMissed {
		netuid: NET,
		mechanism: calls::MECHANISM,
		hotkey: validator.hotkey.id.clone(),
		commitment,
		cause: pallet_weights::MissCause::Expired,
	});
	assert!(chain.events().contains(&missed), "{:?}", chain.events());
	assert_eq!(chain.refused(&validator.hotkey, weights.reveal()), CANNOT_PAY);
}

#[test]
fn a_commitment_of_another_key_or_chain_cannot_be_revealed() {
	let mut network = network::Network::new();
	let (chain, validator) = (&mut network.chain, &network.validator);
	let weights = row(NET, &[(2, 1)], 1);
	let genesis = genesis(chain);
	let of_another = weights.commitment(genesis, &network.miners[0].hotkey);
	let elsewhere = weights.commitment(Default::default(), &validator.hotkey);
	for commitment in [of_another, elsewhere] {
		chain.ok(&validator.hotkey, calls::commit(NET, commitment));
		chain.empty(5);
	}
	next_epoch(chain, NET);
	assert_eq!(chain.refused(&validator.hotkey, weights.reveal()), CANNOT_PAY);
}
