//! Transfers, and what wraps other calls: batches, proxies, multisigs.

use super::Kind;
use crate::{
	common::{calls, Key},
	world::World,
};
use ganglion_primitives::GNG;
use ganglion_runtime::{configs::ProxyType, AccountId, Runtime, RuntimeCall};
use pallet_multisig::Call as Multisig;
use pallet_proxy::Call as Proxy;
use pallet_utility::Call as Utility;

pub const KINDS: &[Kind] = &[
	("transfer", 5),
	("transfer all", 1),
	("gift to the poor", 6),
	("batch", 2),
	("batch all", 2),
	("force batch", 2),
	("proxy add", 2),
	("proxy", 5),
	("proxy remove", 1),
	("multisig", 3),
];

/// Two of three coldkeys.
const SIGNATORIES: [usize; 3] = [5, 6, 7];

pub fn call(world: &mut World, kind: &str) -> (Key, RuntimeCall) {
	match kind {
		"transfer" => transfer(world),
		"transfer all" => {
			let from = if world.dice.one_in(2) { world.hotkey() } else { world.coldkey() };
			(from, calls::transfer_all(&world.coldkey()))
		}
		"gift to the poor" => (world.root.clone(), calls::transfer(&world.coldkey(), 500 * GNG)),
		"batch" | "batch all" | "force batch" => batch(world, kind),
		"proxy add" => {
			let (principal, delegate, proxy_type) = (world.coldkey(), delegate(world), proxy_type(world));
			let (delegate, delay) = (delegate.into(), 0);
			(
				principal,
				Proxy::add_proxy {
					delegate,
					proxy_type,
					delay,
				}
				.into(),
			)
		}
		"proxy remove" => {
			let (principal, _, proxy_type) = known_proxy(world);
			let (delegate, delay) = (delegate(world).into(), 0);
			(
				principal,
				Proxy::remove_proxy {
					delegate,
					proxy_type,
					delay,
				}
				.into(),
			)
		}
		"proxy" => {
			let (principal, delegate, _) = known_proxy(world);
			let call = simple(world, &principal);
			let (real, force_proxy_type, call) = (principal.id.into(), None, Box::new(call));
			(
				delegate,
				Proxy::proxy {
					real,
					force_proxy_type,
					call,
				}
				.into(),
			)
		}
		_ => multisig(world),
	}
}

fn transfer(world: &mut World) -> (Key, RuntimeCall) {
	let to = if world.dice.one_in(5) { world.hotkey() } else { world.coldkey() };
	let amount = world.dice.amount();
	(world.coldkey(), calls::transfer(&to, amount))
}

/// Something that a coldkey can do for itself.
fn simple(world: &mut World, coldkey: &Key) -> RuntimeCall {
	let (netuid, amount) = (world.netuid(), world.dice.amount());
	let hotkey = world.neuron(netuid);
	match world.dice.below(6) {
		0 => calls::transfer(&world.coldkey(), amount),
		1 => calls::add_stake(netuid, &hotkey, amount),
		2 => calls::remove_stake(netuid, &hotkey, amount),
		3 => calls::register(netuid, &hotkey),
		4 => calls::transfer_all(coldkey),
		_ => calls::add_stake(netuid, &hotkey, GNG),
	}
}

fn batch(world: &mut World, kind: &str) -> (Key, RuntimeCall) {
	let signer = world.coldkey();
	let calls = (0..1 + world.dice.below(3)).map(|_| simple(world, &signer)).collect();
	let call = match kind {
		"batch" => Utility::batch { calls },
		"batch all" => Utility::batch_all { calls },
		_ => Utility::force_batch { calls },
	};
	(signer, call.into())
}

fn delegate(world: &mut World) -> AccountId {
	world.coldkeys[world.dice.below(3) as usize].id.clone()
}

fn proxy_type(world: &mut World) -> ProxyType {
	use ProxyType::*;
	let all = [
		Any, NonTransfer, Staking, Weights, Registration, SmallTransfer, Governance, ChildKeys, SwapHotkey, Owner,
	];
	*world.dice.pick(&all).unwrap()
}

/// One that exists, mostly: principal, delegate, type.
fn known_proxy(world: &mut World) -> (Key, Key, ProxyType) {
	let known: Vec<(AccountId, AccountId, ProxyType)> = world.chain.read(|| {
		pallet_proxy::Proxies::<Runtime>::iter()
			.flat_map(|(real, (list, _))| list.into_iter().map(move |one| (real.clone(), one.delegate, one.proxy_type)))
			.collect()
	});
	let picked = world.dice.pick(&known).cloned();
	let keys = picked.and_then(|(real, delegate, kind)| Some((world.key_of(&real)?, world.key_of(&delegate)?, kind)));
	keys.unwrap_or_else(|| (world.coldkey(), world.coldkey(), ProxyType::Any))
}

/// Two of three sign a call, one after the other.
fn multisig(world: &mut World) -> (Key, RuntimeCall) {
	let mut all: Vec<AccountId> = SIGNATORIES.map(|i| world.coldkeys[i].id.clone()).to_vec();
	all.sort();
	let account = pallet_multisig::Pallet::<Runtime>::multi_account_id(&all, 2);
	if world.dice.one_in(4) {
		let dest = account.into();
		let call = pallet_balances::Call::transfer_allow_death { dest, value: 20 * GNG };
		return (world.root.clone(), call.into());
	}
	let signer = world.coldkeys[SIGNATORIES[world.dice.below(3) as usize]].clone();
	// Few calls, so that two often sign the same.
	let value = GNG + u128::from(world.dice.below(2));
	let call: RuntimeCall = calls::transfer(&world.coldkeys[0].clone(), value);
	let hash = sp_io::hashing::blake2_256(&codec::Encode::encode(&call));
	let maybe_timepoint = world
		.chain
		.read(|| pallet_multisig::Multisigs::<Runtime>::get(&account, hash))
		.map(|open| open.when);
	let call = Multisig::as_multi {
		threshold: 2,
		other_signatories: all.into_iter().filter(|id| id != &signer.id).collect(),
		maybe_timepoint,
		call: Box::new(call),
		max_weight: frame_support::weights::Weight::from_parts(10_000_000_000, 100_000),
	};
	(signer, call.into())
}
