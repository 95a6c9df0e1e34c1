//! Bounds, limits and freeze windows of hyperparameters.

use super::*;
use crate::{bounds, settings::Epochs};
use ganglion_primitives::SUPPLY_CAP;
use ganglion_traits::SubnetSlots;
use proptest::prelude::*;

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
		let inactive = H::all(&Hyperparameters::default())
			.into_iter()
			.filter(|one| !one.is_active());
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
			H::MinAllowedUids(1),
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
			assert_ok!(set(root(), &[H::RegistrationPriceMin(bounds::LEAST_PRICE)]));
			assert_noop!(
				set(root(), &[H::RegistrationPriceMin(bounds::LEAST_PRICE - 1)]),
				E::OutOfBounds
			);
			assert_ok!(set(signed(ALICE), &[allowed]));
			crate::LastDone::<Test>::remove(NETUID);
			assert_noop!(set(signed(ALICE), core::slice::from_ref(&refused)), E::RootOnly);
			assert_ok!(set(root(), &[H::RegistrationPriceMin(bounds::LEAST_PRICE), refused]));
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
			H::MinAllowedUids(0),
			H::MinAllowedUids(4_097),
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
		mechanism_count: 2,
		emission_split: split(&[65_000, 535]),
		..Default::default()
	}));
	assert!(!check(Hyperparameters {
		mechanism_count: 2,
		emission_split: split(&[65_000, 536]),
		..Default::default()
	}));
	assert!(!check(Hyperparameters {
		mechanism_count: 3,
		emission_split: split(&[65_000, 535]),
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

#[test]
fn every_field_has_a_name_and_an_index() {
	let all = H::all(&Hyperparameters::default());
	assert_eq!(all.len(), H::NAMES.len());
	for (place, one) in all.iter().enumerate() {
		assert_eq!(usize::from(one.index()), place);
	}
	assert_eq!(H::NAMES[0], "tempo");
	assert_eq!(
		H::NAMES[usize::from(H::LiquidAlphaLegacy(true).index())],
		"liquid_alpha_legacy"
	);
}

#[test]
fn owners_wait_between_changes_of_the_same_field() {
	with_subnet(|| {
		assert_ok!(set(signed(ALICE), &[H::ImmunityPeriod(7)]));
		assert_noop!(set(signed(ALICE), &[H::ImmunityPeriod(8)]), E::RateLimited);
		assert_ok!(set(signed(ALICE), &[H::ServingRateLimit(8)]));
		assert_ok!(set(root(), &[H::ImmunityPeriod(9)]));
		System::set_block_number(1 + 2 * 10 - 1);
		assert_noop!(set(signed(ALICE), &[H::ImmunityPeriod(8)]), E::RateLimited);
		System::set_block_number(1 + 2 * 10);
		assert_ok!(set(signed(ALICE), &[H::ImmunityPeriod(8)]));
	});
}

#[test]
fn a_field_twice_in_a_call_is_limited_too() {
	with_subnet(|| {
		let twice = [H::ImmunityPeriod(7), H::ImmunityPeriod(8)];
		assert_noop!(set(signed(ALICE), &twice), E::RateLimited);
		assert_ok!(set(root(), &twice));
	});
}

#[test]
fn version_keys_wait_longer() {
	with_subnet(|| {
		assert_ok!(set(signed(ALICE), &[H::WeightsVersionKey(1)]));
		System::set_block_number(50);
		assert_noop!(set(signed(ALICE), &[H::WeightsVersionKey(2)]), E::RateLimited);
		System::set_block_number(51);
		assert_ok!(set(signed(ALICE), &[H::WeightsVersionKey(2)]));
	});
}

#[test]
fn nothing_changes_shortly_before_an_epoch() {
	with_subnet(|| {
		// A tempo of 10 freezes a fifth of it: blocks 28 and 29 before the epoch of 30.
		NextEpoch::set(Some(30));
		let change = [H::ImmunityPeriod(7)];
		for (block, open) in [(27, true), (28, false), (29, false), (30, false)] {
			System::set_block_number(block);
			crate::LastDone::<Test>::remove(NETUID);
			if open {
				assert_ok!(set(signed(ALICE), &change));
			} else {
				assert_noop!(set(signed(ALICE), &change), E::Frozen);
				assert_ok!(set(root(), &change));
			}
		}
		NextEpoch::set(Some(40));
		assert_ok!(set(signed(ALICE), &change));
	});
}

#[test]
fn long_tempos_freeze_the_window_and_the_shortest_nothing() {
	with_subnet(|| {
		assert_ok!(set(root(), &[H::Tempo(360)]));
		NextEpoch::set(Some(100));
		System::set_block_number(89);
		assert_ok!(set(signed(ALICE), &[H::ImmunityPeriod(7)]));
		System::set_block_number(90);
		assert_noop!(set(signed(ALICE), &[H::ServingRateLimit(7)]), E::Frozen);
		assert_ok!(set(root(), &[H::Tempo(4)]));
		System::set_block_number(99);
		assert_ok!(set(signed(ALICE), &[H::ServingRateLimit(7)]));
	});
}

fn next_block(name: &str) -> u32 {
	let limits = Subnets::owner_limits(NETUID).unwrap();
	let found = limits.iter().find(|one| one.name == name.as_bytes());
	found.unwrap().next_block
}

#[test]
fn the_next_allowed_block_is_told_exactly() {
	with_subnet(|| {
		NextEpoch::set(Some(11));
		assert_eq!(next_block("immunity_period"), 2);
		assert_ok!(set(signed(ALICE), &[H::ImmunityPeriod(7)]));
		// Two tempos later is block 21, which is itself the block of an epoch and open.
		assert_eq!(next_block("immunity_period"), 21);
		assert_eq!(next_block("weights_version_key"), 2);
		System::set_block_number(8);
		assert_eq!(next_block("serving_rate_limit"), 11);
		assert_eq!(next_block("name"), 9);
		// Ask in every block: the answer is open, and no block before it is.
		for asked in 12..40 {
			System::set_block_number(asked);
			NextEpoch::set(Some((asked / 10 + 1) * 10 + 1));
			let told = next_block("immunity_period");
			for block in asked + 1..=told {
				System::set_block_number(block);
				NextEpoch::set(Some(((block - 1) / 10 + 1) * 10 + 1));
				let before = crate::LastDone::<Test>::get(NETUID);
				let open = set(signed(ALICE), &[H::ImmunityPeriod(7)]).is_ok();
				crate::LastDone::<Test>::insert(NETUID, before);
				assert_eq!(open, block == told, "asked {asked}, told {told}, block {block}");
			}
		}
		System::set_block_number(40);
	});
}

#[test]
fn limits_name_what_is_roots_and_what_is_read() {
	with_subnet(|| {
		assert_eq!(Subnets::owner_limits(NetUid(9)), None);
		let limits = Subnets::owner_limits(NETUID).unwrap();
		assert_eq!(limits.len(), H::NAMES.len() + 4);
		for (limit, field) in limits.iter().zip(H::all(&Hyperparameters::default())) {
			assert_eq!(limit.active, field.is_active());
			assert_eq!(limit.root_only, bounds::is_root_only(&field));
		}
	});
}

#[test]
fn the_clock_hears_of_another_tempo() {
	with_subnet(|| {
		assert_ok!(set(signed(ALICE), &[H::Tempo(10)]));
		assert!(Told::get().is_empty());
		assert_ok!(set(root(), &[H::Tempo(20)]));
		assert_eq!(Told::get(), vec![(NETUID, "tempo", false)]);
	});
}

#[test]
fn trimming_lowers_the_slots() {
	with_subnet(|| {
		let trim = |origin, max| <Subnets as SubnetSlots<RuntimeOrigin>>::lower_max_uids(origin, NETUID, max);
		assert_noop!(trim(signed(BOB), 100), E::NotOwner);
		assert_noop!(trim(signed(ALICE), 256), E::OutOfBounds);
		assert_noop!(trim(signed(ALICE), 63), E::OutOfBounds);
		assert_ok!(trim(signed(ALICE), 100));
		assert_eq!(Subnets::hyperparameters(NETUID).unwrap().max_allowed_uids, 100);
		assert_noop!(trim(signed(ALICE), 90), E::RateLimited);
		assert_ok!(trim(root(), 2));
		assert_noop!(trim(root(), 0), E::OutOfBounds);
		System::set_block_number(1 + 90);
		assert_ok!(set(root(), &[H::MaxAllowedUids(100)]));
		NextEpoch::set(Some(92));
		assert_noop!(trim(signed(ALICE), 90), E::Frozen);
		NextEpoch::set(Some(102));
		assert_ok!(trim(signed(ALICE), 90));
	});
}

#[test]
fn the_least_slots_of_owners_are_roots_to_set() {
	with_subnet(|| {
		assert_noop!(set(signed(ALICE), &[H::MaxAllowedUids(63)]), E::RootOnly);
		assert_ok!(set(root(), &[H::MinAllowedUids(8)]));
		assert_ok!(set(signed(ALICE), &[H::MaxAllowedUids(8)]));
	});
}

proptest! {
	/// The first free block is free, all before it are frozen, and no tempo freezes more than a fifth of its blocks.
	#[test]
	fn the_first_free_block_is_the_first(tempo in 1u16..400, window in 0u32..20, since in 0u32..500, at in 500u32..2_000) {
		let window = window.min(u32::from(tempo / 5));
		let blocks = u32::from(tempo);
		// The clock as it stands in a block, after its own epoch.
		let clock = |block: u32| Epochs {
			next: Some(since + ((block - since) / blocks + 1) * blocks),
			tempo,
			window,
		};
		let free = clock(at).first_free(at);
		prop_assert!(free >= at && !clock(free).frozen(free));
		for block in at..free {
			prop_assert!(clock(block).frozen(block), "{block} is free before {free}");
		}
		// An answer asked long before holds, too.
		prop_assert_eq!(clock(since).first_free(at), free);
		let frozen = (at..at + blocks).filter(|block| clock(*block).frozen(*block)).count();
		prop_assert!(frozen * 5 <= usize::from(tempo));
	}
}
