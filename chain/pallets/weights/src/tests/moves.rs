//! Slots that are numbered anew, mechanisms that go, subnets that are dissolved.

use super::*;
use crate::{Commits, LastUpdate, Mechanisms, Rows};
use frame_support::{assert_noop, assert_ok, weights::Weight};
use ganglion_primitives::Uid;
use ganglion_traits::{OnEpoch, OnNeuronReplaced, OnSubnetDissolved, OnUidsMoved};

fn set_in(netuid: NetUid, mechanism: MechanismId, who: u64) {
	let (uids, values) = (UIDS.to_vec(), VALUES.to_vec());
	assert_ok!(Weights::set(signed(who), netuid, mechanism, uids, values, VERSION));
}

fn commit_in(netuid: NetUid, mechanism: MechanismId, who: u64) {
	assert_ok!(Weights::commit(signed(who), netuid, mechanism, H256::repeat_byte(7)));
}

fn items(netuid: NetUid) -> usize {
	let rows = Rows::<Test>::iter_keys().filter(|(key, _)| key.0 == netuid).count();
	let updates = LastUpdate::<Test>::iter_keys()
		.filter(|(key, _)| key.0 == netuid)
		.count();
	rows + updates + Commits::<Test>::iter_keys().filter(|(key, _)| key.0 == netuid).count()
}

/// Three mechanisms in each of two subnets, with rows and commits of two validators.
fn filled(test: impl FnOnce()) {
	ExtBuilder.build_and_execute(|| {
		TheHyperparameters::mutate(|h| {
			h.mechanism_count = 3;
			h.commit_reveal_on = false;
			h.weights_rate_limit = 0;
		});
		let places: Vec<(NetUid, MechanismId)> = [NETUID, OTHER]
			.into_iter()
			.flat_map(|netuid| (0..3).map(move |mechanism| (netuid, MechanismId(mechanism))))
			.collect();
		for (netuid, mechanism) in &places {
			set_in(*netuid, *mechanism, ALICE);
			set_in(*netuid, *mechanism, BOB);
		}
		TheHyperparameters::mutate(|h| h.commit_reveal_on = true);
		for (netuid, mechanism) in &places {
			commit_in(*netuid, *mechanism, ALICE);
		}
		test();
	});
}

#[test]
fn rows_follow_slots_that_are_numbered_anew() {
	plain(|| {
		assert_ok!(set(BOB, &[0, 1, 3], &[10, 11, 13]));
		assert_ok!(set(ALICE, &[0, 3], &[1, 3]));
		TheHyperparameters::mutate(|h| {
			h.commit_reveal_on = true;
			h.weights_rate_limit = 0;
		});
		assert_ok!(commit(BOB, &UIDS, &VALUES));
		// Slot 1 goes: 2 becomes 1, 3 becomes 2.
		Weights::on_neuron_replaced(NETUID, Uid(1), &ALICE);
		TheNeurons::mutate(|neurons| neurons.retain(|(who, _)| *who != ALICE));
		Permits::set(vec![0, 1]);
		Weights::on_uids_moved(NETUID, &[(Uid(0), Uid(0)), (Uid(2), Uid(1)), (Uid(3), Uid(2))]);
		assert_eq!(Weights::weights(NETUID, MECHANISM), vec![(1, vec![(0, 10), (2, 13)])]);
		let last = LastUpdate::<Test>::get(KEY, Uid(1)).unwrap();
		assert_eq!((last.registered_at, last.block), (1, START));
		assert!(!LastUpdate::<Test>::contains_key(KEY, Uid(2)));
		// What was committed named slots by their old numbers.
		System::assert_has_event(missed(BOB, hash_of(BOB, &UIDS, &VALUES), MissCause::Renumbered));
		assert_eq!(Weights::missed_commits(NETUID, MECHANISM), vec![0; 3]);
		next_epoch();
		assert_noop!(reveal(BOB, &UIDS, &VALUES), E::CommitNotFound);
	});
}

#[test]
fn mechanisms_that_go_take_everything_along() {
	filled(|| {
		let before = items(NETUID);
		TheHyperparameters::mutate(|h| h.mechanism_count = 1);
		// Until the epoch, what is there stays; a slot that changes hands leaves nothing in any of them.
		assert_eq!(items(NETUID), before);
		let stranger = Weights::commit(signed(ALICE), NETUID, MechanismId(1), H256::zero());
		assert_noop!(stranger, E::MechanismDoesNotExist);
		replace(2, STRANGER);
		assert!((0..3).all(|m| !Rows::<Test>::contains_key((NETUID, MechanismId(m)), Uid(2))));
		Weights::on_mechanisms_removed(NETUID, 1..3);
		assert_eq!(missed_count(), 2);
		assert_eq!(Mechanisms::<Test>::get(NETUID), 1);
		// Alice's row, update and commit in mechanism 0.
		assert_eq!(items(NETUID), 3);
		// They come back empty.
		TheHyperparameters::mutate(|h| h.mechanism_count = 3);
		assert_ok!(Weights::commit(signed(ALICE), NETUID, MechanismId(2), H256::zero()));
		assert_eq!(Mechanisms::<Test>::get(NETUID), 3);
		// Ranges that were never used, or not all of what was.
		Weights::on_mechanisms_removed(NETUID, 5..9);
		assert_eq!(Mechanisms::<Test>::get(NETUID), 3);
		TheHyperparameters::mutate(|h| h.mechanism_count = 2);
		Weights::on_mechanisms_removed(NETUID, 2..3);
		assert_eq!(Mechanisms::<Test>::get(NETUID), 2);
	});
}

#[test]
fn each_mechanism_has_commits_and_a_clock_of_its_own() {
	ExtBuilder.build_and_execute(|| {
		TheHyperparameters::mutate(|h| h.mechanism_count = 2);
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		let hash = hash_of(ALICE, &UIDS, &VALUES);
		assert_ok!(Weights::commit(signed(ALICE), NETUID, MechanismId(1), hash));
		next_epoch();
		// The hash is for mechanism 0.
		let (uids, values) = (UIDS.to_vec(), VALUES.to_vec());
		let other = Weights::reveal(signed(ALICE), NETUID, MechanismId(1), uids, values, SALT, VERSION, None);
		assert_noop!(other, E::CommitNotFound);
		assert_ok!(reveal(ALICE, &UIDS, &VALUES));
		next_epoch();
		assert_eq!(missed_count(), 1);
		assert_eq!(Weights::missed_commits(NETUID, MECHANISM), vec![0; 4]);
		assert_eq!(Weights::missed_commits(NETUID, MechanismId(1)), vec![0, 1, 0, 0]);
		assert!(Weights::weights(NETUID, MechanismId(1)).is_empty());
	});
}

#[test]
fn a_dissolved_subnet_leaves_nothing_however_small_the_steps() {
	for (budget, expected) in [
		(Weight::zero(), 15),
		(Weight::from_parts(700_000_000, 0), 3),
		(Weight::MAX, 0),
	] {
		filled(|| {
			let (all, others) = (items(NETUID), items(OTHER));
			assert_eq!((all, others), (15, 15));
			Dissolving::set(true);
			let mut steps = 0;
			while !Weights::clear(NETUID, budget).done {
				Weights::do_try_state().unwrap();
				steps += 1;
				assert!(steps < 100);
			}
			assert_eq!(steps, expected);
			assert_eq!(items(NETUID), 0);
			assert!(!Mechanisms::<Test>::contains_key(NETUID));
			assert_eq!(items(OTHER), others);
			assert!(Weights::clear(NETUID, budget).done);
			Dissolving::set(false);
		});
	}
}
