//! Fewer slots.

use super::*;
use crate::{replacement::Candidate, trimming::kept};
use frame_support::{assert_noop, assert_ok};
use ganglion_primitives::Uid;
use proptest::prelude::*;
use sp_runtime::DispatchError;

fn root() -> RuntimeOrigin {
	RawOrigin::Root.into()
}

#[test]
fn the_highest_emitters_stay_and_close_up() {
	full(|| {
		Replaced::set(Vec::new());
		Moved::set(Vec::new());
		Neurons::serve(signed(203), NETUID, endpoint()).unwrap();
		Neurons::serve(signed(201), NETUID, endpoint()).unwrap();
		System::set_block_number(51);
		Emission::set(vec![0, 3, 5, 9]);
		assert_ok!(Neurons::trim(root(), NETUID, 3));
		assert_eq!(hotkeys(NETUID), vec![OWNER_HOTKEY, 202, 203]);
		assert_eq!(Neurons::uid(NETUID, &203), Some(Uid(2)));
		assert_eq!(Neurons::neuron(NETUID, Uid(2)), Some((203, 1)));
		assert_eq!(
			(Neurons::uid(NETUID, &201), Neurons::neuron(NETUID, Uid(3))),
			(None, None)
		);
		assert_eq!(Neurons::endpoint(NETUID, &203), Some(endpoint()));
		assert_eq!(Neurons::endpoint(NETUID, &201), None);
		// Who went is told as if replaced; who moved, with the order kept.
		assert_eq!(Replaced::get(), vec![(NETUID, Uid(1), 201)]);
		let moved = vec![(Uid(0), Uid(0)), (Uid(2), Uid(1)), (Uid(3), Uid(2))];
		assert_eq!(Moved::get(), vec![(NETUID, moved)]);
		System::assert_has_event(
			Event::NeuronTrimmed {
				netuid: NETUID,
				uid: Uid(1),
				hotkey: 201,
			}
			.into(),
		);
		let (netuid, neurons) = (NETUID, 3);
		System::assert_last_event(Event::SubnetTrimmed { netuid, neurons }.into());
		// The next newcomer replaces: the subnet is full.
		Emission::set(vec![0, 1, 2]);
		register(ALICE, 300).unwrap();
		assert_eq!(hotkeys(NETUID), vec![OWNER_HOTKEY, 300, 203]);
	});
}

#[test]
fn nothing_goes_where_all_fit() {
	ExtBuilder.build_and_execute(|| {
		create(NETUID);
		register(ALICE, 201).unwrap();
		Moved::set(Vec::new());
		assert_ok!(Neurons::trim(root(), NETUID, 2));
		assert_eq!((Neurons::count(NETUID), Moved::get()), (2, vec![]));
	});
}

#[test]
fn it_is_refused() {
	full(|| {
		assert_noop!(Neurons::trim(signed(ALICE), NETUID, 3), DispatchError::BadOrigin);
		// All are immune at block 1.
		let before = hotkeys(NETUID);
		assert_eq!(Neurons::trim(root(), NETUID, 3), Err(E::TooManyImmune.into()));
		assert_eq!(hotkeys(NETUID), before);
		TheHyperparameters::mutate(|h| h.max_allowed_uids = 4);
	});
}

fn slot(uid: u16, emission: u64, immune: bool) -> Candidate {
	Candidate {
		uid: Uid(uid),
		registered_at: 1,
		emission,
		immune,
	}
}

#[test]
fn four_fifths_can_be_protected() {
	let slots: Vec<_> = (0..10).map(|uid| slot(uid, 0, uid < 4)).collect();
	let uids = |max: u16| kept(&slots, &[], max).map(|kept| kept.iter().map(|uid| uid.0).collect::<Vec<_>>());
	assert_eq!(uids(5), Some(vec![0, 1, 2, 3, 9]));
	assert_eq!(uids(4), None);
	assert_eq!(kept(&slots, &[Uid(9)], 5), None);
	assert_eq!(kept(&slots, &[Uid(3)], 5).map(|kept| kept.len()), Some(5));
}

proptest! {
	/// Nobody who goes emitted more than anybody who stays without protection.
	#[test]
	fn the_lowest_go(
		slots in prop::collection::vec((0..5u64, prop::bool::weighted(0.2)), 1..40),
		max in 1..40u16,
	) {
		let slots: Vec<_> = slots.iter().enumerate().map(|(uid, (e, immune))| slot(uid as u16, *e, *immune)).collect();
		let protected = slots.iter().filter(|slot| slot.immune).count();
		let Some(kept) = kept(&slots, &[], max) else {
			prop_assert!(protected * 5 > usize::from(max) * 4);
			return Ok(());
		};
		prop_assert_eq!(kept.len(), slots.len().min(max.into()));
		prop_assert!(kept.windows(2).all(|pair| pair[0] < pair[1]));
		let stays = |slot: &&Candidate| kept.contains(&slot.uid);
		let lowest = slots.iter().filter(|slot| !slot.immune).filter(stays).map(|slot| slot.emission).min();
		let highest = slots.iter().filter(|slot| !stays(slot)).map(|slot| slot.emission).max();
		prop_assert!(slots.iter().filter(|slot| slot.immune).all(|slot| stays(&slot)));
		if let (Some(lowest), Some(highest)) = (lowest, highest) {
			prop_assert!(highest <= lowest);
		}
	}
}
