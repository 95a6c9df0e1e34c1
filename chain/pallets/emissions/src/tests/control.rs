//! Epochs that others move, pauses, and what a block reads.

use super::*;
use frame_support::{assert_noop, assert_ok};

/// Blocks of the subnet's epochs until that block.
fn epochs_until(netuid: NetUid, block: u32) -> Vec<u32> {
	let mut blocks = vec![];
	while System::block_number() < block {
		let before = Emissions::epoch(netuid);
		next_block();
		if Emissions::epoch(netuid) > before {
			blocks.push(System::block_number());
		}
	}
	blocks
}

#[test]
fn a_tempo_of_360_is_360_blocks_and_not_361() {
	ExtBuilder::default().build_and_execute(|| {
		create(NET, 360);
		let blocks = epochs_until(NET, 2_000);
		assert_eq!(blocks, [360, 720, 1_080, 1_440, 1_800]);
	});
}

#[test]
fn epochs_that_wait_do_not_move_the_next_ones() {
	// Twenty subnets are due in the same block, one runs in each: the last is 19 blocks late, each time, and never more.
	ExtBuilder::default().build_and_execute(|| {
		MaxEpochs::set(1);
		System::set_block_number(1_000);
		(1..=20).for_each(|netuid| create(NetUid(netuid), 50));
		(1..=19).for_each(|netuid| Emissions::trigger(NetUid(netuid), 1_030).unwrap());
		let blocks = epochs_until(NetUid(20), 1_300);
		assert_eq!(blocks, [1_049, 1_099, 1_149, 1_199, 1_249, 1_299]);
		assert!((1..=20).all(|netuid| Emissions::epoch(NetUid(netuid)) == 6));
		let since_last = System::block_number() - Emissions::last_epoch_block(NetUid(20));
		assert!(since_last <= 50, "{since_last} blocks since the last epoch");
	});
}

#[test]
fn an_owner_can_call_the_next_epoch_earlier_once() {
	ExtBuilder::default().build_and_execute(|| {
		System::set_block_number(100);
		create(NET, 60);
		assert_eq!(Emissions::next_epoch_block(NET), Some(159));
		for block in [0, 99, 100, 159, 160, u32::MAX] {
			assert_noop!(Emissions::trigger(NET, block), Error::<Test>::NotEarlier);
		}
		assert_noop!(Emissions::trigger(NetUid(9), 120), Error::<Test>::NoClock);
		assert_ok!(Emissions::trigger(NET, 120));
		assert_eq!(Emissions::next_epoch_block(NET), Some(120));
		assert_eq!(epochs_until(NET, 250), [120, 180, 240]);
	});
}

#[test]
fn a_new_tempo_counts_for_the_present_epoch() {
	ExtBuilder::default().build_and_execute(|| {
		System::set_block_number(100);
		create(NET, 60);
		run_to(110);
		edit(NET, |subnet| subnet.params.tempo = 30);
		assert_eq!(Emissions::next_epoch_block(NET), Some(129));
		run_to(120);
		edit(NET, |subnet| subnet.params.tempo = 5);
		assert_eq!(Emissions::next_epoch_block(NET), Some(121), "it is over already");
		assert_eq!(epochs_until(NET, 132), [121, 126, 131]);
		edit(NET, |subnet| subnet.params.tempo = 100);
		assert_eq!(epochs_until(NET, 240), [231]);
	});
}

#[test]
fn nothing_is_emitted_and_no_epoch_runs_while_the_network_is_paused() {
	ExtBuilder::default().build_and_execute(|| {
		System::set_block_number(100);
		create_staffed();
		run_to(106);
		let (before, epoch) = (TotalPending::<Test>::get(), Emissions::epoch(NET));
		pause(1_000);
		assert_eq!((TotalPending::<Test>::get(), Emissions::epoch(NET)), (before, epoch));
		// Ten blocks after 99, of which 6 were before the pause.
		assert_eq!(Emissions::next_epoch_block(NET), Some(1_109));
		assert_eq!(epochs_until(NET, 1_130), [1_109, 1_119, 1_129]);
	});
}

#[test]
fn a_pause_makes_nobody_inactive() {
	let active = |paused| {
		let mut active = vec![];
		ExtBuilder::default().build_and_execute(|| {
			create_staffed();
			edit(NET, |subnet| subnet.params.activity_cutoff_factor_milli = 3_000);
			run_to(12);
			pause(paused);
			edit(NET, |subnet| {
				subnet.rows.get_mut(&0).unwrap().1 = System::block_number()
			});
			let epoch = Emissions::epoch(NET);
			run_epochs(NET, epoch + 1);
			active.push(Emissions::results(NET).unwrap().active[1]);
			run_epochs(NET, epoch + 4);
			active.push(Emissions::results(NET).unwrap().active[1]);
		});
		active
	};
	// Uid 1 set weights in block 1: 30 unpaused blocks later it is inactive, and not earlier.
	assert_eq!(active(0), [true, false]);
	assert_eq!(active(500), [true, false]);
}

#[test]
fn pauses_that_follow_each_other_count_together() {
	ExtBuilder::default().build_and_execute(|| {
		create(NET, 50);
		run_to(20);
		pause(100);
		next_block();
		assert_eq!(
			LastPause::<Test>::get(),
			PauseRecord {
				ended: 121,
				length: 100
			}
		);
		run_to(140);
		pause(30);
		next_block();
		assert_eq!(
			LastPause::<Test>::get(),
			PauseRecord {
				ended: 171,
				length: 130
			}
		);
		run_to(900);
		pause(10);
		next_block();
		assert_eq!(LastPause::<Test>::get(), PauseRecord { ended: 911, length: 10 });
		assert_eq!(LastPause::<Test>::get().excused(5, 916), 10);
		assert_eq!(LastPause::<Test>::get().excused(5, 917), 0);
	});
}

#[test]
fn a_block_without_epochs_weighs_the_same_with_one_subnet_and_with_a_thousand() {
	let idle = |subnets: u16| {
		ExtBuilder::default().build().execute_with(|| {
			MaxEpochs::set(2_000);
			(1..=subnets).for_each(|netuid| create(NetUid(netuid), 2_000));
			run_to(3);
			let accounts = || Accounts::<Test>::iter().collect::<Vec<_>>();
			let before = accounts();
			let weight = next_block();
			assert_eq!(accounts(), before, "no subnet's record is touched");
			assert_eq!(TotalPending::<Test>::get(), 3 * GNG);
			weight
		})
	};
	assert_eq!(idle(1), idle(1_000));
	assert_eq!(idle(1), <() as WeightInfo>::on_initialize(0));
}

#[test]
fn the_halving_inside_a_period_is_exact_for_every_subnet() {
	ExtBuilder::issued(SUPPLY_CAP / 2 - 4 * GNG).build_and_execute(|| {
		create(NetUid(1), 500);
		create(NetUid(2), 700);
		share(&[(1, 3), (2, 1)]);
		run_to(8);
		// Four blocks of a whole token, three of half a one.
		let total = 4 * GNG + 3 * (GNG / 2);
		assert_eq!(
			[1, 2].map(|netuid| Emissions::accrued(NetUid(netuid))),
			[total * 3 / 4, total / 4]
		);
	});
}

#[test]
fn other_shares_count_from_the_next_block_on_and_keep_what_was_earned() {
	ExtBuilder::default().build_and_execute(|| {
		create(NetUid(1), 500);
		create(NetUid(2), 500);
		run_to(3);
		share(&[(1, 1), (2, 9)]);
		run_to(5);
		let accrued = || [1, 2].map(|netuid| Emissions::accrued(NetUid(netuid)));
		assert_eq!(accrued(), [GNG + GNG / 5, GNG + GNG * 9 / 5]);
		// Weights of subnets that are not active do not count.
		edit(NetUid(2), |subnet| subnet.active = false);
		run_to(6);
		assert_eq!(accrued(), [2 * GNG + GNG / 5, GNG + GNG * 9 / 5]);
	});
}
