//! Halvings and splits.

use super::*;
use crate::supply::{block_emission, moving_average};
use ganglion_primitives::proportion;
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
	ExtBuilder::default().build_and_execute(|| {
		Reward::set(case["emission"].as_u64().unwrap().into());
		(1..=3).for_each(|netuid| create(NetUid(netuid), 100));
		next_block();
		let expected = Balance::from(case["expect_each"].as_u64().unwrap());
		assert_eq!(
			[1, 2, 3].map(|netuid| Emissions::accrued(NetUid(netuid))),
			[expected; 3]
		);
	});
}

#[test]
fn an_average_moves_with_the_blocks() {
	let one = 1u128 << 64;
	assert_eq!(moving_average(0, 5, 0, 100), 0);
	assert_eq!(moving_average(0, 1, 2, 50_400), one / 2);
	assert_eq!(moving_average(one, 1, 2, 90_000), one / 2);
	assert_eq!(moving_average(one / 2, 0, 7, 25_200), one / 4);
	assert_eq!(moving_average(0, 7, 7, 12_600), one / 4);
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

	/// However units change from block to block, what is emitted is what is owed, settled and left, to the last fraction.
	#[test]
	fn a_ledger_loses_nothing(
		blocks in prop::collection::vec((0..SUPPLY_CAP / 100, 0..4usize, any::<u64>(), any::<bool>()), 1..60)
	) {
		let mut ledger = Ledger::default();
		let mut accounts = [Account::default(); 4];
		let mut emitted = 0;
		for (emission, changed, units, small) in blocks {
			ledger.set_units(&mut accounts[changed], if small { units % 5 } else { units });
			if ledger.units > 0 {
				ledger.emit(emission);
				emitted += emission;
			}
			let owed: u128 = accounts.iter().map(|account| ledger.owed(account) + (account.settled << 64)).sum();
			prop_assert_eq!(owed + ledger.remainder, emitted << 64);
			prop_assert!(ledger.units == 0 || ledger.remainder < ledger.units + (1 << 67));
		}
		prop_assert_eq!(ledger.emitted, emitted);
	}
}
