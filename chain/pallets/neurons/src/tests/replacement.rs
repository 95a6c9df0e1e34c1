//! Who loses a slot.

use super::*;
use crate::replacement::*;
use ganglion_primitives::Uid;
use proptest::prelude::*;

fn candidate(uid: u16, registered_at: u32, emission: u64, immune: bool) -> Candidate {
	Candidate {
		uid: Uid(uid),
		registered_at,
		emission,
		immune,
	}
}

fn numbers(value: &serde_json::Value) -> Vec<u64> {
	value
		.as_array()
		.unwrap()
		.iter()
		.map(|number| number.as_u64().unwrap())
		.collect()
}

#[test]
fn the_published_cases_hold() {
	let vectors = vectors();
	let cases = vectors["pruning"]["cases"].as_array().unwrap();
	assert_eq!(cases.len(), 3);

	let (plain, immune) = (numbers(&cases[0]["non_immune"]), numbers(&cases[0]["immune"]));
	let slots: Vec<_> = plain
		.iter()
		.chain(&immune)
		.map(|uid| candidate(*uid as u16, 0, 0, immune.contains(uid)))
		.collect();
	let floor = cases[0]["min_non_immune"].as_u64().unwrap() as u16;
	assert_eq!(
		choose(&slots, floor),
		Some(Uid(cases[0]["expect_uid"].as_u64().unwrap() as u16))
	);

	let (emission, registered) = (numbers(&cases[1]["emission"]), numbers(&cases[1]["reg_block"]));
	let slots = emission.iter().zip(&registered).enumerate();
	let slots: Vec<_> = slots
		.map(|(uid, (e, at))| candidate(uid as u16, *at as u32, *e, false))
		.collect();
	assert_eq!(
		choose(&slots, 0),
		Some(Uid(cases[1]["expect_uid"].as_u64().unwrap() as u16))
	);

	// All three slots are the owner's and within the limit of 10: nobody is left to choose from.
	let own = |uid| OwnerSlot {
		uid: Uid(uid),
		registered_at: 0,
		is_owner_hotkey: uid == 0,
	};
	let limit = cases[2]["limit"].as_u64().unwrap() as u16;
	assert_eq!(immortal(vec![own(0), own(1), own(2)], limit).len(), 3);
	assert_eq!(choose(&[], 0), None);
	assert!(cases[2]["expect"].is_null());
}

#[test]
fn lowest_emission_then_age_then_uid() {
	let slots = [
		candidate(0, 5, 3, false),
		candidate(1, 9, 2, false),
		candidate(2, 4, 2, false),
		candidate(3, 4, 2, false),
	];
	assert_eq!(choose(&slots, 3), Some(Uid(2)));
}

#[test]
fn without_immune_slots_the_floor_of_others_does_not_close_the_subnet() {
	let slots = [
		candidate(0, 5, 3, false),
		candidate(1, 9, 2, false),
		candidate(2, 4, 2, false),
	];
	for floor in [0, 1, 2, 3, 4, u16::MAX] {
		assert_eq!(choose(&slots, floor), Some(Uid(2)), "{floor}");
	}
}

#[test]
fn only_where_all_slots_are_immortal_nobody_goes() {
	for floor in [0, 1, u16::MAX] {
		assert_eq!(choose(&[], floor), None);
		for immune in [false, true] {
			assert_eq!(
				choose(&[candidate(7, 1, 9, immune)], floor),
				Some(Uid(7)),
				"{floor} {immune}"
			);
		}
	}
}

#[test]
fn immune_slots_go_only_when_too_few_others_are_left() {
	let slots = [
		candidate(0, 1, 9, false),
		candidate(1, 8, 0, true),
		candidate(2, 7, 0, true),
	];
	assert_eq!(choose(&slots, 0), Some(Uid(0)));
	assert_eq!(choose(&slots, 1), Some(Uid(2)));
}

#[test]
fn immunity_ends_after_its_period() {
	assert!(is_immune(10, 10, 1));
	assert!(!is_immune(10, 11, 1));
	assert!(is_immune(10, 59, 50));
	assert!(!is_immune(10, 60, 50));
	assert!(!is_immune(10, 10, 0));
}

#[test]
fn immortality_starts_with_the_owner_hotkey() {
	let slot = |uid, registered_at, is_owner_hotkey| OwnerSlot {
		uid: Uid(uid),
		registered_at,
		is_owner_hotkey,
	};
	let slots = vec![
		slot(3, 1, false),
		slot(1, 2, false),
		slot(2, 2, false),
		slot(7, 9, true),
	];
	assert_eq!(immortal(slots.clone(), 1), vec![Uid(7)]);
	assert_eq!(immortal(slots.clone(), 3), vec![Uid(7), Uid(3), Uid(1)]);
	assert_eq!(immortal(slots, 10).len(), 4);
}

#[test]
fn the_lowest_emitter_is_replaced_and_leaves_nothing() {
	full(|| {
		Neurons::serve(signed(202), NETUID, endpoint()).unwrap();
		System::set_block_number(51);
		Emission::set(vec![0, 7, 5, 6]);
		register(ALICE, 204).unwrap();
		assert_eq!(Neurons::neuron(NETUID, Uid(2)), Some((204, 51)));
		assert_eq!(
			(Neurons::uid(NETUID, &202), Neurons::uid(NETUID, &204)),
			(None, Some(Uid(2)))
		);
		assert_eq!(
			(Neurons::endpoint(NETUID, &202), Neurons::endpoint(NETUID, &204)),
			(None, None)
		);
		assert_eq!(Replaced::get(), vec![(NETUID, Uid(2), 202)]);
		assert_eq!(Neurons::count(NETUID), 4);
		let event = Event::NeuronReplaced {
			netuid: NETUID,
			uid: Uid(2),
			old_hotkey: 202,
			new_hotkey: 204,
		};
		System::assert_has_event(event.into());
	});
}

#[test]
fn a_replaced_hotkey_stays_owned_and_can_come_back() {
	full(|| {
		System::set_block_number(51);
		Emission::set(vec![0, 0, 1, 1]);
		register(ALICE, 204).unwrap();
		assert_eq!(System::sufficients(&201), 1);
		assert_refused(E::NotOwned, || register(OWNER, 201));
		Emission::set(vec![0, 1, 0, 1]);
		register(ALICE, 201).unwrap();
		assert_eq!(Neurons::neuron(NETUID, Uid(2)), Some((201, 51)));
	});
}

#[test]
fn the_immune_go_while_too_few_others_are_left() {
	full(|| {
		TheHyperparameters::mutate(|h| h.min_non_immune_uids = 2);
		System::set_block_number(51);
		register(ALICE, 204).unwrap();
		// One of the three is new now; the two others are no more than the floor, so the immune one goes.
		register(ALICE, 205).unwrap();
		assert_eq!(
			Neurons::neurons(NETUID)
				.iter()
				.map(|(hotkey, _)| *hotkey)
				.collect::<Vec<_>>(),
			vec![OWNER_HOTKEY, 205, 202, 203]
		);
	});
}

/// A floor that is no less than the slots: the subnet would be closed for good once nobody is immune.
#[test]
fn a_subnet_with_fewer_slots_than_its_floor_takes_newcomers() {
	for floor in [3, 4, u16::MAX] {
		full(|| {
			Replaced::set(Vec::new());
			TheHyperparameters::mutate(|h| h.min_non_immune_uids = floor);
			System::set_block_number(51);
			Emission::set(vec![0, 2, 1, 3]);
			register(ALICE, 204).unwrap();
			assert_eq!(Replaced::get(), vec![(NETUID, Uid(2), 202)]);
			// The newcomer is the only immune one, and goes before those that stayed.
			register(ALICE, 205).unwrap();
			assert_eq!(Replaced::get().last(), Some(&(NETUID, Uid(2), 204)));
		});
	}
}

#[test]
fn an_immune_slot_is_taken_when_all_are_immune() {
	full(|| {
		Emission::set(vec![0, 2, 1, 1]);
		System::set_block_number(50);
		register(ALICE, 204).unwrap();
		assert_eq!(Replaced::get(), vec![(NETUID, Uid(2), 202)]);
	});
}

#[test]
fn the_owners_slots_are_immortal_up_to_the_limit() {
	ExtBuilder.build_and_execute(|| {
		create(NETUID);
		for hotkey in 101..=103 {
			register(OWNER, hotkey).unwrap();
		}
		TheHyperparameters::mutate(|h| h.immune_owner_uids_limit = 10);
		System::set_block_number(100);
		assert_refused(E::NoSlot, || register(ALICE, 204));
		TheHyperparameters::mutate(|h| {
			h.immune_owner_uids_limit = 2;
			h.min_non_immune_uids = 0;
		});
		register(ALICE, 204).unwrap();
		assert_eq!(Replaced::get(), vec![(NETUID, Uid(2), 102)]);
	});
}

#[test]
fn missing_emission_counts_as_none() {
	full(|| {
		System::set_block_number(51);
		Emission::set(vec![0, 4]);
		register(ALICE, 204).unwrap();
		assert_eq!(Replaced::get(), vec![(NETUID, Uid(2), 202)]);
	});
}

proptest! {
	#[test]
	fn the_order_of_candidates_does_not_matter(
		mut slots in prop::collection::vec((0..3u32, 0..3u64, any::<bool>()), 0..12),
		floor in 0..12u16,
		turn in 0..12usize,
	) {
		let number = |slots: &[(u32, u64, bool)]| -> Vec<Candidate> {
			slots.iter().enumerate().map(|(uid, (at, e, immune))| candidate(uid as u16, *at, *e, *immune)).collect()
		};
		let candidates = number(&slots);
		let chosen = choose(&candidates, floor);
		let mut turned = candidates.clone();
		turned.rotate_left(turn % candidates.len().max(1));
		prop_assert_eq!(choose(&turned, floor), chosen);
		slots.retain(|(_, _, immune)| !immune);
		if slots.len() > usize::from(floor) {
			prop_assert!(!candidates[usize::from(chosen.unwrap().0)].immune);
		}
	}
}
