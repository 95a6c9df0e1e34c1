//! The slash path: the operator's shares first, then all alike, over the pool and what still unbonds from it, within
//! what nominators can lose in one epoch.
//!
//! Touches at most `UnbondingEpochs + 2` pools and as many positions of the operator's (of both coldkeys during a swap).

use super::*;
use alloc::vec::Vec;
use frame_support::{
	pallet_prelude::Get,
	traits::{fungible::Mutate, tokens::Preservation, Defensive},
};
use ganglion_primitives::{proportion, Balance, EpochIndex, NetUid};
use ganglion_traits::{ColdkeyGuard, EpochInspect, HotkeyInspect, Pause, RewardPool, Slash, SlashOutcome};
use sp_arithmetic::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};
use sp_runtime::traits::Zero;

/// A pool that can be slashed: the pool itself (no release epoch) or an unbonding one.
struct Pot {
	release_epoch: Option<EpochIndex>,
	pool: Pool,
}

impl<T: Config> Slash<T::AccountId> for Pallet<T> {
	fn slash(netuid: NetUid, hotkey: &T::AccountId, amount: Balance, reporter: Option<&T::AccountId>) -> SlashOutcome {
		let id = PoolIds::<T>::get(netuid, hotkey);
		let Some(id) = id.filter(|_| !T::Pause::is_paused()) else {
			return SlashOutcome::default();
		};
		let mut pots = Self::pots(netuid, hotkey, id);
		let operators = Self::operators(hotkey);
		let from_operator = operators.iter().fold(0, |taken: Balance, operator| {
			let left = amount.saturating_sub(taken);
			taken.saturating_add(Self::slash_operator(id, operator, &mut pots, left))
		});
		let from_all = Self::slash_nominators(netuid, id, &mut pots, amount.saturating_sub(from_operator));
		// Who reports himself gets nothing back.
		let reporter = reporter.filter(|reporter| !operators.contains(reporter));
		let outcome = Self::settle(netuid, from_operator, from_all, reporter);
		if outcome.total().is_zero() {
			return outcome;
		}
		Self::deposit_event(Event::Slashed {
			netuid,
			hotkey: hotkey.clone(),
			burned: outcome.burned,
			to_reporter: outcome.to_reporter,
			to_pool: outcome.to_pool,
			from_operator,
		});
		for pot in pots {
			match pot.release_epoch {
				None => Self::save(netuid, hotkey, pot.pool),
				Some(epoch) => Self::save_unbonding(netuid, hotkey, id, epoch, pot.pool),
			}
		}
		outcome
	}
}

impl<T: Config> Pallet<T> {
	/// The coldkey that owns the hotkey, and the one that it is being swapped with.
	pub(crate) fn operators(hotkey: &T::AccountId) -> Vec<T::AccountId> {
		let owner = T::Hotkeys::coldkey(hotkey);
		let other = owner.as_ref().and_then(T::Guard::counterpart);
		owner.into_iter().chain(other).collect()
	}

	/// Give the reporter and the subnet their parts of what was taken, and burn the rest. What the subnet pays out is
	/// burned here and minted again at its epoch.
	fn settle(
		netuid: NetUid,
		from_operator: Balance,
		from_all: Balance,
		reporter: Option<&T::AccountId>,
	) -> SlashOutcome {
		let total = from_operator.saturating_add(from_all);
		let to_reporter = reporter.map_or(0, |reporter| {
			Self::pay_reporter(reporter, proportion(total, T::SlashToReporter::get()))
		});
		let to_pool = proportion(total, T::SlashToPool::get()).min(total.saturating_sub(to_reporter));
		let gone = total.saturating_sub(to_reporter);
		if !gone.is_zero() && Self::burn_held(gone) && !to_pool.is_zero() {
			T::RewardPool::add(netuid, to_pool);
		}
		SlashOutcome {
			burned: gone.saturating_sub(to_pool),
			to_reporter,
			to_pool,
			from_operator,
		}
	}

	/// Returns what the reporter got: everything, or nothing where its account can't take it.
	fn pay_reporter(reporter: &T::AccountId, amount: Balance) -> Balance {
		let paid = T::Currency::transfer(&Self::account(), reporter, amount, Preservation::Preserve);
		if amount.is_zero() || paid.is_err() {
			return 0;
		}
		let _ = Self::release(amount).defensive();
		amount
	}

	/// Slash what the operator left over, of all shares alike, within what nominators can lose in this epoch.
	fn slash_nominators(netuid: NetUid, id: PoolId, pots: &mut [Pot], amount: Balance) -> Balance {
		if amount.is_zero() {
			return 0;
		}
		let epoch = T::Epochs::epoch(netuid);
		let before = NominatorLosses::<T>::get(id).filter(|loss| loss.epoch == epoch);
		let loss = before.unwrap_or_else(|| NominatorLoss {
			epoch,
			base: total_value(pots),
			taken: 0,
		});
		let part = T::MaxNominatorSlash::get();
		let left = proportion(loss.base, part).saturating_sub(loss.taken);
		// Where some left since the first slash, the others do not pay for them.
		let most = left.min(proportion(total_value(pots), part));
		let taken = slash_alike(pots, amount.min(most));
		let loss = NominatorLoss {
			taken: loss.taken.saturating_add(taken),
			..loss
		};
		// Where the operator was the last, nobody is left to keep it for.
		if Homes::<T>::contains_key(id) {
			NominatorLosses::<T>::insert(id, loss);
		}
		taken
	}

	/// The pool and the unbonding pools that are not released yet.
	fn pots(netuid: NetUid, hotkey: &T::AccountId, id: PoolId) -> Vec<Pot> {
		let first = T::Epochs::epoch(netuid).saturating_add(1);
		let last = first.saturating_add(T::UnbondingEpochs::get());
		let unbonding = (first..=last).filter_map(|epoch| {
			let pool = UnbondingPools::<T>::get(id, epoch)?;
			Some(Pot {
				release_epoch: Some(epoch),
				pool,
			})
		});
		let staked = Pools::<T>::get(netuid, hotkey).map(|pool| Pot {
			release_epoch: None,
			pool,
		});
		staked.into_iter().chain(unbonding).collect()
	}

	/// What they are worth.
	pub(crate) fn slashable_value(netuid: NetUid, hotkey: &T::AccountId, id: PoolId) -> Balance {
		total_value(&Self::pots(netuid, hotkey, id))
	}

	/// Take up to `amount` out of the operator's shares; returns how much.
	fn slash_operator(id: PoolId, operator: &T::AccountId, pots: &mut [Pot], amount: Balance) -> Balance {
		let mut taken: Balance = 0;
		for Pot { release_epoch, pool } in pots {
			let left = amount.saturating_sub(taken);
			let part = match release_epoch {
				None => Self::slash_own(id, operator, pool, left),
				Some(epoch) => Self::slash_own_unbonding(id, operator, *epoch, pool, left),
			};
			taken = taken.saturating_add(part);
		}
		taken
	}

	fn slash_own(id: PoolId, operator: &T::AccountId, pool: &mut Pool, amount: Balance) -> Balance {
		let mut position = Shares::<T>::get(operator, id);
		let taken = slash_position(pool, &mut position, amount);
		if !taken.is_zero() {
			Self::put_shares(operator, id, position);
		}
		taken
	}

	/// The same for what unbonds.
	fn slash_own_unbonding(
		id: PoolId,
		operator: &T::AccountId,
		epoch: EpochIndex,
		pool: &mut Pool,
		amount: Balance,
	) -> Balance {
		let Some(before) = Unbondings::<T>::get((operator, id, epoch)) else {
			return 0;
		};
		let mut position = Some(before.position);
		let taken = slash_position(pool, &mut position, amount);
		if !taken.is_zero() {
			let after = position.map(|position| Unbonding { position, ..before });
			Self::put_unbonding(operator, id, epoch, after);
		}
		taken
	}
}

/// Take up to `amount` out of one position; returns how much.
fn slash_position(pool: &mut Pool, position: &mut Option<Position>, amount: Balance) -> Balance {
	let held = position.map_or(0, |position| position.shares_in(pool));
	let value = pool.value_of(held);
	if held.is_zero() || amount.is_zero() {
		return 0;
	}
	if amount >= value {
		*position = None;
		return pool.redeem(held).unwrap_or(0);
	}
	let Some(burned) = pool.withdraw(amount) else { return 0 };
	*position = Some(Position::new(pool, held.saturating_sub(burned)));
	amount
}

/// Value of all pots.
fn total_value(pots: &[Pot]) -> Balance {
	pots.iter()
		.fold(0, |sum: Balance, pot| sum.saturating_add(pot.pool.value))
}

/// Take up to `amount` out of all shares of all pots in proportion; returns how much.
fn slash_alike(pots: &mut [Pot], amount: Balance) -> Balance {
	let total = total_value(pots);
	let amount = amount.min(total);
	let mut left = amount;
	for pot in pots.iter_mut() {
		let part = multiply_by_rational_with_rounding(amount, pot.pool.value, total, Rounding::Down).unwrap_or(0);
		left = left.saturating_sub(take_value(pot, part));
	}
	// Each part was rounded down; the few nano that are left come from whichever pots still have them.
	for pot in pots.iter_mut() {
		left = left.saturating_sub(take_value(pot, left));
	}
	amount.saturating_sub(left)
}

/// Lower a pot's value by up to `amount`; returns how much.
fn take_value(pot: &mut Pot, amount: Balance) -> Balance {
	let part = amount.min(pot.pool.value);
	pot.pool.value = pot.pool.value.saturating_sub(part);
	part
}
