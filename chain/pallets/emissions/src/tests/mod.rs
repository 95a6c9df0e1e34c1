//! Tests of the pallet. Every test ends with a check of all invariants.

mod accrual;
mod control;
mod epochs;
mod explain;
mod lifecycle;
mod mechanisms;
mod occupants;
mod oracle;
mod payouts;
mod schedule;
mod sequences;
mod supply;

use crate::{mock::*, *};
use ganglion_primitives::{Balance, NetUid, Uid, GNG, SUPPLY_CAP};
use ganglion_traits::{EmissionControl, EpochControl, EpochInspect, EpochResults};

/// Two validators and two miners, 1 to 4, that were there from the start; the validators have weights on both miners.
const VALIDATORS: [AccountId; 2] = [1, 2];
const MINERS: [AccountId; 2] = [3, 4];

/// Create [`NET`] with these neurons.
fn create_staffed() {
	create(NET, TEMPO);
	edit(NET, |subnet| {
		subnet.neurons = [1, 2, 3, 4].map(|hotkey| (hotkey, 0)).to_vec();
		for (uid, hotkey) in (0u16..).zip(VALIDATORS) {
			subnet.stakes.insert(hotkey, (100 * GNG, 10 * GNG));
			subnet.rows.insert(uid, (vec![(2, 65_535), (3, 65_535)], 1));
		}
	});
}

/// Run blocks until the subnet has completed that many epochs.
fn run_epochs(netuid: NetUid, epochs: u32) {
	while Emissions::epoch(netuid) < epochs {
		next_block();
	}
}

/// What an account was paid.
fn paid(who: AccountId) -> Balance {
	TheWorld::get().paid.get(&who).copied().unwrap_or(0)
}

/// Nano in the remainder, rounded down.
fn remainder() -> Balance {
	Counters::<Test>::get().remainder >> 64
}

/// Create another subnet with the same people.
fn create_second() -> NetUid {
	let second = NetUid(2);
	create(second, TEMPO);
	let neurons = TheWorld::get().subnets[&NET].neurons.clone();
	edit(second, |subnet| subnet.neurons = neurons);
	second
}

fn issuance() -> Balance {
	pallet_balances::TotalIssuance::<Test>::get()
}

fn permits(netuid: NetUid) -> Vec<u16> {
	Permits::<Test>::get(netuid).iter().map(|permit| permit.uid.0).collect()
}

/// Events of the pallet since the last call.
fn events() -> Vec<Event<Test>> {
	let all = System::read_events_for_pallet::<Event<Test>>();
	System::reset_events();
	all
}

/// The conformance vectors under a key.
fn vectors(key: &str) -> serde_json::Value {
	let text = include_str!("../../../../../tests/conformance/vectors/yuma.json");
	serde_json::from_str::<serde_json::Value>(text).unwrap()[key].take()
}
