//! States that benchmarks of verified inference start from: profiles as large as they can be, and hotkeys whose slash is as
//! expensive as it can be. What would take thousands of calls is written as those would have left it.

use super::*;
use crate::parameters::UnbondingEpochs;
use ganglion_primitives::{
	profile::{MAX_LABEL, MAX_PATH, MAX_PROFILE_FILES},
	Label, Lane, ProfileFile, ProfileId, ProfileNumber, ProfileSpec, ProfileTerms, Replay, Role, Task, Thresholds,
	VerdictRow,
};
use ganglion_traits::{HotkeyOwnership, LockReason, StakeLock};
use pallet_delegation::{Given, MAX_PARENTS};
use pallet_models::{Declaration, MAX_AUDITORS, MAX_DECLARATIONS};
use sp_core::H256;

/// The subnet of all of it.
pub const NETUID: NetUid = NetUid(1);
/// Epoch in which stake unbonds from as many pools as there can be.
pub const EPOCH: EpochIndex = 40;
/// Epochs for which stake unbonds where nothing else is configured.
const UNBONDING: EpochIndex = 20;
/// Nano of a bond to audit that is not the last.
const LEAST: Balance = 100 * GNG;
/// And of the last one.
const LAST: Balance = 7_000 * GNG;

/// Stake unbonds as slowly as by default, so that it lies in more pools.
pub fn slow() {
	UnbondingEpochs::set(&UNBONDING);
}

/// An open subnet without others than its owner, with the periods of a network that is not a developer's.
pub fn subnet() {
	slow();
	let (owner, hotkey): (AccountId, AccountId) = (account("owner", 0, 7), account("owner hotkey", 0, 7));
	Scene::subnet(NETUID, owner.clone(), hotkey.clone(), hyperparameters());
	Scene::open(NETUID, &owner, &hotkey);
	System::set_block_number(NOW);
	Scene::set_epoch(NETUID, EPOCH);
}

fn label() -> Label {
	BoundedVec::truncate_from(alloc::vec![b'x'; MAX_LABEL as usize])
}

/// A profile with so many files.
pub fn spec(files: u32, salt: u32) -> ProfileSpec {
	let file = |number: u32| {
		let mut path = alloc::vec![b'x'; MAX_PATH as usize];
		path[..8].copy_from_slice(&alloc::format!("{number:08}").into_bytes());
		ProfileFile {
			path: BoundedVec::truncate_from(path),
			sha256: [salt as u8; 32],
		}
	};
	ProfileSpec {
		task: Task::Generate,
		lane: Lane::Strict,
		files: BoundedVec::truncate_from((0..files).map(file).collect()),
		dtype: label(),
		attention: label(),
		engine: label(),
		protocol: label(),
		layers: 80,
		thresholds: Thresholds {
			llr_limit: 1_000,
			tolerance: salt,
			..Default::default()
		},
		replay: Replay {
			self_test: H256::repeat_byte(1),
			wheels: H256::repeat_byte(2),
			aten: label(),
			mkl: label(),
			onednn: label(),
		},
	}
}

/// What its owner says about it.
pub fn terms() -> ProfileTerms {
	ProfileTerms {
		name: label(),
		licence: label(),
		price_floor: 1,
	}
}

/// A profile of this number, as large as it can be.
pub fn profile(number: ProfileNumber) -> ProfileId {
	let spec = spec(MAX_PROFILE_FILES, number);
	let id = pallet_models::profile_id(&spec);
	let record = pallet_models::Record {
		id,
		owner: account("profile owner", 0, 0),
		terms: terms(),
		deposit: GNG,
		registered_at: REGISTERED,
		declarations: 1_000,
	};
	pallet_models::Numbers::<Runtime>::insert(id, number);
	pallet_models::Records::<Runtime>::insert(number, record);
	pallet_models::Specs::<Runtime>::insert(number, spec);
	pallet_models::NextNumber::<Runtime>::mutate(|next| *next = (*next).max(number + 1));
	id
}

/// As many profiles as a hotkey can declare in a role.
pub fn profiles() -> Vec<ProfileId> {
	(0..MAX_DECLARATIONS).map(profile).collect()
}

/// So many auditors of a profile.
pub fn auditors(netuid: NetUid, number: ProfileNumber, count: u32) -> Vec<AccountId> {
	let mut hotkeys: Vec<AccountId> = (0..count).map(|one| account("auditor", one, 0)).collect();
	hotkeys.sort();
	pallet_models::AuditorsOf::<Runtime>::insert(netuid, number, BoundedVec::truncate_from(hotkeys.clone()));
	hotkeys
}

/// As many auditors as there can be, the hotkey among them.
pub fn auditors_with(netuid: NetUid, number: ProfileNumber, hotkey: &AccountId) {
	auditors(netuid, number, MAX_AUDITORS - 1);
	pallet_models::AuditorsOf::<Runtime>::mutate(netuid, number, |auditors| {
		if let Err(place) = auditors.binary_search(hotkey) {
			auditors.try_insert(place, hotkey.clone()).unwrap();
		}
	});
}

/// A declaration in force.
pub fn declaration(profile: ProfileNumber, role: Role, bond: Balance) -> Declaration {
	Declaration {
		profile,
		role,
		bond,
		since: REGISTERED,
		ends_at: None,
	}
}

/// All that a hotkey can declare: it serves and audits as many profiles as it can, each with as many auditors as there
/// can be. The profiles must be there.
pub fn declare_all(netuid: NetUid, hotkey: &AccountId, coldkey: &AccountId) {
	let audited = (0..MAX_DECLARATIONS).map(|number| {
		let bond = if number + 1 == MAX_DECLARATIONS { LAST } else { LEAST };
		declaration(number, Role::Audit, bond)
	});
	let served = (0..MAX_DECLARATIONS).map(|number| declaration(number, Role::Serve, 10 * GNG));
	let all: Vec<Declaration> = audited.chain(served).collect();
	let sum = pallet_models::bonds(&all, None);
	Staking::set_lock(LockReason::Bond, coldkey, netuid, hotkey, sum).unwrap();
	pallet_models::DeclarationsOf::<Runtime>::insert(netuid, hotkey, BoundedVec::truncate_from(all));
}

/// Evidence of so many rows, of which each gives an entry: one verdict a row, of another profile.
pub fn evidence(rows: u32) -> Evidence {
	let row = |number: u32| VerdictRow {
		uid: number as u16,
		profile: number,
		work: 100_000 + number,
		audited: 1,
		passed: 1,
		soft: 0,
		hard: 0,
		llr: 0,
		owed: 0,
	};
	Evidence {
		secret: [7; 32],
		next: H256::repeat_byte(9),
		root: H256::repeat_byte(1),
		leaves: rows,
		receipts_root: H256::repeat_byte(2),
		receipts: rows,
		rows: BoundedVec::truncate_from((0..rows).map(row).collect()),
	}
}

/// A pool with stake of the hotkey's coldkey and of a nominator, and a hundredth of both unbonding in each epoch in which
/// something can.
pub fn pool(netuid: NetUid, hotkey: &AccountId, coldkey: &AccountId, own: Balance, others: Balance) {
	let nominator: AccountId = account("nominator", 0, 7);
	Scene::stake(netuid, hotkey, coldkey, own);
	Scene::stake(netuid, hotkey, &nominator, others);
	for epoch in EPOCH - UnbondingEpochs::get()..=EPOCH {
		Scene::set_epoch(netuid, epoch);
		for (who, amount) in [(coldkey, own / 100), (&nominator, others / 100)] {
			let origin = RuntimeOrigin::signed(who.clone());
			Staking::remove_stake(origin, hotkey.clone(), netuid, amount).unwrap();
		}
	}
}

/// Parents of a hotkey, as many as there can be: of their pools little is their operators', so that a slash goes through
/// everybody's.
fn parents(hotkey: &AccountId, seed: u32) {
	let parents: Vec<AccountId> = (0..MAX_PARENTS)
		.map(|number| {
			let place = seed * MAX_PARENTS + number;
			let (parent, coldkey): (AccountId, AccountId) = (account("parent", place, 7), account("of", place, 7));
			Neurons::own(&coldkey, &parent).unwrap();
			pool(NETUID, &parent, &coldkey, GNG, 1_000 * GNG);
			let given = Given {
				now: BoundedVec::truncate_from(alloc::vec![(hotkey.clone(), u16::MAX)]),
				..Default::default()
			};
			pallet_delegation::Delegations::<Runtime>::insert(NETUID, &parent, given);
			parent
		})
		.collect();
	pallet_delegation::Parents::<Runtime>::insert(NETUID, hotkey, BoundedVec::truncate_from(parents));
	pallet_delegation::Links::<Runtime>::mutate(NETUID, |links| *links += MAX_PARENTS);
}

/// A hotkey, and its coldkey, whose slash goes through as many pools and ends as many declarations as can be.
pub fn bonded(seed: u32) -> (AccountId, AccountId) {
	let (hotkey, coldkey): (AccountId, AccountId) = (account("bonded", seed, 7), account("its coldkey", seed, 7));
	Neurons::own(&coldkey, &hotkey).unwrap();
	pool(NETUID, &hotkey, &coldkey, 20_000 * GNG, 1_000 * GNG);
	parents(&hotkey, seed);
	for number in 0..MAX_DECLARATIONS {
		auditors_with(NETUID, number, &hotkey);
	}
	declare_all(NETUID, &hotkey, &coldkey);
	(hotkey, coldkey)
}
