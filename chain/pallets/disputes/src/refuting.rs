//! What a validator filed, refuted: the chain sees by itself that it is false, without a model, a bond or a committee.
//!
//! Rows and single verdicts are bound to each other: leaves are ascending by uid, outcome and request id, and every row counts exactly those of
//! its slot, so that the rows say of each place what stands there. A request has one verdict, in one filing. A verdict is about an answer that
//! the miner in its slot signed for this validator.
//!
//! Who files the truth is never refuted, whatever is renamed, replaced or numbered anew meanwhile: the requester may have the name that the
//! commitment was made under or any that leads to the present one, and of a slot only what the validator must have known is held against it
//! (see `FiledVerdicts::occupant`). Who can't be proven wrong by that is not wrong here.

use crate::{opening::is_signed, pallet::*};
use codec::Encode;
use frame_support::{ensure, traits::Get};
use ganglion_primitives::{
	proportion, verdict::standing, EpochIndex, FiledEvidence, FilingFlaw, NetUid, Refutation, Role, SignedReceipt, Uid,
	VerdictOpening, VerdictRows, RECEIPT_VERSION,
};
use ganglion_traits::{Bonds, FiledVerdicts, HotkeyInspect, Pause, SubnetInspect};
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::{AccountId32, DispatchResult};

/// What a hotkey filed with the commitment of an epoch.
struct Filing {
	netuid: NetUid,
	/// By its present name.
	hotkey: AccountId32,
	epoch: EpochIndex,
	evidence: FiledEvidence<AccountId32>,
}

impl<T: Config> Pallet<T> {
	/// What was filed, under the name that is given or under the one that it became: filings go over with a swap.
	pub(crate) fn filed_by(
		netuid: NetUid,
		validator: &AccountId32,
		epoch: EpochIndex,
	) -> Result<(AccountId32, FiledEvidence<AccountId32>), Error<T>> {
		let named = T::Filed::filed(netuid, validator, epoch).map(|found| (validator.clone(), found));
		let renamed = || {
			let present = Self::present_name(netuid, validator);
			let found = T::Filed::filed(netuid, &present, epoch)?;
			Some((present, found))
		};
		named.or_else(renamed).ok_or(Error::<T>::NothingFiled)
	}

	pub(crate) fn do_refute(
		reporter: AccountId32,
		netuid: NetUid,
		validator: AccountId32,
		epoch: EpochIndex,
		refutation: Refutation,
	) -> DispatchResult {
		let filing = Self::ensure_refutable(&reporter, netuid, &validator, epoch)?;
		let flaw = Self::flaw(&filing, &validator, &refutation)?;
		T::Filed::note_refuted(netuid, &filing.hotkey, epoch);
		let bond = T::Bonds::bond(netuid, &filing.hotkey, Role::Audit);
		let amount = proportion(bond, T::SlashPart::get());
		let slashed = T::Bonds::slash_bond(netuid, &filing.hotkey, Role::Audit, amount, Some(&reporter)).total();
		Self::deposit_event(Event::Refuted {
			netuid,
			validator: filing.hotkey,
			epoch,
			flaw,
			reporter,
			slashed,
		});
		Ok(())
	}

	/// Something that was filed, not refuted yet, and that somebody else stands for.
	fn ensure_refutable(
		reporter: &AccountId32,
		netuid: NetUid,
		validator: &AccountId32,
		epoch: EpochIndex,
	) -> Result<Filing, Error<T>> {
		ensure!(!T::Pause::is_paused(), Error::<T>::Paused);
		ensure!(T::Subnets::exists(netuid), Error::<T>::SubnetNotFound);
		let (hotkey, evidence) = Self::filed_by(netuid, validator, epoch)?;
		let refuted = T::Filed::is_refuted(netuid, &hotkey, epoch);
		ensure!(!refuted, Error::<T>::AlreadyRefuted);
		let himself = *reporter == hotkey || T::Hotkeys::coldkey(&hotkey).as_ref() == Some(reporter);
		ensure!(!himself, Error::<T>::SelfDispute);
		let bond = T::Bonds::bond(netuid, &hotkey, Role::Audit);
		ensure!(bond > 0, Error::<T>::NotBonded);
		Ok(Filing {
			netuid,
			hotkey,
			epoch,
			evidence,
		})
	}

	fn flaw(filing: &Filing, validator: &AccountId32, refutation: &Refutation) -> Result<FilingFlaw, Error<T>> {
		match refutation {
			Refutation::Miscounted { rows, opening } => Self::miscounted(filing, rows, opening),
			Refutation::Twice { first, second } => Self::twice(filing, first, second),
			Refutation::Foreign { opening, receipt } => Self::foreign(filing, validator, opening, receipt),
		}
	}

	/// Whether it is a verdict of this filing.
	fn ensure_of(filing: &Filing, opening: &VerdictOpening) -> Result<(), Error<T>> {
		ensure!(opening.epoch == filing.epoch, Error::<T>::OtherEpoch);
		Self::ensure_filed(&filing.evidence, opening)
	}

	fn miscounted(filing: &Filing, rows: &VerdictRows, opening: &VerdictOpening) -> Result<FilingFlaw, Error<T>> {
		let hash: H256 = blake2_256(&rows.encode()).into();
		ensure!(hash == filing.evidence.rows, Error::<T>::OtherRows);
		Self::ensure_of(filing, opening)?;
		let counted = standing(rows, opening.index);
		let found = (opening.verdict.uid, opening.verdict.outcome);
		ensure!(counted != Some(found), Error::<T>::NoFlaw);
		Ok(FilingFlaw::Miscounted)
	}

	/// The later filing is the one that is wrong: each of them is refuted for itself.
	fn twice(filing: &Filing, first: &VerdictOpening, second: &VerdictOpening) -> Result<FilingFlaw, Error<T>> {
		Self::ensure_of(filing, first)?;
		ensure!(second.epoch <= filing.epoch, Error::<T>::OtherEpoch);
		let earlier = match second.epoch == filing.epoch {
			true => Some(filing.evidence.clone()),
			false => T::Filed::filed(filing.netuid, &filing.hotkey, second.epoch),
		};
		Self::ensure_filed(&earlier.ok_or(Error::<T>::NothingFiled)?, second)?;
		let one = (first.epoch, first.index) == (second.epoch, second.index);
		let same = first.verdict.request_id == second.verdict.request_id;
		ensure!(same && !one, Error::<T>::NoFlaw);
		Ok(FilingFlaw::Twice)
	}

	fn foreign(
		filing: &Filing,
		validator: &AccountId32,
		opening: &VerdictOpening,
		signed: &SignedReceipt,
	) -> Result<FilingFlaw, Error<T>> {
		Self::ensure_of(filing, opening)?;
		let (receipt, verdict) = (&signed.receipt, &opening.verdict);
		let hash: H256 = blake2_256(&signed.encode()).into();
		ensure!(hash == verdict.receipt, Error::<T>::EvidenceMismatch);
		let here = receipt.version == RECEIPT_VERSION && receipt.network == Self::genesis();
		if !(here && is_signed(signed)) {
			return Ok(FilingFlaw::NotAnswered);
		}
		if receipt.request_id != verdict.request_id {
			return Ok(FilingFlaw::OtherRequest);
		}
		if !Self::asked(filing, validator, &receipt.requester.into()) {
			return Ok(FilingFlaw::OtherRequester);
		}
		ensure!(
			Self::is_in_other_slot(filing, Uid(verdict.uid), &receipt.miner.into()),
			Error::<T>::NoFlaw
		);
		Ok(FilingFlaw::OtherSlot)
	}

	/// Whether the requester is whoever filed, by any of its names.
	fn asked(filing: &Filing, validator: &AccountId32, requester: &AccountId32) -> bool {
		let names = [&filing.evidence.author, &filing.hotkey, validator];
		names.contains(&requester) || Self::present_name(filing.netuid, requester) == filing.hotkey
	}

	/// Whether the validator must have known that somebody else was in the slot.
	fn is_in_other_slot(filing: &Filing, uid: Uid, miner: &AccountId32) -> bool {
		T::Filed::occupant(filing.netuid, uid, filing.epoch)
			.is_some_and(|there| there != *miner && there != Self::present_name(filing.netuid, miner))
	}
}
