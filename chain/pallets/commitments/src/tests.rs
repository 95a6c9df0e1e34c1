//! Tests: who can set what, what it costs, and when it goes.
#![allow(
	clippy::arithmetic_side_effects,
	clippy::unwrap_used,
	clippy::indexing_slicing,
	reason = "tests"
)]

use crate::{impls::charge, mock::*, WeightInfo, MIN_CHARGE, QUOTA};
use frame_support::{assert_noop, assert_ok, dispatch::CheckIfFeeless};
use frame_system::RawOrigin;
use ganglion_primitives::{CommitmentField as Field, CommitmentFields, NetUid, Uid};
use ganglion_traits::{OnHotkeySwapped, OnNeuronReplaced, OnSubnetDissolved};
use sp_runtime::{BoundedVec, Weight};

type E = crate::Error<Test>;

fn signed(who: u64) -> RuntimeOrigin {
	RawOrigin::Signed(who).into()
}

fn fields(list: Vec<Field>) -> CommitmentFields {
	CommitmentFields::try_from(list).unwrap()
}

fn raw(bytes: &[u8]) -> CommitmentFields {
	fields(vec![Field::Raw(bytes.to_vec().try_into().unwrap())])
}

/// The largest that there can be.
fn largest() -> CommitmentFields {
	let big = || Field::BigRaw(BoundedVec::truncate_from(vec![7; 512]));
	fields(vec![big(), big(), big()])
}

fn set(who: u64, fields: CommitmentFields) -> sp_runtime::DispatchResult {
	Commitments::set(signed(who), NETUID, fields)
}

fn is_free(who: u64, fields: CommitmentFields) -> bool {
	crate::Call::<Test>::set { netuid: NETUID, fields }.is_feeless(&signed(who))
}

#[test]
fn a_neuron_sets_replaces_and_clears() {
	execute(|| {
		let first = fields(vec![
			Field::Raw(b"hf:org/model".to_vec().try_into().unwrap()),
			Field::Sha256([1; 32]),
			Field::Blake2([2; 32]),
		]);
		assert_ok!(set(101, first.clone()));
		assert_eq!(Commitments::commitment(NETUID, &101), Some((1, first.clone())));
		assert_eq!(Commitments::commitment(OTHER, &101), None);
		let (netuid, hotkey) = (NETUID, 101);
		System::assert_last_event(
			crate::Event::CommitmentSet {
				netuid,
				hotkey,
				fields: first,
			}
			.into(),
		);
		System::set_block_number(2);
		assert_ok!(set(101, raw(b"b")));
		assert_eq!(Commitments::commitment(NETUID, &101), Some((2, raw(b"b"))));
		assert_ok!(set(101, fields(vec![])));
		assert_eq!(Commitments::commitment(NETUID, &101), None);
	});
}

#[test]
fn only_neurons_of_subnets_that_exist() {
	execute(|| {
		assert_noop!(set(999, raw(b"a")), E::NotRegistered);
		assert_noop!(Commitments::set(signed(101), NetUid(9), raw(b"a")), E::SubnetNotFound);
		assert!(!is_free(999, raw(b"a")));
		assert_noop!(
			Commitments::set(RawOrigin::None.into(), NETUID, raw(b"a")),
			sp_runtime::DispatchError::BadOrigin
		);
	});
}

#[test]
fn a_quota_of_bytes_per_tempo_is_free() {
	execute(|| {
		assert_eq!(charge(&raw(b"a")), MIN_CHARGE);
		let cost = charge(&largest());
		assert_eq!(cost, 3 * (1 + 2 + 512) + 1);
		for _ in 0..QUOTA / cost {
			assert!(is_free(101, largest()));
			assert_ok!(set(101, largest()));
		}
		assert!(!is_free(101, largest()));
		// Others have quotas of their own, unless all is paused.
		Paused::set(true);
		assert!(!is_free(102, largest()));
		Paused::set(false);
		assert!(is_free(102, largest()));
		// Beyond it is accepted, for the fee.
		System::set_block_number(TEMPO);
		assert_ok!(set(101, raw(b"paid")));
		assert_eq!(Commitments::commitment(NETUID, &101), Some((TEMPO, raw(b"paid"))));
		System::set_block_number(1 + TEMPO);
		assert!(is_free(101, largest()));
	});
}

/// Clearing does not give the quota back: else it would be none.
#[test]
fn clearing_is_charged_too() {
	execute(|| {
		let settings = QUOTA / MIN_CHARGE;
		for turn in 0..settings {
			assert!(is_free(101, fields(vec![])));
			assert_ok!(set(101, if turn % 2 == 0 { raw(b"a") } else { fields(vec![]) }));
		}
		assert!(!is_free(101, fields(vec![])));
	});
}

#[test]
fn a_successor_inherits_nothing() {
	execute(|| {
		assert_ok!(set(101, raw(b"a")));
		Commitments::on_neuron_replaced(NETUID, Uid(1), &101);
		assert_eq!(crate::Commitments::<Test>::iter().count(), 0);
		// Neither does the same hotkey that comes back: what is older than its registration is not there.
		assert_ok!(set(101, largest()));
		Slots::mutate(|slots| slots[1].1 = 5);
		System::set_block_number(5);
		assert_eq!(Commitments::commitment(NETUID, &101), None);
		assert!(Commitments::columns(NETUID).uids.is_empty());
		assert_ok!(set(101, raw(b"new")));
		assert_eq!(crate::Commitments::<Test>::get(NETUID, 101).unwrap().used, MIN_CHARGE);
	});
}

#[test]
fn it_follows_a_swap_of_the_hotkey() {
	execute(|| {
		assert_ok!(set(101, raw(b"a")));
		assert_ok!(Commitments::set(signed(101), OTHER, raw(b"b")));
		Slots::mutate(|slots| slots[1].0 = 300);
		assert_ok!(Commitments::ensure_can_swap_hotkey(&101, &300, None));
		Commitments::on_hotkey_swapped(&101, &300, Some(OTHER));
		assert_eq!(Commitments::commitment(OTHER, &300), Some((1, raw(b"b"))));
		assert_eq!(Commitments::commitment(NETUID, &300), None);
		Commitments::on_hotkey_swapped(&101, &300, None);
		assert_eq!(Commitments::commitment(NETUID, &300), Some((1, raw(b"a"))));
		assert!(!crate::Commitments::<Test>::contains_key(NETUID, 101));
	});
}

#[test]
fn columns_are_ascending_by_uid() {
	execute(|| {
		assert_ok!(set(102, raw(b"c")));
		System::set_block_number(4);
		assert_ok!(set(100, raw(b"a")));
		let columns = Commitments::columns(NETUID);
		assert_eq!((columns.uids, columns.hotkeys), (vec![0, 2], vec![100, 102]));
		assert_eq!(
			(columns.updated_at, columns.fields),
			(vec![4, 1], vec![raw(b"a"), raw(b"c")])
		);
	});
}

#[test]
fn a_dissolved_subnet_is_cleared_in_steps() {
	execute(|| {
		for hotkey in 100..103 {
			assert_ok!(set(hotkey, raw(b"a")));
			assert_ok!(Commitments::set(signed(hotkey), OTHER, raw(b"b")));
		}
		Existing::set(vec![OTHER]);
		Dissolving::set(vec![NETUID]);
		Slots::mutate(|slots| slots[0].1 = 9);
		crate::Commitments::<Test>::remove(OTHER, 100);
		for left in [2, 1, 0] {
			let step = Commitments::clear(NETUID, Weight::zero());
			assert_eq!(
				(step.done, crate::Commitments::<Test>::iter_prefix(NETUID).count()),
				(left == 0, left)
			);
			Commitments::do_try_state().unwrap();
		}
		assert!(Commitments::clear(NETUID, <() as WeightInfo>::clear_one()).done);
		assert_eq!(crate::Commitments::<Test>::iter_prefix(OTHER).count(), 2);
	});
}
