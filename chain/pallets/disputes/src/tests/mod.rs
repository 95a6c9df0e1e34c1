//! What tests share: opening a dispute and bringing it to a stage.
#![allow(
	clippy::unwrap_used,
	clippy::indexing_slicing,
	clippy::arithmetic_side_effects,
	reason = "tests"
)]

mod bisection;
mod committee;
mod drawing;
mod lifecycle;
mod money;
mod opening;
mod refutations;
mod refuting;
mod sequences;

pub use crate::{
	mock::{Disputes, *},
	*,
};
pub use frame_support::{assert_noop, assert_ok};
pub use ganglion_primitives::{
	Balance, BlockNumber, Claim, CommitteeVote, DisputeId, Ending, Outcome, Reason, Role, Stage, VerdictOpening, GNG,
};
pub use sp_core::H256;
pub use sp_runtime::{AccountId32, BoundedVec, DispatchResult};

pub const MARGIN: Claim = Claim::Margin {
	position: 2,
	margin: LIMIT + 1,
};

pub fn signed(who: AccountId32) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

pub fn open(who: u8, claim: Claim, request: u8) -> DispatchResult {
	Disputes::open(signed(account(who)), NET, claim, Box::new(evidence(request)))
}

/// Alice accuses the miner of a margin; number 0.
pub fn opened() {
	open(ALICE, MARGIN, 1).unwrap();
}

/// Alice accuses the miner of an answer and waits for a committee; number 0.
pub fn drawing() {
	open(ALICE, Claim::Answer, 1).unwrap();
}

/// The same with a committee.
pub fn voting() {
	drawing();
	draw();
}

/// Candidates are noted, and the randomness that they wait for comes.
pub fn draw() {
	run(RETRY);
	randomness(2);
}

/// Epochs go by, and the last one has randomness.
pub fn randomness(epochs: u32) {
	Epoch::mutate(|epoch| *epoch += epochs);
	Random::set(Some((Epoch::get(), H256([Epoch::get() as u8; 32]))));
	run(RETRY);
}

/// Everybody who sits in the committee, with the seats.
pub fn seats(id: DisputeId) -> Vec<(AccountId32, u8)> {
	let members = dispute(id).committee.into_iter();
	members.map(|member| (member.hotkey, member.seats)).collect()
}

/// A committee with a member for each seat, in the place of the one that was drawn.
pub fn one_seat_each(id: DisputeId) {
	let members = (0..5).map(|number| ganglion_primitives::Member {
		hotkey: account(AUDITOR + number),
		seats: 1,
		vote: None,
	});
	crate::Disputes::<Test>::mutate(id, |found| {
		found.as_mut().unwrap().committee = BoundedVec::truncate_from(members.collect());
	});
}

pub fn vote(id: DisputeId, member: usize, vote: CommitteeVote) -> DispatchResult {
	let hotkey = dispute(id).committee[member].hotkey.clone();
	Disputes::vote(signed(hotkey), id, vote)
}

pub fn ended(id: DisputeId) -> Option<(Ending, Reason)> {
	Ended::<Test>::get(id).map(|found| (found.ending, found.reason))
}

pub fn held(who: u8) -> Balance {
	use frame_support::traits::fungible::InspectHold;
	Balances::balance_on_hold(&HoldReason::Challenge.into(), &account(who))
}

pub fn free(who: u8) -> Balance {
	Balances::free_balance(account(who))
}

pub fn hash(byte: u8) -> H256 {
	H256([byte; 32])
}
