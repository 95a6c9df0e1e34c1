//! Tests: each call, error, event and boundary.
#![allow(
	clippy::arithmetic_side_effects,
	clippy::unwrap_used,
	clippy::indexing_slicing,
	reason = "tests"
)]

use crate::{bounds, mock::*, Error, Event, HoldReason, LockRecord};
use frame_support::{assert_noop, assert_ok, traits::fungible::InspectHold, BoundedVec};
use frame_system::RawOrigin;
use ganglion_primitives::{Balance, Hyperparameter as H, Hyperparameters, NetUid, RecycleOrBurn, GNG, SUPPLY_CAP};
use ganglion_traits::SubnetInspect;
use proptest::prelude::*;
use sp_runtime::{DispatchError, TokenError};

type E = Error<Test>;
const NETUID: NetUid = NetUid(1);

fn signed(who: u64) -> RuntimeOrigin {
	RawOrigin::Signed(who).into()
}

fn root() -> RuntimeOrigin {
	RawOrigin::Root.into()
}

fn create(who: u64) -> sp_runtime::DispatchResult {
	Subnets::create(signed(who), HOTKEY, Balance::MAX)
}

fn set(origin: RuntimeOrigin, changes: &[H]) -> sp_runtime::DispatchResult {
	Subnets::set_hyperparameters(origin, NETUID, BoundedVec::try_from(changes.to_vec()).unwrap())
}

fn held(who: u64) -> Balance {
	Balances::balance_on_hold(&HoldReason::SubnetLock.into(), &who)
}

fn with_subnet(test: impl FnOnce()) {
	let quick = Hyperparameters {
		tempo: 10,
		..Default::default()
	};
	ExtBuilder::default().hyperparameters(quick).build_and_execute(|| {
		assert_ok!(create(ALICE));
		test();
	});
}

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
			(info.owner, info.owner_hotkey, info.active, info.created_at),
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
fn activation_is_roots_alone() {
	with_subnet(|| {
		assert!(!Subnets::is_active(NETUID));
		assert_noop!(Subnets::activate(signed(ALICE), NETUID), DispatchError::BadOrigin);
		assert_noop!(Subnets::activate(root(), NetUid(9)), E::SubnetNotFound);
		assert_noop!(Subnets::deactivate(root(), NETUID), E::NoStateChange);
		assert_ok!(Subnets::activate(root(), NETUID));
		System::assert_last_event(Event::SubnetActivated { netuid: NETUID }.into());
		assert_eq!(Subnets::active_netuids(), vec![NETUID]);
		assert_noop!(Subnets::activate(root(), NETUID), E::NoStateChange);
		assert_noop!(Subnets::deactivate(signed(ALICE), NETUID), DispatchError::BadOrigin);
		assert_ok!(Subnets::deactivate(root(), NETUID));
		System::assert_last_event(Event::SubnetDeactivated { netuid: NETUID }.into());
		assert!(Subnets::active_netuids().is_empty());
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

#[test]
fn the_owner_changes_hyperparameters() {
	with_subnet(|| {
		let changes = [H::Tempo(20), H::CommitRevealOn(false), H::WeightsVersionKey(7)];
		assert_ok!(set(signed(ALICE), &changes));
		let record = Subnets::hyperparameters(NETUID).unwrap();
		assert_eq!(
			(record.tempo, record.commit_reveal_on, record.weights_version_key),
			(20, false, 7)
		);
		let changes = BoundedVec::try_from(changes.to_vec()).unwrap();
		System::assert_last_event(
			Event::HyperparametersChanged {
				netuid: NETUID,
				changes,
			}
			.into(),
		);
	});
}

#[test]
fn only_owner_and_root_change_hyperparameters() {
	with_subnet(|| {
		assert_noop!(set(signed(BOB), &[H::Tempo(20)]), E::NotOwner);
		assert_noop!(set(RawOrigin::None.into(), &[H::Tempo(20)]), DispatchError::BadOrigin);
		assert_noop!(set(signed(ALICE), &[]), E::NoChanges);
		let changes = BoundedVec::try_from(vec![H::Tempo(20)]).unwrap();
		assert_noop!(
			Subnets::set_hyperparameters(signed(ALICE), NetUid(9), changes.clone()),
			E::SubnetNotFound
		);
		assert_noop!(
			Subnets::set_hyperparameters(root(), NetUid(9), changes),
			E::SubnetNotFound
		);
		assert_ok!(set(root(), &[H::Tempo(20)]));
	});
}

#[test]
fn fields_that_nothing_reads_are_refused() {
	with_subnet(|| {
		let inactive = [
			H::MinAllowedUids(1),
			H::BondsResetOn(true),
			H::MinChildkeyTake(1),
			H::TransferOn(false),
			H::RecycleOrBurn(RecycleOrBurn::Recycle),
			H::OwnerCutAutoLockOn(true),
			H::MechanismCount(2),
			H::EmissionSplit(Default::default()),
		];
		for change in inactive {
			assert_noop!(set(signed(ALICE), core::slice::from_ref(&change)), E::NotActive);
			assert_noop!(set(root(), &[change]), E::NotActive);
		}
	});
}

#[test]
fn owners_cannot_decide_consensus() {
	with_subnet(|| {
		let roots = [
			H::Kappa(1),
			H::MaxAllowedValidators(1),
			H::MinValidatorStake(5),
			H::WeightsRateLimit(0),
			H::RegistrationAllowed(false),
			H::MinNonImmuneUids(0),
		];
		for change in roots {
			assert_noop!(set(signed(ALICE), core::slice::from_ref(&change)), E::RootOnly);
			assert_ok!(set(root(), &[change]));
		}
	});
}

#[test]
fn owners_have_narrower_bounds_than_root() {
	with_subnet(|| {
		let cases = [
			(H::Tempo(10), H::Tempo(9)),
			(H::MaxAllowedUids(64), H::MaxAllowedUids(63)),
			(H::MaxAllowedUids(256), H::MaxAllowedUids(257)),
			(H::ImmunityPeriod(65_535), H::ImmunityPeriod(65_536)),
			(H::ServingRateLimit(1), H::ServingRateLimit(0)),
			(H::BondsMovingAverage(975_000), H::BondsMovingAverage(975_001)),
			(H::AlphaSigmoidSteepness(0), H::AlphaSigmoidSteepness(-1)),
			(H::RegistrationPriceMin(GNG), H::RegistrationPriceMin(GNG + 1)),
			(H::RegistrationPriceMax(GNG), H::RegistrationPriceMax(GNG / 10 - 1)),
		];
		for (allowed, refused) in cases {
			assert_ok!(set(signed(ALICE), &[H::RegistrationPriceMin(0), allowed]));
			assert_noop!(set(signed(ALICE), core::slice::from_ref(&refused)), E::RootOnly);
			assert_ok!(set(root(), &[H::RegistrationPriceMin(0), refused]));
		}
	});
}

#[test]
fn nobody_leaves_the_absolute_bounds() {
	with_subnet(|| {
		let cases = [
			H::Tempo(0),
			H::Tempo(50_401),
			H::ActivityCutoffFactorMilli(999),
			H::ActivityCutoffFactorMilli(50_001),
			H::MaxAllowedUids(0),
			H::MaxAllowedUids(4_097),
			H::MaxAllowedValidators(0),
			H::MaxAllowedValidators(4_097),
			H::MinAllowedWeights(4_097),
			H::MinValidatorStake(SUPPLY_CAP + 1),
			H::BondsMovingAverage(1_000_001),
			H::AlphaLow(1_637),
			H::AlphaLow(58_983),
			H::AlphaHigh(45_874),
			H::RevealPeriodEpochs(0),
			H::RevealPeriodEpochs(101),
			H::RegistrationPriceMax(499_999),
			H::RegistrationPriceMax(SUPPLY_CAP + 1),
			H::RegistrationHalfLife(0),
			H::RegistrationHalfLife(36_101),
			H::RegistrationBumpPermille(999),
			H::RegistrationBumpPermille(3_001),
			H::ImmuneOwnerUidsLimit(0),
			H::ImmuneOwnerUidsLimit(11),
		];
		for change in cases {
			assert_noop!(set(root(), &[change]), E::OutOfBounds);
		}
	});
}

#[test]
fn nobody_makes_a_subnet_whose_epoch_does_not_fit() {
	with_subnet(|| {
		for change in [
			H::MaxAllowedUids(1_217),
			H::MaxAllowedUids(4_096),
			H::MaxAllowedValidators(1_025),
		] {
			assert_noop!(set(root(), &[change]), E::OutOfBounds);
		}
		assert_ok!(set(root(), &[H::MaxAllowedUids(1_216)]));
		assert_noop!(set(root(), &[H::MaxAllowedValidators(65)]), E::OutOfBounds);
		// Both together are what counts, after the last change.
		assert_ok!(set(root(), &[H::MaxAllowedValidators(1_024), H::MaxAllowedUids(256)]));
	});
}

#[test]
#[should_panic = "default hyperparameters out of bounds"]
fn genesis_defaults_have_epochs_that_fit() {
	let large = Hyperparameters {
		max_allowed_uids: 1_217,
		..Default::default()
	};
	ExtBuilder::default().hyperparameters(large).build();
}

#[test]
fn slots_do_not_fall_below_those_in_use() {
	with_subnet(|| {
		NeuronCount::set(65);
		assert_noop!(set(signed(ALICE), &[H::MaxAllowedUids(64)]), E::OutOfBounds);
		assert_ok!(set(signed(ALICE), &[H::MaxAllowedUids(65)]));
	});
}

#[test]
fn tied_fields_are_checked_after_the_last_change() {
	with_subnet(|| {
		assert_noop!(set(signed(ALICE), &[H::AlphaLow(60_000)]), E::OutOfBounds);
		assert_ok!(set(signed(ALICE), &[H::AlphaLow(60_000), H::AlphaHigh(60_000)]));
		assert_ok!(set(
			root(),
			&[H::RegistrationPriceMax(GNG), H::RegistrationPriceMin(GNG)]
		));
	});
}

#[test]
fn a_refused_change_undoes_those_before_it() {
	with_subnet(|| {
		assert_noop!(set(signed(ALICE), &[H::Tempo(20), H::Kappa(1)]), E::RootOnly);
		assert_eq!(Subnets::hyperparameters(NETUID).unwrap().tempo, 10);
	});
}

#[test]
fn records_with_bad_mechanisms_are_refused() {
	let split = |parts: &[u16]| BoundedVec::try_from(parts.to_vec()).unwrap();
	let check = |record: Hyperparameters| bounds::check_record(&record).is_ok();
	assert!(check(Hyperparameters {
		emission_split: split(&[65_000, 535]),
		..Default::default()
	}));
	assert!(!check(Hyperparameters {
		emission_split: split(&[65_000, 536]),
		..Default::default()
	}));
	assert!(!check(Hyperparameters {
		mechanism_count: 0,
		..Default::default()
	}));
	assert!(!check(Hyperparameters {
		mechanism_count: 17,
		..Default::default()
	}));
}

proptest! {
	#[test]
	fn the_lock_price_stays_in_its_range(lock: u128, at: u32, now: u32, min: u128, interval: u32) {
		let price = LockRecord { last_lock: lock, last_block: at }.price(now, min, interval);
		prop_assert!(price >= min);
		prop_assert!(price <= lock.saturating_mul(2).max(min));
	}
}
