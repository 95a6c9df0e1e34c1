//! Swapped hotkeys, replaced neurons, dissolved subnets.

use super::*;
use crate::{Due, Error, Filed};
use frame_support::{assert_noop, assert_ok, weights::Weight};
use ganglion_primitives::Uid;
use ganglion_traits::{FiledVerdicts, OnHotkeySwapped, OnNeuronReplaced, OnSubnetDissolved, OnUidsMoved};

const NEW: u64 = 500;

fn swap(old: u64, new: u64, netuid: Option<NetUid>) {
	assert_ok!(Audits::ensure_can_swap_hotkey(&old, &new, netuid));
	Slots::mutate(|slots| slots.iter_mut().filter(|one| **one == old).for_each(|one| *one = new));
	Audits::on_hotkey_swapped(&old, &new, netuid);
}

#[test]
fn everything_goes_over_to_the_new_hotkey() {
	run(|| {
		file(ALICE, 1, 2);
		next_epoch();
		file(ALICE, 2, 3);
		missed(BOB);
		swap(ALICE, NEW, None);
		swap(BOB, 501, Some(NETUID));
		assert_eq!(Audits::filed(NETUID, &NEW, 99).unwrap().secret, [1; 32]);
		assert_eq!(Audits::filed(NETUID, &NEW, 100).unwrap().secret, [2; 32]);
		assert_eq!(Audits::announced(NETUID, &NEW), Some(announced(3)));
		assert_eq!(
			(Audits::announced(NETUID, &ALICE), Filed::<Test>::iter().count()),
			(None, 2)
		);
		assert_noop!(check(NEW, &evidence(5, 6)), E::WrongSecret);
		assert_ok!(check(NEW, &evidence(3, 4)));
		assert_eq!(Due::<Test>::get(NETUID, 501), Some(1));
		assert_eq!(
			Audits::filed(NETUID, &NEW, 99).unwrap().author,
			ALICE,
			"it says who committed"
		);
	});
}

#[test]
fn evidence_is_not_overwritten() {
	run(|| {
		file(ALICE, 1, 2);
		file(BOB, 7, 8);
		let refused = Error::<Test>::HasEvidence;
		assert_noop!(Audits::ensure_can_swap_hotkey(&ALICE, &BOB, None), refused);
		assert_ok!(Audits::ensure_can_swap_hotkey(&ALICE, &BOB, Some(OTHER)));
	});
}

#[test]
fn who_lost_its_slot_owes_no_secret_and_is_still_known() {
	run(|| {
		file(ALICE, 1, 2);
		Audits::on_neuron_replaced(NETUID, Uid(2), &ALICE);
		assert_eq!(Audits::announced(NETUID, &ALICE), None);
		assert!(Audits::filed(NETUID, &ALICE, 99).is_some());
	});
}

#[test]
fn nothing_is_left_of_a_dissolved_subnet() {
	run(|| {
		file(ALICE, 1, 2);
		next_epoch();
		file(ALICE, 2, 3);
		file(BOB, 7, 8);
		missed(BOB);
		Audits::note_refuted(NETUID, &ALICE, 100);
		swap(MINER, NEW, None);
		Audits::on_uids_moved(NETUID, &[]);
		swap(101, 501, None);
		Existing::set(vec![OTHER]);
		Dissolving::set(vec![NETUID]);
		Audits::do_try_state().unwrap();
		let mut steps = 0;
		while !Audits::clear(NETUID, Weight::zero()).done {
			steps += 1;
			assert!(steps < 50);
		}
		assert!(steps > 3, "one item at a time where nothing more is affordable");
		assert_eq!(left_of(NETUID), 0);
		Dissolving::set(vec![]);
	});
}

/// What is due is not slashed any more once its subnet goes.
#[test]
fn a_dissolving_subnet_slashes_nobody() {
	run(|| {
		missed(ALICE);
		Existing::set(vec![OTHER]);
		Dissolving::set(vec![NETUID]);
		next_block();
		assert_eq!(TheBonds::get()[0].1, 1_000_000);
		assert_eq!(Due::<Test>::iter().count(), 0);
	});
}
