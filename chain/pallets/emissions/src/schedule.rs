//! Which subnets gain emission in a block, and whose epoch is due.

use super::*;
use alloc::vec::Vec;
use frame_support::{pallet_prelude::Get, traits::fungible::Inspect};
use ganglion_primitives::{Balance, BlockNumber, NetUid};
use ganglion_traits::{OnSubnetCreated, SubnetInspect, SubnetShare};
use sp_runtime::{traits::UniqueSaturatedInto, DispatchResult};

impl<T: Config> OnSubnetCreated<T::AccountId> for Pallet<T> {
	fn on_subnet_created(netuid: NetUid, _: &T::AccountId, _: &T::AccountId) -> DispatchResult {
		let tempo = T::Subnets::hyperparameters(netuid).map_or(1, |params| params.tempo);
		let spread = u16::from(netuid).checked_rem(tempo).unwrap_or(0);
		let last_block = Self::now().saturating_sub(spread.into());
		Clocks::<T>::insert(netuid, Clock { epoch: 0, last_block });
		Ok(())
	}
}

impl<T: Config> Pallet<T> {
	/// The present block.
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().unique_saturated_into()
	}

	/// Add a block's emission to the pending emission of the active subnets. Returns how many subnets are active and how
	/// many exist.
	pub(crate) fn accrue() -> (u32, u32) {
		let active = T::Subnets::active_netuids();
		let shares = T::Share::shares(&active);
		if shares.iter().any(|(_, weight)| *weight > 0) {
			let issued = T::Currency::total_issuance().saturating_add(TotalPending::<T>::get());
			Self::accrue_shares(supply::block_emission(issued, T::BlockReward::get()), &shares);
		}
		(count(&active), count(&T::Subnets::netuids()))
	}

	/// Split one block's emission and what did not divide before.
	fn accrue_shares(emission: Balance, shares: &[(NetUid, u64)]) {
		let mut left = Remainder::<T>::get().saturating_add(emission);
		for (netuid, part) in supply::split(left, shares) {
			left = left.saturating_sub(part);
			Pending::<T>::mutate(netuid, |pending| *pending = pending.saturating_add(part));
		}
		Remainder::<T>::put(left);
		TotalPending::<T>::mutate(|total| *total = total.saturating_add(emission));
	}

	/// Block at whose start a subnet's next epoch is due; never where its tempo is 0.
	pub fn next_epoch_block(netuid: NetUid) -> Option<BlockNumber> {
		let clock = Clocks::<T>::get(netuid)?;
		let tempo = T::Subnets::hyperparameters(netuid)?.tempo;
		(tempo > 0).then(|| clock.last_block.saturating_add(tempo.into()))
	}

	/// Subnets whose epoch runs in this block: those that are due for longest, at most as many as one block bears. They
	/// are not overtaken by smaller ones, so that each has its turn.
	pub(crate) fn due() -> Vec<NetUid> {
		let now = Self::now();
		let due_at = |netuid| {
			Self::next_epoch_block(netuid)
				.filter(|at| *at <= now)
				.map(|at| (at, netuid))
		};
		let mut due: Vec<_> = T::Subnets::netuids().into_iter().filter_map(due_at).collect();
		due.sort_unstable();
		due.truncate(T::MaxEpochsPerBlock::get().max(1) as usize);
		let netuids: Vec<NetUid> = due.into_iter().map(|(_, netuid)| netuid).collect();
		let fitting = Self::fitting(&netuids);
		netuids.into_iter().take(fitting.max(1)).collect()
	}
}

/// Length as `u32`.
fn count(netuids: &[NetUid]) -> u32 {
	u32::try_from(netuids.len()).unwrap_or(u32::MAX)
}
