//! Receipt version 1: what a miner signs about an answer. The wire's own bytes, so that the chain can read them.

use crate::{Balance, BlockNumber, NetUid, ProfileId};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::H256;
use sp_runtime::MultiSignature;

/// The only version there is.
pub const RECEIPT_VERSION: u8 = 1;
/// What stands before a receipt's bytes when a miner signs it.
pub const RECEIPT_DOMAIN: &[u8] = b"ganglion/receipt/1";
/// What stands before a signed receipt's bytes when the requester accepts it.
pub const ACCEPTANCE_DOMAIN: &[u8] = b"ganglion/receipt-accepted/1";
/// What a receipt's leaf in an anchored batch begins with; its digest and its request id follow.
pub const ACCEPTED_DOMAIN: &[u8] = b"ganglion/accepted/1";

/// What was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub enum AnswerKind {
	/// A chat completion.
	Chat,
	/// A completion.
	Completion,
	/// Embeddings.
	Embedding,
}

/// Why an answer ended.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub enum Finish {
	/// A stop token or string.
	Stop,
	/// As many tokens as were asked for.
	Length,
	/// Embeddings are always complete.
	Complete,
}

/// Version 1. Hashes are blake2b-256.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct Receipt {
	/// [`RECEIPT_VERSION`].
	pub version: u8,
	/// Genesis hash of the network.
	pub network: H256,
	/// Hash of the request's signature.
	pub request: H256,
	/// Of the request.
	pub request_id: [u8; 16],
	/// Public key of the miner's hotkey.
	pub miner: [u8; 32],
	/// Public key that signed the request.
	pub requester: [u8; 32],
	/// What the miner answered with.
	pub profile: ProfileId,
	/// What was asked for.
	pub kind: AnswerKind,
	/// Hash of the rendered prompt's token ids.
	pub prompt: H256,
	/// Their number.
	pub prompt_tokens: u32,
	/// Hash of the sampling parameters.
	pub sampling: H256,
	/// Hash of the answer's token ids, or of the embeddings.
	pub output: H256,
	/// Number of token ids, 0 for embeddings.
	pub output_tokens: u32,
	/// Why it ended.
	pub finish: Finish,
	/// The seed's nonce.
	pub nonce: [u8; 16],
	/// Merkle root of the activation leaves; zero where the profile has none.
	pub trace: H256,
	/// Nano; 0 while nothing is paid per answer.
	pub price: Balance,
	/// How it is paid; zero while nothing is.
	pub payment: H256,
	/// Unix milliseconds by the miner's clock: when the answer was complete.
	pub created_at: u64,
	/// Milliseconds from the request to the first token.
	pub first_token_ms: u32,
	/// Output tokens per 1,000 seconds, from the request to the end.
	pub pace: u32,
	/// Hash of all bytes of a stream before the receipt; None for an answer in one piece.
	pub stream: Option<H256>,
}

/// A receipt with the miner's signature over [`RECEIPT_DOMAIN`] and its bytes.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct SignedReceipt {
	/// What was signed.
	pub receipt: Receipt,
	/// Ed25519 or Sr25519.
	pub signature: MultiSignature,
}

/// What an anchor's hotkey has to do with a receipt under it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, TypeInfo, Debug)]
pub enum Anchorer {
	/// It asked.
	Requester,
	/// It answered.
	Miner,
	/// Neither: its present name, or somebody else.
	Other,
}

/// That a receipt is in a batch that a hotkey anchored.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct Inclusion<AccountId> {
	/// Where it was anchored.
	pub netuid: NetUid,
	/// By whom.
	pub hotkey: AccountId,
	/// What that hotkey has to do with the receipt.
	pub role: Anchorer,
	/// Receipts in the batch.
	pub count: u32,
	/// Block of the anchor.
	pub block: BlockNumber,
	/// Unix milliseconds of that block.
	pub at: u64,
	/// Unpaused blocks until nobody can open a dispute about it.
	pub final_in: BlockNumber,
	/// Whether the answer is disputed.
	pub disputed: bool,
	/// Whether the answer is final.
	pub finalized: bool,
}
