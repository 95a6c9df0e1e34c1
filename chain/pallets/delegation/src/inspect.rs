//! Stake that counts: a hotkey's pool, less what votes through its children, plus what votes through it.

use super::*;
use crate::types::Source;
use alloc::{collections::BTreeMap, vec::Vec};
use ganglion_primitives::{Balance, Family, NetUid, ONE_U16};
use ganglion_traits::StakeInspect;
use sp_arithmetic::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

/// The part of a pool that votes through a child, rounded down: what the parent loses and the child gains.
pub(crate) fn contribution(value: Balance, part: u16) -> Balance {
	multiply_by_rational_with_rounding(value, part.into(), ONE_U16.into(), Rounding::Down).unwrap_or(0)
}

/// How a hotkey's stake is valued.
type ValueOf<T> = fn(NetUid, &<T as frame_system::Config>::AccountId) -> Balance;

impl<T: Config> StakeInspect<T::AccountId> for Pallet<T> {
	fn stake(netuid: NetUid, hotkey: &T::AccountId) -> Balance {
		Self::counting(netuid, hotkey, T::Stake::stake(netuid, hotkey))
	}

	fn own_stake(netuid: NetUid, hotkey: &T::AccountId) -> Balance {
		T::Stake::own_stake(netuid, hotkey)
	}

	fn slashable(netuid: NetUid, hotkey: &T::AccountId) -> Balance {
		let sources = Self::sources(netuid, hotkey, T::Stake::slashable).into_iter();
		sources.fold(0, |sum, source| sum.saturating_add(source.amount))
	}

	/// Reads the pairs of the subnet once, not the parents of each hotkey.
	fn stakes(netuid: NetUid, hotkeys: &[T::AccountId]) -> Vec<(Balance, Balance)> {
		let pools = T::Stake::stakes(netuid, hotkeys);
		let pairs = Self::pairs(netuid);
		if pairs.is_empty() {
			return pools;
		}
		let counting = |(hotkey, (pool, own)): (&T::AccountId, (Balance, Balance))| {
			let (gained, given) = pairs.get(hotkey).copied().unwrap_or_default();
			(pool.saturating_sub(given).saturating_add(gained), own)
		};
		hotkeys.iter().zip(pools).map(counting).collect()
	}
}

impl<T: Config> Pallet<T> {
	/// Stake that counts for a hotkey whose pool is worth so much.
	fn counting(netuid: NetUid, hotkey: &T::AccountId, pool: Balance) -> Balance {
		let inherited = Self::inherited(netuid, hotkey);
		let gained = inherited
			.iter()
			.fold(0, |sum: Balance, source| sum.saturating_add(source.amount));
		pool.saturating_sub(Self::given(netuid, hotkey, pool))
			.saturating_add(gained)
	}

	/// What each hotkey of a subnet that is a parent or a child has gained and given.
	fn pairs(netuid: NetUid) -> BTreeMap<T::AccountId, (Balance, Balance)> {
		let mut pairs = BTreeMap::<T::AccountId, (Balance, Balance)>::new();
		if !Links::<T>::contains_key(netuid) {
			return pairs;
		}
		for child in Parents::<T>::iter_key_prefix(netuid) {
			for source in Self::inherited(netuid, &child) {
				let given = &mut pairs.entry(source.hotkey).or_default().1;
				*given = given.saturating_add(source.amount);
				let gained = &mut pairs.entry(child.clone()).or_default().0;
				*gained = gained.saturating_add(source.amount);
			}
		}
		pairs
	}

	/// What of a value votes through children.
	fn given(netuid: NetUid, hotkey: &T::AccountId, pool: Balance) -> Balance {
		if pool == 0 {
			return 0;
		}
		let children = Delegations::<T>::get(netuid, hotkey).map(|delegation| delegation.now);
		let parts = children.iter().flatten().map(|(_, part)| contribution(pool, *part));
		parts.fold(0, Balance::saturating_add)
	}

	/// What votes through a hotkey of its parents' pools.
	pub(crate) fn inherited(netuid: NetUid, child: &T::AccountId) -> Vec<Source<T::AccountId>> {
		Self::inherited_of(netuid, child, T::Stake::stake)
	}

	/// The same parts of another value of each parent.
	fn inherited_of(netuid: NetUid, child: &T::AccountId, value: ValueOf<T>) -> Vec<Source<T::AccountId>> {
		let source = |parent: T::AccountId| {
			let now = Delegations::<T>::get(netuid, &parent)?.now;
			let part = now.iter().find(|(of, _)| of == child).map(|(_, part)| *part)?;
			let amount = contribution(value(netuid, &parent), part);
			Some(Source { hotkey: parent, amount })
		};
		let parents = Parents::<T>::get(netuid, child).into_iter();
		parents.filter_map(source).collect()
	}

	/// Everything that votes through a hotkey, by pools (for dividends) or by what a slash can reach: what is left of its own
	/// first.
	pub(crate) fn sources(netuid: NetUid, hotkey: &T::AccountId, value: ValueOf<T>) -> Vec<Source<T::AccountId>> {
		let all = value(netuid, hotkey);
		let own = Source {
			hotkey: hotkey.clone(),
			amount: all.saturating_sub(Self::given(netuid, hotkey, all)),
		};
		let mut sources = alloc::vec![own];
		sources.extend(Self::inherited_of(netuid, hotkey, value));
		sources
	}

	/// A hotkey's children and parents.
	pub fn family(netuid: NetUid, hotkey: &T::AccountId) -> Family<T::AccountId> {
		let given = Self::delegation(netuid, hotkey);
		Family {
			children: given.now.into_inner(),
			next: given.next.map(|(epoch, next)| (epoch, next.into_inner())),
			parents: Self::parents(netuid, hotkey),
			take: Self::child_take(netuid, hotkey),
			pool: T::Stake::stake(netuid, hotkey),
			counts: Self::stake(netuid, hotkey),
		}
	}

	/// A hotkey's children now, and after which epoch which others.
	pub fn delegation(netuid: NetUid, hotkey: &T::AccountId) -> Given<T::AccountId> {
		Delegations::<T>::get(netuid, hotkey).unwrap_or_default()
	}

	/// A hotkey's parents with nano of theirs that vote through it.
	pub fn parents(netuid: NetUid, hotkey: &T::AccountId) -> Vec<(T::AccountId, Balance)> {
		let sources = Self::inherited(netuid, hotkey).into_iter();
		sources.map(|source| (source.hotkey, source.amount)).collect()
	}

	/// Where the pay of a coldkey's miners is staked.
	pub fn auto_stake(netuid: NetUid, coldkey: &T::AccountId) -> Option<T::AccountId> {
		AutoStake::<T>::get(netuid, coldkey)
	}
}
