//! Checking evidence, and what is kept of it.

use super::*;
use crate::{Filed, HISTORY};
use codec::Encode;
use frame_support::{assert_noop, assert_ok};
use ganglion_primitives::FiledEvidence;
use ganglion_traits::FiledVerdicts;

#[test]
fn good_evidence_is_kept_without_its_rows() {
	run(|| {
		assert_ok!(check(ALICE, &evidence(1, 2)));
		assert_eq!(Audits::announced(NETUID, &ALICE), None, "a check keeps nothing");
		file(ALICE, 1, 2);
		let filed = FiledEvidence {
			root: H256::repeat_byte(1),
			leaves: 8,
			receipts_root: H256::repeat_byte(0xee),
			receipts: 5,
			secret: [1; 32],
			rows: H256(sp_io::hashing::blake2_256(&evidence(1, 2).rows.encode())),
			author: ALICE,
		};
		assert_eq!(Audits::filed(NETUID, &ALICE, 99), Some(filed.clone()));
		assert_eq!(Audits::filed_in(NETUID, 99), vec![(ALICE, filed)]);
		assert_eq!(Audits::filed(NETUID, &ALICE, 100), None);
		assert_eq!(Audits::filed(OTHER, &ALICE, 99), None);
		assert_eq!(Audits::announced(NETUID, &ALICE), Some(announced(2)));
		let event = Event::EvidenceFiled {
			netuid: NETUID,
			hotkey: ALICE,
			epoch: 99,
			root: H256::repeat_byte(1),
			leaves: 8,
		};
		System::assert_last_event(event.into());
	});
}

#[test]
fn weights_have_to_be_what_the_rows_give() {
	run(|| {
		let good = evidence(1, 2);
		let check =
			|entries: &[(u16, u16)], evidence: &Evidence| Audits::check(NETUID, FIRST, &ALICE, entries, evidence);
		assert_ok!(check(&WEIGHTS, &good));
		assert_noop!(check(&[(0, 65_535), (1, 32_768)], &good), E::WrongWeights);
		assert_noop!(check(&[(0, 65_535)], &good), E::WrongWeights);
		assert_noop!(check(&[], &good), E::WrongWeights);
		let strange = |change: fn(&mut VerdictRow)| {
			let mut bad = evidence(1, 2);
			change(&mut bad.rows[1]);
			bad
		};
		assert_noop!(check(&WEIGHTS, &strange(|row| row.uid = 0)), E::Unordered);
		assert_noop!(check(&WEIGHTS, &strange(|row| row.uid = 4)), E::UnknownUid);
		assert_noop!(check(&WEIGHTS, &strange(|row| row.soft = 1)), E::Inconsistent);
		assert_noop!(check(&WEIGHTS, &strange(|row| row.profile = 1)), E::UnknownProfile);
		let counted = Evidence {
			leaves: 9,
			..evidence(1, 2)
		};
		assert_noop!(check(&WEIGHTS, &counted), E::Inconsistent);
		assert_noop!(Audits::check(NETUID, FIRST, &999, &WEIGHTS, &good), E::NotRegistered);
	});
}

#[test]
fn a_secret_is_the_one_that_was_announced() {
	run(|| {
		file(ALICE, 1, 2);
		next_epoch();
		assert_noop!(check(ALICE, &evidence(3, 4)), E::WrongSecret);
		assert_noop!(check(ALICE, &evidence(1, 2)), E::WrongSecret);
		assert_noop!(check(ALICE, &evidence(2, 2)), E::SecretReused);
		// Others have secrets of their own.
		assert_ok!(check(BOB, &evidence(3, 4)));
		file(ALICE, 2, 3);
		next_epoch();
		file(ALICE, 3, 4);
		assert_eq!(Audits::filed(NETUID, &ALICE, 99).unwrap().secret, [1; 32]);
		assert_eq!(Audits::filed(NETUID, &ALICE, 101).unwrap().secret, [3; 32]);
	});
}

#[test]
fn only_the_first_mechanism_of_a_subnet_that_asks_for_it_needs_evidence() {
	run(|| {
		assert!(Audits::is_required(NETUID, FIRST));
		assert!(!Audits::is_required(NETUID, MechanismId(1)));
		assert!(!Audits::is_required(NetUid(9), FIRST));
		VerdictsOn::set(false);
		assert!(!Audits::is_required(NETUID, FIRST));
	});
}

#[test]
fn a_bond_stands_behind_evidence() {
	run(|| {
		assert_ok!(Audits::ensure_can_commit(NETUID, FIRST, &ALICE));
		assert_noop!(Audits::ensure_can_commit(NETUID, FIRST, &MINER), E::NoBond);
	});
}

#[test]
fn evidence_is_kept_for_a_while() {
	run(|| {
		file(ALICE, 1, 2);
		for _ in 2..HISTORY {
			next_epoch();
			Audits::do_try_state().unwrap();
		}
		assert!(Audits::filed(NETUID, &ALICE, 99).is_some());
		next_epoch();
		assert!(Audits::filed(NETUID, &ALICE, 99).is_none() && Audits::announced(NETUID, &ALICE).is_none());
		next_epoch();
		next_epoch();
		// Of the last epochs is known when they began.
		assert_eq!(left_of(NETUID), HISTORY as usize);
	});
}

#[test]
fn an_author_that_goes_on_keeps_its_announcement() {
	run(|| {
		for byte in 1..=100u8 {
			file(ALICE, byte, byte + 1);
			next_epoch();
			Audits::do_try_state().unwrap();
		}
		assert_eq!(Audits::announced(NETUID, &ALICE), Some(announced(101)));
		assert_eq!(Filed::<Test>::iter().count() as u32, HISTORY - 2);
	});
}

#[test]
fn clients_ask_the_chain_for_their_weights() {
	run(|| {
		let rows = evidence(1, 2).rows;
		assert_eq!(Audits::weights_of(NETUID, &ALICE, &rows), Some(Ok(WEIGHTS.to_vec())));
		assert_eq!(Audits::weights_of(NETUID, &MINER, &rows), Some(Ok(vec![(1, 65_535)])));
		assert_eq!(Audits::weights_of(NETUID, &999, &rows), None);
		let flaw = Audits::weights_of(NETUID, &ALICE, &[row(4, 1)]);
		assert_eq!(flaw, Some(Err(ganglion_primitives::RowFlaw::UnknownUid)));
	});
}
