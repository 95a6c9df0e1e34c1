//! Stake: in, out, and how it is shared.

use super::Kind;
use crate::{
	common::{calls, Key},
	world::World,
};
use ganglion_primitives::GNG;
use ganglion_runtime::{RuntimeCall, Staking};

pub const KINDS: &[Kind] = &[("add stake", 12), ("remove stake", 8), ("withdraw", 8), ("take", 3)];

pub fn call(world: &mut World, kind: &str) -> (Key, RuntimeCall) {
	match kind {
		"add stake" => {
			let netuid = world.netuid();
			let (hotkey, amount) = (world.neuron(netuid), world.dice.amount());
			let who = if world.dice.one_in(2) { world.owner_of(&hotkey) } else { world.coldkey() };
			(who, calls::add_stake(netuid, &hotkey, amount))
		}
		"remove stake" => remove(world),
		"withdraw" => withdrawal(world),
		_ => {
			let hotkey = world.hotkey();
			let take = world.dice.below(12_500) as u16;
			(world.owner_of(&hotkey), calls::set_take(&hotkey, take))
		}
	}
}

/// A part of what there is, all of it, or anything.
fn remove(world: &mut World) -> (Key, RuntimeCall) {
	let coldkey = world.coldkey();
	let positions = world.chain.read(|| Staking::positions(&coldkey.id));
	let Some(position) = world.dice.pick(&positions).cloned() else {
		let netuid = world.netuid();
		let (hotkey, amount) = (world.neuron(netuid), world.dice.amount());
		return (coldkey, calls::remove_stake(netuid, &hotkey, amount));
	};
	let value = u128::from(position.staked);
	let amount = match world.dice.below(4) {
		0 => value,
		1 => value / 2 + 1,
		2 => world.dice.amount(),
		_ => value / 10 + GNG / 100,
	};
	let (hotkey, netuid) = (position.hotkey, position.netuid);
	(
		coldkey,
		pallet_staking::Call::remove_stake { hotkey, netuid, amount }.into(),
	)
}

/// Something to unbond that can be withdrawn, or not quite yet; else at random.
fn withdrawal(world: &mut World) -> (Key, RuntimeCall) {
	let all = world.coldkeys.clone();
	let mut open = vec![];
	for coldkey in all {
		for position in world.chain.read(|| Staking::positions(&coldkey.id)) {
			let now = world.epoch(position.netuid);
			for (epoch, _) in position.unbonding {
				if epoch <= now || world.dice.one_in(10) {
					open.push((coldkey.clone(), position.hotkey.clone(), position.netuid, epoch));
				}
			}
		}
	}
	let Some((coldkey, hotkey, netuid, release_epoch)) = world.dice.pick(&open).cloned() else {
		let (netuid, hotkey, epoch) = (world.netuid(), world.hotkey(), world.dice.below(20) as u32);
		return (world.coldkey(), calls::withdraw(netuid, &hotkey, epoch));
	};
	let call = pallet_staking::Call::withdraw_unbonded {
		hotkey,
		netuid,
		release_epoch,
	};
	(coldkey, call.into())
}
