//! Weights: set, committed, revealed, by oneself and by others, one and many.

use super::Kind;
use crate::{
	common::{network::genesis, Key},
	world::World,
};
use codec::Encode;
use ganglion_primitives::{Hyperparameters, MechanismId, NetUid};
use ganglion_runtime::{AccountId, Hash, Neurons, Runtime, RuntimeCall, Subnets, Weights};
use ganglion_traits::{NeuronInspect, SubnetInspect};
use pallet_weights::{Batch, Call, CommitItem, RevealItem, SetItem, Weighing};
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

/// A commitment that can be revealed in time: what is in it, and who made it.
#[derive(Clone)]
pub struct Secret {
	row: RevealItem,
	reveal_epoch: u32,
	author: AccountId,
}

impl Secret {
	/// Whether it is this hotkey's.
	pub fn is_of(&self, netuid: NetUid, author: &AccountId) -> bool {
		self.row.netuid == netuid && &self.author == author
	}

	/// The hash of the secret that its evidence announces.
	pub fn announces(&self) -> Option<Hash> {
		self.row.evidence.as_ref().map(|evidence| evidence.next)
	}
}

pub fn call(world: &mut World, kind: &str) -> Option<(Key, RuntimeCall)> {
	if kind == "reveal" || kind == "reveal for" || kind == "batch reveal" {
		return reveal(world, kind);
	}
	let netuid = place_for(world, kind.ends_with("commit"))?;
	let row = row(world, netuid);
	let author = author(world, &row, kind.ends_with("commit"))?;
	let call = match kind {
		"set" => Call::set {
			netuid,
			mechanism: row.mechanism,
			uids: row.uids,
			values: row.values,
			version_key: 0,
		},
		"commit" => {
			let item = commit_to(world, &author, row);
			Call::commit {
				netuid,
				mechanism: item.mechanism,
				commitment: item.commitment,
			}
		}
		"batch set" => {
			let rows = rows(world, &author, row, false);
			let item = |row: RevealItem| SetItem {
				netuid: row.netuid,
				mechanism: row.mechanism,
				uids: row.uids,
				values: row.values,
				version_key: 0,
			};
			let items = Batch::truncate_from(rows.into_iter().map(item).collect());
			Call::batch_set { items }
		}
		_ => {
			let rows = rows(world, &author, row, true);
			let items = rows.into_iter().map(|row| commit_to(world, &author, row)).collect();
			let items = Batch::truncate_from(items);
			Call::batch_commit { items }
		}
	};
	Some((author, call.into()))
}

/// Somebody who can set or commit this row now; anybody where no sense is asked for.
fn author(world: &mut World, row: &RevealItem, committed: bool) -> Option<Key> {
	if !world.sensible {
		return Some(world.validator(row.netuid));
	}
	let found: Vec<AccountId> = world.chain.read(|| {
		let slots = Neurons::neurons(row.netuid);
		let able = |id: &AccountId| match committed {
			true => Weights::ensure_can_commit(id, row.netuid, row.mechanism).is_ok(),
			false => Weights::ensure_can_set(id, row.netuid, row.mechanism, &weighing(row)).is_ok(),
		};
		slots.into_iter().map(|(id, _)| id).filter(able).collect()
	});
	world.dice.pick(&found).and_then(|id| world.key_of(id))
}

fn weighing(row: &RevealItem) -> Weighing<'_> {
	Weighing {
		uids: &row.uids,
		values: &row.values,
		version_key: row.version_key,
		evidence: row.evidence.as_ref(),
	}
}

/// A subnet that wants weights so, if there is one.
fn place_for(world: &mut World, committed: bool) -> Option<NetUid> {
	let fits = |h: Hyperparameters| h.commit_reveal_on == committed && !h.verdicts_on;
	let wants = |netuid: &NetUid| Subnets::hyperparameters(*netuid).is_some_and(fits);
	let found: Vec<NetUid> = world
		.chain
		.read(|| Subnets::netuids().into_iter().filter(wants).collect());
	match world.sensible {
		true => world.dice.pick(&found).copied(),
		false => Some(world.netuid()),
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
	if !world.sensible {
		entries.push((world.dice.below(u64::from(slots) + 2) as u16, 1));
	} else if entries.is_empty() {
		entries.push((0, 1));
	}
	let (uids, values) = entries.into_iter().unzip();
	let wrong = u64::from(!world.sensible);
	RevealItem {
		netuid,
		mechanism: MechanismId(world.dice.below(u64::from(mechanisms) + wrong) as u8),
		uids,
		values,
		salt: [world.dice.roll() as u8; 32],
		version_key: 0,
		evidence: None,
	}
}

/// Rows for several mechanisms, one each: the first, and of other subnets and mechanisms where the author can weigh as well.
fn rows(world: &mut World, author: &Key, first: RevealItem, committed: bool) -> Vec<RevealItem> {
	let mut rows = vec![first];
	for netuid in world.chain.read(Subnets::netuids) {
		let row = row(world, netuid);
		let able = world.chain.read(|| match committed {
			true => Weights::ensure_can_commit(&author.id, netuid, row.mechanism).is_ok(),
			false => Weights::ensure_can_set(&author.id, netuid, row.mechanism, &weighing(&row)).is_ok(),
		});
		if able || !world.sensible {
			rows.push(row);
		}
	}
	// Two items for the same mechanism are refused.
	if world.sensible {
		rows.sort_by_key(|row| (row.netuid, row.mechanism));
		rows.dedup_by_key(|row| (row.netuid, row.mechanism));
	}
	rows
}

/// The commitment as the documentation defines it, written out here once more; the secret is kept.
pub fn commit_to(world: &mut World, author: &Key, row: RevealItem) -> CommitItem {
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
		&row.evidence,
	);
	let commitment = Hash::from(preimage.using_encoded(blake2_256));
	let period = world
		.chain
		.read(|| Subnets::hyperparameters(row.netuid).map_or(1, |h| h.reveal_period_epochs));
	let (netuid, mechanism) = (row.netuid, row.mechanism);
	let author = author.id.clone();
	let open = world
		.chain
		.read(|| pallet_weights::Commits::<Runtime>::get((netuid, mechanism), &author));
	// Evidence is due in the order of its commitments.
	let resting = open
		.into_iter()
		.flatten()
		.filter(|one| one.terms.evidence)
		.map(|one| one.reveal_epoch);
	let reveal_epoch = resting
		.max()
		.unwrap_or(0)
		.max(world.epoch(netuid).saturating_add(period));
	world.secrets.push(Secret {
		row,
		reveal_epoch,
		author,
	});
	CommitItem {
		netuid,
		mechanism,
		commitment,
	}
}

/// Something that can be revealed now, by whoever holds the author's slot.
pub fn reveal(world: &mut World, kind: &str) -> Option<(Key, RuntimeCall)> {
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
	let wanted = kind == "reveal evidence";
	due.retain(|(_, item)| item.evidence.is_some() == wanted || kind == "batch reveal");
	// Now and then somebody keeps it back.
	if wanted && world.dice.one_in(6) {
		return None;
	}
	let (holder, item) = if world.sensible {
		world.dice.pick(&due)?.clone()
	} else {
		let netuid = world.netuid();
		(world.validator(netuid).id, row(world, netuid))
	};
	let signer = world.key_of(&holder).unwrap_or_else(|| world.hotkey());
	let made = match kind {
		"reveal for" => (world.coldkey(), reveal_for(holder, item)),
		"batch reveal" => {
			let mine = due.into_iter().filter(|(id, _)| id == &holder);
			let mut items: Vec<RevealItem> = mine.map(|(_, item)| item).collect();
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
				evidence: item.evidence,
			};
			(signer, call.into())
		}
	};
	Some(made)
}

/// The hotkey that can reveal a secret now, if one can.
fn holder(world: &mut World, secret: &Secret) -> Option<AccountId> {
	let row = &secret.row;
	world.chain.read(|| {
		let mut all = pallet_weights::Commits::<Runtime>::iter_key_prefix((row.netuid, row.mechanism));
		all.find(|id| Weights::ensure_can_reveal(id, row.netuid, row.mechanism, &weighing(row), &row.salt).is_ok())
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
		evidence: item.evidence,
	}
	.into()
}
