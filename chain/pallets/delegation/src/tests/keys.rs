//! Keys that are exchanged, subnets that go, and what the oracle sees.

use super::*;
use frame_support::weights::Weight;
use ganglion_traits::{OnColdkeySwapped, OnHotkeySwapped, OnSubnetDissolved};

#[test]
fn a_parent_goes_by_another_name() {
	run(|| {
		set_now(1, &[(2, 65_535)]);
		System::set_block_number(3_000);
		assert_ok!(set(1, &[(3, 65_535)]));
		assert_ok!(Delegation::ensure_can_swap_hotkey(&1, &50, None));
		assert_noop!(
			Delegation::ensure_can_swap_hotkey(&1, &2, None),
			Error::<Test>::ParentAndChild
		);
		Delegation::on_hotkey_swapped(&1, &50, Some(NET));
		let value = TheWorld::mutate(|world| world.pools.remove(&(NET, 1))).unwrap();
		TheWorld::mutate(|world| world.pools.insert((NET, 50), value));
		Delegation::do_try_state().unwrap();
		assert_eq!(Delegation::parents(NET, &2), [(50, 100 * GNG)]);
		epochs(8);
		assert_eq!(Delegation::parents(NET, &3), [(50, 100 * GNG)]);
	});
}

#[test]
fn a_child_goes_by_another_name_with_its_take() {
	run(|| {
		assert_ok!(Delegation::set_child_take(RuntimeOrigin::signed(1_002), NET, 2, 77));
		set_now(1, &[(2, 65_535)]);
		Delegation::on_hotkey_swapped(&2, &60, None);
		Delegation::do_try_state().unwrap();
		assert_eq!(Delegation::stake(NET, &60), 100 * GNG);
		assert_eq!(
			(Delegation::child_take(NET, &60), Delegation::child_take(NET, &2)),
			(77, 0)
		);
		assert!(!Parents::<Test>::contains_key(NET, 2));
	});
}

#[test]
fn auto_stake_goes_over_with_the_coldkey() {
	run(|| {
		for netuid in [NET, NetUid(2)] {
			assert_ok!(Delegation::set_auto_stake(
				RuntimeOrigin::signed(1_005),
				netuid,
				Some(1)
			));
		}
		assert!(Delegation::move_coldkey(&1_005, &7_000, Weight::zero()).done);
		assert_eq!(Delegation::auto_stake(NET, &1_005), None);
		assert_eq!(Delegation::auto_stake(NetUid(2), &7_000), Some(1));
	});
}

#[test]
fn a_subnet_that_goes_leaves_nothing() {
	run(|| {
		assert_ok!(Delegation::set_refusing(RuntimeOrigin::signed(1_008), NET, 8, true));
		assert_ok!(Delegation::set_child_take(RuntimeOrigin::signed(1_002), NET, 2, 77));
		set_now(1, &[(2, 65_535)]);
		assert_ok!(set(4, &[(3, 5)]));
		assert_ok!(Delegation::set_auto_stake(RuntimeOrigin::signed(1_005), NET, Some(1)));
		TheWorld::mutate(|world| {
			world.subnets.remove(&NET);
			world.dissolving.insert(NET);
		});
		let mut steps = 1;
		while !Delegation::clear(NET, Weight::zero()).done {
			Delegation::do_try_state().unwrap();
			steps += 1;
		}
		TheWorld::mutate(|world| world.dissolving.clear());
		assert_eq!(
			steps, 8,
			"two delegations, two children, a take, a refusal, a wish, and the end"
		);
		assert_eq!(Refusing::<Test>::iter().count(), 0);
		assert_eq!(Delegations::<Test>::iter().count() + Parents::<Test>::iter().count(), 0);
		assert_eq!(
			ChildTakes::<Test>::iter().count() + AutoStake::<Test>::iter().count(),
			0
		);
		assert_eq!(Changes::<Test>::iter().count() + Links::<Test>::iter().count(), 0);
	});
}

#[test]
fn the_oracle_notices_what_it_is_there_for() {
	let notices = |break_it: fn()| {
		run(|| {
			set_now(1, &[(2, 65_535)]);
			assert_ok!(set(4, &[(3, 5)]));
			Delegation::do_try_state().unwrap();
			let saved = (
				Delegations::<Test>::iter().collect::<Vec<_>>(),
				Parents::<Test>::iter().collect::<Vec<_>>(),
			);
			let (changes, links) = (Changes::<Test>::get(NET), Links::<Test>::get(NET));
			break_it();
			assert!(Delegation::do_try_state().is_err());
			let _ = (Delegations::<Test>::clear(99, None), Parents::<Test>::clear(99, None));
			saved
				.0
				.into_iter()
				.for_each(|(netuid, key, one)| Delegations::<Test>::insert(netuid, key, one));
			saved
				.1
				.into_iter()
				.for_each(|(netuid, key, one)| Parents::<Test>::insert(netuid, key, one));
			Changes::<Test>::insert(NET, changes);
			Links::<Test>::insert(NET, links);
		});
	};
	notices(|| Parents::<Test>::remove(NET, 2));
	notices(|| Delegations::<Test>::remove(NET, 1));
	notices(|| Parents::<Test>::insert(NET, 1, ParentsOf::truncate_from(vec![2])));
	notices(|| Parents::<Test>::insert(NET, 8, ParentsOf::default()));
	notices(|| Changes::<Test>::remove(NET));
	notices(|| Links::<Test>::insert(NET, 9));
	notices(|| {
		Delegations::<Test>::mutate(NET, 1, |one| {
			one.as_mut().unwrap().now = ChildrenOf::truncate_from(vec![(2, 65_535), (5, 1)])
		})
	});
}
