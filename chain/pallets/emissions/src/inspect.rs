//! Reads for other pallets and for runtime APIs.

use super::*;
use crate::snapshot::read_bonds;
use alloc::vec::Vec;
use ganglion_primitives::{Balance, BlockNumber, EpochIndex, MechanismId, NetUid, Uid};
use ganglion_traits::{EpochInspect, EpochResults, NeuronInspect};

impl<T: Config> EpochInspect for Pallet<T> {
	fn epoch(netuid: NetUid) -> EpochIndex {
		Clocks::<T>::get(netuid).map_or(0, |clock| clock.epoch)
	}

	fn last_epoch_block(netuid: NetUid) -> BlockNumber {
		Clocks::<T>::get(netuid).map_or(0, |clock| clock.last_block)
	}
}

impl<T: Config> EpochResults for Pallet<T> {
	fn has_permit(netuid: NetUid, uid: Uid, registered_at: BlockNumber) -> bool {
		let permits = Permits::<T>::get(netuid);
		let found = permits.binary_search_by_key(&uid, |permit| permit.uid).ok();
		found
			.and_then(|index| permits.get(index))
			.is_some_and(|permit| permit.registered_at == registered_at)
	}

	fn emission(netuid: NetUid, registered_at: &[BlockNumber]) -> Vec<u64> {
		match Results::<T>::get(netuid) {
			Some(result) => aligned(&result.emission, &result.registered_at, registered_at),
			None => alloc::vec![0; registered_at.len()],
		}
	}
}

impl<T: Config> Pallet<T> {
	/// Clock of a subnet.
	pub fn clock(netuid: NetUid) -> Option<Clock> {
		Clocks::<T>::get(netuid)
	}

	/// Emission that the next epoch can pay so far, nano.
	pub fn pending(netuid: NetUid) -> Balance {
		Self::accrued(netuid).saturating_add(Carried::<T>::get(netuid))
	}

	/// Results of the last epoch as they were stored.
	pub fn results(netuid: NetUid) -> Option<EpochResult> {
		Results::<T>::get(netuid)
	}

	/// Results of a mechanism in the last epoch.
	pub fn mechanism_result(netuid: NetUid, mechanism: MechanismId) -> Option<MechanismResult> {
		MechanismResults::<T>::get(netuid, mechanism)
	}

	/// Results of the last epoch aligned to the present occupants, given the registration block of each slot.
	pub fn columns(netuid: NetUid, registered_at: &[BlockNumber]) -> Columns {
		let permits = Self::permit_column(netuid, registered_at);
		let result = Results::<T>::get(netuid).unwrap_or_default();
		let stored_at = &result.registered_at;
		Columns {
			active: aligned(&result.active, stored_at, registered_at)
				.into_iter()
				.map(u8::from)
				.collect(),
			validator_permit: permits.into_iter().map(u8::from).collect(),
			stake_weight: aligned(&result.stake_weight, stored_at, registered_at),
			consensus: aligned(&result.consensus, stored_at, registered_at),
			validator_trust: aligned(&result.validator_trust, stored_at, registered_at),
			incentive: aligned(&result.incentive, stored_at, registered_at),
			dividends: aligned(&result.dividends, stored_at, registered_at),
			emission: aligned(&result.emission, stored_at, registered_at),
		}
	}

	/// Bonds of a mechanism between occupants that were both there at the last epoch, ascending by uid.
	pub fn bonds(netuid: NetUid, mechanism: MechanismId) -> ganglion_yuma::Rows {
		let Some(clock) = Clocks::<T>::get(netuid).filter(|clock| mechanism.0 < clock.mechanisms) else {
			return Vec::new();
		};
		let registered_at: Vec<BlockNumber> = T::Neurons::neurons(netuid).into_iter().map(|(_, at)| at).collect();
		read_bonds::<T>(netuid, mechanism, &registered_at, clock, &Resets::<T>::get(netuid))
	}
}

/// A stored column as the present occupants see it: zero where the occupant is younger than what is stored.
pub(crate) fn aligned<Element: Copy + Default>(
	stored: &[Element],
	stored_at: &[BlockNumber],
	registered_at: &[BlockNumber],
) -> Vec<Element> {
	let element = |(uid, at): (usize, &BlockNumber)| {
		let same = stored_at.get(uid) == Some(at);
		stored.get(uid).filter(|_| same).copied().unwrap_or_default()
	};
	registered_at.iter().enumerate().map(element).collect()
}
