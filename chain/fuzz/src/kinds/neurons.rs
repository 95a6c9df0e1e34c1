//! Slots: registration, endpoints, trimming, bonds given up.

use super::Kind;
use crate::{
	common::{calls, Key},
	world::World,
};
use ganglion_primitives::NetUid;
use ganglion_runtime::{Neurons, RuntimeCall, Subnets};
use ganglion_traits::{NeuronInspect, SubnetInspect};
use pallet_neurons::Call;

pub const KINDS: &[Kind] = &[("register", 10), ("serve", 5), ("trim", 2), ("reset bonds", 2)];

pub fn call(world: &mut World, kind: &str) -> Option<(Key, RuntimeCall)> {
	let netuid = world.netuid();
	let made = match kind {
		"register" => {
			let open = world
				.chain
				.read(|| Subnets::hyperparameters(netuid).is_none_or(|h| h.registration_allowed));
			if world.sensible && !open {
				return None;
			}
			let hotkey = outsider(world, netuid)?;
			(world.owner_of(&hotkey), calls::register(netuid, &hotkey))
		}
		"serve" => {
			let port = world.dice.below(4) as u16 + u16::from(world.sensible);
			(world.neuron(netuid), calls::serve(netuid, 1, port))
		}
		"trim" => {
			let (slots, most) = world.chain.read(|| {
				let most = Subnets::hyperparameters(netuid).map_or(0, |h| h.max_allowed_uids);
				(Neurons::count(netuid), most)
			});
			let max = slots.saturating_sub(world.dice.below(3) as u16).max(2);
			if world.sensible && max >= most {
				return None;
			}
			let call = Call::trim { netuid, max }.into();
			if world.dice.one_in(2) {
				return Some(world.as_root(call));
			}
			(world.subnet_owner(netuid), call)
		}
		_ => (world.neuron(netuid), Call::reset_bonds { netuid }.into()),
	};
	Some(made)
}

/// A hotkey without a slot in the subnet, where sense is asked for.
fn outsider(world: &mut World, netuid: NetUid) -> Option<Key> {
	let inside = world.chain.read(|| Neurons::neurons(netuid));
	let outside = |key: &&Key| inside.iter().all(|(id, _)| id != &key.id);
	let outside: Vec<Key> = world.hotkeys.iter().filter(outside).cloned().collect();
	match world.sensible {
		true => world.dice.pick(&outside).cloned(),
		false => Some(world.hotkey()),
	}
}
