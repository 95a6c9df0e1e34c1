//! When epochs run.

use super::*;
use ganglion_traits::EpochSize;

#[test]
fn distances_are_those_of_the_vectors() {
	let cases = vectors("schedule")["cases"].take();
	let cases = cases.as_array().unwrap();
	assert_eq!(cases.len(), 9);
	for case in cases {
		// Blocks are 32 bits here.
		let block = case["block"].as_u64().unwrap_or(u32::MAX.into()) as u32;
		ExtBuilder::default().build_and_execute(|| {
			let tempo = case["tempo"].as_u64().unwrap() as u16;
			// Put back by netuid mod tempo, the clock starts at 0.
			System::set_block_number(1u16.checked_rem(tempo).unwrap_or(0).into());
			create(NET, tempo);
			let due = Clocks::<Test>::get(NET).unwrap().due;
			let distance = Some(due)
				.filter(|due| *due != u32::MAX)
				.map(|due| due.saturating_sub(block));
			assert_eq!(distance.map(u64::from), case["expect"].as_u64(), "{case}");
		});
	}
}

#[test]
fn an_epoch_runs_every_tempo_blocks() {
	ExtBuilder::default().build_and_execute(|| {
		System::set_block_number(100);
		create(NET, TEMPO);
		assert_eq!(Emissions::last_epoch_block(NET), 99);
		let mut blocks = vec![];
		while System::block_number() < 140 {
			next_block();
			if Emissions::last_epoch_block(NET) == System::block_number() {
				blocks.push(System::block_number());
			}
		}
		assert_eq!(blocks, [109, 119, 129, 139]);
		assert_eq!(Emissions::epoch(NET), 4);
		assert_eq!(TheWorld::get().epochs, [1, 2, 3, 4].map(|epoch| (NET, epoch)));
	});
}

#[test]
fn new_subnets_are_spread_over_the_tempo() {
	ExtBuilder::default().build_and_execute(|| {
		run_to(100);
		(1..=20).for_each(|netuid| create(NetUid(netuid), TEMPO));
		for _ in 0..30 {
			let before = TheWorld::get().epochs.len();
			next_block();
			// Two of twenty in each block.
			assert_eq!(TheWorld::get().epochs.len() - before, 2);
		}
		assert!((1..=20).all(|netuid| Emissions::epoch(NetUid(netuid)) == 3));
	});
}

#[test]
fn a_subnet_at_the_first_block_has_a_clock_too() {
	ExtBuilder::default().build_and_execute(|| {
		System::set_block_number(0);
		create(NetUid(9), TEMPO);
		assert_eq!(Emissions::last_epoch_block(NetUid(9)), 0);
	});
}

#[test]
fn what_does_not_fit_runs_in_the_next_block() {
	ExtBuilder::default().build_and_execute(|| {
		System::set_block_number(100);
		(1..=5).for_each(|netuid| create(NetUid(netuid), TEMPO));
		(1..=4).for_each(|netuid| Emissions::trigger(NetUid(netuid), 105).unwrap());
		let ran = |block| {
			run_to(block);
			std::mem::take(&mut TheWorld::mutate(|world| std::mem::take(&mut world.epochs)))
		};
		assert_eq!(ran(104), []);
		assert_eq!(ran(105), [(NetUid(1), 1), (NetUid(2), 1)]);
		assert_eq!(ran(106), [(NetUid(3), 1), (NetUid(4), 1)]);
		assert_eq!(ran(107), [(NetUid(5), 1)]);
		assert_eq!(ran(114), []);
		assert_eq!(ran(115), [(NetUid(1), 2), (NetUid(2), 2)]);
		assert_eq!(ran(116), [(NetUid(3), 2), (NetUid(4), 2)]);
		assert_eq!(ran(117), [(NetUid(5), 2)]);
	});
}

#[test]
fn nobody_starves_where_more_is_due_than_fits() {
	ExtBuilder::default().build_and_execute(|| {
		MaxEpochs::set(1);
		(1..=6).for_each(|netuid| create(NetUid(netuid), 2));
		run_to(61);
		let epochs: Vec<u32> = (1..=6).map(|netuid| Emissions::epoch(NetUid(netuid))).collect();
		assert!(epochs.iter().all(|epoch| (9..=11).contains(epoch)), "{epochs:?}");
	});
}

#[test]
fn a_bound_of_zero_lets_one_run() {
	ExtBuilder::default().build_and_execute(|| {
		MaxEpochs::set(0);
		create(NET, 1);
		run_to(5);
		assert_eq!(Emissions::epoch(NET), 4);
	});
}

#[test]
fn tempo_zero_never_runs_and_a_change_counts_at_once() {
	ExtBuilder::default().build_and_execute(|| {
		create(NET, 0);
		run_to(50);
		assert_eq!(Emissions::epoch(NET), 0);
		edit(NET, |subnet| subnet.params.tempo = 60);
		assert_eq!(Emissions::next_epoch_block(NET), Some(61));
		edit(NET, |subnet| subnet.params.tempo = 5);
		next_block();
		assert_eq!(Emissions::epoch(NET), 1);
	});
}

#[test]
fn inactive_subnets_have_epochs_too() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		edit(NET, |subnet| subnet.active = false);
		run_epochs(NET, 3);
		assert_eq!(permits(NET), [0, 1]);
		assert_eq!(TheWorld::get().paid.len(), 0);
		let completed = Event::EpochCompleted {
			netuid: NET,
			epoch: 3,
			emission: 0,
			minted: 0,
		};
		let all = events();
		assert_eq!(all.last(), Some(&completed));
		assert!(!all.iter().any(|event| matches!(event, Event::EmissionPaid { .. })));
	});
}

#[test]
fn an_unknown_subnet_has_no_clock() {
	ExtBuilder::default().build_and_execute(|| {
		assert_eq!((Emissions::epoch(NET), Emissions::last_epoch_block(NET)), (0, 0));
		assert_eq!((Emissions::next_epoch_block(NET), Emissions::clock(NET)), (None, None));
		assert_eq!((Emissions::results(NET), Emissions::pending(NET)), (None, 0));
	});
}

#[test]
fn the_hooks_weight_follows_what_it_did() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		assert_eq!(
			next_block(),
			<() as WeightInfo>::on_initialize(1),
			"the shares are read"
		);
		let idle = next_block();
		assert_eq!(idle, <() as WeightInfo>::on_initialize(0));
		run_to(Emissions::next_epoch_block(NET).unwrap() - 1);
		let busy = next_block();
		// Nobody holds a permit before the first epoch, so that no row counts in it or is read.
		assert_eq!(busy, idle + <() as WeightInfo>::epoch(4, 0, 0));
		assert_eq!(Emissions::epoch(NET), 1);
		run_to(Emissions::next_epoch_block(NET).unwrap() - 1);
		assert_eq!(next_block(), idle + <() as WeightInfo>::epoch(4, 2, 4));
	});
}

#[test]
fn rows_without_a_permit_are_not_read() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		run_epochs(NET, 2);
		edit(NET, |subnet| {
			let row = subnet.rows[&0].clone();
			subnet.rows.insert(2, row);
		});
		next_block();
		run_to(Emissions::next_epoch_block(NET).unwrap() - 1);
		assert_eq!(
			next_block(),
			<() as WeightInfo>::on_initialize(0) + <() as WeightInfo>::epoch(4, 2, 4)
		);
	});
}

/// Three subnets that are due at once, with room for the epochs of so many of them.
fn done_with_room_for(epochs: u64) -> [u32; 3] {
	let netuids = [1, 2, 3].map(NetUid);
	ExtBuilder::default().build().execute_with(|| {
		MaxEpochs::set(10);
		netuids.iter().for_each(|netuid| create(*netuid, 60));
		// Empty subnets: each epoch weighs as much as the other.
		MaxWeight::set(<() as WeightInfo>::epoch(0, 0, 0) * epochs);
		netuids
			.iter()
			.for_each(|netuid| edit(*netuid, |subnet| subnet.params.tempo = 1));
		next_block();
		netuids.map(Emissions::epoch)
	})
}

#[test]
fn epochs_beyond_the_weight_of_a_block_wait() {
	assert_eq!(done_with_room_for(3), [1, 1, 1]);
	assert_eq!(done_with_room_for(2).iter().sum::<u32>(), 2);
	assert_eq!(done_with_room_for(1).iter().sum::<u32>(), 1);
	// An epoch that never fits still runs, alone.
	assert_eq!(done_with_room_for(0).iter().sum::<u32>(), 1);
}

#[test]
fn a_large_subnet_is_not_overtaken_for_ever() {
	ExtBuilder::default().build_and_execute(|| {
		MaxEpochs::set(10);
		(1..=6).for_each(|netuid| create(NetUid(netuid), 2));
		edit(NetUid(6), |subnet| {
			subnet.neurons = (0..50).map(|uid| (uid, 1)).collect()
		});
		MaxWeight::set(<() as WeightInfo>::epoch(50, 1, 50));
		run_to(61);
		let epochs: Vec<u32> = (1..=6).map(|netuid| Emissions::epoch(NetUid(netuid))).collect();
		assert!(epochs.iter().all(|epoch| *epoch >= 15), "{epochs:?}");
	});
}

#[test]
fn the_size_that_fits_has_an_edge() {
	ExtBuilder::default().build_and_execute(|| {
		// Every permit's holder and the owner weigh all slots.
		MaxWeight::set(<() as WeightInfo>::epoch(100, 11, 1_100));
		assert!(Emissions::fits(100, 10, 1));
		assert!(!Emissions::fits(101, 10, 1));
		assert!(!Emissions::fits(100, 11, 1));
		assert!(!Emissions::fits(u16::MAX, u16::MAX, 1));
		// More permits than slots are no more rows than slots.
		MaxWeight::set(<() as WeightInfo>::epoch(10, 10, 100));
		assert!(Emissions::fits(10, u16::MAX, 1));
		assert!(!Emissions::fits(10, u16::MAX, 2));
		// A mechanism counts like so many more slots and rows.
		MaxWeight::set(<() as WeightInfo>::epoch(30, 33, 330));
		assert!(Emissions::fits(10, 10, 3));
		assert!(!Emissions::fits(10, 10, 4));
	});
}
