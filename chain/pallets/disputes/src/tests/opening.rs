//! What is accepted as a dispute.

use super::*;
use codec::Encode;
use ganglion_primitives::{dispute::OUTPUT_DOMAIN, AnswerEvidence, AnswerKind, Lane, ProfileId};
use sp_runtime::traits::BlakeTwo256;

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
		assert_eq!(
			Disputes::about(NET, &sp_io::hashing::blake2_256(&receipt(1).encode()).into()),
			Some(0)
		);
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

/// Evidence of an answer of `tokens` with these activation leaves under its receipt.
fn traced(tokens: u32, leaves: &[Vec<u8>]) -> AnswerEvidence {
	let output: Vec<u32> = (0..tokens).collect();
	let bytes: Vec<u8> = output.iter().flat_map(|id| id.to_le_bytes()).collect();
	let mut found = receipt(1);
	found.output = sp_io::hashing::blake2_256(&[OUTPUT_DOMAIN, &bytes].concat()).into();
	found.output_tokens = tokens;
	found.trace = binary_merkle_tree::merkle_root::<BlakeTwo256, _>(leaves.to_vec());
	let shown = leaves.iter().map(|leaf| BoundedVec::truncate_from(leaf.clone()));
	AnswerEvidence {
		output: BoundedVec::truncate_from(output),
		leaves: BoundedVec::truncate_from(shown.collect()),
		..evidence_of(found)
	}
}

#[test]
fn activation_leaves_are_all_of_the_receipts_or_none() {
	execute(|| {
		let leaves: Vec<Vec<u8>> = (0..3u8).map(|one| vec![one; 570]).collect();
		for tokens in [64, 97] {
			refused(traced(tokens, &leaves), Error::EvidenceMismatch);
		}
		let good = traced(65, &leaves);
		let mut less = good.clone();
		less.leaves.pop();
		refused(less, Error::EvidenceMismatch);
		let mut swapped = good.clone();
		swapped.leaves.as_mut().swap(0, 1);
		refused(swapped, Error::EvidenceMismatch);
		let mut other = good.clone();
		other.leaves[2][0] = 9;
		refused(other, Error::EvidenceMismatch);
		// Two hashes side by side would be a node.
		refused(traced(65, &[vec![0; 64], vec![1], vec![2]]), Error::EvidenceMismatch);
		let without = AnswerEvidence {
			leaves: BoundedVec::new(),
			..good.clone()
		};
		let bytes = |one: &AnswerEvidence| one.encoded_size() as u32;
		assert!(Disputes::bond_for(bytes(&good)) > Disputes::bond_for(bytes(&without)));
		for one in [without, good] {
			let origin = signed(account(ALICE));
			assert_ok!(Disputes::open(origin, NET, MARGIN, Box::new(one)));
			Disputes::concede(signed(account(ALICE)), NextDispute::<Test>::get() - 1).unwrap();
		}
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
fn a_subnet_without_randomness_judges_nobody() {
	execute(|| {
		Drawing::set(false);
		assert_noop!(open(ALICE, MARGIN, 1), Error::<Test>::NoRandomness);
		Drawing::set(true);
		opened();
	});
}

#[test]
fn where_nobody_else_can_judge_nobody_is_accused() {
	execute(|| {
		Least::set(6);
		opened();
		let auditor = open_as(account(AUDITOR));
		assert_noop!(auditor, Error::<Test>::NoAuditors);
		Auditors::mutate(|all| all[5].1 = 0);
		assert_noop!(open(ALICE, MARGIN, 2), Error::<Test>::NoAuditors);
		Least::set(5);
		assert_ok!(open(ALICE, MARGIN, 2));
	});
}

fn open_as(who: AccountId32) -> DispatchResult {
	Disputes::open(signed(who), NET, MARGIN, Box::new(evidence(2)))
}

#[test]
fn a_name_that_was_given_up_speaks_for_nobody() {
	use ganglion_traits::OnHotkeySwapped;
	execute(|| {
		let before = Now::get();
		Now::mutate(|now| *now += 10 * SKEW);
		BondsOf::mutate(|bonds| bonds.push((account(NEW), Role::Serve, STAKE)));
		Disputes::on_hotkey_swapped(&miner(), &account(NEW), Some(NET));
		let mut later = receipt(1);
		later.created_at = Now::get() + SKEW + 1;
		Now::mutate(|now| *now += 10 * SKEW);
		refused(evidence_of(later), Error::NotItsName);
		let mut earlier = receipt(2);
		earlier.created_at = before;
		let origin = signed(account(ALICE));
		assert_ok!(Disputes::open(origin, NET, MARGIN, Box::new(evidence_of(earlier))));
		assert_eq!(dispute(0).accused, account(NEW));
		// Long after that only the pallet of bonds knows whose name it was.
		Successors::<Test>::remove(NET, miner());
		FormerNames::set(vec![(miner(), account(NEW))]);
		refused(evidence(3), Error::NotBonded);
	});
}

/// Bonds follow a former name to its successor, so that the name seems to have one when somebody else takes it.
#[test]
fn a_former_name_taken_again_hides_nothing() {
	use ganglion_traits::OnHotkeySwapped;
	execute(|| {
		BondsOf::mutate(|bonds| bonds.push((account(NEW), Role::Serve, STAKE)));
		Disputes::on_hotkey_swapped(&miner(), &account(NEW), Some(NET));
		FormerNames::set(vec![(miner(), account(NEW))]);
		Disputes::on_hotkey_swapped(&account(BOB), &miner(), Some(NET));
		opened();
		assert_eq!(dispute(0).accused, account(NEW));
	});
}

#[test]
fn each_subnet_has_disputes_of_its_own() {
	execute(|| {
		opened();
		assert_noop!(open(BOB, MARGIN, 1), Error::<Test>::AlreadyDisputed);
		let evidence = Box::new(evidence(1));
		assert_ok!(Disputes::open(signed(account(BOB)), OTHER_NET, MARGIN, evidence));
		let receipt = sp_io::hashing::blake2_256(&receipt(1).encode()).into();
		assert_eq!(Disputes::about(NET, &receipt), Some(0));
		assert_eq!(Disputes::about(OTHER_NET, &receipt), Some(1));
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
		assert_noop!(open(ALICE, MARGIN, 100), Error::<Test>::TooManyChallenges);
		let first = Disputes::bond_for(0);
		// An eighth of the places is taken.
		assert_eq!(first, 2 * BOND);
		let due: Vec<_> = (0..16).map(|id| (1, id)).collect();
		let kept = Due::<Test>::get();
		Due::<Test>::put(BoundedVec::truncate_from(due));
		assert_eq!(Disputes::bond_for(0), 4 * BOND);
		let due: Vec<_> = (0..64).map(|id| (1, id)).collect();
		Due::<Test>::put(BoundedVec::truncate_from(due));
		assert_noop!(open(BOB, MARGIN, 100), Error::<Test>::TooManyDisputes);
		Due::<Test>::put(kept);
	});
}

/// Eight places that a friend fills with false accusations would protect every other lie of the accused.
#[test]
fn nobodys_friends_take_the_places_for_accusing_it() {
	execute(|| {
		for request in 0..MAX_CHALLENGES as u8 {
			open(ALICE, MARGIN, request).unwrap();
		}
		assert_ok!(open(BOB, MARGIN, 100));
		assert_eq!(AccusedIn::<Test>::get(NET, miner()), MAX_CHALLENGES + 1);
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
