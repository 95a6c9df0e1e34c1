//! The price: decay, bump, bounds; against the published vectors.

use super::*;
use crate::price::*;
use ganglion_primitives::{Hyperparameters, GNG};
use proptest::prelude::*;
use serde_json::Value;

fn amount(value: &Value) -> Balance {
	match value.as_str() {
		Some("u64_MAX") => u64::MAX.into(),
		_ => value.as_u64().unwrap().into(),
	}
}

#[test]
fn decay_factors_are_those_of_the_vectors() {
	let vectors = vectors();
	let factors = vectors["registration_burn"]["decay_factor_q32"].as_object().unwrap();
	for (half_life, factor) in factors {
		assert_eq!(
			decay_factor(half_life.parse().unwrap()),
			factor.as_u64().unwrap(),
			"half-life {half_life}"
		);
	}
	assert_eq!(factors.len(), 16);
}

/// The vectors truncate at each block, we once: never lower, and as truncated parts decay like the price itself, not
/// more than 1.45 nano per block of a half-life higher.
#[test]
fn lazy_decay_stays_close_to_decay_by_block() {
	let vectors = vectors();
	let cases = vectors["registration_burn"]["decay_sequences"]["cases"]
		.as_array()
		.unwrap();
	let mut compared = 0;
	for case in cases {
		let half_life = case["half_life"].as_u64().unwrap() as u32;
		for (blocks, expected) in case["after_blocks"].as_object().unwrap() {
			let blocks: u32 = blocks.parse().unwrap();
			let (ours, expected) = (decayed(amount(&case["initial"]), blocks, half_life), amount(expected));
			let high = expected + Balance::from(blocks.min(half_life * 3 / 2 + 1));
			assert!(
				(expected..=high).contains(&ours),
				"half-life {half_life}, {blocks} blocks: {ours}, {expected}"
			);
			compared += 1;
		}
	}
	assert_eq!(compared, 17 * 7);
}

#[test]
fn bumps_are_those_of_the_vectors() {
	let vectors = vectors();
	let cases = vectors["registration_burn"]["bump_sequences"]["cases"]
		.as_array()
		.unwrap();
	for case in cases {
		let hyperparameters = Hyperparameters {
			registration_price_min: amount(&case["min"]),
			registration_price_max: amount(&case["max"]),
			..Default::default()
		};
		let mut price = amount(&case["initial"]);
		for expected in case["price_after_each"].as_array().unwrap() {
			let permille = case["mult"].as_u64().unwrap() as u32 * 1_000;
			price = clamped(bumped(price, permille), &hyperparameters);
			assert_eq!(price, amount(expected), "{case}");
		}
	}
	assert_eq!(cases.len(), 12);
}

#[test]
fn the_price_rises_with_each_registration_and_halves_with_time() {
	ExtBuilder.build_and_execute(|| {
		create(NETUID);
		assert_eq!(Neurons::registration_price(NETUID), Some(GNG));
		register(ALICE, 200).unwrap();
		assert_eq!(Neurons::registration_price(NETUID), Some(1_260_000_000));
		register(ALICE, 201).unwrap();
		assert_eq!(Neurons::registration_price(NETUID), Some(1_587_600_000));
		System::set_block_number(1 + 180);
		let after_half_a_half_life = Neurons::registration_price(NETUID).unwrap();
		assert!(
			after_half_a_half_life.abs_diff(1_122_602_726) < 100,
			"{after_half_a_half_life}"
		);
		System::set_block_number(1 + 360);
		let after_a_half_life = Neurons::registration_price(NETUID).unwrap();
		assert!(after_a_half_life.abs_diff(793_800_000) < 100, "{after_a_half_life}");
		System::set_block_number(1 + 360 * 5);
		assert_eq!(Neurons::registration_price(NETUID), Some(GNG / 10));
		assert_eq!(Neurons::registration_price(OTHER), Some(GNG / 10));
		assert_eq!(Neurons::registration_price(NetUid(9)), None);
	});
}

#[test]
fn new_bounds_hold_at_once() {
	ExtBuilder.build_and_execute(|| {
		create(NETUID);
		register(ALICE, 200).unwrap();
		TheHyperparameters::mutate(|h| h.registration_price_max = GNG);
		assert_eq!(Neurons::registration_price(NETUID), Some(GNG));
		TheHyperparameters::mutate(|h| {
			h.registration_price_min = 7 * GNG;
			h.registration_price_max = 9 * GNG;
		});
		assert_eq!(Neurons::registration_price(NETUID), Some(7 * GNG));
	});
}

proptest! {
	#[test]
	fn decay_is_monotonic(price in 0..=ganglion_primitives::SUPPLY_CAP, blocks in 0..100_000u32, half_life in 1..=36_100u32) {
		let now = decayed(price, blocks, half_life);
		prop_assert!(now <= price);
		prop_assert!(decayed(price, blocks + 1, half_life) <= now);
	}
}
