//! Keys that are swapped and subnets that go.

use super::*;
use frame_support::weights::Weight;
use ganglion_traits::{Accused, OnColdkeySwapped, OnHotkeySwapped, OnSubnetDissolved};

const NO_BUDGET: Weight = Weight::zero();

/// What the others do when a hotkey is swapped.
fn swap(old: &AccountId32, new: &AccountId32) {
	let rename = |one: &mut AccountId32| {
		if one == old {
			*one = new.clone();
		}
	};
	BondsOf::mutate(|all| all.iter_mut().for_each(|(hotkey, _, _)| rename(hotkey)));
	Frozen::mutate(|all| all.iter_mut().for_each(rename));
	Owners::mutate(|all| all.iter_mut().for_each(|(hotkey, _)| rename(hotkey)));
	Auditors::mutate(|all| all.iter_mut().for_each(|(hotkey, _)| rename(hotkey)));
	Disputes::on_hotkey_swapped(old, new, None);
}

#[test]
fn a_swap_does_not_shake_off_a_dispute() {
	execute(|| {
		opened();
		let new = account(200);
		swap(&miner(), &new);
		assert_eq!((dispute(0).accused, dispute(0).named), (new.clone(), miner()));
		assert!(Disputes::is_accused(NET, &new) && !Disputes::is_accused(NET, &miner()));
		assert_noop!(
			Disputes::answer(signed(miner()), 0, 1, hash(1)),
			Error::<Test>::NotYourTurn
		);
		assert_ok!(Disputes::concede(signed(new.clone()), 0));
		assert_eq!(Slashed::get()[0].0, new);
	});
}

#[test]
fn evidence_under_an_old_name_is_followed() {
	execute(|| {
		let (first, second) = (account(200), account(201));
		swap(&miner(), &first);
		swap(&first, &second);
		opened();
		assert_eq!(dispute(0).accused, second);
		Disputes::concede(signed(account(ALICE)), 0).unwrap();
		// And back again: no circle.
		swap(&second, &miner());
		open(ALICE, MARGIN, 2).unwrap();
		assert_eq!(dispute(1).accused, miner());
		Disputes::concede(signed(account(ALICE)), 1).unwrap();
		Now::mutate(|now| *now += WINDOW + SKEW);
		run(3);
		assert_eq!(Successors::<Test>::iter().count(), 0, "names are forgotten");
	});
}

#[test]
fn names_of_those_without_a_bond_are_not_kept() {
	execute(|| {
		swap(&account(AUDITOR), &account(200));
		assert_eq!(Successors::<Test>::iter().count(), 0);
	});
}

#[test]
fn a_member_votes_under_its_new_name() {
	execute(|| {
		voting();
		let old = dispute(0).committee[0].hotkey.clone();
		swap(&old, &account(200));
		assert_noop!(
			Disputes::vote(signed(old), 0, CommitteeVote::Abstain),
			Error::<Test>::NoVote
		);
		assert_ok!(Disputes::vote(signed(account(200)), 0, CommitteeVote::Abstain));
	});
}

#[test]
fn a_challengers_bonds_go_over_to_his_new_coldkey() {
	execute(|| {
		open(ALICE, MARGIN, 1).unwrap();
		open(ALICE, MARGIN, 2).unwrap();
		let bonds = held(ALICE);
		let first = Disputes::move_coldkey(&account(ALICE), &account(NEW), NO_BUDGET);
		assert!(!first.done);
		assert!(held(ALICE) > 0 && held(NEW) > 0);
		assert!(Disputes::move_coldkey(&account(ALICE), &account(NEW), NO_BUDGET).done);
		assert_eq!((held(ALICE), held(NEW)), (0, bonds));
		Disputes::concede(signed(miner()), 0).unwrap();
		assert_eq!(free(NEW), START + bonds / 2);
	});
}

#[test]
fn a_subnet_that_goes_takes_its_disputes_with_it() {
	execute(|| {
		open(ALICE, MARGIN, 1).unwrap();
		open(BOB, Claim::Answer, 2).unwrap();
		assert!(!Disputes::clear(NET, NO_BUDGET).done);
		assert!(Disputes::clear(NET, NO_BUDGET).done);
		assert_eq!(ended(0), Some((Ending::Undecided, Reason::Dissolved)));
		assert_eq!(ended(1), Some((Ending::Undecided, Reason::Dissolved)));
		assert_eq!((free(ALICE), free(BOB)), (START, START));
		assert!(Slashed::get().is_empty());
	});
}
