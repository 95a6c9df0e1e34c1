//! What a slash can take, who gets it, and what is locked.

use super::*;
use ganglion_traits::{LockReason, SlashOutcome, StakeLock};

const REPORTER: AccountId = BOB;

fn split() {
	SlashToReporter::set(u16::MAX / 10 * 3);
	SlashToPool::set(u16::MAX / 5);
}

fn slash(amount: Balance, reporter: Option<&AccountId>) -> SlashOutcome {
	Staking::slash(NET, &HOTKEY, amount, reporter)
}

#[test]
fn a_slash_is_split_between_burn_reporter_and_the_next_epoch() {
	ExtBuilder::default().build_and_execute(|| {
		split();
		add(OPERATOR, 10 * GNG);
		let (before, rich) = (issuance(), free(REPORTER));
		let outcome = slash(10 * GNG, Some(&REPORTER));
		assert_eq!(outcome.total(), 10 * GNG);
		assert_eq!(free(REPORTER), rich + outcome.to_reporter);
		assert_eq!(Pooled::get(), outcome.to_pool);
		assert_eq!(issuance(), before - outcome.burned - outcome.to_pool);
		assert!(outcome.to_reporter > 29 * GNG / 10 && outcome.to_pool > 19 * GNG / 10);
	});
}

#[test]
fn without_a_reporter_his_part_is_burned() {
	ExtBuilder::default().build_and_execute(|| {
		split();
		add(OPERATOR, 10 * GNG);
		let outcome = slash(10 * GNG, None);
		assert_eq!((outcome.total(), outcome.to_reporter), (10 * GNG, 0));
		assert_eq!(outcome.burned, 10 * GNG - outcome.to_pool);
	});
}

#[test]
fn a_reporter_whose_account_cannot_take_it_gets_nothing() {
	ExtBuilder::default().build_and_execute(|| {
		split();
		add(OPERATOR, 10 * GNG);
		let outcome = slash(ED, Some(&POOR));
		assert_eq!((outcome.total(), outcome.to_reporter, free(POOR)), (ED, 0, 0));
	});
}

#[test]
fn nominators_lose_no_more_than_their_part_in_one_epoch() {
	ExtBuilder::default().build_and_execute(|| {
		MaxNominatorSlash::set(u16::MAX / 5);
		add(OPERATOR, 10 * GNG);
		add(ALICE, 100 * GNG);
		let first = slash(Balance::MAX, None);
		assert_eq!(first.from_operator, 10 * GNG);
		assert!(first.total() <= 30 * GNG && first.total() > 299 * GNG / 10, "{first:?}");
		let left = staked(ALICE);
		assert_eq!(slash(Balance::MAX, None), SlashOutcome::default());
		assert_eq!(staked(ALICE), left);
		Epoch::set(1);
		let next = slash(Balance::MAX, None).total();
		assert!(next <= left / 5 && next > left / 5 - GNG / 100);
	});
}

#[test]
fn what_exposure_says_is_what_the_worst_case_takes() {
	ExtBuilder::default().build_and_execute(|| {
		MaxNominatorSlash::set(u16::MAX / 5);
		add(OPERATOR, 10 * GNG);
		let told = Staking::exposure(NET, &HOTKEY, 100 * GNG);
		assert_eq!((told.operator_stake, told.unbonding_epochs), (10 * GNG, UNBONDING + 1));
		assert_eq!(told.unbonding_blocks, 300);
		add(ALICE, 100 * GNG);
		slash(Balance::MAX, None);
		assert!(100 * GNG - staked(ALICE) <= told.per_epoch);
		remove(ALICE, Balance::MAX);
		for epoch in 1..=UNBONDING {
			Epoch::set(epoch);
			slash(Balance::MAX, None);
		}
		Epoch::set(UNBONDING + 1);
		slash(Balance::MAX, None);
		let (before, release) = (free(ALICE), UNBONDING + 1);
		withdraw(ALICE, release);
		let lost = 100 * GNG - (free(ALICE) - before);
		assert!(
			lost <= told.until_released && lost > told.until_released / 2,
			"{lost} {told:?}"
		);
	});
}

#[test]
fn nothing_is_slashed_while_the_network_is_paused() {
	ExtBuilder::default().build_and_execute(|| {
		add(OPERATOR, 10 * GNG);
		Paused::set(true);
		assert_eq!(slash(Balance::MAX, None), SlashOutcome::default());
		assert_eq!(staked(OPERATOR), 10 * GNG);
	});
}

#[test]
fn paused_blocks_do_not_release_what_unbonds() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		remove(ALICE, Balance::MAX);
		let release = Staking::positions(&ALICE).remove(0).release_blocks.remove(0);
		PausedBlocks::set(50);
		assert_eq!(Staking::positions(&ALICE).remove(0).release_blocks, [release + 50]);
		System::set_block_number(release + 49);
		let early = Staking::withdraw_unbonded(RuntimeOrigin::signed(ALICE), HOTKEY, NET, UNBONDING + 1);
		assert_noop!(early, Error::<Test>::NotReleased);
		System::set_block_number(release + 50);
		withdraw(ALICE, UNBONDING + 1);
	});
}

#[test]
fn locked_stake_stays_where_it_is() {
	ExtBuilder::default().build_and_execute(|| {
		add(OPERATOR, 10 * GNG);
		assert_ok!(Staking::set_lock(LockReason::Vote, &OPERATOR, NET, &HOTKEY, 6 * GNG));
		let origin = || RuntimeOrigin::signed(OPERATOR);
		for amount in [5 * GNG, Balance::MAX] {
			assert_noop!(
				Staking::remove_stake(origin(), HOTKEY, NET, amount),
				Error::<Test>::Locked
			);
			let moved = Staking::move_stake(origin(), HOTKEY, NET, POOR_HOTKEY, NET, amount);
			assert_noop!(moved, Error::<Test>::Locked);
		}
		remove(OPERATOR, 4 * GNG);
		assert_eq!(
			Staking::locked_value(LockReason::Vote, &OPERATOR, NET, &HOTKEY),
			6 * GNG
		);
		// Where the hotkey is another's by now, the lock holds though it counts for nothing.
		Owners::mutate(|owners| owners.insert(HOTKEY, BOB));
		assert_eq!(Staking::locked_value(LockReason::Vote, &OPERATOR, NET, &HOTKEY), 0);
		assert_noop!(transfer(OPERATOR, ALICE), Error::<Test>::Locked);
		assert_ok!(Staking::set_lock(LockReason::Vote, &OPERATOR, NET, &HOTKEY, 0));
		remove(OPERATOR, Balance::MAX);
	});
}

#[test]
fn a_slash_eats_locked_stake_and_the_lock_is_worth_what_is_left() {
	ExtBuilder::default().build_and_execute(|| {
		add(OPERATOR, 10 * GNG);
		assert_ok!(Staking::set_lock(LockReason::Vote, &OPERATOR, NET, &HOTKEY, 10 * GNG));
		slash(7 * GNG, None);
		assert_eq!(
			Staking::locked_value(LockReason::Vote, &OPERATOR, NET, &HOTKEY),
			3 * GNG
		);
		slash(Balance::MAX, None);
		assert_eq!(Staking::locked_value(LockReason::Vote, &OPERATOR, NET, &HOTKEY), 0);
		assert_ok!(Staking::set_lock(LockReason::Vote, &OPERATOR, NET, &HOTKEY, 0));
		assert_eq!(crate::Homes::<Test>::iter().count(), 0);
	});
}

#[test]
fn only_an_operators_own_position_can_be_locked() {
	ExtBuilder::default().build_and_execute(|| {
		add(OPERATOR, 10 * GNG);
		add(ALICE, 10 * GNG);
		assert_noop!(
			Staking::set_lock(LockReason::Vote, &ALICE, NET, &HOTKEY, 1),
			Error::<Test>::NotOwnHotkey
		);
		let more = Staking::set_lock(LockReason::Vote, &OPERATOR, NET, &HOTKEY, 11 * GNG);
		assert_noop!(more, Error::<Test>::InsufficientStake);
		Guarded::set(vec![OPERATOR]);
		let guarded = Staking::set_lock(LockReason::Vote, &OPERATOR, NET, &HOTKEY, GNG);
		assert_noop!(guarded, Error::<Test>::ColdkeyGuarded);
		Guarded::set(vec![]);
		assert_ok!(Staking::set_lock(LockReason::Vote, &OPERATOR, NET, &HOTKEY, GNG));
		Owners::mutate(|owners| owners.insert(HOTKEY, ALICE));
		assert_eq!(Staking::locked_value(LockReason::Vote, &OPERATOR, NET, &HOTKEY), 0);
		assert_ok!(Staking::set_lock(LockReason::Vote, &OPERATOR, NET, &HOTKEY, 0));
	});
}

/// One position votes and is a bond at a time; each reason is lowered by itself and the larger holds.
#[test]
fn the_largest_of_a_positions_locks_holds() {
	let value = |reason| Staking::locked_value(reason, &OPERATOR, NET, &HOTKEY);
	let lock = |reason, amount| Staking::set_lock(reason, &OPERATOR, NET, &HOTKEY, amount);
	ExtBuilder::default().build_and_execute(|| {
		add(OPERATOR, 10 * GNG);
		assert_ok!(lock(LockReason::Vote, 8 * GNG));
		assert_ok!(lock(LockReason::Bond, 6 * GNG));
		assert_eq!((value(LockReason::Vote), value(LockReason::Bond)), (8 * GNG, 6 * GNG));
		assert_eq!(Staking::positions(&OPERATOR).remove(0).locked, 8 * GNG);
		remove(OPERATOR, 2 * GNG);
		let early = Staking::remove_stake(RuntimeOrigin::signed(OPERATOR), HOTKEY, NET, GNG);
		assert_noop!(early, Error::<Test>::Locked);
		assert_ok!(lock(LockReason::Vote, 0));
		assert_eq!(Staking::positions(&OPERATOR).remove(0).locked, 6 * GNG);
		remove(OPERATOR, 2 * GNG);
		assert_noop!(
			Staking::remove_stake(RuntimeOrigin::signed(OPERATOR), HOTKEY, NET, GNG),
			Error::<Test>::Locked
		);
		assert_noop!(lock(LockReason::Vote, 7 * GNG), Error::<Test>::InsufficientStake);
		assert_ok!(lock(LockReason::Bond, 0));
		remove(OPERATOR, Balance::MAX);
	});
}

fn transfer(from: AccountId, to: AccountId) -> sp_runtime::DispatchResult {
	Staking::transfer_stake(RuntimeOrigin::signed(from), HOTKEY, NET, to, Balance::MAX)
}

#[test]
fn an_operator_does_not_become_a_nominator_before_a_slash() {
	ExtBuilder::default().build_and_execute(|| {
		MaxNominatorSlash::set(u16::MAX / 5);
		add(OPERATOR, 10 * GNG);
		add(ALICE, 90 * GNG);
		assert_noop!(transfer(OPERATOR, BOB), Error::<Test>::OperatorsOwn);
		// His other ways out leave it his.
		remove(OPERATOR, 4 * GNG);
		let destination = (POOR_HOTKEY, OTHER_NET);
		Epoch::set(1);
		assert_ok!(Staking::move_stake(
			RuntimeOrigin::signed(OPERATOR),
			HOTKEY,
			NET,
			destination.0,
			destination.1,
			Balance::MAX
		));
		let outcome = slash(10 * GNG, None);
		assert_eq!((outcome.from_operator, outcome.total()), (10 * GNG, 10 * GNG));
		assert_eq!(staked(ALICE), 90 * GNG);
	});
}

#[test]
fn both_coldkeys_of_a_running_swap_are_the_operator() {
	for owner in [OPERATOR, BOB] {
		ExtBuilder::default().build_and_execute(|| {
			MaxNominatorSlash::set(u16::MAX / 5);
			add(OPERATOR, 10 * GNG);
			add(BOB, 2 * GNG);
			add(ALICE, 90 * GNG);
			Swapping::set(Some((OPERATOR, BOB)));
			Owners::mutate(|owners| owners.insert(HOTKEY, owner));
			for from in [OPERATOR, BOB] {
				assert_noop!(transfer(from, ALICE), Error::<Test>::OperatorsOwn);
			}
			let outcome = slash(12 * GNG, None);
			assert_eq!((outcome.from_operator, outcome.total()), (12 * GNG, 12 * GNG));
			assert_eq!(staked(ALICE), 90 * GNG);
		});
	}
}

#[test]
fn who_stays_does_not_pay_for_who_left_in_the_same_epoch() {
	ExtBuilder::default().build_and_execute(|| {
		MaxNominatorSlash::set(u16::MAX / 5);
		add(ALICE, 90 * GNG);
		add(BOB, 10 * GNG);
		remove(ALICE, Balance::MAX);
		slash(1, None);
		// Released by its block, within the epoch: the first slash's base is no longer there.
		System::set_block_number(1_000);
		withdraw(ALICE, UNBONDING + 1);
		let before = staked(BOB);
		let taken = slash(Balance::MAX, None).total();
		assert!(taken <= before / 5 && taken + GNG / 1_000 > before / 5, "{taken}");
	});
}

#[test]
fn who_reports_himself_gets_nothing_back() {
	ExtBuilder::default().build_and_execute(|| {
		split();
		add(OPERATOR, 10 * GNG);
		Swapping::set(Some((BOB, OPERATOR)));
		for reporter in [OPERATOR, BOB] {
			let before = free(reporter);
			let outcome = slash(GNG, Some(&reporter));
			assert_eq!((outcome.to_reporter, outcome.total()), (0, GNG));
			assert_eq!(free(reporter), before);
		}
	});
}

#[test]
fn exposure_is_tight() {
	ExtBuilder::default().build_and_execute(|| {
		MaxNominatorSlash::set(u16::MAX / 5);
		let told = Staking::exposure(NET, &HOTKEY, 100 * GNG);
		add(ALICE, 100 * GNG);
		slash(Balance::MAX, None);
		let lost = 100 * GNG - staked(ALICE);
		// Virtual shares and rounding down leave some nano.
		assert!(lost <= told.per_epoch && lost + 10 > told.per_epoch, "{lost} {told:?}");
		remove(ALICE, Balance::MAX);
		for epoch in 1..=UNBONDING + 1 {
			Epoch::set(epoch);
			slash(Balance::MAX, None);
		}
		let lost = 100 * GNG - Staking::unbonding(&ALICE, NET, &HOTKEY, UNBONDING + 1);
		assert!(
			lost <= told.until_released && lost + 10 > told.until_released,
			"{lost} {told:?}"
		);
	});
}
