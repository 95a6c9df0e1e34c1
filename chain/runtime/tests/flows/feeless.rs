//! What succeeds is free for hotkeys without a token; what would fail is never free, and gets into no block.

use crate::common::{
	calls::{self, row},
	key,
	network::{player, Network, NET},
	Chain, Key, CANNOT_PAY, STALE,
};
use ganglion_primitives::{Hyperparameter, GNG};
use ganglion_runtime::{Hash, Runtime, RuntimeCall, RuntimeEvent, System};
use sp_runtime::DispatchError;

/// 1,000 calls of every kind that is feeless, none of which can succeed.
fn a_thousand(failing: &[RuntimeCall]) -> impl Iterator<Item = &RuntimeCall> {
	failing.iter().cycle().take(1_000)
}

/// Not one of the calls is valid for the pool, and not one enters a block, whatever their nonces.
fn none_gets_in(chain: &mut Chain, signer: &Key, failing: &[RuntimeCall]) {
	let nonce = chain.read(|| System::account_nonce(&signer.id));
	// Half of them with the next nonce, as a spammer would, and half with one after the other.
	let extrinsics: Vec<_> = (0u32..)
		.zip(a_thousand(failing))
		.map(|(number, call)| chain.sign(signer, call.clone(), number.saturating_sub(500)))
		.collect();
	for extrinsic in &extrinsics {
		assert_eq!(chain.validate(extrinsic), Err(CANNOT_PAY));
	}
	let issued = chain.issuance();
	assert_eq!(chain.block_of(&extrinsics), vec![Err(CANNOT_PAY); 1_000]);
	assert_eq!(chain.body.len(), 1, "only the timestamp is in the block");
	assert_eq!(chain.issuance(), issued);
	assert_eq!(chain.read(|| System::account_nonce(&signer.id)), nonce);
}

#[test]
fn a_thousand_failing_calls_of_an_unregistered_key_enter_no_block() {
	let mut network = Network::new();
	let weights = row(NET, &[(2, 1)], 1);
	let failing = [
		weights.set(),
		weights.reveal(),
		calls::commit(NET, Hash::repeat_byte(1)),
		calls::serve(NET, 1, 1),
	];
	none_gets_in(&mut network.chain, &key("nobody"), &failing);
}

#[test]
fn a_thousand_failing_calls_of_a_rate_limited_key_enter_no_block() {
	let mut network = Network::new();
	let off = [
		Hyperparameter::CommitRevealOn(false),
		Hyperparameter::WeightsRateLimit(1_000),
	];
	network.chain.root(calls::set_hyperparameters(NET, &off));
	let weights = row(NET, &[(2, 1)], 1);
	let signer = network.validator.hotkey.clone();
	network.chain.ok(&signer, weights.set());
	network.chain.ok(&signer, calls::serve(NET, 1, 1));
	none_gets_in(&mut network.chain, &signer, &[weights.set(), calls::serve(NET, 1, 2)]);
}

#[test]
fn a_thousand_commits_beyond_the_rate_limit_enter_no_block() {
	let mut network = Network::new();
	let signer = network.validator.hotkey.clone();
	network.chain.ok(&signer, calls::commit(NET, Hash::repeat_byte(1)));
	none_gets_in(&mut network.chain, &signer, &[calls::commit(NET, Hash::repeat_byte(2))]);
}

#[test]
fn of_several_in_one_block_only_the_first_gets_in() {
	let mut network = Network::new();
	let (chain, signer) = (&mut network.chain, &network.validator.hotkey);
	let commits: Vec<_> = (0..10)
		.map(|i| chain.sign(signer, calls::commit(NET, Hash::repeat_byte(i)), i.into()))
		.collect();
	// Each is free by the state of the head, and the pool takes them all; in the block the first changes that.
	let results = chain.block_of(&commits);
	assert_eq!(results[0], Ok(Ok(())));
	assert!(results[1..].iter().all(Result::is_err), "{results:?}");
	assert_eq!(results[1], Err(CANNOT_PAY));
	assert_eq!(chain.body.len(), 2);
}

#[test]
fn success_is_free_and_needs_no_token() {
	let mut network = Network::new();
	let (chain, signer) = (&mut network.chain, &network.validator.hotkey);
	assert_eq!(chain.free(signer), 0);
	let issued = chain.issuance();
	let steps = [
		calls::serve(NET, 0x0102_0304, 8_091),
		calls::commit(NET, Hash::repeat_byte(1)),
	];
	for (nonce, call) in (1..).zip(steps) {
		chain.ok(signer, call);
		let skipped = |event: &RuntimeEvent| matches!(event, RuntimeEvent::SkipFeelessPayment(_));
		assert!(chain.events().iter().any(skipped), "{:?}", chain.events());
		assert_eq!(chain.read(|| System::account_nonce(&signer.id)), nonce);
	}
	assert_eq!(
		(chain.free(signer), chain.issuance()),
		(0, issued),
		"nobody paid anything"
	);
}

#[test]
fn a_failing_call_of_a_key_with_funds_costs_it_the_fee() {
	let mut network = Network::new();
	let (chain, rich) = (&mut network.chain, &key("Alice//stash"));
	let (before, issued) = (chain.free(rich), chain.issuance());
	let error = chain.fails(rich, calls::commit(NET, Hash::repeat_byte(1)));
	assert!(matches!(error, DispatchError::Module(_)), "{error:?}");
	let fee = before - chain.free(rich);
	assert!(fee > 0);
	assert_eq!(issued - chain.issuance(), fee, "fees are burned");
}

#[test]
fn a_feeless_call_inside_another_is_not_free() {
	let mut network = Network::new();
	let (chain, signer) = (&mut network.chain, &network.validator.hotkey);
	let calls = vec![calls::commit(NET, Hash::repeat_byte(1))];
	assert_eq!(
		chain.refused(signer, pallet_utility::Call::batch { calls }.into()),
		CANNOT_PAY
	);
}

#[test]
fn a_hotkeys_nonce_survives_an_empty_account() {
	let mut network = Network::new();
	let (chain, signer) = (&mut network.chain, &network.validator.hotkey);
	let first = chain.sign(signer, calls::commit(NET, Hash::repeat_byte(1)), 0);
	assert_eq!(chain.block_of(std::slice::from_ref(&first)), [Ok(Ok(()))]);
	// Somebody sends it a token, and it sends everything away: its balance is gone, its account is not.
	let bob = &network.validator.coldkey;
	chain.ok(bob, calls::transfer(signer, GNG));
	chain.ok(signer, calls::transfer_all(bob));
	assert_eq!(chain.free(signer), 0);
	assert_eq!(chain.read(|| System::account_nonce(&signer.id)), 2);
	chain.empty(20);
	assert_eq!(
		chain.block_of(std::slice::from_ref(&first)),
		[Err(STALE)],
		"no old transaction can be used again"
	);
	assert_eq!(chain.validate(&first), Err(STALE));
}

#[test]
fn a_replaced_hotkeys_transactions_cannot_be_replayed() {
	let mut network = Network::new();
	let (chain, old) = (&mut network.chain, &network.miners[1]);
	let served = chain.sign(&old.hotkey, calls::serve(NET, 1, 1), 0);
	assert_eq!(chain.block_of(std::slice::from_ref(&served)), [Ok(Ok(()))]);
	let tight = [
		Hyperparameter::MaxAllowedUids(4),
		Hyperparameter::MinNonImmuneUids(0),
		Hyperparameter::ImmunityPeriod(0),
	];
	chain.root(calls::set_hyperparameters(NET, &tight));
	let stash = player("Ferdie//stash");
	while chain.read(|| pallet_neurons::Uids::<Runtime>::contains_key(NET, &old.hotkey.id)) {
		let newcomer = key(&format!("newcomer {}", chain.height()));
		chain.ok(&stash.coldkey, calls::register(NET, &newcomer));
	}
	// It comes back under the same key, with the same nonce as it left.
	chain.ok(&old.coldkey, calls::register(NET, &old.hotkey));
	assert_eq!(chain.read(|| System::account_nonce(&old.hotkey.id)), 1);
	assert_eq!(chain.block_of(&[served]), [Err(STALE)]);
}
