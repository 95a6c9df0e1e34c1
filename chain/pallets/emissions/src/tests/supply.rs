//! Halvings and splits.

use super::*;
use crate::supply::{block_emission, proportion, split};
use proptest::prelude::*;

#[test]
fn halvings_are_those_of_the_vectors() {
	let cases = vectors("block_emission")["cases"].take();
	let cases = cases.as_array().unwrap();
	assert_eq!(cases.len(), 15);
	for case in cases {
		let (issued, expected) = (case["issuance"].as_u64().unwrap(), case["expect"].as_u64().unwrap());
		assert_eq!(block_emission(issued.into(), GNG), expected.into(), "issued {issued}");
	}
}

#[test]
fn thresholds_are_exact_to_the_nano() {
	let mut threshold = 0;
	for halving in 0..20u32 {
		threshold += SUPPLY_CAP >> (halving + 1);
		assert_eq!(block_emission(threshold - 1, GNG), GNG >> halving, "below {threshold}");
		// Where the cap is not divisible any more the exact threshold lies between two nano.
		if SUPPLY_CAP.is_multiple_of(1 << (halving + 1)) {
			assert_eq!(block_emission(threshold, GNG), GNG >> (halving + 1), "at {threshold}");
		}
	}
}

#[test]
fn nothing_is_emitted_at_or_above_the_cap() {
	for issued in [SUPPLY_CAP - 1, SUPPLY_CAP, SUPPLY_CAP + 1, Balance::MAX] {
		assert_eq!(block_emission(issued, GNG), 0);
	}
}

#[test]
fn one_second_slots_emit_a_twelfth() {
	let reward = GNG * 1_000 / 12_000;
	assert_eq!(block_emission(0, reward), 83_333_333);
	assert_eq!(block_emission(SUPPLY_CAP / 2, reward), 41_666_666);
}

#[test]
fn equal_parts_are_those_of_the_vectors() {
	let cases = vectors("coinbase");
	let case = &cases[0];
	assert_eq!(case["test"], "test_coinbase_tao_issuance_multiple");
	let shares: Vec<_> = (1..=3).map(|netuid| (NetUid(netuid), 1)).collect();
	let parts = split(case["emission"].as_u64().unwrap().into(), &shares);
	assert!(parts
		.iter()
		.all(|(_, part)| *part == case["expect_each"].as_u64().unwrap() as Balance));
}

#[test]
fn the_owner_cut_is_eighteen_percent_rounded_down() {
	assert_eq!(proportion(65_535, 11_796), 11_796);
	assert_eq!(proportion(GNG, 11_796), 179_995_422);
	assert_eq!(proportion(5, 11_796), 0);
	assert_eq!(proportion(SUPPLY_CAP, u16::MAX), SUPPLY_CAP);
}

proptest! {
	#[test]
	fn emission_falls_with_issuance_and_never_passes_the_cap(
		issued in 0..SUPPLY_CAP + 10, more in 0..SUPPLY_CAP, reward in 0..SUPPLY_CAP
	) {
		let emission = block_emission(issued, reward);
		prop_assert!(emission <= reward);
		prop_assert!(emission == 0 || issued + emission <= SUPPLY_CAP);
		prop_assert!(reward > SUPPLY_CAP / 4 || block_emission(issued + more, reward) <= emission);
	}

	#[test]
	fn a_split_never_exceeds_the_amount(
		amount in 0..SUPPLY_CAP, weights in prop::collection::vec(any::<u64>(), 0..130)
	) {
		let shares: Vec<_> = weights.iter().map(|weight| (NetUid(1), *weight)).collect();
		let parts = split(amount, &shares);
		let sum: Balance = parts.iter().map(|(_, part)| part).sum();
		prop_assert_eq!(parts.len(), shares.len());
		prop_assert!(sum <= amount);
		prop_assert!(weights.iter().all(|weight| *weight == 0) || amount - sum < shares.len() as Balance);
	}
}
