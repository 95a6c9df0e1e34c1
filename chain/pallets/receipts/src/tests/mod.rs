//! Tests: who anchors what at which price, what is kept for how long, and what a proof shows.
#![allow(
	clippy::arithmetic_side_effects,
	clippy::unwrap_used,
	clippy::indexing_slicing,
	reason = "tests"
)]

mod anchoring;
mod keeping;
mod proofs;
mod vectors;

use crate::mock::*;
use frame_support::dispatch::CheckIfFeeless;
use frame_system::RawOrigin;
use ganglion_primitives::{receipt::Anchorer, AnswerKind, Finish, Receipt, SignedReceipt, RECEIPT_VERSION};
use sp_core::{ed25519, H256};
use sp_runtime::{DispatchResult, MultiSignature};

type E = crate::Error<Test>;

fn signed(who: u64) -> RuntimeOrigin {
	RawOrigin::Signed(who).into()
}

fn root(n: u64) -> H256 {
	H256::from_low_u64_be(n)
}

fn anchor(who: u64, n: u64) -> DispatchResult {
	Receipts::anchor(signed(who), NETUID, root(n), 1_000)
}

fn is_free(who: u64, n: u64) -> bool {
	let (netuid, root, count) = (NETUID, root(n), 1_000);
	crate::Call::<Test>::anchor { netuid, root, count }.is_feeless(&signed(who))
}

/// The mock's accounts are numbers; their keys are these.
fn key(who: u64) -> [u8; 32] {
	let mut key = [0; 32];
	key[..8].copy_from_slice(&who.to_le_bytes());
	key
}

fn receipt(n: u8) -> SignedReceipt {
	let receipt = Receipt {
		version: RECEIPT_VERSION,
		network: H256::repeat_byte(1),
		request: H256::repeat_byte(n),
		request_id: [n; 16],
		miner: key(101),
		requester: key(100),
		profile: H256::repeat_byte(2),
		kind: AnswerKind::Chat,
		prompt: H256::repeat_byte(3),
		prompt_tokens: 4,
		sampling: H256::repeat_byte(5),
		output: H256::repeat_byte(6),
		output_tokens: 7,
		finish: Finish::Length,
		nonce: [8; 16],
		trace: H256::repeat_byte(9),
		price: 0,
		payment: H256::zero(),
		created_at: 10,
		first_token_ms: 11,
		pace: 12,
		stream: None,
	};
	let signature = MultiSignature::Ed25519(ed25519::Signature::from_raw([n; 64]));
	SignedReceipt { receipt, signature }
}
