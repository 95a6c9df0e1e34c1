//! # Ganglion primitives
//!
//! Newtypes, bounds and records that pallets, runtime APIs and hosts share. No logic and no storage.
//!
//! Units: `Balance` is nano (1 GNG = 1e9 nano); `u16` proportions have 65,535 = 1.0; periods are in blocks
//! unless a name says epochs.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

pub mod commitment;
pub mod delegation;
pub mod dispute;
pub mod endpoint;
pub mod explain;
pub mod hyperparameters;
pub mod metagraph;
pub mod money;
pub mod profile;
pub mod receipt;
pub mod subnet;
pub mod verdict;

pub use commitment::{ColdkeySwap, CommitmentColumns, CommitmentField, CommitmentFields};
pub use delegation::Family;
pub use dispute::{
	ActivationLeaves, AnswerEvidence, Bisection, Claim, CommitteeVote, Dispute, DisputeDetail, DisputeId, EndedDispute,
	Ending, FilingFlaw, Member, Reason, Refutation, Stage, VerdictOpening, MAX_COMMITTEE, MAX_DISPUTES,
};
pub use endpoint::{Endpoint, EndpointKey, KeyKind};
pub use explain::{BondShare, EmissionSummary, EpochReport, Explanation, MechanismColumns, MechanismShare, Vote};
pub use hyperparameters::{Hyperparameter, Hyperparameters, RecycleOrBurn};
pub use metagraph::{Exposure, Metagraph, Position, SubnetSummary};
pub use money::proportion;
pub use profile::{
	DeclarationColumns, Label, Lane, ModelTerms, ProfileDetails, ProfileFile, ProfileId, ProfileNumber, ProfileSpec,
	ProfileSummary, ProfileTerms, Replay, Role, Task, Thresholds, PROFILE_DOMAIN,
};
pub use receipt::{
	AnswerKind, Finish, Inclusion, Receipt, SignedReceipt, ACCEPTANCE_DOMAIN, RECEIPT_DOMAIN, RECEIPT_VERSION,
};
pub use subnet::{DissolvingSubnet, OwnerLimit, SubnetIdentity, SubnetName, SubnetState};
pub use verdict::{Evidence, FiledEvidence, Outcome, RowFlaw, Verdict, VerdictRow, VerdictRows, VERDICT_DOMAIN};

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};

/// Amount of the native token in nano (1e-9 GNG).
pub type Balance = u128;
/// Height of a block.
pub type BlockNumber = u32;
/// Number of epochs that a subnet has completed.
pub type EpochIndex = u32;
/// One GNG in nano.
pub const GNG: Balance = 1_000_000_000;
/// No more than this is ever issued, in nano: 21,000,000 GNG.
pub const SUPPLY_CAP: Balance = 21_000_000 * GNG;
/// 1.0 as a `u16` proportion.
pub const ONE_U16: u16 = u16::MAX;
/// Absolute bound of UIDs in one subnet, whatever its hyperparameters say.
pub const MAX_UIDS: u32 = 4096;
/// Absolute bound of mechanisms in one subnet.
pub const MAX_MECHANISMS: u32 = 16;
/// Bound of open weight commitments of one hotkey in one mechanism.
pub const MAX_OPEN_COMMITS: u32 = 4;

macro_rules! id {
	($(#[$doc:meta])* $name:ident, $inner:ty) => {
		$(#[$doc])*
		#[derive(
			Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default, Encode, Decode,
			DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Serialize, Deserialize,
		)]
		#[serde(transparent)]
		pub struct $name(pub $inner);
		impl From<$inner> for $name {
			fn from(value: $inner) -> Self {
				Self(value)
			}
		}
		impl From<$name> for $inner {
			fn from(value: $name) -> Self {
				value.0
			}
		}
	};
}
id!(
	/// Number of a subnet. Never reused.
	NetUid,
	u16
);
id!(
	/// Slot of a neuron in a subnet; reused after replacement, so data kept per UID carries the
	/// slot's registration block.
	Uid,
	u16
);
id!(
	/// Number of an incentive mechanism inside a subnet; 0 until a subnet has more.
	MechanismId,
	u8
);
