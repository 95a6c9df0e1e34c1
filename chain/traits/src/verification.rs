//! Verified inference: profiles and the bonds behind them, evidence behind weights, randomness for draws.

use alloc::vec::Vec;
use ganglion_primitives::{
	Balance, EpochIndex, Evidence, FiledEvidence, MechanismId, NetUid, ProfileId, ProfileSummary, Role,
};
use sp_core::H256;
use sp_runtime::{DispatchError, DispatchResult};

use crate::SlashOutcome;

/// Profiles and who declared them. Implemented by `pallet-models`.
pub trait Profiles<AccountId> {
	/// A registered profile.
	fn profile(id: &ProfileId) -> Option<ProfileSummary>;
	/// Whether the hotkey declared the profile in this role, or did till now and could still be slashed for it.
	fn is_bonded(netuid: NetUid, hotkey: &AccountId, profile: &ProfileId, role: Role) -> bool;
	/// Hotkeys that declared to audit the profile and are in force, ascending. Bounded.
	fn auditors(netuid: NetUid, profile: &ProfileId) -> Vec<AccountId>;
}

/// Bonds: own stake of hotkeys' coldkeys, locked as long as they declare anything or are accused. Implemented by `pallet-models`.
pub trait Bonds<AccountId> {
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

/// Evidence behind weights. Implemented by `pallet-audits`, called by `pallet-weights`.
pub trait AuditEvidence<AccountId> {
	/// Whether rows of this mechanism have to rest on evidence.
	fn is_required(netuid: NetUid, mechanism: MechanismId) -> bool;
	/// Check that `entries` are what the evidence gives, and that its secret is the one announced. Changes nothing; part of
	/// what decides whether a reveal is free.
	fn check(
		netuid: NetUid,
		mechanism: MechanismId,
		hotkey: &AccountId,
		entries: &[(u16, u16)],
		evidence: &Evidence,
	) -> Result<(), DispatchError>;
	/// Keep it. After `check` it cannot fail.
	fn file(netuid: NetUid, mechanism: MechanismId, hotkey: &AccountId, committed_in: EpochIndex, evidence: Evidence);
	/// A commitment of the hotkey expired without its reveal.
	fn missed(netuid: NetUid, mechanism: MechanismId, hotkey: &AccountId);
}

impl<AccountId> AuditEvidence<AccountId> for () {
	fn is_required(_: NetUid, _: MechanismId) -> bool {
		false
	}
	fn check(_: NetUid, _: MechanismId, _: &AccountId, _: &[(u16, u16)], _: &Evidence) -> Result<(), DispatchError> {
		Ok(())
	}
	fn file(_: NetUid, _: MechanismId, _: &AccountId, _: EpochIndex, _: Evidence) {}
	fn missed(_: NetUid, _: MechanismId, _: &AccountId) {}
}

/// What validators filed. Implemented by `pallet-audits`.
pub trait FiledVerdicts<AccountId> {
	/// What the hotkey filed with the weights that it committed in this epoch; kept for a bounded number of epochs.
	fn filed(netuid: NetUid, hotkey: &AccountId, committed_in: EpochIndex) -> Option<FiledEvidence>;
}

/// Randomness that nobody chose alone. Implemented by `pallet-audits`.
pub trait DrawRandomness {
	/// For draws of this epoch of the subnet: hash over the audit secrets revealed in the epoch before. None where nobody revealed
	/// any: nothing is drawn then.
	fn randomness(netuid: NetUid) -> Option<(EpochIndex, H256)>;
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
