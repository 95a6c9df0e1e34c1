//! The arithmetic of shares: nothing is created by rounding, and nobody gains by donations or tiny deposits.

use crate::types::{Pool, VIRTUAL_SHARES};
use ganglion_primitives::{Balance, SUPPLY_CAP};
use proptest::prelude::*;

/// A pool as deposits, dividends and slashes make them.
fn pool() -> impl Strategy<Value = Pool> {
	let value = prop_oneof![1..1_000u128, 1..SUPPLY_CAP];
	let shares = prop_oneof![1..1_000u128, 1..1_000 * SUPPLY_CAP, 1..u128::MAX / 4];
	(value, shares).prop_map(|(value, shares)| Pool {
		generation: 0,
		value,
		shares,
	})
}

proptest! {
	#[test]
	fn issue_then_redeem_never_gains(mut pool in pool(), amount in 1..SUPPLY_CAP) {
		let before = pool;
		if let Some(issued) = pool.issue(amount) {
			prop_assert!(pool.value_of(issued) <= amount);
			let back = pool.redeem(issued).unwrap();
			prop_assert!(back <= amount);
			prop_assert_eq!(pool.shares, before.shares);
			prop_assert!(pool.value >= before.value);
		} else {
			prop_assert_eq!(pool, before);
		}
	}

	#[test]
	fn nobody_else_loses_by_it(mut pool in pool(), part in 0..=100u128, amount in 1..SUPPLY_CAP) {
		let theirs = pool.shares / 100 * part;
		let before = pool.value_of(theirs);
		if pool.issue(amount).is_some() {
			prop_assert!(pool.value_of(theirs) >= before);
		}
	}

	#[test]
	fn all_shares_are_worth_at_most_the_pool(pool in pool(), cut in any::<prop::sample::Index>()) {
		let one = cut.index(usize::MAX) as u128 % pool.shares;
		prop_assert!(pool.value_of(pool.shares) <= pool.value);
		prop_assert!(pool.value_of(one) + pool.value_of(pool.shares - one) <= pool.value);
	}

	#[test]
	fn withdrawing_burns_enough(mut pool in pool(), part in 1..=1_000u128) {
		let before = pool;
		let amount = pool.value_of(pool.shares).saturating_mul(part) / 1_000;
		if let Some(burned) = pool.withdraw(amount) {
			prop_assert!(before.value_of(burned) >= amount.min(before.value_of(before.shares)));
			prop_assert_eq!(before.value - pool.value, amount);
			// Whoever stays is not worse off.
			prop_assert!(pool.value_of(pool.shares) + amount <= before.value);
			prop_assert!(pool.value_of(pool.shares) >= before.value_of(pool.shares));
		} else {
			prop_assert_eq!(pool, before);
		}
	}

	#[test]
	fn a_position_covers_its_own_value(pool in pool(), cut in any::<prop::sample::Index>()) {
		let held = cut.index(usize::MAX) as u128 % pool.shares;
		let value = pool.value_of(held);
		let mut after = pool;
		if let Some(burned) = after.withdraw(value) {
			prop_assert!(burned <= held);
		}
	}

	/// The first depositor raises the price of shares with a donation (dividends of his own making) to round the next
	/// one's deposit away. What he takes from him is never more than what the virtual shares take from his donation.
	#[test]
	fn a_donation_attack_loses(first in 1..10_000u128, donation in 0..SUPPLY_CAP / 2, victim in 1..SUPPLY_CAP / 2) {
		let mut pool = Pool::new(0);
		let attacker = pool.issue(first).unwrap();
		pool.value += donation;
		let Some(theirs) = pool.issue(victim) else { return Ok(()) };
		let (spent, gained) = (first + donation, pool.value_of(attacker));
		prop_assert!(gained <= spent, "the attacker won {}", gained - spent);
		prop_assert!(pool.value_of(theirs) <= victim);
	}

	/// Many tiny deposits are worth no more than one deposit of their sum.
	#[test]
	fn splitting_a_deposit_gains_nothing(pool in pool(), amount in 1..1_000_000u128, times in 1..50u128) {
		let (mut once, mut often) = (pool, pool);
		let Some(whole) = once.issue(amount * times) else { return Ok(()) };
		let mut shares = 0;
		for _ in 0..times {
			let Some(issued) = often.issue(amount) else { return Ok(()) };
			shares += issued;
		}
		prop_assert!(shares <= whole);
	}
}

#[test]
fn an_empty_pool_gives_a_thousand_shares_per_nano() {
	let mut pool = Pool::new(3);
	assert_eq!(pool.issue(7), Some(7_000));
	assert_eq!(
		pool,
		Pool {
			generation: 3,
			value: 7,
			shares: 7_000
		}
	);
	assert_eq!(pool.value_of(7_000), 7);
	assert_eq!(pool.redeem(7_000), Some(7));
	assert!(pool.is_spent());
}

#[test]
fn rounding_is_against_the_caller() {
	let pool = Pool {
		generation: 0,
		value: 10,
		shares: 3,
	};
	assert_eq!(pool.value_of(3), 3 * 11 / (3 + VIRTUAL_SHARES));
	let mut all = Pool {
		generation: 0,
		value: 999,
		shares: 9_000,
	};
	// 1 nano is 10 shares here.
	assert_eq!(all.issue(1), Some(10));
	assert_eq!(all.withdraw(1), Some(10));
	let mut odd = Pool {
		generation: 0,
		value: 998,
		shares: 9_000,
	};
	// 10,000 shares over 999 nano: 10.01 shares each.
	assert_eq!(odd.clone().issue(1), Some(10));
	assert_eq!(odd.withdraw(1), Some(11));
}

#[test]
fn numbers_that_do_not_fit_change_nothing() {
	let full = Pool {
		generation: 0,
		value: 1,
		shares: u128::MAX - 2_000,
	};
	let mut pool = full;
	assert_eq!(pool.issue(Balance::MAX), None);
	assert_eq!(pool.issue(1_000_000), None);
	assert_eq!(pool.redeem(u128::MAX), None);
	assert_eq!(pool.withdraw(2), None);
	assert_eq!(pool, full);
}
