//! Tests: each call, error, event and boundary.
#![allow(
	clippy::arithmetic_side_effects,
	clippy::unwrap_used,
	clippy::indexing_slicing,
	reason = "tests"
)]

mod basics;
mod dissolution;
mod hyperparameters;
mod lifecycle;
mod profile;

use crate::{mock::*, Error, Event, HoldReason};
use frame_support::{
	assert_noop, assert_ok,
	traits::{fungible::InspectHold, Hooks},
	BoundedVec,
};
use frame_system::RawOrigin;
use ganglion_primitives::{Balance, Hyperparameter as H, Hyperparameters, NetUid, GNG};
use ganglion_traits::SubnetInspect;
use sp_runtime::DispatchError;

type E = Error<Test>;
const NETUID: NetUid = NetUid(1);

fn signed(who: u64) -> RuntimeOrigin {
	RawOrigin::Signed(who).into()
}

fn root() -> RuntimeOrigin {
	RawOrigin::Root.into()
}

fn create(who: u64) -> sp_runtime::DispatchResult {
	Subnets::create(signed(who), HOTKEY, Balance::MAX)
		.map(|_| ())
		.map_err(|refused| refused.error)
}

fn set(origin: RuntimeOrigin, changes: &[H]) -> sp_runtime::DispatchResult {
	Subnets::set_hyperparameters(origin, NETUID, BoundedVec::try_from(changes.to_vec()).unwrap())
}

fn held(who: u64) -> Balance {
	Balances::balance_on_hold(&HoldReason::SubnetLock.into(), &who)
}

fn with_subnet(test: impl FnOnce()) {
	let quick = Hyperparameters {
		tempo: 10,
		..Default::default()
	};
	ExtBuilder::default().hyperparameters(quick).build_and_execute(|| {
		assert_ok!(create(ALICE));
		test();
	});
}
