//! Who decides, and how votes are counted.

use super::*;
use ganglion_primitives::MAX_COMMITTEE;
use CommitteeVote::{Abstain, AccusedWrong, ChallengerWrong};

#[test]
fn a_committee_is_drawn_with_randomness_that_nobody_knew() {
	execute(|| {
		Random::set(Some((Epoch::get(), hash(1))));
		drawing();
		run(2 * RETRY);
		assert_eq!(dispute(0).stage, Stage::Drawing, "that of the present epoch was known");
		draw();
		let found = dispute(0);
		assert_eq!(found.stage, Stage::Voting);
		assert_eq!(found.committee.len(), MAX_COMMITTEE as usize);
		let mut names: Vec<_> = found.committee.iter().map(|member| member.hotkey.clone()).collect();
		names.sort();
		names.dedup();
		assert_eq!(names.len(), MAX_COMMITTEE as usize, "nobody sits twice");
	});
}

#[test]
fn no_randomness_no_decision() {
	execute(|| {
		drawing();
		run(DRAW);
		assert_eq!(dispute(0).stage, Stage::Drawing);
		run(1);
		assert_eq!(ended(0), Some((Ending::Undecided, Reason::NoQuorum)));
		assert_eq!(free(ALICE), START);
		assert!(Slashed::get().is_empty());
	});
}

#[test]
fn parties_and_what_they_own_do_not_judge() {
	execute(|| {
		Owners::mutate(|owners| {
			for (hotkey, coldkey) in owners.iter_mut() {
				if *hotkey == account(AUDITOR) {
					*coldkey = account(ALICE);
				}
				if *hotkey == account(AUDITOR + 1) {
					*coldkey = account(OPERATOR);
				}
			}
		});
		Auditors::mutate(|all| {
			all.push((miner(), 1_000 * GNG));
			all[2].1 = 0;
		});
		voting();
		let names: Vec<_> = dispute(0)
			.committee
			.iter()
			.map(|member| member.hotkey.clone())
			.collect();
		for out in [miner(), account(AUDITOR), account(AUDITOR + 1), account(AUDITOR + 2)] {
			assert!(!names.contains(&out));
		}
		assert_eq!(names.len(), 3);
	});
}

#[test]
fn too_few_auditors_are_no_committee() {
	execute(|| {
		Least::set(7);
		drawing();
		draw();
		assert_eq!(dispute(0).stage, Stage::Drawing);
		Least::set(6);
		run(RETRY);
		assert_eq!(dispute(0).stage, Stage::Voting);
	});
}

#[test]
fn draws_are_by_stake() {
	execute(|| {
		Auditors::mutate(|all| {
			for (_, stake) in all.iter_mut() {
				*stake = GNG;
			}
			all[0].1 = 1_000_000 * GNG;
		});
		for request in 0..6 {
			open(ALICE, Claim::Answer, request).unwrap();
			draw();
			let first = dispute(request.into()).committee[0].hotkey.clone();
			assert_eq!(first, account(AUDITOR));
		}
	});
}

#[test]
fn a_majority_of_stake_decides_at_once() {
	execute(|| {
		voting();
		assert_eq!(ended(0), None);
		for member in 0..5 {
			if ended(0).is_none() {
				assert_ok!(vote(0, member, AccusedWrong));
			}
		}
		assert_eq!(ended(0), Some((Ending::Upheld, Reason::Committee)));
		assert_eq!(free(ALICE), START);
	});
}

#[test]
fn each_member_votes_once_and_nobody_else() {
	execute(|| {
		voting();
		let stranger = signed(account(BOB));
		assert_noop!(Disputes::vote(stranger, 0, Abstain), Error::<Test>::NoVote);
		assert_ok!(vote(0, 0, Abstain));
		assert_noop!(vote(0, 0, AccusedWrong), Error::<Test>::NoVote);
		System::set_block_number(System::block_number() + VOTE + 1);
		assert_noop!(vote(0, 1, AccusedWrong), Error::<Test>::TooLate);
	});
}

/// Members' stakes in the order of the draw.
fn equal_stakes() {
	Auditors::mutate(|all| all.iter_mut().for_each(|(_, stake)| *stake = GNG));
}

#[test]
fn the_larger_part_decides_when_more_than_half_took_part() {
	execute(|| {
		equal_stakes();
		voting();
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
		equal_stakes();
		voting();
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
		assert_eq!((free(ALICE), held(ALICE)), (START, 0));
	});
}

#[test]
fn a_tie_is_no_decision() {
	execute(|| {
		equal_stakes();
		voting();
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
		assert!(dispute(0).committee.iter().all(|member| member.hotkey != miner()));
		for member in 0..5 {
			if ended(0).is_none() {
				vote(0, member, AccusedWrong).unwrap();
			}
		}
		assert_eq!(Slashed::get()[0].0, account(VALIDATOR));
	});
}
