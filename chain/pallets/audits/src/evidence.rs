//! Evidence as it comes with a reveal: checked, filed, or kept back.

use crate::{pallet::*, rows, Author};
use codec::Encode;
use frame_support::ensure;
use ganglion_primitives::{EpochIndex, Evidence, FiledEvidence, MechanismId, NetUid, Role, RowFlaw, VerdictRow};
use ganglion_traits::{AuditEvidence, Bonds, NeuronInspect, Profiles, SubnetInspect};
use sp_core::H256;
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	/// The weights that these rows of the hotkey in slot `own` give.
	pub(crate) fn weights_by(netuid: NetUid, own: u16, rows: &[VerdictRow]) -> Result<rows::Entries, RowFlaw> {
		rows::check(rows, T::Neurons::count(netuid))?;
		let limit = |number| T::Profiles::by_number(number).map(|profile| profile.thresholds.llr_limit);
		rows::weights(rows, own, limit)
	}

	fn ensure_secret(netuid: NetUid, hotkey: &T::AccountId, evidence: &Evidence) -> Result<(), Error<T>> {
		let hash = H256(sp_io::hashing::blake2_256(&evidence.secret));
		let announced = Authors::<T>::get(netuid, hotkey).and_then(|author| author.next);
		ensure!(announced.is_none_or(|next| next == hash), Error::<T>::WrongSecret);
		ensure!(evidence.next != hash, Error::<T>::SecretReused);
		Ok(())
	}
}

impl<T: Config> AuditEvidence<T::AccountId> for Pallet<T> {
	/// Evidence is of a validator and subnet, not of a mechanism: the row of the first one rests on it.
	fn is_required(netuid: NetUid, mechanism: MechanismId) -> bool {
		mechanism.0 == 0 && T::Subnets::hyperparameters(netuid).is_some_and(|h| h.verdicts_on)
	}

	fn ensure_can_commit(netuid: NetUid, _: MechanismId, hotkey: &T::AccountId) -> DispatchResult {
		ensure!(T::Bonds::bond(netuid, hotkey, Role::Audit) > 0, Error::<T>::NoBond);
		Ok(())
	}

	/// A slash since the commitment may have taken the bond: that is no reason to keep evidence back.
	fn check(
		netuid: NetUid,
		_: MechanismId,
		hotkey: &T::AccountId,
		entries: &[(u16, u16)],
		evidence: &Evidence,
	) -> DispatchResult {
		Self::ensure_secret(netuid, hotkey, evidence)?;
		let own = T::Neurons::uid(netuid, hotkey).ok_or(Error::<T>::NotRegistered)?;
		ensure!(
			rows::audits(&evidence.rows) == evidence.leaves,
			Error::<T>::Inconsistent
		);
		let given = Self::weights_by(netuid, own.0, &evidence.rows).map_err(Error::<T>::from)?;
		ensure!(given == entries, Error::<T>::WrongWeights);
		Ok(())
	}

	fn file(
		netuid: NetUid,
		_: MechanismId,
		hotkey: &T::AccountId,
		committed_by: &T::AccountId,
		committed_in: EpochIndex,
		evidence: Evidence,
	) {
		let author = Author {
			next: Some(evidence.next),
			latest: committed_in,
		};
		Authors::<T>::insert(netuid, hotkey, author);
		let filed = FiledEvidence {
			root: evidence.root,
			leaves: evidence.leaves,
			receipts_root: evidence.receipts_root,
			receipts: evidence.receipts,
			secret: evidence.secret,
			rows: H256(sp_io::hashing::blake2_256(&evidence.rows.encode())),
			author: committed_by.clone(),
		};
		Filed::<T>::insert((netuid, committed_in, hotkey), filed);
		Self::collect(netuid, hotkey, evidence.secret);
		Self::deposit_event(Event::EvidenceFiled {
			netuid,
			hotkey: hotkey.clone(),
			epoch: committed_in,
			root: evidence.root,
			leaves: evidence.leaves,
		});
	}

	/// The announced secret is forgotten: what is committed already goes on with a later one.
	fn missed(netuid: NetUid, _: MechanismId, hotkey: &T::AccountId) {
		Self::forget_announced(netuid, hotkey);
		Self::touch(1);
		Due::<T>::mutate(netuid, hotkey, |times| {
			*times = Some(times.unwrap_or(0).saturating_add(1));
		});
	}
}

impl<T: Config> Pallet<T> {
	pub(crate) fn forget_announced(netuid: NetUid, hotkey: &T::AccountId) {
		if let Some(author) = Authors::<T>::get(netuid, hotkey) {
			Authors::<T>::insert(netuid, hotkey, Author { next: None, ..author });
		}
	}
}
