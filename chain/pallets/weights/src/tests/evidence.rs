//! Rows that rest on evidence: asked for, checked, published with the reveal, and what it costs to keep it back.

use super::*;
use crate::{Call, Commits, LastUpdate};
use frame_support::{assert_noop, assert_ok, dispatch::CheckIfFeeless};
use ganglion_primitives::{Evidence, Uid, VerdictRow};
use ganglion_traits::WeightsInspect;
use sp_runtime::DispatchError;

const REGISTERED: [u32; 4] = [1; 4];

/// Evidence that gives these entries.
fn evidence(entries: &[(u16, u16)]) -> Evidence {
	let row = |(uid, value): &(u16, u16)| VerdictRow {
		uid: *uid,
		profile: 0,
		work: (*value).into(),
		audited: 1,
		passed: 1,
		soft: 0,
		hard: 0,
		llr: 0,
		owed: 0,
	};
	Evidence {
		secret: [5; 32],
		next: H256::repeat_byte(1),
		root: H256::zero(),
		leaves: 0,
		receipts_root: H256::zero(),
		receipts: 0,
		rows: entries.iter().map(row).collect::<Vec<_>>().try_into().unwrap(),
	}
}

const GOOD: [(u16, u16); 2] = [(2, 20), (3, 30)];

fn hash_with(who: u64, evidence: Option<&Evidence>) -> H256 {
	let weighing = Weighing {
		uids: &UIDS,
		values: &VALUES,
		version_key: VERSION,
		evidence,
	};
	Weights::commitment_of(&who, NETUID, MECHANISM, &weighing, &SALT)
}

fn commit_with(who: u64, evidence: Option<&Evidence>) -> DispatchResult {
	Weights::commit(signed(who), NETUID, MECHANISM, hash_with(who, evidence))
}

fn reveal_with(who: u64, evidence: Option<Evidence>) -> DispatchResult {
	let (uids, values) = (UIDS.to_vec(), VALUES.to_vec());
	Weights::reveal(signed(who), NETUID, MECHANISM, uids, values, SALT, VERSION, evidence)
}

/// A subnet whose rows rest on evidence.
fn with_verdicts(test: impl FnOnce()) {
	ExtBuilder.build_and_execute(|| {
		Verdicts::set(true);
		test();
	});
}

#[test]
fn evidence_is_published_and_filed_with_the_reveal() {
	with_verdicts(|| {
		let given = evidence(&GOOD);
		assert_ok!(commit_with(ALICE, Some(&given)));
		assert!(Filed::get().is_empty(), "nothing is known before the reveal");
		next_epoch();
		let call = Call::<Test>::reveal {
			netuid: NETUID,
			mechanism: MECHANISM,
			uids: UIDS.to_vec(),
			values: VALUES.to_vec(),
			salt: SALT,
			version_key: VERSION,
			evidence: Some(given.clone()),
		};
		assert!(call.is_feeless(&signed(ALICE)));
		assert_ok!(reveal_with(ALICE, Some(given)));
		assert_eq!(entries(1), Some(GOOD.to_vec()));
		assert_eq!(Filed::get(), vec![(ALICE, 7, 5)]);
		assert!(!call.is_feeless(&signed(ALICE)));
	});
}

#[test]
fn evidence_is_part_of_the_commitment() {
	with_verdicts(|| {
		let given = evidence(&GOOD);
		assert_ok!(commit_with(ALICE, Some(&given)));
		assert_ok!(commit_with(BOB, None));
		next_epoch();
		let mut other = given.clone();
		other.secret = [6; 32];
		assert_noop!(reveal_with(ALICE, Some(other)), E::CommitNotFound);
		assert_noop!(reveal_with(ALICE, None), E::CommitNotFound);
		assert_noop!(reveal_with(BOB, Some(given.clone())), E::CommitNotFound);
		assert_noop!(reveal_with(BOB, None), E::EvidenceMissing);
		assert_ok!(reveal_with(ALICE, Some(given)));
	});
}

#[test]
fn a_row_that_is_not_what_the_evidence_gives_is_refused() {
	with_verdicts(|| {
		let given = evidence(&[(2, 20), (3, 31)]);
		assert_ok!(commit_with(ALICE, Some(&given)));
		next_epoch();
		let refused = DispatchError::Other("not what the evidence gives");
		assert_noop!(reveal_with(ALICE, Some(given)), refused);
		assert_eq!(entries(1), None);
	});
}

#[test]
fn nothing_is_committed_without_a_bond_or_twice_an_epoch() {
	with_verdicts(|| {
		Unbonded::set(vec![ALICE]);
		assert_noop!(commit_with(ALICE, None), DispatchError::Other("no bond"));
		assert_ok!(commit_with(BOB, None));
		advance(50);
		assert_noop!(commit_with(BOB, None), E::CommittedAlready);
		next_epoch();
		assert_ok!(commit_with(BOB, None));
	});
}

#[test]
fn other_mechanisms_and_other_subnets_want_none() {
	ExtBuilder.build_and_execute(|| {
		let given = evidence(&GOOD);
		assert_ok!(commit_with(ALICE, Some(&given)));
		next_epoch();
		assert_noop!(reveal_with(ALICE, Some(given.clone())), E::EvidenceUnwanted);
		Verdicts::set(true);
		// Held to the terms of its commitment.
		assert_noop!(reveal_with(ALICE, Some(given)), E::EvidenceUnwanted);
		TheHyperparameters::mutate(|h| h.mechanism_count = 2);
		assert_ok!(Weights::commit(
			signed(ALICE),
			NETUID,
			MechanismId(1),
			hash_of(ALICE, &UIDS, &VALUES)
		));
		let commits = Commits::<Test>::get((NETUID, MechanismId(1)), ALICE).unwrap();
		assert!(!commits[0].terms.evidence);
	});
}

#[test]
fn the_evidence_decides_how_many_entries_there_are() {
	with_verdicts(|| {
		TheHyperparameters::mutate(|h| h.min_allowed_weights = 4);
		let given = evidence(&GOOD);
		assert_ok!(commit_with(ALICE, Some(&given)));
		next_epoch();
		assert_ok!(reveal_with(ALICE, Some(given)));
	});
}

#[test]
fn a_lost_permit_does_not_keep_evidence_back() {
	with_verdicts(|| {
		let given = evidence(&GOOD);
		assert_ok!(commit_with(ALICE, Some(&given)));
		next_epoch();
		Permits::set(vec![0, 2]);
		assert_noop!(reveal_with(BOB, Some(given.clone())), E::CommitNotFound);
		assert_ok!(reveal_with(ALICE, Some(given)));
		assert_eq!(Filed::get(), vec![(ALICE, 7, 5)]);
	});
}

#[test]
fn a_row_without_evidence_needs_its_permit_beside_one_with() {
	with_verdicts(|| {
		Verdicts::set(false);
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		Verdicts::set(true);
		advance(5);
		assert_ok!(commit_with(ALICE, Some(&evidence(&GOOD))));
		next_epoch();
		Permits::set(vec![]);
		assert_noop!(reveal(ALICE, &UIDS, &VALUES), E::NoPermit);
	});
}

#[test]
fn who_keeps_evidence_back_is_not_heard_in_the_next_epoch() {
	with_verdicts(|| {
		let given = evidence(&GOOD);
		assert_ok!(commit_with(ALICE, Some(&given)));
		next_epoch();
		assert_ok!(reveal_with(ALICE, Some(given.clone())));
		advance(5);
		assert_ok!(commit_with(ALICE, Some(&given)));
		let heard = || Weights::row(NETUID, MECHANISM, Uid(1), &REGISTERED).is_some();
		let active = || Weights::activity(NETUID, MECHANISM, &REGISTERED)[1];
		next_epoch();
		// Its reveal epoch: the last row still counts.
		assert!(heard() && active() == START + 5 && KeptBack::get().is_empty());
		assert_ok!(commit_with(BOB, Some(&given)));
		advance(10);
		assert_ok!(commit_with(ALICE, Some(&given)));
		next_epoch();
		assert_eq!(KeptBack::get(), vec![ALICE]);
		assert!(!heard() && active() == 0);
		assert_eq!(Weights::last_update(NETUID, MECHANISM, &REGISTERED)[1], START + 15);
		// What it reveals now counts one epoch later.
		assert_ok!(reveal_with(ALICE, Some(given)));
		assert!(!heard());
		next_epoch();
		assert!(heard() && active() == START + 15);
		assert_eq!(KeptBack::get(), vec![ALICE, BOB]);
		assert_eq!(LastUpdate::<Test>::get(KEY, Uid(1)).unwrap().missed, 1);
	});
}

#[test]
fn an_overtaken_reveal_is_told_of() {
	with_verdicts(|| {
		let given = evidence(&GOOD);
		TheHyperparameters::mutate(|h| h.reveal_period_epochs = 2);
		let mut first = given.clone();
		first.secret = [1; 32];
		assert_ok!(commit_with(ALICE, Some(&first)));
		next_epoch();
		advance(5);
		TheHyperparameters::mutate(|h| h.reveal_period_epochs = 1);
		assert_ok!(commit_with(ALICE, Some(&given)));
		next_epoch();
		assert_ok!(reveal_with(ALICE, Some(given)));
		assert_eq!(KeptBack::get(), vec![ALICE]);
		assert!(Weights::row(NETUID, MECHANISM, Uid(1), &REGISTERED).is_some());
	});
}

/// An owner who shortens the reveal period overtakes nobody: evidence is due in the order in which it was committed to.
#[test]
fn a_shorter_reveal_period_makes_nobody_keep_evidence_back() {
	with_verdicts(|| {
		let numbered = |number: u8| Evidence {
			secret: [number; 32],
			..evidence(&GOOD)
		};
		TheHyperparameters::mutate(|h| h.reveal_period_epochs = 4);
		for number in 0..3 {
			if number == 1 {
				TheHyperparameters::mutate(|h| h.reveal_period_epochs = 1);
			}
			assert_ok!(commit_with(ALICE, Some(&numbered(number))));
			next_epoch();
			advance(5);
		}
		let due = Commits::<Test>::get(KEY, ALICE).unwrap().into_iter();
		assert_eq!(
			due.map(|commit| commit.reveal_epoch).collect::<Vec<_>>(),
			vec![11, 11, 11]
		);
		assert_noop!(reveal_with(ALICE, Some(numbered(2))), E::NotRevealable);
		next_epoch();
		for number in 0..3 {
			assert_ok!(reveal_with(ALICE, Some(numbered(number))));
		}
		assert!(KeptBack::get().is_empty());
		assert_eq!(FiledBy::get(), vec![ALICE; 3]);
	});
}

/// Who was renamed meanwhile files under its new name what it committed to under the old one.
#[test]
fn evidence_tells_who_committed_to_it() {
	use ganglion_traits::OnHotkeySwapped;
	with_verdicts(|| {
		let given = evidence(&GOOD);
		assert_ok!(commit_with(ALICE, Some(&given)));
		TheNeurons::mutate(|all| all.iter_mut().filter(|one| one.0 == ALICE).for_each(|one| one.0 = 77));
		Weights::on_hotkey_swapped(&ALICE, &77, Some(NETUID));
		next_epoch();
		assert_ok!(reveal_with(77, Some(given)));
		assert_eq!((Filed::get(), FiledBy::get()), (vec![(77, 7, 5)], vec![ALICE]));
	});
}

/// Nobody can reveal, and nobody is blamed, where slots were numbered anew.
#[test]
fn a_renumbered_subnet_is_nobodys_fault() {
	use ganglion_traits::OnUidsMoved;
	with_verdicts(|| {
		assert_ok!(commit_with(ALICE, Some(&evidence(&GOOD))));
		let same: Vec<(Uid, Uid)> = (0..4).map(|uid| (Uid(uid), Uid(uid))).collect();
		Weights::on_uids_moved(NETUID, &same);
		next_epoch();
		next_epoch();
		assert!(KeptBack::get().is_empty());
	});
}

#[test]
fn rows_of_evidence_are_weighed() {
	let weight = |rows: u16| {
		let entries: Vec<(u16, u16)> = (0..rows).map(|uid| (uid, 1)).collect();
		Weights::reveal_weight(&[], &[], Some(&evidence(&entries))).ref_time()
	};
	assert!(weight(0) > Weights::reveal_weight(&[], &[], None).ref_time());
	assert!(weight(100) > weight(1));
}
