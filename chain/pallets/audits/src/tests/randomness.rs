//! Randomness out of revealed secrets.

use super::*;
use crate::{randomness::mix, Revealed, HISTORY};
use ganglion_primitives::Uid;
use ganglion_traits::{DrawRandomness, OnUidsMoved};

#[test]
fn secrets_of_an_epoch_serve_the_next() {
	run(|| {
		assert_eq!(Audits::randomness(NETUID), None);
		// Whoever reveals first, the order is that of the slots.
		file(BOB, 7, 8);
		file(ALICE, 1, 2);
		assert_eq!(Audits::randomness(NETUID), None, "not before the epoch has ended");
		next_epoch();
		let expected = mix(NETUID, 101, &[[1; 32], [7; 32]]);
		assert_eq!(Audits::randomness(NETUID), Some((101, expected)));
		let event = Event::RandomnessMade {
			netuid: NETUID,
			epoch: 101,
			randomness: expected,
			secrets: 2,
		};
		System::assert_last_event(event.into());
		// Nothing is drawn in an epoch before which nobody revealed.
		next_epoch();
		assert_eq!(Audits::randomness(NETUID), None);
		assert_eq!(Audits::randomness_history(NETUID), vec![(101, expected)]);
		assert_eq!(Audits::randomness(OTHER), None);
	});
}

/// The bytes that other implementations must hash, spelled out.
#[test]
fn randomness_has_a_fixed_preimage() {
	let mut bytes = b"ganglion/randomness/1".to_vec();
	bytes.extend([1, 0]);
	bytes.extend([101, 0, 0, 0]);
	bytes.push(2 << 2);
	bytes.extend([1; 32]);
	bytes.extend([7; 32]);
	let expected = H256(sp_io::hashing::blake2_256(&bytes));
	assert_eq!(mix(NETUID, 101, &[[1; 32], [7; 32]]), expected);
	assert_ne!(mix(OTHER, 101, &[[1; 32], [7; 32]]), expected);
	assert_ne!(mix(NETUID, 102, &[[1; 32], [7; 32]]), expected);
}

#[test]
fn randomness_is_kept_for_a_while() {
	run(|| {
		for byte in 1..=80u8 {
			file(ALICE, byte, byte + 1);
			next_epoch();
		}
		let kept = Audits::randomness_history(NETUID);
		assert_eq!(kept.len() as u32, HISTORY);
		assert_eq!(kept.last().unwrap().0, Epoch::get());
	});
}

#[test]
fn secrets_move_along_with_their_slots() {
	run(|| {
		file(ALICE, 1, 2);
		file(BOB, 7, 8);
		let moved = [(Uid(2), Uid(1)), (Uid(3), Uid(0))];
		Slots::set(vec![BOB, ALICE]);
		Audits::on_uids_moved(NETUID, &moved);
		assert_eq!(
			Revealed::<Test>::get(NETUID).into_inner(),
			vec![(0, [7; 32]), (1, [1; 32])]
		);
		// Commitments were dropped: nobody owes a secret.
		assert_eq!(Audits::announced(NETUID, &ALICE), None);
		next_epoch();
		assert_eq!(
			Audits::randomness(NETUID),
			Some((101, mix(NETUID, 101, &[[7; 32], [1; 32]])))
		);
	});
}

#[test]
fn whether_committees_can_be_drawn_is_known() {
	run(|| {
		let had = |epochs| Audits::had_randomness(NETUID, epochs);
		assert!(!had(4));
		file(ALICE, 1, 2);
		assert!(had(1), "the next epoch will have some");
		next_epoch();
		for _ in 0..3 {
			assert!(had(4));
			next_epoch();
		}
		assert!(had(4));
		next_epoch();
		assert!(!had(4) && had(5) && !Audits::had_randomness(OTHER, 5));
	});
}
