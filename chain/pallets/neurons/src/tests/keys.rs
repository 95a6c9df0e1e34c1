//! Swaps of hotkeys and coldkeys, as the pallet sees them.

use super::*;
use crate::{Coldkeys, HotkeyCount, OwnedHotkeys, WeightInfo};
use frame_support::assert_ok;
use ganglion_primitives::Uid;
use ganglion_traits::{HotkeyInspect, HotkeyOwnership, OnColdkeySwapped, OnHotkeySwapped, SubnetInspect};
use sp_runtime::Weight;

fn swap(old: u64, new: u64, netuid: Option<NetUid>) -> sp_runtime::DispatchResult {
	Neurons::ensure_can_swap_hotkey(&old, &new, netuid)?;
	Neurons::on_hotkey_swapped(&old, &new, netuid);
	Ok(())
}

#[test]
fn a_slot_goes_over_with_its_age_and_its_endpoint() {
	full(|| {
		System::set_block_number(9);
		Neurons::serve(signed(202), NETUID, endpoint()).unwrap();
		System::set_block_number(20);
		assert_ok!(swap(202, 300, None));
		assert_eq!(Neurons::neuron(NETUID, Uid(2)), Some((300, 1)));
		assert_eq!(
			(Neurons::uid(NETUID, &202), Neurons::uid(NETUID, &300)),
			(None, Some(Uid(2)))
		);
		assert_eq!(Neurons::endpoint(NETUID, &300), Some(endpoint()));
		assert_eq!(Neurons::endpoint(NETUID, &202), None);
		// Nobody else can have the old hotkey: it stays owned.
		assert_eq!(
			(Neurons::coldkey(&202), Neurons::coldkey(&300)),
			(Some(ALICE), Some(ALICE))
		);
		assert_eq!(System::sufficients(&300), 1);
		assert_eq!(Replaced::get(), vec![]);
		let event = Event::NeuronHotkeySwapped {
			netuid: NETUID,
			uid: Uid(2),
			old_hotkey: 202,
			new_hotkey: 300,
		};
		System::assert_last_event(event.into());
	});
}

#[test]
fn one_subnet_or_all() {
	full(|| {
		create(OTHER);
		Neurons::register(signed(ALICE), OTHER, 202, Balance::MAX).unwrap();
		assert_ok!(swap(202, 300, Some(OTHER)));
		assert_eq!(
			(hotkeys(NETUID), hotkeys(OTHER)),
			(vec![OWNER_HOTKEY, 201, 202, 203], vec![OWNER_HOTKEY, 300])
		);
		// The new one has a slot where the old one has none.
		assert_ok!(swap(202, 300, None));
		assert_eq!(
			(hotkeys(NETUID), hotkeys(OTHER)),
			(vec![OWNER_HOTKEY, 201, 300, 203], vec![OWNER_HOTKEY, 300])
		);
		assert!(Subnets::netuids().contains(&OTHER));
	});
}

#[test]
fn a_swap_is_refused_where_something_would_be_lost_or_taken() {
	full(|| {
		let refused = |new, error: E| assert_eq!(swap(202, new, None), Err(error.into()));
		refused(203, E::AlreadyRegistered);
		refused(OWNER_HOTKEY, E::NotOwned);
		refused(ALICE, E::HotkeyIsColdkey);
		refused(OWNER, E::HotkeyIsColdkey);
		refused(POOR, E::HotkeyInUse);
		assert_eq!(swap(999, 300, None), Err(E::HotkeyNotFound.into()));
	});
}

#[test]
fn ownership_moves_in_steps() {
	full(|| {
		let new = 50u64;
		let one = <() as WeightInfo>::move_hotkey();
		let step = Neurons::move_coldkey(&ALICE, &new, one);
		assert!(!step.done);
		assert_eq!((HotkeyCount::<Test>::get(ALICE), HotkeyCount::<Test>::get(new)), (2, 1));
		Neurons::do_try_state().unwrap();
		assert!(Neurons::move_coldkey(&ALICE, &new, Weight::MAX).done);
		assert!(!HotkeyCount::<Test>::contains_key(ALICE));
		let mut owned = Neurons::owned(&new);
		owned.sort_unstable();
		assert_eq!(owned, vec![201, 202, 203]);
		assert!(owned.iter().all(|hotkey| Coldkeys::<Test>::get(hotkey) == Some(new)));
		assert_eq!(OwnedHotkeys::<Test>::iter_prefix(ALICE).count(), 0);
		// Slots are where they were.
		assert_eq!(hotkeys(NETUID), vec![OWNER_HOTKEY, 201, 202, 203]);
		assert!(Neurons::move_coldkey(&ALICE, &new, Weight::zero()).done);
	});
}
