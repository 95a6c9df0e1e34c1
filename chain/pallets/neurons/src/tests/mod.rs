//! Tests: each call, error, event and boundary.
#![allow(
	clippy::arithmetic_side_effects,
	clippy::unwrap_used,
	clippy::indexing_slicing,
	reason = "tests"
)]

mod bonds;
mod dissolution;
mod keys;
mod price;
mod prices;
mod registration;
mod replacement;
mod serving;
mod trimming;

use crate::mock::*;
use frame_support::dispatch::PostDispatchInfo;
use frame_system::RawOrigin;
use ganglion_primitives::{Balance, Endpoint, NetUid};
use ganglion_traits::{NeuronInspect, OnSubnetCreated};
use sp_runtime::DispatchErrorWithPostInfo;

type E = crate::Error<Test>;
type Event = crate::Event<Test>;

fn signed(who: u64) -> RuntimeOrigin {
	RawOrigin::Signed(who).into()
}

fn register(coldkey: u64, hotkey: u64) -> Result<PostDispatchInfo, DispatchErrorWithPostInfo<PostDispatchInfo>> {
	Neurons::register(signed(coldkey), NETUID, hotkey, Balance::MAX)
}

/// Refused with this error, and nothing changed. `assert_noop` compares weights too, which no test here means.
fn assert_refused<V>(error: E, call: impl FnOnce() -> Result<V, DispatchErrorWithPostInfo<PostDispatchInfo>>) {
	let before = sp_io::storage::root(sp_runtime::StateVersion::V1);
	let result = frame_support::storage::with_storage_layer(|| call().map_err(|refusal| refusal.error)).map(|_| ());
	assert_eq!(result, Err(error.into()));
	assert_eq!(before, sp_io::storage::root(sp_runtime::StateVersion::V1));
}

/// A subnet as its creation leaves it: the owner's hotkey in slot 0.
fn create(netuid: NetUid) {
	Neurons::on_subnet_created(netuid, &OWNER, &OWNER_HOTKEY).unwrap();
}

/// A full subnet: the owner in slot 0 and Alice's 201, 202, 203, all registered at block 1.
fn full(test: impl FnOnce()) {
	ExtBuilder.build_and_execute(|| {
		create(NETUID);
		for hotkey in 201..=203 {
			register(ALICE, hotkey).unwrap();
		}
		test();
	});
}

fn endpoint() -> Endpoint {
	Endpoint {
		family: 4,
		ip: 1,
		port: 80,
		protocol: 0,
		keys: Default::default(),
	}
}

/// Hotkeys in the slots, by uid.
fn hotkeys(netuid: NetUid) -> Vec<u64> {
	Neurons::neurons(netuid).into_iter().map(|(hotkey, _)| hotkey).collect()
}

fn vectors() -> serde_json::Value {
	let file = include_str!(concat!(
		env!("CARGO_MANIFEST_DIR"),
		"/../../../tests/conformance/vectors/yuma.json"
	));
	serde_json::from_str(file).unwrap()
}
