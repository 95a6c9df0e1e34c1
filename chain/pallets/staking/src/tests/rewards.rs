//! Dividends, pay, and credits below the existential deposit.

use super::*;
use crate::{Credits, TotalHeld};

#[test]
fn dividends_raise_the_pool_after_the_take() {
	ExtBuilder::default().build_and_execute(|| {
		add(OPERATOR, 10 * GNG);
		add(ALICE, 30 * GNG);
		let before = issuance();
		events();
		assert_eq!(Staking::reward_dividends(NET, &HOTKEY, 4 * GNG), 4 * GNG);
		assert_eq!(issuance(), before + 4 * GNG);
		// floor(4e9 * 11796 / 65535)
		let take = 719_981_689;
		let expected = Event::DividendsPaid {
			netuid: NET,
			hotkey: HOTKEY,
			amount: 4 * GNG - take,
			take,
		};
		assert_eq!(events(), [expected]);
		assert_eq!(free(OPERATOR), 990 * GNG + take);
		let pooled = 4 * GNG - take;
		let near = |value: Balance, of: Balance| value <= of && of - value <= 1;
		assert!(near(staked(OPERATOR), 10 * GNG + pooled / 4));
		assert!(near(staked(ALICE), 30 * GNG + pooled * 3 / 4));
	});
}

#[test]
fn a_pool_without_shares_gets_nothing() {
	ExtBuilder::default().build_and_execute(|| {
		let before = (issuance(), free(OPERATOR));
		assert_eq!(Staking::reward_dividends(NET, &HOTKEY, GNG), 0);
		add(ALICE, GNG);
		remove(ALICE, Balance::MAX);
		assert_eq!(Staking::reward_dividends(NET, &HOTKEY, GNG), 0);
		assert_eq!((issuance(), free(OPERATOR)), before);
	});
}

#[test]
fn without_an_owner_all_goes_to_the_pool() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, GNG);
		Owners::set(Default::default());
		assert_eq!(Staking::reward_dividends(NET, &HOTKEY, GNG), GNG);
		assert_eq!(Staking::stake(NET, &HOTKEY), 2 * GNG);
	});
}

#[test]
fn no_dividends_are_no_event() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, GNG);
		events();
		assert_eq!(Staking::reward_dividends(NET, &HOTKEY, 0), 0);
		assert_eq!(Staking::reward_coldkey(&ALICE, 0), 0);
		assert_eq!(events(), []);
	});
}

#[test]
fn pay_is_minted_to_a_living_coldkey() {
	ExtBuilder::default().build_and_execute(|| {
		let before = issuance();
		assert_eq!(Staking::reward_coldkey(&ALICE, 1), 1);
		assert_eq!(free(ALICE), 1_000 * GNG + 1);
		assert_eq!(issuance(), before + 1);
		assert_eq!(TotalHeld::<Test>::get(), 0);
	});
}

#[test]
fn a_new_coldkey_is_paid_from_the_existential_deposit_on() {
	ExtBuilder::default().build_and_execute(|| {
		assert_eq!(Staking::reward_coldkey(&POOR, ED), ED);
		assert_eq!((free(POOR), Credits::<Test>::get(POOR)), (ED, 0));
	});
}

#[test]
fn less_is_carried_until_it_suffices() {
	ExtBuilder::default().build_and_execute(|| {
		let before = issuance();
		assert_eq!(Staking::reward_coldkey(&POOR, ED - 1), ED - 1);
		assert_eq!(
			events(),
			[Event::CreditCarried {
				coldkey: POOR,
				amount: ED - 1,
				total: ED - 1
			}]
		);
		assert_eq!((free(POOR), Credits::<Test>::get(POOR)), (0, ED - 1));
		assert_eq!((issuance(), TotalHeld::<Test>::get()), (before + ED - 1, ED - 1));
		assert_sound();

		assert_eq!(Staking::reward_coldkey(&POOR, 1), 1);
		assert_eq!(
			events(),
			[Event::CreditPaid {
				coldkey: POOR,
				amount: ED
			}]
		);
		assert_eq!((free(POOR), Credits::<Test>::get(POOR)), (ED, 0));
		assert_eq!((issuance(), TotalHeld::<Test>::get()), (before + ED, 0));
	});
}

#[test]
fn credits_add_up_over_many_epochs() {
	ExtBuilder::default().build_and_execute(|| {
		for round in 1..=4 {
			assert_eq!(Staking::reward_coldkey(&POOR, 300), 300);
			let paid = if round < 4 { 0 } else { 1_200 };
			assert_eq!(free(POOR), paid);
		}
	});
}

#[test]
fn a_credit_is_paid_with_the_next_pay_once_the_account_lives() {
	ExtBuilder::default().build_and_execute(|| {
		Staking::reward_coldkey(&POOR, 10);
		assert_ok!(Balances::transfer_allow_death(RuntimeOrigin::signed(ALICE), POOR, GNG));
		Staking::reward_coldkey(&POOR, 5);
		assert_eq!(free(POOR), GNG + 15);
		assert_eq!(Credits::<Test>::iter().count(), 0);
	});
}

#[test]
fn a_take_below_the_existential_deposit_is_carried_too() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(Staking::add_stake(RuntimeOrigin::signed(ALICE), POOR_HOTKEY, NET, GNG));
		assert_eq!(Staking::reward_dividends(NET, &POOR_HOTKEY, 2_000), 2_000);
		assert_eq!(Credits::<Test>::get(POOR), 359);
		assert_eq!(Staking::stake(NET, &POOR_HOTKEY), GNG + 1_641);
	});
}

#[test]
fn stray_transfers_to_the_pool_account_belong_to_nobody() {
	ExtBuilder::default().build().execute_with(|| {
		add(BOB, GNG);
		assert_ok!(Balances::transfer_allow_death(
			RuntimeOrigin::signed(ALICE),
			Staking::account(),
			7 * GNG
		));
		assert_eq!(staked(BOB), GNG);
		assert_eq!(TotalHeld::<Test>::get(), GNG);
		assert_ok!(Staking::do_try_state());
	});
}
