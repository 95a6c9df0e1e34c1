//! Exchange of hotkeys.

use super::*;
use crate::{IntervalsEnding, NextHotkeySwap, WeightInfo};
use frame_support::assert_ok;
use ganglion_primitives::{NetUid, GNG};

fn swap(coldkey: u64, old: u64, new: u64, netuid: Option<NetUid>) -> Post {
	KeySwap::swap_hotkey(signed(coldkey), old, new, netuid)
}

#[test]
fn it_costs_and_is_told_to_all() {
	execute(|| {
		let issuance = Balances::total_issuance();
		let done = swap(ALICE, HOTKEY, 101, None).unwrap();
		assert_eq!(done.actual_weight, Some(<() as WeightInfo>::swap_hotkey(1, 1)));
		assert_eq!(Swaps::get(), vec![(HOTKEY, 101, None)]);
		assert_eq!(Balances::free_balance(ALICE), START - COST);
		assert_eq!(Balances::total_issuance(), issuance - COST);
		let event = Event::HotkeySwapped {
			coldkey: ALICE,
			old_hotkey: HOTKEY,
			new_hotkey: 101,
			netuid: None,
		};
		System::assert_last_event(event.into());
	});
}

#[test]
fn one_subnet_costs_less() {
	execute(|| {
		assert_ok!(swap(ALICE, HOTKEY, 101, Some(NETUID)));
		assert_eq!(Swaps::get(), vec![(HOTKEY, 101, Some(NETUID))]);
		assert_eq!(Balances::free_balance(ALICE), START - GNG / 1_000);
	});
}

#[test]
fn it_is_refused() {
	execute(|| {
		let refused = |coldkey, old, new, netuid, why: E| {
			assert_eq!(error(swap(coldkey, old, new, netuid)), why.into());
		};
		refused(ALICE, HOTKEY, HOTKEY, None, E::SameKey);
		refused(BOB, HOTKEY, 101, None, E::NotOwned);
		refused(ALICE, 999, 101, None, E::NotOwned);
		// The hotkey itself can't.
		refused(HOTKEY, HOTKEY, 101, None, E::NotOwned);
		refused(ALICE, HOTKEY, 101, Some(NetUid(9)), E::SubnetNotFound);
		assert_eq!(
			error(KeySwap::swap_hotkey(root(), HOTKEY, 101, None)),
			DispatchError::BadOrigin
		);
		Refuses::set(true);
		assert_eq!(error(swap(ALICE, HOTKEY, 101, None)), DispatchError::Other("kept"));
		Refuses::set(false);
		announce(ALICE, NEW);
		refused(ALICE, HOTKEY, 101, None, E::ColdkeyGuarded);
		assert!(Swaps::get().is_empty());
	});
}

#[test]
fn once_an_interval_of_unpaused_blocks() {
	execute(|| {
		assert_ok!(swap(ALICE, HOTKEY, 101, None));
		assert_ok!(swap(BOB, 200, 201, None));
		pass(INTERVAL - 1);
		assert_eq!(error(swap(ALICE, HOTKEY, 102, None)), E::SwapRateLimited.into());
		// A paused block counts for nobody.
		pass_paused(1);
		assert_eq!(error(swap(ALICE, HOTKEY, 102, None)), E::SwapRateLimited.into());
		pass(1);
		assert_eq!(
			NextHotkeySwap::<Test>::iter().count() + IntervalsEnding::<Test>::iter().count(),
			0
		);
		assert_ok!(swap(ALICE, HOTKEY, 102, None));
	});
}

/// What a swap everywhere weighs is bounded, however many subnets a hotkey has joined.
#[test]
fn a_hotkey_with_very_many_slots_is_swapped_one_by_one() {
	execute(|| {
		let subnets: Vec<NetUid> = (1..=65).map(NetUid).collect();
		Netuids::set(subnets.clone());
		Slots::set(subnets.iter().map(|netuid| (*netuid, HOTKEY)).collect());
		assert_eq!(error(swap(ALICE, HOTKEY, 101, None)), E::TooManySlots.into());
		assert_ok!(swap(ALICE, HOTKEY, 101, Some(NETUID)));
		Slots::mutate(|slots| slots.truncate(64));
		assert_ok!(swap(BOB, 200, 201, None));
	});
}

#[test]
fn a_block_takes_so_many() {
	execute(|| {
		let ends = KeySwap::clock() + INTERVAL;
		for coldkey in 1_000..1_064 {
			IntervalsEnding::<Test>::mutate(ends, |list| list.try_push(coldkey).unwrap());
			NextHotkeySwap::<Test>::insert(coldkey, ends);
		}
		assert_eq!(error(swap(ALICE, HOTKEY, 101, None)), E::TooManySwaps.into());
		NextHotkeySwap::<Test>::remove(ALICE);
	});
}
