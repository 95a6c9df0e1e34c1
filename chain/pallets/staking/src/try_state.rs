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
		Self::check_homes()?;
		Self::check_totals()?;
		ensure!(
			Takes::<T>::iter_values().all(|take| take <= T::MaxTake::get()),
			"a take is above the highest"
		);
		Ok(())
	}

	/// Check pools against positions; returns the sum of values.
	fn check_pools() -> Result<Balance, TryRuntimeError> {
		let mut sums = Sums::new();
		for (_, id, position) in Shares::<T>::iter() {
			add(&mut sums, Some(id), &position)?;
		}
		let pools = Pools::<T>::iter().map(|(netuid, hotkey, pool)| (PoolIds::<T>::get(netuid, hotkey), pool));
		check(pools, &sums)
	}

	/// Check numbers of pools against the records that name them.
	fn check_homes() -> Result<(), TryRuntimeError> {
		let mut named = BTreeMap::<PoolId, u64>::new();
		let pools = Pools::<T>::iter().filter_map(|(netuid, hotkey, _)| PoolIds::<T>::get(netuid, hotkey));
		let shares = Shares::<T>::iter().map(|(_, id, _)| id);
		let unbonding = Unbondings::<T>::iter().map(|((_, id, _), _)| id);
		let locks = Locks::<T>::iter().map(|(_, id, _)| id);
		for id in pools.chain(shares).chain(unbonding).chain(locks) {
			let count = named.entry(id).or_default();
			*count = count.saturating_add(1);
		}
		for (id, home) in Homes::<T>::iter() {
			ensure!(
				named.remove(&id) == Some(home.references),
				"a pool's references are not the records that name it"
			);
			ensure!(
				PoolIds::<T>::get(home.netuid, &home.hotkey) == Some(id),
				"a pool's number is not that of its home"
			);
		}
		ensure!(named.is_empty(), "a record names a pool that has no home");
		ensure!(
			PoolIds::<T>::iter().count() == Homes::<T>::iter().count(),
			"a number without a home"
		);
		let orphan = NominatorLosses::<T>::iter_keys().any(|id| !Homes::<T>::contains_key(id));
		ensure!(!orphan, "losses of a pool that has no home");
		ensure!(
			Locks::<T>::iter_values().all(|lock| lock.largest() > 0),
			"an empty lock is stored"
		);
		Ok(())
	}

	/// Check each hotkey's sum.
	fn check_totals() -> Result<(), TryRuntimeError> {
		let mut sums = BTreeMap::<T::AccountId, Balance>::new();
		for (_, hotkey, pool) in Pools::<T>::iter() {
			let sum = sums.entry(hotkey).or_default();
			*sum = sum.saturating_add(pool.value);
		}
		let stored: BTreeMap<T::AccountId, Balance> = TotalStakes::<T>::iter().collect();
		ensure!(sums == stored, "a hotkey's total is not the sum of its pools");
		Ok(())
	}

	/// Check unbonding pools against what unbonds; returns the sum of values.
	fn check_unbonding() -> Result<Balance, TryRuntimeError> {
		let mut sums = Sums::new();
		for ((_, id, epoch), unbonding) in Unbondings::<T>::iter() {
			add(&mut sums, (id, epoch), &unbonding.position)?;
		}
		check(
			UnbondingPools::<T>::iter().map(|(id, epoch, pool)| ((id, epoch), pool)),
			&sums,
		)
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
