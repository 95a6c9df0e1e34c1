//! What keeping evidence back costs, some of it in each block.

use crate::{pallet::*, SLASHES_PER_BLOCK};
use alloc::vec::Vec;
use frame_support::traits::Get;
use ganglion_primitives::{proportion, NetUid, Role};
use ganglion_traits::{Bonds, Pause, SubnetInspect};

impl<T: Config> Pallet<T> {
	/// Carry out some slashes that are due; answers how many. None while the network is paused: they wait.
	pub(crate) fn slash_some() -> u32 {
		if T::Pause::is_paused() {
			return 0;
		}
		let some: Vec<(NetUid, T::AccountId, u32)> = Due::<T>::iter().take(SLASHES_PER_BLOCK as usize).collect();
		let mut done = 0u32;
		for (netuid, hotkey, times) in some {
			Due::<T>::remove(netuid, &hotkey);
			done = done.saturating_add(1);
			// What is behind a subnet that is being dissolved is not slashed any more: nobody needs its verdicts.
			if T::Subnets::exists(netuid) {
				Self::slash(netuid, hotkey, times);
			}
		}
		done
	}

	/// The part of what is left of the bond, as often.
	fn slash(netuid: NetUid, hotkey: T::AccountId, times: u32) {
		let mut slashed = 0u128;
		// One more round would take next to nothing of the bond.
		for _ in 0..times.min(16) {
			let amount = proportion(T::Bonds::bond(netuid, &hotkey, Role::Audit), T::MissPart::get());
			if amount == 0 {
				break;
			}
			let outcome = T::Bonds::slash_bond(netuid, &hotkey, Role::Audit, amount, None);
			slashed = slashed.saturating_add(outcome.total());
		}
		Self::deposit_event(Event::EvidenceKeptBack {
			netuid,
			hotkey,
			times,
			slashed,
		});
	}
}
