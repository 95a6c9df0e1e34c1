//! Anchored receipts through the whole runtime: free for keys without a token, proven by anybody, final in time, and kept
//! through swapped keys and dissolved subnets.

use crate::common::{
	calls, key,
	network::{next_epoch, Network, NET},
	Chain, Key, CANNOT_PAY,
};
use binary_merkle_tree::{merkle_proof, merkle_root};
use codec::Encode;
use ganglion_primitives::{receipt::Anchorer, *};
use ganglion_runtime::{
	parameters::{AnchorLife, ChallengePeriod},
	AccountId, Hash, Runtime, RuntimeCall,
};
use pallet_receipts::{leaf_of, FREE_ANCHORS};
use sp_runtime::traits::BlakeTwo256;

fn receipt(miner: &Key, requester: &Key, number: u8) -> SignedReceipt {
	let receipt = Receipt {
		version: RECEIPT_VERSION,
		network: Hash::repeat_byte(1),
		request: Hash::repeat_byte(number),
		request_id: [number; 16],
		miner: miner.id.clone().into(),
		requester: requester.id.clone().into(),
		profile: Hash::repeat_byte(2),
		kind: AnswerKind::Completion,
		prompt: Hash::repeat_byte(3),
		prompt_tokens: 3,
		sampling: Hash::repeat_byte(4),
		output: Hash::repeat_byte(5),
		output_tokens: 2,
		finish: Finish::Length,
		nonce: [6; 16],
		trace: Hash::repeat_byte(7),
		price: 0,
		payment: Hash::zero(),
		created_at: 8,
		first_token_ms: 9,
		pace: 10,
		stream: None,
	};
	let message = [RECEIPT_DOMAIN, &receipt.encode()].concat();
	SignedReceipt {
		signature: miner.signature(&message),
		receipt,
	}
}

/// A batch of answers that the validator accepted from a miner.
struct Batch {
	receipts: Vec<SignedReceipt>,
}

impl Batch {
	fn of(network: &Network, count: u8, first: u8) -> Self {
		let (miner, requester) = (&network.miners[0].hotkey, &network.validator.hotkey);
		let receipts = (first..first + count)
			.map(|number| receipt(miner, requester, number))
			.collect();
		Self { receipts }
	}

	fn leaves(&self) -> Vec<Vec<u8>> {
		self.receipts.iter().map(leaf_of).collect()
	}

	fn root(&self) -> Hash {
		merkle_root::<BlakeTwo256, _>(self.leaves())
	}

	fn anchor(&self) -> RuntimeCall {
		let (netuid, root, count) = (NET, self.root(), self.receipts.len() as u32);
		pallet_receipts::Call::anchor { netuid, root, count }.into()
	}

	fn shown(&self, chain: &mut Chain, index: u32) -> Vec<Inclusion<AccountId>> {
		let proof = merkle_proof::<BlakeTwo256, _, _>(self.leaves(), index).proof;
		let signed = &self.receipts[index as usize];
		chain.ask("ReceiptsApi_inclusion", (signed, self.root(), index, proof))
	}
}

#[test]
fn keys_without_a_token_anchor_a_few_batches_a_tempo() {
	let mut network = Network::new();
	let batches: Vec<_> = (0..=FREE_ANCHORS as u8)
		.map(|n| Batch::of(&network, 5, 10 * n))
		.collect();
	let (chain, hotkey) = (&mut network.chain, &network.validator.hotkey);
	let before = (chain.free(hotkey), chain.issuance());
	let (beyond, free) = batches.split_last().unwrap();
	for batch in free {
		chain.ok(hotkey, batch.anchor());
		assert_eq!(
			chain.refused(hotkey, batch.anchor()),
			CANNOT_PAY,
			"what fails is not free"
		);
	}
	assert_eq!(chain.refused(hotkey, beyond.anchor()), CANNOT_PAY);
	assert_eq!((chain.free(hotkey), chain.issuance()), before);
	assert_eq!(chain.refused(&key("nobody"), beyond.anchor()), CANNOT_PAY);
	next_epoch(chain, NET);
	next_epoch(chain, NET);
	chain.ok(hotkey, beyond.anchor());
}

#[test]
fn anybody_proves_an_answer_and_it_becomes_final() {
	let mut network = Network::new();
	let batch = Batch::of(&network, 7, 1);
	let (validator, miner) = (network.validator.hotkey.clone(), network.miners[0].hotkey.clone());
	let chain = &mut network.chain;
	assert!(batch.shown(chain, 3).is_empty());
	chain.ok(&miner, batch.anchor());
	chain.ok(&validator, batch.anchor());
	let height = chain.height();
	for index in 0..7 {
		let lines = batch.shown(chain, index);
		let roles: Vec<_> = lines
			.iter()
			.map(|line| (line.role, line.hotkey.clone(), line.block))
			.collect();
		assert_eq!(
			roles,
			[
				(Anchorer::Requester, validator.id.clone(), height),
				(Anchorer::Miner, miner.id.clone(), height - 1)
			]
		);
		assert!(lines
			.iter()
			.all(|line| !line.finalized && line.at > 0 && line.count == 7));
	}
	let left = batch.shown(chain, 0)[0].final_in;
	assert_eq!(left, chain.read(ChallengePeriod::get));
	chain.empty(left - 1);
	assert!(!batch.shown(chain, 0)[0].finalized);
	chain.empty(1);
	assert!(batch.shown(chain, 0)[0].finalized);
}

#[test]
fn anchors_outlive_keys_and_subnets_but_not_their_time() {
	let mut network = Network::new();
	let batch = Batch::of(&network, 3, 1);
	let validator = network.validator.clone();
	let chain = &mut network.chain;
	chain.ok(&validator.hotkey, batch.anchor());
	let new = key("new hotkey of Bob");
	let swap = pallet_key_swap::Call::swap_hotkey {
		old: validator.hotkey.id.clone(),
		new: new.id.clone(),
		netuid: None,
	};
	chain.ok(&validator.coldkey, swap.into());
	let quota: Option<(u32, BlockNumber)> = chain.ask("ReceiptsApi_quota", (NET, &new.id));
	assert_eq!(
		quota.map(|(free, _)| free),
		Some(FREE_ANCHORS - 1),
		"the quota goes along"
	);
	assert_eq!(batch.shown(chain, 1)[0].hotkey, validator.hotkey.id);
	chain.root(calls::dissolve(NET));
	while chain.read(|| pallet_receipts::Books::<Runtime>::iter_prefix(NET).next().is_some()) {
		chain.empty(1);
	}
	assert_eq!(batch.shown(chain, 1).len(), 1);
	let life = 20;
	chain.write(|| AnchorLife::set(&life));
	chain.empty(life);
	assert!(batch.shown(chain, 1).is_empty());
	assert_eq!(chain.read(|| pallet_receipts::Queue::<Runtime>::iter().count()), 0);
}
