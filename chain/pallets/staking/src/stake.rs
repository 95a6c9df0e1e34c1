//! Staking, unstaking, withdrawing, and the operator's take.

use super::*;
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult, Get},
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{Fortitude, Precision, Preservation},
		Defensive,
	},
};
use ganglion_primitives::{Balance, BlockNumber, EpochIndex, NetUid};
use ganglion_traits::{EpochInspect, HotkeyInspect, SubnetInspect};
use sp_runtime::traits::{AccountIdConversion, Saturating, UniqueSaturatedInto, Zero};

impl<T: Config> Pallet<T> {
	/// The account in which all staked tokens lie.
	pub fn account() -> T::AccountId {
		T::PalletId::get().into_account_truncating()
	}

	/// Give the account a provider reference and one existential deposit, so that what it holds for others is never
	/// dust.
	pub(crate) fn open_account() {
		let account = Self::account();
		frame_system::Pallet::<T>::inc_providers(&account);
		let deposit = T::Currency::minimum_balance();
		if !deposit.is_zero() {
			let _ = T::Currency::mint_into(&account, deposit).defensive_proof("genesis issuance is far from overflow");
		}
	}

	pub(crate) fn do_add_stake(
		coldkey: T::AccountId,
		hotkey: T::AccountId,
		netuid: NetUid,
		amount: Balance,
	) -> DispatchResult {
		ensure!(T::Subnets::exists(netuid), Error::<T>::SubnetNotFound);
		ensure!(T::Hotkeys::coldkey(&hotkey).is_some(), Error::<T>::HotkeyNotOwned);
		ensure!(amount >= T::MinStake::get().max(1), Error::<T>::StakeTooSmall);
		let mut pool = Pools::<T>::get(netuid, &hotkey).unwrap_or_else(Self::next_pool);
		let issued = pool.issue(amount).ok_or(Error::<T>::PoolDiluted)?;
		ensure!(issued > 0, Error::<T>::StakeTooSmall);
		let key = (&coldkey, netuid, &hotkey);
		let position = Self::grown(Shares::<T>::get(key), &pool, issued)?;
		// The coldkey must stay alive: it needs its nonce, and fees to unstake.
		T::Currency::transfer(&coldkey, &Self::account(), amount, Preservation::Preserve)?;
		Self::hold(amount)?;
		Pools::<T>::insert(netuid, &hotkey, pool);
		Shares::<T>::insert(key, position);
		Self::deposit_event(Event::StakeAdded {
			netuid,
			hotkey,
			coldkey,
			amount,
		});
		Ok(())
	}

	pub(crate) fn do_remove_stake(
		coldkey: T::AccountId,
		hotkey: T::AccountId,
		netuid: NetUid,
		amount: Balance,
	) -> DispatchResult {
		let amount = match Pools::<T>::get(netuid, &hotkey) {
			Some(pool) => Self::unstake(&coldkey, &hotkey, netuid, pool, amount)?,
			None => Self::drop_worthless(&coldkey, &hotkey, netuid, amount)?,
		};
		let release_epoch = Self::release_epoch(netuid);
		if !amount.is_zero() {
			Self::unbond(&coldkey, &hotkey, netuid, release_epoch, amount)?;
		}
		Self::deposit_event(Event::StakeRemoved {
			netuid,
			hotkey,
			coldkey,
			amount,
			release_epoch,
		});
		Ok(())
	}

	pub(crate) fn do_withdraw_unbonded(
		coldkey: T::AccountId,
		hotkey: T::AccountId,
		netuid: NetUid,
		release_epoch: EpochIndex,
	) -> DispatchResult {
		let position =
			Unbondings::<T>::take((&coldkey, netuid, &hotkey, release_epoch)).ok_or(Error::<T>::NothingUnbonding)?;
		ensure!(
			Self::is_released(netuid, release_epoch, &position),
			Error::<T>::NotReleased
		);
		let mut amount = 0;
		if let Some(mut pool) = UnbondingPools::<T>::get((netuid, &hotkey, release_epoch)) {
			amount = pool
				.redeem(position.position.shares_in(&pool))
				.ok_or(Error::<T>::PoolDiluted)?;
			Self::release(amount)?;
			Self::save_unbonding(netuid, &hotkey, release_epoch, pool);
		}
		if !amount.is_zero() {
			T::Currency::transfer(&Self::account(), &coldkey, amount, Preservation::Preserve)?;
		}
		Self::deposit_event(Event::UnbondedWithdrawn {
			netuid,
			hotkey,
			coldkey,
			amount,
			release_epoch,
		});
		Ok(())
	}

	pub(crate) fn do_set_take(coldkey: T::AccountId, hotkey: T::AccountId, take: u16) -> DispatchResult {
		let owner = T::Hotkeys::coldkey(&hotkey).ok_or(Error::<T>::HotkeyNotOwned)?;
		ensure!(owner == coldkey, Error::<T>::NotOwner);
		ensure!(take <= T::MaxTake::get(), Error::<T>::TakeTooHigh);
		let now = frame_system::Pallet::<T>::block_number();
		if take > Self::take(&hotkey) {
			// Any change counts, or a low take could lure nominators and be raised in the next block.
			let earliest = TakeChangedAt::<T>::get(&hotkey).map(|at| at.saturating_add(T::TakeIncreaseInterval::get()));
			ensure!(earliest.is_none_or(|at| now >= at), Error::<T>::TakeIncreaseTooSoon);
		}
		Takes::<T>::insert(&hotkey, take);
		TakeChangedAt::<T>::insert(&hotkey, now);
		Self::deposit_event(Event::TakeSet { hotkey, take });
		Ok(())
	}

	/// Take of a hotkey, 65,535 = 1.0.
	pub fn take(hotkey: &T::AccountId) -> u16 {
		Takes::<T>::get(hotkey)
			.unwrap_or_else(T::MaxTake::get)
			.min(T::MaxTake::get())
	}

	/// Completed epochs at which stake that is removed now can be withdrawn.
	pub fn release_epoch(netuid: NetUid) -> EpochIndex {
		T::Epochs::epoch(netuid)
			.saturating_add(T::UnbondingEpochs::get())
			.saturating_add(1)
	}

	/// Block by which that comes at the present tempo, so that a later change of the tempo prolongs nothing.
	fn release_block(netuid: NetUid) -> BlockNumber {
		let tempo = T::Subnets::hyperparameters(netuid).map_or(0, |params| params.tempo);
		let epochs = T::UnbondingEpochs::get().saturating_add(1);
		Self::now().saturating_add(epochs.saturating_mul(tempo.into()))
	}

	/// Whether the epoch, or the block, has come. What lies in a subnet that is gone can be withdrawn at once.
	fn is_released(netuid: NetUid, release_epoch: EpochIndex, unbonding: &Unbonding) -> bool {
		T::Epochs::epoch(netuid) >= release_epoch
			|| Self::now() >= unbonding.release_block
			|| !T::Subnets::exists(netuid)
	}

	fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().unique_saturated_into()
	}

	/// Take value out of the caller's shares of a pool; returns how much.
	fn unstake(
		coldkey: &T::AccountId,
		hotkey: &T::AccountId,
		netuid: NetUid,
		mut pool: Pool,
		amount: Balance,
	) -> Result<Balance, DispatchError> {
		let key = (coldkey, netuid, hotkey);
		let held = Shares::<T>::get(key)
			.ok_or(Error::<T>::InsufficientStake)?
			.shares_in(&pool);
		let value = pool.value_of(held);
		ensure!(amount > 0, Error::<T>::StakeTooSmall);
		if amount == Balance::MAX || amount == value {
			Shares::<T>::remove(key);
			pool.redeem(held).ok_or(Error::<T>::PoolDiluted)?;
			Self::save(netuid, hotkey, pool);
			return Ok(value);
		}
		let rest = value.checked_sub(amount).ok_or(Error::<T>::InsufficientStake)?;
		ensure!(rest >= T::MinStake::get(), Error::<T>::RemainderTooSmall);
		let burned = pool.withdraw(amount).ok_or(Error::<T>::PoolDiluted)?;
		let shares = held.checked_sub(burned).ok_or(Error::<T>::InsufficientStake)?;
		Shares::<T>::insert(key, Position::new(&pool, shares));
		Self::save(netuid, hotkey, pool);
		Ok(amount)
	}

	/// Forget shares of a pool that is gone, where everything was asked for.
	fn drop_worthless(
		coldkey: &T::AccountId,
		hotkey: &T::AccountId,
		netuid: NetUid,
		amount: Balance,
	) -> Result<Balance, DispatchError> {
		let position = Shares::<T>::take((coldkey, netuid, hotkey));
		ensure!(
			position.is_some() && amount == Balance::MAX,
			Error::<T>::InsufficientStake
		);
		Ok(0)
	}

	/// Put value into the unbonding pool for `release_epoch`.
	fn unbond(
		coldkey: &T::AccountId,
		hotkey: &T::AccountId,
		netuid: NetUid,
		release_epoch: EpochIndex,
		amount: Balance,
	) -> DispatchResult {
		let (pool_key, key) = (
			(netuid, hotkey, release_epoch),
			(coldkey, netuid, hotkey, release_epoch),
		);
		let mut pool = UnbondingPools::<T>::get(pool_key).unwrap_or_else(Self::next_pool);
		let issued = pool.issue(amount).ok_or(Error::<T>::PoolDiluted)?;
		let before = Unbondings::<T>::get(key);
		let unbonding = Unbonding {
			position: Self::grown(before.map(|one| one.position), &pool, issued)?,
			release_block: Self::release_block(netuid),
		};
		UnbondingPools::<T>::insert(pool_key, pool);
		Unbondings::<T>::insert(key, unbonding);
		Ok(())
	}

	/// A position with more shares; shares of an older generation are forgotten.
	fn grown(position: Option<Position>, pool: &Pool, issued: u128) -> Result<Position, DispatchError> {
		let held = position.map_or(0, |position| position.shares_in(pool));
		let shares = held.checked_add(issued).ok_or(Error::<T>::PoolDiluted)?;
		Ok(Position::new(pool, shares))
	}

	/// An empty pool of a generation that no pool ever had.
	fn next_pool() -> Pool {
		Pool::new(NextGeneration::<T>::mutate(|next| {
			let generation = *next;
			*next = next.saturating_add(1);
			generation
		}))
	}

	/// Store a pool, or end its generation where it is spent.
	pub(crate) fn save(netuid: NetUid, hotkey: &T::AccountId, pool: Pool) {
		if pool.is_spent() {
			Pools::<T>::remove(netuid, hotkey);
			Self::burn_dust(netuid, hotkey, pool.value);
		} else {
			Pools::<T>::insert(netuid, hotkey, pool);
		}
	}

	/// The same for an unbonding pool.
	pub(crate) fn save_unbonding(netuid: NetUid, hotkey: &T::AccountId, release_epoch: EpochIndex, pool: Pool) {
		if pool.is_spent() {
			UnbondingPools::<T>::remove((netuid, hotkey, release_epoch));
			Self::burn_dust(netuid, hotkey, pool.value);
		} else {
			UnbondingPools::<T>::insert((netuid, hotkey, release_epoch), pool);
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
