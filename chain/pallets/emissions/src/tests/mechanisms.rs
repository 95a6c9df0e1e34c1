//! Subnets with several mechanisms.

use super::*;
use crate::mechanisms::{amounts, mean, parts};
use frame_support::BoundedVec;
use ganglion_primitives::{MechanismId, ONE_U16};
use proptest::prelude::*;

/// The staffed subnet with `count` mechanisms; in mechanism 1 and above the validators give all to the second miner.
fn create_with(count: u8, split: &[u16]) {
	create_staffed();
	edit(NET, |subnet| {
		subnet.params.mechanism_count = count;
		subnet.params.emission_split = BoundedVec::truncate_from(split.to_vec());
		subnet.params.owner_cut_on = false;
		for (mechanism, uid) in (1..count).flat_map(|mechanism| [(mechanism, 0), (mechanism, 1)]) {
			subnet.more_rows.insert((mechanism, uid), (vec![(3, 65_535)], 1));
		}
	});
}

fn result(mechanism: u8) -> MechanismResult {
	Emissions::mechanism_result(NET, MechanismId(mechanism)).unwrap()
}

fn sum(column: &[u64]) -> Balance {
	column.iter().map(|one| Balance::from(*one)).sum()
}

#[test]
fn emission_is_the_sum_over_mechanisms_and_not_their_mean() {
	ExtBuilder::default().build_and_execute(|| {
		create_with(4, &[]);
		run_epochs(NET, 1);
		let carried = Carried::<Test>::take(NET);
		TotalPending::<Test>::mutate(|total| *total -= carried);
		run_epochs(NET, 2);
		let emission = Emissions::emission(NET, &[0; 4]);
		let whole = Balance::from(TEMPO) * GNG;
		assert!(whole - sum(&emission) < 40, "{} of {whole}", sum(&emission));
		// Miner 2 has half of the miners' half in one of four mechanisms, miner 3 the rest.
		let [second, third] = [2, 3].map(|uid| Balance::from(emission[uid]));
		assert!((whole / 16).abs_diff(second) < GNG / 1_000, "{second}");
		assert!((whole * 7 / 16).abs_diff(third) < GNG / 1_000, "{third}");
	});
}

#[test]
fn every_slot_gets_what_its_mechanisms_say() {
	ExtBuilder::default().build_and_execute(|| {
		create_with(3, &[32_768, 16_384, 16_383]);
		run_epochs(NET, 3);
		let results = [0, 1, 2].map(result);
		let money = Emissions::results(NET).unwrap().money;
		assert_eq!(
			results.iter().map(|one| Balance::from(one.emission)).sum::<Balance>(),
			money.total()
		);
		assert_eq!([0, 1, 2].map(|id: usize| results[id].part), [32_768, 16_384, 16_383]);
		for uid in 0..4 {
			let due: u64 = results.iter().map(|one| one.miners[uid] + one.validators[uid]).sum();
			assert_eq!(Emissions::emission(NET, &[0; 4])[uid], due, "uid {uid}");
		}
	});
}

#[test]
fn one_mechanism_is_what_it_always_was() {
	let run = |count: u8, split: &[u16]| {
		let mut columns = Columns::default();
		ExtBuilder::default().build_and_execute(|| {
			create_with(count, split);
			edit(NET, |subnet| {
				let rows = subnet.rows.clone();
				subnet.more_rows = rows.into_iter().map(|(uid, row)| ((1, uid), row)).collect();
			});
			run_epochs(NET, 3);
			columns = Emissions::columns(NET, &[0; 4]);
		});
		columns
	};
	let one = run(1, &[]);
	assert_eq!(one, run(1, &[ONE_U16]));
	// Two mechanisms with the same weights are like one, but for the rounding of their amounts.
	let two = run(2, &[40_000, 25_535]);
	assert_eq!((&one.incentive, &one.dividends), (&two.incentive, &two.dividends));
	assert!(one.emission.iter().zip(&two.emission).all(|(a, b)| a.abs_diff(*b) < 10));
}

#[test]
fn proportions_are_means_weighted_by_the_parts() {
	ExtBuilder::default().build_and_execute(|| {
		create_with(2, &[49_151, 16_384]);
		run_epochs(NET, 2);
		let columns = Emissions::columns(NET, &[0; 4]);
		// 32,767 of mechanism 0 at three quarters; of mechanism 1 everything is miner 3's.
		assert_eq!(columns.incentive, [0, 0, 24_575, 40_959]);
		assert_eq!(columns.consensus, columns.incentive);
		assert_eq!(columns.validator_trust, [65_535, 65_535, 0, 0]);
		assert_eq!(result(1).incentive.to_vec(), [0, 0, 0, 65_535]);
		assert_eq!(result(1).voters.iter().map(|(uid, _)| *uid).collect::<Vec<_>>(), [0, 1]);
	});
}

#[test]
fn a_mechanism_that_nobody_weighs_drops_its_miners_half_only() {
	ExtBuilder::default().build_and_execute(|| {
		create_with(2, &[]);
		edit(NET, |subnet| subnet.more_rows.clear());
		run_epochs(NET, 2);
		let money = Emissions::results(NET).unwrap().money;
		let [first, second] = [0, 1].map(result);
		assert_eq!(first.dropped, 0);
		assert_eq!(second.dropped, second.emission / 2);
		assert_eq!(money.dropped, second.dropped.into());
		assert!((money.total() / 4).abs_diff(money.miners) < GNG / 1_000);
		assert!((money.total() / 2).abs_diff(money.validators) < GNG / 1_000);
	});
}

#[test]
fn stake_is_read_once_for_all_mechanisms() {
	ExtBuilder::default().build_and_execute(|| {
		create_with(8, &[]);
		run_epochs(NET, 1);
		assert_eq!(TheWorld::get().stakes_read, 1);
	});
}

#[test]
fn fewer_mechanisms_leave_nothing_behind() {
	ExtBuilder::default().build_and_execute(|| {
		create_with(4, &[]);
		run_epochs(NET, 2);
		assert_eq!(Bonds::<Test>::iter_key_prefix((NET,)).count(), 8);
		assert_eq!(Emissions::bonds(NET, MechanismId(3)).len(), 2);
		edit(NET, |subnet| subnet.params.mechanism_count = 2);
		run_epochs(NET, 3);
		assert_eq!(Bonds::<Test>::iter_key_prefix((NET,)).count(), 4);
		assert_eq!(MechanismResults::<Test>::iter_key_prefix(NET).count(), 2);
		assert_eq!(TheWorld::get().mechanisms_gone, [(NET, 2, 4)]);
		// What comes back starts from nothing.
		edit(NET, |subnet| subnet.params.mechanism_count = 4);
		assert!(Emissions::bonds(NET, MechanismId(3)).is_empty());
		run_epochs(NET, 4);
		assert_eq!(Emissions::bonds(NET, MechanismId(3))[0].1, [(3, 6_553)]);
	});
}

#[test]
fn who_loses_the_permit_loses_the_bonds_of_all_mechanisms() {
	ExtBuilder::default().build_and_execute(|| {
		create_with(3, &[]);
		run_epochs(NET, 2);
		edit(NET, |subnet| assert!(subnet.stakes.remove(&2).is_some()));
		run_epochs(NET, 3);
		assert!(Bonds::<Test>::iter_key_prefix((NET,)).all(|(_, uid)| uid == Uid(0)));
	});
}

#[test]
fn parts_add_up_whatever_the_split_says() {
	assert_eq!(parts(1, &[]), [65_535]);
	assert_eq!(parts(3, &[]), [21_845; 3]);
	assert_eq!(parts(4, &[]), [16_386, 16_383, 16_383, 16_383]);
	assert_eq!(parts(2, &[65_535, 0]), [65_535, 0]);
	assert_eq!(parts(3, &[65_535]), [65_535, 0, 0]);
	assert_eq!(parts(2, &[0, 40_000, 25_535]), [25_535, 40_000]);
	assert!(parts(0, &[]).is_empty());
}

proptest! {
	#[test]
	fn nothing_is_lost_between_mechanisms(
		amount in 0..SUPPLY_CAP, count in 1..17u8, split in prop::collection::vec(any::<u16>(), 0..17)
	) {
		let parts = parts(count, &split);
		prop_assert_eq!(parts.iter().map(|part| u32::from(*part)).sum::<u32>(), 65_535);
		let amounts = amounts(amount, &parts);
		prop_assert_eq!(amounts.iter().sum::<Balance>(), amount);
		for (part, amount_of) in parts.iter().zip(&amounts).skip(1) {
			prop_assert_eq!(*amount_of, ganglion_primitives::proportion(amount, *part));
		}
		let columns: Vec<Vec<u16>> = parts.iter().map(|_| vec![ONE_U16, 0, 1_000]).collect();
		let means = mean(3, parts.iter().copied().zip(columns.iter().map(Vec::as_slice)));
		prop_assert_eq!(means, vec![ONE_U16, 0, 1_000]);
	}
}
