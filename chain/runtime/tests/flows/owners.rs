//! What the owner of a subnet can't do to those who take part in it.

use crate::common::{
	calls::{self, row, MECHANISM},
	key,
	network::{epoch, genesis, next_epoch, Network, NET},
};
use ganglion_primitives::{Hyperparameter, GNG};
use ganglion_runtime::{Balance, Runtime};

type Rows = Vec<(u16, Vec<(u16, u16)>)>;

#[test]
fn void_weights_that_are_committed() {
	for change in [
		Hyperparameter::WeightsVersionKey(u64::MAX),
		Hyperparameter::MinAllowedWeights(4),
		Hyperparameter::CommitRevealOn(false),
		Hyperparameter::RevealPeriodEpochs(100),
	] {
		let mut network = Network::new();
		let (owner, bob) = (network.owner.clone(), network.validator.clone());
		let chain = &mut network.chain;
		let judged = row(NET, &[(2, 3), (3, 1)], 1);
		let commitment = judged.commitment(genesis(chain), &bob.hotkey);
		chain.ok(&bob.hotkey, calls::commit(NET, commitment));
		chain.ok(
			&owner.coldkey,
			calls::set_hyperparameters(NET, core::slice::from_ref(&change)),
		);
		next_epoch(chain, NET);
		let before = chain.free(&bob.hotkey);
		chain.ok(&bob.hotkey, judged.reveal());
		assert_eq!(chain.free(&bob.hotkey), before, "a reveal is free: {change:?}");
		let rows: Rows = chain.ask("WeightsApi_weights", (NET, MECHANISM));
		assert_eq!(rows, [(1, vec![(2, 3), (3, 1)])], "{change:?}");
	}
}

#[test]
fn keep_stake_that_is_unbonding_by_a_raise_of_the_tempo() {
	let mut network = Network::new();
	let (owner, bob, dave) = (network.owner.clone(), network.validator.clone(), key("Dave"));
	let chain = &mut network.chain;
	chain.ok(&dave, calls::add_stake(NET, &bob.hotkey, 40 * GNG));
	chain.ok(&dave, calls::remove_stake(NET, &bob.hotkey, Balance::MAX));
	let (release, removed_at) = (epoch(chain, NET) + 3, chain.height());
	chain.ok(
		&owner.coldkey,
		calls::set_hyperparameters(NET, &[Hyperparameter::Tempo(50_400)]),
	);
	let withdraw = || calls::withdraw(NET, &bob.hotkey, release);
	let early = pallet_staking::Error::<Runtime>::NotReleased.into();
	assert_eq!(chain.fails(&dave, withdraw()), early);
	// Three epochs of ten blocks: the withdrawal is in the block of the last.
	chain.empty(removed_at + 30 - chain.height() - 1);
	assert!(epoch(chain, NET) < release);
	chain.ok(&dave, withdraw());
}
