//! The two stages, and who can't get anything through them.

use super::*;
use crate::{types::MAX_CALL_LENGTH, Error, Event, Open, Referenda};
use frame_support::{assert_noop, assert_ok, traits::QueryPreimage};
use sp_runtime::DispatchError;

#[test]
fn an_approved_call_is_dispatched_as_root_once_and_leaves_nothing() {
	new_test_ext().execute_with(|| {
		electorate();
		let call = remark("done");
		let hash = BlakeTwo256::hash_of(&call);
		let index = submit(&call);
		vote(1, index, true);
		vote(3, index, true);
		blocks(VOTING);
		assert_eq!(dispatched(), 0);
		blocks(1);
		let enacted_at = Governance::clock() + DELAY;
		assert!(events().contains(&Event::Approved {
			index,
			approving: 70 * GNG,
			rejecting: 0,
			of: 100 * GNG,
			enacted_at
		}));
		blocks(DELAY - 1);
		assert_eq!(dispatched(), 0, "not before its time");
		blocks(1);
		assert_eq!(dispatched(), 1);
		blocks(50);
		assert_eq!(dispatched(), 1, "never twice");
		assert!(events().contains(&Event::Closed { index }));
		assert_eq!((Referenda::<Test>::iter().count(), Open::<Test>::get().len()), (0, 0));
		assert!(!Preimage::is_requested(&hash));
	});
}

#[test]
fn exactly_half_is_not_enough() {
	new_test_ext().execute_with(|| {
		electorate();
		let index = submit(&remark("half"));
		vote(1, index, true);
		vote(2, index, false);
		blocks(VOTING + 1);
		let (approving, rejecting, of) = (50 * GNG, 30 * GNG, 100 * GNG);
		assert!(events().contains(&Event::Rejected {
			index,
			approving,
			rejecting,
			of
		}));
		blocks(TERM);
		assert_eq!((dispatched(), Referenda::<Test>::iter().count()), (0, 0));
	});
}

#[test]
fn who_does_not_vote_is_against() {
	new_test_ext().execute_with(|| {
		electorate();
		let index = submit(&remark("few"));
		vote(3, index, true);
		blocks(VOTING + 1 + DELAY + 1);
		assert_eq!(dispatched(), 0);
	});
}

#[test]
fn a_vote_can_be_changed_until_the_end_and_counts_once() {
	new_test_ext().execute_with(|| {
		electorate();
		let index = submit(&remark("changed"));
		(0..5).for_each(|_| vote(3, index, true));
		vote(1, index, true);
		vote(1, index, false);
		blocks(VOTING);
		vote(2, index, true);
		blocks(1);
		assert_noop!(
			Governance::vote(RuntimeOrigin::signed(1), index, true),
			Error::<Test>::NoReferendum
		);
		let (approving, rejecting, of) = (50 * GNG, 50 * GNG, 100 * GNG);
		assert!(events().contains(&Event::Rejected {
			index,
			approving,
			rejecting,
			of
		}));
	});
}

#[test]
fn an_approved_referendum_takes_no_votes() {
	new_test_ext().execute_with(|| {
		electorate();
		let index = submit(&remark("late"));
		vote(1, index, true);
		vote(2, index, true);
		blocks(VOTING + 1);
		assert_noop!(
			Governance::vote(RuntimeOrigin::signed(1), index, false),
			Error::<Test>::VotingEnded
		);
	});
}

#[test]
fn only_the_council_submits_and_only_calls_that_can_be_enacted() {
	new_test_ext().execute_with(|| {
		electorate();
		let (hash, length) = note(&remark("a"));
		for origin in [RuntimeOrigin::signed(1), RuntimeOrigin::root(), RuntimeOrigin::none()] {
			assert_noop!(Governance::submit(origin, hash, length), DispatchError::BadOrigin);
		}
		let council = || RuntimeOrigin::signed(COUNCIL);
		let unknown = BlakeTwo256::hash(b"unknown");
		assert_noop!(Governance::submit(council(), unknown, 7), Error::<Test>::NoPreimage);
		assert_noop!(
			Governance::submit(council(), hash, length + 1),
			Error::<Test>::NoPreimage
		);
		assert_noop!(
			Governance::submit(council(), hash, MAX_CALL_LENGTH + 1),
			Error::<Test>::CallTooLong
		);
		let garbage = vec![255u8; 40];
		assert_ok!(Preimage::note_preimage(RuntimeOrigin::signed(1), garbage.clone()));
		assert_noop!(
			Governance::submit(council(), BlakeTwo256::hash(&garbage), 40),
			Error::<Test>::NotACall
		);
		assert_ok!(Governance::submit(council(), hash, length));
		assert_noop!(
			Governance::submit(council(), hash, length),
			Error::<Test>::AlreadySubmitted
		);
	});
}

#[test]
fn eight_referenda_at_a_time() {
	new_test_ext().execute_with(|| {
		electorate();
		(0..8).for_each(|word| assert_eq!(submit(&remark(&word.to_string())), word));
		let (hash, length) = note(&remark("ninth"));
		assert_noop!(
			Governance::submit(RuntimeOrigin::signed(COUNCIL), hash, length),
			Error::<Test>::TooManyReferenda
		);
		blocks(VOTING + 1);
		assert_ok!(Governance::submit(RuntimeOrigin::signed(COUNCIL), hash, length));
	});
}

/// B09: stake that is bought and locked after the snapshot, however much, has no votes.
#[test]
fn a_flash_vote_counts_nothing() {
	new_test_ext().execute_with(|| {
		electorate();
		let index = submit(&remark("mine"));
		lock(9, 100_000);
		lock(1, 100_000);
		assert_noop!(
			Governance::vote(RuntimeOrigin::signed(9), index, true),
			Error::<Test>::NotInSnapshot
		);
		vote(3, index, true);
		blocks(VOTING + 1 + DELAY + 1);
		assert_eq!(dispatched(), 0);
		// And locked before, but younger than an unbonding period: it is not in the snapshot either.
		let index = submit(&remark("mine again"));
		assert_noop!(
			Governance::vote(RuntimeOrigin::signed(9), index, true),
			Error::<Test>::NotInSnapshot
		);
		assert_eq!(
			crate::types::total(&Referenda::<Test>::get(index).unwrap().ballots),
			100 * GNG
		);
	});
}

#[test]
fn whoever_voted_cannot_take_the_stake_out_until_it_is_enacted() {
	new_test_ext().execute_with(|| {
		electorate();
		let index = submit(&remark("locked"));
		vote(1, index, true);
		vote(2, index, true);
		let lower =
			|coldkey, gng: Balance| Governance::lock(RuntimeOrigin::signed(coldkey), NET, hotkey(coldkey), gng * GNG);
		for _ in 0..VOTING + 1 + DELAY {
			assert_noop!(lower(1, 49), Error::<Test>::VoteOpen);
			assert_ok!(lower(1, 50));
			blocks(1);
		}
		assert_eq!(dispatched(), 1);
		blocks(1);
		assert_ok!(lower(1, 0));
		assert_ok!(lower(3, 0));
	});
}

#[test]
fn the_same_stake_votes_once_whoever_locks_it() {
	new_test_ext().execute_with(|| {
		electorate();
		let index = submit(&remark("twice"));
		// Voter 3 takes its stake out before it votes, and another coldkey locks it.
		assert_ok!(Governance::lock(RuntimeOrigin::signed(3), NET, hotkey(3), 0));
		lock(8, 20);
		for coldkey in [3, 8] {
			assert!(Governance::vote(RuntimeOrigin::signed(coldkey), index, true).is_err());
		}
	});
}

#[test]
fn slashed_stake_loses_its_vote_but_still_stands_in_the_way() {
	new_test_ext().execute_with(|| {
		electorate();
		let index = submit(&remark("slashed"));
		vote(1, index, true);
		vote(3, index, true);
		stake(1, 10 * GNG);
		blocks(VOTING + 1);
		let (approving, rejecting, of) = (30 * GNG, 0, 100 * GNG);
		assert!(events().contains(&Event::Rejected {
			index,
			approving,
			rejecting,
			of
		}));
	});
}

#[test]
fn root_cancels_in_either_stage() {
	new_test_ext().execute_with(|| {
		electorate();
		let (first, second) = (submit(&remark("first")), submit(&remark("second")));
		assert_noop!(
			Governance::cancel(RuntimeOrigin::signed(COUNCIL), first),
			DispatchError::BadOrigin
		);
		vote(1, second, true);
		vote(2, second, true);
		assert_ok!(Governance::cancel(RuntimeOrigin::root(), first));
		blocks(VOTING + 1);
		assert_ok!(Governance::cancel(RuntimeOrigin::root(), second));
		blocks(DELAY + 5);
		assert_eq!((dispatched(), Referenda::<Test>::iter().count()), (0, 0));
		assert!(!Preimage::is_requested(&BlakeTwo256::hash_of(&remark("second"))));
	});
}

#[test]
fn the_noter_cannot_take_the_call_away() {
	new_test_ext().execute_with(|| {
		electorate();
		let call = remark("kept");
		let (hash, index) = (BlakeTwo256::hash_of(&call), submit(&call));
		assert_ok!(Preimage::unnote_preimage(RuntimeOrigin::signed(1), hash));
		vote(1, index, true);
		vote(2, index, true);
		blocks(VOTING + 1 + DELAY);
		assert_eq!(dispatched(), 1);
	});
}
