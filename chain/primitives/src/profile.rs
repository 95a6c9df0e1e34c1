//! Model profiles: everything that an answer depends on, by hash.

use crate::{Balance, BlockNumber};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::{ConstU32, H256};
use sp_runtime::BoundedVec;

/// Most files of a profile.
pub const MAX_PROFILE_FILES: u32 = 64;
/// Most bytes of a file's relative path.
pub const MAX_PATH: u32 = 128;
/// Most bytes of a name, a licence, a dtype and other short texts.
pub const MAX_LABEL: u32 = 64;
/// What stands before a profile's bytes when its identity is hashed.
pub const PROFILE_DOMAIN: &[u8] = b"ganglion/model-profile/2";

/// Identity of a profile: blake2b-256 of [`PROFILE_DOMAIN`] and the SCALE bytes of its [`ProfileSpec`].
pub type ProfileId = H256;
/// Short number of a registered profile, given in order of registration and never reused.
pub type ProfileNumber = u32;
/// Short text.
pub type Label = BoundedVec<u8, ConstU32<MAX_LABEL>>;

/// How an answer of a profile is judged.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub enum Lane {
	/// float32 on CPUs: replay gives the miner's own numbers but for near-ties.
	Strict,
	/// Anything else: replay differs by rounding, and evidence is gathered over answers.
	Statistical,
}

/// What a profile is for.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub enum Task {
	/// Text generation.
	Generate,
	/// Embeddings.
	Embed,
}

/// One file that the model is loaded from.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct ProfileFile {
	/// Relative path, `/` between its parts.
	pub path: BoundedVec<u8, ConstU32<MAX_PATH>>,
	/// sha2-256 of its bytes.
	pub sha256: [u8; 32],
}

/// Where honest ends. Margins are in millionths of a logit, distances in millionths of a vector's length.
#[derive(
	Clone, Copy, PartialEq, Eq, Default, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub struct Thresholds {
	/// A larger margin of one token is a hard failure.
	pub margin_hard: u32,
	/// Margins are clipped here before their mean is taken.
	pub margin_clip: u32,
	/// A larger mean of clipped margins is a soft failure (0: not judged).
	pub mean_soft: u32,
	/// A larger mean of clipped margins is a hard failure (0: not judged).
	pub mean_hard: u32,
	/// Margins above 0 that are never a failure.
	pub free_mismatches: u16,
	/// And so many more for each thousand tokens; beyond is a soft failure.
	pub mismatches_per_mille: u16,
	/// A larger distance of an activation leaf is a soft failure.
	pub leaf_soft: u32,
	/// A larger distance of an activation leaf is a hard failure.
	pub leaf_hard: u32,
	/// Slack at the edge of top-p and top-k, in millionths of a logit.
	pub cut_slack: u32,
	/// Answers below this number of tokens are judged by structure and strict rules only; evidence is gathered.
	pub min_tokens: u16,
	/// Gathered log-likelihood ratio, in thousandths, above which a miner is taken for a cheat.
	pub llr_limit: u32,
	/// Relative difference of a recomputed layer, in billionths, above which a party of a dispute is wrong.
	pub tolerance: u32,
}

/// How a dispute's canonical replay is pinned. Zero hashes where the profile has no strict lane.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct Replay {
	/// Digest of the canonical self-test; whoever does not reproduce it bit for bit abstains.
	pub self_test: H256,
	/// Hash over the sorted (name, version, sha256) of the wheels that it was made with.
	pub wheels: H256,
	/// Value of `ATEN_CPU_CAPABILITY`.
	pub aten: Label,
	/// Value of `MKL_CBWR`.
	pub mkl: Label,
	/// Value of `ONEDNN_MAX_CPU_ISA`.
	pub onednn: Label,
}

/// Everything that an answer depends on.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct ProfileSpec {
	/// What it is for.
	pub task: Task,
	/// How its answers are judged.
	pub lane: Lane,
	/// Weights, config, tokenizer and chat template: ascending by path.
	pub files: BoundedVec<ProfileFile, ConstU32<MAX_PROFILE_FILES>>,
	/// Such as `float32`.
	pub dtype: Label,
	/// Attention implementation, such as `sdpa`.
	pub attention: Label,
	/// Engine family, such as `transformers`.
	pub engine: Label,
	/// Version of sampler, trace and rules, such as `st-1`.
	pub protocol: Label,
	/// Layers of the model: what a dispute is bisected over.
	pub layers: u16,
	/// Where honest ends.
	pub thresholds: Thresholds,
	/// How disputes recompute.
	pub replay: Replay,
}

/// What the owner says about a profile; not part of its identity.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct ProfileTerms {
	/// For people and for OpenAI's `model` field; not unique.
	pub name: Label,
	/// SPDX expression of the weights' licence.
	pub licence: Label,
	/// Least price of 1,000 output tokens, nano. Nothing is paid per answer yet.
	pub price_floor: Balance,
}

/// What other pallets need of a profile.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct ProfileSummary {
	/// Its short number.
	pub number: ProfileNumber,
	/// What it is for.
	pub task: Task,
	/// How it is judged.
	pub lane: Lane,
	/// Its layers.
	pub layers: u16,
	/// Its thresholds.
	pub thresholds: Thresholds,
	/// Its self-test.
	pub self_test: H256,
	/// Block of its registration.
	pub registered_at: BlockNumber,
}

/// What a hotkey declares a profile for.
#[derive(
	Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub enum Role {
	/// It answers with it.
	Serve,
	/// It has the files and re-verifies: it can be drawn into committees.
	Audit,
}

/// Declarations of a subnet, as columns.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug, Default)]
pub struct DeclarationColumns<AccountId> {
	/// Who declared.
	pub hotkeys: Vec<AccountId>,
	/// For which profile.
	pub profiles: Vec<ProfileNumber>,
	/// As what: 0 serves, 1 audits.
	pub roles: Vec<u8>,
	/// With which bond, nano.
	pub bonds: Vec<Balance>,
	/// Block at which it is over, 0 while it is in force.
	pub ends_at: Vec<BlockNumber>,
}

/// Everything about a registered profile.
#[derive(Clone, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct ProfileDetails<AccountId> {
	/// Its short number.
	pub number: ProfileNumber,
	/// Its identity.
	pub id: ProfileId,
	/// Whose deposit it is.
	pub owner: AccountId,
	/// What it says.
	pub spec: ProfileSpec,
	/// Name, licence, price.
	pub terms: ProfileTerms,
	/// Nano held.
	pub deposit: Balance,
	/// Block of its registration.
	pub registered_at: BlockNumber,
	/// Declarations that name it, in force or not yet released.
	pub declarations: u32,
}

/// What registering and declaring cost.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, TypeInfo, Debug)]
pub struct ModelTerms {
	/// Deposit of a profile, nano.
	pub profile_deposit: Balance,
	/// And for each byte of its contents, nano.
	pub profile_byte_deposit: Balance,
	/// Least bond to serve, nano.
	pub min_serve_bond: Balance,
	/// Least bond to audit, nano.
	pub min_audit_bond: Balance,
	/// Unpaused blocks between retiring and release.
	pub bond_release: BlockNumber,
	/// Unpaused blocks so far.
	pub clock: BlockNumber,
}
