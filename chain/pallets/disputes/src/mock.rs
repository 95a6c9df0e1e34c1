//! A runtime for tests. The other pallets are small in-memory fakes; balances are real, and so are signatures.
#![allow(
	missing_docs,
	clippy::unwrap_used,
	clippy::indexing_slicing,
	clippy::arithmetic_side_effects,
	reason = "tests"
)]

use crate as pallet_disputes;
use crate::{verdict_leaf, DisputeOf, Disputes as Open};
use codec::Encode;
use core::time::Duration;
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, ConstU32, ConstU64, Hooks, UnixTime},
};
use ganglion_primitives::{
	dispute::{OUTPUT_DOMAIN, PROMPT_DOMAIN, SAMPLING_DOMAIN},
	AnswerEvidence, AnswerKind, Balance, BlockNumber, EpochIndex, FiledEvidence, Finish, Hyperparameters, Lane, NetUid,
	Outcome, ProfileId, ProfileSummary, Receipt, Role, SignedReceipt, Task, Thresholds, Uid, Verdict, GNG,
	RECEIPT_DOMAIN, RECEIPT_VERSION,
};
use ganglion_traits::{
	Bonds, BurnRecord, DrawRandomness, EpochInspect, FiledVerdicts, HotkeyInspect, Pause, Profiles, SlashOutcome,
	StakeInspect, SubnetInspect,
};
use sp_core::{ed25519, Pair, H256};
use sp_io::{hashing::blake2_256, TestExternalities};
use sp_runtime::{
	traits::{BlakeTwo256, IdentityLookup},
	AccountId32, BoundedVec, BuildStorage, DispatchResult, MultiSignature,
};

pub const NET: NetUid = NetUid(1);
pub const OTHER_NET: NetUid = NetUid(2);
pub const ED: Balance = 1_000;
pub const START: Balance = 1_000 * GNG;
pub const BOND: Balance = 10 * GNG;
/// Behind each accused.
pub const STAKE: Balance = 100 * GNG;
pub const MOVE: BlockNumber = 10;
pub const DRAW: BlockNumber = 40;
pub const VOTE: BlockNumber = 20;
pub const WINDOW: u64 = 3_600_000;
pub const LAYERS: u16 = 4;
pub const LIMIT: u32 = 1_000;
pub const PROFILE: ProfileId = H256([7; 32]);
/// Milliseconds of a block.
pub const SLOT: u64 = 1_000;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeTask,
		RuntimeHoldReason,
		RuntimeFreezeReason
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(2)]
	pub type Disputes = pallet_disputes;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
	type AccountId = AccountId32;
	type Lookup = IdentityLookup<AccountId32>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<ED>;
	type AccountStore = System;
}

/// (hotkey, what it is bonded as, nano).
pub type BondOf = (AccountId32, Role, Balance);

parameter_types! {
	pub static TheLane: Lane = Lane::Strict;
	/// (hotkey, coldkey).
	pub static Owners: Vec<(AccountId32, AccountId32)> = vec![];
	pub static BondsOf: Vec<BondOf> = vec![];
	pub static Frozen: Vec<AccountId32> = vec![];
	/// (old, new) as the pallet of bonds knows them.
	pub static FormerNames: Vec<(AccountId32, AccountId32)> = vec![];
	/// Whether the subnet has randomness at all.
	pub static Drawing: bool = true;
	/// (hotkey, nano, reporter).
	pub static Slashed: Vec<(AccountId32, Balance, Option<AccountId32>)> = vec![];
	/// Auditors with their stake.
	pub static Auditors: Vec<(AccountId32, Balance)> = vec![];
	pub static Epoch: EpochIndex = 5;
	pub static Tempo: u16 = 0;
	pub static Random: Option<(EpochIndex, H256)> = None;
	pub static Filed: Vec<(AccountId32, EpochIndex, FiledEvidence<AccountId32>)> = vec![];
	pub static Refuted: Vec<(AccountId32, EpochIndex)> = vec![];
	/// Who must have been known to be in which slot.
	pub static Occupants: Vec<(u16, AccountId32)> = vec![];
	pub static Stopped: bool = false;
	pub static PausedBlocks: BlockNumber = 0;
	pub static Burned: Balance = 0;
	pub static Now: u64 = 0;
	pub static Least: u32 = 1;
	pub static Exists: Vec<NetUid> = vec![NET, OTHER_NET];
}

pub struct Fakes;
impl SubnetInspect<AccountId32> for Fakes {
	fn exists(netuid: NetUid) -> bool {
		Exists::get().contains(&netuid)
	}
	fn is_active(netuid: NetUid) -> bool {
		Self::exists(netuid)
	}
	fn owner(_: NetUid) -> Option<AccountId32> {
		None
	}
	fn owner_hotkey(_: NetUid) -> Option<AccountId32> {
		None
	}
	fn created_at(_: NetUid) -> Option<BlockNumber> {
		None
	}
	fn hyperparameters(netuid: NetUid) -> Option<Hyperparameters> {
		Self::exists(netuid).then(|| Hyperparameters {
			tempo: Tempo::get(),
			..Default::default()
		})
	}
	fn netuids() -> Vec<NetUid> {
		Exists::get()
	}
	fn active_netuids() -> Vec<NetUid> {
		Exists::get()
	}
}
impl HotkeyInspect<AccountId32> for Fakes {
	fn coldkey(hotkey: &AccountId32) -> Option<AccountId32> {
		let owner = Owners::get().into_iter().find(|(one, _)| one == hotkey);
		owner.map(|(_, coldkey)| coldkey)
	}
}
impl StakeInspect<AccountId32> for Fakes {
	fn stake(_: NetUid, hotkey: &AccountId32) -> Balance {
		let found = Auditors::get().into_iter().find(|(one, _)| one == hotkey);
		found.map_or(0, |(_, stake)| stake)
	}
	fn own_stake(netuid: NetUid, hotkey: &AccountId32) -> Balance {
		Self::stake(netuid, hotkey)
	}
}
impl EpochInspect for Fakes {
	fn epoch(_: NetUid) -> EpochIndex {
		Epoch::get()
	}
	fn last_epoch_block(_: NetUid) -> BlockNumber {
		0
	}
}
impl Profiles<AccountId32> for Fakes {
	fn profile(id: &ProfileId) -> Option<ProfileSummary> {
		(*id == PROFILE).then(|| ProfileSummary {
			number: 1,
			task: Task::Generate,
			lane: TheLane::get(),
			layers: LAYERS,
			thresholds: Thresholds {
				margin_hard: LIMIT,
				..Default::default()
			},
			self_test: H256::zero(),
			registered_at: 1,
		})
	}
	fn by_number(number: u32) -> Option<ProfileSummary> {
		Self::profile(&PROFILE).filter(|found| found.number == number)
	}
	fn is_bonded(netuid: NetUid, hotkey: &AccountId32, _: &ProfileId, role: Role) -> bool {
		netuid == NET
			&& BondsOf::get()
				.iter()
				.any(|(one, what, _)| one == hotkey && *what == role)
	}
	fn auditors(_: NetUid, _: &ProfileId) -> Vec<AccountId32> {
		Auditors::get().into_iter().map(|(hotkey, _)| hotkey).collect()
	}
}
impl Bonds<AccountId32> for Fakes {
	fn answering(_: NetUid, hotkey: &AccountId32) -> AccountId32 {
		let former = FormerNames::get().into_iter().find(|(old, _)| old == hotkey);
		former.map_or(hotkey.clone(), |(_, new)| new)
	}
	fn bond(_: NetUid, hotkey: &AccountId32, role: Role) -> Balance {
		let bonds = BondsOf::get().into_iter();
		bonds
			.filter(|(one, what, _)| one == hotkey && *what == role)
			.map(|(_, _, amount)| amount)
			.sum()
	}
	fn freeze(_: NetUid, hotkey: &AccountId32) -> DispatchResult {
		Frozen::mutate(|frozen| frozen.push(hotkey.clone()));
		Ok(())
	}
	fn unfreeze(_: NetUid, hotkey: &AccountId32) {
		Frozen::mutate(|frozen| {
			let place = frozen.iter().position(|one| one == hotkey).unwrap();
			frozen.remove(place);
		});
	}
	fn slash_bond(
		_: NetUid,
		hotkey: &AccountId32,
		role: Role,
		amount: Balance,
		reporter: Option<&AccountId32>,
	) -> SlashOutcome {
		assert!(!Stopped::get(), "nothing is slashed while the network is paused");
		let mut taken = 0;
		BondsOf::mutate(|bonds| {
			for (one, what, bond) in bonds {
				if one == hotkey && *what == role {
					let part = amount.min(*bond);
					*bond -= part;
					taken += part;
				}
			}
		});
		Slashed::mutate(|all| all.push((hotkey.clone(), taken, reporter.cloned())));
		SlashOutcome {
			burned: taken,
			..Default::default()
		}
	}
}
impl FiledVerdicts<AccountId32> for Fakes {
	fn filed(_: NetUid, hotkey: &AccountId32, committed_in: EpochIndex) -> Option<FiledEvidence<AccountId32>> {
		let mut all = Filed::get().into_iter();
		all.find(|(who, epoch, _)| who == hotkey && *epoch == committed_in)
			.map(|(_, _, found)| found)
	}
	fn is_refuted(_: NetUid, hotkey: &AccountId32, committed_in: EpochIndex) -> bool {
		Refuted::get().contains(&(hotkey.clone(), committed_in))
	}
	fn note_refuted(_: NetUid, hotkey: &AccountId32, committed_in: EpochIndex) {
		Refuted::mutate(|all| all.push((hotkey.clone(), committed_in)));
	}
	fn occupant(_: NetUid, uid: Uid, _: EpochIndex) -> Option<AccountId32> {
		let mut all = Occupants::get().into_iter();
		all.find(|(slot, _)| *slot == uid.0).map(|(_, hotkey)| hotkey)
	}
}
impl DrawRandomness for Fakes {
	fn randomness(_: NetUid) -> Option<(EpochIndex, H256)> {
		Random::get()
	}
	fn had_randomness(_: NetUid, _: EpochIndex) -> bool {
		Drawing::get()
	}
}
impl Pause for Fakes {
	fn is_paused() -> bool {
		Stopped::get()
	}
	fn paused_blocks() -> BlockNumber {
		PausedBlocks::get()
	}
}
impl BurnRecord for Fakes {
	fn burned_for_ever(amount: Balance) {
		Burned::mutate(|sum| *sum += amount);
	}
	fn fee_burned(_: NetUid, _: Balance) {}
}
impl UnixTime for Fakes {
	fn now() -> Duration {
		Duration::from_millis(Now::get())
	}
}

parameter_types! {
	pub const SlashPart: u16 = u16::MAX / 5;
}

impl pallet_disputes::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Subnets = Fakes;
	type Hotkeys = Fakes;
	type Stake = Fakes;
	type Epochs = Fakes;
	type Profiles = Fakes;
	type Bonds = Fakes;
	type Filed = Fakes;
	type Randomness = Fakes;
	type Pause = Fakes;
	type Burns = Fakes;
	type Time = Fakes;
	type ChallengerBond = ConstU128<BOND>;
	type BondPerByte = ConstU128<1_000>;
	type SlashPart = SlashPart;
	type MovePeriod = ConstU32<MOVE>;
	type DrawPeriod = ConstU32<DRAW>;
	type VotePeriod = ConstU32<VOTE>;
	type Window = ConstU64<WINDOW>;
	type MinCommittee = Least;
	type WeightInfo = ();
}

/// An account with funds.
pub fn account(number: u8) -> AccountId32 {
	[number; 32].into()
}

pub const ALICE: u8 = 1;
pub const BOB: u8 = 2;
/// Owns [`miner`].
pub const OPERATOR: u8 = 3;
pub const NEW: u8 = 4;
/// Owns [`VALIDATOR`].
pub const OWNER: u8 = 5;
pub const VALIDATOR: u8 = 50;
/// Auditors 60 to 65, owned by 70 to 75.
pub const AUDITOR: u8 = 60;

/// The key that signs receipts.
pub fn miner_key() -> ed25519::Pair {
	ed25519::Pair::from_seed(&[9; 32])
}

pub fn miner() -> AccountId32 {
	miner_key().public().0.into()
}

/// Run a test at block 1 with one miner, one validator and six auditors, then check the invariants.
pub fn execute(test: impl FnOnce()) {
	externalities().execute_with(|| {
		reset();
		System::set_block_number(1);
		let mut owners = vec![(miner(), account(OPERATOR)), (account(VALIDATOR), account(OWNER))];
		let mut auditors = vec![];
		for number in 0..6 {
			owners.push((account(AUDITOR + number), account(70 + number)));
			auditors.push((account(AUDITOR + number), Balance::from(number + 1) * 10 * GNG));
		}
		Owners::set(owners);
		Auditors::set(auditors);
		BondsOf::set(vec![
			(miner(), Role::Serve, STAKE),
			(account(VALIDATOR), Role::Audit, STAKE),
		]);
		let issued = Balances::total_issuance();
		test();
		check(issued);
	});
}

/// A thread runs several tests.
fn reset() {
	Now::set(1_000_000_000);
	TheLane::set(Lane::Strict);
	Frozen::set(vec![]);
	FormerNames::set(vec![]);
	Drawing::set(true);
	Slashed::set(vec![]);
	Epoch::set(5);
	Tempo::set(0);
	Random::set(None);
	Filed::set(vec![]);
	Refuted::set(vec![]);
	Occupants::set(vec![]);
	Stopped::set(false);
	PausedBlocks::set(0);
	Burned::set(0);
	Least::set(1);
	Exists::set(vec![NET, OTHER_NET]);
}

fn externalities() -> TestExternalities {
	let mut genesis = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	let mut balances: Vec<(AccountId32, Balance)> = (1..=5).map(|number| (account(number), START)).collect();
	balances.push((account(AUDITOR), START));
	pallet_balances::GenesisConfig::<Test> {
		balances,
		..Default::default()
	}
	.assimilate_storage(&mut genesis)
	.unwrap();
	genesis.into()
}

/// Nothing is lost but what was burned on the record, and bonds are frozen as often as disputes are open.
pub fn check(issued: Balance) {
	Disputes::do_try_state().unwrap();
	assert_eq!(Balances::total_issuance() + Burned::get(), issued);
	let open = Open::<Test>::iter_values().count();
	assert_eq!(Frozen::get().len(), open, "bonds are frozen while disputes are open");
	for dispute in Open::<Test>::iter_values() {
		assert!(Frozen::get().contains(&dispute.accused));
	}
}

/// Run blocks.
pub fn run(blocks: BlockNumber) {
	for _ in 0..blocks {
		System::set_block_number(System::block_number() + 1);
		if Stopped::get() {
			PausedBlocks::mutate(|paused| *paused += 1);
		}
		Disputes::on_initialize(System::block_number());
		Now::mutate(|now| *now += SLOT);
	}
}

fn hash(domain: &[u8], bytes: &[u8]) -> H256 {
	blake2_256(&[domain, bytes].concat()).into()
}

fn hash_ids(domain: &[u8], ids: &[u32]) -> H256 {
	hash(domain, &ids.iter().flat_map(|id| id.to_le_bytes()).collect::<Vec<_>>())
}

/// A receipt of the miner's for a request of this number.
pub fn receipt(request: u8) -> Receipt {
	let (prompt, output) = ([1u32, 2, 3], [4u32, 5, 6, 7]);
	Receipt {
		version: RECEIPT_VERSION,
		network: System::block_hash(0).0.into(),
		request: H256([request; 32]),
		request_id: [request; 16],
		miner: miner().into(),
		requester: [8; 32],
		profile: PROFILE,
		kind: AnswerKind::Chat,
		prompt: hash_ids(PROMPT_DOMAIN, &prompt),
		prompt_tokens: 3,
		sampling: hash(SAMPLING_DOMAIN, b"greedy"),
		output: hash_ids(OUTPUT_DOMAIN, &output),
		output_tokens: 4,
		finish: Finish::Stop,
		nonce: [0; 16],
		trace: H256::zero(),
		price: 0,
		payment: H256::zero(),
		created_at: Now::get(),
		first_token_ms: 1,
		pace: 1,
		stream: None,
	}
}

/// Signed by a key.
pub fn sign(receipt: Receipt, key: &ed25519::Pair) -> SignedReceipt {
	let message = [RECEIPT_DOMAIN, &receipt.encode()].concat();
	let signature = MultiSignature::Ed25519(key.sign(&message));
	SignedReceipt { receipt, signature }
}

/// It, signed, with what it speaks of.
pub fn evidence_of(receipt: Receipt) -> AnswerEvidence {
	AnswerEvidence {
		receipt: sign(receipt, &miner_key()),
		prompt: BoundedVec::truncate_from(vec![1, 2, 3]),
		output: BoundedVec::truncate_from(vec![4, 5, 6, 7]),
		sampling: BoundedVec::truncate_from(b"greedy".to_vec()),
		leaves: BoundedVec::new(),
	}
}

pub fn evidence(request: u8) -> AnswerEvidence {
	evidence_of(receipt(request))
}

/// File three verdicts of the validator's, of which the second is about this evidence. Returns it with its proof.
pub fn file(evidence: &AnswerEvidence, outcome: Outcome) -> (Verdict, Vec<H256>) {
	let verdict = Verdict {
		request_id: evidence.receipt.receipt.request_id,
		receipt: blake2_256(&evidence.receipt.encode()).into(),
		uid: 0,
		outcome,
		margin: 0,
		position: 0,
	};
	let other = |id: u8| Verdict {
		request_id: [id; 16],
		..verdict
	};
	let leaves = [other(0), verdict, other(255)].map(|one| verdict_leaf(&one));
	let proof = binary_merkle_tree::merkle_proof::<BlakeTwo256, _, _>(leaves.to_vec(), 1);
	let filed = FiledEvidence {
		root: proof.root,
		leaves: 3,
		receipts_root: H256::zero(),
		receipts: 0,
		secret: [0; 32],
		rows: H256::zero(),
		author: account(VALIDATOR),
	};
	Filed::set(vec![(account(VALIDATOR), 4, filed)]);
	(verdict, proof.proof)
}

/// An open dispute.
pub fn dispute(id: u32) -> DisputeOf {
	Open::<Test>::get(id).unwrap()
}
