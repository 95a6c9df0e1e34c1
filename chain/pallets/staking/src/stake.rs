//! Staking, unstaking and withdrawing.

use super::*;
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult, Get},
	traits::{
		fungible::{Inspect, Mutate},
		tokens::Preservation,
		Defensive,
	},
};
use ganglion_primitives::{Balance, BlockNumber, EpochIndex, NetUid};
use ganglion_traits::{EpochInspect, HotkeyInspect, Pause, SubnetInspect};
use sp_runtime::traits::{AccountIdConversion, UniqueSaturatedInto, Zero};

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
		ensure!(T::Hotkeys::coldkey(&coldkey).is_none(), Error::<T>::HotkeyCannotStake);
		ensure!(amount >= T::MinStake::get().max(1), Error::<T>::StakeTooSmall);
		let mut pool = Pools::<T>::get(netuid, &hotkey).unwrap_or_else(Self::next_pool);
		let issued = pool.issue(amount).ok_or(Error::<T>::PoolDiluted)?;
		ensure!(issued > 0, Error::<T>::StakeTooSmall);
		// The coldkey must stay alive: it needs its nonce, and fees to unstake.
		T::Currency::transfer(&coldkey, &Self::account(), amount, Preservation::Preserve)?;
		Self::hold(amount)?;
		Self::credit_shares(&coldkey, netuid, &hotkey, pool, issued)?;
		Self::deposit_event(Event::StakeAdded {
			netuid,
			hotkey,
			coldkey,
			amount,
		});
		Ok(())
	}

	/// Store a pool that has issued shares, and the shares as the coldkey's.
	pub(crate) fn credit_shares(
		coldkey: &T::AccountId,
		netuid: NetUid,
		hotkey: &T::AccountId,
		pool: Pool,
		issued: u128,
	) -> DispatchResult {
		let id = Self::id_for(netuid, hotkey);
		let position = Self::grown(Shares::<T>::get(coldkey, id), &pool, issued)?;
		Self::put_pool(netuid, hotkey, Some(pool));
		Self::put_shares(coldkey, id, Some(position));
		Ok(())
	}

	pub(crate) fn do_remove_stake(
		coldkey: T::AccountId,
		hotkey: T::AccountId,
		netuid: NetUid,
		amount: Balance,
	) -> DispatchResult {
		Self::remove(coldkey, hotkey, netuid, amount, None).map(drop)
	}

	/// Let value unbond, to be free or to be staked at a destination; returns how much.
	pub(crate) fn remove(
		coldkey: T::AccountId,
		hotkey: T::AccountId,
		netuid: NetUid,
		amount: Balance,
		destination: Option<Destination<T::AccountId>>,
	) -> Result<Balance, DispatchError> {
		let amount = match Pools::<T>::get(netuid, &hotkey) {
			Some(pool) => Self::unstake(&coldkey, &hotkey, netuid, pool, amount)?,
			None => Self::drop_worthless(&coldkey, &hotkey, netuid, amount)?,
		};
		let release_epoch = Self::release_epoch(netuid);
		if !amount.is_zero() {
			Self::unbond(&coldkey, &hotkey, netuid, release_epoch, amount, destination)?;
		}
		Self::deposit_event(Event::StakeRemoved {
			netuid,
			hotkey,
			coldkey,
			amount,
			release_epoch,
		});
		Ok(amount)
	}

	pub(crate) fn do_withdraw_unbonded(
		coldkey: T::AccountId,
		hotkey: T::AccountId,
		netuid: NetUid,
		release_epoch: EpochIndex,
	) -> DispatchResult {
		let amount = Self::released(&coldkey, &hotkey, netuid, release_epoch)?;
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

	/// Take what has unbonded out of its pool, no longer held; returns how much it is worth.
	pub(crate) fn released(
		coldkey: &T::AccountId,
		hotkey: &T::AccountId,
		netuid: NetUid,
		release_epoch: EpochIndex,
	) -> Result<Balance, DispatchError> {
		let id = PoolIds::<T>::get(netuid, hotkey).ok_or(Error::<T>::NothingUnbonding)?;
		let unbonding = Unbondings::<T>::get((coldkey, id, release_epoch)).ok_or(Error::<T>::NothingUnbonding)?;
		ensure!(
			Self::is_released(netuid, release_epoch, &unbonding),
			Error::<T>::NotReleased
		);
		let mut amount = 0;
		if let Some(mut pool) = UnbondingPools::<T>::get(id, release_epoch) {
			amount = pool
				.redeem(unbonding.position.shares_in(&pool))
				.ok_or(Error::<T>::PoolDiluted)?;
			Self::release(amount)?;
			Self::save_unbonding(netuid, hotkey, id, release_epoch, pool);
		}
		Self::put_unbonding(coldkey, id, release_epoch, None);
		Ok(amount)
	}

	/// Completed epochs at which stake that is removed now can be withdrawn.
	pub fn release_epoch(netuid: NetUid) -> EpochIndex {
		T::Epochs::epoch(netuid)
			.saturating_add(T::UnbondingEpochs::get())
			.saturating_add(1)
	}

	/// Unpaused block by which that comes at the present tempo, so that a later change of the tempo prolongs nothing.
	fn release_block(netuid: NetUid) -> BlockNumber {
		let tempo = T::Subnets::hyperparameters(netuid).map_or(0, |params| params.tempo);
		let epochs = T::UnbondingEpochs::get().saturating_add(1);
		Self::clock().saturating_add(epochs.saturating_mul(tempo.into()))
	}

	/// Whether the epoch, or the block, has come. What lies in a subnet that is gone can be withdrawn at once.
	fn is_released(netuid: NetUid, release_epoch: EpochIndex, unbonding: &Unbonding<T::AccountId>) -> bool {
		T::Epochs::epoch(netuid) >= release_epoch
			|| Self::clock() >= unbonding.release_block
			|| !T::Subnets::exists(netuid)
	}

	/// Unpaused blocks so far.
	fn clock() -> BlockNumber {
		let now: BlockNumber = frame_system::Pallet::<T>::block_number().unique_saturated_into();
		now.saturating_sub(T::Pause::paused_blocks())
	}

	/// Take value out of the caller's shares of a pool; returns how much.
	fn unstake(
		coldkey: &T::AccountId,
		hotkey: &T::AccountId,
		netuid: NetUid,
		mut pool: Pool,
		amount: Balance,
	) -> Result<Balance, DispatchError> {
		let id = Self::id_for(netuid, hotkey);
		let held = Shares::<T>::get(coldkey, id)
			.ok_or(Error::<T>::InsufficientStake)?
			.shares_in(&pool);
		let value = pool.value_of(held);
		ensure!(amount > 0, Error::<T>::StakeTooSmall);
		if amount == Balance::MAX || amount == value {
			Self::ensure_unlocked(coldkey, id, 0)?;
			pool.redeem(held).ok_or(Error::<T>::PoolDiluted)?;
			Self::put_shares(coldkey, id, None);
			Self::save(netuid, hotkey, pool);
			return Ok(value);
		}
		let rest = value.checked_sub(amount).ok_or(Error::<T>::InsufficientStake)?;
		ensure!(rest >= T::MinStake::get(), Error::<T>::RemainderTooSmall);
		Self::ensure_unlocked(coldkey, id, rest)?;
		let burned = pool.withdraw(amount).ok_or(Error::<T>::PoolDiluted)?;
		let shares = held.checked_sub(burned).ok_or(Error::<T>::InsufficientStake)?;
		Self::put_shares(coldkey, id, Some(Position::new(&pool, shares)));
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
		let id = PoolIds::<T>::get(netuid, hotkey).ok_or(Error::<T>::InsufficientStake)?;
		let held = Shares::<T>::contains_key(coldkey, id);
		ensure!(held && amount == Balance::MAX, Error::<T>::InsufficientStake);
		Self::put_shares(coldkey, id, None);
		Ok(0)
	}

	/// Put value into the unbonding pool for `release_epoch`.
	fn unbond(
		coldkey: &T::AccountId,
		hotkey: &T::AccountId,
		netuid: NetUid,
		release_epoch: EpochIndex,
		amount: Balance,
		destination: Option<Destination<T::AccountId>>,
	) -> DispatchResult {
		let id = Self::id_for(netuid, hotkey);
		let mut pool = UnbondingPools::<T>::get(id, release_epoch).unwrap_or_else(Self::next_pool);
		let issued = pool.issue(amount).ok_or(Error::<T>::PoolDiluted)?;
		let before = Unbondings::<T>::get((coldkey, id, release_epoch));
		let same = before.as_ref().is_none_or(|one| one.destination == destination);
		ensure!(same, Error::<T>::OtherDestination);
		let unbonding = Unbonding {
			position: Self::grown(before.map(|one| one.position), &pool, issued)?,
			release_block: Self::release_block(netuid),
			destination,
		};
		UnbondingPools::<T>::insert(id, release_epoch, pool);
		Self::put_unbonding(coldkey, id, release_epoch, Some(unbonding));
		Ok(())
	}
}
