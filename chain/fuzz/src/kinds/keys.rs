//! Keys that are exchanged, and what they publish.

use super::Kind;
use crate::{common::Key, world::World};
use ganglion_primitives::{CommitmentField, CommitmentFields, GNG};
use ganglion_runtime::{Governance, Runtime, RuntimeCall, System};
use ganglion_traits::Pause;
use pallet_identity::{legacy::IdentityInfo, Data};
use pallet_key_swap::Call;
use sp_runtime::{
	traits::{BlakeTwo256, Hash},
	BoundedVec,
};

pub const KINDS: &[Kind] = &[
	("swap hotkey", 4),
	("announce coldkey swap", 1),
	("swap coldkey", 3),
	("dispute coldkey swap", 1),
	("cancel coldkey swap", 2),
	("resolve dispute", 1),
	("commitment", 3),
	("identity", 1),
];

pub fn call(world: &mut World, kind: &str) -> Option<(Key, RuntimeCall)> {
	let made = match kind {
		"swap hotkey" => swap_hotkey(world),
		"announce coldkey swap" => announce(world),
		"swap coldkey" => {
			let (old, new) = announced(world, |now, at, disputed| disputed.is_none() && now >= at + 8)?;
			let (coldkey, new_id) = (old.id.clone(), new.id.clone());
			let call = Call::swap_coldkey { coldkey, new: new_id };
			(world.coldkey(), call.into())
		}
		"dispute coldkey swap" => {
			let (old, _) = announced(world, |_, _, disputed| disputed.is_none())?;
			(old, Call::dispute_coldkey_swap {}.into())
		}
		"cancel coldkey swap" => {
			let (coldkey, _) = announced(world, |now, at, disputed| {
				disputed.map_or(now >= at + 3, |at| now >= at + DISPUTE)
			})?;
			let call = Call::cancel_coldkey_swap {
				coldkey: coldkey.id.clone(),
			};
			(coldkey, call.into())
		}
		"resolve dispute" => {
			let (old, new) = announced(world, |now, _, disputed| disputed.is_some_and(|at| now < at + DISPUTE))?;
			let lapsed = !world.sensible || world.dice.one_in(3);
			let new = (!lapsed).then_some(new.id);
			world.as_root(Call::resolve_dispute { coldkey: old.id, new }.into())
		}
		"commitment" => commitment(world),
		_ => identity(world)?,
	};
	Some(made)
}

/// Blocks in which a dispute has to be decided, as in the worlds' genesis.
const DISPUTE: u32 = 20;

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

/// A swap that was announced and is as wanted, by clock, time of announcement and of dispute; any two where no
/// sense is asked for. Swaps that are over are forgotten.
fn announced(world: &mut World, wanted: impl Fn(u32, u32, Option<u32>) -> bool) -> Option<(Key, Key)> {
	let heirs = std::mem::take(&mut world.heirs);
	let mut found = vec![];
	for (old, new) in heirs {
		let (record, moving, now) = world.chain.read(|| {
			let record = pallet_key_swap::Announcements::<Runtime>::get(&old.id);
			let moving = pallet_key_swap::Moving::<Runtime>::get()
				.iter()
				.any(|(from, _)| from == &old.id);
			(record, moving, System::block_number() - Governance::paused_blocks())
		});
		let mine = record.filter(|record| record.new_hash == BlakeTwo256::hash_of(&new.id));
		if mine.is_some_and(|record| wanted(now, record.announced_at, record.disputed_at)) {
			found.push((old.clone(), new.clone()));
		}
		if mine.is_some() || moving {
			world.heirs.push((old, new));
		}
	}
	match world.sensible {
		true => world.dice.pick(&found).cloned(),
		false => Some((world.coldkey(), world.coldkey())),
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
	(
		world.neuron(netuid),
		pallet_commitments::Call::set { netuid, fields }.into(),
	)
}

fn identity(world: &mut World) -> Option<(Key, RuntimeCall)> {
	let who = world.coldkey();
	let there = world
		.chain
		.read(|| pallet_identity::IdentityOf::<Runtime>::contains_key(&who.id));
	if there && world.dice.one_in(2) {
		return Some((who, pallet_identity::Call::clear_identity {}.into()));
	}
	let text = |length: u64| Data::Raw(BoundedVec::truncate_from(vec![b'x'; length as usize]));
	let info = IdentityInfo {
		display: text(world.dice.below(32)),
		..Default::default()
	};
	Some((who, pallet_identity::Call::set_identity { info: Box::new(info) }.into()))
}
