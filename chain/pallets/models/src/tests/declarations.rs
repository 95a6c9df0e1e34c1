//! Declarations: who can make them, what they lock, when they are over.

use super::*;
use crate::{Error, MAX_DECLARATIONS};
use frame_support::{assert_noop, assert_ok};
use ganglion_traits::{Bonds, OnSubnetDissolved, Profiles};
use sp_runtime::Weight;

#[test]
fn a_declaration_locks_its_bond_and_more_of_them_the_sum() {
	run(|| {
		let (one, two) = (register(1), register(2));
		assert_ok!(declare(5, one, Role::Serve, 10 * GNG));
		assert_ok!(declare(5, two, Role::Serve, 15 * GNG));
		assert_ok!(declare(5, one, Role::Audit, 20 * GNG));
		assert_eq!(locked(5), 45 * GNG);
		assert_eq!(Models::bond(NET, &5, Role::Serve), 25 * GNG);
		assert_eq!(Models::auditors(NET, &one), [5]);
		assert!(Models::auditors(NET, &two).is_empty() && Models::auditors(OTHER, &one).is_empty());
		assert!(Models::is_bonded(NET, &5, &two, Role::Serve));
		assert!(!Models::is_bonded(NET, &5, &two, Role::Audit));
		assert_eq!(Models::details_of(&one).unwrap().declarations, 2);
		let columns = Models::columns(NET);
		assert_eq!((columns.hotkeys, columns.roles), (vec![5, 5, 5], vec![0, 0, 1]));
		assert_eq!(columns.bonds, [10 * GNG, 15 * GNG, 20 * GNG]);
		// 55 GNG of own stake are left.
		assert_noop!(declare(5, two, Role::Audit, 56 * GNG), "not as much stake");
	});
}

#[test]
fn who_can_not_declare() {
	run(|| {
		let profile = register(1);
		let other = Models::declare(signed(6 + COLD), NET, 5, profile, Role::Serve, 10 * GNG);
		assert_noop!(other, Error::<Test>::NotOwnHotkey);
		assert_noop!(
			declare(5, profile, Role::Serve, 10 * GNG - 1),
			Error::<Test>::BondTooLow
		);
		assert_noop!(
			declare(5, profile, Role::Audit, 20 * GNG - 1),
			Error::<Test>::BondTooLow
		);
		assert_noop!(declare(5, id(2), Role::Serve, 10 * GNG), Error::<Test>::ProfileNotFound);
		Slotless::set([5].into());
		assert_noop!(declare(5, profile, Role::Serve, 10 * GNG), Error::<Test>::NotRegistered);
	});
}

#[test]
fn a_bond_is_raised_and_not_lowered() {
	run(|| {
		let profile = register(1);
		assert_ok!(declare(5, profile, Role::Serve, 20 * GNG));
		assert_noop!(declare(5, profile, Role::Serve, 19 * GNG), Error::<Test>::BondLowered);
		assert_ok!(declare(5, profile, Role::Serve, 30 * GNG));
		assert_eq!(locked(5), 30 * GNG);
		assert_eq!(Models::details_of(&profile).unwrap().declarations, 1);
	});
}

#[test]
fn a_retired_bond_stays_for_a_while_and_anybody_releases_it() {
	run(|| {
		let profile = register(1);
		assert_ok!(declare(5, profile, Role::Audit, 20 * GNG));
		assert_ok!(declare(5, profile, Role::Serve, 10 * GNG));
		Slotless::set([5].into()); // losing the slot changes nothing
		let other = Models::retire(signed(6 + COLD), NET, 5, profile, Role::Audit);
		assert_noop!(other, Error::<Test>::NotOwnHotkey);
		assert_ok!(retire(5, profile, Role::Audit));
		assert_noop!(retire(5, profile, Role::Audit), Error::<Test>::AlreadyRetired);
		assert!(Models::auditors(NET, &profile).is_empty());
		assert!(Models::is_bonded(NET, &5, &profile, Role::Audit));
		assert_eq!(Models::columns(NET).ends_at, [1 + RELEASE, 0]);
		pass(RELEASE - 1);
		let release = || Models::release(signed(77), NET, 5);
		assert_noop!(release(), Error::<Test>::NothingToRelease);
		// Blocks of a pause do not count.
		pass(1);
		Paused::set(3);
		assert_noop!(release(), Error::<Test>::NothingToRelease);
		pass(3);
		assert_noop!(Models::remove(signed(9 + COLD), profile), Error::<Test>::ProfileInUse);
		assert_ok!(release());
		assert_eq!(locked(5), 10 * GNG);
		assert!(!Models::is_bonded(NET, &5, &profile, Role::Audit));
		assert_ok!(retire(5, profile, Role::Serve));
		pass(RELEASE);
		assert_ok!(release());
		assert_eq!(locked(5), 0);
		assert_noop!(retire(5, profile, Role::Serve), Error::<Test>::NotDeclared);
		assert_ok!(Models::remove(signed(9 + COLD), profile));
	});
}

#[test]
fn a_retirement_is_taken_back_with_the_same_bond() {
	run(|| {
		let profile = register(1);
		assert_ok!(declare(5, profile, Role::Audit, 20 * GNG));
		assert_ok!(retire(5, profile, Role::Audit));
		assert_ok!(declare(5, profile, Role::Audit, 20 * GNG));
		assert_eq!(Models::auditors(NET, &profile), [5]);
		pass(2 * RELEASE);
		assert_noop!(Models::release(signed(5), NET, 5), Error::<Test>::NothingToRelease);
	});
}

#[test]
fn a_hotkey_declares_a_bounded_number_of_profiles_in_each_role() {
	run(|| {
		Stakes::mutate(|stakes| stakes.insert((NET, 5), 10_000 * GNG));
		let most = MAX_DECLARATIONS as u8;
		register_many(most + 1);
		for seed in 0..most {
			assert_ok!(declare(5, id(seed), Role::Serve, 10 * GNG));
		}
		assert_noop!(
			declare(5, id(most), Role::Serve, 10 * GNG),
			Error::<Test>::TooManyDeclarations
		);
		for seed in 0..most {
			assert_ok!(declare(5, id(seed), Role::Audit, 20 * GNG));
		}
		assert_eq!(locked(5), 960 * GNG);
	});
}

#[test]
fn a_profile_has_a_bounded_number_of_auditors() {
	run(|| {
		let profile = register(1);
		for hotkey in (10..266).rev() {
			Stakes::mutate(|stakes| stakes.insert((NET, hotkey), 20 * GNG));
			assert_ok!(declare(hotkey, profile, Role::Audit, 20 * GNG));
		}
		assert_eq!(Models::auditors(NET, &profile), (10..266).collect::<Vec<_>>());
		assert_noop!(
			declare(5, profile, Role::Audit, 20 * GNG),
			Error::<Test>::TooManyAuditors
		);
	});
}

#[test]
fn a_dissolved_subnet_leaves_no_declaration_and_no_lock() {
	run(|| {
		let profile = register(1);
		for hotkey in 1..=5 {
			assert_ok!(declare(hotkey, profile, Role::Serve, 10 * GNG));
			assert_ok!(declare(hotkey, profile, Role::Audit, 20 * GNG));
		}
		assert_ok!(Models::declare(
			signed(1 + COLD),
			OTHER,
			1,
			profile,
			Role::Serve,
			10 * GNG
		));
		assert_ok!(Models::freeze(NET, &2));
		// In the middle of a swap the lock is with either coldkey.
		Moving::set(Some((3 + COLD, 77)));
		Locked::mutate(|locked| locked.insert((77, NET, 3), 30 * GNG));
		Netuids::mutate(|netuids| netuids.remove(&NET));
		let mut steps = 0;
		while !Models::clear(NET, Weight::zero()).done {
			steps += 1;
			Models::do_try_state().unwrap();
		}
		assert_eq!(steps, 4);
		let left = Locked::get();
		assert_eq!(left.into_iter().collect::<Vec<_>>(), [((1 + COLD, OTHER, 1), 10 * GNG)]);
		assert_eq!(Models::details_of(&profile).unwrap().declarations, 1);
		Models::unfreeze(NET, &2);
	});
}
