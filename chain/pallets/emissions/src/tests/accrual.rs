//! What a block adds to pending emission.

use super::*;

#[test]
fn active_subnets_gain_equal_parts_and_the_rest_is_carried() {
	ExtBuilder::default().build_and_execute(|| {
		for netuid in 1..=3 {
			create(NetUid(netuid), 100);
		}
		create(NetUid(4), 100);
		edit(NetUid(4), |subnet| subnet.active = false);
		next_block();
		let pending = |netuid| Emissions::accrued(NetUid(netuid));
		assert_eq!([1, 2, 3, 4].map(pending), [333_333_333, 333_333_333, 333_333_333, 0]);
		assert_eq!((remainder(), TotalPending::<Test>::get()), (0, GNG));
		next_block();
		next_block();
		assert_eq!([1, 2, 3].map(pending), [GNG; 3]);
		assert_eq!(Counters::<Test>::get().remainder, 0);
	});
}

#[test]
fn pending_is_a_counter_only() {
	ExtBuilder::default().build_and_execute(|| {
		create(NET, 100);
		let before = issuance();
		run_to(50);
		assert_eq!(issuance(), before);
		assert_eq!(Emissions::pending(NET), 49 * GNG);
	});
}

#[test]
fn without_an_active_subnet_nothing_is_emitted() {
	ExtBuilder::default().build_and_execute(|| {
		run_to(5);
		create(NET, 100);
		edit(NET, |subnet| subnet.active = false);
		run_to(10);
		assert_eq!(TotalPending::<Test>::get(), 0);
	});
}

#[test]
fn parts_follow_the_share() {
	ExtBuilder::default().build_and_execute(|| {
		create(NetUid(1), 100);
		create(NetUid(2), 100);
		share(&[(1, 3), (2, 1)]);
		next_block();
		assert_eq!(
			[1, 2].map(|netuid| Emissions::accrued(NetUid(netuid))),
			[GNG * 3 / 4, GNG / 4]
		);
	});
}

#[test]
fn shares_of_zero_emit_nothing() {
	ExtBuilder::default().build_and_execute(|| {
		create(NET, 100);
		share(&[(1, 0)]);
		next_block();
		assert_eq!(TotalPending::<Test>::get(), 0);
	});
}

#[test]
fn pending_counts_for_the_halving() {
	ExtBuilder::issued(SUPPLY_CAP / 2 - 3 * GNG).build_and_execute(|| {
		create(NET, 1_000);
		run_to(5);
		// Three full rewards, then a half one, though nothing was minted yet.
		assert_eq!(Emissions::pending(NET), 3 * GNG + GNG / 2);
	});
}

#[test]
fn emission_ends_below_the_cap() {
	ExtBuilder::issued(SUPPLY_CAP - 10 * GNG).build_and_execute(|| {
		create(NET, 60_000);
		Reward::set(1 << 50);
		run_to(600);
		let total = issuance() + TotalPending::<Test>::get();
		assert!(total <= SUPPLY_CAP);
		assert!(SUPPLY_CAP - total < 100, "{}", SUPPLY_CAP - total);
	});
}

#[test]
fn a_deactivated_subnet_keeps_what_it_has() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		run_to(5);
		edit(NET, |subnet| subnet.active = false);
		run_to(8);
		assert_eq!(Emissions::pending(NET), 4 * GNG);
		run_epochs(NET, 1);
		assert!(paid(OWNER) > 0);
	});
}
