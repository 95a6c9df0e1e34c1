//! How pools, positions and what unbonds are stored, so that numbers of pools and sums stay right.

use super::*;
use frame_support::{
	pallet_prelude::DispatchResult,
	traits::{
		fungible::Mutate,
		tokens::{Fortitude, Precision, Preservation},
		Defensive,
	},
};
use ganglion_primitives::{Balance, EpochIndex, NetUid};
use sp_runtime::{traits::Zero, DispatchError};

impl<T: Config> Pallet<T> {
	/// Number of the pool of (netuid, hotkey), given out where there is none yet.
	pub(crate) fn id_for(netuid: NetUid, hotkey: &T::AccountId) -> PoolId {
		PoolIds::<T>::get(netuid, hotkey).unwrap_or_else(|| {
			let id = NextPoolId::<T>::mutate(|next| {
				let id = *next;
				*next = next.saturating_add(1);
				id
			});
			PoolIds::<T>::insert(netuid, hotkey, id);
			let home = Home {
				netuid,
				hotkey: hotkey.clone(),
				references: 0,
			};
			Homes::<T>::insert(id, home);
			id
		})
	}

	/// Count a record that names a pool's number; the number goes with the last one.
	pub(crate) fn count_reference(id: PoolId, before: bool, after: bool) {
		if before == after {
			return;
		}
		Homes::<T>::mutate_exists(id, |entry| {
			let Some(home) = entry.as_mut() else { return };
			home.references = match after {
				true => home.references.saturating_add(1),
				false => home.references.saturating_sub(1),
			};
			if home.references.is_zero() {
				PoolIds::<T>::remove(home.netuid, &home.hotkey);
				NominatorLosses::<T>::remove(id);
				*entry = None;
			}
		});
	}

	/// Store a pool; `None` removes it.
	pub(crate) fn put_pool(netuid: NetUid, hotkey: &T::AccountId, pool: Option<Pool>) {
		let id = Self::id_for(netuid, hotkey);
		let after = pool.as_ref().map(|pool| pool.value);
		let before = Pools::<T>::mutate_exists(netuid, hotkey, |entry| {
			core::mem::replace(entry, pool).map(|pool| pool.value)
		});
		Self::change_total(hotkey, before.unwrap_or(0), after.unwrap_or(0));
		Self::count_reference(id, before.is_some(), after.is_some());
	}

	/// Keep the sum of a hotkey's pools.
	pub(crate) fn change_total(hotkey: &T::AccountId, before: Balance, after: Balance) {
		TotalStakes::<T>::mutate_exists(hotkey, |entry| {
			let total = entry.unwrap_or(0).saturating_add(after).saturating_sub(before);
			*entry = (total > 0).then_some(total);
		});
	}

	/// Store a position; `None` removes it.
	pub(crate) fn put_shares(coldkey: &T::AccountId, id: PoolId, position: Option<Position>) {
		let after = position.is_some();
		let before = Shares::<T>::mutate_exists(coldkey, id, |entry| core::mem::replace(entry, position).is_some());
		Self::count_reference(id, before, after);
	}

	/// Store what unbonds; `None` removes it. Returns what was there.
	pub(crate) fn put_unbonding(
		coldkey: &T::AccountId,
		id: PoolId,
		release_epoch: EpochIndex,
		unbonding: Option<Unbonding<T::AccountId>>,
	) -> Option<Unbonding<T::AccountId>> {
		let after = unbonding.is_some();
		let before = Unbondings::<T>::mutate_exists((coldkey, id, release_epoch), |entry| {
			core::mem::replace(entry, unbonding)
		});
		Self::count_reference(id, before.is_some(), after);
		before
	}

	/// Store a position's locks; without any the record goes.
	pub(crate) fn put_lock(coldkey: &T::AccountId, id: PoolId, locked: Locked) {
		let lock = (!locked.largest().is_zero()).then_some(locked);
		let before = Locks::<T>::mutate_exists(coldkey, id, |entry| core::mem::replace(entry, lock).is_some());
		Self::count_reference(id, before, lock.is_some());
	}

	/// A position with more shares; shares of an older generation are forgotten.
	pub(crate) fn grown(position: Option<Position>, pool: &Pool, issued: u128) -> Result<Position, DispatchError> {
		let held = position.map_or(0, |position| position.shares_in(pool));
		let shares = held.checked_add(issued).ok_or(Error::<T>::PoolDiluted)?;
		Ok(Position::new(pool, shares))
	}

	/// An empty pool of a generation that no pool ever had.
	pub(crate) fn next_pool() -> Pool {
		Pool::new(NextGeneration::<T>::mutate(|next| {
			let generation = *next;
			*next = next.saturating_add(1);
			generation
		}))
	}

	/// Store a pool, or end its generation where it is spent.
	pub(crate) fn save(netuid: NetUid, hotkey: &T::AccountId, pool: Pool) {
		let spent = pool.is_spent();
		Self::put_pool(netuid, hotkey, (!spent).then_some(pool));
		if spent {
			Self::burn_dust(netuid, hotkey, pool.value);
		}
	}

	/// The same for an unbonding pool.
	pub(crate) fn save_unbonding(
		netuid: NetUid,
		hotkey: &T::AccountId,
		id: PoolId,
		release_epoch: EpochIndex,
		pool: Pool,
	) {
		if pool.is_spent() {
			UnbondingPools::<T>::remove(id, release_epoch);
			Self::burn_dust(netuid, hotkey, pool.value);
		} else {
			UnbondingPools::<T>::insert(id, release_epoch, pool);
		}
	}

	/// Burn what rounding left in a pool without shares.
	fn burn_dust(netuid: NetUid, hotkey: &T::AccountId, amount: Balance) {
		if !amount.is_zero() && Self::burn_held(amount) {
			Self::deposit_event(Event::DustBurned {
				netuid,
				hotkey: hotkey.clone(),
				amount,
			});
		}
	}

	/// Burn tokens that the pallet holds; whether it was possible.
	pub(crate) fn burn_held(amount: Balance) -> bool {
		let burned = T::Currency::burn_from(
			&Self::account(),
			amount,
			Preservation::Preserve,
			Precision::Exact,
			Fortitude::Force,
		);
		burned.and_then(|_| Self::release(amount)).defensive().is_ok()
	}

	/// Count `amount` as held.
	pub(crate) fn hold(amount: Balance) -> DispatchResult {
		TotalHeld::<T>::try_mutate(|held| {
			*held = held.checked_add(amount).ok_or(sp_runtime::ArithmeticError::Overflow)?;
			Ok(())
		})
	}

	/// Count `amount` as held no longer.
	pub(crate) fn release(amount: Balance) -> DispatchResult {
		TotalHeld::<T>::try_mutate(|held| {
			*held = held.checked_sub(amount).ok_or(sp_runtime::ArithmeticError::Underflow)?;
			Ok(())
		})
	}
}
