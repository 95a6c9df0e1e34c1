//! Who loses what.

use super::*;

fn bond() -> Balance {
	dispute(0).bond
}

#[test]
fn a_liar_is_slashed_and_the_challenger_is_the_reporter() {
	execute(|| {
		opened();
		Disputes::concede(signed(miner()), 0).unwrap();
		assert_eq!(Slashed::get(), vec![(miner(), STAKE / 5, Some(account(ALICE)))]);
		assert_eq!((free(ALICE), held(ALICE)), (START, 0));
		let found = Ended::<Test>::get(0).unwrap();
		assert_eq!((found.slashed, found.forfeited), (STAKE / 5, 0));
	});
}

#[test]
fn who_accuses_falsely_pays_the_accused_and_the_fire() {
	execute(|| {
		opened();
		let bond = bond();
		Disputes::concede(signed(account(ALICE)), 0).unwrap();
		assert_eq!(free(ALICE), START - bond);
		assert_eq!(free(OPERATOR), START + bond / 2);
		assert_eq!(Burned::get(), bond - bond / 2);
		assert!(Slashed::get().is_empty());
		assert_eq!(Ended::<Test>::get(0).unwrap().forfeited, bond);
	});
}

#[test]
fn what_cannot_be_paid_is_burned() {
	execute(|| {
		opened();
		let bond = bond();
		Owners::mutate(|owners| owners.retain(|(hotkey, _)| *hotkey != miner()));
		Disputes::concede(signed(account(ALICE)), 0).unwrap();
		assert_eq!(Burned::get(), bond);
	});
}

#[test]
fn an_upheld_dispute_is_not_repeated_and_one_in_vain_is() {
	execute(|| {
		opened();
		Disputes::concede(signed(account(ALICE)), 0).unwrap();
		// Late, but somebody may have lost on purpose.
		Now::mutate(|now| *now += WINDOW / 2);
		let old = evidence(1);
		let mut receipt = old.receipt.receipt.clone();
		receipt.created_at = 1_000_000_000;
		let first = || Box::new(evidence_of(receipt.clone()));
		Now::set(1_000_000_000 + WINDOW + 30_000);
		assert_ok!(Disputes::open(signed(account(BOB)), NET, MARGIN, first()));
		Disputes::concede(signed(miner()), 1).unwrap();
		let again = Disputes::open(signed(account(BOB)), NET, MARGIN, first());
		assert_noop!(again, Error::<Test>::AlreadyUpheld);
	});
}

#[test]
fn what_is_over_is_forgotten_after_the_window() {
	execute(|| {
		opened();
		let subject = dispute(0).subject;
		Disputes::concede(signed(miner()), 0).unwrap();
		assert!(Disputes::detail(0).unwrap().end.is_some());
		Now::mutate(|now| *now += WINDOW);
		run(1);
		assert!(Ended::<Test>::contains_key(0));
		Now::mutate(|now| *now += SKEW);
		run(1);
		assert!(!Ended::<Test>::contains_key(0));
		assert!(!Subjects::<Test>::contains_key(subject));
		assert_eq!(FadingEnds::<Test>::get(), (2, 2));
	});
}

/// Places are few: whoever takes them with what nobody decides pays for it.
#[test]
fn what_nobody_decides_costs_an_eighth_of_the_bond() {
	execute(|| {
		drawing();
		let bond = bond();
		run(DRAW + 2);
		assert_eq!(ended(0), Some((Ending::Undecided, Reason::NoQuorum)));
		assert_eq!((free(ALICE), held(ALICE)), (START - bond / 8, 0));
		assert_eq!(Burned::get(), bond / 8);
		let found = Ended::<Test>::get(0).unwrap();
		assert_eq!((found.slashed, found.forfeited), (0, bond / 8));
		assert_eq!(free(OPERATOR), START, "the accused gains nothing by it");
	});
}

#[test]
fn many_that_are_due_at_once_are_settled_block_by_block() {
	execute(|| {
		for request in 0..MAX_CHALLENGES as u8 {
			open(if request % 2 == 0 { ALICE } else { BOB }, MARGIN, request).unwrap();
			Disputes::answer(signed(miner()), request.into(), 1, hash(1)).unwrap();
			Disputes::post(signed(miner()), request.into(), hash(1)).unwrap();
		}
		run(MOVE + 1);
		assert_eq!(Due::<Test>::get().len(), MAX_CHALLENGES as usize - WORK_PER_BLOCK);
		run(MAX_CHALLENGES / WORK_PER_BLOCK as u32);
		assert!(Due::<Test>::get().is_empty());
		assert_eq!((held(ALICE), held(BOB)), (0, 0));
		assert!(Burned::get() > 0);
	});
}

#[test]
fn each_slash_takes_its_part_of_what_is_left() {
	execute(|| {
		for request in 0..MAX_CHALLENGES {
			open(ALICE, MARGIN, request as u8).unwrap();
			Disputes::concede(signed(miner()), request).unwrap();
		}
		let sum: Balance = Slashed::get().iter().map(|(_, amount, _)| amount).sum();
		assert!(sum > STAKE / 2 && sum < STAKE);
	});
}
