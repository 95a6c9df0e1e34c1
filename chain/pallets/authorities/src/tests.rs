//! Lists that are taken and refused, and when they come into force.
#![allow(clippy::unwrap_used, reason = "tests")]

use crate::{mock::*, Error, Event, Next};
use codec::Encode;
use frame_support::{assert_noop, assert_ok, BoundedVec};
use sp_runtime::{testing::UintAuthorityId, DispatchError};

fn set(accounts: &[u64]) -> frame_support::dispatch::DispatchResult {
	Authorities::set(RuntimeOrigin::root(), BoundedVec::try_from(accounts.to_vec()).unwrap())
}

#[test]
fn the_first_authorities_are_those_of_genesis() {
	new_test_ext().execute_with(|| {
		assert_eq!((Session::validators(), Working::get()), (vec![1, 2], vec![10, 20]));
		run_to(3 * SESSION);
		assert_eq!((Session::validators(), Working::get()), (vec![1, 2], vec![10, 20]));
		assert_eq!(Session::current_index(), 3);
	});
}

#[test]
fn a_new_list_works_from_the_session_after_the_next() {
	new_test_ext().execute_with(|| {
		assert_ok!(set(&[2, 3]));
		System::assert_last_event(
			Event::AuthoritiesSet {
				accounts: vec![2, 3].try_into().unwrap(),
			}
			.into(),
		);
		run_to(SESSION);
		assert_eq!(
			Working::get(),
			[10, 20],
			"queued, while the old ones finalize the change"
		);
		run_to(2 * SESSION);
		assert_eq!((Session::validators(), Working::get()), (vec![2, 3], vec![20, 30]));
	});
}

#[test]
fn the_last_of_two_lists_in_one_session_counts() {
	new_test_ext().execute_with(|| {
		assert_ok!(set(&[3]));
		assert_ok!(set(&[4, 1]));
		run_to(2 * SESSION);
		assert_eq!(Session::validators(), [4, 1]);
	});
}

#[test]
fn a_rotated_key_works_from_the_session_after_the_next() {
	new_test_ext().execute_with(|| {
		UintAuthorityId::set_all_keys([11]);
		let proof = keys(11).create_ownership_proof(&1u64.encode()).unwrap().encode();
		assert_ok!(Session::set_keys(RuntimeOrigin::signed(1), keys(11), proof));
		run_to(SESSION);
		assert_eq!(Working::get(), [10, 20]);
		run_to(2 * SESSION);
		assert_eq!((Session::validators(), Working::get()), (vec![1, 2], vec![11, 20]));
	});
}

#[test]
fn only_root_and_only_lists_that_can_work() {
	new_test_ext().execute_with(|| {
		let one = BoundedVec::try_from(vec![3]).unwrap();
		assert_noop!(
			Authorities::set(RuntimeOrigin::signed(1), one),
			DispatchError::BadOrigin
		);
		assert_noop!(set(&[]), Error::<Test>::NoAuthorities);
		assert_noop!(set(&[3, 4, 3]), Error::<Test>::Duplicate);
		assert_noop!(set(&[3, 9]), Error::<Test>::NoKeys);
		assert!(BoundedVec::<u64, frame_support::traits::ConstU32<4>>::try_from(vec![1; 5]).is_err());
	});
}

#[test]
fn whoever_gives_up_his_keys_before_his_session_is_left_out() {
	new_test_ext().execute_with(|| {
		assert_ok!(set(&[1, 3]));
		assert_ok!(Session::purge_keys(RuntimeOrigin::signed(3)));
		run_to(2 * SESSION);
		assert_eq!(Session::validators(), [1]);
	});
}

#[test]
fn a_list_that_nobody_of_can_work_changes_nothing() {
	new_test_ext().execute_with(|| {
		assert_ok!(set(&[3]));
		assert_ok!(Session::purge_keys(RuntimeOrigin::signed(3)));
		run_to(3 * SESSION);
		assert_eq!(Session::validators(), [1, 2]);
		assert!(!Next::<Test>::exists());
	});
}

#[test]
fn an_authority_that_gives_up_its_keys_leaves_wherever_it_stands_in_the_list() {
	for (leaves, stays) in [(1, 2), (2, 1)] {
		new_test_ext().execute_with(|| {
			assert_ok!(Session::purge_keys(RuntimeOrigin::signed(leaves)));
			run_to(2 * SESSION);
			assert_eq!((Session::validators(), Working::get()), (vec![stays], vec![stays * 10]));
		});
	}
}
