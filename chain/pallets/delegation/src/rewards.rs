//! Dividends and slashes, divided by whose stake voted; and miners' pay, to where it is to be staked.

use super::*;
use crate::{inspect::contribution, types::Source};
use alloc::vec::Vec;
use ganglion_primitives::{Balance, NetUid};
use ganglion_traits::{HotkeyInspect, NeuronInspect, Slash, SlashOutcome, StakeInspect, StakeReward};
use sp_arithmetic::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

/// Divide an amount in proportion to what each source contributed. What rounding leaves is the first one's, or, where it
/// contributed nothing, nobody's.
fn divided<AccountId>(amount: Balance, sources: &[Source<AccountId>]) -> Vec<Balance> {
	let total = sources
		.iter()
		.fold(0, |sum: Balance, source| sum.saturating_add(source.amount));
	let part = |source: &Source<AccountId>| {
		multiply_by_rational_with_rounding(amount, source.amount, total, Rounding::Down).unwrap_or(0)
	};
	let mut parts: Vec<Balance> = sources.iter().map(part).collect();
	let left = parts.iter().fold(amount, |left, part| left.saturating_sub(*part));
	if let Some((first, source)) = parts.first_mut().zip(sources.first()) {
		if source.amount > 0 {
			*first = first.saturating_add(left);
		}
	}
	parts
}

impl<T: Config> StakeReward<T::AccountId> for Pallet<T> {
	fn reward_dividends(netuid: NetUid, hotkey: &T::AccountId, amount: Balance) -> Balance {
		if !Parents::<T>::contains_key(netuid, hotkey) {
			return T::Reward::reward_dividends(netuid, hotkey, amount);
		}
		let sources = Self::sources(netuid, hotkey, T::Stake::stake);
		let (mut own, mut take, mut to_parents): (Balance, Balance, Balance) = (0, 0, 0);
		for (source, part) in sources.iter().zip(divided(amount, &sources)) {
			if source.hotkey == *hotkey {
				own = own.saturating_add(Self::pay(netuid, hotkey, part));
			} else {
				let kept = contribution(part, Self::take_from(netuid, hotkey, &source.hotkey));
				take = take.saturating_add(kept);
				to_parents = to_parents.saturating_add(Self::pay(netuid, &source.hotkey, part.saturating_sub(kept)));
			}
		}
		let operator = T::Hotkeys::coldkey(hotkey).filter(|_| take > 0);
		let take = operator.map_or(0, |operator| T::Reward::reward_coldkey(&operator, take));
		Self::deposit_event(Event::DividendsShared {
			netuid,
			child: hotkey.clone(),
			to_parents,
			take,
		});
		own.saturating_add(take).saturating_add(to_parents)
	}

	fn reward_coldkey(coldkey: &T::AccountId, amount: Balance) -> Balance {
		T::Reward::reward_coldkey(coldkey, amount)
	}

	fn reward_stake(netuid: NetUid, hotkey: &T::AccountId, coldkey: &T::AccountId, amount: Balance) -> Balance {
		T::Reward::reward_stake(netuid, hotkey, coldkey, amount)
	}

	fn reward_work(netuid: NetUid, coldkey: &T::AccountId, amount: Balance) -> Balance {
		let hotkey = AutoStake::<T>::get(netuid, coldkey);
		// A hotkey that lost its slot earns nothing: what is staked with it would lie idle.
		match hotkey.filter(|hotkey| T::Neurons::uid(netuid, hotkey).is_some()) {
			Some(hotkey) => T::Reward::reward_stake(netuid, &hotkey, coldkey, amount),
			None => T::Reward::reward_coldkey(coldkey, amount),
		}
	}
}

impl<T: Config> Pallet<T> {
	/// Pay dividends into a pool.
	fn pay(netuid: NetUid, hotkey: &T::AccountId, amount: Balance) -> Balance {
		if amount == 0 {
			return 0;
		}
		T::Reward::reward_dividends(netuid, hotkey, amount)
	}

	/// The child's take of a parent's part: none between hotkeys of one coldkey.
	fn take_from(netuid: NetUid, child: &T::AccountId, parent: &T::AccountId) -> u16 {
		if T::Hotkeys::coldkey(child) == T::Hotkeys::coldkey(parent) {
			return 0;
		}
		Self::child_take(netuid, child)
	}
}

impl<T: Config> Slash<T::AccountId> for Pallet<T> {
	fn slash(netuid: NetUid, hotkey: &T::AccountId, amount: Balance, reporter: Option<&T::AccountId>) -> SlashOutcome {
		if !Parents::<T>::contains_key(netuid, hotkey) {
			return T::Slash::slash(netuid, hotkey, amount, reporter);
		}
		// A child's operator gains nothing by reporting himself at his parents' cost.
		let operator = T::Hotkeys::coldkey(hotkey);
		let reporter = reporter.filter(|reporter| operator.as_ref() != Some(*reporter));
		let sources = Self::sources(netuid, hotkey, T::Stake::slashable);
		let mut sum = SlashOutcome::default();
		for (source, part) in sources.iter().zip(divided(amount, &sources)) {
			if part == 0 {
				continue;
			}
			let one = T::Slash::slash(netuid, &source.hotkey, part, reporter);
			sum.burned = sum.burned.saturating_add(one.burned);
			sum.to_reporter = sum.to_reporter.saturating_add(one.to_reporter);
			sum.to_pool = sum.to_pool.saturating_add(one.to_pool);
			sum.from_operator = sum.from_operator.saturating_add(one.from_operator);
		}
		sum
	}
}
