//! Disputes: what is said about a signed receipt or a filed verdict, with which evidence, and how far it came.

use crate::{Balance, BlockNumber, EpochIndex, Lane, NetUid, ProfileId, Role, SignedReceipt, Verdict, VerdictRows};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{ConstU32, H256};
use sp_runtime::BoundedVec;

/// Disputes that are open at a time.
pub const MAX_DISPUTES: u32 = 64;
/// Most token ids of a disputed answer's prompt, and of its output.
pub const MAX_DISPUTED_TOKENS: u32 = 4_096;
/// Most bytes of what an answer was sampled with.
pub const MAX_SAMPLING: u32 = 2_048;
/// Seats of a committee. Members can have several.
pub const MAX_COMMITTEE: u32 = 5;
/// Most bytes of an activation leaf.
pub const MAX_LEAF: u32 = 600;
/// Most activation leaves of an answer.
pub const MAX_LEAVES: u32 = 129;
/// Tokens of the answer that one activation leaf is about.
pub const LEAF_TOKENS: u32 = 32;
/// Most hashes of a Merkle proof.
pub const MAX_PROOF: u32 = 32;
/// What stands before a prompt's token ids when they are hashed.
pub const PROMPT_DOMAIN: &[u8] = b"ganglion/prompt/1";
/// What stands before an answer's token ids when they are hashed.
pub const OUTPUT_DOMAIN: &[u8] = b"ganglion/output/1";
/// What stands before the sampling parameters when they are hashed.
pub const SAMPLING_DOMAIN: &[u8] = b"ganglion/sampling/1";

/// Number of a dispute, never reused.
pub type DisputeId = u32;
/// Token ids.
pub type TokenIds = BoundedVec<u32, ConstU32<MAX_DISPUTED_TOKENS>>;

/// Activation leaves of an answer, in their order.
pub type ActivationLeaves = BoundedVec<BoundedVec<u8, ConstU32<MAX_LEAF>>, ConstU32<MAX_LEAVES>>;

/// What an answer is replayed from. The hashes in the receipt are those of the rest.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct AnswerEvidence {
	/// What the miner signed.
	pub receipt: SignedReceipt,
	/// The rendered prompt.
	pub prompt: TokenIds,
	/// The answer.
	pub output: TokenIds,
	/// SCALE bytes of the sampling parameters, without their domain.
	pub sampling: BoundedVec<u8, ConstU32<MAX_SAMPLING>>,
	/// The activation leaves under the receipt's `trace`: all of them, or none where they are not known.
	pub leaves: ActivationLeaves,
}

/// Where a single verdict stands in what a validator filed.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct VerdictOpening {
	/// Epoch in which the weights were committed that it was filed with.
	pub epoch: EpochIndex,
	/// The verdict.
	pub verdict: Verdict,
	/// Its place among the leaves.
	pub index: u32,
	/// Hashes from the leaf to the root.
	pub proof: BoundedVec<H256, ConstU32<MAX_PROOF>>,
}

/// Why what a validator filed is false, as anybody sees without a model.
#[allow(clippy::large_enum_variant, reason = "it is boxed where it is passed")]
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub enum Refutation {
	/// A verdict is not the one that the rows count in its place.
	Miscounted {
		/// The rows, as they were filed.
		rows: VerdictRows,
		/// The verdict.
		opening: VerdictOpening,
	},
	/// Two verdicts about one request, in two places.
	Twice {
		/// In the filing that is refuted.
		first: VerdictOpening,
		/// In the same, or in an earlier one.
		second: VerdictOpening,
	},
	/// The verdict is not about an answer that the miner in its slot gave the validator.
	Foreign {
		/// The verdict.
		opening: VerdictOpening,
		/// The receipt that it is about.
		receipt: SignedReceipt,
	},
}

/// What was found wrong with what a validator filed.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub enum FilingFlaw {
	/// A verdict is not the one that the rows count in its place.
	Miscounted,
	/// Two verdicts are about one request.
	Twice,
	/// No miner signed the receipt, or not for this network.
	NotAnswered,
	/// The receipt is about another request.
	OtherRequest,
	/// Somebody else asked.
	OtherRequester,
	/// A miner in another slot answered.
	OtherSlot,
}

/// What the challenger says.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub enum Claim {
	/// Under canonical replay, the token at `position` of the answer has this margin, in millionths of a logit (saturated).
	Margin {
		/// Of the output.
		position: u32,
		/// More than the profile allows.
		margin: u32,
	},
	/// No honest miner gives this answer: it is a hard failure by the profile's rules.
	Answer,
	/// A validator filed this verdict, and re-verification contradicts it.
	Verdict(Verdict),
}

/// What a committee's member found out.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub enum CommitteeVote {
	/// The challenger is right.
	AccusedWrong,
	/// The challenger is not.
	ChallengerWrong,
	/// The member's machine does not reproduce the profile's self-test, or it could not replay.
	Abstain,
}

/// One of those who decide.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct Member<AccountId> {
	/// An auditor of the profile.
	pub hotkey: AccountId,
	/// How many of the seats were drawn for it: what its vote weighs.
	pub seats: u8,
	/// Its vote.
	pub vote: Option<CommitteeVote>,
}

/// What a dispute waits for.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub enum Stage {
	/// The accused says which margin it computes.
	Answering,
	/// The accused posts the hash of the middle step.
	Posting,
	/// The challenger says whether it is the same as his.
	Judging,
	/// Randomness for the draw of the committee.
	Drawing,
	/// The committee.
	Voting,
}

/// How a dispute ended.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub enum Ending {
	/// The challenger was right.
	Upheld,
	/// He was not.
	Dismissed,
	/// Nobody found out: bonds went back, but for an eighth of the challenger's; all of it where the subnet is gone.
	Undecided,
}

/// Why it ended.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub enum Reason {
	/// Whose turn it was did nothing.
	Timeout,
	/// A party gave up.
	Conceded,
	/// The committee decided.
	Committee,
	/// No committee could be drawn, or none had a quorum.
	NoQuorum,
	/// The subnet is gone.
	Dissolved,
}

/// The bisection over the steps of a canonical replay: step 0 is the embedding, then one step a layer, the last one is the head and the margin.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct Bisection {
	/// Margin that the accused computes, millionths of a logit.
	pub margin: u32,
	/// The first step on which they differ is this one or a later one: all before are agreed on.
	pub low: u32,
	/// And not after this one.
	pub high: u32,
	/// The accused's hash of step `high`.
	pub hash: H256,
	/// The accused's hash of the middle step, while the challenger has to judge it.
	pub middle: Option<H256>,
	/// Hashes judged.
	pub rounds: u8,
}

impl Bisection {
	/// The step whose hash is asked for.
	pub fn middle_step(&self) -> u32 {
		self.low.saturating_add(self.high) / 2
	}

	/// Whether the step is found.
	pub fn is_located(&self) -> bool {
		self.low == self.high
	}

	/// The interval after the challenger judged the middle hash.
	pub fn judged(self, agrees: bool) -> Self {
		let (step, rounds) = (self.middle_step(), self.rounds.saturating_add(1));
		let rest = Self {
			middle: None,
			rounds,
			..self
		};
		match (agrees, self.middle) {
			(false, Some(hash)) => Self {
				high: step,
				hash,
				..rest
			},
			_ => Self {
				low: step.saturating_add(1).min(self.high),
				..rest
			},
		}
	}
}

/// A dispute.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct Dispute<AccountId> {
	/// The subnet whose stake is at risk.
	pub netuid: NetUid,
	/// What it is about: blake2b-256 of subnet and receipt's hash, or of what identifies a filed verdict. At most one is open about it.
	pub subject: H256,
	/// What the miner answered with.
	pub profile: ProfileId,
	/// How that is judged.
	pub lane: Lane,
	/// Its layers.
	pub layers: u16,
	/// The margin that it allows, millionths of a logit.
	pub limit: u32,
	/// What is said.
	pub claim: Claim,
	/// Who says it.
	pub challenger: AccountId,
	/// The hotkey that is accused, by its present name.
	pub accused: AccountId,
	/// Its key in the receipt or in what it filed.
	pub named: AccountId,
	/// For what its bond stands.
	pub role: Role,
	/// Held of the challenger, nano.
	pub bond: Balance,
	/// Block of opening.
	pub opened_at: BlockNumber,
	/// What it waits for.
	pub stage: Stage,
	/// Unpaused block after which whoever is awaited has lost his turn.
	pub deadline: BlockNumber,
	/// The bisection; none before the accused answered, and where there is none.
	pub bisection: Option<Bisection>,
	/// Committees drawn.
	pub draws: u8,
	/// A committee is drawn with randomness of this epoch or a later one: of secrets that nobody had revealed when its candidates were noted.
	pub draw_from: EpochIndex,
	/// Who decides.
	pub committee: BoundedVec<Member<AccountId>, ConstU32<MAX_COMMITTEE>>,
}

/// A dispute that is over. Kept for a while.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct EndedDispute<AccountId> {
	/// As it was at its end.
	pub dispute: Dispute<AccountId>,
	/// How it ended.
	pub ending: Ending,
	/// Why.
	pub reason: Reason,
	/// Block of its end.
	pub ended_at: BlockNumber,
	/// Taken of the accused's stake, nano.
	pub slashed: Balance,
	/// The challenger's bond that he lost, nano.
	pub forfeited: Balance,
}

/// One dispute for whoever asks, with all that a replay needs.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct DisputeDetail<AccountId> {
	/// Its number.
	pub id: DisputeId,
	/// What is known of it.
	pub dispute: Dispute<AccountId>,
	/// What the answer is replayed from; none when it is over.
	pub evidence: Option<AnswerEvidence>,
	/// How it ended; none while it is open.
	pub end: Option<(Ending, Reason, BlockNumber, Balance, Balance)>,
	/// Unpaused blocks until the deadline.
	pub blocks_left: BlockNumber,
	/// Who can move now: the accused, the challenger or those members who have not voted.
	pub awaited: Vec<AccountId>,
}
