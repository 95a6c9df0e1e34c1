//! Who can anchor, what is free, and what follows slots and keys.

use super::*;
use crate::{Book, FREE_ANCHORS, MAX_BATCH};
use frame_support::{assert_noop, assert_ok};
use ganglion_primitives::{NetUid, Uid};
use ganglion_traits::{OnHotkeySwapped, OnNeuronReplaced, OnSubnetDissolved};
use sp_runtime::{DispatchError, Weight};

#[test]
fn a_neuron_anchors_a_batch() {
	execute(|| {
		System::set_block_number(7);
		assert_ok!(anchor(101, 1));
		let stored = crate::Anchors::<Test>::get(root(1), (NETUID, 101)).unwrap();
		assert_eq!(
			(stored.count, stored.block, stored.clock, stored.at),
			(1_000, 7, 7, 42_000)
		);
		let (netuid, hotkey, root, count) = (NETUID, 101, root(1), 1_000);
		System::assert_last_event(
			crate::Event::Anchored {
				netuid,
				hotkey,
				root,
				count,
			}
			.into(),
		);
		assert_eq!(Receipts::totals(NETUID, &101), Some((1, 1_000, 7)));
	});
}

#[test]
fn only_neurons_only_batches_only_once() {
	execute(|| {
		assert_noop!(anchor(999, 1), E::NotRegistered);
		assert_noop!(Receipts::anchor(signed(101), NetUid(9), root(1), 1), E::SubnetNotFound);
		assert_noop!(
			Receipts::anchor(RawOrigin::None.into(), NETUID, root(1), 1),
			DispatchError::BadOrigin
		);
		for (root, count) in [(root(1), 0), (root(1), MAX_BATCH + 1), (H256::zero(), 1)] {
			assert_noop!(Receipts::anchor(signed(101), NETUID, root, count), E::BadBatch);
		}
		assert!(!is_free(999, 1));
		assert_ok!(anchor(101, 1));
		assert!(!is_free(101, 1));
		assert_noop!(anchor(101, 1), E::AnchoredAlready);
		// Whoever copies a root takes nothing from its author.
		assert_ok!(anchor(102, 1));
		assert_ok!(Receipts::anchor(signed(101), OTHER, root(1), 5));
	});
}

#[test]
fn a_few_anchors_per_tempo_are_free() {
	execute(|| {
		for n in 0..u64::from(FREE_ANCHORS) {
			assert!(is_free(101, 1 + n));
			assert_ok!(anchor(101, 1 + n));
		}
		assert!(!is_free(101, 100));
		assert_eq!(Receipts::quota(NETUID, &101), Some((0, 1 + TEMPO)));
		assert_eq!(Receipts::quota(NETUID, &102), Some((FREE_ANCHORS, 1)));
		Paused::set(true);
		assert!(!is_free(102, 100));
		Paused::set(false);
		assert!(is_free(102, 100));
		// Beyond it is accepted, for the fee, and overdraws nothing.
		System::set_block_number(TEMPO);
		assert_ok!(anchor(101, 100));
		assert!(!is_free(101, 101));
		System::set_block_number(1 + TEMPO);
		assert!(is_free(101, 101));
		assert_ok!(anchor(101, 101));
		assert_eq!(Receipts::quota(NETUID, &101), Some((FREE_ANCHORS - 1, 1 + 2 * TEMPO)));
		assert_eq!(Receipts::totals(NETUID, &101), Some((6, 6_000, 1 + TEMPO)));
	});
}

#[test]
fn the_quota_follows_a_swap_and_goes_with_the_slot() {
	execute(|| {
		assert_ok!(anchor(101, 1));
		let book: Book = crate::Books::<Test>::get(NETUID, 101).unwrap();
		assert_ok!(Receipts::ensure_can_swap_hotkey(&101, &300, None));
		Receipts::on_hotkey_swapped(&101, &300, Some(OTHER));
		assert_eq!(crate::Books::<Test>::get(NETUID, 300), None);
		Receipts::on_hotkey_swapped(&101, &300, None);
		assert_eq!(crate::Books::<Test>::get(NETUID, 300), Some(book));
		assert_eq!(crate::Books::<Test>::get(NETUID, 101), None);
		Receipts::on_neuron_replaced(NETUID, Uid(1), &300);
		assert_eq!(crate::Books::<Test>::iter().count(), 0);
		// What was anchored stays anchored.
		assert_eq!(crate::Anchors::<Test>::iter().count(), 1);
	});
}

#[test]
fn a_dissolved_subnet_is_cleared_in_steps() {
	execute(|| {
		for hotkey in 100..103 {
			assert_ok!(anchor(hotkey, hotkey));
			assert_ok!(Receipts::anchor(signed(hotkey), OTHER, root(hotkey), 1));
		}
		for left in [2, 1, 0] {
			let step = Receipts::clear(NETUID, Weight::zero());
			assert_eq!(
				(step.done, crate::Books::<Test>::iter_prefix(NETUID).count()),
				(left == 0, left)
			);
		}
		assert!(Receipts::clear(NETUID, Weight::zero()).done);
		assert_eq!(crate::Books::<Test>::iter_prefix(OTHER).count(), 3);
		assert_eq!(crate::Anchors::<Test>::iter().count(), 6);
	});
}
