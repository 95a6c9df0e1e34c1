//! The slash path.

use super::*;
use ganglion_traits::SlashOutcome;

const RELEASE: EpochIndex = UNBONDING + 1;

fn slash(amount: Balance) -> SlashOutcome {
	Staking::slash(NET, &HOTKEY, amount, None)
}

#[test]
fn the_operator_pays_first() {
	ExtBuilder::default().build_and_execute(|| {
		add(OPERATOR, 5 * GNG);
		add(ALICE, 20 * GNG);
		let before = issuance();
		events();
		assert_eq!(
			slash(3 * GNG),
			SlashOutcome {
				burned: 3 * GNG,
				from_operator: 3 * GNG,
				..Default::default()
			}
		);
		let expected = Event::Slashed {
			netuid: NET,
			hotkey: HOTKEY,
			burned: 3 * GNG,
			to_reporter: 0,
			to_pool: 0,
			from_operator: 3 * GNG,
		};
		assert_eq!(events(), [expected]);
		assert_eq!((staked(OPERATOR), staked(ALICE)), (2 * GNG, 20 * GNG));
		assert_eq!(issuance(), before - 3 * GNG);
	});
}

#[test]
fn exactly_the_operators_stake_leaves_nominators_whole() {
	ExtBuilder::default().build_and_execute(|| {
		add(OPERATOR, 5 * GNG);
		add(ALICE, 20 * GNG);
		assert_eq!(
			slash(5 * GNG),
			SlashOutcome {
				burned: 5 * GNG,
				from_operator: 5 * GNG,
				..Default::default()
			}
		);
		assert_eq!(Staking::own_stake(NET, &HOTKEY), 0);
		assert_eq!(staked(ALICE), 20 * GNG);
		assert!(!crate::Shares::<Test>::contains_key(OPERATOR, pool_id()));
	});
}

#[test]
fn beyond_the_operator_all_pay_alike() {
	ExtBuilder::default().build_and_execute(|| {
		add(OPERATOR, 5 * GNG);
		add(ALICE, 20 * GNG);
		add(BOB, 10 * GNG);
		assert_eq!(
			slash(20 * GNG),
			SlashOutcome {
				burned: 20 * GNG,
				from_operator: 5 * GNG,
				..Default::default()
			}
		);
		assert_eq!((staked(ALICE), staked(BOB)), (10 * GNG, 5 * GNG));
	});
}

#[test]
fn unbonding_is_slashed_in_proportion_too() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 20 * GNG);
		add(BOB, 10 * GNG);
		remove(ALICE, 10 * GNG);
		Epoch::set(1);
		remove(BOB, 5 * GNG);
		assert_eq!(slash(10 * GNG).burned, 10 * GNG);
		// 30 GNG in three pools, 10 burned: everybody keeps two thirds, whatever unbonds included.
		let near = |value: Balance, of: Balance| value.abs_diff(of) <= 2;
		assert!(near(staked(ALICE), 20 * GNG / 3));
		assert!(near(staked(BOB), 10 * GNG / 3));
		assert!(near(Staking::unbonding(&ALICE, NET, &HOTKEY, RELEASE), 20 * GNG / 3));
		assert!(near(Staking::unbonding(&BOB, NET, &HOTKEY, RELEASE + 1), 10 * GNG / 3));
	});
}

#[test]
fn the_operator_cannot_flee_by_unbonding() {
	ExtBuilder::default().build_and_execute(|| {
		add(OPERATOR, 5 * GNG);
		add(ALICE, 20 * GNG);
		remove(OPERATOR, 2 * GNG);
		Epoch::set(1);
		remove(OPERATOR, Balance::MAX);
		assert_eq!(
			slash(5 * GNG),
			SlashOutcome {
				burned: 5 * GNG,
				from_operator: 5 * GNG,
				..Default::default()
			}
		);
		assert_eq!(staked(ALICE), 20 * GNG);
		Epoch::set(RELEASE + 1);
		for epoch in [RELEASE, RELEASE + 1] {
			assert_noop!(
				Staking::withdraw_unbonded(RuntimeOrigin::signed(OPERATOR), HOTKEY, NET, epoch),
				Error::<Test>::NothingUnbonding
			);
		}
	});
}

#[test]
fn what_is_released_is_out_of_reach() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 20 * GNG);
		remove(ALICE, 10 * GNG);
		Epoch::set(RELEASE - 1);
		assert_eq!(slash(2 * GNG).burned, 2 * GNG);
		let unbonding = Staking::unbonding(&ALICE, NET, &HOTKEY, RELEASE);
		assert_eq!(unbonding, 9 * GNG);
		Epoch::set(RELEASE);
		assert_eq!(slash(Balance::MAX).burned, 9 * GNG);
		withdraw(ALICE, RELEASE);
		assert_eq!(free(ALICE), 989 * GNG);
	});
}

#[test]
fn slashed_to_zero_starts_a_new_generation() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 20 * GNG);
		add(BOB, GNG);
		assert_eq!(slash(Balance::MAX).burned, 21 * GNG);
		assert_eq!((staked(ALICE), Staking::stake(NET, &HOTKEY)), (0, 0));
		add(BOB, 2 * GNG);
		// Old shares are worth nothing, in the new pool too, and Bob's new ones are his alone.
		assert_eq!((staked(ALICE), staked(BOB)), (0, 2 * GNG));
		assert_noop!(
			Staking::remove_stake(RuntimeOrigin::signed(ALICE), HOTKEY, NET, 1),
			Error::<Test>::InsufficientStake
		);
		add(ALICE, GNG);
		assert_eq!((staked(ALICE), staked(BOB)), (GNG, 2 * GNG));
	});
}

#[test]
fn worthless_shares_can_be_dropped() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 20 * GNG);
		slash(Balance::MAX);
		events();
		assert_noop!(
			Staking::remove_stake(RuntimeOrigin::signed(ALICE), HOTKEY, NET, GNG),
			Error::<Test>::InsufficientStake
		);
		remove(ALICE, Balance::MAX);
		let expected = Event::StakeRemoved {
			netuid: NET,
			hotkey: HOTKEY,
			coldkey: ALICE,
			amount: 0,
			release_epoch: RELEASE,
		};
		assert_eq!(events(), [expected]);
		assert_eq!(crate::Shares::<Test>::iter().count(), 0);
		assert_eq!(crate::Unbondings::<Test>::iter().count(), 0);
	});
}

#[test]
fn worthless_shares_can_be_dropped_beside_a_new_pool() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 20 * GNG);
		slash(Balance::MAX);
		add(BOB, GNG);
		remove(ALICE, Balance::MAX);
		assert_eq!(crate::Shares::<Test>::iter().count(), 1);
		assert_eq!(staked(BOB), GNG);
	});
}

#[test]
fn nothing_to_slash_is_no_event() {
	ExtBuilder::default().build_and_execute(|| {
		assert_eq!(slash(GNG), SlashOutcome::default());
		add(ALICE, GNG);
		events();
		assert_eq!(slash(0), SlashOutcome::default());
		assert_eq!(events(), []);
	});
}

#[test]
fn an_operator_alone_is_slashed_to_the_last_nano() {
	ExtBuilder::default().build_and_execute(|| {
		add(OPERATOR, 5 * GNG);
		Staking::reward_dividends(NET, &HOTKEY, 777_777_777);
		let value = Staking::stake(NET, &HOTKEY);
		let outcome = slash(Balance::MAX);
		assert_eq!(outcome.burned, value);
		assert!(value - outcome.from_operator <= 2);
		assert_eq!(crate::TotalHeld::<Test>::get(), 0);
	});
}

#[test]
fn a_hotkey_without_owner_is_slashed_alike() {
	ExtBuilder::default().build_and_execute(|| {
		add(OPERATOR, 5 * GNG);
		add(ALICE, 5 * GNG);
		Owners::set(Default::default());
		assert_eq!(
			slash(2 * GNG),
			SlashOutcome {
				burned: 2 * GNG,
				from_operator: 0,
				..Default::default()
			}
		);
		assert_eq!((staked(OPERATOR), staked(ALICE)), (4 * GNG, 4 * GNG));
	});
}

#[test]
fn a_slash_reaches_one_subnet_only() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 5 * GNG);
		assert_ok!(Staking::add_stake(RuntimeOrigin::signed(ALICE), HOTKEY, OTHER_NET, GNG));
		assert_eq!(slash(Balance::MAX).burned, 5 * GNG);
		assert_eq!(Staking::stake(OTHER_NET, &HOTKEY), GNG);
	});
}

#[test]
fn slashable_is_what_a_slash_reaches() {
	ExtBuilder::default().build_and_execute(|| {
		assert_eq!(Staking::slashable(NET, &HOTKEY), 0);
		add(OPERATOR, 5 * GNG);
		add(ALICE, 20 * GNG);
		remove(ALICE, Balance::MAX);
		assert_eq!(
			(Staking::stake(NET, &HOTKEY), Staking::slashable(NET, &HOTKEY)),
			(5 * GNG, 25 * GNG)
		);
		Epoch::set(1);
		remove(OPERATOR, Balance::MAX);
		assert_eq!(
			(Staking::stake(NET, &HOTKEY), Staking::slashable(NET, &HOTKEY)),
			(0, 25 * GNG)
		);
		Epoch::set(RELEASE);
		assert_eq!(Staking::slashable(NET, &HOTKEY), 5 * GNG, "the nominator's is released");
		assert_eq!(slash(Balance::MAX).total(), 5 * GNG);
		assert_eq!(Staking::slashable(NET, &HOTKEY), 0);
	});
}
