//! Who can be drawn, with which chances, and from when on.

use super::*;
use ganglion_primitives::MAX_COMMITTEE;
use ganglion_traits::OnHotkeySwapped;

#[test]
fn candidates_are_noted_before_anybody_knows_the_randomness() {
	execute(|| {
		Random::set(Some((Epoch::get(), hash(1))));
		drawing();
		run(1);
		let noted = CandidatesOf::<Test>::get(0).unwrap();
		assert_eq!(noted.stakes.len(), 6);
		assert_eq!(dispute(0).draw_from, Epoch::get() + 2);
		run(2 * RETRY);
		assert_eq!(dispute(0).stage, Stage::Drawing, "that of the present epoch was known");
		randomness(1);
		assert_eq!(
			dispute(0).stage,
			Stage::Drawing,
			"that of the next is of secrets that are being revealed"
		);
		randomness(1);
		assert_eq!(dispute(0).stage, Stage::Voting);
		assert!(!CandidatesOf::<Test>::contains_key(0));
		let drawn: u8 = seats(0).iter().map(|(_, seats)| seats).sum();
		assert_eq!(u32::from(drawn), MAX_COMMITTEE);
	});
}

/// The committee where this happens when candidates are noted and the randomness is known.
fn committee_after(change: impl Fn()) -> Vec<(AccountId32, u8)> {
	let mut found = vec![];
	execute(|| {
		drawing();
		run(1);
		Epoch::mutate(|epoch| *epoch += 2);
		Random::set(Some((Epoch::get(), hash(7))));
		change();
		run(RETRY);
		found = seats(0);
	});
	found
}

#[test]
fn stake_that_comes_later_changes_nothing() {
	let before = committee_after(|| {});
	assert!(!before.is_empty());
	for number in 0..6 {
		for more in [1, 1_000_000 * GNG] {
			let after = committee_after(|| Auditors::mutate(|all| all[number].1 += more));
			assert_eq!(after, before, "one more nano, another committee");
		}
	}
	let declared = committee_after(|| Auditors::mutate(|all| all.insert(0, (account(BOB), 1_000_000 * GNG))));
	assert_eq!(declared, before, "who is bonded later is no candidate");
	let gone = committee_after(|| Auditors::mutate(Vec::clear));
	assert_eq!(gone, before);
}

#[test]
fn a_second_committee_is_of_those_who_are_there_then() {
	execute(|| {
		voting();
		Auditors::set(vec![(account(AUDITOR), GNG)]);
		run(VOTE + 1);
		assert_eq!((dispute(0).stage, dispute(0).draws), (Stage::Drawing, 1));
		draw();
		assert_eq!(seats(0), vec![(account(AUDITOR), MAX_COMMITTEE as u8)]);
	});
}

/// In how many of the committees of different disputes a hotkey decides alone. Each of them is drawn anew.
fn decides_alone(share: Balance, of: Balance, tries: u8) -> u32 {
	let mut alone = 0;
	for number in 0..tries {
		execute(|| {
			let others = (1..=30u8).map(|other| (account(AUDITOR + other), (of - share) * GNG));
			Owners::mutate(|all| all.extend((1..=30).map(|other| (account(AUDITOR + other), account(180 + other)))));
			Auditors::set(
				[(account(AUDITOR), 30 * share * GNG)]
					.into_iter()
					.chain(others)
					.collect(),
			);
			drawing();
			run(RETRY);
			Epoch::mutate(|epoch| *epoch += 2);
			Random::set(Some((Epoch::get(), hash(number))));
			run(RETRY);
			let own = seats(0).into_iter().find(|(hotkey, _)| *hotkey == account(AUDITOR));
			alone += u32::from(own.is_some_and(|(_, seats)| seats > 2));
		});
	}
	alone
}

/// Three of five seats with a fifth of the stake: 5.8 % of committees. Where stake also weighed the votes it was two of three.
#[test]
fn a_fifth_of_the_stake_does_not_decide() {
	let alone = decides_alone(1, 5, 200);
	assert!((1..30).contains(&alone), "{alone} of 200");
	let most = decides_alone(9, 10, 50);
	assert!(most > 40, "{most} of 50: most of the stake does decide");
}

#[test]
fn no_randomness_no_decision() {
	execute(|| {
		drawing();
		run(DRAW + 1);
		assert_eq!(dispute(0).stage, Stage::Drawing);
		run(1);
		assert_eq!(ended(0), Some((Ending::Undecided, Reason::NoQuorum)));
		assert!(Slashed::get().is_empty());
		assert_eq!(CandidatesOf::<Test>::iter().count(), 0);
	});
}

/// Owners set tempos. Neither a long one nor one that comes while a dispute is open ends it.
#[test]
fn a_longer_tempo_does_not_end_a_dispute() {
	execute(|| {
		Tempo::set(1_000);
		drawing();
		run(3_000);
		randomness(2);
		assert_eq!(dispute(0).stage, Stage::Voting);
	});
	execute(|| {
		drawing();
		run(10);
		Tempo::set(1_000);
		run(DRAW + 3_000);
		assert_eq!(dispute(0).stage, Stage::Drawing);
		assert!(dispute(0).deadline > 4_000);
		randomness(2);
		assert_eq!(dispute(0).stage, Stage::Voting);
	});
	execute(|| {
		Tempo::set(100);
		drawing();
		run(1_000);
		assert_eq!(
			ended(0),
			Some((Ending::Undecided, Reason::NoQuorum)),
			"but for ever it does not wait"
		);
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
		drawing();
		run(1);
		let noted = CandidatesOf::<Test>::get(0).unwrap().stakes;
		let names: Vec<_> = noted.into_iter().map(|(hotkey, _)| hotkey).collect();
		assert_eq!(names, [3, 4, 5].map(|number| account(AUDITOR + number)));
	});
}

#[test]
fn too_few_auditors_are_no_committee() {
	execute(|| {
		drawing();
		// One of them left since.
		Least::set(7);
		draw();
		assert_eq!(dispute(0).stage, Stage::Drawing);
		assert!(!CandidatesOf::<Test>::contains_key(0));
		Least::set(6);
		run(RETRY);
		assert_eq!(
			dispute(0).stage,
			Stage::Drawing,
			"candidates first, then the randomness"
		);
		draw();
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
fn candidates_that_are_renamed_stay_candidates() {
	execute(|| {
		Auditors::set(vec![(account(AUDITOR), GNG)]);
		drawing();
		run(1);
		Disputes::on_hotkey_swapped(&account(AUDITOR), &account(200), None);
		draw();
		assert_eq!(seats(0), vec![(account(200), MAX_COMMITTEE as u8)]);
	});
}

#[test]
fn candidates_go_with_their_dispute() {
	execute(|| {
		drawing();
		run(1);
		assert!(CandidatesOf::<Test>::contains_key(0));
		Disputes::concede(signed(account(ALICE)), 0).unwrap();
		assert_eq!(CandidatesOf::<Test>::iter().count(), 0);
	});
}
