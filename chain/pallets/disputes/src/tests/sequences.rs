//! Random sequences of everything that can happen: every dispute ends in a bounded number of blocks with all bonds accounted for, and all
//! invariants hold after each step.

use super::*;
use frame_support::weights::Weight;
use ganglion_traits::{OnColdkeySwapped, OnHotkeySwapped, OnSubnetDissolved};
use proptest::prelude::*;

/// Blocks in which a dispute ends whatever is done: each stage once a round, two committees, and the others that are due with it.
const LONGEST: BlockNumber = (1 + 2 * 3) * (MOVE + 1) + 2 * (2 * DRAW + VOTE + 3 + 2 * RETRY) + 40;

#[derive(Clone, Debug)]
enum Step {
	Open(u8, bool, u8),
	OpenVerdict(u8, u8),
	Answer(u32, u32),
	Post(u32),
	Judge(u32, bool),
	Waive(u32, bool),
	Concede(u32, bool),
	Vote(u32, usize, u8),
	Settle(u32),
	/// The move that is due in one of the open disputes.
	Play(usize, u8),
	/// Randomness of a new epoch.
	Draw,
	Blocks(BlockNumber),
	Epoch(bool),
	Pause(bool),
	SwapHotkey(u8),
	SwapColdkey(u8, u8),
	Dissolve,
}

fn step() -> impl Strategy<Value = Step> {
	let id = || 0u32..6;
	let who = || prop::sample::select(vec![ALICE, BOB, NEW]);
	prop_oneof![
		8 => (who(), any::<bool>(), 0u8..6).prop_map(|(who, margin, request)| Step::Open(who, margin, request)),
		2 => (who(), 0u8..6).prop_map(|(who, request)| Step::OpenVerdict(who, request)),
		4 => (id(), 0..LIMIT + 2).prop_map(|(id, margin)| Step::Answer(id, margin)),
		4 => id().prop_map(Step::Post),
		4 => (id(), any::<bool>()).prop_map(|(id, agrees)| Step::Judge(id, agrees)),
		2 => (id(), any::<bool>()).prop_map(|(id, who)| Step::Waive(id, who)),
		1 => (id(), any::<bool>()).prop_map(|(id, who)| Step::Concede(id, who)),
		4 => (id(), 0usize..5, 0u8..3).prop_map(|(id, member, vote)| Step::Vote(id, member, vote)),
		2 => id().prop_map(Step::Settle),
		120 => (0usize..6, 0u8..12).prop_map(|(place, choice)| Step::Play(place, choice)),
		12 => Just(Step::Draw),
		8 => (1..8u32).prop_map(Step::Blocks),
		2 => any::<bool>().prop_map(Step::Epoch),
		2 => any::<bool>().prop_map(Step::Pause),
		2 => (0u8..3).prop_map(Step::SwapHotkey),
		2 => (who(), who()).prop_map(|(old, new)| Step::SwapColdkey(old, new)),
		1 => Just(Step::Dissolve),
	]
}

/// The miner's present name.
fn accused() -> AccountId32 {
	Disputes::present_name(NET, &miner())
}

fn open_verdict(who: u8, request: u8) -> DispatchResult {
	let evidence = evidence(request);
	let (verdict, proof) = file(&evidence, Outcome::Passed);
	let opening = VerdictOpening {
		epoch: 4,
		verdict,
		index: 1,
		proof: BoundedVec::truncate_from(proof),
	};
	let validator = account(VALIDATOR);
	Disputes::open_verdict(
		signed(account(who)),
		NET,
		validator,
		Box::new(opening),
		Box::new(evidence),
	)
}

fn cast(id: DisputeId, member: usize, number: u8) -> DispatchResult {
	let vote = [
		CommitteeVote::AccusedWrong,
		CommitteeVote::ChallengerWrong,
		CommitteeVote::Abstain,
	];
	let found = Disputes::detail(id).filter(|found| found.end.is_none());
	let hotkey = found.and_then(|found| Some(found.dispute.committee.get(member)?.hotkey.clone()));
	Disputes::vote(signed(hotkey.unwrap_or(account(99))), id, vote[usize::from(number)])
}

/// Whoever's turn it is does something.
fn play(place: usize, choice: u8) -> DispatchResult {
	let open = Due::<Test>::get();
	let Some((_, id)) = open.get(place % open.len().max(1)).copied() else {
		return Ok(());
	};
	let found = dispute(id);
	match found.stage {
		Stage::Answering => {
			let margin = if choice == 0 { LIMIT + 1 } else { 1 };
			Disputes::answer(signed(found.accused), id, margin, hash(1))
		}
		Stage::Posting => Disputes::post(signed(found.accused), id, hash(2)),
		Stage::Judging => Disputes::judge(signed(found.challenger), id, choice.is_multiple_of(2)),
		Stage::Drawing => Ok(()),
		Stage::Voting => {
			let silent = found.committee.iter().position(|member| member.vote.is_none());
			cast(id, silent.unwrap_or(0), choice % 3)
		}
	}
}

/// The challenger of an open dispute, or the accused.
fn party(id: DisputeId, challenger: bool) -> AccountId32 {
	match crate::Disputes::<Test>::get(id) {
		Some(found) if challenger => found.challenger,
		Some(found) => found.accused,
		None => account(99),
	}
}

fn swap_hotkey(number: u8) {
	let (old, new) = (accused(), account(200 + number));
	if old == new {
		return;
	}
	BondsOf::mutate(|all| {
		for (hotkey, _, _) in all.iter_mut().filter(|(hotkey, _, _)| *hotkey == old) {
			*hotkey = new.clone();
		}
	});
	Frozen::mutate(|all| {
		all.iter_mut()
			.filter(|one| **one == old)
			.for_each(|one| *one = new.clone())
	});
	Owners::mutate(|all| {
		for (hotkey, _) in all.iter_mut().filter(|(hotkey, _)| *hotkey == old) {
			*hotkey = new.clone();
		}
	});
	Disputes::on_hotkey_swapped(&old, &new, None);
}

/// Do it as a transaction: what fails changes nothing.
fn apply(step: Step) {
	let call = |call: &dyn Fn() -> DispatchResult| {
		let _ = frame_support::storage::with_storage_layer(call);
	};
	match step {
		Step::Open(who, true, request) => call(&|| open(who, MARGIN, request)),
		Step::Open(who, false, request) => call(&|| open(who, Claim::Answer, request)),
		Step::OpenVerdict(who, request) => call(&|| open_verdict(who, request)),
		Step::Answer(id, margin) => call(&|| Disputes::answer(signed(party(id, false)), id, margin, hash(1))),
		Step::Post(id) => call(&|| Disputes::post(signed(party(id, false)), id, hash(2))),
		Step::Judge(id, agrees) => call(&|| Disputes::judge(signed(party(id, true)), id, agrees)),
		Step::Waive(id, who) => call(&|| Disputes::waive(signed(party(id, who)), id)),
		Step::Concede(id, who) => call(&|| Disputes::concede(signed(party(id, who)), id)),
		Step::Vote(id, member, vote) => call(&|| cast(id, member, vote)),
		Step::Play(place, choice) => call(&|| play(place, choice)),
		Step::Draw => draw(),
		Step::Settle(id) => call(&|| Disputes::settle(signed(account(BOB)), id)),
		Step::Blocks(blocks) => run(blocks),
		Step::Epoch(revealed) => {
			Epoch::mutate(|epoch| *epoch += 1);
			Random::set(revealed.then(|| (Epoch::get(), hash(Epoch::get() as u8))));
		}
		Step::Pause(on) => Stopped::set(on),
		Step::SwapHotkey(number) => swap_hotkey(number),
		Step::SwapColdkey(old, new) if old != new => {
			Disputes::move_coldkey(&account(old), &account(new), Weight::zero());
		}
		Step::SwapColdkey(..) => {}
		Step::Dissolve => {
			Disputes::clear(NET, Weight::zero());
		}
	}
}

fn everything_ends(issued: Balance) {
	Stopped::set(false);
	run(LONGEST);
	assert!(Due::<Test>::get().is_empty(), "something waits for ever");
	assert!(Frozen::get().is_empty());
	for who in [ALICE, BOB, NEW] {
		assert_eq!(held(who), 0);
	}
	check(issued);
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 192, max_shrink_iters: 512, ..ProptestConfig::default() })]

	#[test]
	fn every_path_ends_with_all_bonds_accounted_for(steps in prop::collection::vec(step(), 1..120)) {
		execute(|| {
			let issued = Balances::total_issuance();
			for step in steps {
				apply(step);
				check(issued);
			}
			everything_ends(issued);
		});
	}
}
