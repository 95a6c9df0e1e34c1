//! The operator's take.

use super::*;
use crate::Takes;

const MAX_TAKE: u16 = 11_796;
const INTERVAL: u32 = 100;

fn set(who: AccountId, take: u16) -> sp_runtime::DispatchResult {
	Staking::set_take(RuntimeOrigin::signed(who), HOTKEY, take)
}

#[test]
fn it_is_the_highest_until_set() {
	ExtBuilder::default().build_and_execute(|| {
		assert_eq!(Staking::take(&HOTKEY), MAX_TAKE);
		assert_ok!(set(OPERATOR, 655));
		assert_eq!(
			events(),
			[Event::TakeSet {
				hotkey: HOTKEY,
				take: 655
			}]
		);
		assert_eq!(Takes::<Test>::get(HOTKEY), Some(655));
		add(ALICE, GNG);
		Staking::reward_dividends(NET, &HOTKEY, 65_535_000);
		assert_eq!(free(OPERATOR), 1_000 * GNG + 655_000);
	});
}

#[test]
fn only_the_owner_sets_it_within_bounds() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(set(ALICE, 1), Error::<Test>::NotOwner);
		assert_noop!(set(OPERATOR, MAX_TAKE + 1), Error::<Test>::TakeTooHigh);
		assert_noop!(
			Staking::set_take(RuntimeOrigin::signed(OPERATOR), ALICE, 1),
			Error::<Test>::HotkeyNotOwned
		);
		assert_ok!(set(OPERATOR, MAX_TAKE));
	});
}

#[test]
fn decreases_are_free() {
	ExtBuilder::default().build_and_execute(|| {
		for take in [5_000, 4_000, 4_000, 0] {
			assert_ok!(set(OPERATOR, take));
		}
		assert_eq!(Staking::take(&HOTKEY), 0);
	});
}

#[test]
fn an_increase_waits_since_the_last_change() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(set(OPERATOR, 1_000));
		for block in [1, INTERVAL] {
			System::set_block_number(block);
			assert_noop!(set(OPERATOR, 1_001), Error::<Test>::TakeIncreaseTooSoon);
		}
		System::set_block_number(1 + INTERVAL);
		assert_ok!(set(OPERATOR, 1_001));
		assert_noop!(set(OPERATOR, 1_002), Error::<Test>::TakeIncreaseTooSoon);
	});
}
