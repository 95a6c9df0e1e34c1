//! Unbonding pools and withdrawal.

use super::*;
use crate::{UnbondingPools, Unbondings};

const RELEASE: EpochIndex = UNBONDING + 1;

#[test]
fn it_is_released_after_full_epochs_only() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		remove(ALICE, Balance::MAX);
		for epoch in 0..RELEASE {
			Epoch::set(epoch);
			assert_noop!(
				Staking::withdraw_unbonded(RuntimeOrigin::signed(ALICE), HOTKEY, NET, RELEASE),
				Error::<Test>::NotReleased
			);
		}
		Epoch::set(RELEASE);
		events();
		withdraw(ALICE, RELEASE);
		let expected = Event::UnbondedWithdrawn {
			netuid: NET,
			hotkey: HOTKEY,
			coldkey: ALICE,
			amount: 10 * GNG,
			release_epoch: RELEASE,
		};
		assert_eq!(events(), [expected]);
		assert_eq!(free(ALICE), 1_000 * GNG);
		assert_eq!(UnbondingPools::<Test>::iter().count(), 0);
	});
}

fn try_withdraw() -> sp_runtime::DispatchResult {
	Staking::withdraw_unbonded(RuntimeOrigin::signed(ALICE), HOTKEY, NET, RELEASE)
}

/// An owner who raises the tempo gives his nominators no longer wait than they had when they left.
#[test]
fn a_raised_tempo_prolongs_nothing_that_unbonds() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		System::set_block_number(50);
		remove(ALICE, Balance::MAX);
		Tempo::set(50_400);
		let last = 50 + RELEASE * 100;
		System::set_block_number(last - 1);
		assert_noop!(try_withdraw(), Error::<Test>::NotReleased);
		System::set_block_number(last);
		withdraw(ALICE, RELEASE);
		assert_eq!(free(ALICE), 1_000 * GNG);
	});
}

#[test]
fn a_lowered_tempo_releases_by_epochs_as_before() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		remove(ALICE, Balance::MAX);
		Tempo::set(1);
		System::set_block_number(RELEASE);
		assert_noop!(try_withdraw(), Error::<Test>::NotReleased);
		Epoch::set(RELEASE);
		withdraw(ALICE, RELEASE);
	});
}

/// Whoever removes more after the tempo was raised waits as he could know; others with the same epoch do not.
#[test]
fn a_later_removal_waits_by_its_own_tempo() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		add(BOB, 10 * GNG);
		remove(ALICE, 5 * GNG);
		remove(BOB, Balance::MAX);
		Tempo::set(200);
		remove(ALICE, 5 * GNG);
		System::set_block_number(1 + RELEASE * 100);
		assert_noop!(try_withdraw(), Error::<Test>::NotReleased);
		withdraw(BOB, RELEASE);
		System::set_block_number(1 + RELEASE * 200);
		withdraw(ALICE, RELEASE);
		assert_eq!((free(ALICE), free(BOB)), (1_000 * GNG, 1_000 * GNG));
	});
}

#[test]
fn a_partial_slash_of_what_unbonds_keeps_its_release_block() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(Staking::add_stake(
			RuntimeOrigin::signed(OPERATOR),
			HOTKEY,
			NET,
			10 * GNG
		));
		assert_ok!(Staking::remove_stake(
			RuntimeOrigin::signed(OPERATOR),
			HOTKEY,
			NET,
			Balance::MAX
		));
		let key = (OPERATOR, pool_id(), RELEASE);
		let before = Unbondings::<Test>::get(key).unwrap();
		Tempo::set(50_400);
		let outcome = Staking::slash(NET, &HOTKEY, 4 * GNG, None);
		assert_eq!((outcome.burned, outcome.from_operator), (4 * GNG, 4 * GNG));
		let after = Unbondings::<Test>::get(key).unwrap();
		assert_eq!(after.release_block, before.release_block);
		assert!(after.position.shares < before.position.shares);
	});
}

/// What can be withdrawn by its block and was not is still there to be slashed until its epoch has come.
#[test]
fn what_is_released_by_its_block_can_be_slashed_until_it_is_withdrawn() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		remove(ALICE, Balance::MAX);
		System::set_block_number(1 + RELEASE * 100);
		assert_eq!(Staking::slash(NET, &HOTKEY, 4 * GNG, None).burned, 4 * GNG);
		withdraw(ALICE, RELEASE);
		assert_eq!(free(ALICE), 996 * GNG);
	});
}

#[test]
fn nothing_is_withdrawn_twice_or_by_others() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		remove(ALICE, 5 * GNG);
		Epoch::set(RELEASE);
		let withdraw_as = |who, epoch| Staking::withdraw_unbonded(RuntimeOrigin::signed(who), HOTKEY, NET, epoch);
		assert_noop!(withdraw_as(BOB, RELEASE), Error::<Test>::NothingUnbonding);
		assert_noop!(withdraw_as(ALICE, RELEASE + 1), Error::<Test>::NothingUnbonding);
		withdraw(ALICE, RELEASE);
		assert_noop!(withdraw_as(ALICE, RELEASE), Error::<Test>::NothingUnbonding);
	});
}

#[test]
fn one_epoch_has_one_pool_and_epochs_are_apart() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		add(BOB, 10 * GNG);
		remove(ALICE, GNG);
		remove(ALICE, GNG);
		remove(BOB, 3 * GNG);
		Epoch::set(1);
		remove(ALICE, 4 * GNG);
		let value = |epoch| UnbondingPools::<Test>::get(pool_id(), epoch).unwrap().value;
		assert_eq!((value(RELEASE), value(RELEASE + 1)), (5 * GNG, 4 * GNG));
		assert_eq!(Staking::unbonding(&ALICE, NET, &HOTKEY, RELEASE), 2 * GNG);
		Epoch::set(RELEASE);
		withdraw(ALICE, RELEASE);
		withdraw(BOB, RELEASE);
		assert_eq!((free(ALICE), free(BOB)), (992 * GNG, 993 * GNG));
		assert_eq!(Unbondings::<Test>::iter().count(), 1);
	});
}

#[test]
fn at_most_unbonding_epochs_plus_one_pools_can_be_slashed() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 100 * GNG);
		for epoch in 0..10 {
			Epoch::set(epoch);
			remove(ALICE, GNG);
		}
		let outcome = Staking::slash(NET, &HOTKEY, Balance::MAX, None);
		// The pool, and the removals of the last three epochs; what is released is out of reach.
		assert_eq!(outcome.burned, 90 * GNG + Balance::from(UNBONDING + 1) * GNG);
		assert_eq!(UnbondingPools::<Test>::iter().count(), 7);
	});
}

#[test]
fn dividends_do_not_reach_what_unbonds() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		add(BOB, 10 * GNG);
		remove(ALICE, Balance::MAX);
		Staking::reward_dividends(NET, &HOTKEY, 100 * GNG);
		Epoch::set(RELEASE);
		withdraw(ALICE, RELEASE);
		assert_eq!(free(ALICE), 1_000 * GNG);
	});
}

#[test]
fn a_dissolved_subnet_gives_everything_back_at_once() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		remove(ALICE, GNG);
		Subnets::set(vec![OTHER_NET]);
		remove(ALICE, Balance::MAX);
		withdraw(ALICE, RELEASE);
		assert_eq!(free(ALICE), 1_000 * GNG);
	});
}

#[test]
fn an_unbonding_pool_slashed_to_nothing_pays_nothing() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		remove(ALICE, Balance::MAX);
		Staking::slash(NET, &HOTKEY, Balance::MAX, None);
		// Bob's share in a new pool for the same epoch is not touched by Alice's old one.
		add(BOB, 2 * GNG);
		remove(BOB, Balance::MAX);
		Epoch::set(RELEASE);
		events();
		withdraw(ALICE, RELEASE);
		let expected = Event::UnbondedWithdrawn {
			netuid: NET,
			hotkey: HOTKEY,
			coldkey: ALICE,
			amount: 0,
			release_epoch: RELEASE,
		};
		assert_eq!(events(), [expected]);
		withdraw(BOB, RELEASE);
		assert_eq!((free(ALICE), free(BOB)), (990 * GNG, 1_000 * GNG));
	});
}

#[test]
fn a_later_removal_forgets_shares_of_an_older_generation() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		remove(ALICE, 5 * GNG);
		Staking::slash(NET, &HOTKEY, Balance::MAX, None);
		add(ALICE, GNG);
		remove(ALICE, Balance::MAX);
		Epoch::set(RELEASE);
		withdraw(ALICE, RELEASE);
		assert_eq!(free(ALICE), 990 * GNG);
	});
}
