//! What the pallet stores.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use ganglion_primitives::{BlockNumber, CommitmentFields};
use scale_info::TypeInfo;

/// What a hotkey committed to, and how much of its quota it has used.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct Commitment {
	/// Registration block of the committer; readers ignore what is of an older registration.
	pub registered_at: BlockNumber,
	/// Block of the last change.
	pub updated_at: BlockNumber,
	/// Block in which the present quota began.
	pub quota_since: BlockNumber,
	/// Bytes charged to it.
	pub used: u32,
	/// The fields; none after they were cleared.
	pub fields: CommitmentFields,
}
