//! Creation, its price, and what can be read.

use super::*;
use crate::LockRecord;
use proptest::prelude::*;
use sp_runtime::TokenError;

#[test]
fn creation_locks_and_calls_the_hook() {
	ExtBuilder::default().build_and_execute(|| {
		assert_ok!(Subnets::create(signed(ALICE), HOTKEY, MIN_LOCK));
		assert_eq!(held(ALICE), MIN_LOCK);
		assert_eq!(Balances::free_balance(ALICE), 1_000 * GNG - MIN_LOCK);
		assert_eq!(Created::get(), vec![(NETUID, ALICE, HOTKEY)]);
		System::assert_has_event(
			Event::SubnetCreated {
				netuid: NETUID,
				owner: ALICE,
				lock: MIN_LOCK,
			}
			.into(),
		);
		let info = crate::Subnets::<Test>::get(NETUID).unwrap();
		assert_eq!(
			(info.owner, info.owner_hotkey, info.is_active(), info.created_at),
			(ALICE, HOTKEY, false, 1)
		);
		assert_eq!(Subnets::hyperparameters(NETUID), Some(Hyperparameters::default()));
	});
}

#[test]
fn a_new_subnet_starts_with_genesis_hyperparameters() {
	let chosen = Hyperparameters {
		tempo: 10,
		immunity_period: 50,
		..Default::default()
	};
	ExtBuilder::default()
		.hyperparameters(chosen.clone())
		.build_and_execute(|| {
			assert_ok!(create(ALICE));
			assert_eq!(Subnets::hyperparameters(NETUID), Some(chosen));
		});
}

#[test]
#[should_panic(expected = "default hyperparameters out of bounds")]
fn genesis_refuses_hyperparameters_out_of_bounds() {
	ExtBuilder::default()
		.hyperparameters(Hyperparameters {
			tempo: 0,
			..Default::default()
		})
		.build();
}

#[test]
fn genesis_is_camel_case_json_and_refuses_unknown_keys() {
	let good = serde_json::json!({ "defaultHyperparameters": Hyperparameters::default() });
	assert!(serde_json::from_value::<crate::GenesisConfig<Test>>(good.clone()).is_ok());
	assert_eq!(good["defaultHyperparameters"]["commitRevealOn"], true);
	let bad = serde_json::json!({ "default_hyperparameters": Hyperparameters::default() });
	assert!(serde_json::from_value::<crate::GenesisConfig<Test>>(bad).is_err());
}

#[test]
fn the_price_limit_is_inclusive() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(
			Subnets::create(signed(ALICE), HOTKEY, MIN_LOCK - 1),
			E::LockPriceExceeded
		);
		assert_ok!(Subnets::create(signed(ALICE), HOTKEY, MIN_LOCK));
	});
}

#[test]
fn creation_needs_a_signature_and_the_money() {
	ExtBuilder::default().build_and_execute(|| {
		assert_noop!(Subnets::create(root(), HOTKEY, MIN_LOCK), DispatchError::BadOrigin);
		assert_noop!(create(POOR), DispatchError::Token(TokenError::FundsUnavailable));
	});
}

#[test]
fn a_coldkey_whose_swap_is_announced_locks_nothing() {
	ExtBuilder::default().build_and_execute(|| {
		Guarded::set(vec![ALICE]);
		assert_noop!(create(ALICE), E::ColdkeyGuarded);
		assert_ok!(create(BOB));
	});
}

#[test]
fn a_refusing_hook_undoes_creation() {
	ExtBuilder::default().build_and_execute(|| {
		let call = crate::Call::<Test>::create {
			owner_hotkey: REFUSED_HOTKEY,
			max_lock: Balance::MAX,
		};
		let result = sp_runtime::traits::Dispatchable::dispatch(RuntimeCall::from(call), signed(ALICE));
		assert_eq!(result.unwrap_err().error, DispatchError::Other("refused"));
		assert_eq!(held(ALICE), 0);
		assert!(!Subnets::exists(NETUID));
		assert_eq!(Subnets::lock_price(), MIN_LOCK);
	});
}

#[test]
fn the_price_doubles_and_decays() {
	ExtBuilder::default().build_and_execute(|| {
		assert_eq!(Subnets::lock_price(), MIN_LOCK);
		assert_ok!(create(ALICE));
		assert_eq!(Subnets::lock_price(), 2 * MIN_LOCK);
		assert_ok!(create(ALICE));
		assert_eq!(Subnets::lock_price(), 4 * MIN_LOCK);
		assert_eq!(held(ALICE), 3 * MIN_LOCK);
		System::set_block_number(1 + INTERVAL);
		assert_eq!(Subnets::lock_price(), 2 * MIN_LOCK);
		System::set_block_number(1 + 2 * INTERVAL);
		assert_eq!(Subnets::lock_price(), MIN_LOCK);
	});
}

#[test]
fn the_price_follows_the_published_vectors() {
	let file = include_str!(concat!(
		env!("CARGO_MANIFEST_DIR"),
		"/../../../tests/conformance/vectors/yuma.json"
	));
	let vectors: serde_json::Value = serde_json::from_str(file).unwrap();
	let cases = vectors["lock_cost"]["derived"].as_array().unwrap();
	for case in cases {
		let number = |key: &str| case[key].as_u64().unwrap();
		let min = Balance::from(number("min"));
		let last = LockRecord {
			last_lock: number("last").into(),
			last_block: number("last_block") as u32,
		};
		// The vectors write "no lock before" as block 0.
		let price = match last.last_block {
			0 => min,
			_ => last.price(number("now") as u32, min, number("interval") as u32),
		};
		assert_eq!(price, Balance::from(number("expect")), "{case}");
	}
	assert_eq!(cases.len(), 6);
}

#[test]
fn subnets_are_limited_and_netuids_run_out() {
	ExtBuilder::default().build_and_execute(|| {
		for _ in 0..4 {
			assert_ok!(create(ALICE));
		}
		assert_noop!(create(ALICE), E::TooManySubnets);
		assert_eq!(Subnets::netuids(), vec![NetUid(1), NetUid(2), NetUid(3), NetUid(4)]);
		MaxSubnets::set(u16::MAX);
		crate::NextNetUid::<Test>::put(NetUid(u16::MAX));
		assert_noop!(create(BOB), E::TooManySubnets);
	});
}

#[test]
fn netuids_are_listed_in_ascending_order() {
	ExtBuilder::default().build_and_execute(|| {
		MaxSubnets::set(3);
		// 256 comes before 1 in the order of keys.
		crate::NextNetUid::<Test>::put(NetUid(255));
		for _ in 0..3 {
			assert_ok!(create(ALICE));
		}
		assert_eq!(Subnets::netuids(), vec![NetUid(255), NetUid(256), NetUid(257)]);
	});
}

#[test]
fn reads_of_a_missing_subnet_answer_nothing() {
	with_subnet(|| {
		let missing = NetUid(9);
		assert!(!Subnets::exists(missing) && !Subnets::is_active(missing));
		assert_eq!((Subnets::owner(missing), Subnets::owner_hotkey(missing)), (None, None));
		assert_eq!(
			(Subnets::created_at(missing), Subnets::hyperparameters(missing)),
			(None, None)
		);
		assert_eq!(
			(Subnets::owner(NETUID), Subnets::owner_hotkey(NETUID)),
			(Some(ALICE), Some(HOTKEY))
		);
		assert_eq!(Subnets::created_at(NETUID), Some(1));
	});
}

proptest! {
	#[test]
	fn the_lock_price_stays_in_its_range(lock: u128, at: u32, now: u32, min: u128, interval: u32) {
		let price = LockRecord { last_lock: lock, last_block: at }.price(now, min, interval);
		prop_assert!(price >= min);
		prop_assert!(price <= lock.saturating_mul(2).max(min));
	}
}
