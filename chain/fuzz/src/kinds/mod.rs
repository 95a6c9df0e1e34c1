//! The kinds of calls, how often each is made, and how one is made up.

mod disputes;
pub mod evidence;
mod governance;
mod keys;
mod models;
mod money;
mod neurons;
mod staking;
mod subnets;
pub mod weights;

use crate::{common::Key, dice::Dice, world::World};
use ganglion_runtime::RuntimeCall;

/// A kind and how often it is made.
pub type Kind = (&'static str, u64);

/// Kinds with who makes up their calls.
type Group = (&'static [Kind], fn(&mut World, &str) -> Option<(Key, RuntimeCall)>);

const GROUPS: &[Group] = &[
	(money::KINDS, money::call),
	(subnets::KINDS, subnets::call),
	(neurons::KINDS, neurons::call),
	(staking::KINDS, staking::call),
	(weights::KINDS, weights::call),
	(models::KINDS, models::call),
	(evidence::KINDS, evidence::call),
	(disputes::KINDS, disputes::call),
	(keys::KINDS, keys::call),
	(governance::KINDS, governance::call),
];

/// All kinds.
pub fn all() -> impl Iterator<Item = Kind> {
	GROUPS.iter().flat_map(|(kinds, _)| kinds.iter().copied())
}

/// A kind by how often it is made.
fn choose(dice: &mut Dice) -> &'static str {
	let mut at = dice.below(all().map(|(_, share)| share).sum());
	for (kind, share) in all() {
		if at < share {
			return kind;
		}
		at -= share;
	}
	panic!("beyond all kinds");
}

/// A call of any kind, with who signs it. One in twelve makes no sense on purpose; a kind that can't make sense now is passed over.
pub fn any(world: &mut World) -> (&'static str, Key, RuntimeCall) {
	world.sensible = !world.dice.one_in(12);
	loop {
		let kind = choose(&mut world.dice);
		if let Some((key, call)) = call(world, kind) {
			return (kind, key, call);
		}
	}
}

fn call(world: &mut World, kind: &str) -> Option<(Key, RuntimeCall)> {
	let of = |kinds: &[Kind]| kinds.iter().any(|(name, _)| *name == kind);
	let group = GROUPS.iter().find(|(kinds, _)| of(kinds));
	let (_, make) = group.unwrap_or_else(|| panic!("no kind {kind}"));
	make(world, kind)
}
