//! Setting rows in the open.

use super::*;
use crate::{LastUpdate, Update};
use frame_support::{assert_noop, assert_ok};
use ganglion_primitives::Uid;
use sp_runtime::DispatchError;

#[test]
fn a_validator_sets_its_row() {
	plain(|| {
		assert_ok!(set(ALICE, &UIDS, &VALUES));
		assert_eq!(entries(1), Some(vec![(2, 20), (3, 30)]));
		assert_eq!(
			LastUpdate::<Test>::get(KEY, Uid(1)),
			Some(Update {
				registered_at: 1,
				block: START,
				missed: 0,
				silent: 0,
			})
		);
		let event = Event::WeightsSet {
			netuid: NETUID,
			mechanism: MECHANISM,
			uid: Uid(1),
		};
		System::assert_last_event(event.into());
	});
}

#[test]
fn the_own_slot_counts_for_the_owner_only() {
	plain(|| {
		assert_ok!(set(ALICE, &[1, 2], &[5, 6]));
		assert_eq!(entries(1), Some(vec![(2, 6)]));
		assert_ok!(set(OWNER_HOTKEY, &[0, 2], &[5, 6]));
		assert_eq!(entries(0), Some(vec![(0, 5), (2, 6)]));
	});
}

#[test]
fn a_row_of_zeros_is_kept_as_given() {
	plain(|| {
		assert_ok!(set(ALICE, &UIDS, &[0, 0]));
		assert_eq!(entries(1), Some(vec![(2, 0), (3, 0)]));
	});
}

#[test]
fn only_validators_set() {
	plain(|| {
		assert_noop!(set(STRANGER, &UIDS, &VALUES), E::NotRegistered);
		assert_noop!(set(MINER, &UIDS, &VALUES), E::NoPermit);
		Permits::set(vec![]);
		assert_noop!(set(OWNER_HOTKEY, &UIDS, &VALUES), E::NoPermit);
		let root = Weights::set(RawOrigin::Root.into(), NETUID, MECHANISM, vec![], vec![], VERSION);
		assert_eq!(root, Err(DispatchError::BadOrigin));
	});
}

#[test]
fn only_mechanisms_that_exist_are_weighed() {
	plain(|| {
		let call = |netuid, mechanism| {
			Weights::set(
				signed(ALICE),
				NetUid(netuid),
				MechanismId(mechanism),
				UIDS.to_vec(),
				VALUES.to_vec(),
				VERSION,
			)
		};
		assert_noop!(call(9, 0), E::MechanismDoesNotExist);
		assert_noop!(call(1, 1), E::MechanismDoesNotExist);
		assert_ok!(call(1, 0));
	});
}

#[test]
fn setting_is_refused_where_commit_reveal_is_on() {
	ExtBuilder.build_and_execute(|| {
		assert_noop!(set(ALICE, &UIDS, &VALUES), E::CommitRevealOn);
	});
}

#[test]
fn setting_is_rate_limited() {
	plain(|| {
		assert_ok!(set(ALICE, &UIDS, &VALUES));
		assert_ok!(set(BOB, &[1, 3], &VALUES));
		advance(4);
		assert_noop!(set(ALICE, &UIDS, &VALUES), E::RateLimited);
		advance(1);
		assert_ok!(set(ALICE, &UIDS, &VALUES));
		TheHyperparameters::mutate(|h| h.weights_rate_limit = 0);
		assert_ok!(set(ALICE, &UIDS, &VALUES));
	});
}

#[test]
fn rules_older_than_the_subnets_are_refused() {
	plain(|| {
		let call = |version| {
			Weights::set(
				signed(ALICE),
				NETUID,
				MECHANISM,
				UIDS.to_vec(),
				VALUES.to_vec(),
				version,
			)
		};
		assert_noop!(call(VERSION - 1), E::WrongVersionKey);
		TheHyperparameters::mutate(|h| h.weights_version_key = 0);
		assert_ok!(call(0));
	});
}

#[test]
fn bad_rows_are_refused() {
	plain(|| {
		assert_noop!(set(ALICE, &[3, 2], &[1]), E::LengthMismatch);
		assert_noop!(set(ALICE, &[0, 1, 2, 3, 3], &[1; 5]), E::TooManyWeights);
		assert_noop!(set(ALICE, &[3], &[1]), E::TooFewWeights);
		assert_noop!(set(ALICE, &[3, 3], &[1, 1]), E::DuplicateUid);
		assert_noop!(set(ALICE, &[3, 4], &[1, 1]), E::UnknownUid);
		assert_eq!(entries(1), None);
	});
}
