//! Pauses: what stands still, what they can't be used for, and that they end.

use super::*;
use crate::{Error, PausesOf};
use frame_support::{assert_noop, assert_ok};
use ganglion_traits::Pause;
use sp_runtime::{traits::Dispatchable, DispatchError};

fn pause(count: u32) -> sp_runtime::DispatchResult {
	Governance::pause(RuntimeOrigin::signed(GUARDIANS), count)
}

fn extend(count: u32) -> sp_runtime::DispatchResult {
	Governance::extend_pause(RuntimeOrigin::signed(GUARDIANS), count)
}

#[test]
fn the_clock_stands_still_for_exactly_as_long() {
	new_test_ext().execute_with(|| {
		blocks(9);
		assert_eq!((System::block_number(), Governance::clock()), (10, 10));
		assert_ok!(pause(4));
		assert!(Governance::is_paused());
		for _ in 0..4 {
			blocks(1);
			assert!(Governance::is_paused());
			assert_eq!(Governance::clock(), 10);
		}
		blocks(1);
		assert!(!Governance::is_paused());
		assert_eq!(
			(System::block_number(), Governance::clock(), Governance::paused_blocks()),
			(15, 11, 4)
		);
	});
}

#[test]
fn a_pause_that_root_ends_counts_what_it_lasted() {
	new_test_ext().execute_with(|| {
		blocks(9);
		assert_ok!(pause(20));
		blocks(3);
		assert_noop!(
			SafeMode::force_exit(RuntimeOrigin::signed(GUARDIANS)),
			DispatchError::BadOrigin
		);
		assert_ok!(SafeMode::force_exit(RuntimeOrigin::root()));
		assert!(!Governance::is_paused());
		assert_eq!(Governance::clock(), 10);
		blocks(1);
		assert_eq!((Governance::clock(), Governance::paused_blocks()), (11, 3));
	});
}

#[test]
fn guardians_cannot_pause_for_ever() {
	new_test_ext().execute_with(|| {
		assert_noop!(pause(MAX_PAUSE + 1), Error::<Test>::PauseTooLong);
		assert_noop!(pause(0), Error::<Test>::NoBlocks);
		assert_ok!(pause(MAX_PAUSE - 10));
		assert_noop!(pause(1), Error::<Test>::AlreadyPaused);
		assert_ok!(extend(5));
		blocks(10);
		assert_noop!(extend(6), Error::<Test>::PauseTooLong);
		assert_ok!(extend(5));
		assert_noop!(extend(1), Error::<Test>::PauseTooLong);
		blocks(MAX_PAUSE - 9);
		assert!(!Governance::is_paused());
		assert_noop!(extend(1), Error::<Test>::NotPaused);
		for _ in 0..MAX_PAUSE - 1 {
			assert_noop!(pause(1), Error::<Test>::CoolingDown);
			blocks(1);
		}
		let paused = Governance::paused_blocks();
		assert_eq!(paused, MAX_PAUSE);
		blocks(1);
		assert_ok!(pause(1));
	});
}

#[test]
fn even_a_short_pause_needs_the_whole_cool_down() {
	new_test_ext().execute_with(|| {
		assert_ok!(pause(1));
		blocks(2);
		assert_eq!(PausesOf::<Test>::get().allowed_at, Governance::clock() + MAX_PAUSE);
		blocks(MAX_PAUSE - 1);
		assert_noop!(pause(1), Error::<Test>::CoolingDown);
	});
}

#[test]
fn nobody_else_enters_and_nobody_at_all_by_the_stock_calls() {
	new_test_ext().execute_with(|| {
		for origin in [
			RuntimeOrigin::signed(1),
			RuntimeOrigin::root(),
			RuntimeOrigin::signed(COUNCIL),
		] {
			assert_noop!(Governance::pause(origin.clone(), 1), DispatchError::BadOrigin);
			assert_noop!(SafeMode::force_enter(origin.clone()), DispatchError::BadOrigin);
			assert_noop!(SafeMode::force_extend(origin), DispatchError::BadOrigin);
		}
		assert_noop!(
			SafeMode::enter(RuntimeOrigin::signed(1)),
			pallet_safe_mode::Error::<Test>::NotConfigured
		);
	});
}

#[test]
fn voting_and_enactment_wait_while_votes_are_still_taken() {
	new_test_ext().execute_with(|| {
		electorate();
		let index = submit(&remark("paused"));
		vote(1, index, true);
		blocks(VOTING - 1);
		assert_ok!(pause(MAX_PAUSE));
		blocks(MAX_PAUSE);
		vote(2, index, true);
		blocks(1);
		assert_eq!(
			crate::Referenda::<Test>::get(index).unwrap().stage,
			crate::types::Stage::Voting
		);
		blocks(1);
		assert_eq!(
			crate::Referenda::<Test>::get(index).unwrap().stage,
			crate::types::Stage::Approved
		);
		blocks(DELAY - 1);
		assert_eq!(dispatched(), 0);
		blocks(1);
		assert_eq!(dispatched(), 1);
	});
}

#[test]
fn nothing_is_enacted_while_paused_even_if_it_is_due_in_the_next_block() {
	new_test_ext().execute_with(|| {
		electorate();
		blocks(MAX_PAUSE);
		let index = submit(&remark("due"));
		vote(1, index, true);
		vote(2, index, true);
		blocks(VOTING + DELAY);
		assert_ok!(pause(MAX_PAUSE));
		blocks(MAX_PAUSE);
		assert_eq!(dispatched(), 0);
		blocks(1);
		assert_eq!(dispatched(), 1);
	});
}

#[test]
fn terms_and_the_age_of_locks_wait() {
	new_test_ext().execute_with(|| {
		lock(1, 50);
		assert_ok!(pause(AGE));
		blocks(AGE);
		assert_eq!(Governance::counted(&1), 0);
		blocks(AGE);
		assert_eq!(Governance::counted(&1), 50 * GNG);
		blocks(TERM - 1 - AGE - 1);
		assert!(!events().contains(&crate::Event::ElectionVoid));
		blocks(1);
		assert!(events().contains(&crate::Event::ElectionVoid));
	});
}

#[test]
fn other_calls_are_filtered_while_paused() {
	new_test_ext().execute_with(|| {
		assert_ok!(pause(3));
		let transfer: RuntimeCall = pallet_balances::Call::transfer_allow_death { dest: 2, value: GNG }.into();
		let filtered = frame_system::Error::<Test>::CallFiltered;
		assert_eq!(
			transfer.clone().dispatch(RuntimeOrigin::signed(1)).unwrap_err().error,
			filtered.into()
		);
		let stand: RuntimeCall = crate::Call::stand { deposit: GNG }.into();
		assert_ok!(stand.dispatch(RuntimeOrigin::signed(1)));
		blocks(4);
		assert_ok!(transfer.dispatch(RuntimeOrigin::signed(1)));
	});
}
