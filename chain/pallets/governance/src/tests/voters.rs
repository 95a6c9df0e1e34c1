//! Locks, their age, the list and the snapshot.

use super::*;
use crate::{Error, Event, Voters};
use frame_support::{assert_noop, assert_ok};

fn set(coldkey: AccountId, amount: Balance) -> sp_runtime::DispatchResult {
	Governance::lock(RuntimeOrigin::signed(coldkey), NET, hotkey(coldkey), amount)
}

#[test]
fn a_lock_counts_when_it_is_old_enough() {
	new_test_ext().execute_with(|| {
		lock(1, 50);
		blocks(AGE - 1);
		assert_eq!(Governance::counted(&1), 0);
		blocks(1);
		assert_eq!(Governance::counted(&1), 50 * GNG);
	});
}

#[test]
fn what_is_added_is_young_and_what_is_taken_away_is_the_youngest() {
	new_test_ext().execute_with(|| {
		lock(1, 50);
		blocks(AGE);
		stake(1, 80 * GNG);
		assert_ok!(set(1, 80 * GNG));
		assert_eq!(Governance::counted(&1), 50 * GNG);
		assert_ok!(set(1, 60 * GNG));
		assert_eq!(Governance::counted(&1), 50 * GNG);
		assert_ok!(set(1, 40 * GNG));
		assert_eq!(Governance::counted(&1), 40 * GNG);
		blocks(AGE);
		assert_eq!(Governance::counted(&1), 40 * GNG);
	});
}

#[test]
fn unlocking_and_locking_again_makes_it_young() {
	new_test_ext().execute_with(|| {
		lock(1, 50);
		blocks(AGE);
		assert_ok!(set(1, 0));
		assert_eq!(Voters::<Test>::count(), 0);
		assert_ok!(set(1, 50 * GNG));
		assert_eq!(Governance::counted(&1), 0);
	});
}

#[test]
fn slashed_stake_does_not_count_and_what_replaces_it_is_young() {
	new_test_ext().execute_with(|| {
		lock(1, 50);
		blocks(AGE);
		stake(1, 20 * GNG);
		assert_eq!(Governance::counted(&1), 20 * GNG);
		frame_support::assert_err!(
			frame_support::storage::with_storage_layer(|| set(1, 40 * GNG)),
			crate::Error::<Test>::NotThatMuch
		);
		Locked::mutate(|locked| locked.insert((1, NET, hotkey(1)), 50 * GNG));
		assert_ok!(set(1, 20 * GNG));
		stake(1, 60 * GNG);
		assert_ok!(set(1, 60 * GNG));
		assert_eq!(Governance::counted(&1), 20 * GNG);
	});
}

#[test]
fn a_lock_is_no_more_than_the_position_and_no_less_than_the_minimum() {
	new_test_ext().execute_with(|| {
		stake(1, 10 * GNG);
		assert!(set(1, 11 * GNG).is_err());
		frame_support::assert_err!(
			frame_support::storage::with_storage_layer(|| set(1, GNG - 1)),
			Error::<Test>::TooLittle
		);
		assert_ok!(set(1, GNG));
	});
}

/// Each of two locks alone is above the minimum, and so is the rest of neither: nothing is trapped.
#[test]
fn every_lock_can_be_undone() {
	new_test_ext().execute_with(|| {
		let other = ganglion_primitives::NetUid(2);
		lock(1, 50);
		Stakes::mutate(|stakes| stakes.insert((1, other, hotkey(1)), GNG / 2));
		assert_ok!(Governance::lock(RuntimeOrigin::signed(1), other, hotkey(1), GNG / 2));
		assert_ok!(set(1, GNG / 2));
		check();
		assert_ok!(set(1, GNG / 4));
		assert_eq!(Voters::<Test>::count(), 0);
		assert!(Locked::get().values().all(|amount| *amount == 0));
		frame_support::assert_err!(
			frame_support::storage::with_storage_layer(|| set(1, GNG / 2)),
			Error::<Test>::TooLittle
		);
	});
}

#[test]
fn a_guarded_coldkey_neither_locks_nor_stands() {
	new_test_ext().execute_with(|| {
		stake(GUARDED, GNG);
		assert_noop!(set(GUARDED, GNG), Error::<Test>::ColdkeyGuarded);
		assert_noop!(
			Governance::stand(RuntimeOrigin::signed(GUARDED), GNG),
			Error::<Test>::ColdkeyGuarded
		);
	});
}

#[test]
fn a_coldkey_has_four_locks() {
	new_test_ext().execute_with(|| {
		let one = |net: u16| {
			let net = ganglion_primitives::NetUid(net);
			Stakes::mutate(|stakes| stakes.insert((1, net, hotkey(1)), GNG));
			Governance::lock(RuntimeOrigin::signed(1), net, hotkey(1), GNG)
		};
		(1..=4).for_each(|net| {
			assert_ok!(one(net));
		});
		assert_noop!(one(5), Error::<Test>::TooManyLocks);
		blocks(AGE);
		assert_eq!(Governance::counted(&1), 4 * GNG);
	});
}

#[test]
fn the_largest_32_are_asked_and_a_full_list_takes_only_who_has_more() {
	new_test_ext().execute_with(|| {
		(1..=129u64)
			.filter(|coldkey| *coldkey != GUARDED)
			.for_each(|coldkey| lock(coldkey, Balance::from(coldkey) + 10));
		assert_eq!(Voters::<Test>::count(), 128);
		blocks(AGE);
		let index = submit(&remark("a"));
		let ballots = crate::Referenda::<Test>::get(index).unwrap().ballots;
		let asked: Vec<AccountId> = ballots.iter().map(|ballot| ballot.voter).collect();
		assert_eq!(asked, (98..=129).rev().collect::<Vec<_>>());

		stake(200, 11 * GNG);
		assert_noop!(set(200, 11 * GNG), Error::<Test>::ListFull);
		stake(200, 12 * GNG);
		assert_ok!(set(200, 12 * GNG));
		assert!(events().contains(&Event::VoterStruckOff { coldkey: 1 }));
		assert_eq!((Voters::<Test>::count(), Locked::get()[&(1, NET, hotkey(1))]), (128, 0));
	});
}

#[test]
fn too_few_voters_or_too_little_stake_decide_nothing() {
	new_test_ext().execute_with(|| {
		lock(1, 50);
		blocks(AGE);
		let (hash, length) = note(&remark("a"));
		let submit = || Governance::submit(RuntimeOrigin::signed(COUNCIL), hash, length);
		assert_noop!(submit(), Error::<Test>::ElectorateTooSmall);
		lock(2, 50);
		blocks(AGE);
		// 60 accounts with 1,000 GNG each: one in a hundred is 600.
		MinElectorate::set(655);
		assert_noop!(submit(), Error::<Test>::ElectorateTooSmall);
		lock(3, 500);
		blocks(AGE);
		assert_ok!(submit());
	});
}
