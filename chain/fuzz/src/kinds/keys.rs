//! Keys that are exchanged, and what they publish.

use super::Kind;
use crate::{common::Key, world::World};
use ganglion_primitives::{CommitmentField, CommitmentFields, GNG};
use ganglion_runtime::{Runtime, RuntimeCall};
use pallet_identity::{legacy::IdentityInfo, Data};
use pallet_key_swap::Call;
use sp_runtime::{
	traits::{BlakeTwo256, Hash},
	BoundedVec,
};

pub const KINDS: &[Kind] = &[
	("swap hotkey", 4),
	("announce coldkey swap", 3),
	("swap coldkey", 4),
	("dispute coldkey swap", 1),
	("cancel coldkey swap", 2),
	("resolve dispute", 1),
	("commitment", 3),
	("identity", 1),
];

pub fn call(world: &mut World, kind: &str) -> (Key, RuntimeCall) {
	match kind {
		"swap hotkey" => swap_hotkey(world),
		"announce coldkey swap" => announce(world),
		"swap coldkey" => {
			let (old, new) = announced(world);
			let (coldkey, new_id) = (old.id.clone(), new.id.clone());
			let call = Call::swap_coldkey { coldkey, new: new_id };
			(world.coldkey(), call.into())
		}
		"dispute coldkey swap" => (announced(world).0, Call::dispute_coldkey_swap {}.into()),
		"cancel coldkey swap" => {
			let coldkey = announced(world).0;
			let call = Call::cancel_coldkey_swap { coldkey: coldkey.id.clone() };
			(coldkey, call.into())
		}
		"resolve dispute" => {
			let (old, new) = announced(world);
			let new = world.dice.one_in(2).then_some(new.id);
			world.as_root(Call::resolve_dispute { coldkey: old.id, new }.into())
		}
		"commitment" => commitment(world),
		_ => identity(world),
	}
}

fn swap_hotkey(world: &mut World) -> (Key, RuntimeCall) {
	let netuid = world.netuid();
	let old = world.neuron(netuid);
	let new = match world.dice.below(4) {
		0 => world.hotkey(),
		_ => world.fresh("swapped hotkey"),
	};
	let (signer, everywhere) = (world.owner_of(&old), world.dice.one_in(2));
	if world.hotkeys.iter().all(|key| key.id != new.id) {
		world.hotkeys.push(new.clone());
		// Keys that nobody uses any more make room: there are never many.
		if world.hotkeys.len() > 60 {
			let unused = |key: &Key| !pallet_neurons::Uids::<Runtime>::iter().any(|(_, id, _)| id == key.id);
			let spare = world.hotkeys.iter().position(|key| world.chain.read(|| unused(key)));
			spare.into_iter().for_each(|index| drop(world.hotkeys.remove(index)));
		}
	}
	let call = Call::swap_hotkey {
		old: old.id,
		new: new.id,
		netuid: (!everywhere).then_some(netuid),
	};
	(signer, call.into())
}

/// A coldkey to a new one, which gets something to live on with it.
fn announce(world: &mut World) -> (Key, RuntimeCall) {
	let old = world.coldkey();
	let new = world.fresh("swapped coldkey");
	let new_hash = BlakeTwo256::hash_of(&new.id);
	world.heirs.push((old.clone(), new.clone()));
	let calls = vec![
		crate::common::calls::transfer(&new, GNG),
		Call::announce_coldkey_swap { new_hash }.into(),
	];
	(old, pallet_utility::Call::batch_all { calls }.into())
}

/// A swap that is under way, mostly; those that are over are forgotten, and whoever was swapped acts with the new key.
fn announced(world: &mut World) -> (Key, Key) {
	let heirs = std::mem::take(&mut world.heirs);
	for (old, new) in heirs {
		let (open, owns) = world.chain.read(|| {
			let hash = pallet_key_swap::Announcements::<Runtime>::get(&old.id).map(|open| open.new_hash);
			let moving = pallet_key_swap::Moving::<Runtime>::get().iter().any(|(from, _)| from == &old.id);
			let gone = !moving && frame_system::Pallet::<Runtime>::account(&old.id).data.free == 0;
			(hash == Some(BlakeTwo256::hash_of(&new.id)) || moving, gone)
		});
		if owns && !open {
			if let Some(place) = world.coldkeys.iter().position(|key| key.id == old.id) {
				world.coldkeys[place] = new.clone();
			}
		} else if open {
			world.heirs.push((old, new));
		}
	}
	match world.dice.pick(&world.heirs) {
		Some(pair) if !world.dice.one_in(15) => pair.clone(),
		_ => (world.coldkey(), world.coldkey()),
	}
}

fn commitment(world: &mut World) -> (Key, RuntimeCall) {
	let netuid = world.netuid();
	let field = |world: &mut World| match world.dice.below(3) {
		0 => CommitmentField::Raw(BoundedVec::truncate_from(vec![7; world.dice.below(128) as usize])),
		1 => CommitmentField::BigRaw(BoundedVec::truncate_from(vec![7; world.dice.below(512) as usize])),
		_ => CommitmentField::Sha256([7; 32]),
	};
	let fields = (0..world.dice.below(4)).map(|_| field(world)).collect();
	let fields = CommitmentFields::truncate_from(fields);
	(world.neuron(netuid), pallet_commitments::Call::set { netuid, fields }.into())
}

fn identity(world: &mut World) -> (Key, RuntimeCall) {
	if world.dice.one_in(3) {
		return (world.coldkey(), pallet_identity::Call::clear_identity {}.into());
	}
	let text = |length: u64| Data::Raw(BoundedVec::truncate_from(vec![b'x'; length as usize]));
	let info = IdentityInfo {
		display: text(world.dice.below(32)),
		..Default::default()
	};
	(world.coldkey(), pallet_identity::Call::set_identity { info: Box::new(info) }.into())
}
