//! Stake: in, out, moved, given away, how it is shared and through whom it votes.

use super::Kind;
use crate::{
	common::{calls, Key},
	world::World,
};
use ganglion_primitives::{Hyperparameters, NetUid, Position, GNG};
use ganglion_runtime::{AccountId, Delegation, Runtime, RuntimeCall, Staking, Subnets};
use ganglion_traits::{StakeInspect, SubnetInspect};
use pallet_staking::Call;
use sp_runtime::BoundedVec;

pub const KINDS: &[Kind] = &[
	("add stake", 12),
	("remove stake", 8),
	("withdraw", 8),
	("take", 3),
	("transfer stake", 4),
	("move stake", 5),
	("complete move", 4),
	("set children", 5),
	("set child take", 2),
	("set auto-stake", 2),
	("drop parent", 1),
	("set refusing", 1),
];

pub fn call(world: &mut World, kind: &str) -> Option<(Key, RuntimeCall)> {
	match kind {
		"add stake" => Some(add(world)),
		"remove stake" => {
			let coldkey = world.coldkey();
			let call = removal_of(world, &coldkey)?;
			Some((coldkey, call))
		}
		"withdraw" => withdrawal(world),
		"take" => {
			let (hotkey, owner) = world.owned()?;
			let take = world.dice.below(12_500) as u16;
			Some((owner, calls::set_take(&hotkey, take)))
		}
		"transfer stake" => {
			let (coldkey, position, amount) = some_stake(world)?;
			let (hotkey, netuid, to) = (position.hotkey, position.netuid, world.coldkey().id);
			let on = |h: Hyperparameters| h.transfer_on;
			let possible = to != coldkey.id && world.chain.read(|| Subnets::hyperparameters(netuid).is_some_and(on));
			if world.sensible && !possible {
				return None;
			}
			let call = Call::transfer_stake {
				hotkey,
				netuid,
				to,
				amount,
			};
			Some((coldkey, call.into()))
		}
		"move stake" => {
			let (coldkey, position, amount) = some_stake(world)?;
			let to_netuid = world.netuid();
			let to_hotkey = world.neuron(to_netuid).id;
			let call = Call::move_stake {
				hotkey: position.hotkey,
				netuid: position.netuid,
				to_hotkey,
				to_netuid,
				amount,
			};
			Some((coldkey, call.into()))
		}
		"complete move" => completion(world),
		"set children" => children(world),
		"set child take" => {
			let netuid = world.netuid();
			let hotkey = world.neuron(netuid);
			let take = world.dice.below(11_900) as u16;
			let (owner, hotkey) = (world.owner_of(&hotkey), hotkey.id);
			Some((
				owner,
				pallet_delegation::Call::set_child_take { netuid, hotkey, take }.into(),
			))
		}
		"drop parent" => {
			let pairs: Vec<(NetUid, AccountId, AccountId)> = world.chain.read(|| {
				let all = pallet_delegation::Parents::<Runtime>::iter();
				all.flat_map(|(netuid, child, parents)| {
					parents.into_iter().map(move |parent| (netuid, child.clone(), parent))
				})
				.collect()
			});
			let (netuid, hotkey, parent) = world.dice.pick(&pairs)?.clone();
			let owner = world.owner(&hotkey)?;
			let call = pallet_delegation::Call::drop_parent { netuid, hotkey, parent };
			Some((owner, call.into()))
		}
		"set refusing" => {
			let netuid = world.netuid();
			let hotkey = world.neuron(netuid);
			let (owner, refuses, hotkey) = (world.owner_of(&hotkey), world.dice.one_in(2), hotkey.id);
			let call = pallet_delegation::Call::set_refusing {
				netuid,
				hotkey,
				refuses,
			};
			Some((owner, call.into()))
		}
		_ => {
			let netuid = world.netuid();
			let hotkey = (!world.dice.one_in(3)).then(|| world.neuron(netuid).id);
			Some((
				world.coldkey(),
				pallet_delegation::Call::set_auto_stake { netuid, hotkey }.into(),
			))
		}
	}
}

/// Up to three children of a hotkey, or none any more.
fn children(world: &mut World) -> Option<(Key, RuntimeCall)> {
	let (netuid, hotkey) = match world.sensible {
		true => parent(world)?,
		false => (world.netuid(), world.hotkey().id),
	};
	let owner = world.owner(&hotkey)?;
	let mut children = vec![];
	for _ in 0..world.dice.below(4) {
		let child = world.neuron(netuid).id;
		let parent = || pallet_delegation::Delegations::<Runtime>::contains_key(netuid, &child);
		let able = !world.sensible || !world.chain.read(parent);
		if able && child != hotkey && children.iter().all(|(id, _)| *id != child) {
			children.push((child, (world.dice.roll() % 20_000) as u16 + 1));
		}
	}
	let children = BoundedVec::truncate_from(children);
	let call = pallet_delegation::Call::set_children {
		netuid,
		hotkey,
		children,
	};
	Some((owner, call.into()))
}

/// A hotkey with enough own stake that is nobody's child, and where.
fn parent(world: &mut World) -> Option<(NetUid, AccountId)> {
	let found: Vec<(NetUid, AccountId)> = world.chain.read(|| {
		let able = |netuid: NetUid, id: &AccountId| {
			let child = pallet_delegation::Parents::<Runtime>::contains_key(netuid, id);
			!child && Delegation::own_stake(netuid, id) >= GNG
		};
		let hotkeys: Vec<AccountId> = pallet_neurons::Coldkeys::<Runtime>::iter_keys().collect();
		let places = Subnets::netuids().into_iter();
		let pairs = places.flat_map(|netuid| hotkeys.iter().map(move |id| (netuid, id.clone())));
		pairs.filter(|(netuid, id)| able(*netuid, id)).collect()
	});
	world.dice.pick(&found).cloned()
}

fn add(world: &mut World) -> (Key, RuntimeCall) {
	let netuid = world.netuid();
	let hotkey = world.neuron(netuid);
	let amount = match world.sensible {
		true => GNG / 10 + u128::from(world.dice.below(30 * GNG as u64)),
		false => world.dice.amount(),
	};
	let who = if world.dice.one_in(2) {
		world.owner_of(&hotkey)
	} else {
		world.coldkey()
	};
	(who, calls::add_stake(netuid, &hotkey, amount))
}

/// A part of a position, all of it, or more than there is.
fn part(world: &mut World, value: u128) -> u128 {
	match world.dice.below(4) {
		0 => value,
		1 => value / 2 + 1,
		_ if !world.sensible => world.dice.amount(),
		_ => (value / 10 + GNG / 100).min(value),
	}
}

/// A position with something in it, and a part of that.
fn some_stake(world: &mut World) -> Option<(Key, Position<AccountId>, u128)> {
	let coldkey = world.coldkey();
	let mut positions = world.chain.read(|| Staking::positions(&coldkey.id));
	positions.retain(|position| position.staked > position.locked);
	let position = world.dice.pick(&positions)?.clone();
	let amount = part(world, position.staked - position.locked);
	Some((coldkey, position, amount))
}

/// Take back some of what a coldkey has.
pub fn removal_of(world: &mut World, coldkey: &Key) -> Option<RuntimeCall> {
	let positions = world.chain.read(|| Staking::positions(&coldkey.id));
	let position = world.dice.pick(&positions)?.clone();
	let amount = part(world, position.staked);
	let (hotkey, netuid) = (position.hotkey, position.netuid);
	Some(Call::remove_stake { hotkey, netuid, amount }.into())
}

/// What unbonds: whose, where, until when, and whether it has a destination.
type Leaving = (Key, AccountId, NetUid, u32, bool);

/// All that a coldkey has unbonding; mostly what is due.
fn leaving(world: &mut World) -> Vec<Leaving> {
	let coldkey = world.dice.pick(&world.coldkeys.clone()).unwrap().clone();
	let mut open = vec![];
	for position in world.chain.read(|| Staking::positions(&coldkey.id)) {
		let now = world.epoch(position.netuid);
		for ((epoch, _), destination) in position.unbonding.into_iter().zip(position.destinations) {
			if epoch <= now || !world.sensible {
				open.push((
					coldkey.clone(),
					position.hotkey.clone(),
					position.netuid,
					epoch,
					destination.is_some(),
				));
			}
		}
	}
	open
}

fn withdrawal(world: &mut World) -> Option<(Key, RuntimeCall)> {
	let mut open = leaving(world);
	open.retain(|(.., moves)| !moves || !world.sensible);
	let (coldkey, hotkey, netuid, release_epoch, _) = world.dice.pick(&open)?.clone();
	let call = Call::withdraw_unbonded {
		hotkey,
		netuid,
		release_epoch,
	};
	Some((coldkey, call.into()))
}

fn completion(world: &mut World) -> Option<(Key, RuntimeCall)> {
	let mut open = leaving(world);
	open.retain(|(.., moves)| *moves || !world.sensible);
	let (coldkey, hotkey, netuid, release_epoch, _) = world.dice.pick(&open)?.clone();
	let call = Call::complete_move {
		coldkey: coldkey.id,
		hotkey,
		netuid,
		release_epoch,
	};
	Some((world.coldkey(), call.into()))
}
