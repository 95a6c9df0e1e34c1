//! Weights that rest on evidence: audits of made-up answers, committed to with announced secrets, revealed, or kept back.

use super::{weights, Kind};
use crate::{
	common::{network::genesis, Key},
	world::World,
};
use binary_merkle_tree::{merkle_proof, merkle_root};
use codec::Encode;
use ganglion_primitives::{
	dispute::{OUTPUT_DOMAIN, PROMPT_DOMAIN, SAMPLING_DOMAIN},
	*,
};
use ganglion_runtime::{AccountId, Audits, Hash, Models, Neurons, Runtime, RuntimeCall, Subnets, Timestamp, Weights};
use ganglion_traits::{EpochInspect, NeuronInspect, Profiles, SubnetInspect};
use pallet_weights::{Call, RevealItem};
use sp_io::hashing::blake2_256;
use sp_runtime::traits::BlakeTwo256;

pub const KINDS: &[Kind] = &[("commit evidence", 12), ("reveal evidence", 10)];

const FIRST: MechanismId = MechanismId(0);

/// A single verdict that was, or will be, filed.
#[derive(Clone)]
pub struct Opening {
	/// Where.
	pub netuid: NetUid,
	/// Epoch of the commitment.
	pub epoch: EpochIndex,
	/// Who commits.
	pub validator: AccountId,
	/// All verdicts that it commits to.
	pub verdicts: Vec<Verdict>,
	/// Which of them is meant.
	pub index: u32,
	/// What was committed to with them.
	pub rows: VerdictRows,
	/// The answer that was judged.
	pub answer: AnswerEvidence,
}

pub fn call(world: &mut World, kind: &str) -> Option<(Key, RuntimeCall)> {
	match kind {
		"commit evidence" => commit(world),
		_ => weights::reveal(world, kind),
	}
}

/// The secret of a period. Validators share them: that nobody else has them is not the chain's to check.
fn secret(period: u32) -> [u8; 32] {
	("a secret of the fuzzer", period).using_encoded(blake2_256)
}

fn commit(world: &mut World) -> Option<(Key, RuntimeCall)> {
	let netuid = place(world)?;
	let author = author(world, netuid)?;
	// Now and then it tells of answers that somebody else asked for.
	let requester = match world.dice.one_in(4) {
		true => [3; 32],
		false => author.id.clone().into(),
	};
	let audited = answer_to(world, netuid, requester);
	let rows = rows(world, netuid);
	let opening = audited.and_then(|(uid, answer)| {
		let about = verdict(world, uid, &answer);
		let (verdicts, index) = lay(world, &rows, about)?;
		Some(Opening {
			netuid,
			epoch: world.epoch(netuid),
			validator: author.id.clone(),
			verdicts,
			index,
			rows: rows.clone(),
			answer,
		})
	});
	let verdicts = opening.as_ref().map(|one| one.verdicts.clone());
	let evidence = evidence(world, netuid, &author, rows, &verdicts.unwrap_or_default());
	let given = world
		.chain
		.read(|| Audits::weights_of(netuid, &author.id, &evidence.rows));
	let (uids, values) = match given {
		Some(Ok(entries)) => entries.into_iter().unzip(),
		_ if world.sensible => return None,
		_ => (vec![0], vec![1]),
	};
	let row = RevealItem {
		netuid,
		mechanism: FIRST,
		uids,
		values,
		salt: [world.dice.roll() as u8; 32],
		version_key: 0,
		evidence: Some(evidence),
	};
	let item = weights::commit_to(world, &author, row);
	world.openings.extend(opening);
	let (mechanism, commitment) = (FIRST, item.commitment);
	let call = Call::commit {
		netuid,
		mechanism,
		commitment,
	};
	Some((author, call.into()))
}

/// A subnet that asks for evidence.
fn place(world: &mut World) -> Option<NetUid> {
	let wants = |netuid: &NetUid| Subnets::hyperparameters(*netuid).is_some_and(|h| h.verdicts_on);
	let found: Vec<NetUid> = world
		.chain
		.read(|| Subnets::netuids().into_iter().filter(wants).collect());
	world.dice.pick(&found).copied()
}

/// Somebody who can commit to evidence now.
fn author(world: &mut World, netuid: NetUid) -> Option<Key> {
	let found: Vec<AccountId> = world.chain.read(|| {
		let slots = Neurons::neurons(netuid).into_iter().map(|(id, _)| id);
		slots
			.filter(|id| Weights::ensure_can_commit(id, netuid, FIRST).is_ok())
			.collect()
	});
	match world.sensible {
		true => world.dice.pick(&found).and_then(|id| world.key_of(id)),
		false => Some(world.validator(netuid)),
	}
}

/// Evidence with the secret that is due, about some of the slots.
fn evidence(world: &mut World, netuid: NetUid, author: &Key, rows: VerdictRows, verdicts: &[Verdict]) -> Evidence {
	let mut period = period(world, netuid, &author.id);
	if !world.sensible {
		period += 1;
	}
	let next = Hash::from(blake2_256(&secret(period + 1)));
	world.periods.insert(next, period + 1);
	let counted = rows.iter().map(|row| u32::from(row.audited)).sum();
	Evidence {
		secret: secret(period),
		next,
		root: merkle_root::<BlakeTwo256, _>(leaves(verdicts)),
		leaves: if world.dice.one_in(20) { 1 } else { counted },
		receipts_root: Hash::zero(),
		receipts: 0,
		rows,
	}
}

/// Leaves of a tree.
fn leaves(verdicts: &[Verdict]) -> Vec<Vec<u8>> {
	let leaf = |verdict: &Verdict| pallet_disputes::verdict_leaf(verdict);
	verdicts.iter().map(leaf).collect()
}

impl Opening {
	/// The verdict that is meant.
	pub fn verdict(&self) -> Verdict {
		self.verdicts[self.index as usize]
	}

	/// The verdict at an index with its proof.
	pub fn proven(&self, index: u32) -> VerdictOpening {
		let proof = merkle_proof::<BlakeTwo256, _, _>(leaves(&self.verdicts), index).proof;
		VerdictOpening {
			epoch: self.epoch,
			verdict: self.verdicts[index as usize],
			index,
			proof: proof.try_into().unwrap_or_default(),
		}
	}
}

/// Made-up verdicts in the order in which the rows count them, with this one at its place; somewhere else where it has none.
fn lay(world: &mut World, rows: &VerdictRows, about: Verdict) -> Option<(Vec<Verdict>, u32)> {
	let count = rows.iter().map(|row| u32::from(row.audited)).sum::<u32>();
	let mut verdicts = vec![];
	for (uid, outcome) in (0..count).filter_map(|index| verdict::standing(rows, index)) {
		verdicts.push(Verdict {
			request_id: [world.dice.roll(), world.dice.roll()].using_encoded(|raw| raw.try_into().unwrap_or_default()),
			uid,
			outcome,
			..about
		});
	}
	let fits = |one: &Verdict| (one.uid, one.outcome) == (about.uid, about.outcome);
	let index = match verdicts.iter().position(fits) {
		Some(index) => index,
		None => world.dice.below(u64::from(count.max(1))) as usize,
	};
	*verdicts.get_mut(index)? = about;
	Some((verdicts, index as u32))
}

/// The period whose secret the author has to reveal: after those that wait for their reveal, else the announced one, else any.
fn period(world: &mut World, netuid: NetUid, author: &AccountId) -> u32 {
	let secrets = world.secrets.iter().filter(|one| one.is_of(netuid, author));
	let waiting = secrets
		.filter_map(|one| one.announces())
		.filter_map(|next| world.periods.get(&next));
	if let Some(last) = waiting.max() {
		return *last;
	}
	let announced = world.chain.read(|| Audits::announced(netuid, author));
	let known = announced.and_then(|hash| world.periods.get(&hash)).copied();
	known.unwrap_or(world.periods.len() as u32)
}

fn rows(world: &mut World, netuid: NetUid) -> VerdictRows {
	let (slots, profiles) = world.chain.read(|| {
		let numbers = pallet_models::Records::<Runtime>::iter_keys();
		(Neurons::count(netuid), numbers.collect::<Vec<u32>>())
	});
	let mut rows = vec![];
	for uid in 0..slots {
		let profile = match world.dice.pick(&profiles) {
			Some(number) if !world.dice.one_in(3) => *number,
			_ => continue,
		};
		let counts = [3, 1, 1].map(|most| world.dice.below(most + 1) as u16);
		let [passed, soft, hard] = counts;
		rows.push(VerdictRow {
			uid,
			profile,
			work: world.dice.below(1 << 20) as u32,
			audited: passed + soft + hard,
			passed,
			soft,
			hard,
			llr: world.dice.below(20_000) as i32 - 4_000,
			owed: u16::from(world.dice.one_in(5)),
		});
	}
	VerdictRows::truncate_from(rows)
}

/// An answer that a miner of the subnet signed now, with its slot.
pub fn answer(world: &mut World, netuid: NetUid) -> Option<(u16, AnswerEvidence)> {
	answer_to(world, netuid, [3; 32])
}

/// The same for a requester.
fn answer_to(world: &mut World, netuid: NetUid, requester: [u8; 32]) -> Option<(u16, AnswerEvidence)> {
	let found: Vec<(u16, AccountId, ProfileId)> = world.chain.read(|| {
		let records: Vec<_> = pallet_models::Records::<Runtime>::iter()
			.map(|(_, one)| one.id)
			.collect();
		let slots = (0u16..).zip(Neurons::neurons(netuid));
		slots
			.flat_map(|(uid, (id, _))| records.iter().map(move |profile| (uid, id.clone(), *profile)))
			.filter(|(_, id, profile)| Models::is_bonded(netuid, id, profile, Role::Serve))
			.collect()
	});
	let (uid, id, profile) = world.dice.pick(&found)?.clone();
	let miner = world.key_of(&id)?;
	Some((uid, signed(world, &miner, profile, requester)))
}

fn signed(world: &mut World, miner: &Key, profile: ProfileId, requester: [u8; 32]) -> AnswerEvidence {
	let ids = |world: &mut World| vec![world.dice.roll() as u32; 1 + world.dice.below(5) as usize];
	let (prompt, output) = (ids(world), ids(world));
	let hashed = |domain: &[u8], bytes: &[u8]| Hash::from(blake2_256(&[domain, bytes].concat()));
	let bytes = |ids: &[u32]| ids.iter().flat_map(|id| id.to_le_bytes()).collect::<Vec<u8>>();
	let receipt = Receipt {
		version: RECEIPT_VERSION,
		network: genesis(&mut world.chain),
		request: Hash::zero(),
		request_id: [world.dice.roll() as u8; 16],
		miner: miner.id.clone().into(),
		requester,
		profile,
		kind: AnswerKind::Chat,
		prompt: hashed(PROMPT_DOMAIN, &bytes(&prompt)),
		prompt_tokens: prompt.len() as u32,
		sampling: hashed(SAMPLING_DOMAIN, b"sampled"),
		output: hashed(OUTPUT_DOMAIN, &bytes(&output)),
		output_tokens: output.len() as u32,
		finish: Finish::Stop,
		nonce: [0; 16],
		trace: Hash::zero(),
		price: 0,
		payment: Hash::zero(),
		created_at: world.chain.read(Timestamp::get),
		first_token_ms: 1,
		pace: 1,
		stream: None,
	};
	let signature = miner.signature(&[RECEIPT_DOMAIN, &receipt.encode()].concat());
	AnswerEvidence {
		receipt: SignedReceipt { receipt, signature },
		prompt: prompt.try_into().unwrap(),
		output: output.try_into().unwrap(),
		sampling: b"sampled".to_vec().try_into().unwrap(),
		leaves: Default::default(),
	}
}

fn verdict(world: &mut World, uid: u16, answer: &AnswerEvidence) -> Verdict {
	Verdict {
		request_id: answer.receipt.receipt.request_id,
		receipt: answer.receipt.using_encoded(blake2_256).into(),
		uid,
		outcome: match world.dice.below(3) {
			0 => Outcome::Passed,
			1 => Outcome::Soft,
			_ => Outcome::Hard,
		},
		margin: world.dice.roll() as u32,
		position: 0,
	}
}

/// Forget what can't be disputed any more.
pub fn forget(world: &mut World) {
	let alive = |one: &Opening| {
		let now = ganglion_runtime::Emissions::epoch(one.netuid);
		Subnets::exists(one.netuid) && one.epoch + 30 > now
	};
	let openings = std::mem::take(&mut world.openings);
	world.openings = world.chain.read(|| openings.into_iter().filter(alive).collect());
}
