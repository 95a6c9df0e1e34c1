//! Tests of the pallet.
#![allow(
	clippy::unwrap_used,
	clippy::arithmetic_side_effects,
	clippy::indexing_slicing,
	reason = "tests"
)]

use crate::{mock::*, Ballots, Error, Event, LastShares, LastTally, Removal, Share};
use frame_support::{
	assert_noop, assert_ok,
	pallet_prelude::{DispatchResult, Hooks, Weight},
};
use ganglion_primitives::{Balance, NetUid, GNG};
use ganglion_traits::{OnHotkeySwapped, OnSubnetDissolved, SubnetShare};

fn vote(hotkey: u64, weights: &[(u16, u16)]) -> DispatchResult {
	let weights = weights
		.iter()
		.map(|(netuid, weight)| (NetUid(*netuid), *weight))
		.collect();
	RootVote::vote(RuntimeOrigin::signed(hotkey), weights)
}

fn stake(hotkey: u64, amount: Balance) {
	Stakes::mutate(|stakes| stakes.insert(hotkey, amount));
}

/// Tally in the next block that does, and return what each subnet gets of a period by the vote, nano.
fn tally() -> Vec<u64> {
	let block = LastTally::<Test>::get() + TEMPO + PausedBlocks::get();
	System::set_block_number(block);
	RootVote::on_initialize(block);
	LastShares::<Test>::get().iter().map(|share| share.voted).collect()
}

fn equal() -> Vec<(NetUid, u64)> {
	Active::get().into_iter().map(|netuid| (netuid, 1)).collect()
}

#[test]
fn without_votes_all_parts_are_equal() {
	execute(|| {
		assert_eq!(RootVote::shares(&Active::get()), equal());
		assert!(tally().is_empty());
		assert_eq!((RootVote::shares(&Active::get()), Changes::get()), (equal(), 0));
	});
}

#[test]
fn the_split_is_what_the_majority_agrees_on() {
	execute(|| {
		for hotkey in 100..103 {
			assert_ok!(vote(hotkey, &[(1, 2), (2, 1), (3, 1)]));
		}
		let shares = tally();
		let sum: u64 = shares.iter().sum();
		assert!(u128::from(sum) <= PERIOD && u128::from(sum) > PERIOD - 10);
		assert!(shares[0].abs_diff(2 * shares[1]) < 10 && shares[1] == shares[2]);
		assert_eq!(Changes::get(), 1);
		let total: u64 = RootVote::shares(&Active::get()).iter().map(|(_, share)| share).sum();
		assert_eq!(total, sum);
	});
}

#[test]
fn a_bloc_below_half_moves_nothing() {
	execute(|| {
		assert_ok!(vote(100, &[(1, 1), (2, 1)]));
		assert_ok!(vote(101, &[(1, 1), (2, 1)]));
		let honest = tally();
		stake(102, 199 * GNG / 10);
		assert_ok!(vote(102, &[(3, 65_535)]));
		assert_eq!(tally(), honest, "a subnet of one's own gets nothing");
		assert_eq!(honest[2], 0);
	});
}

#[test]
fn exactly_half_moves_nothing_and_more_does() {
	execute(|| {
		assert_ok!(vote(100, &[(1, 1)]));
		assert_ok!(vote(101, &[(3, 1)]));
		assert!(tally().is_empty(), "no majority: equal parts");
		stake(101, 11 * GNG);
		assert_eq!(tally()[0], 0);
		assert!(u128::from(tally()[2]) == PERIOD);
	});
}

#[test]
fn silent_stake_counts_as_a_vote_for_nothing() {
	execute(|| {
		AllStaked::set(100 * GNG);
		stake(100, 30 * GNG);
		assert_ok!(vote(100, &[(3, 1)]));
		assert!(tally().is_empty(), "alone, and yet a minority");
		assert_ok!(vote(101, &[(3, 1)]));
		stake(101, 20 * GNG);
		assert!(tally().is_empty(), "exactly half");
		stake(101, 21 * GNG);
		assert_eq!(u128::from(tally()[2]), PERIOD);
		assert_ok!(vote(102, &[(1, 1)]));
		assert_eq!(u128::from(tally()[2]), PERIOD, "against a majority");
	});
}

#[test]
fn a_withdrawal_is_free_once_per_limit() {
	execute(|| {
		assert_ok!(vote(100, &[(1, 1)]));
		assert!(!RootVote::can_retract_freely(&100) && !RootVote::can_retract_freely(&101));
		System::set_block_number(LIMIT);
		assert!(!RootVote::can_retract_freely(&100));
		System::set_block_number(LIMIT + 1);
		assert!(RootVote::can_retract_freely(&100));
		Paused::set(true);
		assert!(!RootVote::can_retract_freely(&100));
	});
}

#[test]
fn a_subnet_that_goes_does_not_raise_what_fees_give_to_others() {
	execute(|| {
		assert_ok!(vote(100, &[(1, 1), (2, 8)]));
		Burned::set(vec![(NetUid(1), GNG), (NetUid(3), GNG)]);
		tally();
		let before = LastShares::<Test>::get();
		assert!(before[1].voted > 7 * before[0].voted && before[2].voted == 0);
		let left = RootVote::shares(&[NetUid(1), NetUid(3)]);
		let total: u64 = before.iter().map(Share::total).sum();
		assert_eq!(left, [(NetUid(1), total - before[2].fees), (NetUid(3), before[2].fees)]);
		assert_eq!(RootVote::shares(&[NetUid(3)]), [(NetUid(3), total)]);
		assert_eq!(
			RootVote::shares(&[NetUid(9)]),
			[(NetUid(9), 1)],
			"none that was voted for"
		);
		Active::set(vec![NetUid(1), NetUid(3)]);
		RootVote::clear(NetUid(2), Weight::zero());
		assert_eq!(RootVote::shares(&Active::get()), left);
	});
}

#[test]
fn splitting_a_stake_over_five_changes_nothing() {
	execute(|| {
		let voters = |parts: &[(u64, Balance)]| {
			Stakes::set([(100, 60 * GNG)].into_iter().chain(parts.iter().copied()).collect());
			for (hotkey, _) in Ballots::<Test>::iter().collect::<Vec<_>>() {
				assert_ok!(RootVote::retract(RuntimeOrigin::signed(hotkey)));
			}
			assert_ok!(vote(100, &[(1, 1), (2, 1)]));
			for (hotkey, _) in parts {
				assert_ok!(vote(*hotkey, &[(3, 1)]));
			}
			tally()
		};
		let one = voters(&[(101, 30 * GNG)]);
		assert_eq!(one, voters(&[(101, 10 * GNG), (102, 10 * GNG), (103, 10 * GNG)]));
	});
}

#[test]
fn stake_counts_as_it_is_at_the_tally() {
	execute(|| {
		assert_ok!(vote(100, &[(1, 1)]));
		assert_ok!(vote(101, &[(2, 1)]));
		stake(101, 30 * GNG);
		assert_eq!(tally()[0], 0);
		stake(101, GNG - 1);
		assert_eq!(u128::from(tally()[0]), PERIOD);
		assert_eq!(Ballots::<Test>::count(), 1);
		System::assert_has_event(
			Event::BallotRemoved {
				hotkey: 101,
				reason: Removal::StakeTooSmall,
			}
			.into(),
		);
	});
}

#[test]
fn a_newcomer_with_more_stake_takes_the_lowest_place() {
	execute(|| {
		for hotkey in 100..104 {
			stake(hotkey, Balance::from(hotkey) * GNG);
			assert_ok!(vote(hotkey, &[(1, 1)]));
		}
		stake(104, 100 * GNG);
		assert_noop!(vote(104, &[(1, 1)]), Error::<Test>::NoPlace);
		stake(104, 100 * GNG + 1);
		assert_ok!(vote(104, &[(1, 1)]));
		assert!(!Ballots::<Test>::contains_key(100) && Ballots::<Test>::count() == 4);
	});
}

#[test]
fn ballots_that_are_refused() {
	execute(|| {
		assert_noop!(vote(1, &[(1, 1)]), Error::<Test>::NotHotkey);
		stake(105, GNG - 1);
		assert_noop!(vote(105, &[(1, 1)]), Error::<Test>::StakeTooSmall);
		assert_noop!(vote(100, &[]), Error::<Test>::NoWeights);
		assert_noop!(vote(100, &[(1, 0)]), Error::<Test>::NoWeights);
		assert_noop!(vote(100, &[(1, 1), (2, 1), (1, 1)]), Error::<Test>::DuplicateSubnet);
		assert_noop!(vote(100, &[(9, 1)]), Error::<Test>::SubnetNotFound);
		let many: Vec<(u16, u16)> = (0..129).map(|netuid| (netuid, 1)).collect();
		assert_noop!(vote(100, &many), Error::<Test>::TooManyWeights);
		assert_ok!(vote(100, &[(1, 1)]));
		System::set_block_number(LIMIT);
		assert_noop!(vote(100, &[(1, 1)]), Error::<Test>::RateLimited);
		System::set_block_number(LIMIT + 1);
		assert_ok!(vote(100, &[(2, 1)]));
		Paused::set(true);
		assert_noop!(vote(101, &[(1, 1)]), Error::<Test>::Paused);
		assert_ok!(RootVote::retract(RuntimeOrigin::signed(100)));
		assert_noop!(RootVote::retract(RuntimeOrigin::signed(100)), Error::<Test>::NoBallot);
	});
}

#[test]
fn burned_fees_add_no_more_than_was_burned() {
	execute(|| {
		assert_ok!(vote(100, &[(1, 1)]));
		Burned::set(vec![(NetUid(2), GNG), (NetUid(3), 2 * GNG)]);
		tally();
		let fees: Vec<u64> = LastShares::<Test>::get().iter().map(|share| share.fees).collect();
		assert_eq!(fees, [0, 1, 2].map(|gng| gng * u64::try_from(GNG).unwrap()));
		tally();
		assert!(LastShares::<Test>::get().iter().all(|share| share.fees == 0), "once");
	});
}

#[test]
fn fees_get_a_fifth_of_the_period_at_most() {
	execute(|| {
		Burned::set(vec![(NetUid(2), PERIOD), (NetUid(3), 3 * PERIOD)]);
		let voted = tally();
		let shares = LastShares::<Test>::get();
		let fees: u128 = shares.iter().map(|share| u128::from(share.fees)).sum();
		assert!(fees <= PERIOD / 5 && fees > PERIOD / 5 - GNG / 1_000);
		assert!(shares[2].fees.abs_diff(3 * shares[1].fees) < 5);
		assert!(voted.iter().all(|share| *share == voted[0]), "the rest in equal parts");
	});
}

#[test]
fn fees_of_a_subnet_that_is_not_active_are_nobodys() {
	execute(|| {
		assert_ok!(vote(100, &[(1, 1)]));
		Burned::set(vec![(NetUid(77), GNG)]);
		assert_eq!(u128::from(tally()[0]), PERIOD);
	});
}

#[test]
fn a_pause_stops_the_clock() {
	execute(|| {
		assert_ok!(vote(100, &[(1, 1)]));
		Paused::set(true);
		System::set_block_number(TEMPO);
		assert!(!RootVote::is_due());
		Paused::set(false);
		PausedBlocks::set(7);
		assert!(!RootVote::is_due());
		System::set_block_number(TEMPO + 7);
		assert!(RootVote::is_due());
		assert_eq!(RootVote::next_tally(), TEMPO + 7);
	});
}

#[test]
fn a_dissolved_subnet_leaves_all_ballots() {
	execute(|| {
		assert_ok!(vote(100, &[(1, 1), (2, 1)]));
		assert_ok!(vote(101, &[(2, 1)]));
		tally();
		Active::set(vec![NetUid(1), NetUid(3)]);
		assert!(RootVote::clear(NetUid(2), Weight::zero()).done);
		assert_eq!(
			Ballots::<Test>::get(100).unwrap().weights.into_inner(),
			[(NetUid(1), 1)]
		);
		assert!(!Ballots::<Test>::contains_key(101));
		assert!(LastShares::<Test>::get()
			.iter()
			.all(|share: &Share| share.netuid != NetUid(2)));
	});
}

#[test]
fn a_ballot_follows_its_hotkey() {
	execute(|| {
		assert_ok!(vote(100, &[(1, 1)]));
		assert_ok!(vote(101, &[(1, 1)]));
		let taken = RootVote::ensure_can_swap_hotkey(&100, &101, None);
		assert_noop!(taken, Error::<Test>::BallotExists);
		RootVote::on_hotkey_swapped(&100, &105, Some(NetUid(1)));
		assert!(Ballots::<Test>::contains_key(100));
		RootVote::on_hotkey_swapped(&100, &105, None);
		assert!(!Ballots::<Test>::contains_key(100) && Ballots::<Test>::contains_key(105));
	});
}
