//! Keys on the whole runtime: an exchanged hotkey keeps everything, an announced coldkey gives nothing away by any path,
//! a hotkey never moves value, and commitments and trimmed slots leave nothing.

use crate::common::{
	calls::{self, row, MECHANISM},
	key,
	network::{join, next_epoch, player, Network, NET},
	Chain, Key, CANNOT_PAY,
};
use codec::Encode;
use ganglion_primitives::{CommitmentField, CommitmentFields, Hyperparameter, Metagraph, NetUid, GNG};
use ganglion_runtime::{
	configs::ProxyType,
	parameters::{ColdkeyDisputePeriod, ColdkeySwapDelay, ExistentialDeposit, HotkeySwapInterval},
	AccountId, Commitments, KeySwap, Neurons, Runtime, RuntimeCall, RuntimeEvent,
};
use ganglion_traits::{ColdkeyGuard, HotkeyInspect, NeuronInspect};
use pallet_key_swap::Call as Swap;
use sp_io::hashing::blake2_256;
use sp_runtime::{BoundedVec, DispatchError};

type Rows = Vec<(u16, Vec<(u16, u16)>)>;

fn swap_hotkey(old: &Key, new: &Key, netuid: Option<NetUid>) -> RuntimeCall {
	let (old, new) = (old.id.clone(), new.id.clone());
	Swap::swap_hotkey { old, new, netuid }.into()
}

fn transfer_stake(hotkey: &Key, to: &Key) -> RuntimeCall {
	let (hotkey, to) = (hotkey.id.clone(), to.id.clone());
	pallet_staking::Call::transfer_stake {
		hotkey,
		netuid: NET,
		to,
		amount: GNG,
	}
	.into()
}

fn move_stake(hotkey: &Key, to: &Key) -> RuntimeCall {
	let (hotkey, to_hotkey) = (hotkey.id.clone(), to.id.clone());
	pallet_staking::Call::move_stake {
		hotkey,
		netuid: NET,
		to_hotkey,
		to_netuid: NET,
		amount: GNG,
	}
	.into()
}

fn set_children(hotkey: &Key, child: &Key) -> RuntimeCall {
	let children = vec![(child.id.clone(), u16::MAX)];
	pallet_delegation::Call::set_children {
		netuid: NET,
		hotkey: hotkey.id.clone(),
		children: children.try_into().unwrap(),
	}
	.into()
}

fn announce(new: &Key) -> RuntimeCall {
	let new_hash = blake2_256(&new.id.encode()).into();
	Swap::announce_coldkey_swap { new_hash }.into()
}

fn swap_coldkey(coldkey: &Key, new: &Key) -> RuntimeCall {
	let (coldkey, new) = (coldkey.id.clone(), new.id.clone());
	Swap::swap_coldkey { coldkey, new }.into()
}

fn dispute() -> RuntimeCall {
	Swap::dispute_coldkey_swap {}.into()
}

fn cancel(coldkey: &Key) -> RuntimeCall {
	let coldkey = coldkey.id.clone();
	Swap::cancel_coldkey_swap { coldkey }.into()
}

fn commit(text: &str) -> RuntimeCall {
	let raw = CommitmentField::Raw(text.as_bytes().to_vec().try_into().unwrap());
	let (netuid, fields) = (NET, BoundedVec::truncate_from(vec![raw]));
	pallet_commitments::Call::set { netuid, fields }.into()
}

fn committed(chain: &mut Chain, hotkey: &Key) -> Option<(u32, CommitmentFields)> {
	chain.ask("CommitmentsApi_commitment", (NET, &hotkey.id))
}

fn delay(chain: &mut Chain) -> u32 {
	chain.read(ColdkeySwapDelay::get)
}

fn metagraph(chain: &mut Chain) -> Metagraph<AccountId> {
	chain
		.ask::<Option<Metagraph<AccountId>>>("MetagraphApi_metagraph", NET)
		.unwrap()
}

fn weights(chain: &mut Chain) -> Rows {
	chain.ask("WeightsApi_weights", (NET, MECHANISM))
}

#[test]
fn an_exchanged_validator_keeps_slot_stake_weights_and_permit() {
	let mut network = Network::new();
	let (bob, new) = (network.validator.clone(), key("new hotkey of Bob"));
	network.weigh(&bob, &row(NET, &[(2, 1), (3, 1)], 1));
	let chain = &mut network.chain;
	chain.ok(&bob.hotkey, calls::serve(NET, 7, 80));
	chain.ok(&bob.hotkey, commit("hf:bob/model"));
	let (before, rows, issuance) = (metagraph(chain), weights(chain), chain.issuance());
	assert!(before.validator_permit[1] > 0 && before.stake[1] >= 100_000_000_000);
	chain.ok(&bob.coldkey, swap_hotkey(&bob.hotkey, &new, None));
	let after = metagraph(chain);
	assert_eq!(
		(after.hotkeys[1].clone(), after.coldkeys[1].clone()),
		(new.id.clone(), bob.coldkey.id.clone())
	);
	assert_eq!(after.registered_at, before.registered_at);
	assert_eq!((after.stake, after.own_stake), (before.stake, before.own_stake));
	assert_eq!(
		(after.validator_permit, after.endpoint_ip),
		(before.validator_permit, before.endpoint_ip)
	);
	assert_eq!(weights(chain), rows);
	assert!(committed(chain, &new).is_some() && committed(chain, &bob.hotkey).is_none());
	assert!(issuance - chain.issuance() >= GNG / 10);
	// The old key can do nothing any more, the new one works on, free of charge.
	assert_eq!(chain.refused(&bob.hotkey, calls::serve(NET, 9, 80)), CANNOT_PAY);
	next_epoch(chain, NET);
	let row = row(NET, &[(2, 3), (3, 1)], 2);
	let genesis = crate::common::network::genesis(chain);
	chain.ok(&new, calls::commit(NET, row.commitment(genesis, &new)));
	next_epoch(chain, NET);
	chain.ok(&new, row.reveal());
	assert_eq!(
		chain.read(|| Neurons::coldkey(&bob.hotkey.id)),
		Some(bob.coldkey.id.clone())
	);
}

#[test]
fn hotkeys_are_exchanged_once_an_interval_and_only_by_their_owner() {
	let mut network = Network::new();
	let (bob, charlie) = (network.validator.clone(), network.miners[0].clone());
	let chain = &mut network.chain;
	let (one, two) = (key("one"), key("two"));
	let refused = |error: pallet_key_swap::Error<Runtime>| -> DispatchError { error.into() };
	use pallet_key_swap::Error::*;
	assert_eq!(
		chain.fails(&charlie.coldkey, swap_hotkey(&bob.hotkey, &one, None)),
		refused(NotOwned)
	);
	// Not onto a key that has a slot, or is somebody's.
	let taken = chain.fails(&bob.coldkey, swap_hotkey(&bob.hotkey, &charlie.hotkey, None));
	assert_eq!(taken, pallet_neurons::Error::<Runtime>::NotOwned.into());
	chain.ok(&bob.coldkey, swap_hotkey(&bob.hotkey, &one, Some(NET)));
	assert_eq!(
		chain.fails(&bob.coldkey, swap_hotkey(&one, &two, None)),
		refused(SwapRateLimited)
	);
	let interval = chain.read(HotkeySwapInterval::get);
	chain.empty(interval);
	chain.ok(&bob.coldkey, swap_hotkey(&one, &two, None));
	assert_eq!(metagraph(chain).hotkeys[1], two.id);
}

fn proxied(real: &Key, call: RuntimeCall) -> RuntimeCall {
	pallet_proxy::Call::proxy {
		real: real.id.clone().into(),
		force_proxy_type: None,
		call: Box::new(call),
	}
	.into()
}

fn proxy_result(chain: &mut Chain) -> Result<(), DispatchError> {
	let result = |event| match event {
		RuntimeEvent::Proxy(pallet_proxy::Event::ProxyExecuted { result }) => Some(result),
		_ => None,
	};
	chain.events().into_iter().find_map(result).unwrap()
}

/// Every call with which a thief who holds the key, or its proxy, would take something out.
fn thefts(bob: &Key, hotkey: &Key, thief: &Key) -> Vec<RuntimeCall> {
	vec![
		announce(thief),
		calls::transfer(thief, GNG),
		calls::transfer_all(thief),
		calls::register(NET, &key("a hotkey of the thief's choice")),
		calls::create(&key("another hotkey of the thief's")),
		calls::add_stake(NET, hotkey, GNG),
		swap_hotkey(hotkey, &key("the thief's hotkey"), None),
		transfer_stake(hotkey, thief),
		move_stake(hotkey, &player("Charlie").hotkey),
		set_children(hotkey, &player("Charlie").hotkey),
		pallet_utility::Call::batch_all {
			calls: vec![calls::transfer(thief, GNG)],
		}
		.into(),
		pallet_balances::Call::burn {
			value: GNG,
			keep_alive: true,
		}
		.into(),
		proxied(bob, calls::transfer(thief, GNG)),
	]
}

#[test]
fn an_announced_coldkey_gives_nothing_away() {
	let mut network = Network::new();
	let (bob, thief, safe) = (network.validator.clone(), key("Dave"), key("a safe place"));
	let chain = &mut network.chain;
	chain.ok(
		&bob.coldkey,
		pallet_proxy::Call::add_proxy {
			delegate: thief.id.clone().into(),
			proxy_type: ProxyType::Any,
			delay: 0,
		}
		.into(),
	);
	chain.ok(&bob.coldkey, announce(&safe));
	assert!(chain.read(|| KeySwap::is_guarded(&bob.coldkey.id)));
	let before = chain.free(&bob.coldkey);
	for theft in thefts(&bob.coldkey, &bob.hotkey, &thief) {
		// The key itself can't even pay a fee.
		assert_eq!(chain.refused(&bob.coldkey, theft.clone()), CANNOT_PAY, "{theft:?}");
		// A proxy pays for itself, and gets nothing out.
		let shown = format!("{theft:?}");
		// All that there is to transfer is nothing, which succeeds.
		let nothing = theft == calls::transfer_all(&thief);
		chain.ok(&thief, proxied(&bob.coldkey, theft));
		assert!(proxy_result(chain).is_err() != nothing, "{shown}");
		assert!(chain.free(&bob.coldkey) >= before, "{shown}");
	}
	assert!(
		chain.free(&bob.coldkey) >= before,
		"dividends come in, nothing goes out"
	);
	// The hotkey works on meanwhile.
	chain.ok(&bob.hotkey, calls::serve(NET, 7, 80));
}

#[test]
fn everything_goes_over_to_the_new_coldkey() {
	let mut network = Network::new();
	let (eve, bob, safe) = (network.owner.clone(), network.validator.clone(), key("a safe place"));
	let chain = &mut network.chain;
	let deposit = chain.read(ExistentialDeposit::get);
	chain.ok(&key("Alice"), calls::transfer(&safe, deposit));
	for old in [&bob.coldkey, &eve.coldkey] {
		// Alice//stash brings it in: whoever knows the key can, and nobody pays.
		chain.ok(old, announce(&safe));
	}
	let wait = delay(chain);
	chain.empty(wait);
	let stake = metagraph(chain).stake[1];
	chain.ok(&key("Alice//stash"), swap_coldkey(&bob.coldkey, &safe));
	assert!(chain.free(&safe) > 999_000 * GNG && chain.free(&bob.coldkey) == 0);
	let after = metagraph(chain);
	assert_eq!(
		(after.coldkeys[1].clone(), after.hotkeys[1].clone()),
		(safe.id.clone(), bob.hotkey.id.clone())
	);
	assert!(after.stake[1] >= stake);
	// Shares round down.
	let operators = after.stake[1] - 1..=after.stake[1];
	assert!(operators.contains(&after.own_stake[1]), "it is the new coldkey's own");
	assert!(!chain.read(|| KeySwap::is_guarded(&bob.coldkey.id)));
	let owned: Vec<AccountId> = chain.ask("KeysApi_owned_hotkeys", &safe.id);
	assert_eq!(owned, vec![bob.hotkey.id.clone()]);
	// The new one can take the stake out.
	chain.ok(&safe, calls::remove_stake(NET, &bob.hotkey, GNG));
	// It is in use now: a second coldkey can't go there.
	assert_eq!(
		chain.fails(&key("Alice"), swap_coldkey(&eve.coldkey, &safe)),
		pallet_key_swap::Error::<Runtime>::NewColdkeyInUse.into()
	);
}

#[test]
fn an_owners_subnet_goes_over_too() {
	let mut network = Network::new();
	let (eve, safe) = (network.owner.clone(), key("a safe place"));
	let chain = &mut network.chain;
	chain.ok(&key("Alice"), calls::transfer(&safe, GNG));
	chain.ok(&eve.coldkey, announce(&safe));
	let wait = delay(chain);
	chain.empty(wait);
	chain.ok(&key("Alice"), swap_coldkey(&eve.coldkey, &safe));
	let rules = || calls::set_hyperparameters(NET, &[Hyperparameter::ServingRateLimit(1)]);
	next_epoch(chain, NET);
	chain.ok(&safe, rules());
}

#[test]
fn a_dispute_stops_a_thief_and_costs_nothing() {
	let mut network = Network::new();
	let (bob, thief) = (network.validator.clone(), key("Dave"));
	let chain = &mut network.chain;
	// The thief has the key and announces his own.
	chain.ok(&bob.coldkey, announce(&thief));
	assert_eq!(chain.refused(&bob.coldkey, cancel(&bob.coldkey)), CANNOT_PAY);
	let before = chain.free(&bob.coldkey);
	chain.ok(&bob.coldkey, dispute());
	assert!(chain.free(&bob.coldkey) >= before);
	let wait = delay(chain);
	chain.empty(wait);
	let error = chain.fails(&thief, swap_coldkey(&bob.coldkey, &thief));
	assert_eq!(error, pallet_key_swap::Error::<Runtime>::Disputed.into());
	let period = chain.read(ColdkeyDisputePeriod::get);
	chain.empty(period);
	// Nobody decided: anybody ends it.
	chain.ok(&key("Ferdie"), cancel(&bob.coldkey));
	chain.ok(&bob.coldkey, calls::transfer(&key("a safe place"), GNG));
}

/// A multisig account has no key: whoever of its members knows the new one executes.
#[test]
fn a_multisig_can_be_exchanged_and_is_frozen_too() {
	let mut chain = Chain::development();
	let (bob, charlie, safe) = (key("Bob"), key("Charlie"), key("a safe place"));
	let mut members = [bob.id.clone(), charlie.id.clone()];
	members.sort();
	let together: AccountId = pallet_multisig::Pallet::<Runtime>::multi_account_id(&members, 1);
	chain.ok(
		&key("Alice"),
		pallet_balances::Call::transfer_allow_death {
			dest: together.clone().into(),
			value: 10 * GNG,
		}
		.into(),
	);
	chain.ok(&key("Alice"), calls::transfer(&safe, GNG));
	let alone = |call: RuntimeCall| -> RuntimeCall {
		pallet_multisig::Call::as_multi_threshold_1 {
			other_signatories: vec![charlie.id.clone()],
			call: Box::new(call),
		}
		.into()
	};
	chain.ok(&bob, alone(announce(&safe)));
	assert!(chain.block(&[(&bob, alone(calls::transfer(&bob, GNG)))])[0] != Ok(Ok(())));
	let wait = delay(&mut chain);
	chain.empty(wait);
	let call = Swap::swap_coldkey {
		coldkey: together.clone(),
		new: safe.id.clone(),
	};
	chain.ok(&charlie, call.into());
	assert!(chain.free(&safe) > 10 * GNG);
}

/// Hotkeys sign work; what they sign never moves what their coldkey has.
#[test]
fn a_hotkey_never_moves_value() {
	let mut network = Network::new();
	let bob = network.validator.clone();
	let chain = &mut network.chain;
	chain.ok(&key("Alice"), calls::transfer(&bob.hotkey, 1_000 * GNG));
	let before = chain.free(&bob.coldkey);
	let stake = metagraph(chain).own_stake[1];
	for call in [
		calls::register(NET, &key("any hotkey")),
		calls::create(&key("any other hotkey")),
		calls::add_stake(NET, &bob.hotkey, GNG),
		calls::remove_stake(NET, &bob.hotkey, GNG),
		transfer_stake(&bob.hotkey, &key("Dave")),
		move_stake(&bob.hotkey, &network.miners[0].hotkey),
		set_children(&bob.hotkey, &network.miners[0].hotkey),
		calls::set_take(&bob.hotkey, 0),
		swap_hotkey(&bob.hotkey, &key("any hotkey"), None),
		announce(&key("any coldkey")),
		pallet_subnets::Call::set_owner_hotkey {
			netuid: NET,
			hotkey: bob.hotkey.id.clone(),
		}
		.into(),
	] {
		let shown = format!("{call:?}");
		assert!(chain.block(&[(&bob.hotkey, call)])[0] != Ok(Ok(())), "{shown}");
	}
	assert!(chain.free(&bob.coldkey) >= before && metagraph(chain).own_stake[1] >= stake);
}

#[test]
fn commitments_are_free_within_the_quota_and_gone_with_the_slot() {
	let mut network = Network::new();
	let miner = network.miners[0].clone();
	let chain = &mut network.chain;
	// A hotkey has no funds: what is accepted was free.
	chain.ok(&miner.hotkey, commit("ipfs:one"));
	let found = committed(chain, &miner.hotkey).unwrap();
	assert_eq!(found.1.len(), 1);
	assert_eq!(chain.refused(&key("a stranger"), commit("x")), CANNOT_PAY);
	let mut accepted = 1;
	let mut again = || chain.block(&[(); 8].map(|()| (&miner.hotkey, commit("again"))));
	while accepted < 64 && again().iter().all(Result::is_ok) {
		accepted += 8;
	}
	assert!(accepted < 64, "the quota is the limit");
	chain.root(calls::set_hyperparameters(NET, &[Hyperparameter::ImmunityPeriod(0)]));
	let trim = pallet_neurons::Call::trim { netuid: NET, max: 3 };
	chain.root(trim.into());
	let left = metagraph(chain).hotkeys;
	assert_eq!(left.len(), 3);
	assert!(!left.contains(&miner.hotkey.id), "the earliest without emission goes");
	assert_eq!(committed(chain, &miner.hotkey), None);
	assert_eq!(chain.read(|| Commitments::columns(NET)).uids.len(), 0);
}

#[test]
fn trimming_keeps_weights_and_permits_of_those_who_stay() {
	let mut network = Network::new();
	let bob = network.validator.clone();
	network.weigh(&bob, &row(NET, &[(2, 1), (3, 3)], 1));
	let chain = &mut network.chain;
	next_epoch(chain, NET);
	chain.root(calls::set_hyperparameters(NET, &[Hyperparameter::ImmunityPeriod(0)]));
	let before = metagraph(chain);
	let ferdie = before.hotkeys[3].clone();
	chain.root(pallet_neurons::Call::trim { netuid: NET, max: 3 }.into());
	let after = metagraph(chain);
	assert_eq!(after.hotkeys[2], ferdie, "the better miner closes up");
	assert_eq!(
		(after.validator_permit[1], after.registered_at[2]),
		(1, before.registered_at[3])
	);
	assert_eq!(weights(chain), vec![(1, vec![(2, weights(chain)[0].1[0].1)])]);
	next_epoch(chain, NET);
	assert!(metagraph(chain).incentive[2] > 0);
	// The record says so: nobody joins without replacing somebody.
	join(chain, NET, &player("Dave"), 0);
	assert_eq!(chain.read(|| Neurons::count(NET)), 3);
}
