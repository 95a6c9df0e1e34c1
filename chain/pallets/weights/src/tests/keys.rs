//! Reveals in another's place, swapped hotkeys, pauses.

use super::*;
use crate::{Call, Commits};
use frame_support::{assert_noop, assert_ok, dispatch::CheckIfFeeless};
use ganglion_primitives::Uid;
use ganglion_traits::OnHotkeySwapped;
use sp_runtime::DispatchError;

const HELPER: u64 = 900;

fn reveal_for(signer: u64, hotkey: u64) -> DispatchResult {
	let (uids, values) = (UIDS.to_vec(), VALUES.to_vec());
	Weights::reveal_for(
		signed(signer),
		hotkey,
		NETUID,
		MECHANISM,
		uids,
		values,
		SALT,
		VERSION,
		None,
	)
}

fn free_for(signer: u64, hotkey: u64) -> bool {
	let call = Call::<Test>::reveal_for {
		hotkey,
		netuid: NETUID,
		mechanism: MECHANISM,
		uids: UIDS.to_vec(),
		values: VALUES.to_vec(),
		salt: SALT,
		version_key: VERSION,
		evidence: None,
	};
	call.is_feeless(&signed(signer))
}

/// The hotkey of a slot goes over to another, as the neurons pallet does it.
fn swap(uid: usize, new: u64) {
	let old = TheNeurons::get()[uid].0;
	TheNeurons::mutate(|neurons| neurons[uid].0 = new);
	assert_ok!(Weights::ensure_can_swap_hotkey(&old, &new, None));
	Weights::on_hotkey_swapped(&old, &new, None);
}

#[test]
fn anybody_reveals_for_a_validator_that_is_away() {
	ExtBuilder.build_and_execute(|| {
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		assert!(!free_for(HELPER, ALICE));
		assert_noop!(reveal_for(HELPER, ALICE), E::NotRevealable);
		next_epoch();
		// Whoever signs, the row is that of the hotkey that committed.
		assert!(!free_for(HELPER, BOB));
		assert_noop!(reveal_for(HELPER, BOB), E::CommitNotFound);
		assert_noop!(reveal_for(HELPER, STRANGER), E::NotRegistered);
		assert!(free_for(HELPER, ALICE));
		assert_ok!(reveal_for(HELPER, ALICE));
		assert_eq!(entries(1), Some(vec![(2, 20), (3, 30)]));
		assert_eq!(entries(2), None);
		// Once: the second is neither free nor of any effect.
		assert!(!free_for(HELPER, ALICE));
		assert_noop!(reveal_for(HELPER, ALICE), E::CommitNotFound);
		next_epoch();
		assert_eq!(Weights::missed_commits(NETUID, MECHANISM), vec![0; 4]);
	});
}

#[test]
fn a_reveal_for_somebody_is_signed() {
	ExtBuilder.build_and_execute(|| {
		let root: RuntimeOrigin = RawOrigin::Root.into();
		let result = Weights::reveal_for(root, ALICE, NETUID, MECHANISM, vec![], vec![], SALT, 0, None);
		assert_eq!(result, Err(DispatchError::BadOrigin));
	});
}

#[test]
fn what_an_old_hotkey_committed_is_revealed_by_the_new_one() {
	ExtBuilder.build_and_execute(|| {
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		swap(1, STRANGER);
		assert!(Commits::<Test>::get(KEY, ALICE).is_none());
		let own = Weights::commit(signed(STRANGER), NETUID, MECHANISM, hash_of(STRANGER, &UIDS, &[7, 8]));
		// The slot's limit has gone over, too.
		assert_noop!(own, E::RateLimited);
		advance(5);
		assert_ok!(Weights::commit(
			signed(STRANGER),
			NETUID,
			MECHANISM,
			hash_of(STRANGER, &UIDS, &[7, 8])
		));
		next_epoch();
		assert_noop!(reveal(ALICE, &UIDS, &VALUES), E::NotRegistered);
		// The hash has the old hotkey in it; the one of the same row with the new one opens nothing.
		assert_ok!(reveal(STRANGER, &UIDS, &VALUES));
		assert_eq!(entries(1), Some(vec![(2, 20), (3, 30)]));
		assert_ok!(reveal(STRANGER, &UIDS, &[7, 8]));
		assert_eq!(entries(1), Some(vec![(2, 8), (3, 7)]));
	});
}

#[test]
fn an_old_hotkey_that_comes_back_has_no_part_in_what_it_left() {
	ExtBuilder.build_and_execute(|| {
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		swap(1, STRANGER);
		let now = System::block_number();
		TheNeurons::mutate(|neurons| neurons.push((ALICE, now)));
		Permits::mutate(|permits| permits.push(4));
		next_epoch();
		assert_noop!(reveal(ALICE, &UIDS, &VALUES), E::CommitNotFound);
		assert_ok!(reveal(STRANGER, &UIDS, &VALUES));
		assert_eq!((entries(1).is_some(), entries(4)), (true, None));
	});
}

/// Where a slot's data were forgotten by mistake, what its predecessor committed opens nothing for the successor, even if
/// that has the same hotkey.
#[test]
fn a_commit_from_before_the_registration_opens_nothing() {
	ExtBuilder.build_and_execute(|| {
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		TheNeurons::mutate(|neurons| neurons[1] = (ALICE, START + 1));
		next_epoch();
		System::set_block_number(START + 1);
		assert_noop!(reveal(ALICE, &UIDS, &VALUES), E::CommitNotFound);
		crate::LastUpdate::<Test>::remove(KEY, Uid(1));
		Commits::<Test>::remove(KEY, ALICE);
	});
}

#[test]
fn nothing_is_free_in_a_pause() {
	ExtBuilder.build_and_execute(|| {
		assert_ok!(commit(ALICE, &UIDS, &VALUES));
		next_epoch();
		assert!(free_for(HELPER, ALICE));
		Paused::set(true);
		assert!(!free_for(HELPER, ALICE));
		assert_noop!(reveal(ALICE, &UIDS, &VALUES), E::Paused);
		assert_noop!(commit(BOB, &UIDS, &VALUES), E::Paused);
		TheHyperparameters::mutate(|h| h.commit_reveal_on = false);
		assert_noop!(set(BOB, &UIDS, &VALUES), E::Paused);
		Paused::set(false);
		assert_ok!(reveal(ALICE, &UIDS, &VALUES));
	});
}
