//! What proxies can't do: NonTransfer spend anything of its principal's, by whatever detour; each type anything but what it
//! is for.

use crate::common::{
	calls::{self, row},
	key,
	network::{join, player, Network, NET},
	Chain, Key,
};
use frame_support::traits::InstanceFilter;
use ganglion_primitives::{Hyperparameter, GNG};
use ganglion_runtime::{configs::ProxyType, Runtime, RuntimeCall, RuntimeEvent};
use sp_runtime::{DispatchError, DispatchResult};

fn proxied(real: &Key, call: RuntimeCall) -> RuntimeCall {
	pallet_proxy::Call::proxy {
		real: real.id.clone().into(),
		force_proxy_type: None,
		call: Box::new(call),
	}
	.into()
}

fn add_proxy(delegate: &Key, proxy_type: ProxyType) -> RuntimeCall {
	let delegate = delegate.id.clone().into();
	pallet_proxy::Call::add_proxy {
		delegate,
		proxy_type,
		delay: 0,
	}
	.into()
}

fn batch(calls: Vec<RuntimeCall>) -> RuntimeCall {
	pallet_utility::Call::batch_all { calls }.into()
}

fn derivative(call: RuntimeCall) -> RuntimeCall {
	let (index, call) = (0, Box::new(call));
	pallet_utility::Call::as_derivative { index, call }.into()
}

fn alone(with: &Key, call: RuntimeCall) -> RuntimeCall {
	pallet_multisig::Call::as_multi_threshold_1 {
		other_signatories: vec![with.id.clone()],
		call: Box::new(call),
	}
	.into()
}

/// What became of a call that `proxy` made for `real`.
fn done(chain: &mut Chain, proxy: &Key, real: &Key, call: RuntimeCall) -> DispatchResult {
	chain.ok(proxy, proxied(real, call));
	let result = |event| match event {
		RuntimeEvent::Proxy(pallet_proxy::Event::ProxyExecuted { result }) => Some(result),
		_ => None,
	};
	chain.events().into_iter().find_map(result).unwrap()
}

/// All calls that spend, or that make somebody else spend; `other` trusts the principal with everything.
fn spending(principal: &Key, proxy: &Key, other: &Key) -> Vec<RuntimeCall> {
	let theft = || calls::transfer(proxy, GNG);
	vec![
		theft(),
		calls::transfer_all(proxy),
		calls::register(NET, proxy),
		calls::create(proxy),
		calls::add_stake(NET, &player("Bob").hotkey, GNG),
		calls::sudo(theft()),
		batch(vec![theft()]),
		batch(vec![batch(vec![calls::register(NET, proxy)])]),
		derivative(theft()),
		alone(proxy, theft()),
		proxied(other, theft()),
		batch(vec![proxied(other, theft())]),
		add_proxy(proxy, ProxyType::Any),
		add_proxy(proxy, ProxyType::NonTransfer),
		pallet_proxy::Call::remove_proxies {}.into(),
		proxied(principal, theft()),
		pallet_session::Call::purge_keys {}.into(),
	]
}

#[test]
fn it_cannot_spend_by_any_detour() {
	let mut network = Network::new();
	let (bob, charlie, dave) = (key("Bob"), key("Charlie"), key("Dave"));
	let chain = &mut network.chain;
	chain.ok(&bob, add_proxy(&charlie, ProxyType::NonTransfer));
	chain.ok(&dave, add_proxy(&bob, ProxyType::Any));
	let (bobs, daves) = (chain.free(&bob), chain.free(&dave));
	let filtered: DispatchError = frame_system::Error::<Runtime>::CallFiltered.into();
	for call in spending(&bob, &charlie, &dave) {
		let shown = format!("{call:?}");
		assert_eq!(done(chain, &charlie, &bob, call), Err(filtered), "{shown}");
	}
	// Bob's take came in meanwhile.
	assert!(chain.free(&bob) >= bobs && chain.free(&dave) == daves);
}

#[test]
fn it_does_the_work_that_it_is_for() {
	let mut network = Network::new();
	let (eve, bob, charlie) = (network.owner.clone(), network.validator.clone(), key("Charlie"));
	let chain = &mut network.chain;
	for real in [&eve.coldkey, &bob.coldkey, &bob.hotkey] {
		// A hotkey needs money of its own for the deposit.
		chain.ok(&key("Alice"), calls::transfer(real, GNG));
		chain.ok(real, add_proxy(&charlie, ProxyType::NonTransfer));
	}
	let rules = calls::set_hyperparameters(NET, &[Hyperparameter::ServingRateLimit(1)]);
	assert_eq!(done(chain, &charlie, &eve.coldkey, rules), Ok(()));
	let work = vec![
		calls::set_take(&bob.hotkey, 1),
		calls::remove_stake(NET, &bob.hotkey, GNG),
	];
	assert_eq!(done(chain, &charlie, &bob.coldkey, batch(work)), Ok(()));
	let work = vec![calls::serve(NET, 1, 80), calls::commit(NET, Default::default())];
	assert_eq!(done(chain, &charlie, &bob.hotkey, batch(work)), Ok(()));
}

#[test]
fn the_list_is_what_it_says() {
	let hotkey = key("Bob");
	let work = [
		calls::serve(NET, 1, 80),
		calls::commit(NET, Default::default()),
		row(NET, &[(1, 1)], 1).reveal(),
		row(NET, &[(1, 1)], 1).set(),
		calls::remove_stake(NET, &hotkey, GNG),
		calls::withdraw(NET, &hotkey, 3),
		calls::set_take(&hotkey, 1),
		calls::set_hyperparameters(NET, &[Hyperparameter::Tempo(20)]),
		frame_system::Call::remark { remark: vec![1] }.into(),
	];
	for call in work {
		assert!(ProxyType::NonTransfer.filter(&call), "{call:?}");
		assert!(ProxyType::Any.filter(&call));
	}
	for call in [calls::activate(NET), calls::create(&hotkey)] {
		assert!(!ProxyType::NonTransfer.filter(&call), "{call:?}");
	}
}

/// A proxy for everything does what its principal can; the tests above would mean little otherwise.
#[test]
fn any_can_do_everything() {
	let mut chain = Chain::development();
	let (bob, charlie, eve) = (key("Bob"), key("Charlie"), player("Eve"));
	crate::common::network::create(&mut chain, &eve);
	chain.ok(&bob, add_proxy(&charlie, ProxyType::Any));
	for call in [
		calls::transfer(&charlie, GNG),
		calls::register(NET, &player("Bob").hotkey),
		calls::add_stake(NET, &player("Bob").hotkey, GNG),
		add_proxy(&key("Dave"), ProxyType::NonTransfer),
	] {
		assert_eq!(done(&mut chain, &charlie, &bob, call), Ok(()));
	}
	join(&mut chain, NET, &player("Ferdie"), 0);
}

const TYPES: [ProxyType; 10] = [
	ProxyType::Any,
	ProxyType::NonTransfer,
	ProxyType::Staking,
	ProxyType::Weights,
	ProxyType::Registration,
	ProxyType::SmallTransfer,
	ProxyType::Governance,
	ProxyType::ChildKeys,
	ProxyType::SwapHotkey,
	ProxyType::Owner,
];

/// A call, with every type beside `Any` that may make it.
fn table() -> Vec<(RuntimeCall, Vec<ProxyType>)> {
	use ProxyType::*;
	let (hotkey, thief) = (key("Bob"), key("Charlie"));
	let id = || hotkey.id.clone();
	vec![
		(calls::serve(NET, 1, 80), vec![NonTransfer, Weights]),
		(calls::commit(NET, Default::default()), vec![NonTransfer, Weights]),
		(row(NET, &[(1, 1)], 1).reveal(), vec![NonTransfer, Weights]),
		(row(NET, &[(1, 1)], 1).set(), vec![NonTransfer, Weights]),
		(
			pallet_commitments::Call::set {
				netuid: NET,
				fields: Default::default(),
			}
			.into(),
			vec![NonTransfer, Weights],
		),
		(
			pallet_neurons::Call::reset_bonds { netuid: NET }.into(),
			vec![NonTransfer, Weights],
		),
		(calls::add_stake(NET, &hotkey, GNG), vec![Staking]),
		(calls::remove_stake(NET, &hotkey, GNG), vec![NonTransfer, Staking]),
		(calls::withdraw(NET, &hotkey, 3), vec![NonTransfer, Staking]),
		(calls::set_take(&hotkey, 1), vec![NonTransfer]),
		(
			pallet_staking::Call::transfer_stake {
				hotkey: id(),
				netuid: NET,
				to: thief.id.clone(),
				amount: 1,
			}
			.into(),
			vec![],
		),
		(
			pallet_staking::Call::move_stake {
				hotkey: id(),
				netuid: NET,
				to_hotkey: thief.id.clone(),
				to_netuid: NET,
				amount: GNG,
			}
			.into(),
			vec![Staking],
		),
		(
			pallet_staking::Call::complete_move {
				coldkey: id(),
				hotkey: id(),
				netuid: NET,
				release_epoch: 3,
			}
			.into(),
			vec![NonTransfer, Staking],
		),
		(pallet_root_vote::Call::retract {}.into(), vec![NonTransfer, Weights]),
		(
			pallet_models::Call::declare {
				netuid: NET,
				hotkey: id(),
				profile: Default::default(),
				role: ganglion_primitives::Role::Serve,
				bond: GNG,
			}
			.into(),
			vec![Staking],
		),
		(
			pallet_models::Call::release {
				netuid: NET,
				hotkey: id(),
			}
			.into(),
			vec![NonTransfer, Staking],
		),
		(
			pallet_delegation::Call::set_children {
				netuid: NET,
				hotkey: id(),
				children: Default::default(),
			}
			.into(),
			vec![NonTransfer, ChildKeys],
		),
		(
			pallet_delegation::Call::set_auto_stake {
				netuid: NET,
				hotkey: None,
			}
			.into(),
			vec![Staking],
		),
		(calls::register(NET, &hotkey), vec![Registration]),
		(calls::transfer(&thief, GNG / 2 - 1), vec![SmallTransfer]),
		(calls::transfer(&thief, GNG / 2), vec![]),
		(
			batch(vec![calls::transfer(&thief, 1)]),
			vec![
				NonTransfer,
				Staking,
				Weights,
				Registration,
				Governance,
				ChildKeys,
				SwapHotkey,
				Owner,
			],
		),
		(calls::transfer_all(&thief), vec![]),
		(
			calls::set_hyperparameters(NET, &[Hyperparameter::Tempo(20)]),
			vec![NonTransfer, Owner],
		),
		(calls::start(NET), vec![NonTransfer, Owner]),
		(
			pallet_neurons::Call::trim { netuid: NET, max: 3 }.into(),
			vec![NonTransfer, Owner],
		),
		(
			pallet_subnets::Call::set_owner_hotkey {
				netuid: NET,
				hotkey: id(),
			}
			.into(),
			vec![],
		),
		(calls::create(&hotkey), vec![]),
		(calls::activate(NET), vec![]),
		(
			pallet_key_swap::Call::swap_hotkey {
				old: id(),
				new: thief.id.clone(),
				netuid: None,
			}
			.into(),
			vec![SwapHotkey],
		),
		(
			pallet_key_swap::Call::announce_coldkey_swap {
				new_hash: Default::default(),
			}
			.into(),
			vec![],
		),
		(pallet_key_swap::Call::dispute_coldkey_swap {}.into(), vec![]),
		(pallet_governance::Call::withdraw_candidacy {}.into(), vec![Governance]),
		(add_proxy(&thief, ProxyType::Any), vec![]),
		(alone(&thief, calls::transfer(&thief, 1)), vec![]),
		(calls::sudo(calls::activate(NET)), vec![]),
		(pallet_identity::Call::clear_identity {}.into(), vec![]),
		(pallet_session::Call::purge_keys {}.into(), vec![]),
	]
}

#[test]
fn every_type_is_the_list_that_it_says() {
	for (call, allowed) in table() {
		for one in TYPES {
			let expected = one == ProxyType::Any || allowed.contains(&one);
			assert_eq!(one.filter(&call), expected, "{one:?}: {call:?}");
		}
	}
}

/// A type that is said to include another can do all that it can.
#[test]
fn supersets_are_supersets() {
	for (whole, part) in TYPES.iter().flat_map(|whole| TYPES.map(|part| (whole, part))) {
		assert!(whole.is_superset(whole));
		let includes = table().iter().all(|(call, _)| !part.filter(call) || whole.filter(call));
		if whole.is_superset(&part) {
			assert!(includes, "{whole:?} does not include {part:?}");
		}
	}
	assert!(!ProxyType::NonTransfer.is_superset(&ProxyType::Any));
	assert!(!ProxyType::NonTransfer.is_superset(&ProxyType::Staking));
}

#[test]
fn small_transfers_are_small_and_come_alone() {
	let mut chain = Chain::development();
	let (bob, charlie, dave) = (key("Bob"), key("Charlie"), key("Dave"));
	chain.ok(&bob, add_proxy(&charlie, ProxyType::SmallTransfer));
	let filtered: DispatchError = frame_system::Error::<Runtime>::CallFiltered.into();
	let before = chain.free(&dave);
	assert_eq!(
		done(&mut chain, &charlie, &bob, calls::transfer(&dave, GNG / 2 - 1)),
		Ok(())
	);
	assert_eq!(chain.free(&dave), before + GNG / 2 - 1);
	for call in [
		calls::transfer(&dave, GNG / 2),
		batch(vec![calls::transfer(&dave, 1)]),
		calls::transfer_all(&dave),
	] {
		assert_eq!(done(&mut chain, &charlie, &bob, call), Err(filtered));
	}
}

/// The filter goes into batches: a type gets no further by wrapping.
#[test]
fn batches_carry_the_filter_on() {
	let mut network = Network::new();
	let (bob, charlie) = (network.validator.clone(), key("Charlie"));
	let chain = &mut network.chain;
	chain.ok(&bob.coldkey, add_proxy(&charlie, ProxyType::Staking));
	let filtered: DispatchError = frame_system::Error::<Runtime>::CallFiltered.into();
	let staking = || calls::add_stake(NET, &bob.hotkey, GNG);
	assert_eq!(
		done(chain, &charlie, &bob.coldkey, batch(vec![staking(), staking()])),
		Ok(())
	);
	let mixed = batch(vec![staking(), calls::transfer(&charlie, GNG)]);
	assert_eq!(done(chain, &charlie, &bob.coldkey, mixed), Err(filtered));
}
