//! Votes, elections and pauses, and the attacks on them.

mod elections;
mod pause;
mod referenda;
mod swaps;
mod voters;

use crate::{mock::*, types::ReferendumIndex};
use codec::Encode;
use frame_support::assert_ok;
use ganglion_primitives::{Balance, GNG};
use sp_runtime::traits::{BlakeTwo256, Hash as _};

type Hash = <Test as frame_system::Config>::Hash;

/// Stake and lock so many GNG of a coldkey's own.
pub fn lock(coldkey: AccountId, gng: Balance) {
	stake(coldkey, gng * GNG);
	assert_ok!(Governance::lock(
		RuntimeOrigin::signed(coldkey),
		NET,
		hotkey(coldkey),
		gng * GNG
	));
}

/// Voters 1, 2 and 3 with 50, 30 and 20 GNG that count.
pub fn electorate() {
	lock(1, 50);
	lock(2, 30);
	lock(3, 20);
	blocks(AGE);
}

/// A call that root alone can make: it writes a word.
pub fn remark(word: &str) -> RuntimeCall {
	let items = vec![(word.as_bytes().to_vec(), vec![1])];
	frame_system::Call::set_storage { items }.into()
}

/// Note a call; hash and length.
pub fn note(call: &RuntimeCall) -> (Hash, u32) {
	let bytes = call.encode();
	assert_ok!(Preimage::note_preimage(RuntimeOrigin::signed(1), bytes.clone()));
	(BlakeTwo256::hash(&bytes), bytes.len() as u32)
}

/// The council submits a call.
pub fn submit(call: &RuntimeCall) -> ReferendumIndex {
	let (hash, length) = note(call);
	let index = crate::NextReferendum::<Test>::get();
	assert_ok!(Governance::submit(RuntimeOrigin::signed(COUNCIL), hash, length));
	index
}

pub fn vote(coldkey: AccountId, index: ReferendumIndex, approve: bool) {
	assert_ok!(Governance::vote(RuntimeOrigin::signed(coldkey), index, approve));
}

/// How often the scheduler dispatched something with success.
pub fn dispatched() -> usize {
	let done = |event: &RuntimeEvent| {
		matches!(
			event,
			RuntimeEvent::Scheduler(pallet_scheduler::Event::Dispatched { result: Ok(()), .. })
		)
	};
	System::events()
		.into_iter()
		.filter(|record| done(&record.event))
		.count()
}
