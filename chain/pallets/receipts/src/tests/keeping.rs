//! How long anchors are kept, and what removes them.

use super::*;
use crate::WeightInfo;
use frame_support::{assert_noop, assert_ok, traits::Hooks};
use sp_runtime::Weight;

const LIFE: u32 = 200;

fn kept() -> Vec<u64> {
	let mut roots: Vec<_> = crate::Anchors::<Test>::iter_keys()
		.map(|(root, _)| root.to_low_u64_be())
		.collect();
	roots.sort_unstable();
	roots
}

fn idle() -> Weight {
	Receipts::on_idle(System::block_number(), Weight::MAX)
}

#[test]
fn old_anchors_go_in_idle_time() {
	execute(|| {
		for n in 1..=4 {
			System::set_block_number(10 * n as u32);
			assert_ok!(anchor(101, n));
		}
		System::set_block_number(LIFE + 9);
		assert_eq!(idle(), <() as WeightInfo>::prune(0));
		assert_eq!(kept(), [1, 2, 3, 4]);
		System::set_block_number(LIFE + 25);
		assert_eq!(idle(), <() as WeightInfo>::prune(2));
		assert_eq!(kept(), [3, 4]);
		Receipts::do_try_state().unwrap();
		// And the same root can be anchored again.
		assert_ok!(anchor(101, 1));
	});
}

#[test]
fn idle_time_is_not_exceeded() {
	execute(|| {
		for n in 1..=4 {
			assert_ok!(anchor(101, n));
		}
		System::set_block_number(1 + LIFE);
		assert_eq!(Receipts::on_idle(1, Weight::zero()), Weight::zero());
		assert_eq!(kept().len(), 4);
		let room = <() as WeightInfo>::prune(3);
		assert_eq!(Receipts::on_idle(1, room), room);
		assert_eq!(kept(), [4]);
		assert_eq!(idle(), <() as WeightInfo>::prune(1));
		assert_eq!(idle(), <() as WeightInfo>::prune(0));
		assert!(kept().is_empty());
	});
}

#[test]
fn pauses_do_not_age_anchors() {
	execute(|| {
		assert_ok!(anchor(101, 1));
		System::set_block_number(1 + LIFE);
		PausedBlocks::set(1);
		idle();
		assert_eq!(kept(), [1]);
		System::set_block_number(2 + LIFE);
		idle();
		assert!(kept().is_empty());
	});
}

#[test]
fn the_oldest_gives_way_when_there_are_too_many() {
	execute(|| {
		for n in 1..=11 {
			System::set_block_number(10 * n as u32);
			assert_ok!(anchor(100 + n % 3, n));
		}
		assert_eq!(kept(), (4..=11).collect::<Vec<_>>());
	});
}

/// Anchors are free of charge: whoever sets as many as there can be takes nobody's proof away before his answers are final.
#[test]
fn an_anchor_stays_while_its_answers_can_be_disputed() {
	execute(|| {
		for n in 1..=8 {
			System::set_block_number(n as u32);
			assert_ok!(anchor(100 + n % 3, n));
		}
		System::set_block_number(50);
		assert_noop!(anchor(101, 9), E::NoRoom);
		assert!(!is_free(101, 9), "what fails is not free");
		assert_eq!(kept(), (1..=8).collect::<Vec<_>>());
		System::set_block_number(51);
		PausedBlocks::set(1);
		assert_noop!(anchor(101, 9), E::NoRoom);
		System::set_block_number(52);
		assert!(is_free(101, 9));
		assert_ok!(anchor(101, 9));
		assert_eq!(kept(), (2..=9).collect::<Vec<_>>());
		assert_noop!(anchor(101, 10), E::NoRoom);
	});
}
