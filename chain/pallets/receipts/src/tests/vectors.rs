//! Receipts and trees as other languages write them: the vectors of tests/conformance.

use super::*;
use crate::leaf_of;
use binary_merkle_tree::{merkle_proof, merkle_root};
use codec::{Decode, Encode};
use ganglion_primitives::{ACCEPTANCE_DOMAIN, RECEIPT_DOMAIN};
use serde_json::Value;
use sp_core::{crypto::Pair, sr25519, Blake2Hasher};
use sp_io::hashing::blake2_256;
use sp_runtime::{traits::Verify, AccountId32};

fn bytes(value: &Value) -> Vec<u8> {
	let text = value.as_str().unwrap();
	(0..text.len())
		.step_by(2)
		.map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
		.collect()
}

fn list(text: &str) -> Vec<Value> {
	serde_json::from_str(text).unwrap()
}

fn receipts() -> Vec<Value> {
	list(include_str!("../../../../../tests/conformance/vectors/receipts.json"))
}

fn hash(domain: &[u8], raw: &[u8]) -> H256 {
	H256(blake2_256(&[domain, raw].concat()))
}

#[test]
fn receipts_have_the_same_bytes_everywhere() {
	for vector in receipts() {
		let raw = bytes(&vector["signed"]);
		let signed = SignedReceipt::decode(&mut &raw[..]).unwrap();
		assert_eq!(signed.encode(), raw);
		assert_eq!(signed.receipt.encode(), bytes(&vector["receipt"]));
		assert_eq!(leaf_of(&signed), bytes(&vector["leaf"]));
		let receipt = &signed.receipt;
		assert_eq!(
			(receipt.version, receipt.prompt_tokens, receipt.output_tokens),
			(1, 17, 3)
		);
		assert_eq!((receipt.price, receipt.payment), (1 << 70, H256::repeat_byte(0x44)));
		assert_eq!((receipt.first_token_ms, receipt.pace), (45, 678_000));
		assert_eq!((receipt.kind, receipt.finish), (AnswerKind::Chat, Finish::Length));
		assert_eq!(receipt.profile, H256::repeat_byte(0x11));
		assert_eq!(
			receipt.stream.map(|hash| hash.0.to_vec()),
			vector["stream"].as_str().map(|_| bytes(&vector["stream"]))
		);
		let ids: Vec<u8> = [5u32, 6, 2_047].iter().flat_map(|id| id.to_le_bytes()).collect();
		assert_eq!(receipt.output, hash(b"ganglion/output/1", &ids));
		assert_eq!(
			receipt.sampling,
			hash(b"ganglion/sampling/1", &bytes(&vector["sampling_scale"]))
		);
	}
}

#[test]
fn sampling_is_scale() {
	let vector = &receipts()[0];
	let stops = vec!["\n\n".to_string(), "Ende\u{2026}".to_string()];
	let terms = (0.7f32.to_bits(), 0.9f32.to_bits(), 40u32, 1.1f32.to_bits(), 3u32, stops);
	assert_eq!(terms.encode(), bytes(&vector["sampling_scale"]));
}

#[test]
fn signatures_are_multi_signatures_of_both_parties() {
	for vector in receipts() {
		let raw = bytes(&vector["signed"]);
		let signed = SignedReceipt::decode(&mut &raw[..]).unwrap();
		let miner = AccountId32::new(signed.receipt.miner);
		let message = [RECEIPT_DOMAIN, &signed.receipt.encode()].concat();
		assert!(signed.signature.verify(&message[..], &miner));
		let acceptance = MultiSignature::decode(&mut &bytes(&vector["acceptance"])[..]).unwrap();
		let message = [ACCEPTANCE_DOMAIN, &raw].concat();
		let requester = AccountId32::new(signed.receipt.requester);
		assert!(acceptance.verify(&message[..], &requester));
		assert!(!acceptance.verify(&message[1..], &requester));
	}
	let alice = sr25519::Pair::from_string("//Alice", None).unwrap().public();
	assert!(receipts().iter().any(|vector| {
		let raw = bytes(&vector["signed"]);
		SignedReceipt::decode(&mut &raw[..]).unwrap().receipt.requester == alice.0
	}));
}

#[test]
fn trees_are_those_of_the_crate() {
	for vector in list(include_str!("../../../../../tests/conformance/vectors/merkle.json")) {
		let leaves: Vec<_> = vector["leaves"].as_array().unwrap().iter().map(bytes).collect();
		assert_eq!(
			merkle_root::<Blake2Hasher, _>(&leaves).0.to_vec(),
			bytes(&vector["root"])
		);
		for (index, nodes) in vector["proofs"].as_array().unwrap().iter().enumerate() {
			let nodes: Vec<_> = nodes
				.as_array()
				.unwrap()
				.iter()
				.map(|node| H256::from_slice(&bytes(node)))
				.collect();
			let made = merkle_proof::<Blake2Hasher, _, _>(leaves.clone(), u32::try_from(index).unwrap());
			assert_eq!(made.proof, nodes);
		}
	}
}
