//! What it costs to keep evidence back.

use super::*;
use crate::{Due, SLASHES_PER_BLOCK};
use frame_support::assert_ok;
use ganglion_primitives::Role;
use ganglion_traits::Bonds;

fn bond(hotkey: u64) -> u128 {
	Fakes::bond(NETUID, &hotkey, Role::Audit)
}

#[test]
fn keeping_evidence_back_costs_a_part_of_the_bond() {
	run(|| {
		file(ALICE, 1, 2);
		next_epoch();
		missed(ALICE);
		assert_eq!(bond(ALICE), 1_000_000);
		next_block();
		assert_eq!(bond(ALICE), 1_000_000 - 99_992);
		let event = Event::EvidenceKeptBack {
			netuid: NETUID,
			hotkey: ALICE,
			times: 1,
			slashed: 99_992,
		};
		System::assert_last_event(event.into());
		next_block();
		assert_eq!(bond(ALICE), 1_000_000 - 99_992, "once");
	});
}

/// Else it could never reveal anything again.
#[test]
fn the_secret_that_was_kept_back_is_forgotten() {
	run(|| {
		file(ALICE, 1, 2);
		next_epoch();
		missed(ALICE);
		next_epoch();
		assert_eq!(Audits::announced(NETUID, &ALICE), None);
		assert_ok!(check(ALICE, &evidence(3, 4)));
		file(ALICE, 3, 4);
		assert_eq!(Audits::announced(NETUID, &ALICE), Some(announced(4)));
	});
}

#[test]
fn each_time_costs_a_part_of_what_is_left() {
	run(|| {
		(0..3).for_each(|_| missed(ALICE));
		next_block();
		let left = (0..3).fold(1_000_000u128, |left, _| left - left * 6_553 / 65_535);
		assert_eq!(bond(ALICE), left);
	});
}

#[test]
fn nothing_is_slashed_while_the_network_is_paused() {
	run(|| {
		missed(ALICE);
		Paused::set(true);
		next_block();
		assert_eq!(bond(ALICE), 1_000_000);
		Paused::set(false);
		next_block();
		assert!(bond(ALICE) < 1_000_000);
	});
}

#[test]
fn slashes_are_spread_over_blocks() {
	run(|| {
		let many: Vec<u64> = (0..10).map(|who| 200 + who).collect();
		TheBonds::set(many.iter().map(|who| (*who, 1_000_000)).collect());
		many.iter().for_each(|who| missed(*who));
		let left = || Due::<Test>::iter().count();
		next_block();
		assert_eq!(left(), 10 - SLASHES_PER_BLOCK as usize);
		next_block();
		next_block();
		assert_eq!(left(), 0);
		assert!(many.iter().all(|who| bond(*who) == 1_000_000 - 99_992));
	});
}

#[test]
fn without_a_bond_there_is_nothing_to_lose() {
	run(|| {
		missed(MINER);
		next_block();
		assert_eq!(Due::<Test>::iter().count(), 0);
	});
}

/// What epochs did to this pallet's storage is weighed in their block.
#[test]
fn work_of_epochs_is_weighed() {
	use crate::WeightInfo;
	use frame_support::traits::Hooks;
	run(|| {
		for byte in 1..=40u8 {
			file(ALICE, byte, byte + 1);
			next_epoch();
		}
		next_block();
		// Nothing is forgotten but the oldest randomness and its epoch; nothing was revealed.
		next_epoch();
		missed(BOB);
		let found = Audits::on_initialize(System::block_number() + 1);
		assert_eq!(found, <() as WeightInfo>::on_initialize(1, 3 + 1));
		assert_eq!(
			Audits::on_initialize(System::block_number() + 2),
			<() as WeightInfo>::on_initialize(0, 0)
		);
	});
}
