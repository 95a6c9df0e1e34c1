//! Benchmarks of disputes, on the whole runtime: whose bonds they are about, who decides and what the evidence is checked
//! with lies in other pallets. Evidence is as large as it can be, and signed.

use super::{
	audits::filed,
	bonded::{self, auditors, bonded, profile, profiles, subnet, EPOCH, NETUID},
	*,
};
use crate::{parameters::MinCommittee, Disputes, Models};
use alloc::boxed::Box;
use codec::Encode;
use frame_benchmarking::v2::*;
use frame_support::{traits::Hooks, weights::Weight};
use frame_system::RawOrigin;
use ganglion_primitives::{
	dispute::{
		TokenIds, LEAF_TOKENS, MAX_DISPUTED_TOKENS, MAX_LEAF, MAX_PROOF, MAX_SAMPLING, OUTPUT_DOMAIN, PROMPT_DOMAIN,
		SAMPLING_DOMAIN,
	},
	AnswerEvidence, AnswerKind, Bisection, Claim, DisputeId, Finish, Lane, Member, Outcome, Receipt, Refutation, Role,
	SignedReceipt, Stage, Verdict, VerdictOpening, MAX_COMMITTEE, MAX_DISPUTES, RECEIPT_DOMAIN, RECEIPT_VERSION,
};
use ganglion_traits::{Bonds, HotkeyOwnership, OnColdkeySwapped};
use pallet_audits::Filed;
use pallet_disputes::{
	verdict_leaf, Candidates, CandidatesOf, DisputeOf, Fading, FadingEnds, Successors, Trace, DRAWING_EPOCHS,
	MAX_AUDITORS, MAX_CHALLENGES, MAX_RENAMINGS, RETRY,
};
use sp_core::{crypto::KeyTypeId, sr25519, H256};
use sp_io::{
	crypto::{sr25519_generate, sr25519_sign},
	hashing::blake2_256,
};
use sp_runtime::{traits::BlakeTwo256, MultiSignature};

/// Of this runtime only.
pub trait Config: frame_system::Config {}
impl Config for Runtime {}
/// Stands for the pallet.
pub struct Pallet<T: Config>(core::marker::PhantomData<T>);

/// Keys that sign receipts lie in the host.
const KEYS: KeyTypeId = KeyTypeId(*b"mine");
/// A block at which every deadline has passed.
const LATER: u32 = 10_000_000;
/// Bytes of the largest evidence, about.
const LARGEST: u32 = 8 * MAX_DISPUTED_TOKENS + MAX_SAMPLING + 602 * 128 + 600;

/// Bytes of a refutation without its rows, at most, and of a row.
const OPENING: u32 = 1_120;
const ROW: u32 = 24;

fn hash(domain: &[u8], bytes: &[u8]) -> H256 {
	blake2_256(&[domain, bytes].concat()).into()
}

fn hash_ids(domain: &[u8], ids: &[u32]) -> H256 {
	hash(domain, &ids.iter().flat_map(|id| id.to_le_bytes()).collect::<Vec<u8>>())
}

/// A signature of the kind that takes longest to check.
fn signed(receipt: Receipt, miner: &sr25519::Public) -> SignedReceipt {
	let message = [RECEIPT_DOMAIN, &receipt.encode()].concat();
	let signature = MultiSignature::Sr25519(sr25519_sign(KEYS, miner, &message).unwrap());
	SignedReceipt { receipt, signature }
}

/// Evidence of about so many bytes, all its parts as large in proportion.
fn evidence(bytes: u32, profile: H256) -> AnswerEvidence {
	let part = |most: u32| (u64::from(most) * u64::from(bytes) / u64::from(LARGEST)).min(most.into()) as u32;
	let ids = |count: u32| -> TokenIds { BoundedVec::truncate_from((0..count).collect()) };
	let (prompt, output) = (ids(part(MAX_DISPUTED_TOKENS)), ids(part(MAX_DISPUTED_TOKENS)));
	let sampling = alloc::vec![1; part(MAX_SAMPLING) as usize];
	let leaves: Vec<Vec<u8>> = (0..output.len().div_ceil(LEAF_TOKENS as usize))
		.map(|number| alloc::vec![number as u8; MAX_LEAF as usize])
		.collect();
	let miner = sr25519_generate(KEYS, Some(b"//Miner".to_vec()));
	let receipt = Receipt {
		version: RECEIPT_VERSION,
		network: System::block_hash(0),
		request: H256::repeat_byte(1),
		request_id: [1; 16],
		miner: miner.0,
		requester: former_name(1).into(),
		profile,
		kind: AnswerKind::Chat,
		prompt: hash_ids(PROMPT_DOMAIN, &prompt),
		prompt_tokens: prompt.len() as u32,
		sampling: hash(SAMPLING_DOMAIN, &sampling),
		output: hash_ids(OUTPUT_DOMAIN, &output),
		output_tokens: output.len() as u32,
		finish: Finish::Length,
		nonce: [3; 16],
		trace: binary_merkle_tree::merkle_root::<BlakeTwo256, _>(&leaves),
		price: 0,
		payment: H256::zero(),
		created_at: 0,
		first_token_ms: 1,
		pace: 1,
		stream: Some(H256::repeat_byte(4)),
	};
	AnswerEvidence {
		receipt: signed(receipt, &miner),
		prompt,
		output,
		sampling: BoundedVec::truncate_from(sampling),
		leaves: BoundedVec::truncate_from(leaves.into_iter().map(BoundedVec::truncate_from).collect()),
	}
}

/// A verdict of so many that its proof is as long as one can be, with the root above it.
fn opening(evidence: &AnswerEvidence) -> (VerdictOpening, H256) {
	let verdict = Verdict {
		request_id: evidence.receipt.receipt.request_id,
		receipt: blake2_256(&evidence.receipt.encode()).into(),
		uid: 1,
		outcome: Outcome::Passed,
		margin: 0,
		position: 0,
	};
	let proof: Vec<H256> = (0..MAX_PROOF as u8).map(H256::repeat_byte).collect();
	let leaf = H256(blake2_256(&verdict_leaf(&verdict)));
	let root = proof.iter().fold(leaf, |below, beside| {
		H256(blake2_256(&[below.as_bytes(), beside.as_bytes()].concat()))
	});
	let opening = VerdictOpening {
		epoch: EPOCH,
		verdict,
		index: 0,
		proof: BoundedVec::truncate_from(proof),
	};
	(opening, root)
}

fn challenger() -> AccountId {
	let who: AccountId = account("challenger", 0, 0);
	Balances::set_balance(&who, 1_000_000 * GNG);
	who
}

fn former_name(number: u32) -> AccountId {
	account("former name", number, 0)
}

/// The first of as many names as are followed, of which the last is the hotkey's.
fn first_name(hotkey: &AccountId) -> AccountId {
	let name = |number: u32| match number {
		MAX_RENAMINGS => hotkey.clone(),
		number => former_name(number),
	};
	for number in 0..MAX_RENAMINGS {
		Successors::<Runtime>::insert(NETUID, name(number), (name(number + 1), u64::MAX));
	}
	name(0)
}

/// A call that accuses a bonded validator of a verdict with evidence of so many bytes.
struct Opened {
	validator: AccountId,
	coldkey: AccountId,
	named: AccountId,
	challenger: AccountId,
	opening: VerdictOpening,
	evidence: AnswerEvidence,
}

impl Opened {
	fn prepared(bytes: u32) -> Self {
		subnet();
		profiles();
		let (validator, coldkey) = bonded(0);
		judges(&validator);
		let (named, evidence) = (first_name(&validator), evidence(bytes, profile(0)));
		let (opening, root) = opening(&evidence);
		filed(NETUID, EPOCH, &validator, root);
		Self {
			validator,
			coldkey,
			named,
			challenger: challenger(),
			opening,
			evidence,
		}
	}

	fn open(&self) {
		Disputes::open_verdict(
			RawOrigin::Signed(self.challenger.clone()).into(),
			NETUID,
			self.named.clone(),
			Box::new(self.opening.clone()),
			Box::new(self.evidence.clone()),
		)
		.unwrap();
	}

	/// So many disputes more, opened by others about others.
	fn crowd(&self, model: &DisputeOf, count: u32) {
		for id in 1_000..1_000 + count {
			let mut dispute = model.clone();
			dispute.accused = account("other accused", id, 0);
			dispute.challenger = account("other challenger", id, 0);
			dispute.subject = H256(blake2_256(&id.to_le_bytes()));
			pallet_disputes::Due::<Runtime>::mutate(|due| due.try_push((dispute.deadline + 1, id)).unwrap());
			pallet_disputes::BySubject::<Runtime>::insert(dispute.subject, id);
			pallet_disputes::Disputes::<Runtime>::insert(id, dispute);
		}
	}
}

/// A dispute among as many as can be open, with a committee that has not voted; the accused and the challenger have
/// others.
fn dispute(stage: Stage) -> (Opened, DisputeId) {
	let opened = Opened::prepared(LARGEST);
	opened.open();
	let id = pallet_disputes::NextDispute::<Runtime>::get() - 1;
	let mut dispute = pallet_disputes::Disputes::<Runtime>::get(id).unwrap();
	let member = |number: u32| Member {
		hotkey: account("auditor", number, 0),
		seats: 1,
		vote: None,
	};
	dispute.committee = BoundedVec::truncate_from((0..MAX_COMMITTEE).map(member).collect());
	dispute.bisection = Some(Bisection {
		margin: 1,
		low: 40,
		high: 41,
		hash: H256::repeat_byte(1),
		middle: Some(H256::repeat_byte(2)),
		rounds: 6,
	});
	dispute.stage = stage;
	opened.crowd(&dispute, MAX_DISPUTES - 1);
	pallet_disputes::AccusedIn::<Runtime>::insert(NETUID, &opened.validator, MAX_CHALLENGES);
	pallet_disputes::Challenges::<Runtime>::insert(&opened.challenger, MAX_CHALLENGES);
	pallet_disputes::Disputes::<Runtime>::insert(id, dispute);
	(opened, id)
}

/// As few auditors that can judge as are enough, the last ones that are found; and randomness as long ago as it may be.
fn judges(accused: &AccountId) {
	let auditors = pallet_models::AuditorsOf::<Runtime>::get(NETUID, 0);
	let last = auditors.iter().rev().filter(|hotkey| *hotkey != accused);
	for (number, hotkey) in (0..).zip(last.take(MinCommittee::get() as usize)) {
		let coldkey: AccountId = account("judge", number, 0);
		Neurons::own(&coldkey, hotkey).unwrap();
		Scene::stake(NETUID, hotkey, &coldkey, 100 * GNG);
	}
	pallet_audits::Randomness::<Runtime>::insert(NETUID, EPOCH + 1 - DRAWING_EPOCHS, H256::repeat_byte(6));
}

/// Auditors of the profile with stake, and as many links of child keys among them as a subnet can have.
fn candidates(count: u32) {
	for (number, hotkey) in (0..).zip(auditors(NETUID, 0, count)) {
		let coldkey: AccountId = account("auditor's coldkey", number, 0);
		if <Neurons as HotkeyInspect<AccountId>>::coldkey(&hotkey).is_none() {
			Neurons::own(&coldkey, &hotkey).unwrap();
		}
		Scene::stake(NETUID, &hotkey, &coldkey, 100 * GNG);
		let parents = (pallet_delegation::MAX_LINKS / count).min(pallet_delegation::MAX_PARENTS);
		let parents = (0..parents).map(|one| parent(number * pallet_delegation::MAX_PARENTS + one, &hotkey));
		let parents = BoundedVec::truncate_from(parents.collect());
		pallet_delegation::Parents::<Runtime>::insert(NETUID, &hotkey, parents);
	}
}

/// A parent with stake that votes through the child.
fn parent(number: u32, child: &AccountId) -> AccountId {
	let (parent, coldkey): (AccountId, AccountId) = (account("elder", number, 0), account("elder's", number, 0));
	Neurons::own(&coldkey, &parent).unwrap();
	Scene::stake(NETUID, &parent, &coldkey, 100 * GNG);
	let given = pallet_delegation::Given {
		now: BoundedVec::truncate_from(alloc::vec![(child.clone(), 30_000)]),
		..Default::default()
	};
	pallet_delegation::Delegations::<Runtime>::insert(NETUID, &parent, given);
	parent
}

/// So many can be drawn for a committee, the hotkey as the last of them.
fn nominated(id: DisputeId, hotkey: &AccountId, count: u32) {
	let others = (1..count).map(|number| (account("candidate", number, 0), GNG));
	let stakes = others.chain([(hotkey.clone(), GNG)]).collect();
	let candidates = Candidates {
		taken: NOW,
		stakes: BoundedVec::truncate_from(stakes),
	};
	CandidatesOf::<Runtime>::insert(id, candidates);
}

/// As many disputes as can be open, in all of whose committees the hotkey sits.
pub fn seated(netuid: NetUid, hotkey: &AccountId) {
	let member = Member {
		hotkey: hotkey.clone(),
		seats: 1,
		vote: None,
	};
	let dispute = DisputeOf {
		netuid,
		subject: H256::repeat_byte(1),
		profile: H256::repeat_byte(2),
		lane: Lane::Strict,
		layers: 80,
		limit: 1,
		claim: Claim::Answer,
		challenger: account("challenger", 0, 0),
		accused: account("accused", 0, 0),
		named: account("accused", 0, 0),
		role: Role::Serve,
		bond: GNG,
		opened_at: REGISTERED,
		stage: Stage::Voting,
		deadline: LATER,
		bisection: None,
		draws: 1,
		draw_from: 0,
		committee: BoundedVec::truncate_from(alloc::vec![member; MAX_COMMITTEE as usize]),
	};
	for id in 0..MAX_DISPUTES {
		pallet_disputes::Due::<Runtime>::mutate(|due| due.try_push((LATER, id)).unwrap());
		pallet_disputes::Disputes::<Runtime>::insert(id, dispute.clone());
		nominated(id, hotkey, MAX_AUDITORS);
	}
}

#[benchmarks]
mod benches {
	use super::*;

	/// Against a validator, which takes more than against a miner: the same evidence, and a proof.
	#[benchmark]
	fn open(b: Linear<1_000, LARGEST>) {
		let opened = Opened::prepared(LARGEST);
		opened.open();
		let model = pallet_disputes::Disputes::<Runtime>::get(0).unwrap();
		opened.crowd(&model, MAX_DISPUTES - 2);
		Disputes::concede(RawOrigin::Signed(opened.challenger.clone()).into(), 0).unwrap();
		let evidence = evidence(b, profile(0));
		let (opening, root) = opening(&evidence);
		filed(NETUID, EPOCH, &opened.validator, root);
		let opened = Opened {
			opening,
			evidence,
			..opened
		};
		Balances::set_balance(&opened.challenger, 1_000_000 * GNG);
		#[block]
		{
			opened.open();
		}
		assert_eq!(pallet_disputes::Due::<Runtime>::get().len() as u32, MAX_DISPUTES - 1);
	}

	/// By as many rows as fit; after an attempt with a receipt in which nothing is wrong, so that either is covered.
	#[benchmark]
	fn refute(b: Linear<1_200, 99_400>) {
		let opened = Opened::prepared(1_000);
		let verdict_rows = bonded::evidence((b - OPENING) / ROW).rows;
		Filed::<Runtime>::mutate((NETUID, EPOCH, &opened.validator), |filing| {
			filing.as_mut().unwrap().rows = blake2_256(&verdict_rows.encode()).into();
		});
		let origin = || RawOrigin::Signed(opened.challenger.clone()).into();
		let refuted =
			|refutation| Disputes::refute(origin(), NETUID, opened.named.clone(), EPOCH, Box::new(refutation)).is_ok();
		let opening = opened.opening.clone();
		let miscounted = Refutation::Miscounted {
			rows: verdict_rows,
			opening: opening.clone(),
		};
		let receipt = opened.evidence.receipt.clone();
		let foreign = Refutation::Foreign { opening, receipt };
		#[block]
		{
			assert!(!refuted(foreign));
			assert!(refuted(miscounted));
		}
	}

	/// A move to the committee by the accused's coldkey, which is first asked whether it is free.
	#[benchmark]
	fn step() {
		let (opened, id) = dispute(Stage::Judging);
		#[block]
		{
			Disputes::ensure_can_waive(&opened.coldkey, id).unwrap();
			Disputes::waive(RawOrigin::Signed(opened.coldkey.clone()).into(), id).unwrap();
		}
		let dispute = pallet_disputes::Disputes::<Runtime>::get(id).unwrap();
		assert_eq!(dispute.stage, Stage::Drawing);
	}

	/// The accused loses.
	#[benchmark]
	fn finish() {
		let (opened, id) = dispute(Stage::Posting);
		let before = Models::bond(NETUID, &opened.validator, Role::Audit);
		#[block]
		{
			Disputes::concede(RawOrigin::Signed(opened.coldkey.clone()).into(), id).unwrap();
		}
		assert!(Models::bond(NETUID, &opened.validator, Role::Audit) < before);
	}

	#[benchmark]
	fn snapshot(n: Linear<3, 256>) {
		let (_, id) = dispute(Stage::Drawing);
		candidates(n);
		System::set_block_number(NOW + RETRY);
		#[block]
		{
			Disputes::settle(RawOrigin::Signed(account("anybody", 0, 0)).into(), id).unwrap();
		}
		assert_eq!(CandidatesOf::<Runtime>::get(id).unwrap().stakes.len() as u32, n);
	}

	#[benchmark]
	fn draw(n: Linear<3, 256>) {
		let (opened, id) = dispute(Stage::Drawing);
		nominated(id, &opened.validator, n);
		Scene::set_epoch(NETUID, EPOCH + 2);
		pallet_audits::Randomness::<Runtime>::insert(NETUID, EPOCH + 2, H256::repeat_byte(5));
		System::set_block_number(NOW + RETRY);
		#[block]
		{
			Disputes::settle(RawOrigin::Signed(account("anybody", 0, 0)).into(), id).unwrap();
		}
		let dispute = pallet_disputes::Disputes::<Runtime>::get(id).unwrap();
		assert_eq!(dispute.stage, Stage::Voting);
	}

	#[benchmark]
	fn scan() {
		dispute(Stage::Posting);
		let (old, new): (AccountId, AccountId) = (account("nobody", 0, 0), account("nobody", 1, 0));
		#[block]
		{
			assert!(Disputes::move_coldkey(&old, &new, Weight::MAX).done);
		}
	}

	#[benchmark]
	fn on_initialize() {
		dispute(Stage::Posting);
		#[block]
		{
			Disputes::on_initialize(NOW + 1);
		}
		assert_eq!(pallet_disputes::Due::<Runtime>::get().len() as u32, MAX_DISPUTES);
	}

	/// A block forgets four at most.
	#[benchmark]
	fn forget(n: Linear<0, 4>) {
		for number in 0..n {
			let (old, new): (AccountId, AccountId) = (account("old", number, 0), account("new", number, 0));
			Successors::<Runtime>::insert(NETUID, &old, (new, 1));
			Fading::<Runtime>::insert(u64::from(number), (1, Trace::Successor(NETUID, old)));
		}
		FadingEnds::<Runtime>::put((0, u64::from(n)));
		pallet_timestamp::Now::<Runtime>::put(u64::from(LATER));
		#[block]
		{
			Disputes::on_initialize(NOW);
		}
		assert_eq!(FadingEnds::<Runtime>::get().0, u64::from(n));
	}
}
