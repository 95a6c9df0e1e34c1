//! Reads for other pallets and for runtime APIs.

use super::*;
use alloc::{collections::BTreeMap, vec::Vec};
use ganglion_primitives::{Balance, EpochIndex, NetUid, Position as PositionView};
use ganglion_traits::{HotkeyInspect, StakeInspect};

impl<T: Config> StakeInspect<T::AccountId> for Pallet<T> {
	fn stake(netuid: NetUid, hotkey: &T::AccountId) -> Balance {
		Pools::<T>::get(netuid, hotkey).map_or(0, |pool| pool.value)
	}

	fn own_stake(netuid: NetUid, hotkey: &T::AccountId) -> Balance {
		T::Hotkeys::coldkey(hotkey).map_or(0, |coldkey| Self::staked(&coldkey, netuid, hotkey))
	}
}

impl<T: Config> Pallet<T> {
	/// Value of a coldkey's shares of a pool, nano.
	pub fn staked(coldkey: &T::AccountId, netuid: NetUid, hotkey: &T::AccountId) -> Balance {
		Shares::<T>::get((coldkey, netuid, hotkey))
			.zip(Pools::<T>::get(netuid, hotkey))
			.map_or(0, |(position, pool)| pool.value_of(position.shares_in(&pool)))
	}

	/// Value of a coldkey's shares of an unbonding pool, nano.
	pub fn unbonding(
		coldkey: &T::AccountId,
		netuid: NetUid,
		hotkey: &T::AccountId,
		release_epoch: EpochIndex,
	) -> Balance {
		Unbondings::<T>::get((coldkey, netuid, hotkey, release_epoch))
			.zip(UnbondingPools::<T>::get((netuid, hotkey, release_epoch)))
			.map_or(0, |(unbonding, pool)| {
				pool.value_of(unbonding.position.shares_in(&pool))
			})
	}

	/// Everything that a coldkey holds in pools, ascending by subnet and hotkey. Work grows with the positions it holds;
	/// for reads only.
	pub fn positions(coldkey: &T::AccountId) -> Vec<PositionView<T::AccountId>> {
		let mut views = BTreeMap::new();
		for (netuid, hotkey) in Shares::<T>::iter_key_prefix((coldkey,)) {
			let staked = Self::staked(coldkey, netuid, &hotkey);
			view_of(&mut views, netuid, hotkey).staked = staked;
		}
		let mut unbonding: Vec<_> = Unbondings::<T>::iter_prefix((coldkey,))
			.map(|((netuid, hotkey, epoch), one)| (epoch, netuid, hotkey, one.release_block))
			.collect();
		unbonding.sort_unstable();
		for (epoch, netuid, hotkey, release_block) in unbonding {
			let value = Self::unbonding(coldkey, netuid, &hotkey, epoch);
			let view = view_of(&mut views, netuid, hotkey);
			view.unbonding.push((epoch, value));
			view.release_blocks.push(release_block);
		}
		views.into_values().collect()
	}

	/// Value of every pool of a subnet, by hotkey, nano.
	pub fn pools(netuid: NetUid) -> Vec<(T::AccountId, Balance)> {
		Pools::<T>::iter_prefix(netuid)
			.map(|(hotkey, pool)| (hotkey, pool.value))
			.collect()
	}
}

/// Line of [`Pallet::positions`] for a pool, empty at first.
fn view_of<AccountId: Clone + Ord>(
	views: &mut BTreeMap<(NetUid, AccountId), PositionView<AccountId>>,
	netuid: NetUid,
	hotkey: AccountId,
) -> &mut PositionView<AccountId> {
	let empty = PositionView {
		hotkey: hotkey.clone(),
		netuid,
		staked: 0,
		unbonding: Vec::new(),
		release_blocks: Vec::new(),
	};
	views.entry((netuid, hotkey)).or_insert(empty)
}
