//! From rows to weights.

use super::*;
use crate::rows::{check, credit, weights};
use ganglion_primitives::RowFlaw;
use proptest::prelude::*;

fn limit(number: u32) -> Option<u32> {
	(number == PROFILE).then_some(LIMIT)
}

fn given(rows: &[VerdictRow]) -> Vec<(u16, u16)> {
	weights(rows, 9, limit).unwrap()
}

#[test]
fn work_counts_by_the_part_of_audits_that_passed() {
	let half = VerdictRow {
		passed: 2,
		soft: 2,
		..row(1, 1_000)
	};
	assert_eq!(credit(&half, LIMIT), 500);
	assert_eq!(given(&[row(0, 1_000), half]), vec![(0, 65_535), (1, 32_767)]);
	let third = VerdictRow {
		audited: 3,
		passed: 1,
		soft: 2,
		..row(1, 1_000)
	};
	assert_eq!(credit(&third, LIMIT), 333);
}

#[test]
fn nothing_counts_after_a_lie_or_without_an_audit() {
	let lies = [
		VerdictRow {
			hard: 1,
			passed: 3,
			..row(1, 9_000)
		},
		VerdictRow {
			owed: 1,
			..row(1, 9_000)
		},
		VerdictRow {
			llr: LIMIT as i32 + 1,
			..row(1, 9_000)
		},
		VerdictRow {
			audited: 0,
			passed: 0,
			..row(1, 9_000)
		},
		row(1, 0),
	];
	for lie in lies {
		assert_eq!(credit(&lie, LIMIT), 0, "{lie:?}");
		assert_eq!(given(&[row(0, 1_000), lie]), vec![(0, 65_535)]);
	}
	let just = VerdictRow {
		llr: LIMIT as i32,
		..row(1, 1_000)
	};
	assert_eq!(credit(&just, LIMIT), 1_000);
}

#[test]
fn the_author_and_what_rounds_to_nothing_are_left_out() {
	let rows = [row(0, u32::MAX), row(1, 1), row(2, u32::MAX)];
	assert_eq!(weights(&rows, 2, limit), Ok(vec![(0, 65_535)]));
	// The author's own work does not scale the others' down either.
	assert_eq!(weights(&[row(0, 10), row(2, 1_000)], 2, limit), Ok(vec![(0, 65_535)]));
	assert_eq!(given(&[]), vec![]);
	assert_eq!(given(&[row(0, 0)]), vec![]);
}

#[test]
fn rows_have_to_make_sense() {
	assert_eq!(check(&[row(0, 1), row(3, 1)], 4), Ok(()));
	assert_eq!(check(&[row(0, 1), row(4, 1)], 4), Err(RowFlaw::UnknownUid));
	assert_eq!(check(&[row(1, 1), row(0, 1)], 4), Err(RowFlaw::Unordered));
	assert_eq!(check(&[row(1, 1), row(1, 1)], 4), Err(RowFlaw::Unordered));
	let odd = VerdictRow {
		audited: 5,
		..row(1, 1)
	};
	assert_eq!(check(&[odd], 4), Err(RowFlaw::Inconsistent));
	let wrapped = VerdictRow {
		passed: u16::MAX,
		soft: 1,
		audited: 0,
		..row(1, 1)
	};
	assert_eq!(check(&[wrapped], 4), Err(RowFlaw::Inconsistent));
	let strange = VerdictRow {
		profile: 8,
		..row(1, 1)
	};
	assert_eq!(weights(&[strange], 9, limit), Err(RowFlaw::UnknownProfile));
}

fn rows() -> impl Strategy<Value = Vec<VerdictRow>> {
	let one = (
		any::<u32>(),
		0..20u16,
		0..4u16,
		prop::option::weighted(0.2, 1..3u16),
		-9_000..20_000i32,
		0..2u16,
	);
	prop::collection::vec(one, 0..12).prop_map(|all| {
		let row = |(uid, (work, passed, soft, hard, llr, owed)): Drawn| {
			let hard = hard.unwrap_or(0);
			VerdictRow {
				uid,
				profile: PROFILE,
				work,
				audited: passed + soft + hard,
				passed,
				soft,
				hard,
				llr,
				owed,
			}
		};
		(0u16..).zip(all).map(row).collect()
	})
}

/// What a row is drawn from: slot; work, audits passed, soft and hard, likelihood, owed.
type Drawn = (u16, (u32, u16, u16, Option<u16>, i32, u16));

proptest! {
	/// Whoever has more credit never has less weight; the highest is 65,535; who has none is not there.
	#[test]
	fn weights_follow_credits(rows in rows(), own in 0..12u16) {
		let made = weights(&rows, own, limit).unwrap();
		prop_assert!(made.windows(2).all(|pair| pair[0].0 < pair[1].0));
		let credits: Vec<(u16, u64)> = rows.iter().map(|row| (row.uid, credit(row, LIMIT))).filter(|(uid, _)| *uid != own).collect();
		let highest = credits.iter().map(|(_, credit)| *credit).max().unwrap_or(0);
		let value = |uid: u16| made.iter().find(|(of, _)| *of == uid).map_or(0, |(_, value)| u128::from(*value));
		for (uid, credit) in &credits {
			let exact = u128::from(*credit) * 65_535 / u128::from(highest.max(1));
			prop_assert_eq!(value(*uid), exact);
		}
		prop_assert_eq!(value(own), 0);
		prop_assert!(made.iter().all(|(_, value)| *value > 0));
	}
}
