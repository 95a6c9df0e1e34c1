//! Transfers, and what wraps other calls: batches, proxies, multisigs.

use super::Kind;
use crate::{
	common::{calls, Key},
	world::World,
};
use frame_support::{traits::InstanceFilter, weights::Weight};
use ganglion_primitives::GNG;
use ganglion_runtime::{configs::ProxyType, AccountId, Runtime, RuntimeCall};
use pallet_multisig::Call as Multisig;
use pallet_proxy::Call as Proxy;
use pallet_utility::Call as Utility;

pub const KINDS: &[Kind] = &[
	("transfer", 5),
	("transfer all", 1),
	("gift to the poorest", 6),
	("batch", 2),
	("batch all", 2),
	("force batch", 2),
	("proxy add", 2),
	("proxy", 5),
	("proxy remove", 1),
	("multisig", 3),
];

/// Two of these three coldkeys sign together.
const SIGNATORIES: [usize; 3] = [5, 6, 7];

pub fn call(world: &mut World, kind: &str) -> Option<(Key, RuntimeCall)> {
	let made = match kind {
		"transfer" => transfer(world),
		"transfer all" => {
			// Seldom: who has nothing can't do much else.
			let from = if world.dice.one_in(6) {
				world.coldkey()
			} else {
				world.hotkey()
			};
			if world.sensible && world.chain.free(&from) == 0 {
				return None;
			}
			(from, calls::transfer_all(&world.coldkey()))
		}
		"gift to the poorest" => (world.root.clone(), calls::transfer(&world.poorest(), 400 * GNG)),
		"batch" | "batch all" | "force batch" => batch(world, kind),
		"proxy add" => proxy_add(world),
		"proxy remove" => proxy_remove(world)?,
		"proxy" => proxied(world)?,
		_ => multisig(world),
	};
	Some(made)
}

fn transfer(world: &mut World) -> (Key, RuntimeCall) {
	let to = if world.sensible {
		world.coldkey()
	} else {
		world.hotkey()
	};
	let amount = amount(world);
	(world.coldkey(), calls::transfer(&to, amount))
}

/// What a coldkey has, mostly.
fn amount(world: &mut World) -> u128 {
	if world.sensible {
		GNG / 100 + u128::from(world.dice.below(900_000_000))
	} else {
		world.dice.amount()
	}
}

/// Something that a coldkey can do for itself.
fn simple(world: &mut World, coldkey: &Key) -> RuntimeCall {
	let (netuid, amount) = (world.netuid(), amount(world));
	let hotkey = world.neuron(netuid);
	match world.dice.below(8) {
		0 => calls::transfer(&world.coldkey(), amount),
		1 => calls::transfer(&world.coldkey(), amount % (GNG / 2)),
		2 => calls::register(netuid, &world.hotkey()),
		3 if !world.sensible => calls::transfer_all(coldkey),
		4 => calls::set_take(&world.hotkey(), world.dice.below(11_000) as u16),
		5 => frame_system::Call::remark_with_event { remark: vec![1, 2, 3] }.into(),
		6 => super::staking::removal_of(world, coldkey).unwrap_or_else(|| calls::add_stake(netuid, &hotkey, GNG)),
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

fn proxy_type(world: &mut World) -> ProxyType {
	use ProxyType::*;
	let all = [
		Any,
		NonTransfer,
		Staking,
		Weights,
		Registration,
		SmallTransfer,
		Governance,
		ChildKeys,
		SwapHotkey,
		Owner,
	];
	*world.dice.pick(&all).unwrap()
}

fn proxy_add(world: &mut World) -> (Key, RuntimeCall) {
	let (principal, mut delegate) = (world.coldkey(), world.coldkey());
	if delegate.id == principal.id {
		delegate = world.hotkey();
	}
	let (delegate, proxy_type, delay) = (delegate.id.into(), proxy_type(world), 0);
	let call = Proxy::add_proxy {
		delegate,
		proxy_type,
		delay,
	};
	(principal, call.into())
}

fn proxy_remove(world: &mut World) -> Option<(Key, RuntimeCall)> {
	let (principal, delegate, proxy_type) = known_proxy(world)?;
	let (delegate, delay) = (delegate.id.into(), 0);
	let call = Proxy::remove_proxy {
		delegate,
		proxy_type,
		delay,
	};
	Some((principal, call.into()))
}

/// One that exists: principal, delegate, type.
fn known_proxy(world: &mut World) -> Option<(Key, Key, ProxyType)> {
	let known: Vec<(AccountId, AccountId, ProxyType)> = world.chain.read(|| {
		let of = |(real, (list, _)): (AccountId, (frame_support::BoundedVec<_, _>, u128))| {
			let list: Vec<pallet_proxy::ProxyDefinition<AccountId, ProxyType, u32>> = list.into_inner();
			list.into_iter()
				.map(move |one| (real.clone(), one.delegate, one.proxy_type))
		};
		pallet_proxy::Proxies::<Runtime>::iter().flat_map(of).collect()
	});
	let (real, delegate, kind) = world.dice.pick(&known)?.clone();
	Some((world.key_of(&real)?, world.key_of(&delegate)?, kind))
}

/// What the proxy may, if that can be found; what he may not where no sense is asked for.
fn proxied(world: &mut World) -> Option<(Key, RuntimeCall)> {
	let (principal, delegate, kind) = known_proxy(world)?;
	let wanted = world.sensible;
	let mut tries = (0..8).map(|_| simple(world, &principal));
	let call = tries.find(|call| kind.filter(call) == wanted)?;
	let (real, force_proxy_type, call) = (principal.id.into(), None, Box::new(call));
	let call = Proxy::proxy {
		real,
		force_proxy_type,
		call,
	};
	Some((delegate, call.into()))
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
	let open = world
		.chain
		.read(|| pallet_multisig::Multisigs::<Runtime>::get(&account, hash));
	let call = Multisig::as_multi {
		threshold: 2,
		other_signatories: all.into_iter().filter(|id| id != &signer.id).collect(),
		maybe_timepoint: open.map(|open| open.when),
		call: Box::new(call),
		max_weight: Weight::from_parts(10_000_000_000, 100_000),
	};
	(signer, call.into())
}
