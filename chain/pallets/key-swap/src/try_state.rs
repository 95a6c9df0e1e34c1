//! The invariants of the pallet's header, checked.

use crate::pallet::*;
use frame_support::{ensure, traits::fungible::InspectFreeze};
use ganglion_primitives::Balance;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Check the invariants.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_announcements()?;
		Self::check_moving()?;
		Self::check_intervals()
	}

	fn is_frozen(coldkey: &T::AccountId) -> bool {
		T::Currency::balance_frozen(&FreezeReason::ColdkeySwap.into(), coldkey) == Balance::MAX
	}

	fn check_announcements() -> Result<(), TryRuntimeError> {
		for (coldkey, announcement) in Announcements::<T>::iter() {
			ensure!(Self::is_frozen(&coldkey), "an announced coldkey that is not frozen");
			ensure!(!Self::is_moving(&coldkey), "a coldkey that is announced and moved");
			ensure!(
				announcement.announced_at <= Self::clock(),
				"an announcement from the future"
			);
			let disputed = announcement.disputed_at.unwrap_or_default();
			ensure!(disputed <= Self::clock(), "a dispute from the future");
		}
		Ok(())
	}

	fn check_moving() -> Result<(), TryRuntimeError> {
		let moving = Moving::<T>::get();
		for (coldkey, new) in moving.iter() {
			ensure!(Self::is_frozen(coldkey), "a coldkey that is moved but not frozen");
			let same = |(old, to): &&(T::AccountId, T::AccountId)| old == coldkey || to == new;
			ensure!(moving.iter().filter(same).count() == 1, "a coldkey that is moved twice");
		}
		Ok(())
	}

	fn check_intervals() -> Result<(), TryRuntimeError> {
		let mut listed = 0usize;
		for (ends, coldkeys) in IntervalsEnding::<T>::iter() {
			ensure!(ends >= Self::clock(), "an interval that was not forgotten");
			for coldkey in &coldkeys {
				ensure!(
					NextHotkeySwap::<T>::get(coldkey) == Some(ends),
					"an interval with another end"
				);
				listed = listed.saturating_add(1);
			}
		}
		ensure!(
			NextHotkeySwap::<T>::iter_keys().count() == listed,
			"an interval that never ends"
		);
		Ok(())
	}
}
