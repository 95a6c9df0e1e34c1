//! Tests of the pallet. Every test ends with a check of all invariants.

mod gains;
mod keys;
mod limits;
mod moving;
mod queries;
mod rewards;
mod sequences;
mod shares;
mod slash;
mod stake;
mod take;
mod unbonding;

use crate::{mock::*, Error, Event, Pool, PoolId, Pools};
use frame_support::{assert_noop, assert_ok};
use ganglion_primitives::{Balance, EpochIndex, NetUid, GNG};
use ganglion_traits::{Slash, StakeInspect, StakeReward};

/// Stake of the caller on [`HOTKEY`] in [`NET`].
fn add(who: AccountId, amount: Balance) {
	assert_ok!(Staking::add_stake(RuntimeOrigin::signed(who), HOTKEY, NET, amount));
}

/// Unstake from there.
fn remove(who: AccountId, amount: Balance) {
	assert_ok!(Staking::remove_stake(RuntimeOrigin::signed(who), HOTKEY, NET, amount));
}

/// Withdraw what unbonded from there.
fn withdraw(who: AccountId, release_epoch: EpochIndex) {
	assert_ok!(Staking::withdraw_unbonded(
		RuntimeOrigin::signed(who),
		HOTKEY,
		NET,
		release_epoch
	));
}

/// Value of the caller's shares there.
fn staked(who: AccountId) -> Balance {
	Staking::staked(&who, NET, &HOTKEY)
}

fn free(who: AccountId) -> Balance {
	Balances::free_balance(who)
}

fn issuance() -> Balance {
	pallet_balances::TotalIssuance::<Test>::get()
}

fn pool_id() -> PoolId {
	crate::PoolIds::<Test>::get(NET, HOTKEY).unwrap()
}

fn pool() -> Pool {
	Pools::<Test>::get(NET, HOTKEY).unwrap()
}

/// Events of the pallet since the last call.
fn events() -> Vec<Event<Test>> {
	let all = System::read_events_for_pallet::<Event<Test>>();
	System::reset_events();
	all
}
