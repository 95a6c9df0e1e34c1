//! What is accepted as a dispute.

use super::*;
use ganglion_primitives::{AnswerEvidence, AnswerKind, Lane, ProfileId};

fn refused(evidence: AnswerEvidence, error: Error<Test>) {
	let origin = signed(account(ALICE));
	assert_noop!(Disputes::open(origin, NET, MARGIN, Box::new(evidence)), error);
}

#[test]
fn opening_holds_the_bond_and_freezes_the_accused() {
	execute(|| {
		opened();
		let found = dispute(0);
		assert_eq!(found.stage, Stage::Answering);
		assert_eq!(found.deadline, 1 + MOVE);
		assert_eq!((found.accused.clone(), found.named), (miner(), miner()));
		assert_eq!(held(ALICE), found.bond);
		assert!(found.bond > BOND, "evidence is stored for money");
		assert_eq!(Frozen::get(), vec![miner()]);
		assert_eq!(Disputes::awaiting(&miner()), vec![0]);
		assert_eq!(Disputes::awaiting(&account(OPERATOR)), vec![0]);
		assert_eq!(Disputes::about(&found.subject), Some(0));
		assert_eq!(Disputes::detail(0).unwrap().evidence.unwrap(), evidence(1));
	});
}

#[test]
fn evidence_must_be_what_the_receipt_speaks_of() {
	execute(|| {
		let mut other = evidence(1);
		other.prompt[0] = 9;
		refused(other, Error::EvidenceMismatch);
		let mut other = evidence(1);
		other.output[3] = 9;
		refused(other, Error::EvidenceMismatch);
		let mut other = evidence(1);
		other.sampling = BoundedVec::truncate_from(b"hot".to_vec());
		refused(other, Error::EvidenceMismatch);
		let mut longer = evidence(1);
		longer.prompt.try_push(4).unwrap();
		refused(longer, Error::EvidenceMismatch);
		let mut counted = receipt(1);
		counted.output_tokens = 5;
		refused(evidence_of(counted), Error::EvidenceMismatch);
	});
}

#[test]
fn only_what_the_miner_signed_counts() {
	execute(|| {
		let mut forged = evidence(1);
		forged.receipt.receipt.created_at += 1;
		refused(forged, Error::BadSignature);
		let mut stranger = receipt(1);
		stranger.miner = account(VALIDATOR).into();
		refused(evidence_of(stranger), Error::BadSignature);
		let mut foreign = receipt(1);
		foreign.network = hash(1);
		refused(evidence_of(foreign), Error::OtherNetwork);
		let mut unknown = receipt(1);
		unknown.profile = ProfileId::zero();
		refused(evidence_of(unknown), Error::ProfileNotFound);
		let mut later = receipt(1);
		later.version = 2;
		refused(evidence_of(later), Error::NotDisputable);
		let mut embedding = receipt(1);
		embedding.kind = AnswerKind::Embedding;
		refused(evidence_of(embedding), Error::NotDisputable);
	});
}

#[test]
fn a_receipt_is_disputed_within_its_window() {
	execute(|| {
		let old = evidence(1);
		Now::mutate(|now| *now += WINDOW + 1);
		refused(old, Error::NotInWindow);
		let mut early = receipt(2);
		early.created_at = Now::get() + SKEW + 1;
		refused(evidence_of(early), Error::NotInWindow);
		opened();
	});
}

#[test]
fn claims_fit_the_lane_and_exceed_the_limit() {
	execute(|| {
		let margin = |position, margin| Claim::Margin { position, margin };
		assert_noop!(open(ALICE, margin(0, LIMIT), 1), Error::<Test>::WithinLimits);
		assert_noop!(open(ALICE, margin(4, LIMIT + 1), 1), Error::<Test>::NoSuchPosition);
		let (verdict, _) = file(&evidence(1), Outcome::Hard);
		assert_noop!(open(ALICE, Claim::Verdict(verdict), 1), Error::<Test>::WrongClaim);
		TheLane::set(Lane::Statistical);
		assert_noop!(open(ALICE, MARGIN, 1), Error::<Test>::WrongClaim);
		drawing();
		assert_eq!(dispute(0).stage, Stage::Drawing);
	});
}

#[test]
fn nobody_is_accused_without_a_bond_by_himself_or_twice() {
	execute(|| {
		assert_noop!(open(OPERATOR, MARGIN, 1), Error::<Test>::SelfDispute);
		opened();
		assert_noop!(open(BOB, Claim::Answer, 1), Error::<Test>::AlreadyDisputed);
		let bonds = BondsOf::get();
		BondsOf::set(vec![]);
		assert_noop!(open(BOB, MARGIN, 2), Error::<Test>::NotBonded);
		BondsOf::set(vec![(miner(), Role::Serve, 0)]);
		assert_noop!(open(BOB, MARGIN, 2), Error::<Test>::NotBonded);
		BondsOf::set(bonds);
		Exists::set(vec![OTHER_NET]);
		assert_noop!(open(BOB, MARGIN, 2), Error::<Test>::SubnetNotFound);
	});
}

#[test]
fn places_are_bounded_and_cost_more_as_they_fill() {
	execute(|| {
		for request in 0..MAX_CHALLENGES as u8 {
			open(ALICE, MARGIN, request).unwrap();
		}
		assert_noop!(open(ALICE, MARGIN, 100), Error::<Test>::TooManyDisputes);
		AccusedIn::<Test>::remove(NET, miner());
		assert_noop!(open(ALICE, MARGIN, 100), Error::<Test>::TooManyChallenges);
		let first = Disputes::bond_for(0);
		AccusedIn::<Test>::insert(NET, miner(), MAX_CHALLENGES);
		assert_eq!(first, BOND);
		let due: Vec<_> = (0..16).map(|id| (1, id)).collect();
		let kept = Due::<Test>::get();
		Due::<Test>::put(BoundedVec::truncate_from(due));
		assert_eq!(Disputes::bond_for(0), 2 * BOND);
		Due::<Test>::put(kept);
	});
}

#[test]
fn who_cannot_pay_the_bond_accuses_nobody() {
	execute(|| {
		let poor = account(99);
		let evidence = Box::new(evidence(1));
		assert!(Disputes::open(signed(poor), NET, MARGIN, evidence).is_err());
	});
}

fn open_verdict(
	evidence: AnswerEvidence,
	verdict: ganglion_primitives::Verdict,
	proof: Vec<H256>,
	index: u32,
) -> DispatchResult {
	let opening = VerdictOpening {
		epoch: 4,
		verdict,
		index,
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
}

#[test]
fn a_filed_verdict_is_opened_by_its_proof() {
	execute(|| {
		let evidence = evidence(1);
		let (verdict, proof) = file(&evidence, Outcome::Hard);
		let open = |verdict, proof, index| open_verdict(evidence.clone(), verdict, proof, index);
		assert_noop!(open(verdict, vec![], 1), Error::<Test>::BadProof);
		assert_noop!(open(verdict, proof.clone(), 0), Error::<Test>::BadProof);
		assert_noop!(open(verdict, proof.clone(), 3), Error::<Test>::BadProof);
		let mut other = verdict;
		other.outcome = Outcome::Passed;
		assert_noop!(open(other, proof.clone(), 1), Error::<Test>::BadProof);
		assert_ok!(open(verdict, proof.clone(), 1));
		let found = dispute(0);
		assert_eq!((found.stage, found.role), (Stage::Drawing, Role::Audit));
		assert_eq!(found.accused, account(VALIDATOR));
		assert_noop!(open(verdict, proof, 1), Error::<Test>::AlreadyDisputed);
	});
}

#[test]
fn a_verdict_is_about_the_answer_that_is_shown() {
	execute(|| {
		let (verdict, proof) = file(&evidence(1), Outcome::Hard);
		let other = open_verdict(evidence(2), verdict, proof.clone(), 1);
		assert_noop!(other, Error::<Test>::EvidenceMismatch);
		Filed::set(vec![]);
		let nothing = open_verdict(evidence(1), verdict, proof, 1);
		assert_noop!(nothing, Error::<Test>::NothingFiled);
	});
}

#[test]
fn nothing_moves_while_the_network_is_paused() {
	execute(|| {
		opened();
		Stopped::set(true);
		assert_noop!(open(ALICE, MARGIN, 2), Error::<Test>::Paused);
		assert_noop!(Disputes::answer(signed(miner()), 0, 0, hash(1)), Error::<Test>::Paused);
		assert_noop!(Disputes::concede(signed(miner()), 0), Error::<Test>::Paused);
		assert_noop!(Disputes::settle(signed(account(BOB)), 0), Error::<Test>::Paused);
		run(10 * MOVE);
		assert_eq!(dispute(0).stage, Stage::Answering);
		Stopped::set(false);
		run(MOVE);
		assert_eq!(dispute(0).stage, Stage::Answering);
		run(1);
		assert_eq!(dispute(0).stage, Stage::Drawing);
	});
}
