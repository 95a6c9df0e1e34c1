//! The slash path: the operator's shares first, then all alike, over the pool and what still unbonds from it.
//!
//! Touches at most `UnbondingEpochs + 2` pools and as many positions, all of them the operator's.

use super::*;
use alloc::vec::Vec;
use frame_support::pallet_prelude::Get;
use ganglion_primitives::{Balance, EpochIndex, NetUid};
use ganglion_traits::{EpochInspect, HotkeyInspect, Slash, SlashOutcome};
use sp_arithmetic::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};
use sp_runtime::traits::Zero;

/// A pool that can be slashed: the pool itself (no release epoch) or an unbonding one.
struct Pot {
	release_epoch: Option<EpochIndex>,
	pool: Pool,
}

impl<T: Config> Slash<T::AccountId> for Pallet<T> {
	fn slash(netuid: NetUid, hotkey: &T::AccountId, amount: Balance, _: Option<&T::AccountId>) -> SlashOutcome {
		let mut pots = Self::slashable(netuid, hotkey);
		let from_operator = match T::Hotkeys::coldkey(hotkey) {
			Some(operator) => Self::slash_operator(netuid, hotkey, &operator, &mut pots, amount),
			None => 0,
		};
		let from_all = slash_alike(&mut pots, amount.saturating_sub(from_operator));
		let burned = from_operator.saturating_add(from_all);
		if burned.is_zero() {
			return SlashOutcome::default();
		}
		Self::burn_held(burned);
		Self::deposit_event(Event::Slashed {
			netuid,
			hotkey: hotkey.clone(),
			burned,
			from_operator,
		});
		for pot in pots {
			match pot.release_epoch {
				None => Self::save(netuid, hotkey, pot.pool),
				Some(epoch) => Self::save_unbonding(netuid, hotkey, epoch, pot.pool),
			}
		}
		SlashOutcome {
			burned,
			from_operator,
			..Default::default()
		}
	}
}

impl<T: Config> Pallet<T> {
	/// The pool and the unbonding pools that are not released yet.
	fn slashable(netuid: NetUid, hotkey: &T::AccountId) -> Vec<Pot> {
		let first = T::Epochs::epoch(netuid).saturating_add(1);
		let last = first.saturating_add(T::UnbondingEpochs::get());
		let unbonding = (first..=last).filter_map(|epoch| {
			let pool = UnbondingPools::<T>::get((netuid, hotkey, epoch))?;
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

	/// Take up to `amount` out of the operator's shares; returns how much.
	fn slash_operator(
		netuid: NetUid,
		hotkey: &T::AccountId,
		operator: &T::AccountId,
		pots: &mut [Pot],
		amount: Balance,
	) -> Balance {
		let mut taken: Balance = 0;
		for Pot { release_epoch, pool } in pots {
			let left = amount.saturating_sub(taken);
			let part = match release_epoch {
				None => Shares::<T>::mutate_exists((operator, netuid, hotkey), |p| slash_position(pool, p, left)),
				Some(epoch) => Unbondings::<T>::mutate_exists((operator, netuid, hotkey, *epoch), |unbonding| {
					slash_unbonding(pool, unbonding, left)
				}),
			};
			taken = taken.saturating_add(part);
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

/// The same for what unbonds.
fn slash_unbonding(pool: &mut Pool, unbonding: &mut Option<Unbonding>, amount: Balance) -> Balance {
	let mut position = unbonding.map(|unbonding| unbonding.position);
	let taken = slash_position(pool, &mut position, amount);
	*unbonding = unbonding
		.zip(position)
		.map(|(before, position)| Unbonding { position, ..before });
	taken
}

/// Take up to `amount` out of all shares of all pots in proportion; returns how much.
fn slash_alike(pots: &mut [Pot], amount: Balance) -> Balance {
	let total = pots
		.iter()
		.fold(0, |sum: Balance, pot| sum.saturating_add(pot.pool.value));
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
