//! What prices do, whatever hyperparameters a subnet has and whenever somebody registers.

use super::*;
use crate::price::{bumped, clamped, decay_factor, decayed, pow_q32, ONE_Q32};
use ganglion_primitives::{Balance, Hyperparameters, GNG, SUPPLY_CAP};
use proptest::prelude::*;

/// What bounds of hyperparameters allow.
fn prices() -> impl Strategy<Value = Hyperparameters> {
	let bounds = (100..=SUPPLY_CAP, 100..=SUPPLY_CAP);
	(bounds, 1..=36_000u32, 1_000..=3_000u32).prop_map(|((a, b), half_life, bump)| Hyperparameters {
		registration_price_min: a.min(b),
		registration_price_max: a.max(b),
		registration_half_life: half_life,
		registration_bump_permille: bump,
		..Default::default()
	})
}

/// Subnets with ordinary prices, in which a test can pay.
fn ordinary() -> impl Strategy<Value = Hyperparameters> {
	(prices(), 100..GNG, 1..100u128).prop_map(|(h, low, factor)| Hyperparameters {
		registration_price_min: low,
		registration_price_max: low * factor,
		..h
	})
}

proptest! {
	/// Within the bounds, hence never zero; lower or equal with each block; higher or equal with each registration.
	#[test]
	fn a_price_stays_within_its_bounds(h in prices(), first in 0..=SUPPLY_CAP, steps in prop::collection::vec((0..5_000u32, any::<bool>()), 1..50)) {
		let mut price = clamped(first, &h);
		for (blocks, registers) in steps {
			let later = clamped(decayed(price, blocks, h.registration_half_life), &h);
			prop_assert!(later <= price);
			price = later;
			if registers {
				price = clamped(bumped(price, h.registration_bump_permille), &h);
				prop_assert!(price >= later);
			}
			prop_assert!(price > 0 && (h.registration_price_min..=h.registration_price_max).contains(&price));
		}
	}

	#[test]
	fn a_higher_price_stays_higher(a in 0..=SUPPLY_CAP, b in 0..=SUPPLY_CAP, blocks in 0..50_000u32, half_life in 1..=36_000u32, bump in 1_000..=3_000u32) {
		let (low, high) = (a.min(b), a.max(b));
		prop_assert!(decayed(low, blocks, half_life) <= decayed(high, blocks, half_life));
		prop_assert!(bumped(low, bump) <= bumped(high, bump));
	}

	/// One read after two waits is what two reads are, to a nano for each: nobody gains by touching the price.
	#[test]
	fn waits_add_up(price in 0..=SUPPLY_CAP, first in 0..20_000u32, second in 0..20_000u32, half_life in 1..=36_000u32) {
		let once = decayed(price, first + second, half_life);
		let twice = decayed(decayed(price, first, half_life), second, half_life);
		prop_assert!(once.abs_diff(twice) <= 2, "{once} {twice}");
	}

	#[test]
	fn a_half_life_halves(half_life in 1..=36_000u32) {
		let factor = decay_factor(half_life);
		prop_assert!(factor < ONE_Q32 && pow_q32(factor, half_life) <= ONE_Q32 / 2);
		prop_assert!(pow_q32(factor + 1, half_life) > ONE_Q32 / 2);
	}

	/// Registrations and replacements in any order and at any time: each burns exactly what was quoted in its block, also where it
	/// replaces somebody, and one that is refused burns nothing.
	#[test]
	fn what_is_paid_is_what_was_quoted(h in ordinary(), steps in prop::collection::vec((0..400u32, 200..230u64, any::<bool>()), 1..40)) {
		let hyperparameters = Hyperparameters { max_allowed_uids: 6, immunity_period: 30, min_non_immune_uids: 1, ..h };
		ExtBuilder.build_and_execute(|| {
			create(NETUID);
			TheHyperparameters::set(hyperparameters);
			for (blocks, hotkey, greedy) in steps {
				System::set_block_number(System::block_number() + blocks);
				let quoted = Neurons::registration_price(NETUID).unwrap();
				let (free, issued) = (Balances::free_balance(ALICE), Balances::total_issuance());
				let limit = if greedy { quoted - 1 } else { quoted };
				let result = Neurons::register(signed(ALICE), NETUID, hotkey, limit);
				let paid: Balance = if result.is_ok() { quoted } else { 0 };
				assert!(result.is_err() || !greedy);
				assert_eq!(free - Balances::free_balance(ALICE), paid);
				assert_eq!(issued - Balances::total_issuance(), paid);
			}
		});
	}
}
