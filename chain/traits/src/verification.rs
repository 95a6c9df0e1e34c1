//! Verified inference: profiles and the bonds behind them, evidence behind weights, randomness for draws.

use alloc::vec::Vec;
use ganglion_primitives::{
	Balance, EpochIndex, Evidence, FiledEvidence, MechanismId, NetUid, ProfileId, ProfileNumber, ProfileSummary, Role,
	Uid,
};
use sp_core::H256;
use sp_runtime::DispatchResult;

use crate::SlashOutcome;

/// Profiles and who declared them. Implemented by `pallet-models`.
pub trait Profiles<AccountId> {
	/// A registered profile.
	fn profile(id: &ProfileId) -> Option<ProfileSummary>;
	/// The profile with this number.
	fn by_number(number: ProfileNumber) -> Option<ProfileSummary>;
	/// Whether the hotkey declared the profile in this role, or did till now and could still be slashed for it.
	fn is_bonded(netuid: NetUid, hotkey: &AccountId, profile: &ProfileId, role: Role) -> bool;
	/// Hotkeys that declared to audit the profile and are in force, ascending. Bounded.
	fn auditors(netuid: NetUid, profile: &ProfileId) -> Vec<AccountId>;
}

impl<AccountId> Profiles<AccountId> for () {
	fn profile(_: &ProfileId) -> Option<ProfileSummary> {
		None
	}
	fn by_number(_: ProfileNumber) -> Option<ProfileSummary> {
		None
	}
	fn is_bonded(_: NetUid, _: &AccountId, _: &ProfileId, _: Role) -> bool {
		false
	}
	fn auditors(_: NetUid, _: &ProfileId) -> Vec<AccountId> {
		Vec::new()
	}
}

/// Bonds: own stake of hotkeys' coldkeys, locked as long as they declare anything or are accused. Implemented by `pallet-models`.
pub trait Bonds<AccountId> {
	/// The hotkey that answers for what this one signed: itself, or what it was renamed to.
	fn answering(netuid: NetUid, hotkey: &AccountId) -> AccountId;
	/// What a slash of this role's bond can take now.
	fn bond(netuid: NetUid, hotkey: &AccountId, role: Role) -> Balance;
	/// Keep the bond where it is until `unfreeze` was called as often.
	fn freeze(netuid: NetUid, hotkey: &AccountId) -> DispatchResult;
	/// Take back one `freeze`. Infallible.
	fn unfreeze(netuid: NetUid, hotkey: &AccountId);
	/// Slash up to `amount` of the stake behind the bond, the operator's first, and lower the bond by what was taken of it.
	fn slash_bond(
		netuid: NetUid,
		hotkey: &AccountId,
		role: Role,
		amount: Balance,
		reporter: Option<&AccountId>,
	) -> SlashOutcome;
}

impl<AccountId: Clone> Bonds<AccountId> for () {
	fn answering(_: NetUid, hotkey: &AccountId) -> AccountId {
		hotkey.clone()
	}
	fn bond(_: NetUid, _: &AccountId, _: Role) -> Balance {
		0
	}
	fn freeze(_: NetUid, _: &AccountId) -> DispatchResult {
		Ok(())
	}
	fn unfreeze(_: NetUid, _: &AccountId) {}
	fn slash_bond(_: NetUid, _: &AccountId, _: Role, _: Balance, _: Option<&AccountId>) -> SlashOutcome {
		SlashOutcome::default()
	}
}

/// Evidence behind weights. Implemented by `pallet-audits`, called by `pallet-weights`.
pub trait AuditEvidence<AccountId> {
	/// Whether rows of this mechanism have to rest on evidence.
	fn is_required(netuid: NetUid, mechanism: MechanismId) -> bool;
	/// Whether the hotkey can commit to a row with evidence: a bond stands for it.
	fn ensure_can_commit(netuid: NetUid, mechanism: MechanismId, hotkey: &AccountId) -> DispatchResult;
	/// Check that `entries` are what the evidence gives, and that its secret is the one announced. Changes nothing; part of
	/// what decides whether a reveal is free.
	fn check(
		netuid: NetUid,
		mechanism: MechanismId,
		hotkey: &AccountId,
		entries: &[(u16, u16)],
		evidence: &Evidence,
	) -> DispatchResult;
	/// Keep it. After `check` it cannot fail. `author` is what the hotkey was named when it made the commitment.
	fn file(
		netuid: NetUid,
		mechanism: MechanismId,
		hotkey: &AccountId,
		author: &AccountId,
		committed_in: EpochIndex,
		evidence: Evidence,
	);
	/// A commitment of the hotkey expired, or was overtaken, without its reveal.
	fn missed(netuid: NetUid, mechanism: MechanismId, hotkey: &AccountId);
}

impl<AccountId> AuditEvidence<AccountId> for () {
	fn is_required(_: NetUid, _: MechanismId) -> bool {
		false
	}
	fn ensure_can_commit(_: NetUid, _: MechanismId, _: &AccountId) -> DispatchResult {
		Ok(())
	}
	fn check(_: NetUid, _: MechanismId, _: &AccountId, _: &[(u16, u16)], _: &Evidence) -> DispatchResult {
		Ok(())
	}
	fn file(_: NetUid, _: MechanismId, _: &AccountId, _: &AccountId, _: EpochIndex, _: Evidence) {}
	fn missed(_: NetUid, _: MechanismId, _: &AccountId) {}
}

/// What validators filed. Implemented by `pallet-audits`.
pub trait FiledVerdicts<AccountId> {
	/// What the hotkey filed with the weights that it committed in this epoch; kept for a bounded number of epochs.
	fn filed(netuid: NetUid, hotkey: &AccountId, committed_in: EpochIndex) -> Option<FiledEvidence<AccountId>>;
	/// Whether it was refuted already.
	fn is_refuted(netuid: NetUid, hotkey: &AccountId, committed_in: EpochIndex) -> bool;
	/// Remember, as long as it is kept, that it was refuted.
	fn note_refuted(netuid: NetUid, hotkey: &AccountId, committed_in: EpochIndex);
	/// The hotkey that whoever put together evidence committed to in this epoch must have found in the slot: it has had the slot, under this
	/// name and number, since before that. None where this is not known.
	fn occupant(netuid: NetUid, uid: Uid, committed_in: EpochIndex) -> Option<AccountId>;
}

/// Randomness that nobody chose alone. Implemented by `pallet-audits`.
pub trait DrawRandomness {
	/// For draws of this epoch of the subnet: hash over the audit secrets revealed in the epoch before. None where nobody revealed
	/// any: nothing is drawn then.
	fn randomness(netuid: NetUid) -> Option<(EpochIndex, H256)>;
	/// Whether any of the last so many epochs had some, the present one with them, or the next one will.
	fn had_randomness(netuid: NetUid, epochs: EpochIndex) -> bool;
}

/// Accused hotkeys. Implemented by `pallet-disputes`.
pub trait Accused<AccountId> {
	/// Whether a dispute about this hotkey is open.
	fn is_accused(netuid: NetUid, hotkey: &AccountId) -> bool;
}

impl<AccountId> Accused<AccountId> for () {
	fn is_accused(_: NetUid, _: &AccountId) -> bool {
		false
	}
}

/// Answers in dispute. Implemented by `pallet-disputes`.
pub trait DisputedAnswers {
	/// Whether a dispute in the subnet about the receipt with this hash (blake2b-256 of the unsigned receipt) is open, or was upheld and is
	/// still remembered.
	fn is_disputed(netuid: NetUid, receipt: &H256) -> bool;
}

impl DisputedAnswers for () {
	fn is_disputed(_: NetUid, _: &H256) -> bool {
		false
	}
}
