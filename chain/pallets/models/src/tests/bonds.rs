//! Bonds of the accused: held, slashed, lowered.

use super::*;
use crate::Error;
use frame_support::{assert_noop, assert_ok};
use ganglion_traits::{Bonds, Profiles};

#[test]
fn a_frozen_bond_is_not_released_until_all_accusations_end() {
	run(|| {
		let profile = register(1);
		assert_noop!(Models::freeze(NET, &5), Error::<Test>::NotDeclared);
		assert_ok!(declare(5, profile, Role::Serve, 10 * GNG));
		assert_ok!(Models::freeze(NET, &5));
		assert_ok!(Models::freeze(NET, &5));
		assert_ok!(retire(5, profile, Role::Serve));
		pass(RELEASE);
		assert_noop!(Models::release(signed(5), NET, 5), Error::<Test>::Frozen);
		Models::unfreeze(NET, &5);
		assert_noop!(Models::release(signed(5), NET, 5), Error::<Test>::Frozen);
		assert_eq!(Models::standing(NET, &5), (1, 10 * GNG, 0));
		Models::unfreeze(NET, &5);
		Models::unfreeze(NET, &5); // once too often: nothing
		assert_ok!(Models::release(signed(5), NET, 5));
	});
}

#[test]
fn a_slash_takes_no_more_than_the_bond_and_lowers_it() {
	run(|| {
		let profile = register(1);
		assert_ok!(declare(5, profile, Role::Serve, 30 * GNG));
		assert_ok!(declare(5, profile, Role::Audit, 20 * GNG));
		let outcome = Models::slash_bond(NET, &5, Role::Serve, 12 * GNG, Some(&77));
		assert_eq!(outcome.total(), 12 * GNG);
		assert_eq!((Models::bond(NET, &5, Role::Serve), locked(5)), (18 * GNG, 38 * GNG));
		assert_eq!(Models::bond(NET, &5, Role::Audit), 20 * GNG);
		assert_eq!(Reporters::get(), [Some(77)]);
		assert_eq!(
			Models::slash_bond(NET, &5, Role::Serve, Balance::MAX, None).total(),
			18 * GNG
		);
		assert_eq!(Stakes::get()[&(NET, 5)], 70 * GNG);
		// Nothing is behind it any more, and the audits go on.
		assert!(!Models::is_bonded(NET, &5, &profile, Role::Serve));
		assert!(Models::is_bonded(NET, &5, &profile, Role::Audit));
		assert_eq!(Models::slash_bond(NET, &5, Role::Serve, 1, None).total(), 0);
		assert_eq!(Models::slash_bond(NET, &6, Role::Serve, GNG, None).total(), 0);
	});
}

/// Whoever was slashed has to put up a whole bond again before it counts.
#[test]
fn a_bond_below_the_least_is_in_force_no_longer() {
	run(|| {
		let (one, two) = (register(1), register(2));
		assert_ok!(declare(5, one, Role::Audit, 20 * GNG));
		assert_ok!(declare(5, two, Role::Audit, 30 * GNG));
		Models::slash_bond(NET, &5, Role::Audit, 25 * GNG, None);
		assert!(Models::auditors(NET, &one).is_empty());
		assert_eq!(Models::auditors(NET, &two), [5]);
		assert_eq!(Models::columns(NET).bonds, [0, 25 * GNG]);
		assert_ok!(declare(5, one, Role::Audit, 20 * GNG));
		assert_eq!((Models::auditors(NET, &one), locked(5)), (vec![5], 45 * GNG));
	});
}

#[test]
fn stake_that_was_slashed_for_something_else_is_no_bond() {
	run(|| {
		let profile = register(1);
		assert_ok!(declare(5, profile, Role::Serve, 30 * GNG));
		Stakes::mutate(|stakes| stakes.insert((NET, 5), 4 * GNG));
		assert_eq!(Models::bond(NET, &5, Role::Serve), 4 * GNG);
		assert_eq!(Models::slash_bond(NET, &5, Role::Serve, 9 * GNG, None).total(), 4 * GNG);
		assert_eq!(Models::bond(NET, &5, Role::Serve), 0);
	});
}
