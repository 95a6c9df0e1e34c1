//! How much of a block an epoch may take: known before it runs, from the slots in use and the permits given out.

use super::*;
use frame_support::{pallet_prelude::Get, weights::Weight};
use ganglion_primitives::NetUid;
use ganglion_traits::{EpochSize, NeuronInspect};

/// Weight of an epoch in which every permit's holder, and the owner, weighs every slot.
fn largest<Info: WeightInfo>(uids: u32, permits: u32) -> Weight {
	let rows = permits.saturating_add(1).min(uids);
	Info::epoch(uids, rows, rows.saturating_mul(uids))
}

impl<T: Config> EpochSize for Pallet<T> {
	fn fits(uids: u16, validators: u16) -> bool {
		largest::<T::WeightInfo>(uids.into(), validators.into()).all_lte(T::MaxEpochWeight::get())
	}
}

impl<T: Config> Pallet<T> {
	/// Most that the next epoch of a subnet can weigh.
	fn bound(netuid: NetUid) -> Weight {
		let permits = Permits::<T>::decode_len(netuid).unwrap_or(0);
		largest::<T::WeightInfo>(T::Neurons::count(netuid).into(), snapshot::saturated(permits))
	}

	/// How many of these subnets, from the first, have epochs that fit into one block together.
	pub(crate) fn fitting(netuids: &[NetUid]) -> usize {
		let mut room = T::MaxEpochWeight::get();
		let fits = |netuid: &&NetUid| match room.checked_sub(&Self::bound(**netuid)) {
			Some(left) => {
				room = left;
				true
			}
			None => false,
		};
		netuids.iter().take_while(fits).count()
	}
}
