//! Tests: what evidence is good, what is kept of it, what randomness comes of it, and what keeping it back costs.
#![allow(
	clippy::arithmetic_side_effects,
	clippy::unwrap_used,
	clippy::indexing_slicing,
	reason = "tests"
)]

mod filing;
mod keys;
mod randomness;
mod rows;
mod slashing;
mod slots;

use crate::mock::*;
use ganglion_primitives::{Evidence, MechanismId, NetUid, VerdictRow};
use ganglion_traits::{AuditEvidence, OnEpoch};
use sp_core::H256;
use sp_runtime::DispatchResult;

type E = crate::Error<Test>;
type Event = crate::Event<Test>;
const FIRST: MechanismId = MechanismId(0);

/// A row without a fault about slot `uid`.
fn row(uid: u16, work: u32) -> VerdictRow {
	VerdictRow {
		uid,
		profile: PROFILE,
		work,
		audited: 4,
		passed: 4,
		soft: 0,
		hard: 0,
		llr: -200,
		owed: 0,
	}
}

/// The hash that announces a secret of this byte.
fn announced(byte: u8) -> H256 {
	H256(sp_io::hashing::blake2_256(&[byte; 32]))
}

/// Evidence of the secret `byte`, which announces `next`; its rows give [`WEIGHTS`].
fn evidence(byte: u8, next: u8) -> Evidence {
	Evidence {
		secret: [byte; 32],
		next: announced(next),
		root: H256::repeat_byte(byte),
		leaves: 8,
		receipts_root: H256::repeat_byte(0xee),
		receipts: 5,
		rows: vec![row(0, 2_000), row(1, 1_000)].try_into().unwrap(),
	}
}

const WEIGHTS: [(u16, u16); 2] = [(0, 65_535), (1, 32_767)];

fn check(hotkey: u64, evidence: &Evidence) -> DispatchResult {
	Audits::check(NETUID, FIRST, &hotkey, &WEIGHTS, evidence)
}

/// Check and file evidence of the epoch before the present one.
fn file(hotkey: u64, byte: u8, next: u8) {
	let evidence = evidence(byte, next);
	check(hotkey, &evidence).unwrap();
	Audits::file(NETUID, FIRST, &hotkey, &hotkey, Epoch::get() - 1, evidence);
}

fn next_epoch() {
	Epoch::mutate(|epoch| *epoch += 1);
	Audits::on_epoch(NETUID, Epoch::get());
}

fn next_block() {
	use frame_support::traits::Hooks;
	System::set_block_number(System::block_number() + 1);
	Audits::on_initialize(System::block_number());
}

fn missed(hotkey: u64) {
	Audits::missed(NETUID, FIRST, &hotkey);
}

fn left_of(netuid: NetUid) -> usize {
	crate::Filed::<Test>::iter_key_prefix((netuid,)).count()
		+ crate::Authors::<Test>::iter_key_prefix(netuid).count()
		+ crate::Due::<Test>::iter_key_prefix(netuid).count()
		+ crate::Randomness::<Test>::iter_key_prefix(netuid).count()
		+ crate::Refuted::<Test>::iter_key_prefix((netuid,)).count()
		+ crate::Began::<Test>::iter_key_prefix(netuid).count()
		+ usize::from(crate::Renumbered::<Test>::contains_key(netuid))
		+ crate::Named::<Test>::iter_key_prefix(netuid).count()
		+ crate::Revealed::<Test>::get(netuid).len()
}
