//! Credit of rewards: the only place where tokens are minted.

use super::*;
use frame_support::{
	pallet_prelude::Get,
	traits::{
		fungible::{Inspect, Mutate},
		tokens::{DepositConsequence, Preservation, Provenance},
		Defensive,
	},
};
use ganglion_primitives::{Balance, NetUid, ONE_U16};
use ganglion_traits::{HotkeyInspect, StakeReward};
use sp_arithmetic::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};
use sp_runtime::traits::Zero;

impl<T: Config> StakeReward<T::AccountId> for Pallet<T> {
	/// Where the pool has no shares nothing is minted, the take included: otherwise unstaking before an epoch would pay.
	fn reward_dividends(netuid: NetUid, hotkey: &T::AccountId, amount: Balance) -> Balance {
		let Some(pool) = Pools::<T>::get(netuid, hotkey) else {
			return 0;
		};
		let operator = T::Hotkeys::coldkey(hotkey);
		let take = operator.as_ref().map_or(0, |_| Self::take_of(hotkey, amount));
		let pooled = Self::reward_pool(netuid, hotkey, pool, amount.saturating_sub(take));
		let take = operator.map_or(0, |coldkey| Self::reward_coldkey(&coldkey, take));
		let minted = pooled.saturating_add(take);
		if !minted.is_zero() {
			Self::deposit_event(Event::DividendsPaid {
				netuid,
				hotkey: hotkey.clone(),
				amount: pooled,
				take,
			});
		}
		minted
	}

	fn reward_coldkey(coldkey: &T::AccountId, amount: Balance) -> Balance {
		let carried = Credits::<T>::get(coldkey);
		let Some(total) = carried.checked_add(amount) else {
			return 0;
		};
		if amount.is_zero() {
			return 0;
		}
		match T::Currency::can_deposit(coldkey, total, Provenance::Minted) {
			DepositConsequence::Success if carried.is_zero() => Self::mint(coldkey, amount),
			DepositConsequence::Success => Self::pay_credit(coldkey, amount, total),
			DepositConsequence::BelowMinimum => Self::carry_credit(coldkey, amount, total),
			_ => 0,
		}
	}

	fn reward_stake(netuid: NetUid, hotkey: &T::AccountId, coldkey: &T::AccountId, amount: Balance) -> Balance {
		let minted = Self::mint_stake(netuid, hotkey, coldkey, amount);
		if minted.is_zero() {
			return Self::reward_coldkey(coldkey, amount);
		}
		Self::deposit_event(Event::RewardStaked {
			netuid,
			hotkey: hotkey.clone(),
			coldkey: coldkey.clone(),
			amount: minted,
		});
		minted
	}
}

impl<T: Config> Pallet<T> {
	/// The take's part of an amount, rounded down.
	fn take_of(hotkey: &T::AccountId, amount: Balance) -> Balance {
		let take = Balance::from(Self::take(hotkey));
		multiply_by_rational_with_rounding(amount, take, ONE_U16.into(), Rounding::Down).unwrap_or(0)
	}

	/// Mint into a pool; returns how much.
	fn reward_pool(netuid: NetUid, hotkey: &T::AccountId, mut pool: Pool, amount: Balance) -> Balance {
		let Some(value) = pool.value.checked_add(amount) else {
			return 0;
		};
		let minted = Self::mint_held(amount);
		if !minted.is_zero() {
			pool.value = value;
			Self::put_pool(netuid, hotkey, Some(pool));
		}
		minted
	}

	/// Mint `amount` as a position; returns all or nothing. A reward may be below the minimum stake where there is a
	/// position already: it only has to be worth a share.
	fn mint_stake(netuid: NetUid, hotkey: &T::AccountId, coldkey: &T::AccountId, amount: Balance) -> Balance {
		let destination = Destination {
			netuid,
			hotkey: hotkey.clone(),
		};
		let enough = amount >= T::MinStake::get() || !Self::staked(coldkey, netuid, hotkey).is_zero();
		if !enough || Self::ensure_can_hold(&destination).is_err() || T::Hotkeys::coldkey(coldkey).is_some() {
			return 0;
		}
		let mut pool = Pools::<T>::get(netuid, hotkey).unwrap_or_else(Self::next_pool);
		let Some(issued) = pool.issue(amount).filter(|issued| *issued > 0) else {
			return 0;
		};
		let fits = Self::grown(
			PoolIds::<T>::get(netuid, hotkey).and_then(|id| Shares::<T>::get(coldkey, id)),
			&pool,
			issued,
		);
		if fits.is_err() || Self::mint_held(amount).is_zero() {
			return 0;
		}
		let _ = Self::credit_shares(coldkey, netuid, hotkey, pool, issued).defensive();
		amount
	}

	/// Pay a carried credit out where it suffices.
	pub(crate) fn pay_carried(coldkey: &T::AccountId) {
		let total = Credits::<T>::get(coldkey);
		let can = T::Currency::can_deposit(coldkey, total, Provenance::Extant);
		if total.is_zero() || can.into_result().is_err() {
			return;
		}
		let paid = T::Currency::transfer(&Self::account(), coldkey, total, Preservation::Preserve);
		if paid.and_then(|_| Self::release(total)).defensive().is_ok() {
			Credits::<T>::remove(coldkey);
			Self::deposit_event(Event::CreditPaid {
				coldkey: coldkey.clone(),
				amount: total,
			});
		}
	}

	/// Mint `amount` and pay it with what was carried before; returns what was minted.
	fn pay_credit(coldkey: &T::AccountId, amount: Balance, total: Balance) -> Balance {
		let minted = Self::mint_held(amount);
		if minted.is_zero() {
			return 0;
		}
		let paid = T::Currency::transfer(&Self::account(), coldkey, total, Preservation::Preserve);
		if paid.and_then(|_| Self::release(total)).defensive().is_ok() {
			Credits::<T>::remove(coldkey);
			Self::deposit_event(Event::CreditPaid {
				coldkey: coldkey.clone(),
				amount: total,
			});
		} else {
			Credits::<T>::insert(coldkey, total);
		}
		minted
	}

	/// Mint `amount` and keep it for the coldkey; returns what was minted.
	fn carry_credit(coldkey: &T::AccountId, amount: Balance, total: Balance) -> Balance {
		let minted = Self::mint_held(amount);
		if !minted.is_zero() {
			Credits::<T>::insert(coldkey, total);
			Self::deposit_event(Event::CreditCarried {
				coldkey: coldkey.clone(),
				amount,
				total,
			});
		}
		minted
	}

	/// Mint tokens that the pallet holds; returns all or nothing.
	fn mint_held(amount: Balance) -> Balance {
		if Self::hold(amount).is_err() {
			return 0;
		}
		let minted = Self::mint(&Self::account(), amount);
		if minted != amount {
			let _ = Self::release(amount).defensive();
		}
		minted
	}

	/// Mint to an account; returns all or nothing.
	fn mint(who: &T::AccountId, amount: Balance) -> Balance {
		T::Currency::mint_into(who, amount).defensive().unwrap_or(0)
	}
}
