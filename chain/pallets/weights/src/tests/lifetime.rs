//! What ends: commits that were missed, and all that a replaced neuron leaves.

use super::*;
use crate::{Commits, LastUpdate, Rows};
use frame_support::{assert_noop, assert_ok};
use ganglion_primitives::Uid;
use ganglion_traits::{NeuronInspect, WeightsInspect};

fn registered_at() -> Vec<u32> {
	Neurons::neurons(NETUID).into_iter().map(|(_, at)| at).collect()
}

fn rows() -> Vec<(u16, Vec<(u16, u16)>)> {
	Weights::weights(NETUID, MECHANISM)
}

#[test]
fn a_missed_commit_is_dropped_at_the_end_of_its_epoch() {
	ExtBuilder.build_and_execute(|| {
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		assert_ok!(commit(BOB, &UIDS, &VALUES));
		next_epoch();
		assert_eq!(missed_count(), 0);
		assert_ok!(reveal(BOB, &UIDS, &VALUES));
		next_epoch();
		System::assert_last_event(missed(ALICE, hash_of(ALICE, &UIDS, &VALUES), MissCause::Expired));
		assert_eq!(Weights::missed_commits(NETUID, MECHANISM), vec![0, 1, 0, 0]);
		assert_eq!(missed_count(), 1);
		assert_eq!(Commits::<Test>::iter().count(), 0);
		assert_noop!(reveal(ALICE, &UIDS, &VALUES), E::CommitNotFound);
	});
}

#[test]
fn a_missed_commit_does_not_count_before_it_is_dropped() {
	ExtBuilder.build_and_execute(|| {
		TheHyperparameters::mutate(|h| h.weights_rate_limit = 0);
		for value in 0..4 {
			assert_ok!(commit(ALICE, &UIDS, &[value, 1]));
		}
		// As if the end of the epoch had not been told.
		Epoch::set(9);
		assert_eq!(Weights::earliest_commit(NETUID, MECHANISM, &ALICE), None);
		assert!(Weights::open_commits(NETUID, MECHANISM, &ALICE).is_empty());
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		assert_eq!(missed_count(), 4);
		assert_eq!(Weights::missed_commits(NETUID, MECHANISM), vec![0, 4, 0, 0]);
		assert_eq!(Commits::<Test>::get(KEY, ALICE).unwrap().len(), 1);
	});
}

#[test]
fn the_earliest_open_commit_is_the_oldest() {
	ExtBuilder.build_and_execute(|| {
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		next_epoch();
		advance(5);
		assert_ok!(commit(ALICE, &UIDS, &[1, 1]));
		assert_eq!(Weights::earliest_commit(NETUID, MECHANISM, &ALICE), Some(START));
		next_epoch();
		assert_eq!(Weights::earliest_commit(NETUID, MECHANISM, &ALICE), Some(START + 5));
	});
}

#[test]
fn a_replaced_neuron_leaves_nothing() {
	ExtBuilder.build_and_execute(|| {
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		next_epoch();
		assert_ok!(reveal(ALICE, &UIDS, &VALUES));
		advance(5);
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		replace(1, STRANGER);
		assert_eq!(missed_count(), 1);
		System::assert_has_event(missed(ALICE, hash_of(ALICE, &UIDS, &VALUES), MissCause::Replaced));
		assert_eq!(Weights::missed_commits(NETUID, MECHANISM), vec![0; 4]);
		assert!(Rows::<Test>::get(KEY, Uid(1)).is_none());
		assert!(LastUpdate::<Test>::get(KEY, Uid(1)).is_none());
		assert!(Commits::<Test>::get(KEY, ALICE).is_none());
		// The successor is bound by no limit of its predecessor's.
		assert_ok!(commit(STRANGER, &UIDS, &VALUES));
	});
}

#[test]
fn data_of_an_older_registration_is_ignored() {
	plain(|| {
		assert_ok!(set(ALICE, &UIDS, &VALUES));
		assert_eq!(rows(), vec![(1, vec![(2, 20), (3, 30)])]);
		assert_eq!(
			Weights::last_update(NETUID, MECHANISM, &registered_at()),
			vec![0, START, 0, 0]
		);
		// Without the hook, as if the slot's data had been forgotten.
		let later = [1, START + 1, 1, 1];
		assert!(Weights::row(NETUID, MECHANISM, Uid(1), &later).is_none());
		assert_eq!(Weights::last_update(NETUID, MECHANISM, &later), vec![0; 4]);
		TheNeurons::mutate(|neurons| neurons[1] = (ALICE, START + 1));
		assert_ok!(set(ALICE, &UIDS, &VALUES));
		System::set_block_number(START + 1);
		Rows::<Test>::mutate(KEY, Uid(1), |row| row.as_mut().unwrap().updated_at = START + 1);
		LastUpdate::<Test>::mutate(KEY, Uid(1), |last| last.as_mut().unwrap().block = START + 1);
	});
}

#[test]
fn a_successor_inherits_no_weight() {
	plain(|| {
		assert_ok!(set(ALICE, &UIDS, &VALUES));
		advance(1);
		replace(3, STRANGER);
		assert_eq!(rows(), vec![(1, vec![(2, 20)])]);
		advance(4);
		assert_ok!(set(ALICE, &UIDS, &VALUES));
		assert_eq!(rows(), vec![(1, vec![(2, 20), (3, 30)])]);
	});
}

/// The slot changed hands between commitment and reveal: the row meant the predecessor. Nor does a later commitment
/// make an older row mean the successor.
#[test]
fn a_reveal_means_those_who_were_there_at_the_commitment() {
	ExtBuilder.build_and_execute(|| {
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		next_epoch();
		advance(1);
		replace(3, STRANGER);
		assert_ok!(reveal(ALICE, &UIDS, &VALUES));
		assert_eq!(rows(), vec![(1, vec![(2, 20)])]);
		advance(10);
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		assert_eq!(rows(), vec![(1, vec![(2, 20)])]);
		next_epoch();
		assert_ok!(reveal(ALICE, &UIDS, &VALUES));
		assert_eq!(rows(), vec![(1, vec![(2, 20), (3, 30)])]);
	});
}

#[test]
fn a_slot_that_changed_hands_in_the_same_block_was_not_meant() {
	plain(|| {
		replace(3, STRANGER);
		assert_ok!(set(ALICE, &UIDS, &VALUES));
		assert_eq!(rows(), vec![(1, vec![(2, 20)])]);
	});
}

#[test]
fn rows_are_listed_in_ascending_order() {
	plain(|| {
		for who in [BOB, OWNER_HOTKEY, ALICE] {
			assert_ok!(set(who, &UIDS, &VALUES));
		}
		let authors: Vec<u16> = rows().into_iter().map(|(uid, _)| uid).collect();
		assert_eq!(authors, vec![0, 1, 2]);
		assert!(Weights::weights(NetUid(9), MECHANISM).is_empty());
	});
}

#[test]
fn an_epoch_of_another_subnet_changes_nothing() {
	ExtBuilder.build_and_execute(|| {
		use ganglion_traits::OnEpoch;
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		Epoch::set(20);
		Weights::on_epoch(NetUid(9), 20);
		assert_eq!(missed_count(), 0);
		assert_eq!(Commits::<Test>::iter().count(), 1);
	});
}
