//! Committing and revealing.

use super::*;
use crate::{Commit, Commits, LastUpdate, Rows, Terms};
use frame_support::{assert_noop, assert_ok};
use ganglion_primitives::{Hyperparameters, Uid};
use ganglion_traits::WeightsInspect;
use sp_runtime::DispatchError;

#[test]
fn a_committed_row_is_revealed_one_epoch_later() {
	ExtBuilder.build_and_execute(|| {
		let hash = hash_of(ALICE, &UIDS, &VALUES);
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		System::assert_last_event(
			Event::WeightsCommitted {
				netuid: NETUID,
				mechanism: MECHANISM,
				hotkey: ALICE,
				commitment: hash,
				epoch: 7,
				reveal_epoch: 8,
			}
			.into(),
		);
		assert_eq!(
			Weights::open_commits(NETUID, MECHANISM, &ALICE),
			vec![(hash, 7, START, 8)]
		);
		assert_eq!(Weights::earliest_commit(NETUID, MECHANISM, &ALICE), Some(START));
		next_epoch();
		advance(10);
		assert_ok!(reveal(ALICE, &UIDS, &VALUES));
		let event = Event::WeightsRevealed {
			netuid: NETUID,
			mechanism: MECHANISM,
			uid: Uid(1),
			commitment: hash,
		};
		System::assert_last_event(event.into());
		let row = Rows::<Test>::get(KEY, Uid(1)).unwrap();
		assert_eq!((row.registered_at, row.updated_at), (1, START));
		assert_eq!(entries(1), Some(vec![(2, 20), (3, 30)]));
		assert!(Weights::open_commits(NETUID, MECHANISM, &ALICE).is_empty());
		assert_eq!(Weights::earliest_commit(NETUID, MECHANISM, &ALICE), None);
		// The commitment counted as update; the reveal does not.
		assert_eq!(LastUpdate::<Test>::get(KEY, Uid(1)).unwrap().block, START);
		assert_eq!(missed_count(), 0);
	});
}

#[test]
fn a_reveal_is_good_for_one_epoch_exactly() {
	ExtBuilder.build_and_execute(|| {
		TheHyperparameters::mutate(|h| h.reveal_period_epochs = 2);
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		assert_noop!(reveal(ALICE, &UIDS, &VALUES), E::NotRevealable);
		next_epoch();
		assert_noop!(reveal(ALICE, &UIDS, &VALUES), E::NotRevealable);
		// One too far, before the end of the epoch has been told.
		Epoch::set(10);
		assert_noop!(reveal(ALICE, &UIDS, &VALUES), E::NotRevealable);
		Epoch::set(9);
		assert_ok!(reveal(ALICE, &UIDS, &VALUES));
	});
}

#[test]
fn a_row_is_revealed_once() {
	ExtBuilder.build_and_execute(|| {
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		next_epoch();
		assert_ok!(reveal(ALICE, &UIDS, &VALUES));
		assert_noop!(reveal(ALICE, &UIDS, &VALUES), E::CommitNotFound);
	});
}

#[test]
fn only_what_was_committed_is_revealed() {
	ExtBuilder.build_and_execute(|| {
		assert_noop!(reveal(ALICE, &UIDS, &VALUES), E::CommitNotFound);
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		next_epoch();
		assert_noop!(reveal(ALICE, &UIDS, &[30, 21]), E::CommitNotFound);
		assert_noop!(reveal(ALICE, &[2, 3], &[20, 30]), E::CommitNotFound);
		let call = |salt, version| {
			Weights::reveal(
				signed(ALICE),
				NETUID,
				MECHANISM,
				UIDS.to_vec(),
				VALUES.to_vec(),
				salt,
				version,
				None,
			)
		};
		assert_noop!(call([8; 32], VERSION), E::CommitNotFound);
		assert_noop!(call(SALT, VERSION + 1), E::CommitNotFound);
		assert_ok!(call(SALT, VERSION));
	});
}

#[test]
fn a_copied_commitment_is_worth_nothing() {
	ExtBuilder.build_and_execute(|| {
		let hash = hash_of(ALICE, &UIDS, &VALUES);
		assert_ok!(Weights::commit(signed(BOB), NETUID, MECHANISM, hash));
		next_epoch();
		assert_noop!(reveal(BOB, &UIDS, &VALUES), E::CommitNotFound);
	});
}

#[test]
fn a_commitment_is_bound_to_its_chain() {
	ExtBuilder.build_and_execute(|| {
		let here = hash_of(ALICE, &UIDS, &VALUES);
		frame_system::BlockHash::<Test>::insert(0, H256::repeat_byte(1));
		assert_ne!(hash_of(ALICE, &UIDS, &VALUES), here);
	});
}

#[test]
fn bad_rows_can_be_committed_but_not_revealed() {
	ExtBuilder.build_and_execute(|| {
		TheHyperparameters::mutate(|h| h.weights_rate_limit = 0);
		let bad: [(&[u16], E); 3] = [
			(&[3, 3], E::DuplicateUid),
			(&[3, 4], E::UnknownUid),
			(&[3], E::TooFewWeights),
		];
		for (uids, _) in &bad {
			assert_ok!(commit(ALICE, uids, &VALUES[..uids.len()]));
		}
		next_epoch();
		for (uids, error) in bad {
			assert_noop!(reveal(ALICE, uids, &VALUES[..uids.len()]), error);
		}
		assert_noop!(reveal(ALICE, &[1, 2], &[1]), E::LengthMismatch);
		assert_noop!(reveal(ALICE, &[0, 1, 2, 3, 3], &[1; 5]), E::TooManyWeights);
	});
}

#[test]
fn only_validators_commit_and_reveal() {
	ExtBuilder.build_and_execute(|| {
		assert_noop!(commit(STRANGER, &UIDS, &VALUES), E::NotRegistered);
		assert_noop!(reveal(STRANGER, &UIDS, &VALUES), E::NotRegistered);
		assert_noop!(commit(MINER, &UIDS, &VALUES), E::NoPermit);
		assert_noop!(reveal(MINER, &UIDS, &VALUES), E::NoPermit);
		let hash = H256::zero();
		assert_noop!(
			Weights::commit(signed(ALICE), NetUid(9), MECHANISM, hash),
			E::MechanismDoesNotExist
		);
		assert_noop!(
			Weights::commit(signed(ALICE), NETUID, MechanismId(1), hash),
			E::MechanismDoesNotExist
		);
		let root: RuntimeOrigin = RawOrigin::Root.into();
		assert_eq!(
			Weights::commit(root.clone(), NETUID, MECHANISM, hash),
			Err(DispatchError::BadOrigin)
		);
		let result = Weights::reveal(root, NETUID, MECHANISM, vec![], vec![], SALT, VERSION, None);
		assert_eq!(result, Err(DispatchError::BadOrigin));
	});
}

#[test]
fn a_lost_permit_stops_the_reveal() {
	ExtBuilder.build_and_execute(|| {
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		next_epoch();
		Permits::set(vec![0, 2]);
		assert_noop!(reveal(ALICE, &UIDS, &VALUES), E::NoPermit);
	});
}

/// Whatever the owner of a subnet can set between commitment and reveal, the row counts.
#[test]
fn an_owner_cannot_void_what_was_committed() {
	let changes: [fn(&mut Hyperparameters); 4] = [
		|h| h.weights_version_key = VERSION + 1,
		|h| h.min_allowed_weights = 4,
		|h| h.commit_reveal_on = false,
		|h| h.reveal_period_epochs = 50,
	];
	for change in changes {
		ExtBuilder.build_and_execute(|| {
			assert_ok!(commit(ALICE, &UIDS, &VALUES));
			next_epoch();
			TheHyperparameters::mutate(change);
			assert_ok!(reveal(ALICE, &UIDS, &VALUES));
			assert_eq!(entries(1), Some(vec![(2, 20), (3, 30)]));
		});
	}
}

#[test]
fn newcomers_do_not_make_a_committed_row_too_short() {
	ExtBuilder.build_and_execute(|| {
		TheHyperparameters::mutate(|h| h.min_allowed_weights = 50);
		let (all, values) = ([0, 1, 2, 3], [1; 4]);
		assert_ok!(commit(ALICE, &all, &values));
		TheNeurons::mutate(|neurons| neurons.push((STRANGER, START)));
		next_epoch();
		advance(5);
		assert_ok!(commit(ALICE, &all, &values));
		assert_ok!(reveal(ALICE, &all, &values));
		next_epoch();
		// The second was made with five slots in use.
		assert_noop!(reveal(ALICE, &all, &values), E::TooFewWeights);
	});
}

#[test]
fn softer_rules_do_not_save_a_row_that_broke_those_it_was_committed_under() {
	ExtBuilder.build_and_execute(|| {
		let weighing = Weighing {
			uids: &UIDS,
			values: &VALUES,
			version_key: VERSION - 1,
			evidence: None,
		};
		let hash = Weights::commitment_of(&ALICE, NETUID, MECHANISM, &weighing, &SALT);
		assert_ok!(Weights::commit(signed(ALICE), NETUID, MECHANISM, hash));
		next_epoch();
		TheHyperparameters::mutate(|h| h.weights_version_key = 0);
		let (uids, values) = (UIDS.to_vec(), VALUES.to_vec());
		assert_noop!(
			Weights::reveal(signed(ALICE), NETUID, MECHANISM, uids, values, SALT, VERSION - 1, None),
			E::WrongVersionKey
		);
	});
}

#[test]
fn equal_commitments_are_held_to_their_own_terms() {
	ExtBuilder.build_and_execute(|| {
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		next_epoch();
		TheHyperparameters::mutate(|h| h.weights_version_key = VERSION + 1);
		advance(5);
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		assert_ok!(reveal(ALICE, &UIDS, &VALUES));
		next_epoch();
		assert_noop!(reveal(ALICE, &UIDS, &VALUES), E::WrongVersionKey);
	});
}

#[test]
fn nothing_is_committed_where_commit_reveal_is_off() {
	plain(|| {
		assert_noop!(commit(ALICE, &UIDS, &VALUES), E::CommitRevealOff);
		assert_noop!(reveal(ALICE, &UIDS, &VALUES), E::CommitNotFound);
	});
}

#[test]
fn commits_are_rate_limited_and_reveals_are_not() {
	ExtBuilder.build_and_execute(|| {
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		advance(4);
		assert_noop!(commit(ALICE, &UIDS, &VALUES), E::RateLimited);
		advance(1);
		assert_ok!(commit(ALICE, &UIDS, &[1, 2]));
		next_epoch();
		assert_ok!(reveal(ALICE, &UIDS, &VALUES));
		assert_ok!(reveal(ALICE, &UIDS, &[1, 2]));
	});
}

#[test]
fn four_commits_can_be_open() {
	ExtBuilder.build_and_execute(|| {
		TheHyperparameters::mutate(|h| h.weights_rate_limit = 0);
		for value in 0..4 {
			assert_ok!(commit(ALICE, &UIDS, &[value, 1]));
		}
		assert_noop!(commit(ALICE, &UIDS, &VALUES), E::TooManyCommits);
		assert_ok!(commit(BOB, &UIDS, &VALUES));
		next_epoch();
		assert_ok!(reveal(ALICE, &UIDS, &[0, 1]));
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
	});
}

#[test]
fn a_reveal_drops_older_commits_only() {
	ExtBuilder.build_and_execute(|| {
		TheHyperparameters::mutate(|h| h.weights_rate_limit = 0);
		for value in 0..4 {
			assert_ok!(commit(ALICE, &UIDS, &[value, 1]));
		}
		next_epoch();
		assert_ok!(reveal(ALICE, &UIDS, &[2, 1]));
		System::assert_has_event(missed(ALICE, hash_of(ALICE, &UIDS, &[0, 1]), MissCause::Superseded));
		System::assert_has_event(missed(ALICE, hash_of(ALICE, &UIDS, &[1, 1]), MissCause::Superseded));
		assert_eq!(missed_count(), 2);
		// Who revealed something later did not miss anything.
		assert_eq!(Weights::missed_commits(NETUID, MECHANISM), vec![0; 4]);
		assert_noop!(reveal(ALICE, &UIDS, &[0, 1]), E::CommitNotFound);
		assert_ok!(reveal(ALICE, &UIDS, &[3, 1]));
	});
}

#[test]
fn the_same_row_can_be_committed_again() {
	ExtBuilder.build_and_execute(|| {
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		next_epoch();
		advance(10);
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		assert_ok!(reveal(ALICE, &UIDS, &VALUES));
		assert_noop!(reveal(ALICE, &UIDS, &VALUES), E::NotRevealable);
		next_epoch();
		assert_ok!(reveal(ALICE, &UIDS, &VALUES));
		assert_eq!(Rows::<Test>::get(KEY, Uid(1)).unwrap().updated_at, START + 10);
	});
}

#[test]
fn a_new_reveal_period_holds_for_new_commits_only() {
	ExtBuilder.build_and_execute(|| {
		TheHyperparameters::mutate(|h| h.reveal_period_epochs = 2);
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		TheHyperparameters::mutate(|h| h.reveal_period_epochs = 1);
		let commit = Commit {
			hash: hash_of(ALICE, &UIDS, &VALUES),
			author: ALICE,
			epoch: 7,
			block: START,
			reveal_epoch: 9,
			terms: Terms {
				version_key: VERSION,
				min_entries: 2,
				evidence: false,
			},
		};
		assert_eq!(Commits::<Test>::get(KEY, ALICE).unwrap().into_inner(), vec![commit]);
		next_epoch();
		next_epoch();
		assert_ok!(reveal(ALICE, &UIDS, &VALUES));
	});
}
