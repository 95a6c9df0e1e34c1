//! What must hold after every block: the pallet's oracle in tests and fuzzing.

use super::*;
use alloc::collections::BTreeMap;
use frame_support::{ensure, pallet_prelude::Get, traits::fungible::Inspect};
use ganglion_primitives::Balance;
use sp_runtime::TryRuntimeError;

/// Shares per pool and generation, summed over positions.
type Sums<Key> = BTreeMap<(Key, u64), u128>;

impl<T: Config> Pallet<T> {
	/// Check all invariants of the pallet. Walks over all positions: for tests and tools only.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		let staked = Self::check_pools()?;
		let unbonding = Self::check_unbonding()?;
		let credits = Self::check_credits()?;
		let sum = staked.checked_add(unbonding).and_then(|sum| sum.checked_add(credits));
		ensure!(
			sum == Some(TotalHeld::<T>::get()),
			"total held is not the sum of pools, unbonding pools and credits"
		);
		let needed = TotalHeld::<T>::get().saturating_add(T::Currency::minimum_balance());
		ensure!(
			T::Currency::balance(&Self::account()) >= needed,
			"the pallet's account does not cover what it holds"
		);
		ensure!(
			Takes::<T>::iter_values().all(|take| take <= T::MaxTake::get()),
			"a take is above the highest"
		);
		Ok(())
	}

	/// Check pools against positions; returns the sum of values.
	fn check_pools() -> Result<Balance, TryRuntimeError> {
		let mut sums = Sums::new();
		for ((_, netuid, hotkey), position) in Shares::<T>::iter() {
			add(&mut sums, (netuid, hotkey), &position)?;
		}
		check(
			Pools::<T>::iter().map(|(netuid, hotkey, pool)| ((netuid, hotkey), pool)),
			&sums,
		)
	}

	/// Check unbonding pools against what unbonds; returns the sum of values.
	fn check_unbonding() -> Result<Balance, TryRuntimeError> {
		let mut sums = Sums::new();
		for ((_, netuid, hotkey, epoch), unbonding) in Unbondings::<T>::iter() {
			add(&mut sums, (netuid, hotkey, epoch), &unbonding.position)?;
		}
		check(UnbondingPools::<T>::iter(), &sums)
	}

	/// Check credits; returns their sum.
	fn check_credits() -> Result<Balance, TryRuntimeError> {
		let mut sum: Balance = 0;
		for (_, credit) in Credits::<T>::iter() {
			ensure!(credit > 0, "an empty credit is stored");
			ensure!(
				credit < T::Currency::minimum_balance(),
				"a credit suffices but was not paid"
			);
			sum = sum.checked_add(credit).ok_or("credits overflow")?;
		}
		Ok(sum)
	}
}

/// Count a position's shares.
fn add<Key: Ord>(sums: &mut Sums<Key>, key: Key, position: &Position) -> Result<(), TryRuntimeError> {
	let sum = sums.entry((key, position.generation)).or_default();
	*sum = sum.checked_add(position.shares).ok_or("shares overflow")?;
	Ok(())
}

/// Check each pool; returns the sum of values.
fn check<Key: Ord>(pools: impl Iterator<Item = (Key, Pool)>, sums: &Sums<Key>) -> Result<Balance, TryRuntimeError> {
	let mut total: Balance = 0;
	for (key, pool) in pools {
		ensure!(!pool.is_spent(), "a spent pool is stored");
		let shares = sums.get(&(key, pool.generation)).copied().unwrap_or(0);
		ensure!(
			shares == pool.shares,
			"a pool's shares are not the sum of its positions"
		);
		total = total.checked_add(pool.value).ok_or("values overflow")?;
	}
	Ok(total)
}
