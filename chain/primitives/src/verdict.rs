//! What a validator found in an epoch, as it is published with its weights.

use crate::{ProfileNumber, MAX_UIDS};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{ConstU32, H256};
use sp_runtime::BoundedVec;

/// What stands before a verdict's bytes when it becomes a leaf.
pub const VERDICT_DOMAIN: &[u8] = b"ganglion/verdict/1";

/// What one validator found out about one miner and profile since its last weights.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct VerdictRow {
	/// The miner's slot.
	pub uid: u16,
	/// The profile that it answered with.
	pub profile: ProfileNumber,
	/// Verified work: thousandths of tokens per second, averaged over rounds, weighed by task.
	pub work: u32,
	/// Audits: all of them, and how they ended.
	pub audited: u16,
	/// Passed.
	pub passed: u16,
	/// Ended soft.
	pub soft: u16,
	/// Ended hard.
	pub hard: u16,
	/// Gathered log-likelihood ratio of cheat to honest, in thousandths.
	pub llr: i32,
	/// Audits that the miner still owes after a lie; nothing counts until there are none.
	pub owed: u16,
}

/// Why rows are refused.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub enum RowFlaw {
	/// They are not ascending by uid, one for each.
	Unordered,
	/// One is about a slot that is not in use.
	UnknownUid,
	/// The audits of one do not add up.
	Inconsistent,
	/// One is about a profile that is not registered.
	UnknownProfile,
}

/// Rows, ascending by uid, one for each.
pub type VerdictRows = BoundedVec<VerdictRow, ConstU32<MAX_UIDS>>;

/// What a validator's weights rest on. Part of the commitment's preimage, published with the reveal and never before.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct Evidence {
	/// The secret that drew this period's audits and made its nonces.
	pub secret: [u8; 32],
	/// blake2b-256 of the next period's secret.
	pub next: H256,
	/// Merkle root of the period's single verdicts, ascending by uid, outcome and request id: of every leaf the rows say whose it is and how
	/// it ended.
	pub root: H256,
	/// Their number: that of the rows' audits.
	pub leaves: u32,
	/// Merkle root of the accepted receipts of the period, ascending by request id.
	pub receipts_root: H256,
	/// Their number.
	pub receipts: u32,
	/// What the weights are computed from.
	pub rows: VerdictRows,
}

/// How an audit ended.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub enum Outcome {
	/// Nothing was wrong.
	Passed,
	/// Does not count as work.
	Soft,
	/// No honest miner gives such an answer.
	Hard,
}

/// A single verdict: leaf = [`VERDICT_DOMAIN`] and these SCALE bytes.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct Verdict {
	/// The request.
	pub request_id: [u8; 16],
	/// blake2b-256 of the signed receipt's bytes.
	pub receipt: H256,
	/// The miner's slot.
	pub uid: u16,
	/// How it ended.
	pub outcome: Outcome,
	/// Largest margin, in millionths of a logit (saturated).
	pub margin: u32,
	/// Position of the largest margin in the answer.
	pub position: u32,
}

/// What the chain keeps of a validator's evidence.
#[derive(Clone, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo, Debug)]
pub struct FiledEvidence<AccountId> {
	/// Of its single verdicts.
	pub root: H256,
	/// Their number.
	pub leaves: u32,
	/// Of its accepted receipts.
	pub receipts_root: H256,
	/// Their number.
	pub receipts: u32,
	/// The secret that drew them.
	pub secret: [u8; 32],
	/// blake2b-256 of the rows' SCALE bytes.
	pub rows: H256,
	/// The hotkey that made the commitment, as it was named then.
	pub author: AccountId,
}

/// Whose verdict stands at a place of the tree, and how it ended, as the rows have it. None where they have fewer audits.
pub fn standing(rows: &[VerdictRow], index: u32) -> Option<(u16, Outcome)> {
	let mut left = index;
	for row in rows {
		let ended = [
			(row.passed, Outcome::Passed),
			(row.soft, Outcome::Soft),
			(row.hard, Outcome::Hard),
		];
		for (count, outcome) in ended {
			match left.checked_sub(count.into()) {
				Some(rest) => left = rest,
				None => return Some((row.uid, outcome)),
			}
		}
	}
	None
}
