//! Reads for other pallets and for runtime APIs.

use super::*;
use alloc::{collections::BTreeMap, vec::Vec};
use frame_support::pallet_prelude::Get;
use ganglion_primitives::{Balance, EpochIndex, Exposure, NetUid, Position as PositionView, ONE_U16};
use ganglion_traits::{HotkeyInspect, Pause, StakeInspect, SubnetInspect, TotalStake};
use sp_arithmetic::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

impl<T: Config> TotalStake<T::AccountId> for Pallet<T> {
	fn total_stake(hotkey: &T::AccountId) -> Balance {
		TotalStakes::<T>::get(hotkey).unwrap_or(0)
	}
}

impl<T: Config> StakeInspect<T::AccountId> for Pallet<T> {
	fn stake(netuid: NetUid, hotkey: &T::AccountId) -> Balance {
		Pools::<T>::get(netuid, hotkey).map_or(0, |pool| pool.value)
	}

	fn own_stake(netuid: NetUid, hotkey: &T::AccountId) -> Balance {
		T::Hotkeys::coldkey(hotkey).map_or(0, |coldkey| Self::staked(&coldkey, netuid, hotkey))
	}

	fn slashable(netuid: NetUid, hotkey: &T::AccountId) -> Balance {
		PoolIds::<T>::get(netuid, hotkey).map_or(0, |id| Self::slashable_value(netuid, hotkey, id))
	}
}

impl<T: Config> Pallet<T> {
	/// Value of a coldkey's shares of a pool, nano.
	pub fn staked(coldkey: &T::AccountId, netuid: NetUid, hotkey: &T::AccountId) -> Balance {
		let position = PoolIds::<T>::get(netuid, hotkey).and_then(|id| Shares::<T>::get(coldkey, id));
		position
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
		let Some(id) = PoolIds::<T>::get(netuid, hotkey) else {
			return 0;
		};
		Unbondings::<T>::get((coldkey, id, release_epoch))
			.zip(UnbondingPools::<T>::get(id, release_epoch))
			.map_or(0, |(unbonding, pool)| {
				pool.value_of(unbonding.position.shares_in(&pool))
			})
	}

	/// Everything that a coldkey holds in pools, ascending by subnet and hotkey. Work grows with the positions it holds;
	/// for reads only.
	pub fn positions(coldkey: &T::AccountId) -> Vec<PositionView<T::AccountId>> {
		let mut views = BTreeMap::new();
		for (id, _) in Shares::<T>::iter_prefix(coldkey) {
			let Some(home) = Homes::<T>::get(id) else { continue };
			let staked = Self::staked(coldkey, home.netuid, &home.hotkey);
			let locked = Self::worth_of_lock(coldkey, home.netuid, &home.hotkey, Locked::largest);
			let view = view_of(&mut views, home);
			(view.staked, view.locked) = (staked, locked);
		}
		let mut unbonding: Vec<_> = Unbondings::<T>::iter_prefix((coldkey,))
			.map(|((id, epoch), one)| (epoch, id, one))
			.collect();
		unbonding.sort_unstable_by_key(|(epoch, id, _)| (*epoch, *id));
		for (epoch, id, one) in unbonding {
			let Some(home) = Homes::<T>::get(id) else { continue };
			let value = Self::unbonding(coldkey, home.netuid, &home.hotkey, epoch);
			let view = view_of(&mut views, home);
			view.unbonding.push((epoch, value));
			view.release_blocks
				.push(one.release_block.saturating_add(T::Pause::paused_blocks()));
			view.destinations
				.push(one.destination.map(|place| (place.netuid, place.hotkey)));
		}
		views.into_values().collect()
	}

	/// What a delegator of `amount` to (hotkey, netuid) can lose at most, and on what terms.
	pub fn exposure(netuid: NetUid, hotkey: &T::AccountId, amount: Balance) -> Exposure {
		let epochs = T::UnbondingEpochs::get().saturating_add(1);
		let tempo = T::Subnets::hyperparameters(netuid).map_or(0, |params| params.tempo);
		let per_epoch = lost(amount, T::MaxNominatorSlash::get());
		// The epoch of the decision and those that it waits for.
		let left = (0..epochs).fold(amount, |left, _| {
			left.saturating_sub(lost(left, T::MaxNominatorSlash::get()))
		});
		Exposure {
			amount,
			operator_stake: Self::own_stake(netuid, hotkey),
			per_epoch,
			until_released: amount.saturating_sub(left),
			take: Self::take(hotkey),
			unbonding_epochs: epochs,
			unbonding_blocks: epochs.saturating_mul(tempo.into()),
		}
	}

	/// Value of every pool of a subnet, by hotkey, nano.
	pub fn pools(netuid: NetUid) -> Vec<(T::AccountId, Balance)> {
		Pools::<T>::iter_prefix(netuid)
			.map(|(hotkey, pool)| (hotkey, pool.value))
			.collect()
	}
}

/// The part of an amount that one epoch can take, rounded up.
fn lost(amount: Balance, part: u16) -> Balance {
	multiply_by_rational_with_rounding(amount, part.into(), ONE_U16.into(), Rounding::Up).unwrap_or(amount)
}

/// Line of [`Pallet::positions`] for a pool, empty at first.
fn view_of<AccountId: Clone + Ord>(
	views: &mut BTreeMap<(NetUid, AccountId), PositionView<AccountId>>,
	home: Home<AccountId>,
) -> &mut PositionView<AccountId> {
	let empty = PositionView {
		hotkey: home.hotkey.clone(),
		netuid: home.netuid,
		staked: 0,
		locked: 0,
		unbonding: Vec::new(),
		release_blocks: Vec::new(),
		destinations: Vec::new(),
	};
	views.entry((home.netuid, home.hotkey)).or_insert(empty)
}
