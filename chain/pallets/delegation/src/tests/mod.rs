//! Tests of the pallet. Every test ends with a check of all invariants.

mod children;
mod keys;
mod money;
mod sequences;

use crate::{mock::*, *};
use frame_support::{assert_noop, assert_ok, BoundedVec};
use ganglion_primitives::{Balance, NetUid, GNG};
use ganglion_traits::StakeInspect;

/// Set a hotkey's children, by its coldkey.
fn set(hotkey: AccountId, children: &[(AccountId, u16)]) -> frame_support::dispatch::DispatchResult {
	let children = BoundedVec::truncate_from(children.to_vec());
	Delegation::set_children(RuntimeOrigin::signed(coldkey(hotkey).unwrap()), NET, hotkey, children)
}

/// Set a hotkey's children and wait until they are.
fn set_now(hotkey: AccountId, children: &[(AccountId, u16)]) {
	assert_ok!(set(hotkey, children));
	epochs(3);
}

/// Stake that counts, of the hotkeys 1 to 9.
fn counting() -> Vec<Balance> {
	(1..=9).map(|hotkey| Delegation::stake(NET, &hotkey)).collect()
}
