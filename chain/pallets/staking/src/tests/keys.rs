//! Swapped hotkeys and coldkeys, and sums over a hotkey's pools.

use super::*;
use frame_support::weights::Weight;
use ganglion_traits::{LockReason, OnColdkeySwapped, OnHotkeySwapped, StakeLock, TotalStake};

const NEW_HOTKEY: AccountId = 101;
const NEW: AccountId = 20;
const RELEASE: EpochIndex = UNBONDING + 1;

fn swap_hotkey(netuid: Option<NetUid>) {
	Owners::mutate(|owners| owners.insert(NEW_HOTKEY, OPERATOR));
	assert_ok!(Staking::ensure_can_swap_hotkey(&HOTKEY, &NEW_HOTKEY, netuid));
	Staking::on_hotkey_swapped(&HOTKEY, &NEW_HOTKEY, netuid);
}

/// Steps until it is done; returns how many.
fn swap_coldkey(old: AccountId, budget: Weight) -> u32 {
	(1..).find(|_| Staking::move_coldkey(&old, &NEW, budget).done).unwrap()
}

#[test]
fn a_swapped_hotkey_takes_its_nominators_along() {
	ExtBuilder::default().build_and_execute(|| {
		add(OPERATOR, 10 * GNG);
		add(ALICE, 10 * GNG);
		remove(ALICE, 4 * GNG);
		swap_hotkey(None);
		assert_eq!(Staking::stake(NET, &HOTKEY), 0);
		assert_eq!(Staking::stake(NET, &NEW_HOTKEY), 16 * GNG);
		assert_eq!(Staking::own_stake(NET, &NEW_HOTKEY), 10 * GNG);
		assert_eq!(Staking::staked(&ALICE, NET, &NEW_HOTKEY), 6 * GNG);
		assert_eq!(
			(Staking::total_stake(&HOTKEY), Staking::total_stake(&NEW_HOTKEY)),
			(0, 16 * GNG)
		);
		let outcome = Staking::slash(NET, &NEW_HOTKEY, Balance::MAX, None);
		assert_eq!(outcome.total(), 20 * GNG, "what unbonds follows");
	});
}

#[test]
fn a_swap_in_one_subnet_leaves_the_others() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		assert_ok!(Staking::add_stake(
			RuntimeOrigin::signed(ALICE),
			HOTKEY,
			OTHER_NET,
			3 * GNG
		));
		swap_hotkey(Some(NET));
		assert_eq!(
			(Staking::total_stake(&HOTKEY), Staking::total_stake(&NEW_HOTKEY)),
			(3 * GNG, 10 * GNG)
		);
		// The old hotkey can be staked on again: a pool of its own.
		add(BOB, GNG);
		assert_eq!((staked(BOB), Staking::staked(&BOB, NET, &NEW_HOTKEY)), (GNG, 0));
	});
}

#[test]
fn a_swap_onto_a_pool_is_refused() {
	ExtBuilder::default().build_and_execute(|| {
		Owners::mutate(|owners| owners.insert(NEW_HOTKEY, OPERATOR));
		assert_ok!(Staking::add_stake(RuntimeOrigin::signed(BOB), NEW_HOTKEY, NET, GNG));
		let all = Staking::ensure_can_swap_hotkey(&HOTKEY, &NEW_HOTKEY, None);
		assert_noop!(all, Error::<Test>::PoolExists);
		assert_ok!(Staking::ensure_can_swap_hotkey(&HOTKEY, &NEW_HOTKEY, Some(OTHER_NET)));
	});
}

#[test]
fn a_swap_does_not_raise_the_take() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(Staking::set_take(RuntimeOrigin::signed(OPERATOR), HOTKEY, 100));
		swap_hotkey(None);
		assert_eq!(Staking::take(&NEW_HOTKEY), 100);
		let raise = Staking::set_take(RuntimeOrigin::signed(OPERATOR), NEW_HOTKEY, 101);
		assert_noop!(raise, Error::<Test>::TakeIncreaseTooSoon);
		assert_eq!(crate::Takes::<Test>::iter().count(), 1);
	});
}

#[test]
fn everything_of_a_coldkey_moves_in_bounded_steps() {
	ExtBuilder::default().build_and_execute(|| {
		add(OPERATOR, 10 * GNG);
		assert_ok!(Staking::set_lock(LockReason::Vote, &OPERATOR, NET, &HOTKEY, 5 * GNG));
		remove(OPERATOR, 4 * GNG);
		assert_ok!(Staking::add_stake(
			RuntimeOrigin::signed(OPERATOR),
			HOTKEY,
			OTHER_NET,
			3 * GNG
		));
		let steps = swap_coldkey(OPERATOR, Weight::zero());
		assert!(steps >= 4, "one record a step: {steps}");
		Owners::mutate(|owners| owners.insert(HOTKEY, NEW));
		assert_eq!((staked(OPERATOR), staked(NEW)), (0, 6 * GNG));
		assert_eq!(Staking::locked_value(LockReason::Vote, &NEW, NET, &HOTKEY), 5 * GNG);
		assert_eq!(Staking::unbonding(&NEW, NET, &HOTKEY, RELEASE), 4 * GNG);
		assert_eq!(Staking::positions(&OPERATOR), []);
		assert_eq!(Staking::own_stake(OTHER_NET, &HOTKEY), 3 * GNG);
	});
}

#[test]
fn positions_of_both_coldkeys_become_one() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		add(BOB, 5 * GNG);
		assert_ok!(Staking::transfer_stake(
			RuntimeOrigin::signed(BOB),
			HOTKEY,
			NET,
			NEW,
			Balance::MAX
		));
		assert_eq!(swap_coldkey(ALICE, Weight::MAX), 1);
		assert_eq!(staked(NEW), 15 * GNG);
	});
}

#[test]
fn a_carried_credit_moves_and_is_paid_when_it_suffices() {
	ExtBuilder::default().build_and_execute(|| {
		Staking::reward_coldkey(&POOR, ED - 1);
		Staking::reward_coldkey(&NEW, 1);
		swap_coldkey(POOR, Weight::MAX);
		assert_eq!((free(NEW), crate::Credits::<Test>::iter().count()), (ED, 0));
	});
}

#[test]
fn a_number_is_forgotten_with_the_last_record_that_names_it() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		remove(ALICE, Balance::MAX);
		assert_eq!(crate::Homes::<Test>::iter().count(), 1);
		Epoch::set(RELEASE);
		withdraw(ALICE, RELEASE);
		assert_eq!(
			crate::Homes::<Test>::iter().count() + crate::PoolIds::<Test>::iter().count(),
			0
		);
	});
}
