//! Profiles, bonds, and weights that rest on evidence, by short names.

use super::{
	calls::{self, MECHANISM},
	network::{genesis, next_epoch, Network, Player, NET},
	Chain,
};
use binary_merkle_tree::{merkle_proof, merkle_root};
use codec::Encode;
use frame_support::BoundedVec;
use ganglion_primitives::*;
use ganglion_runtime::{Balance, Hash, RuntimeCall};
use sp_io::hashing::blake2_256;
use sp_runtime::traits::BlakeTwo256;

/// Limit of the log-likelihood ratio of the profiles here, thousandths.
pub const LLR_LIMIT: u32 = 13_815;

fn label(text: &str) -> Label {
	BoundedVec::truncate_from(text.as_bytes().to_vec())
}

/// A profile whose one file begins with `seed`.
pub fn profile(seed: u8, lane: Lane) -> ProfileSpec {
	let file = ProfileFile {
		path: BoundedVec::truncate_from(b"model.safetensors".to_vec()),
		sha256: [seed; 32],
	};
	ProfileSpec {
		task: Task::Generate,
		lane,
		files: BoundedVec::truncate_from(vec![file]),
		dtype: label("float32"),
		attention: label("eager"),
		engine: label("transformers"),
		protocol: label("st-1"),
		layers: 4,
		thresholds: Thresholds {
			margin_hard: 1_000,
			llr_limit: LLR_LIMIT,
			tolerance: 1_000,
			..Default::default()
		},
		replay: Replay {
			self_test: Hash::repeat_byte(1),
			wheels: Hash::repeat_byte(2),
			aten: label("default"),
			mkl: label("COMPATIBLE"),
			onednn: label("SSE41"),
		},
	}
}

/// Its identity.
pub fn identity(spec: &ProfileSpec) -> ProfileId {
	let mut bytes = PROFILE_DOMAIN.to_vec();
	spec.encode_to(&mut bytes);
	Hash::from(blake2_256(&bytes))
}

/// Register it.
pub fn register_profile(spec: &ProfileSpec) -> RuntimeCall {
	let terms = ProfileTerms {
		name: label("tiny"),
		licence: label("Apache-2.0"),
		price_floor: 0,
	};
	let spec = Box::new(spec.clone());
	pallet_models::Call::register { spec, terms }.into()
}

/// Serve or audit it.
pub fn declare(player: &Player, profile: ProfileId, role: Role, bond: Balance) -> RuntimeCall {
	let (netuid, hotkey) = (NET, player.hotkey.id.clone());
	pallet_models::Call::declare {
		netuid,
		hotkey,
		profile,
		role,
		bond,
	}
	.into()
}

/// A network whose weights rest on verdicts: profile 0 is registered by the owner, Bob audits it with a bond of 20 GNG, both miners serve it
/// with 5 GNG each.
pub fn judged_network() -> (Network, ProfileId) {
	let mut network = Network::new();
	let spec = profile(1, Lane::Strict);
	let id = identity(&spec);
	let (chain, bob) = (&mut network.chain, network.validator.clone());
	chain.ok(&network.owner.coldkey, register_profile(&spec));
	chain.ok(&bob.coldkey, declare(&bob, id, Role::Audit, 20 * GNG));
	for miner in &network.miners {
		chain.ok(&miner.coldkey, calls::add_stake(NET, &miner.hotkey, 6 * GNG));
		chain.ok(&miner.coldkey, declare(miner, id, Role::Serve, 5 * GNG));
	}
	chain.root(calls::set_hyperparameters(NET, &[Hyperparameter::VerdictsOn(true)]));
	next_epoch(chain, NET);
	(network, id)
}

/// A row about a miner that passed all of four audits.
pub fn verdict_row(uid: u16, work: u32) -> VerdictRow {
	VerdictRow {
		uid,
		profile: 0,
		work,
		audited: 4,
		passed: 4,
		soft: 0,
		hard: 0,
		llr: 0,
		owed: 0,
	}
}

/// The secret of a period.
pub fn secret(number: u8) -> [u8; 32] {
	blake2_256(&[b"secret", &[number][..]].concat())
}

fn leaves(verdicts: &[Verdict]) -> Vec<Vec<u8>> {
	let leaf = |verdict: &Verdict| [VERDICT_DOMAIN, &verdict.encode()].concat();
	verdicts.iter().map(leaf).collect()
}

/// Single verdicts as the rows count them, in their order. Those that are known take their places; the others are about requests that begin
/// with `number`.
pub fn verdicts(number: u8, rows: &[VerdictRow], known: &[Verdict]) -> Vec<Verdict> {
	let mut all = Vec::new();
	for row in rows {
		for (outcome, count) in [
			(Outcome::Passed, row.passed),
			(Outcome::Soft, row.soft),
			(Outcome::Hard, row.hard),
		] {
			let theirs = known.iter().filter(|one| (one.uid, one.outcome) == (row.uid, outcome));
			let made_up = (0..count).map(|place| Verdict {
				request_id: [number, row.uid as u8, outcome as u8, place as u8]
					.repeat(4)
					.try_into()
					.unwrap(),
				receipt: Hash::zero(),
				uid: row.uid,
				outcome,
				margin: 0,
				position: 0,
			});
			let mut group: Vec<Verdict> = theirs.copied().chain(made_up).take(count.into()).collect();
			group.sort_by_key(|one| one.request_id);
			all.extend(group);
		}
	}
	all
}

/// One of them with its proof.
pub fn opening(epoch: EpochIndex, verdicts: &[Verdict], index: u32) -> VerdictOpening {
	let proof = merkle_proof::<BlakeTwo256, _, _>(leaves(verdicts), index).proof;
	VerdictOpening {
		epoch,
		verdict: verdicts[index as usize],
		index,
		proof: BoundedVec::truncate_from(proof),
	}
}

/// Weights with the evidence that they rest on.
#[derive(Clone)]
pub struct Filing {
	pub entries: Vec<(u16, u16)>,
	pub evidence: Evidence,
}

impl Filing {
	/// Evidence of period `number` with these rows; `entries` should be what they give.
	pub fn new(number: u8, rows: &[VerdictRow], entries: &[(u16, u16)]) -> Self {
		Self {
			entries: entries.to_vec(),
			evidence: Evidence {
				secret: secret(number),
				next: Hash::from(blake2_256(&secret(number + 1))),
				root: Hash::from(blake2_256(&[b"root", &[number][..]].concat())),
				leaves: rows.iter().map(|row| u32::from(row.audited)).sum(),
				receipts_root: Hash::zero(),
				receipts: 0,
				rows: rows.to_vec().try_into().unwrap(),
			},
		}
	}

	/// The same with these verdicts.
	pub fn over(mut self, verdicts: &[Verdict]) -> Self {
		self.evidence.root = merkle_root::<BlakeTwo256, _>(leaves(verdicts));
		self.evidence.leaves = verdicts.len() as u32;
		self
	}

	fn columns(&self) -> (Vec<u16>, Vec<u16>) {
		self.entries.iter().copied().unzip()
	}

	/// The hash as the documentation defines it.
	pub fn commitment(&self, genesis: Hash, player: &Player) -> Hash {
		let (uids, values) = self.columns();
		let (evidence, version_key) = (Some(&self.evidence), 0u64);
		let hotkey = &player.hotkey.id;
		let preimage = (
			genesis,
			NET.0,
			MECHANISM.0,
			hotkey,
			uids,
			values,
			self.salt(),
			version_key,
			evidence,
		);
		Hash::from(preimage.using_encoded(blake2_256))
	}

	fn salt(&self) -> [u8; 32] {
		blake2_256(&self.evidence.secret)
	}

	/// Commit to it.
	pub fn commit(&self, chain: &mut Chain, player: &Player) -> RuntimeCall {
		let commitment = self.commitment(genesis(chain), player);
		calls::commit(NET, commitment)
	}

	/// Reveal it.
	pub fn reveal(&self) -> RuntimeCall {
		let (uids, values) = self.columns();
		pallet_weights::Call::reveal {
			netuid: NET,
			mechanism: MECHANISM,
			uids,
			values,
			salt: self.salt(),
			version_key: 0,
			evidence: Some(self.evidence.clone()),
		}
		.into()
	}
}
