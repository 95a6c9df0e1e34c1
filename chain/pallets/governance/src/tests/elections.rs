//! Candidates, ballots and seats.

use super::*;
use crate::{types::MAX_CANDIDATES, Candidates, ElectionOf, Error, Event};
use frame_support::{assert_noop, assert_ok, traits::fungible::InspectHold, BoundedVec};

fn stand(who: AccountId, deposit: Balance) -> sp_runtime::DispatchResult {
	Governance::stand(RuntimeOrigin::signed(who), deposit)
}

fn elect(coldkey: AccountId, candidates: &[AccountId]) -> sp_runtime::DispatchResult {
	Governance::elect(
		RuntimeOrigin::signed(coldkey),
		BoundedVec::truncate_from(candidates.to_vec()),
	)
}

fn held(who: AccountId) -> Balance {
	Balances::balance_on_hold(&crate::HoldReason::Candidacy.into(), &who)
}

/// Blocks up to the one in which the next election opens.
fn to_election() {
	blocks(crate::ElectionAt::<Test>::get() - Governance::clock());
}

#[test]
fn a_majority_of_stake_fills_the_seats() {
	new_test_ext().execute_with(|| {
		electorate();
		(101..=107).for_each(|who| {
			assert_ok!(stand(who, GNG));
		});
		to_election();
		assert_ok!(elect(1, &[101, 102, 103, 104, 105, 106]));
		assert_ok!(elect(2, &[101, 102, 103, 104, 106]));
		assert_ok!(elect(3, &[106, 107]));
		blocks(VOTING);
		assert!(ElectionOf::<Test>::exists());
		blocks(1);
		// 105 has exactly half, 107 a fifth.
		assert_eq!(Members::get(), [101, 102, 103, 104, 106]);
		assert!((101..=107).all(|who| held(who) == 0));
		assert!(!ElectionOf::<Test>::exists());
		assert_eq!(crate::ElectionAt::<Test>::get(), 2 * TERM);
	});
}

#[test]
fn without_enough_votes_the_council_stays_and_the_unwanted_pay() {
	new_test_ext().execute_with(|| {
		electorate();
		let issued = Balances::total_issuance();
		assert_ok!(stand(101, GNG));
		assert_ok!(stand(102, GNG));
		to_election();
		assert_ok!(elect(2, &[101]));
		blocks(VOTING + 1);
		assert_eq!(Members::get(), [1, 2, 3, 4, 5]);
		assert_eq!((Balances::total_issuance(), held(101), held(102)), (issued - GNG, 0, 0));
	});
}

#[test]
fn seats_that_nobody_won_stay_with_who_sits() {
	new_test_ext().execute_with(|| {
		electorate();
		assert_ok!(stand(101, GNG));
		assert_ok!(stand(4, GNG));
		to_election();
		assert_ok!(elect(1, &[101, 4]));
		assert_ok!(elect(2, &[101, 4]));
		blocks(VOTING + 1);
		let members = Members::get();
		assert!(members.contains(&101) && members.contains(&4));
		assert_eq!(members.iter().filter(|member| **member <= 5).count(), 4);
	});
}

/// Of those who sit, some approval keeps a seat before none.
#[test]
fn whoever_nobody_wants_goes_first() {
	new_test_ext().execute_with(|| {
		electorate();
		(101..=103).for_each(|who| {
			assert_ok!(stand(who, GNG));
		});
		[5, 3].into_iter().for_each(|who| {
			assert_ok!(stand(who, GNG));
		});
		to_election();
		assert_ok!(elect(1, &[101, 102, 103]));
		assert_ok!(elect(2, &[101, 102, 103, 5]));
		assert_ok!(elect(3, &[3, 5]));
		blocks(VOTING + 1);
		assert_eq!(Members::get(), [3, 5, 101, 102, 103]);
	});
}

#[test]
fn an_election_without_voters_or_candidates_is_void() {
	new_test_ext().execute_with(|| {
		assert_ok!(stand(101, GNG));
		to_election();
		assert!(events().contains(&Event::ElectionVoid));
		assert_eq!((held(101), Candidates::<Test>::get().len()), (0, 0));
		electorate();
		to_election();
		assert!(!ElectionOf::<Test>::exists());
		assert_eq!(crate::ElectionAt::<Test>::get(), 3 * TERM);
	});
}

#[test]
fn stake_that_voted_is_locked_until_the_election_ends() {
	new_test_ext().execute_with(|| {
		electorate();
		assert_ok!(stand(101, GNG));
		to_election();
		assert_ok!(elect(1, &[101]));
		let lower = || Governance::lock(RuntimeOrigin::signed(1), NET, hotkey(1), 0);
		blocks(VOTING);
		assert_noop!(lower(), Error::<Test>::VoteOpen);
		blocks(1);
		assert_ok!(lower());
	});
}

#[test]
fn stake_locked_after_the_opening_has_no_ballot() {
	new_test_ext().execute_with(|| {
		electorate();
		assert_ok!(stand(101, GNG));
		to_election();
		lock(9, 100_000);
		assert_noop!(elect(9, &[101]), Error::<Test>::NotInSnapshot);
		assert_noop!(elect(1, &[102]), Error::<Test>::NotCandidate);
		assert_ok!(stand(102, GNG));
		assert_noop!(elect(1, &[102]), Error::<Test>::NotCandidate);
		blocks(VOTING + 1);
		assert_noop!(elect(1, &[101]), Error::<Test>::NoElection);
	});
}

#[test]
fn a_full_list_is_outbid_and_a_deposit_comes_back() {
	new_test_ext().execute_with(|| {
		(100..100 + u64::from(MAX_CANDIDATES)).for_each(|who| {
			assert_ok!(stand(who, GNG));
		});
		assert_noop!(stand(100, GNG), Error::<Test>::AlreadyCandidate);

		frame_support::assert_err!(
			frame_support::storage::with_storage_layer(|| stand(130, GNG)),
			Error::<Test>::DepositTooSmall
		);
		assert_noop!(stand(130, GNG - 1), Error::<Test>::DepositTooSmall);
		assert_ok!(stand(130, 2 * GNG));
		assert_eq!((held(115), held(130)), (0, 2 * GNG));
		assert_ok!(Governance::withdraw_candidacy(RuntimeOrigin::signed(130)));
		assert_eq!(held(130), 0);
		assert_noop!(
			Governance::withdraw_candidacy(RuntimeOrigin::signed(130)),
			Error::<Test>::NotCandidate
		);
		check();
	});
}
