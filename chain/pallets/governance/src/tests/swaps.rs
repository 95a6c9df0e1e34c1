//! Keys that change.

use super::*;
use crate::{Candidates, Error, Referenda, Voters};
use frame_support::{assert_noop, assert_ok};
use ganglion_traits::{OnColdkeySwapped, OnHotkeySwapped};

/// What Staking does before: the position is the new key's, with its lock.
fn stake_moves(from: (AccountId, AccountId), to: (AccountId, AccountId)) {
	for map in [Stakes::get(), Locked::get()] {
		assert!(map.contains_key(&(from.0, NET, from.1)));
	}
	Stakes::mutate(|map| {
		map.remove(&(from.0, NET, from.1))
			.map(|v| map.insert((to.0, NET, to.1), v))
	});
	Locked::mutate(|map| {
		map.remove(&(from.0, NET, from.1))
			.map(|v| map.insert((to.0, NET, to.1), v))
	});
}

#[test]
fn a_coldkeys_votes_seat_and_locks_follow_it() {
	new_test_ext().execute_with(|| {
		electorate();
		assert_ok!(Governance::stand(RuntimeOrigin::signed(1), GNG));
		let index = submit(&remark("moved"));
		vote(1, index, true);
		stake_moves((1, hotkey(1)), (7, hotkey(1)));
		assert!(Governance::move_coldkey(&1, &7, frame_support::weights::Weight::MAX).done);
		check();
		assert!(!Voters::<Test>::contains_key(1) && Governance::counted(&7) == 50 * GNG);
		assert_eq!(Members::get(), [2, 3, 4, 5, 7]);
		assert!(Candidates::<Test>::get().is_empty());
		vote(2, index, true);
		blocks(VOTING + 1 + DELAY);
		assert_eq!(dispatched(), 1);
	});
}

#[test]
fn two_ballots_of_one_key_become_one() {
	new_test_ext().execute_with(|| {
		electorate();
		let index = submit(&remark("joined"));
		vote(1, index, true);
		stake_moves((1, hotkey(1)), (2, hotkey(1)));
		Governance::move_coldkey(&1, &2, frame_support::weights::Weight::MAX);
		check();
		let ballots = Referenda::<Test>::get(index).unwrap().ballots;
		assert_eq!(
			ballots.iter().map(|one| one.stake).collect::<Vec<_>>(),
			[80 * GNG, 20 * GNG]
		);
		vote(2, index, true);
		blocks(VOTING + 1 + DELAY);
		assert_eq!(dispatched(), 1);
	});
}

#[test]
fn a_hotkeys_lock_follows_it() {
	new_test_ext().execute_with(|| {
		electorate();
		let new = 1_501;
		assert_ok!(Governance::ensure_can_swap_hotkey(&hotkey(1), &new, None));
		stake_moves((1, hotkey(1)), (1, new));
		Governance::on_hotkey_swapped(&hotkey(1), &new, Some(NET));
		check();
		assert_eq!(Governance::counted(&1), 50 * GNG);
		// Back onto a hotkey that has a lock there: refused before anything is done.
		lock(1, 5);
		assert_noop!(
			Governance::ensure_can_swap_hotkey(&new, &hotkey(1), None),
			Error::<Test>::LockExists
		);
	});
}
