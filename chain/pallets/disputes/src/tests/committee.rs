//! How votes are counted.

use super::*;
use CommitteeVote::{Abstain, AccusedWrong, ChallengerWrong};

#[test]
fn a_majority_of_seats_decides_at_once() {
	execute(|| {
		voting();
		assert_eq!(ended(0), None);
		one_seat_each(0);
		assert_ok!(vote(0, 0, AccusedWrong));
		assert_ok!(vote(0, 1, AccusedWrong));
		assert_eq!(ended(0), None);
		assert_ok!(vote(0, 2, AccusedWrong));
		assert_eq!(ended(0), Some((Ending::Upheld, Reason::Committee)));
		assert_eq!(free(ALICE), START);
	});
}

#[test]
fn each_member_votes_once_and_nobody_else() {
	execute(|| {
		five();
		let stranger = signed(account(BOB));
		assert_noop!(Disputes::vote(stranger, 0, Abstain), Error::<Test>::NoVote);
		assert_ok!(vote(0, 0, Abstain));
		assert_noop!(vote(0, 0, AccusedWrong), Error::<Test>::NoVote);
		System::set_block_number(System::block_number() + VOTE + 1);
		assert_noop!(vote(0, 1, AccusedWrong), Error::<Test>::TooLate);
	});
}

/// A committee of five with a seat each.
fn five() {
	voting();
	one_seat_each(0);
}

#[test]
fn the_larger_part_decides_when_more_than_half_took_part() {
	execute(|| {
		five();
		vote(0, 0, ChallengerWrong).unwrap();
		vote(0, 1, ChallengerWrong).unwrap();
		vote(0, 2, AccusedWrong).unwrap();
		assert_eq!(ended(0), None);
		run(VOTE + 1);
		assert_eq!(ended(0), Some((Ending::Dismissed, Reason::Committee)));
	});
}

#[test]
fn without_a_quorum_there_is_one_more_committee() {
	execute(|| {
		five();
		for member in 0..3 {
			vote(0, member, Abstain).unwrap();
		}
		vote(0, 3, AccusedWrong).unwrap();
		vote(0, 4, AccusedWrong).unwrap();
		assert_eq!(dispute(0).stage, Stage::Drawing, "two of five are too few");
		draw();
		assert_eq!((dispute(0).stage, dispute(0).draws), (Stage::Voting, 2));
		assert!(dispute(0).committee.iter().all(|member| member.vote.is_none()));
		run(VOTE + 1);
		assert_eq!(ended(0), Some((Ending::Undecided, Reason::NoQuorum)));
	});
}

#[test]
fn a_tie_is_no_decision() {
	execute(|| {
		five();
		vote(0, 0, AccusedWrong).unwrap();
		vote(0, 1, AccusedWrong).unwrap();
		vote(0, 2, ChallengerWrong).unwrap();
		vote(0, 3, ChallengerWrong).unwrap();
		vote(0, 4, Abstain).unwrap();
		assert_eq!((dispute(0).stage, dispute(0).draws), (Stage::Drawing, 1));
	});
}

#[test]
fn the_miner_of_a_disputed_verdict_does_not_judge_it() {
	execute(|| {
		Auditors::mutate(|all| all.push((miner(), 1_000_000 * GNG)));
		let evidence = evidence(1);
		let (verdict, proof) = file(&evidence, Outcome::Hard);
		let opening = VerdictOpening {
			epoch: 4,
			verdict,
			index: 1,
			proof: BoundedVec::truncate_from(proof),
		};
		let validator = account(VALIDATOR);
		Disputes::open_verdict(
			signed(account(BOB)),
			NET,
			validator,
			Box::new(opening),
			Box::new(evidence),
		)
		.unwrap();
		draw();
		let members = dispute(0).committee.len();
		assert!(dispute(0).committee.iter().all(|member| member.hotkey != miner()));
		for member in 0..members {
			if ended(0).is_none() {
				vote(0, member, AccusedWrong).unwrap();
			}
		}
		assert_eq!(Slashed::get()[0].0, account(VALIDATOR));
	});
}

/// A member's stake brought it its seats; it does not count again.
#[test]
fn votes_weigh_seats_and_not_stake() {
	execute(|| {
		five();
		crate::Disputes::<Test>::mutate(0, |found| {
			let committee = &mut found.as_mut().unwrap().committee;
			committee.truncate(3);
			committee[0].seats = 3;
		});
		Auditors::mutate(|all| all.iter_mut().skip(1).for_each(|(_, stake)| *stake = START));
		vote(0, 1, AccusedWrong).unwrap();
		vote(0, 2, AccusedWrong).unwrap();
		assert_eq!(dispute(0).stage, Stage::Voting, "two of five");
		vote(0, 0, ChallengerWrong).unwrap();
		assert_eq!(ended(0), Some((Ending::Dismissed, Reason::Committee)));
	});
}
