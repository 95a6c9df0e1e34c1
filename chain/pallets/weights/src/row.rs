//! What makes a row acceptable, and the hash that commits to one. Pure: values in, verdict out.

use crate::Terms;
use alloc::vec::Vec;
use codec::Encode;
use ganglion_primitives::{Evidence, MechanismId, NetUid};
use sp_core::H256;

/// Entries of a row: (uid, value).
pub type Pairs = Vec<(u16, u16)>;

/// A row as its author gives it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Weighing<'a> {
	/// Slots.
	pub uids: &'a [u16],
	/// What each is worth, in the order of `uids`; only the proportions count.
	pub values: &'a [u16],
	/// Version of the author's rules.
	pub version_key: u64,
	/// What it rests on, where the subnet asks for that.
	pub evidence: Option<&'a Evidence>,
}

/// Why a row is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flaw {
	/// Not as many values as uids.
	LengthMismatch,
	/// More entries than slots.
	TooMany,
	/// Fewer entries than asked for.
	TooFew,
	/// A uid appears twice.
	Duplicate,
	/// A uid beyond the slots in use.
	Unknown,
	/// A version key below the subnet's.
	WrongVersion,
	/// No evidence, where it is asked for.
	EvidenceMissing,
	/// Evidence, where it is not.
	EvidenceUnwanted,
}

impl Weighing<'_> {
	/// Check lengths only, in constant time.
	///
	/// `slots` is the number in use: no row can have more entries.
	pub fn check_lengths(&self, slots: u16) -> Result<(), Flaw> {
		let entries = self.uids.len();
		if entries != self.values.len() {
			return Err(Flaw::LengthMismatch);
		}
		if entries > usize::from(slots) {
			return Err(Flaw::TooMany);
		}
		Ok(())
	}

	/// Check what the subnet asks for, in constant time, once lengths are checked.
	pub fn check_terms(&self, terms: &Terms) -> Result<(), Flaw> {
		if self.version_key < terms.version_key {
			return Err(Flaw::WrongVersion);
		}
		match (terms.evidence, self.evidence) {
			(true, None) => return Err(Flaw::EvidenceMissing),
			(false, Some(_)) => return Err(Flaw::EvidenceUnwanted),
			// Its length is what the evidence gives.
			(true, Some(_)) => return Ok(()),
			(false, None) => {}
		}
		if self.uids.len() < usize::from(terms.min_entries) {
			return Err(Flaw::TooFew);
		}
		Ok(())
	}

	/// The entries in ascending order of uid, once lengths are checked.
	pub fn sorted(&self, slots: u16) -> Result<Pairs, Flaw> {
		let mut entries: Pairs = self.uids.iter().copied().zip(self.values.iter().copied()).collect();
		entries.sort_unstable_by_key(|(uid, _)| *uid);
		if entries.last().is_some_and(|(uid, _)| *uid >= slots) {
			return Err(Flaw::Unknown);
		}
		let twice = |pair: &[(u16, u16)]| matches!(pair, [(a, _), (b, _)] if a == b);
		if entries.windows(2).any(twice) {
			return Err(Flaw::Duplicate);
		}
		Ok(entries)
	}
}

/// The hash that commits to a row: blake2b-256 of the SCALE encoding of all that it is meant for, in this order.
///
/// The genesis hash keeps it from being revealed on another chain, the hotkey from being copied by another validator,
/// the salt from being found by trial.
pub fn commitment<AccountId: Encode>(
	genesis: H256,
	netuid: NetUid,
	mechanism: MechanismId,
	hotkey: &AccountId,
	weighing: &Weighing<'_>,
	salt: &[u8; 32],
) -> H256 {
	let Weighing {
		uids,
		values,
		version_key,
		evidence,
	} = weighing;
	let preimage = (
		genesis,
		netuid,
		mechanism,
		hotkey,
		uids,
		values,
		salt,
		version_key,
		evidence,
	);
	H256(preimage.using_encoded(sp_io::hashing::blake2_256))
}
