//! Turns of the parties, and where they lead.

use super::*;
use ganglion_primitives::Bisection;
use proptest::prelude::*;

/// Steps from the embedding to the head.
const STEPS: u32 = LAYERS as u32 + 2;

fn bisection() -> Bisection {
	dispute(0).bisection.unwrap()
}

/// The accused computes `wrong` and what comes after it falsely; both play as well as they can. Returns the rounds.
fn play(wrong: u32) -> u8 {
	opened();
	let last = hash(100 + STEPS as u8);
	Disputes::answer(signed(miner()), 0, 1, last).unwrap();
	while dispute(0).stage == Stage::Posting {
		let step = bisection().middle_step();
		Disputes::post(signed(miner()), 0, hash(step as u8)).unwrap();
		Disputes::judge(signed(account(ALICE)), 0, step < wrong).unwrap();
	}
	bisection().rounds
}

#[test]
fn every_step_is_located_in_as_few_rounds_as_can_be() {
	for wrong in 0..STEPS {
		execute(|| {
			let rounds = play(wrong);
			assert!(rounds <= 3, "ceil(log2(6)) = 3");
			assert_eq!(bisection().high, wrong);
			assert_eq!(dispute(0).stage, Stage::Drawing);
			let expected = match wrong == STEPS - 1 {
				true => hash(100 + STEPS as u8),
				false => hash(wrong as u8),
			};
			assert_eq!(bisection().hash, expected, "the accused's own hash of that step");
		});
	}
}

#[test]
fn each_moves_in_his_turn() {
	execute(|| {
		opened();
		let (accused, challenger) = (|| signed(miner()), || signed(account(ALICE)));
		let not_yours = || Error::<Test>::NotYourTurn;
		assert_noop!(Disputes::answer(challenger(), 0, 1, hash(1)), not_yours());
		assert_noop!(Disputes::post(accused(), 0, hash(1)), not_yours());
		assert_noop!(Disputes::judge(challenger(), 0, true), not_yours());
		assert_noop!(Disputes::vote(accused(), 0, CommitteeVote::Abstain), not_yours());
		assert_noop!(Disputes::waive(signed(account(BOB)), 0), not_yours());
		assert_noop!(Disputes::concede(signed(account(BOB)), 0), not_yours());
		assert_noop!(
			Disputes::answer(accused(), 1, 1, hash(1)),
			Error::<Test>::DisputeNotFound
		);
		// The coldkey may act for its hotkey.
		assert_ok!(Disputes::answer(signed(account(OPERATOR)), 0, 1, hash(1)));
		assert_noop!(Disputes::answer(accused(), 0, 1, hash(1)), not_yours());
		assert_ok!(Disputes::post(accused(), 0, hash(1)));
		assert_noop!(Disputes::post(accused(), 0, hash(1)), not_yours());
		assert_noop!(Disputes::judge(accused(), 0, true), not_yours());
		assert_ok!(Disputes::judge(challenger(), 0, true));
	});
}

#[test]
fn a_margin_above_the_limit_is_a_confession() {
	execute(|| {
		opened();
		assert_ok!(Disputes::answer(signed(miner()), 0, LIMIT + 1, hash(1)));
		assert_eq!(ended(0), Some((Ending::Upheld, Reason::Conceded)));
	});
}

/// Silence proves nothing: whoever accuses a miner that is gone has to be right all the same.
#[test]
fn an_accused_that_is_silent_goes_to_the_committee() {
	execute(|| {
		opened();
		run(MOVE);
		assert_eq!(dispute(0).stage, Stage::Answering);
		run(1);
		assert_eq!(dispute(0).stage, Stage::Drawing);
		assert_noop!(
			Disputes::answer(signed(miner()), 0, 1, hash(1)),
			Error::<Test>::NotYourTurn
		);
		draw();
		one_seat_each(0);
		for member in 0..3 {
			vote(0, member, CommitteeVote::ChallengerWrong).unwrap();
		}
		assert_eq!(ended(0), Some((Ending::Dismissed, Reason::Committee)));
		assert!(Slashed::get().is_empty());
	});
	execute(|| {
		opened();
		Disputes::answer(signed(miner()), 0, 1, hash(1)).unwrap();
		run(MOVE + 1);
		assert_eq!((dispute(0).stage, dispute(0).bisection), (Stage::Drawing, None));
		draw();
		one_seat_each(0);
		for member in 0..3 {
			vote(0, member, CommitteeVote::AccusedWrong).unwrap();
		}
		assert_eq!(ended(0), Some((Ending::Upheld, Reason::Committee)));
	});
}

#[test]
fn a_challenger_who_does_not_move_loses() {
	execute(|| {
		opened();
		Disputes::answer(signed(miner()), 0, 1, hash(1)).unwrap();
		Disputes::post(signed(miner()), 0, hash(1)).unwrap();
		run(MOVE + 1);
		assert_eq!(ended(0), Some((Ending::Dismissed, Reason::Timeout)));
	});
}

#[test]
fn a_deadline_holds_even_if_no_block_has_looked() {
	execute(|| {
		opened();
		assert_noop!(Disputes::settle(signed(account(BOB)), 0), Error::<Test>::NotDue);
		System::set_block_number(2 + MOVE);
		assert_noop!(Disputes::answer(signed(miner()), 0, 1, hash(1)), Error::<Test>::TooLate);
		assert_noop!(Disputes::waive(signed(miner()), 0), Error::<Test>::TooLate);
		assert_ok!(Disputes::settle(signed(account(BOB)), 0));
		assert_eq!(dispute(0).stage, Stage::Drawing);
	});
}

#[test]
fn who_cannot_replay_goes_to_the_committee() {
	for who in [miner(), account(ALICE)] {
		execute(|| {
			opened();
			Disputes::answer(signed(miner()), 0, 1, hash(1)).unwrap();
			assert_ok!(Disputes::waive(signed(who.clone()), 0));
			assert_eq!(dispute(0).stage, Stage::Drawing);
			assert_eq!(dispute(0).bisection, None);
			assert_noop!(Disputes::waive(signed(who), 0), Error::<Test>::NotYourTurn);
		});
	}
}

#[test]
fn each_can_give_up() {
	execute(|| {
		opened();
		assert_ok!(Disputes::concede(signed(miner()), 0));
		assert_eq!(ended(0), Some((Ending::Upheld, Reason::Conceded)));
		open(ALICE, MARGIN, 2).unwrap();
		assert_ok!(Disputes::concede(signed(account(ALICE)), 1));
		assert_eq!(ended(1), Some((Ending::Dismissed, Reason::Conceded)));
	});
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

	/// Whatever the challenger says, one step is left after ceil(log2(steps)) rounds; if both are consistent it is the first wrong one.
	#[test]
	fn intervals_halve(layers in 0u16..=u16::MAX, wrong in any::<u32>()) {
		let last = u32::from(layers) + 1;
		let wrong = wrong % (last + 1);
		let mut found = Bisection { margin: 0, low: 0, high: last, hash: hash(0), middle: None, rounds: 0 };
		while !found.is_located() {
			let step = found.middle_step();
			found.middle = Some(hash(1));
			found = found.judged(step < wrong);
		}
		prop_assert_eq!(found.high, wrong);
		let most = (f64::from(last + 1)).log2().ceil() as u8;
		prop_assert!(found.rounds <= most);
	}
}
