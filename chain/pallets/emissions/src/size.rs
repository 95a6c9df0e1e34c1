//! How much of a block an epoch may take: known before it runs, from the slots in use and the permits given out.

use super::*;
use frame_support::{pallet_prelude::Get, weights::Weight};
use ganglion_primitives::{Hyperparameters, NetUid};
use ganglion_traits::{EpochSize, NeuronInspect, SubnetInspect};

/// Weight of an epoch in which every permit's holder, and the owner, weighs every slot in every mechanism. A mechanism
/// counts as slots of its own, though they are paid only once.
fn largest<Info: WeightInfo>(uids: u32, permits: u32, mechanisms: u32, charged: impl Fn(u32) -> u32) -> Weight {
	let rows = permits.saturating_add(1).min(uids).saturating_mul(mechanisms);
	Info::epoch(
		uids.saturating_mul(mechanisms),
		rows,
		charged(rows.saturating_mul(uids)),
	)
}

/// How many entries' time one entry takes: Bittensor's liquid alpha sums a series of up to thirty terms for each.
pub(crate) fn entries_charged(params: &Hyperparameters, entries: u32) -> u32 {
	let series = params.yuma3_on && params.liquid_alpha_on && params.liquid_alpha_legacy;
	entries.saturating_mul(if series { 4 } else { 1 })
}

impl<T: Config> EpochSize for Pallet<T> {
	fn fits(uids: u16, validators: u16, mechanisms: u8) -> bool {
		largest::<T::WeightInfo>(uids.into(), validators.into(), mechanisms.into(), |entries| entries)
			.all_lte(T::MaxEpochWeight::get())
	}
}

impl<T: Config> Pallet<T> {
	/// Most that the next epoch of a subnet can weigh.
	fn bound(netuid: NetUid) -> Weight {
		let permits = Permits::<T>::decode_len(netuid).unwrap_or(0);
		let mechanisms = Clocks::<T>::get(netuid).map_or(1, |clock| clock.mechanisms);
		let params = T::Subnets::hyperparameters(netuid).unwrap_or_default();
		let planned = params.mechanism_count;
		largest::<T::WeightInfo>(
			T::Neurons::count(netuid).into(),
			snapshot::saturated(permits),
			mechanisms.max(planned).into(),
			|entries| entries_charged(&params, entries),
		)
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
