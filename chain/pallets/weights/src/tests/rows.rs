//! Rows and their hash, as pure values.

use super::*;
use crate::{commitment, row::Flaw, Terms};
use ganglion_primitives::{Evidence, VerdictRow};
use proptest::prelude::*;

fn weighing<'a>(uids: &'a [u16], values: &'a [u16]) -> Weighing<'a> {
	Weighing {
		uids,
		values,
		version_key: 1,
		evidence: None,
	}
}

#[test]
fn lengths_have_bounds() {
	let check = |entries: usize, slots| weighing(&vec![0; entries], &vec![0; entries]).check_lengths(slots);
	assert_eq!(check(0, 4), Ok(()));
	assert_eq!(check(4, 4), Ok(()));
	assert_eq!(check(5, 4), Err(Flaw::TooMany));
	assert_eq!(weighing(&[1], &[]).check_lengths(4), Err(Flaw::LengthMismatch));
	assert_eq!(weighing(&[], &[1]).check_lengths(4), Err(Flaw::LengthMismatch));
}

#[test]
fn terms_have_bounds() {
	let check = |entries: usize, version_key, min_entries| {
		let zeroes = vec![0; entries];
		weighing(&zeroes, &zeroes).check_terms(&Terms {
			version_key,
			min_entries,
			evidence: false,
		})
	};
	assert_eq!(check(3, 1, 3), Ok(()));
	assert_eq!(check(2, 1, 3), Err(Flaw::TooFew));
	assert_eq!(check(0, 0, 0), Ok(()));
	assert_eq!(check(3, 2, 3), Err(Flaw::WrongVersion));
}

#[test]
fn entries_are_sorted_and_distinct() {
	assert_eq!(
		weighing(&[3, 0, 2], &[30, 0, 20]).sorted(4),
		Ok(vec![(0, 0), (2, 20), (3, 30)])
	);
	assert_eq!(weighing(&[3, 0, 3], &[1, 2, 3]).sorted(4), Err(Flaw::Duplicate));
	assert_eq!(weighing(&[3, 4], &[1, 2]).sorted(4), Err(Flaw::Unknown));
	assert_eq!(weighing(&[], &[]).sorted(4), Ok(vec![]));
}

/// The bytes that other implementations must hash, spelled out.
#[test]
fn the_commitment_has_a_fixed_preimage() {
	let (genesis, hotkey, salt) = (H256::repeat_byte(0xaa), [0xbb_u8; 32], [0xcc_u8; 32]);
	let weighing = Weighing {
		uids: &[1, 258],
		values: &[65_535, 2],
		version_key: 5,
		evidence: None,
	};
	let mut preimage = vec![0xaa; 32];
	preimage.extend([7, 0]);
	preimage.push(1);
	preimage.extend([0xbb; 32]);
	preimage.extend([2 << 2, 1, 0, 2, 1]);
	preimage.extend([2 << 2, 0xff, 0xff, 2, 0]);
	preimage.extend([0xcc; 32]);
	preimage.extend([5, 0, 0, 0, 0, 0, 0, 0]);
	preimage.push(0);
	let expected = sp_io::hashing::blake2_256(&preimage);
	let ours = commitment(genesis, NetUid(7), MechanismId(1), &hotkey, &weighing, &salt);
	assert_eq!(ours, H256(expected));
	assert_eq!(
		format!("{ours:?}"),
		"0x0442e5773307455d2fbd48f9508b588af6d229edf31ea3d44a4ff95fbbdd5dd7"
	);
}

/// The same row with evidence: its SCALE bytes follow a 1.
#[test]
fn evidence_ends_the_preimage() {
	let row = |uid, profile, work, audits: [u16; 4], llr, owed| VerdictRow {
		uid,
		profile,
		work,
		audited: audits[0],
		passed: audits[1],
		soft: audits[2],
		hard: audits[3],
		llr,
		owed,
	};
	let rows = vec![
		row(1, 2, 1_500, [4, 3, 1, 0], -70, 0),
		row(258, 70_000, 9, [1, 0, 0, 1], 20_000, 5),
	];
	let evidence = Evidence {
		secret: [5; 32],
		next: H256::repeat_byte(6),
		root: H256::repeat_byte(7),
		leaves: 3,
		receipts_root: H256::repeat_byte(8),
		receipts: 4,
		rows: rows.try_into().unwrap(),
	};
	let weighing = Weighing {
		uids: &[1, 258],
		values: &[65_535, 2],
		version_key: 5,
		evidence: Some(&evidence),
	};
	let (genesis, hotkey, salt) = (H256::repeat_byte(0xaa), [0xbb_u8; 32], [0xcc_u8; 32]);
	let ours = commitment(genesis, NetUid(7), MechanismId(1), &hotkey, &weighing, &salt);
	assert_eq!(
		format!("{ours:?}"),
		"0x74adee4ae309c23ac50b5365262f27586ded6f7a16c26bd402912fae49c28608"
	);
}

proptest! {
	#[test]
	fn whatever_is_accepted_is_a_row(
		pairs in prop::collection::vec((0..8u16, any::<u16>()), 0..8),
		slots in 0..8u16,
	) {
		let (uids, values): (Vec<u16>, Vec<u16>) = pairs.iter().copied().unzip();
		let weighing = weighing(&uids, &values);
		let (lengths, sorted) = (weighing.check_lengths(slots), weighing.sorted(slots));
		if let (Ok(()), Ok(row)) = (lengths, &sorted) {
			prop_assert!(row.windows(2).all(|pair| pair[0].0 < pair[1].0));
			prop_assert!(row.iter().all(|(uid, _)| *uid < slots));
			let mut expected = pairs.clone();
			expected.sort_unstable();
			prop_assert_eq!(row, &expected);
		}
		let distinct = uids.iter().collect::<std::collections::BTreeSet<_>>().len() == uids.len();
		prop_assert_eq!(sorted.is_ok(), distinct && uids.iter().all(|uid| *uid < slots));
	}
}
