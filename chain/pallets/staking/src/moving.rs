//! Stake that changes its coldkey, at once, or its pool, by unbonding with a destination.

use super::*;
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult, Get},
	traits::{fungible::Mutate, tokens::Preservation},
};
use ganglion_primitives::{Balance, EpochIndex, NetUid};
use ganglion_traits::{ColdkeyGuard, HotkeyInspect, SubnetInspect};
use sp_runtime::traits::Zero;

impl<T: Config> Pallet<T> {
	pub(crate) fn do_transfer_stake(
		from: T::AccountId,
		hotkey: T::AccountId,
		netuid: NetUid,
		to: T::AccountId,
		amount: Balance,
	) -> DispatchResult {
		Self::ensure_may_transfer(&from, netuid, &hotkey, &to)?;
		let pool = Pools::<T>::get(netuid, &hotkey).ok_or(Error::<T>::InsufficientStake)?;
		let id = Self::id_for(netuid, &hotkey);
		let held = Shares::<T>::get(&from, id).map_or(0, |position| position.shares_in(&pool));
		let (shares, amount) = Self::part_of(&pool, held, amount)?;
		let rest = held.checked_sub(shares).ok_or(Error::<T>::InsufficientStake)?;
		Self::ensure_unlocked(&from, id, pool.value_of(rest))?;
		let received = Self::grown(Shares::<T>::get(&to, id), &pool, shares)?;
		Self::put_shares(&from, id, (rest > 0).then(|| Position::new(&pool, rest)));
		Self::put_shares(&to, id, Some(received));
		Self::deposit_event(Event::StakeTransferred {
			netuid,
			hotkey,
			from,
			to,
			amount,
		});
		Ok(())
	}

	/// An operator's own stake is slashed before all others', so it must not become somebody else's at once: it leaves by
	/// unbonding only, as whose it was.
	fn ensure_may_transfer(
		from: &T::AccountId,
		netuid: NetUid,
		hotkey: &T::AccountId,
		to: &T::AccountId,
	) -> DispatchResult {
		let params = T::Subnets::hyperparameters(netuid).ok_or(Error::<T>::SubnetNotFound)?;
		ensure!(params.transfer_on, Error::<T>::TransferOff);
		ensure!(from != to, Error::<T>::SameTarget);
		ensure!(!T::Guard::is_guarded(from), Error::<T>::ColdkeyGuarded);
		ensure!(!Self::operators(hotkey).contains(from), Error::<T>::OperatorsOwn);
		ensure!(T::Hotkeys::coldkey(to).is_none(), Error::<T>::HotkeyCannotStake);
		Ok(())
	}

	/// Shares that are worth `amount` out of those that are held, and what they are worth; both parts keep the minimum.
	fn part_of(pool: &Pool, held: u128, amount: Balance) -> Result<(u128, Balance), DispatchError> {
		let value = pool.value_of(held);
		if amount == Balance::MAX || amount == value {
			ensure!(!value.is_zero(), Error::<T>::InsufficientStake);
			return Ok((held, value));
		}
		let rest = value.checked_sub(amount).ok_or(Error::<T>::InsufficientStake)?;
		ensure!(amount >= T::MinStake::get().max(1), Error::<T>::StakeTooSmall);
		ensure!(rest >= T::MinStake::get(), Error::<T>::RemainderTooSmall);
		let shares = pool.shares_worth(amount).ok_or(Error::<T>::PoolDiluted)?;
		ensure!(shares > 0 && shares <= held, Error::<T>::StakeTooSmall);
		Ok((shares, pool.value_of(shares)))
	}

	pub(crate) fn do_move_stake(
		coldkey: T::AccountId,
		hotkey: T::AccountId,
		netuid: NetUid,
		destination: Destination<T::AccountId>,
		amount: Balance,
	) -> DispatchResult {
		ensure!(!T::Guard::is_guarded(&coldkey), Error::<T>::ColdkeyGuarded);
		ensure!(
			(destination.netuid, &destination.hotkey) != (netuid, &hotkey),
			Error::<T>::SameTarget
		);
		Self::ensure_can_hold(&destination)?;
		let before = destination.clone();
		let amount = Self::remove(coldkey.clone(), hotkey, netuid, amount, Some(destination))?;
		ensure!(!amount.is_zero(), Error::<T>::InsufficientStake);
		Self::deposit_event(Event::StakeMoving {
			coldkey,
			netuid: before.netuid,
			hotkey: before.hotkey,
			amount,
		});
		Ok(())
	}

	/// Whether stake can be put there.
	pub(crate) fn ensure_can_hold(destination: &Destination<T::AccountId>) -> DispatchResult {
		ensure!(T::Subnets::exists(destination.netuid), Error::<T>::SubnetNotFound);
		ensure!(
			T::Hotkeys::coldkey(&destination.hotkey).is_some(),
			Error::<T>::HotkeyNotOwned
		);
		Ok(())
	}

	pub(crate) fn do_complete_move(
		coldkey: T::AccountId,
		hotkey: T::AccountId,
		netuid: NetUid,
		release_epoch: EpochIndex,
	) -> DispatchResult {
		let id = PoolIds::<T>::get(netuid, &hotkey).ok_or(Error::<T>::NothingUnbonding)?;
		let unbonding = Unbondings::<T>::get((&coldkey, id, release_epoch)).ok_or(Error::<T>::NothingUnbonding)?;
		let destination = unbonding.destination.ok_or(Error::<T>::NotMoving)?;
		let amount = Self::released(&coldkey, &hotkey, netuid, release_epoch)?;
		let staked = !amount.is_zero() && Self::restake(&coldkey, &destination, amount)?;
		if !staked && !amount.is_zero() {
			T::Currency::transfer(&Self::account(), &coldkey, amount, Preservation::Preserve)?;
		}
		let Destination { netuid, hotkey } = destination;
		Self::deposit_event(Event::StakeMoved {
			coldkey,
			netuid,
			hotkey,
			amount,
			staked,
		});
		Ok(())
	}

	/// Stake tokens that lie in the pallet's account already; whether it was possible.
	fn restake(
		coldkey: &T::AccountId,
		destination: &Destination<T::AccountId>,
		amount: Balance,
	) -> Result<bool, DispatchError> {
		let enough = amount >= T::MinStake::get().max(1);
		if !enough || Self::ensure_can_hold(destination).is_err() {
			return Ok(false);
		}
		let Destination { netuid, hotkey } = destination;
		let mut pool = Pools::<T>::get(netuid, hotkey).unwrap_or_else(Self::next_pool);
		let Some(issued) = pool.issue(amount).filter(|issued| *issued > 0) else {
			return Ok(false);
		};
		Self::credit_shares(coldkey, *netuid, hotkey, pool, issued)?;
		Self::hold(amount)?;
		Ok(true)
	}
}
