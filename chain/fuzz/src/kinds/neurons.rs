//! Slots: registration, endpoints, trimming, bonds given up.

use super::Kind;
use crate::{
	common::{calls, Key},
	world::World,
};
use ganglion_runtime::{Neurons, RuntimeCall};
use ganglion_traits::NeuronInspect;
use pallet_neurons::Call;

pub const KINDS: &[Kind] = &[("register", 10), ("serve", 5), ("trim", 2), ("reset bonds", 2)];

pub fn call(world: &mut World, kind: &str) -> (Key, RuntimeCall) {
	let netuid = world.netuid();
	match kind {
		"register" => {
			let hotkey = world.hotkey();
			(world.owner_of(&hotkey), calls::register(netuid, &hotkey))
		}
		"serve" => {
			let port = world.dice.below(4) as u16;
			(world.neuron(netuid), calls::serve(netuid, 1, port))
		}
		"trim" => {
			let slots = world.chain.read(|| Neurons::count(netuid));
			let max = slots.saturating_sub(world.dice.below(3) as u16).max(2);
			let call = Call::trim { netuid, max }.into();
			if world.dice.one_in(2) {
				return world.as_root(call);
			}
			(world.subnet_owner(netuid), call)
		}
		_ => (world.neuron(netuid), Call::reset_bonds { netuid }.into()),
	}
}
