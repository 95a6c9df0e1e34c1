//! Profiles: identity, form, deposits.

use super::*;
use crate::{Error, Event, HoldReason, Numbers};
use codec::Encode;
use frame_support::{assert_noop, assert_ok, traits::fungible::InspectHold};
use ganglion_traits::{OnColdkeySwapped, Profiles};
use sp_runtime::Weight;

fn held(who: AccountId) -> Balance {
	Balances::balance_on_hold(&HoldReason::Profile.into(), &who)
}

/// The same bytes that other implementations hash: written out by hand.
#[test]
fn the_identity_is_the_hash_of_a_domain_and_the_contents() {
	let mut bytes = b"ganglion/model-profile/2".to_vec();
	bytes.extend([0, 0, 2 << 2]);
	for path in ["config.json", "model.safetensors"] {
		bytes.push((path.len() as u8) << 2);
		bytes.extend(path.as_bytes());
		bytes.extend([7; 32]);
	}
	for text in ["float32", "sdpa", "transformers", "st-1"] {
		bytes.push((text.len() as u8) << 2);
		bytes.extend(text.as_bytes());
	}
	bytes.extend([5, 0]);
	bytes.extend([0; 3 * 2 + 9 * 4]);
	bytes.extend([0; 64]);
	for text in ["default", "COMPATIBLE", "SSE41"] {
		bytes.push((text.len() as u8) << 2);
		bytes.extend(text.as_bytes());
	}
	assert_eq!(id(7), sp_io::hashing::blake2_256(&bytes).into());
	assert_ne!(id(7), id(8));
}

#[test]
fn a_profile_is_registered_for_a_deposit_and_given_up_for_it() {
	run(|| {
		let owner = 9 + COLD;
		register(7);
		let deposit = Models::deposit(spec(7).encoded_size());
		assert_eq!(held(owner), deposit);
		assert!(deposit > GNG);
		let summary = Models::profile(&id(7)).unwrap();
		assert_eq!((summary.number, summary.layers, summary.registered_at), (0, 5, 1));
		assert_eq!(Models::details(0).unwrap().terms.name, label("tiny"));
		assert_noop!(
			Models::register(signed(1 + COLD), Box::new(spec(7)), terms("again")),
			Error::<Test>::AlreadyRegistered
		);
		assert_noop!(Models::remove(signed(1 + COLD), id(7)), Error::<Test>::NotOwner);
		assert_ok!(Models::remove(signed(owner), id(7)));
		assert_eq!((held(owner), Models::profile(&id(7))), (0, None));
		assert_noop!(Models::remove(signed(owner), id(7)), Error::<Test>::ProfileNotFound);
		// Registered again it has another number.
		register(7);
		assert_eq!(Numbers::<Test>::get(id(7)), Some(1));
		System::assert_last_event(
			Event::ProfileRegistered {
				number: 1,
				profile: id(7),
				owner,
				deposit,
			}
			.into(),
		);
	});
}

#[test]
fn what_a_profile_must_not_be() {
	let path = |path: &str| {
		let mut wrong = spec(1);
		wrong.files[0].path = BoundedVec::truncate_from(path.as_bytes().to_vec());
		wrong
	};
	let changed = |change: fn(&mut ProfileSpec)| {
		let mut wrong = spec(1);
		change(&mut wrong);
		wrong
	};
	run(|| {
		let fails = |spec: ProfileSpec, error: Error<Test>| {
			assert_noop!(Models::register(signed(1 + COLD), Box::new(spec), terms("x")), error);
		};
		for wrong in [
			"",
			"/abs",
			"a/../b",
			"..",
			"a//b",
			"./a",
			"a\\b",
			"a b",
			"n\u{e9}",
			"z",
			"model.safetensors",
		] {
			fails(path(wrong), Error::<Test>::InvalidFiles);
		}
		fails(changed(|spec| spec.files.clear()), Error::<Test>::InvalidFiles);
		fails(changed(|spec| spec.dtype = label("")), Error::<Test>::InvalidLabel);
		fails(changed(|spec| spec.engine = label("a\nb")), Error::<Test>::InvalidLabel);
		fails(changed(|spec| spec.replay.mkl = label("")), Error::<Test>::InvalidLabel);
		fails(changed(|spec| spec.layers = 0), Error::<Test>::NoLayers);
		fails(
			changed(|spec| spec.layers = crate::MAX_LAYERS + 1),
			Error::<Test>::TooManyLayers,
		);
		assert_ok!(Models::register(
			signed(1 + COLD),
			Box::new(path("1_Pooling/config.json")),
			terms("x")
		));
		let nameless = Models::register(signed(1 + COLD), Box::new(spec(2)), terms(""));
		assert_noop!(nameless, Error::<Test>::InvalidLabel);
		Guarded::set([1 + COLD].into());
		let guarded = Models::register(signed(1 + COLD), Box::new(spec(2)), terms("x"));
		assert_noop!(guarded, Error::<Test>::ColdkeyGuarded);
		let poor = Models::register(signed(77), Box::new(spec(2)), terms("x"));
		assert_noop!(poor, sp_runtime::TokenError::FundsUnavailable);
	});
}

#[test]
fn the_owner_changes_what_is_not_the_identity() {
	run(|| {
		register(1);
		let mut changed = terms("tinier");
		changed.price_floor = 5;
		assert_noop!(
			Models::set_terms(signed(1 + COLD), id(1), changed.clone()),
			Error::<Test>::NotOwner
		);
		assert_ok!(Models::set_terms(signed(9 + COLD), id(1), changed.clone()));
		assert_eq!(Models::details_of(&id(1)).unwrap().terms, changed);
		let nameless = Models::set_terms(signed(9 + COLD), id(1), terms(""));
		assert_noop!(nameless, Error::<Test>::InvalidLabel);
	});
}

#[test]
fn pages_are_bounded_and_leave_removed_profiles_out() {
	run(|| {
		register_many(40);
		assert_ok!(Models::remove(signed(9 + COLD), id(3)));
		let numbers = |from, limit| -> Vec<u32> { Models::page(from, limit).iter().map(|one| one.number).collect() };
		assert_eq!(numbers(2, 3), [2, 4, 5]);
		assert_eq!(numbers(0, 1_000).len(), 32);
		assert_eq!(numbers(39, 9), [39]);
		assert_eq!(numbers(40, 9), Vec::<u32>::new());
	});
}

#[test]
fn a_profile_follows_its_owner_with_the_deposit() {
	run(|| {
		register_many(3);
		let (old, new) = (9 + COLD, 8 + COLD);
		let deposits = held(old);
		let first = Models::move_coldkey(&old, &new, Weight::zero());
		assert!(!first.done);
		assert!(Models::move_coldkey(&old, &new, Weight::MAX).done);
		assert_eq!((held(old), held(new)), (0, deposits));
		assert_ok!(Models::remove(signed(new), id(0)));
	});
}
