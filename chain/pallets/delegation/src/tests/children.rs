//! Who votes with whose stake, from when on, and what is refused.

use super::*;

#[test]
fn stake_votes_through_children_and_none_appears_or_is_lost() {
	run(|| {
		set_now(1, &[(2, 32_768), (3, 16_384)]);
		let [first, second, third] = [1, 2, 3].map(|hotkey| Delegation::stake(NET, &hotkey));
		assert_eq!(second - 100 * GNG, 100 * GNG * 32_768 / 65_535);
		assert_eq!(third - 100 * GNG, 100 * GNG * 16_384 / 65_535);
		assert_eq!(first + second + third, 300 * GNG);
		// The operator's own stake is his own in any case.
		assert_eq!(Delegation::own_stake(NET, &1), 50 * GNG);
		assert_eq!(
			Delegation::stakes(NET, &[1, 2, 3]),
			[(first, 50 * GNG), (second, 50 * GNG), (third, 50 * GNG)]
		);
		// Other subnets see nothing of it.
		assert_eq!(Delegation::stake(NetUid(2), &2), 0);
		assert_eq!(Delegation::parents(NET, &2), [(1, second - 100 * GNG)]);
	});
}

#[test]
fn a_change_comes_at_the_end_of_an_epoch_after_the_cool_down() {
	run(|| {
		TheWorld::mutate(|world| world.epochs.insert(NET, 10));
		assert_ok!(set(1, &[(2, 65_535)]));
		let (epoch, _) = Delegation::delegation(NET, &1).next.unwrap();
		assert_eq!(epoch, 13);
		for _ in 0..2 {
			epochs(1);
			assert_eq!(Delegation::stake(NET, &2), 100 * GNG);
		}
		epochs(1);
		assert_eq!((Delegation::stake(NET, &1), Delegation::stake(NET, &2)), (0, 200 * GNG));
		// It ends in the same way.
		System::set_block_number(2_000);
		assert_ok!(set(1, &[]));
		epochs(7);
		assert_eq!(Delegation::stake(NET, &2), 200 * GNG);
		epochs(1);
		assert_eq!(counting(), [100 * GNG; 9]);
		assert!(!Delegations::<Test>::contains_key(NET, 1) && !Parents::<Test>::contains_key(NET, 2));
		assert!(!Changes::<Test>::contains_key(NET));
	});
}

#[test]
fn a_change_that_waits_is_replaced_by_the_next() {
	run(|| {
		assert_ok!(set(1, &[(2, 65_535)]));
		epochs(1);
		System::set_block_number(1_150);
		assert_ok!(set(1, &[(3, 65_535)]));
		assert!(!Parents::<Test>::contains_key(NET, 2));
		assert_eq!(Changes::<Test>::get(NET).to_vec(), [(4, 1)]);
		epochs(3);
		assert_eq!(counting()[..3], [0, 100 * GNG, 200 * GNG]);
	});
}

#[test]
fn what_cannot_be_is_refused() {
	run(|| {
		let signed = RuntimeOrigin::signed;
		let one = |child, part| ChildrenOf::truncate_from(vec![(child, part)]);
		assert_noop!(
			Delegation::set_children(signed(1_002), NET, 1, one(2, 9)),
			Error::<Test>::NotOwner
		);
		assert_noop!(
			Delegation::set_children(signed(1), NET, 1, one(2, 9)),
			Error::<Test>::NotOwner
		);
		assert_noop!(
			Delegation::set_children(signed(1_001), NetUid(9), 1, one(2, 9)),
			Error::<Test>::SubnetNotFound
		);
		for wrong in [vec![(1, 5)], vec![(2, 5), (2, 5)], vec![(2, 0)], vec![(950, 5)]] {
			assert_noop!(set(1, &wrong), Error::<Test>::InvalidChild);
		}
		assert_noop!(set(1, &[(2, 65_535), (3, 1)]), Error::<Test>::TooMuch);
		assert_noop!(set(1, &[]), Error::<Test>::NoChange);
		TheWorld::mutate(|world| world.pools.insert((NET, 1), (100 * GNG, GNG - 1)));
		assert_noop!(set(1, &[(2, 5)]), Error::<Test>::NotEnoughStake);
		pool(1, 100 * GNG);
		TheWorld::mutate(|world| world.guarded.insert(1_001));
		assert_noop!(set(1, &[(2, 5)]), Error::<Test>::ColdkeyGuarded);
		TheWorld::mutate(|world| world.guarded.clear());
		assert_ok!(set(1, &[(2, 65_535)]));
		assert_noop!(set(1, &[(3, 5)]), Error::<Test>::TooSoon);
	});
}

#[test]
fn nobody_is_parent_and_child_even_before_the_change_has_come() {
	run(|| {
		assert_ok!(set(1, &[(2, 65_535)]));
		assert_noop!(set(2, &[(3, 5)]), Error::<Test>::ParentAndChild);
		assert_noop!(set(3, &[(1, 5)]), Error::<Test>::ParentAndChild);
		assert_ok!(set(3, &[(2, 5)]));
		epochs(3);
		assert_noop!(set(2, &[(4, 5)]), Error::<Test>::ParentAndChild);
	});
}

#[test]
fn paused_blocks_do_not_count_for_the_interval() {
	run(|| {
		assert_ok!(set(1, &[(2, 5)]));
		System::set_block_number(1_200);
		TheWorld::mutate(|world| world.paused_blocks = 100);
		assert_noop!(set(1, &[(3, 5)]), Error::<Test>::TooSoon);
		System::set_block_number(1_250);
		assert_ok!(set(1, &[(3, 5)]));
	});
}

#[test]
fn a_child_has_so_many_parents_and_lets_them_go() {
	run(|| {
		for parent in 100..132 {
			pool(parent, 10 * GNG);
			assert_ok!(set(parent, &[(2, 65_535)]));
		}
		assert_noop!(set(200, &[(2, 65_535)]), Error::<Test>::NotEnoughStake);
		pool(200, 11 * GNG);
		assert_noop!(set(200, &[(2, 65_535)]), Error::<Test>::TooManyParents);
		epochs(6);
		let drop = |who, parent| Delegation::drop_parent(RuntimeOrigin::signed(who), NET, 2, parent);
		assert_noop!(drop(1_003, 100), Error::<Test>::NotOwner);
		assert_noop!(drop(1_002, 200), Error::<Test>::NotParent);
		assert_ok!(drop(1_002, 100));
		// It votes, and answers, as long as stake unbonds.
		epochs(7);
		assert_eq!(Delegation::stake(NET, &100), 0);
		epochs(1);
		assert_eq!(Delegation::stake(NET, &100), 10 * GNG);
		assert_ok!(set(200, &[(2, 65_535)]));
		// What has not come yet can be let go at once.
		assert_ok!(drop(1_002, 200));
		assert!(!Parents::<Test>::get(NET, 2).contains(&200));
	});
}

#[test]
fn nobody_is_made_a_child_against_its_will() {
	run(|| {
		let refuse = |refuses| Delegation::set_refusing(RuntimeOrigin::signed(1_002), NET, 2, refuses);
		assert_noop!(refuse(false), Error::<Test>::NoChange);
		assert_ok!(refuse(true));
		assert_noop!(set(1, &[(2, 5)]), Error::<Test>::ChildRefuses);
		assert_ok!(set(2, &[(3, 500)]));
		TheWorld::mutate(|world| world.owned.insert(4, 1_005));
		assert_ok!(Delegation::set_refusing(RuntimeOrigin::signed(1_005), NET, 5, true));
		let own = ChildrenOf::truncate_from(vec![(5, 500)]);
		assert_ok!(Delegation::set_children(RuntimeOrigin::signed(1_005), NET, 4, own));
		assert_ok!(refuse(false));
	});
}

#[test]
fn who_gives_less_waits_as_long_as_stake_unbonds() {
	run(|| {
		set_now(1, &[(2, 30_000), (3, 30_000)]);
		let after = |children: &[(AccountId, u16)]| {
			System::set_block_number(System::block_number() + 150);
			assert_ok!(set(1, children));
			Delegation::delegation(NET, &1).next.unwrap().0 - 3
		};
		assert_eq!(after(&[(2, 30_000), (3, 30_001)]), 3);
		assert_eq!(after(&[(2, 30_000), (3, 30_000), (4, 5_000)]), 3);
		assert_eq!(after(&[(2, 29_999), (3, 35_000)]), 8);
		assert_eq!(after(&[(3, 65_535)]), 8);
		assert_eq!(after(&[]), 8);
		// Changes come in their order, whatever was asked for first.
		assert_ok!(set(5, &[(3, 500)]));
		assert_eq!(Changes::<Test>::get(NET).to_vec(), [(6, 5), (11, 1)]);
		epochs(3);
		assert_eq!(Delegation::parents(NET, &3).len(), 2);
		epochs(5);
		assert_eq!(Delegation::parents(NET, &3).len(), 1);
	});
}

#[test]
fn a_part_that_is_too_little_is_refused() {
	run(|| {
		pool(1, 10 * GNG);
		assert_noop!(set(9, &[(2, 65_535), (3, 0)]), Error::<Test>::InvalidChild);
		TheWorld::mutate(|world| world.params.min_validator_stake = 0);
		pool(1, 65_000);
		assert_noop!(set(1, &[(2, 1_000)]), Error::<Test>::NotEnoughStake);
		assert_ok!(set(1, &[(2, 1_009)]));
	});
}

#[test]
fn changes_wait_in_a_bounded_queue_and_come_in_their_order() {
	run(|| {
		for parent in 100..228 {
			pool(parent, 10 * GNG);
			assert_ok!(set(parent, &[(parent + 200, 65_535)]));
		}
		pool(700, 10 * GNG);
		assert_noop!(set(700, &[(701, 5)]), Error::<Test>::TooManyChanges);
		epochs(3);
		assert_eq!(Changes::<Test>::get(NET).len(), 112, "sixteen at each epoch's end");
		epochs(7);
		assert_eq!(Changes::<Test>::get(NET).len(), 0);
		assert_eq!(Delegation::stake(NET, &427), 10 * GNG);
		assert_ok!(set(700, &[(701, 5)]));
	});
}

#[test]
fn child_takes_are_lowered_freely_and_raised_seldom() {
	run(|| {
		assert_ok!(set(1, &[(3, 500)]));
		assert_noop!(
			Delegation::set_child_take(RuntimeOrigin::signed(1_003), NET, 3, 5),
			Error::<Test>::TooSoon
		);
		let take = |take| Delegation::set_child_take(RuntimeOrigin::signed(1_002), NET, 2, take);
		assert_eq!(Delegation::child_take(NET, &2), 0);
		assert_ok!(take(10_000));
		assert_noop!(take(10_000), Error::<Test>::NoChange);
		assert_noop!(take(11_797), Error::<Test>::TakeOutOfBounds);
		assert_noop!(take(11_000), Error::<Test>::TooSoon);
		assert_ok!(take(500));
		System::set_block_number(1_999);
		assert_noop!(take(501), Error::<Test>::TooSoon);
		System::set_block_number(2_000);
		assert_ok!(take(501));
		TheWorld::mutate(|world| world.params.min_childkey_take = 900);
		assert_eq!(
			Delegation::child_take(NET, &2),
			900,
			"the subnet's least counts at once"
		);
		assert_noop!(take(899), Error::<Test>::TakeOutOfBounds);
		assert_noop!(
			Delegation::set_child_take(RuntimeOrigin::signed(1_003), NET, 2, 1_000),
			Error::<Test>::NotOwner
		);
	});
}

#[test]
fn pairs_of_a_subnet_are_bounded_and_counted() {
	run(|| {
		for parent in 100..151 {
			pool(parent, 10 * GNG);
			let children: Vec<(AccountId, u16)> = (0..5).map(|n| (300 + (parent - 100) * 5 + n, 5)).collect();
			assert_ok!(set(parent, &children));
			if parent % 10 == 0 {
				epochs(3);
			}
		}
		epochs(4);
		assert_eq!(Links::<Test>::get(NET), 255);
		pool(700, 10 * GNG);
		assert_noop!(set(700, &[(701, 5), (702, 5)]), Error::<Test>::TooManyLinks);
		assert_ok!(set(700, &[(701, 5)]));
		System::set_block_number(5_000);
		assert_ok!(set(100, &[]));
		epochs(8);
		assert_eq!(Links::<Test>::get(NET), 251);
	});
}
