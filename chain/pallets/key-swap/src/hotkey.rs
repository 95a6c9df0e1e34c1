//! Exchange of hotkeys.

use crate::{pallet::*, WeightInfo};
use frame_support::{
	ensure,
	traits::{
		fungible::Mutate,
		tokens::{Fortitude, Precision, Preservation},
		Get,
	},
	weights::Weight,
};
use ganglion_primitives::{Balance, BlockNumber, NetUid};
use ganglion_traits::{BurnRecord, ColdkeyGuard, HotkeyInspect, NeuronInspect, OnHotkeySwapped, Pause, SubnetInspect};
use sp_runtime::{traits::UniqueSaturatedInto, DispatchResult};

impl<T: Config> Pallet<T> {
	/// The clock of all deadlines: blocks without those that were paused.
	pub fn clock() -> BlockNumber {
		let now: BlockNumber = frame_system::Pallet::<T>::block_number().unique_saturated_into();
		now.saturating_sub(T::Pause::paused_blocks())
	}

	pub(crate) fn burn(coldkey: &T::AccountId, cost: Balance) -> DispatchResult {
		let burned = T::Currency::burn_from(
			coldkey,
			cost,
			Preservation::Preserve,
			Precision::Exact,
			Fortitude::Polite,
		)?;
		T::Burns::burned_for_ever(burned);
		Ok(())
	}

	pub(crate) fn do_swap_hotkey(
		coldkey: T::AccountId,
		old: T::AccountId,
		new: T::AccountId,
		netuid: Option<NetUid>,
	) -> DispatchResult {
		ensure!(old != new, Error::<T>::SameKey);
		ensure!(
			T::Hotkeys::coldkey(&old).as_ref() == Some(&coldkey),
			Error::<T>::NotOwned
		);
		ensure!(!Self::is_guarded(&coldkey), Error::<T>::ColdkeyGuarded);
		ensure!(netuid.is_none_or(T::Subnets::exists), Error::<T>::SubnetNotFound);
		T::OnHotkeySwapped::ensure_can_swap_hotkey(&old, &new, netuid)?;
		Self::begin_interval(&coldkey)?;
		Self::burn(&coldkey, Self::hotkey_swap_cost(netuid))?;
		T::OnHotkeySwapped::on_hotkey_swapped(&old, &new, netuid);
		Self::deposit_event(Event::HotkeySwapped {
			coldkey,
			old_hotkey: old,
			new_hotkey: new,
			netuid,
		});
		Ok(())
	}

	/// How many subnets a swap looks at, and in how many of them the hotkey has a slot.
	pub(crate) fn swapped_in(hotkey: &T::AccountId, netuid: Option<NetUid>) -> (u32, u32) {
		let subnets = netuid.map_or_else(T::Subnets::netuids, |netuid| alloc::vec![netuid]);
		let slots = subnets
			.iter()
			.filter(|netuid| T::Neurons::uid(**netuid, hotkey).is_some());
		let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
		(count(subnets.len()), count(slots.count()))
	}

	fn hotkey_swap_cost(netuid: Option<NetUid>) -> Balance {
		match netuid {
			Some(_) => T::HotkeySwapCostInSubnet::get(),
			None => T::HotkeySwapCost::get(),
		}
	}

	fn begin_interval(coldkey: &T::AccountId) -> DispatchResult {
		ensure!(!NextHotkeySwap::<T>::contains_key(coldkey), Error::<T>::SwapRateLimited);
		let interval = T::HotkeySwapInterval::get();
		if interval == 0 {
			return Ok(());
		}
		let ends = Self::clock().saturating_add(interval);
		IntervalsEnding::<T>::try_mutate(ends, |ending| ending.try_push(coldkey.clone()))
			.map_err(|_| Error::<T>::TooManySwaps)?;
		NextHotkeySwap::<T>::insert(coldkey, ends);
		Ok(())
	}

	/// Forget the intervals that end now. The clock of block starts never skips a number, so none is left behind.
	pub(crate) fn forget_intervals() -> Weight {
		let ended = IntervalsEnding::<T>::take(Self::clock());
		for coldkey in &ended {
			NextHotkeySwap::<T>::remove(coldkey);
		}
		T::WeightInfo::forget_intervals(u32::try_from(ended.len()).unwrap_or(u32::MAX))
	}
}
