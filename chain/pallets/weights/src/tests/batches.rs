//! Batches: independent items, free when all succeed.

use super::*;
use crate::{Batch, Call, CommitItem, LastUpdate, RevealItem, Rows, SetItem, WeightInfo, MAX_BATCH};
use frame_support::{assert_noop, assert_ok, dispatch::CheckIfFeeless, dispatch::GetDispatchInfo};
use ganglion_primitives::Uid;
use proptest::prelude::*;
use sp_runtime::{traits::Dispatchable, DispatchError};

const SECOND: MechanismId = MechanismId(1);
const PLACES: [(NetUid, MechanismId); 3] = [(NETUID, MECHANISM), (NETUID, SECOND), (OTHER, MECHANISM)];

fn batch<Item: core::fmt::Debug>(items: Vec<Item>) -> Batch<Item> {
	items.try_into().unwrap()
}

fn set_item((netuid, mechanism): (NetUid, MechanismId), uids: &[u16]) -> SetItem {
	SetItem {
		netuid,
		mechanism,
		uids: uids.to_vec(),
		values: vec![5; uids.len()],
		version_key: VERSION,
	}
}

fn commitment(who: u64, (netuid, mechanism): (NetUid, MechanismId), values: &[u16]) -> H256 {
	let weighing = Weighing {
		uids: &UIDS,
		values,
		version_key: VERSION,
		evidence: None,
	};
	Weights::commitment_of(&who, netuid, mechanism, &weighing, &SALT)
}

fn commit_item(place: (NetUid, MechanismId)) -> CommitItem {
	CommitItem {
		netuid: place.0,
		mechanism: place.1,
		commitment: commitment(ALICE, place, &VALUES),
	}
}

fn reveal_item((netuid, mechanism): (NetUid, MechanismId)) -> RevealItem {
	RevealItem {
		netuid,
		mechanism,
		uids: UIDS.to_vec(),
		values: VALUES.to_vec(),
		salt: SALT,
		version_key: VERSION,
		evidence: None,
	}
}

fn failed(index: u32, (netuid, mechanism): (NetUid, MechanismId), error: E) -> RuntimeEvent {
	let error = DispatchError::from(error).stripped();
	Event::BatchItemFailed {
		index,
		netuid,
		mechanism,
		error,
	}
	.into()
}

fn completed(done: u32, failed: u32) {
	System::assert_last_event(Event::BatchCompleted { done, failed }.into());
}

/// The failures that were told, without the texts of the errors.
fn failures() -> Vec<RuntimeEvent> {
	let events = System::events().into_iter().map(|record| record.event);
	let item = |event| match event {
		RuntimeEvent::Weights(Event::BatchItemFailed {
			index,
			netuid,
			mechanism,
			error,
		}) => Some(
			Event::BatchItemFailed {
				index,
				netuid,
				mechanism,
				error: error.stripped(),
			}
			.into(),
		),
		_ => None,
	};
	events.filter_map(item).collect()
}

fn two_mechanisms(test: impl FnOnce()) {
	ExtBuilder.build_and_execute(|| {
		TheHyperparameters::mutate(|h| h.mechanism_count = 2);
		test();
	});
}

#[test]
fn rows_of_several_mechanisms_are_set_at_once() {
	two_mechanisms(|| {
		TheHyperparameters::mutate(|h| h.commit_reveal_on = false);
		let items = batch(PLACES.map(|place| set_item(place, &UIDS)).to_vec());
		let call = Call::<Test>::batch_set { items: items.clone() };
		assert!(call.is_feeless(&signed(ALICE)));
		assert_ok!(Weights::batch_set(signed(ALICE), items));
		completed(3, 0);
		for place in PLACES {
			assert!(Rows::<Test>::contains_key(place, Uid(1)));
		}
		// Each has its own limit, and it holds now.
		assert!(!call.is_feeless(&signed(ALICE)));
	});
}

#[test]
fn an_item_that_fails_leaves_the_others_alone() {
	two_mechanisms(|| {
		TheHyperparameters::mutate(|h| h.commit_reveal_on = false);
		let items = batch(vec![
			set_item(PLACES[0], &[3, 3]),
			set_item(PLACES[1], &UIDS),
			set_item((NetUid(9), MECHANISM), &UIDS),
		]);
		assert!(!Call::<Test>::batch_set { items: items.clone() }.is_feeless(&signed(ALICE)));
		assert_ok!(Weights::batch_set(signed(ALICE), items));
		let told = vec![
			failed(0, PLACES[0], E::DuplicateUid),
			failed(2, (NetUid(9), MECHANISM), E::MechanismDoesNotExist),
		];
		assert_eq!(failures(), told);
		completed(1, 2);
		assert!(!Rows::<Test>::contains_key(PLACES[0], Uid(1)));
		assert!(!LastUpdate::<Test>::contains_key(PLACES[0], Uid(1)));
		assert!(Rows::<Test>::contains_key(PLACES[1], Uid(1)));
	});
}

#[test]
fn nothing_and_the_same_twice_are_refused() {
	two_mechanisms(|| {
		let none = Call::<Test>::batch_commit { items: batch(vec![]) };
		assert!(!none.is_feeless(&signed(ALICE)));
		assert_noop!(Weights::batch_commit(signed(ALICE), batch(vec![])), E::EmptyBatch);
		let twice = batch(vec![
			commit_item(PLACES[0]),
			commit_item(PLACES[1]),
			commit_item(PLACES[0]),
		]);
		let call = Call::<Test>::batch_commit { items: twice.clone() };
		assert!(!call.is_feeless(&signed(ALICE)));
		assert_noop!(Weights::batch_commit(signed(ALICE), twice), E::DuplicateItem);
		let many: Result<Batch<CommitItem>, _> = vec![commit_item(PLACES[0]); MAX_BATCH as usize + 1].try_into();
		assert!(many.is_err());
		let root: RuntimeOrigin = RawOrigin::Root.into();
		let result = Weights::batch_commit(root, batch(vec![commit_item(PLACES[0])]));
		assert_eq!(result, Err(DispatchError::BadOrigin));
	});
}

/// A reveal out of a batch is hashed with the mechanism that it is for, as a single one is: a row committed for one mechanism
/// or subnet opens nothing in another.
#[test]
fn batched_reveals_are_hashed_with_their_mechanism() {
	two_mechanisms(|| {
		let all = batch(PLACES.map(commit_item).to_vec());
		assert_ok!(Weights::batch_commit(signed(ALICE), all));
		completed(3, 0);
		// The second mechanism's place gets the hash that the first would have.
		advance(5);
		let wrong = CommitItem {
			commitment: commitment(ALICE, PLACES[0], &[1, 2]),
			..commit_item(PLACES[1])
		};
		assert_ok!(Weights::batch_commit(signed(ALICE), batch(vec![wrong])));
		next_epoch();
		let misplaced = RevealItem {
			values: vec![1, 2],
			..reveal_item(PLACES[1])
		};
		assert_ok!(Weights::batch_reveal(signed(ALICE), batch(vec![misplaced])));
		completed(0, 1);
		let items = batch(PLACES.map(reveal_item).to_vec());
		let call = Call::<Test>::batch_reveal { items: items.clone() };
		assert!(call.is_feeless(&signed(ALICE)));
		assert_ok!(Weights::batch_reveal(signed(ALICE), items.clone()));
		completed(3, 0);
		for place in PLACES {
			assert_eq!(Rows::<Test>::get(place, Uid(1)).unwrap().entries.len(), 2);
		}
		assert!(!call.is_feeless(&signed(ALICE)));
		assert_ok!(Weights::batch_reveal(signed(ALICE), items));
		completed(0, 3);
	});
}

#[test]
fn a_batch_weighs_what_its_items_weigh() {
	two_mechanisms(|| {
		let info = |items| {
			Call::<Test>::batch_set { items: batch(items) }
				.get_dispatch_info()
				.call_weight
		};
		let (one, three) = (set_item(PLACES[0], &UIDS), set_item(PLACES[1], &[1, 2, 3]));
		let sum = <() as WeightInfo>::batch() + <() as WeightInfo>::set(2) + <() as WeightInfo>::set(3);
		assert_eq!(info(vec![one.clone(), three]), sum);
		assert!(info(vec![one]).ref_time() < sum.ref_time());
		let reveals = |n| Call::<Test>::reveal {
			netuid: NETUID,
			mechanism: MECHANISM,
			uids: vec![0; n],
			values: vec![0; n],
			salt: SALT,
			version_key: 0,
			evidence: None,
		};
		let weight = |n| reveals(n).get_dispatch_info().call_weight;
		assert!(weight(1).ref_time() < weight(256).ref_time());
	});
}

fn places() -> impl Strategy<Value = (NetUid, MechanismId)> {
	(1..4u16, 0..3u8).prop_map(|(netuid, mechanism)| (NetUid(netuid), MechanismId(mechanism)))
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(500))]

	/// Free if and only if every item succeeds.
	#[test]
	fn a_batch_is_free_when_all_of_it_succeeds(
		first in prop::collection::vec(places(), 0..4),
		second in prop::collection::vec(places(), 0..4),
		who in prop::sample::select(vec![ALICE, BOB, MINER, STRANGER]),
		kind in 0..3u8,
	) {
		two_mechanisms(|| {
			let _ = Weights::batch_commit(signed(ALICE), batch(first.iter().copied().map(commit_item).collect()));
			if kind > 0 {
				next_epoch();
			}
			TheHyperparameters::mutate(|h| h.commit_reveal_on = kind != 1);
			let call: Call<Test> = match kind {
				0 => Call::batch_commit { items: batch(second.iter().copied().map(commit_item).collect()) },
				1 => Call::batch_set { items: batch(second.iter().map(|place| set_item(*place, &UIDS)).collect()) },
				_ => Call::batch_reveal { items: batch(second.iter().copied().map(reveal_item).collect()) },
			};
			let free = call.is_feeless(&signed(who));
			System::reset_events();
			let result = RuntimeCall::from(call).dispatch(signed(who));
			assert_eq!(free, result.is_ok() && failures().is_empty());
		});
	}
}
