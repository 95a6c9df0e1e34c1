//! Subnets that go, slots that move, bonds that are given up, and money that others add.

use super::*;
use frame_support::{traits::fungible::Mutate, weights::Weight};
use ganglion_primitives::MechanismId;
use ganglion_traits::{BondsReset, BurnRecord, OnSubnetDissolved, OnUidsMoved, OwnerEarnings, RewardPool, SubnetValue};

/// Burn from the treasury, as a slash or a registration does.
fn burn(amount: Balance) {
	use frame_support::traits::tokens::{Fortitude, Precision, Preservation};
	let exact = (Precision::Exact, Fortitude::Polite);
	Balances::burn_from(&TREASURY, amount, Preservation::Preserve, exact.0, exact.1).unwrap();
}

/// A slash of a token that a subnet gets.
fn slash_into_pool(netuid: NetUid) {
	burn(GNG);
	<Emissions as RewardPool>::add(netuid, GNG);
}

/// Dissolve [`NET`] with so much weight for a step; returns how many steps it took.
fn dissolve(budget: Weight) -> u32 {
	TheWorld::mutate(|world| {
		world.subnets.remove(&NET);
		world.dissolving.insert(NET);
	});
	Emissions::earning_changed(NET);
	for step in 1.. {
		let progress = Emissions::clear(NET, budget);
		Emissions::do_try_state().unwrap();
		next_block();
		Emissions::do_try_state().unwrap();
		if progress.done {
			TheWorld::mutate(|world| world.dissolving.clear());
			return step;
		}
	}
	unreachable!()
}

#[test]
fn a_dissolved_subnet_leaves_nothing_and_its_emission_goes_to_the_others() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		let second = create_second();
		run_epochs(NET, 3);
		Emissions::fee_burned(NET, 7);
		Emissions::reset_bonds(NET, Uid(1));
		slash_into_pool(NET);
		next_block();
		let (total, waits, others) = (
			TotalPending::<Test>::get(),
			Emissions::pending(NET),
			Emissions::accrued(second),
		);
		assert!(waits > GNG);
		assert_eq!(dissolve(Weight::MAX), 1);
		// What waited, and the next block's emission, are the other subnet's.
		assert_eq!(TotalPending::<Test>::get(), total + GNG);
		assert_eq!(Emissions::accrued(second), others + waits + GNG);
		assert!(!Clocks::<Test>::contains_key(NET) && !Accounts::<Test>::contains_key(NET));
		assert!(!Results::<Test>::contains_key(NET) && !Permits::<Test>::contains_key(NET));
		assert!(!Resets::<Test>::contains_key(NET) && !Fees::<Test>::contains_key(NET));
		assert!(!Averages::<Test>::contains_key(NET) && !OwnerEarned::<Test>::contains_key(NET));
		assert_eq!(MechanismResults::<Test>::iter_key_prefix(NET).count(), 0);
		assert_eq!(Bonds::<Test>::iter_key_prefix((NET,)).count(), 0);
		assert!(Queue::<Test>::iter().all(|(_, netuid, ())| netuid == second));
		run_to(60);
		assert!(Emissions::epoch(second) > 3 && Emissions::epoch(NET) == 0);
	});
}

#[test]
fn dissolution_takes_as_many_blocks_as_its_budget_needs() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		edit(NET, |subnet| subnet.params.mechanism_count = 3);
		edit(NET, |subnet| {
			for (mechanism, uid) in (1..3).flat_map(|mechanism| [(mechanism, 0), (mechanism, 1)]) {
				subnet.more_rows.insert((mechanism, uid), (vec![(3, 65_535)], 1));
			}
		});
		run_epochs(NET, 2);
		assert_eq!(Bonds::<Test>::iter_key_prefix((NET,)).count(), 6);
		// Even a budget of nothing removes a row in each step.
		assert_eq!(dissolve(Weight::zero()), 7);
	});
}

#[test]
fn an_epoch_of_a_subnet_that_is_gone_is_dropped_from_the_queue() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		run_epochs(NET, 1);
		TheWorld::mutate(|world| {
			world.subnets.remove(&NET);
			world.dissolving.insert(NET);
		});
		Emissions::earning_changed(NET);
		let total = TotalPending::<Test>::get();
		run_to(40);
		assert_eq!((Emissions::epoch(NET), TotalPending::<Test>::get()), (1, total));
		assert_eq!(Emissions::next_epoch_block(NET), None);
		assert!(Emissions::clear(NET, Weight::MAX).done);
	});
}

#[test]
fn slots_that_move_take_their_bonds_permits_and_results_along() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		run_epochs(NET, 3);
		Emissions::reset_bonds(NET, Uid(3));
		let before = Emissions::bonds(NET, MechanismId(0));
		let old = Emissions::columns(NET, &[0; 4]);
		// Slots 0 and 2 go.
		edit(NET, |subnet| {
			subnet.neurons = vec![(2, 0), (4, 0)];
			subnet.rows = [(0, (vec![(1, 65_535)], 1))].into();
		});
		Emissions::on_uids_moved(NET, &[(Uid(1), Uid(0)), (Uid(3), Uid(1))]);
		Emissions::do_try_state().unwrap();
		assert_eq!(permits(NET), [0]);
		assert_eq!(Resets::<Test>::get(NET).to_vec(), [1]);
		Resets::<Test>::remove(NET);
		assert_eq!(before[1].0, 1);
		assert_eq!(Emissions::bonds(NET, MechanismId(0)), [(0, vec![(1, 6_225)])]);
		let new = Emissions::columns(NET, &[0; 2]);
		assert_eq!(new.emission, [old.emission[1], old.emission[3]]);
		assert_eq!(new.dividends, [old.dividends[1], old.dividends[3]]);
		assert_eq!(new.stake_weight, [old.stake_weight[1], old.stake_weight[3]]);
		let result = Emissions::mechanism_result(NET, MechanismId(0)).unwrap();
		assert_eq!(
			(result.voters.len(), result.voters[0].0, result.miners.len()),
			(1, 0, 2)
		);
		run_epochs(NET, 4);
		assert_eq!(Emissions::results(NET).unwrap().incentive.to_vec(), [0, 65_535]);
	});
}

#[test]
fn bonds_to_a_slot_can_be_given_up() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		run_epochs(NET, 3);
		Emissions::reset_bonds(NET, Uid(3));
		Emissions::reset_bonds(NET, Uid(0));
		Emissions::reset_bonds(NET, Uid(3));
		assert_eq!(Resets::<Test>::get(NET).to_vec(), [0, 3]);
		assert_eq!(Emissions::bonds(NET, MechanismId(0))[0].1, [(2, 6_225)]);
		run_epochs(NET, 4);
		// The other's grew on, this one's began anew.
		assert_eq!(Emissions::bonds(NET, MechanismId(0))[0].1, [(2, 8_879), (3, 3_276)]);
		assert!(!Resets::<Test>::contains_key(NET));
	});
}

#[test]
fn what_slashes_leave_is_paid_without_an_owners_cut() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		run_epochs(NET, 2);
		let issued = issuance();
		burn(100 * GNG);
		<Emissions as RewardPool>::add(NET, 100 * GNG);
		Emissions::do_try_state().unwrap();
		run_epochs(NET, 3);
		let money = Emissions::results(NET).unwrap().money;
		assert_eq!(money.accrued, 10 * GNG);
		assert!(money.carried - 100 * GNG < 10);
		assert_eq!(money.owner, 10 * GNG * 11_796 / 65_535);
		assert!(issuance() - (issued + 10 * GNG) < 10 || issued + 10 * GNG - issuance() < 10);
		// For a subnet that is gone it is everybody's.
		burn(GNG);
		<Emissions as RewardPool>::add(NetUid(9), GNG);
		let before = Emissions::accrued(NET);
		next_block();
		assert_eq!(Emissions::accrued(NET) - before, 2 * GNG);
	});
}

#[test]
fn what_is_burned_for_ever_counts_for_the_halving_and_the_cap() {
	let emission_after = |record: bool| {
		let mut emission = 0;
		ExtBuilder::issued(SUPPLY_CAP / 2 + 10 * GNG).build_and_execute(|| {
			create(NET, 100);
			burn(20 * GNG);
			if record {
				Emissions::burned_for_ever(20 * GNG);
			}
			emission = Emissions::block_emission();
			next_block();
			assert_eq!(Emissions::accrued(NET), emission);
		});
		emission
	};
	// Recycled tokens are emitted again; burned ones are not.
	assert_eq!((emission_after(false), emission_after(true)), (GNG, GNG / 2));
	ExtBuilder::issued(SUPPLY_CAP - GNG).build_and_execute(|| {
		create(NET, 1_000);
		burn(500 * GNG);
		Emissions::burned_for_ever(500 * GNG);
		Reward::set(1 << 60);
		run_to(500);
		assert!(issuance() + TotalPending::<Test>::get() <= SUPPLY_CAP - 500 * GNG);
	});
}

#[test]
fn fees_are_told_once() {
	ExtBuilder::default().build_and_execute(|| {
		create(NET, 100);
		create(NetUid(300), 100);
		Emissions::fee_burned(NetUid(300), 5);
		Emissions::fee_burned(NET, 3);
		Emissions::fee_burned(NET, 4);
		Emissions::fee_burned(NetUid(9), 4);
		assert_eq!(Emissions::take_fees(), [(NET, 7), (NetUid(300), 5)]);
		assert_eq!(Emissions::take_fees(), []);
	});
}

#[test]
fn owners_earnings_are_known() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		run_epochs(NET, 3);
		assert!(paid(OWNER) > 0);
		assert_eq!(Emissions::earned(NET), paid(OWNER));
	});
}

#[test]
fn the_owners_cut_can_be_locked_as_stake() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		edit(NET, |subnet| {
			subnet.owner_hotkey = Some(3);
			subnet.params.owner_cut_auto_lock_on = true;
		});
		run_epochs(NET, 2);
		let money = Emissions::results(NET).unwrap().money;
		let staked = TheWorld::get().staked;
		assert_eq!(staked.len(), 2);
		assert_eq!(staked[1], (NET, 3, OWNER, money.owner));
		assert_eq!(Emissions::earned(NET), paid(OWNER));
	});
}

#[test]
fn a_subnets_value_follows_its_share() {
	ExtBuilder::default().build_and_execute(|| {
		create(NetUid(1), 100);
		create(NetUid(2), 100);
		create(NetUid(3), 100);
		edit(NetUid(3), |subnet| subnet.active = false);
		share(&[(1, 3), (2, 1)]);
		run_to(1_000);
		let [first, second, third] = [1, 2, 3].map(|netuid| Emissions::value(NetUid(netuid)));
		assert!(first > second && second > third, "{first} {second} {third}");
		assert_eq!(third, 0);
		assert!(first.abs_diff(3 * second) < first / 100, "{first} {second}");
		share(&[(1, 0), (2, 1)]);
		run_to(3_000);
		assert!(Emissions::value(NetUid(1)) < Emissions::value(NetUid(2)));
	});
}

#[test]
fn the_gross_emission_of_an_epoch_can_be_read() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		run_epochs(NET, 2);
		// The block of the epoch counts for it, and nothing is left over from before.
		let result = Emissions::results(NET).unwrap();
		assert_eq!(result.money.accrued, 10 * GNG);
		assert_eq!(
			(result.block - result.last_block, result.units, result.all_units),
			(10, 1, 1)
		);
		assert_eq!(Emissions::accrued(NET), 0);
		next_block();
		assert_eq!(Emissions::accrued(NET), GNG);
		assert_eq!(Emissions::results(NET).unwrap().money.accrued, 10 * GNG);
	});
}
