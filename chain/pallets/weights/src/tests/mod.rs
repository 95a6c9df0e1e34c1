//! Tests: each call, error, event and boundary.
#![allow(
	clippy::arithmetic_side_effects,
	clippy::unwrap_used,
	clippy::indexing_slicing,
	reason = "tests"
)]

mod batches;
mod evidence;
mod feeless;
mod keys;
mod lifetime;
mod moves;
mod revealing;
mod rows;
mod setting;

use crate::{mock::*, MissCause, Weighing};
use frame_system::RawOrigin;
use ganglion_primitives::{MechanismId, NetUid};
use sp_core::H256;
use sp_runtime::DispatchResult;

type E = crate::Error<Test>;
type Event = crate::Event<Test>;
const MECHANISM: MechanismId = MechanismId(0);
const KEY: (NetUid, MechanismId) = (NETUID, MECHANISM);
const SALT: [u8; 32] = [9; 32];
const VERSION: u64 = 3;
/// A row that is accepted from all validators.
const UIDS: [u16; 2] = [3, 2];
const VALUES: [u16; 2] = [30, 20];

fn signed(who: u64) -> RuntimeOrigin {
	RawOrigin::Signed(who).into()
}

fn set(who: u64, uids: &[u16], values: &[u16]) -> DispatchResult {
	Weights::set(signed(who), NETUID, MECHANISM, uids.to_vec(), values.to_vec(), VERSION)
}

fn hash_of(who: u64, uids: &[u16], values: &[u16]) -> H256 {
	let weighing = Weighing {
		uids,
		values,
		version_key: VERSION,
		evidence: None,
	};
	Weights::commitment_of(&who, NETUID, MECHANISM, &weighing, &SALT)
}

fn commit(who: u64, uids: &[u16], values: &[u16]) -> DispatchResult {
	Weights::commit(signed(who), NETUID, MECHANISM, hash_of(who, uids, values))
}

fn reveal(who: u64, uids: &[u16], values: &[u16]) -> DispatchResult {
	Weights::reveal(
		signed(who),
		NETUID,
		MECHANISM,
		uids.to_vec(),
		values.to_vec(),
		SALT,
		VERSION,
		None,
	)
}

fn advance(blocks: u32) {
	System::set_block_number(System::block_number() + blocks);
}

/// Complete an epoch.
fn next_epoch() {
	use ganglion_traits::OnEpoch;
	Epoch::mutate(|epoch| *epoch += 1);
	Weights::on_epoch(NETUID, Epoch::get());
}

fn entries(uid: u16) -> Option<Vec<(u16, u16)>> {
	crate::Rows::<Test>::get(KEY, ganglion_primitives::Uid(uid)).map(|row| row.entries.into_inner())
}

fn missed(who: u64, commitment: H256, cause: MissCause) -> RuntimeEvent {
	Event::CommitMissed {
		netuid: NETUID,
		mechanism: MECHANISM,
		hotkey: who,
		commitment,
		cause,
	}
	.into()
}

fn missed_count() -> usize {
	let is_missed = |record: &frame_system::EventRecord<RuntimeEvent, H256>| {
		matches!(record.event, RuntimeEvent::Weights(crate::Event::CommitMissed { .. }))
	};
	System::events().into_iter().filter(is_missed).count()
}

/// A subnet without commit-reveal.
fn plain(test: impl FnOnce()) {
	ExtBuilder.build_and_execute(|| {
		TheHyperparameters::mutate(|h| h.commit_reveal_on = false);
		test();
	});
}
