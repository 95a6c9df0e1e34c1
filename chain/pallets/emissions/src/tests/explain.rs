//! Explanations add up.

use super::*;
use frame_support::BoundedVec;
use ganglion_primitives::{Explanation, MechanismId};
use proptest::prelude::*;

/// Every line of an explanation, added up.
fn sum(of: &Explanation<AccountId>) -> u64 {
	let due: u64 = of.mechanisms.iter().map(|one| one.as_miner + one.as_validator).sum();
	due - of.unpaid_as_miner - of.unpaid_as_validator
}

/// Check that what is said of every slot, and of the epoch, adds up.
fn check(netuid: NetUid) {
	let report = Emissions::report(netuid).unwrap();
	let gone = report.owner + report.miners + report.validators + report.dropped + report.left;
	assert_eq!(report.accrued + report.carried, gone);
	let slots = TheWorld::get().subnets[&netuid].neurons.len() as u16;
	let registered_at: Vec<u32> = TheWorld::get().subnets[&netuid]
		.neurons
		.iter()
		.map(|(_, at)| *at)
		.collect();
	let emission = Emissions::emission(netuid, &registered_at);
	let mut paid = 0;
	for uid in 0..slots {
		let Some(explained) = Emissions::explain(netuid, Uid(uid)) else {
			assert!(registered_at[uid as usize] > 0, "nothing is said of newcomers only");
			continue;
		};
		assert_eq!(explained.report, report);
		assert_eq!(sum(&explained), explained.emission, "uid {uid}");
		assert_eq!(explained.emission, emission[uid as usize], "uid {uid}");
		paid += explained.emission;
		let emission: u64 = explained.mechanisms.iter().map(|one| one.emission).sum();
		assert!(emission <= report.accrued + report.carried);
		for one in &explained.mechanisms {
			assert!(one.to_miners + one.to_validators + one.dropped <= one.emission);
		}
	}
	if registered_at.iter().all(|at| *at == 0) {
		assert_eq!(paid, report.miners + report.validators);
	}
}

#[test]
fn a_miner_sees_who_weighed_it() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		edit(NET, |subnet| {
			subnet.stakes.insert(1, (300 * GNG, 10 * GNG));
			subnet.rows.insert(1, (vec![(2, 65_535), (3, 21_845)], 1));
		});
		run_epochs(NET, 3);
		check(NET);
		let third = Emissions::explain(NET, Uid(3)).unwrap();
		assert_eq!((third.hotkey, third.active, third.permit), (4, true, false));
		let [first, second] = [&third.votes[0], &third.votes[1]];
		assert_eq!(
			(first.uid, first.stake, first.weight, first.counted),
			(Uid(0), 49_151, 32_767, 32_767)
		);
		assert_eq!(
			(second.uid, second.stake, second.weight, second.counted),
			(Uid(1), 16_383, 16_383, 16_383)
		);
		assert!(!first.changed && !second.changed);
		// What they gave together is its incentive.
		let given = |uid| -> f64 {
			let votes = Emissions::explain(NET, Uid(uid)).unwrap().votes;
			votes
				.iter()
				.map(|vote| f64::from(vote.stake) * f64::from(vote.counted))
				.sum()
		};
		let expected = given(3) / (given(2) + given(3));
		let incentive = f64::from(third.mechanisms[0].incentive) / 65_535.0;
		assert!((expected - incentive).abs() < 1e-4, "{expected} {incentive}");
		// Miner 2 was weighed more by validator 1 than the others' median: its weight was cut.
		let second = Emissions::explain(NET, Uid(2)).unwrap().votes[1].clone();
		assert!(second.weight > second.counted);
	});
}

#[test]
fn a_validator_sees_its_bonds_and_stake() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		run_epochs(NET, 3);
		let first = Emissions::explain(NET, Uid(0)).unwrap();
		assert!(first.permit && first.votes.is_empty());
		assert_eq!((first.stake, first.own_stake), (100 * GNG as u64, 10 * GNG as u64));
		let bond = &first.bonds[0];
		assert_eq!(
			(bond.uid, bond.bond, bond.all, bond.incentive),
			(Uid(2), 6_225, 12_450, 32_767)
		);
		assert_eq!(first.mechanisms[0].dividends, 32_767);
		assert_eq!(first.mechanisms[0].as_miner, 0);
		assert!(first.mechanisms[0].as_validator * 2 <= first.mechanisms[0].to_validators);
	});
}

#[test]
fn a_row_that_was_changed_since_says_so() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		run_epochs(NET, 2);
		edit(NET, |subnet| drop(subnet.rows.insert(1, (vec![(3, 9)], 25))));
		let votes = Emissions::explain(NET, Uid(2)).unwrap().votes;
		assert_eq!(
			votes.iter().map(|vote| (vote.uid.0, vote.changed)).collect::<Vec<_>>(),
			[(0, false), (1, true)]
		);
		check(NET);
	});
}

#[test]
fn what_could_not_be_paid_is_a_line_of_its_own() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		TheWorld::mutate(|world| world.unpayable = [1, coldkey(3)].into());
		run_epochs(NET, 2);
		check(NET);
		let miner = Emissions::explain(NET, Uid(2)).unwrap();
		assert_eq!((miner.emission, miner.unpaid_as_validator), (0, 0));
		assert_eq!(miner.unpaid_as_miner, miner.mechanisms[0].as_miner);
		let validator = Emissions::explain(NET, Uid(0)).unwrap();
		assert_eq!((validator.emission, validator.unpaid_as_miner), (0, 0));
		assert!(validator.unpaid_as_validator > 0);
	});
}

#[test]
fn newcomers_and_strangers_are_not_explained() {
	ExtBuilder::default().build_and_execute(|| {
		assert!(Emissions::explain(NET, Uid(0)).is_none());
		create_staffed();
		assert!(Emissions::explain(NET, Uid(0)).is_none(), "no epoch yet");
		run_epochs(NET, 2);
		edit(NET, |subnet| subnet.neurons[3] = (99, System::block_number()));
		assert!(Emissions::explain(NET, Uid(3)).is_none());
		assert!(Emissions::explain(NET, Uid(4)).is_none());
		let columns = Emissions::mechanism_columns(NET, MechanismId(0)).unwrap();
		assert_eq!(
			(columns.incentive.len(), columns.incentive[3], columns.miners[3]),
			(4, 0, 0)
		);
		assert!(Emissions::mechanism_columns(NET, MechanismId(1)).is_none());
	});
}

#[test]
fn the_network_adds_up() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		run_to(35);
		let summary = Emissions::summary();
		assert_eq!(summary.issued as Balance, issuance());
		assert_eq!(
			(summary.block_emission, summary.units, summary.emitted),
			(GNG as u64, 1, 34 * GNG as u64)
		);
		assert!(summary.issued + summary.pending + summary.burned_for_ever <= summary.cap);
	});
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 64, ..Default::default() })]

	/// Random subnets of several mechanisms, with slots that cannot be paid: all lines of every slot add up.
	#[test]
	fn every_slot_of_a_random_subnet_adds_up(
		stakes in prop::collection::vec((0..1_000 * GNG, 0..100 * GNG), 8),
		rows in prop::collection::vec((0..3u8, 0..8u16, prop::collection::btree_map(0..8u16, any::<u16>(), 0..8)), 0..20),
		count in 1..4u8, split in prop::collection::vec(any::<u16>(), 0..3),
		unpayable in prop::collection::vec(0..8u64, 0..3),
		(epochs, cut) in (1..5u32, any::<bool>()),
	) {
		ExtBuilder::default().build_and_execute(|| {
			create(NET, TEMPO);
			TheWorld::mutate(|world| {
				world.unpayable = unpayable.iter().flat_map(|hotkey| [*hotkey, coldkey(*hotkey)]).collect();
			});
			edit(NET, |subnet| {
				subnet.neurons = (0..8).map(|hotkey| (hotkey, 0)).collect();
				subnet.params.mechanism_count = count;
				subnet.params.owner_cut_on = cut;
				subnet.params.emission_split = BoundedVec::truncate_from(split);
				subnet.stakes = (0..).zip(stakes).map(|(hotkey, (others, own))| (hotkey, (others + own, own))).collect();
				for (mechanism, uid, row) in rows {
					let row = (row.into_iter().collect(), 1);
					match mechanism {
						0 => drop(subnet.rows.insert(uid, row)),
						_ => drop(subnet.more_rows.insert((mechanism, uid), row)),
					}
				}
			});
			for epoch in 1..=epochs {
				run_epochs(NET, epoch);
				check(NET);
			}
		});
	}
}
