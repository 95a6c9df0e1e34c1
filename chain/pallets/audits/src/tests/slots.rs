//! What is known of who was in which slot, and of what was refuted.

use super::*;
use crate::{Began, Named, Refuted, HISTORY, PENDING};
use ganglion_primitives::{BlockNumber, EpochIndex, Uid};
use ganglion_traits::{FiledVerdicts, OnHotkeySwapped, OnUidsMoved};
use proptest::prelude::*;

const NEW: u64 = 500;

/// Epochs of 300 blocks from here on, `count` of them.
fn epochs(count: u32) {
	for _ in 0..count {
		System::set_block_number(System::block_number() + 300);
		next_epoch();
	}
}

fn occupant(uid: u16) -> Option<u64> {
	Audits::occupant(NETUID, Uid(uid), Epoch::get())
}

#[test]
fn an_occupant_is_known_once_it_was_there_before_any_draft() {
	run(|| {
		assert_eq!(occupant(0), None, "nobody knows when epochs began");
		epochs(1);
		assert_eq!(occupant(0), None);
		epochs(1);
		assert_eq!(occupant(0), Some(MINER));
		assert_eq!(occupant(9), None);
		let began = Began::<Test>::get(NETUID, Epoch::get() - 1).unwrap();
		for (since, known) in [(began - 1, true), (began, false), (began + 1, false)] {
			Since::set(vec![since]);
			assert_eq!(occupant(0).is_some(), known);
		}
	});
}

#[test]
fn a_commitment_may_have_waited_through_short_epochs() {
	run(|| {
		for _ in 0..PENDING {
			System::set_block_number(System::block_number() + 1);
			next_epoch();
		}
		let began = Began::<Test>::get(NETUID, Epoch::get()).unwrap();
		Since::set(vec![began - PENDING - 1, began - PENDING]);
		assert_eq!((occupant(0), occupant(1)), (Some(MINER), None));
	});
}

#[test]
fn who_was_renamed_is_known_again_later() {
	run(|| {
		epochs(3);
		Slots::mutate(|slots| slots[0] = NEW);
		Audits::on_hotkey_swapped(&MINER, &NEW, Some(NETUID));
		assert_eq!(Named::<Test>::get(NETUID, Uid(0)), System::block_number());
		assert_eq!((occupant(0), occupant(1)), (None, Some(101)));
		epochs(1);
		assert_eq!(
			occupant(0),
			None,
			"it was renamed in the block in which this epoch's drafts begin"
		);
		epochs(1);
		assert_eq!(occupant(0), Some(NEW));
	});
}

#[test]
fn numbers_of_before_a_trimming_mean_nobody() {
	run(|| {
		epochs(4);
		Slots::set(vec![101, ALICE, BOB]);
		let moved = [(Uid(1), Uid(0)), (Uid(2), Uid(1)), (Uid(3), Uid(2))];
		Audits::on_uids_moved(NETUID, &moved);
		for epoch in 0..=Epoch::get() + 1 {
			assert_eq!(Audits::occupant(NETUID, Uid(0), epoch), None);
		}
		epochs(3);
		assert_eq!(occupant(0), Some(101));
	});
}

#[test]
fn what_is_refuted_is_known_as_long_as_it_is_kept() {
	run(|| {
		file(ALICE, 1, 2);
		Audits::note_refuted(NETUID, &BOB, 99);
		assert!(!Audits::is_refuted(NETUID, &BOB, 99), "it filed nothing");
		Audits::note_refuted(NETUID, &ALICE, 99);
		assert!(Audits::is_refuted(NETUID, &ALICE, 99) && !Audits::is_refuted(NETUID, &ALICE, 98));
		Slots::mutate(|slots| slots[2] = NEW);
		Audits::on_hotkey_swapped(&ALICE, &NEW, None);
		assert!(Audits::is_refuted(NETUID, &NEW, 99) && !Audits::is_refuted(NETUID, &ALICE, 99));
		for _ in 0..=HISTORY {
			next_epoch();
			Audits::do_try_state().unwrap();
		}
		assert_eq!(Refuted::<Test>::iter_keys().count(), 0);
	});
}

#[derive(Clone, Debug)]
enum Step {
	Blocks(BlockNumber),
	Epoch,
	Replace(usize),
	Swap(usize),
	/// The slot goes, those after it move up.
	Trim(usize),
}

fn step() -> impl Strategy<Value = Step> {
	prop_oneof![
		6 => (1..200u32).prop_map(Step::Blocks),
		6 => Just(Step::Epoch),
		1 => (0usize..4).prop_map(Step::Replace),
		1 => (0usize..4).prop_map(Step::Swap),
		1 => (0usize..4).prop_map(Step::Trim),
	]
}

/// Who is in which slot at the end of each block, from block 1 on.
type History = Vec<(BlockNumber, EpochIndex, Vec<u64>)>;

fn apply(step: &Step, fresh: u64) {
	let now = System::block_number();
	let slot = |place: &usize| place % Slots::get().len();
	match step {
		Step::Blocks(_) => {}
		Step::Epoch => next_epoch(),
		Step::Replace(place) => {
			let place = slot(place);
			Slots::mutate(|slots| slots[place] = fresh);
			Since::mutate(|since| since[place] = now);
		}
		Step::Swap(place) => {
			let place = slot(place);
			let old = Slots::get()[place];
			Slots::mutate(|slots| slots[place] = fresh);
			Audits::on_hotkey_swapped(&old, &fresh, None);
		}
		Step::Trim(place) if Slots::get().len() > 1 => {
			let gone = slot(place);
			let stay = (0..Slots::get().len()).filter(|one| *one != gone);
			let moved: Vec<(Uid, Uid)> = stay.zip(0..).map(|(old, new)| (Uid(old as u16), Uid(new))).collect();
			Slots::mutate(|slots| slots.remove(gone));
			Since::mutate(|since| since.remove(gone));
			Audits::on_uids_moved(NETUID, &moved);
		}
		Step::Trim(_) => {}
	}
}

/// A block with one step in it, then empty ones.
fn advance(step: &Step, fresh: u64, history: &mut History) {
	let blocks = match step {
		Step::Blocks(blocks) => *blocks,
		_ => 1,
	};
	for empty in 0..blocks {
		System::set_block_number(System::block_number() + 1);
		if empty == 0 {
			apply(step, fresh);
		}
		history.push((System::block_number(), Epoch::get(), Slots::get()));
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// Whatever happens, whoever is held to have been in a slot was there in every block in which evidence of the epoch can have been drafted.
	#[test]
	fn a_validator_could_have_known_who_is_held_against_it(steps in prop::collection::vec(step(), 1..60)) {
		run(|| {
			Since::set(vec![1; 4]);
			let mut history: History = vec![(1, 100, Slots::get())];
			for (step, fresh) in steps.iter().zip(1_000..) {
				advance(step, fresh, &mut history);
				Audits::do_try_state().unwrap();
			}
			for committed_in in 100..=Epoch::get() {
				let begins = history.iter().find(|(_, epoch, _)| *epoch == committed_in).unwrap().0;
				let drafts = history
					.iter()
					.filter(|(block, epoch, _)| epoch + 1 >= committed_in && *epoch <= committed_in || *block + PENDING >= begins)
					.filter(|(_, epoch, _)| *epoch <= committed_in);
				let known = (0..4u16).map(|uid| (uid, Audits::occupant(NETUID, Uid(uid), committed_in)));
				let known: Vec<(u16, u64)> = known.filter_map(|(uid, there)| Some((uid, there?))).collect();
				for (block, _, slots) in drafts {
					for (uid, there) in &known {
						let drafted = slots.get(usize::from(*uid));
						assert_eq!(drafted, Some(there), "slot {uid} in block {block}");
					}
				}
			}
		});
	}
}
