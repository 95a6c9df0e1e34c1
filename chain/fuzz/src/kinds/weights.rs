//! Weights: set, committed, revealed, by oneself and by others, one and many.

use super::Kind;
use crate::{
	common::{network::genesis, Key},
	world::World,
};
use codec::Encode;
use ganglion_primitives::{MechanismId, NetUid};
use ganglion_runtime::{AccountId, Hash, Neurons, Runtime, RuntimeCall, Subnets};
use ganglion_traits::{NeuronInspect, SubnetInspect};
use pallet_weights::{Batch, Call, CommitItem, RevealItem, SetItem};
use sp_io::hashing::blake2_256;

pub const KINDS: &[Kind] = &[
	("set", 8),
	("commit", 14),
	("reveal", 8),
	("reveal for", 4),
	("batch set", 3),
	("batch commit", 5),
	("batch reveal", 4),
];

/// A commitment that can be revealed in time: whose it was, and what is in it.
#[derive(Clone)]
pub struct Secret {
	author: Key,
	row: RevealItem,
	reveal_epoch: u32,
}

pub fn call(world: &mut World, kind: &str) -> (Key, RuntimeCall) {
	let open = kind.ends_with("set");
	let netuid = place_for(world, !open);
	let author = world.validator(netuid);
	match kind {
		"set" => {
			let row = row(world, netuid);
			let call = Call::set {
				netuid,
				mechanism: row.mechanism,
				uids: row.uids,
				values: row.values,
				version_key: 0,
			};
			(author, call.into())
		}
		"commit" => {
			let item = commit(world, &author, netuid);
			let call = Call::commit {
				netuid,
				mechanism: item.mechanism,
				commitment: item.commitment,
			};
			(author, call.into())
		}
		"batch set" => {
			let rows = rows(world, &author, netuid, false);
			let item = |row: RevealItem| SetItem {
				netuid: row.netuid,
				mechanism: row.mechanism,
				uids: row.uids,
				values: row.values,
				version_key: 0,
			};
			let items = Batch::truncate_from(rows.into_iter().map(item).collect());
			(author, Call::batch_set { items }.into())
		}
		"batch commit" => {
			let rows = rows(world, &author, netuid, true);
			let items = rows.into_iter().map(|row| commit_to(world, &author, row)).collect();
			let items = Batch::truncate_from(items);
			(author, Call::batch_commit { items }.into())
		}
		_ => reveal(world, kind),
	}
}

/// A subnet that wants weights so, if there is one.
fn place_for(world: &mut World, committed: bool) -> NetUid {
	let wants = |netuid: &NetUid| Subnets::hyperparameters(*netuid).is_some_and(|h| h.commit_reveal_on == committed);
	let found: Vec<NetUid> = world.chain.read(|| Subnets::netuids().into_iter().filter(wants).collect());
	match world.dice.pick(&found) {
		Some(netuid) if !world.dice.one_in(20) => *netuid,
		_ => world.netuid(),
	}
}

/// Weights of present slots; now and then with something wrong in them.
fn row(world: &mut World, netuid: NetUid) -> RevealItem {
	let (slots, mechanisms) = world.chain.read(|| {
		let mechanisms = Subnets::hyperparameters(netuid).map_or(1, |h| h.mechanism_count);
		(Neurons::count(netuid).max(1), mechanisms)
	});
	let mut entries: Vec<(u16, u16)> = (0..slots).map(|uid| (uid, world.dice.roll() as u16)).collect();
	entries.retain(|_| !world.dice.one_in(4));
	if entries.is_empty() || world.dice.one_in(20) {
		entries.push((world.dice.below(u64::from(slots) + 2) as u16, 1));
	}
	let (uids, values) = entries.into_iter().unzip();
	let wrong = u64::from(world.dice.one_in(30));
	RevealItem {
		netuid,
		mechanism: MechanismId(world.dice.below(u64::from(mechanisms) + wrong) as u8),
		uids,
		values,
		salt: [world.dice.roll() as u8; 32],
		version_key: 0,
	}
}

/// Rows for several mechanisms, one each: of this subnet, and of others where the author is as well.
fn rows(world: &mut World, author: &Key, netuid: NetUid, committed: bool) -> Vec<RevealItem> {
	let id = author.id.clone();
	let mut rows = vec![row(world, netuid)];
	for other in world.chain.read(Subnets::netuids) {
		let joined = world.chain.read(|| {
			let on = Subnets::hyperparameters(other).is_some_and(|h| h.commit_reveal_on == committed);
			on && Neurons::uid(other, &id).is_some()
		});
		if joined || world.dice.one_in(10) {
			rows.push(row(world, other));
		}
	}
	if !world.dice.one_in(20) {
		rows.sort_by_key(|row| (row.netuid, row.mechanism));
		rows.dedup_by_key(|row| (row.netuid, row.mechanism));
	}
	rows
}

fn commit(world: &mut World, author: &Key, netuid: NetUid) -> CommitItem {
	let row = row(world, netuid);
	commit_to(world, author, row)
}

/// The commitment as the documentation defines it, written out here once more; the secret is kept.
fn commit_to(world: &mut World, author: &Key, row: RevealItem) -> CommitItem {
	let genesis: Hash = genesis(&mut world.chain);
	let version_key = 0u64;
	let preimage = (
		genesis,
		row.netuid,
		row.mechanism,
		&author.id,
		&row.uids,
		&row.values,
		row.salt,
		version_key,
	);
	let commitment = Hash::from(preimage.using_encoded(blake2_256));
	let period = world
		.chain
		.read(|| Subnets::hyperparameters(row.netuid).map_or(1, |h| h.reveal_period_epochs));
	let (netuid, mechanism) = (row.netuid, row.mechanism);
	let reveal_epoch = world.epoch(netuid).saturating_add(period);
	world.secrets.push(Secret {
		author: author.clone(),
		row,
		reveal_epoch,
	});
	CommitItem {
		netuid,
		mechanism,
		commitment,
	}
}

/// Mostly something that can be revealed now, by whoever holds the author's slot.
fn reveal(world: &mut World, kind: &str) -> (Key, RuntimeCall) {
	let secrets = std::mem::take(&mut world.secrets);
	let mut due: Vec<(AccountId, RevealItem)> = vec![];
	for secret in secrets {
		let now = world.epoch(secret.row.netuid);
		if secret.reveal_epoch == now {
			due.extend(holder(world, &secret).map(|holder| (holder, secret.row.clone())));
		}
		if secret.reveal_epoch >= now {
			world.secrets.push(secret);
		}
	}
	let netuid = world.netuid();
	let (holder, item) = match world.dice.pick(&due) {
		Some(found) if !world.dice.one_in(15) => found.clone(),
		_ => (world.validator(netuid).id, row(world, netuid)),
	};
	let signer = world.key_of(&holder).unwrap_or_else(|| world.hotkey());
	match kind {
		"reveal for" => (world.coldkey(), reveal_for(holder, item)),
		"batch reveal" => {
			let mut items: Vec<RevealItem> = due.into_iter().filter(|(id, _)| id == &holder).map(|(_, item)| item).collect();
			items.sort_by_key(|row| (row.netuid, row.mechanism));
			items.dedup_by_key(|row| (row.netuid, row.mechanism));
			if items.is_empty() {
				items.push(item);
			}
			let items = Batch::truncate_from(items);
			(signer, Call::batch_reveal { items }.into())
		}
		_ => {
			let call = Call::reveal {
				netuid: item.netuid,
				mechanism: item.mechanism,
				uids: item.uids,
				values: item.values,
				salt: item.salt,
				version_key: 0,
			};
			(signer, call.into())
		}
	}
}

/// The hotkey under which a secret's commitment is kept now, if it is.
fn holder(world: &mut World, secret: &Secret) -> Option<AccountId> {
	let place = (secret.row.netuid, secret.row.mechanism);
	world.chain.read(|| {
		let mut all = pallet_weights::Commits::<Runtime>::iter_prefix(place);
		let mine = all.find(|(_, commits)| commits.iter().any(|commit| commit.author == secret.author.id));
		mine.map(|(holder, _)| holder)
	})
}

fn reveal_for(hotkey: AccountId, item: RevealItem) -> RuntimeCall {
	Call::reveal_for {
		hotkey,
		netuid: item.netuid,
		mechanism: item.mechanism,
		uids: item.uids,
		values: item.values,
		salt: item.salt,
		version_key: 0,
	}
	.into()
}
