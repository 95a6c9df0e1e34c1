//! Dividends, slashes and miners' pay.

use super::*;
use ganglion_traits::{Slash, StakeReward};

fn to_pool(hotkey: AccountId) -> Balance {
	TheWorld::get().to_pools.get(&hotkey).copied().unwrap_or(0)
}

fn to_coldkey(coldkey: AccountId) -> Balance {
	TheWorld::get().to_coldkeys.get(&coldkey).copied().unwrap_or(0)
}

#[test]
fn without_parents_nothing_is_different() {
	run(|| {
		assert_eq!(Delegation::reward_dividends(NET, &1, 900), 900);
		assert_eq!((to_pool(1), to_coldkey(1_001)), (900, 0));
		assert_eq!(Delegation::slash(NET, &1, 50, None).burned, 50);
		assert_eq!(Delegation::reward_work(NET, &1_001, 7), 7);
		assert_eq!(to_coldkey(1_001), 7);
	});
}

#[test]
fn dividends_are_divided_by_whose_stake_voted_less_the_childs_take() {
	run(|| {
		// 100 of its own, 100 of parent 1, 50 of parent 3.
		assert_ok!(Delegation::set_child_take(RuntimeOrigin::signed(1_002), NET, 2, 6_554));
		set_now(1, &[(2, 65_535)]);
		pool(3, 50 * GNG);
		set_now(3, &[(2, 65_535)]);
		assert_eq!(Delegation::reward_dividends(NET, &2, 2_500_000), 2_500_000);
		let kept = |part: Balance| part * 6_554 / 65_535;
		assert_eq!(to_pool(2), 1_000_000);
		assert_eq!(to_pool(1), 1_000_000 - kept(1_000_000));
		assert_eq!(to_pool(3), 500_000 - kept(500_000));
		assert_eq!(to_coldkey(1_002), kept(1_000_000) + kept(500_000));
		// The parent's own dividends are its own.
		assert_eq!(Delegation::reward_dividends(NET, &1, 10), 10);
	});
}

#[test]
fn hotkeys_of_one_coldkey_take_nothing_of_each_other() {
	run(|| {
		TheWorld::mutate(|world| world.owned.insert(2, 1_001));
		set_now(1, &[(2, 65_535)]);
		TheWorld::mutate(|world| world.params.min_childkey_take = 9_000);
		assert_eq!(Delegation::reward_dividends(NET, &2, 1_000), 1_000);
		assert_eq!((to_pool(1), to_pool(2), to_coldkey(1_001)), (500, 500, 0));
	});
}

#[test]
fn a_child_without_stake_of_its_own_serves_its_parents() {
	run(|| {
		set_now(1, &[(200, 65_535)]);
		set_now(3, &[(200, 21_845)]);
		// What rounding leaves is nobody's: emission carries it.
		assert_eq!(Delegation::reward_dividends(NET, &200, 1_000), 999);
		assert_eq!((to_pool(1), to_pool(3), to_pool(200)), (750, 249, 0));
	});
}

#[test]
fn a_slash_hits_those_whose_stake_voted() {
	run(|| {
		set_now(1, &[(2, 65_535)]);
		pool(3, 300 * GNG);
		set_now(3, &[(2, 32_768)]);
		let outcome = Delegation::slash(NET, &2, 35 * GNG, None);
		let slashed = TheWorld::get().slashed;
		assert_eq!(outcome.burned, slashed.values().sum::<Balance>());
		assert_eq!(outcome.total(), 35 * GNG, "in all as much as without parents");
		let near = |hotkey, amount: Balance| slashed[&hotkey].abs_diff(amount) < GNG / 1_000;
		assert!(
			near(2, 10 * GNG) && near(1, 10 * GNG) && near(3, 15 * GNG),
			"{slashed:?}"
		);
		// A parent's own fault is its own.
		Delegation::slash(NET, &1, GNG, None);
		assert!(TheWorld::get().slashed[&2] == slashed[&2]);
	});
}

#[test]
fn miners_pay_is_staked_where_their_coldkey_wants() {
	run(|| {
		let auto = |hotkey| Delegation::set_auto_stake(RuntimeOrigin::signed(1_005), NET, hotkey);
		assert_noop!(auto(None), Error::<Test>::NoChange);
		assert_noop!(auto(Some(950)), Error::<Test>::NotOwner);
		assert_ok!(auto(Some(1)));
		assert_eq!(Delegation::auto_stake(NET, &1_005), Some(1));
		assert_eq!(Delegation::reward_work(NET, &1_005, 70), 70);
		assert_eq!(TheWorld::get().staked[&(1, 1_005)], 70);
		assert_eq!(Delegation::reward_work(NetUid(2), &1_005, 3), 3, "in that subnet only");
		assert_eq!(to_coldkey(1_005), 3);
		assert_ok!(auto(None));
		Delegation::reward_work(NET, &1_005, 5);
		assert_eq!(to_coldkey(1_005), 8);
		TheWorld::mutate(|world| world.guarded.insert(1_005));
		assert_noop!(auto(Some(1)), Error::<Test>::ColdkeyGuarded);
	});
}

#[test]
fn nobody_reports_himself_at_his_parents_cost() {
	run(|| {
		set_now(1, &[(2, 65_535)]);
		Delegation::slash(NET, &2, GNG, Some(&1_002));
		Delegation::slash(NET, &2, GNG, Some(&1_007));
		assert_eq!(TheWorld::get().reporters, [None, None, Some(1_007), Some(1_007)]);
	});
}

#[test]
fn nobody_leaves_before_a_slash_by_unbonding() {
	run(|| {
		set_now(1, &[(200, 65_535)]);
		set_now(3, &[(200, 65_535)]);
		// Parent 1 removes everything: it is not paid any more, but answers.
		TheWorld::mutate(|world| {
			world.pools.remove(&(NET, 1));
			world.unbonding.insert(1, 100 * GNG);
		});
		assert_eq!(Delegation::slash(NET, &200, 30 * GNG, None).total(), 30 * GNG);
		assert_eq!(
			(TheWorld::get().slashed[&1], TheWorld::get().slashed[&3]),
			(15 * GNG, 15 * GNG)
		);
		assert_eq!(Delegation::reward_dividends(NET, &200, 900), 900);
		assert_eq!((to_pool(1), to_pool(3)), (0, 900));
	});
}

#[test]
fn pay_is_not_staked_with_a_hotkey_that_lost_its_slot() {
	run(|| {
		assert_ok!(Delegation::set_auto_stake(RuntimeOrigin::signed(1_005), NET, Some(1)));
		TheWorld::mutate(|world| world.slotless.insert(1));
		Delegation::reward_work(NET, &1_005, 70);
		assert_eq!((to_coldkey(1_005), TheWorld::get().staked.len()), (70, 0));
	});
}
