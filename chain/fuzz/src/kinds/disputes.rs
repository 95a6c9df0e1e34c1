//! Disputes about answers and verdicts, and what everybody can do in them.

use super::{
	evidence::{answer, forget, Opening},
	Kind,
};
use crate::{common::Key, world::World};
use ganglion_primitives::{
	AnswerEvidence, Claim, CommitteeVote, Dispute, DisputeId, Lane, NetUid, Refutation, Role, Stage,
};
use ganglion_runtime::{
	parameters::{DisputeWindow, MinCommittee},
	AccountId, Audits, Hash, Models, Neurons, Runtime, RuntimeCall, Subnets, Timestamp,
};
use ganglion_traits::{Bonds, DrawRandomness, FiledVerdicts, HotkeyInspect, Profiles, SubnetInspect};
use pallet_disputes::{Call, Disputes, DRAWING_EPOCHS};

pub const KINDS: &[Kind] = &[
	("dispute answer", 14),
	("dispute verdict", 5),
	("refute evidence", 4),
	("dispute answered", 12),
	("dispute posted", 16),
	("dispute judged", 16),
	("dispute waived", 2),
	("dispute conceded", 4),
	("dispute voted", 8),
];

pub fn call(world: &mut World, kind: &str) -> Option<(Key, RuntimeCall)> {
	match kind {
		"dispute answer" => open(world),
		"dispute verdict" => open_verdict(world),
		"refute evidence" => refute(world),
		"dispute answered" => moved(world, Stage::Answering, |world, id, dispute| {
			let margin = dispute.limit / 2 + u32::from(world.dice.one_in(8)) * dispute.limit;
			let hash = Hash::repeat_byte(1 + world.dice.below(2) as u8);
			Some((dispute.accused.clone(), Call::answer { id, margin, hash }))
		}),
		"dispute posted" => moved(world, Stage::Posting, |world, id, dispute| {
			let hash = Hash::repeat_byte(world.dice.below(3) as u8);
			Some((dispute.accused.clone(), Call::post { id, hash }))
		}),
		"dispute judged" => moved(world, Stage::Judging, |world, id, dispute| {
			let agrees = world.dice.one_in(2);
			Some((dispute.challenger.clone(), Call::judge { id, agrees }))
		}),
		"dispute waived" => moved(world, Stage::Answering, |world, id, dispute| {
			Some((party(world, dispute), Call::waive { id }))
		}),
		"dispute conceded" => {
			let stage = match world.dice.one_in(2) {
				true => Stage::Answering,
				false => Stage::Drawing,
			};
			moved(world, stage, |world, id, dispute| {
				Some((party(world, dispute), Call::concede { id }))
			})
		}
		_ => moved(world, Stage::Voting, |world, id, dispute| {
			let waiting: Vec<&AccountId> = dispute
				.committee
				.iter()
				.filter(|member| member.vote.is_none())
				.map(|member| &member.hotkey)
				.collect();
			let member = (*world.dice.pick(&waiting)?).clone();
			let vote = match world.dice.below(5) {
				0 => CommitteeVote::Abstain,
				1 | 2 => CommitteeVote::ChallengerWrong,
				_ => CommitteeVote::AccusedWrong,
			};
			Some((member, Call::vote { id, vote }))
		}),
	}
}

/// Somebody with money who does not own the accused.
fn challenger(world: &mut World, accused: &AccountId) -> Option<Key> {
	let owner = world.chain.read(|| Neurons::coldkey(accused));
	let challenger = world.coldkey();
	(!world.sensible || Some(&challenger.id) != owner.as_ref()).then_some(challenger)
}

/// Whether a committee for the answer could be drawn without the parties; of no interest where no sense is asked for.
fn is_judged(world: &mut World, netuid: NetUid, evidence: &AnswerEvidence, parties: [&AccountId; 2]) -> bool {
	let receipt = &evidence.receipt.receipt;
	let miner = AccountId::from(receipt.miner);
	let mut parties = vec![miner, parties[0].clone(), parties[1].clone()];
	!world.sensible
		|| world.chain.read(|| {
			let owners: Vec<AccountId> = parties.iter().filter_map(Neurons::coldkey).collect();
			parties.extend(owners);
			let auditors = Models::auditors(netuid, &receipt.profile).into_iter();
			let free = auditors.filter(|hotkey| {
				let owner = Neurons::coldkey(hotkey);
				!parties.contains(hotkey) && owner.is_some_and(|owner| !parties.contains(&owner))
			});
			Audits::had_randomness(netuid, DRAWING_EPOCHS) && free.count() as u32 >= MinCommittee::get()
		})
}

/// An answer that can be disputed, and by whom.
fn disputable(world: &mut World) -> Option<(NetUid, Key, AnswerEvidence)> {
	for _ in 0..16 {
		let netuid = world.netuid();
		let Some((_, evidence)) = answer(world, netuid) else {
			continue;
		};
		let miner = AccountId::from(evidence.receipt.receipt.miner);
		let Some(challenger) = challenger(world, &miner) else {
			continue;
		};
		if is_judged(world, netuid, &evidence, [&miner, &challenger.id]) {
			return Some((netuid, challenger, evidence));
		}
	}
	None
}

fn open(world: &mut World) -> Option<(Key, RuntimeCall)> {
	let (netuid, challenger, evidence) = disputable(world)?;
	let claim = claim(world, &evidence);
	let evidence = Box::new(spoilt(world, evidence));
	let call = Call::open {
		netuid,
		claim,
		evidence,
	};
	Some((challenger, call.into()))
}

/// What can be said about an answer of the profile's lane.
fn claim(world: &mut World, evidence: &AnswerEvidence) -> Claim {
	let profile = evidence.receipt.receipt.profile;
	let lane = world
		.chain
		.read(|| ganglion_runtime::Models::profile(&profile).map(|found| found.lane));
	let strict = lane == Some(Lane::Strict) && !world.dice.one_in(4);
	match strict || !world.sensible {
		true => Claim::Margin {
			position: 0,
			margin: 1_001 + world.dice.below(100_000) as u32,
		},
		false => Claim::Answer,
	}
}

/// Where no sense is asked for, something that was not signed.
fn spoilt(world: &mut World, mut evidence: AnswerEvidence) -> AnswerEvidence {
	if !world.sensible && world.dice.one_in(2) {
		evidence.receipt.receipt.created_at += 1;
	}
	evidence
}

fn open_verdict(world: &mut World) -> Option<(Key, RuntimeCall)> {
	forget(world);
	let openings = world.openings.clone();
	let filed = |one: &&Opening| {
		let found: Option<_> = Audits::filed(one.netuid, &one.validator, one.epoch);
		let age = Timestamp::get().saturating_sub(one.answer.receipt.receipt.created_at);
		let bonded = Models::bond(one.netuid, &one.validator, Role::Audit) > 0;
		found.is_some() && Subnets::exists(one.netuid) && age < DisputeWindow::get() && bonded
	};
	let found: Vec<Opening> = world.chain.read(|| openings.iter().filter(filed).cloned().collect());
	let one = match world.sensible {
		true => world.dice.pick(&found)?.clone(),
		false => world.dice.pick(&openings)?.clone(),
	};
	let challenger = challenger(world, &one.validator)?;
	if !is_judged(world, one.netuid, &one.answer, [&one.validator, &challenger.id]) {
		return None;
	}
	let call = Call::open_verdict {
		netuid: one.netuid,
		opening: Box::new(one.proven(one.index)),
		validator: one.validator,
		evidence: Box::new(spoilt(world, one.answer)),
	};
	Some((challenger, call.into()))
}

fn refute(world: &mut World) -> Option<(Key, RuntimeCall)> {
	forget(world);
	let openings = world.openings.clone();
	let filed = |one: &&Opening| {
		let (netuid, who, epoch) = (one.netuid, &one.validator, one.epoch);
		let filed: Option<_> = Audits::filed(netuid, who, epoch);
		filed.is_some() && !Audits::is_refuted(netuid, who, epoch) && Models::bond(netuid, who, Role::Audit) > 0
	};
	let found: Vec<Opening> = world.chain.read(|| openings.iter().filter(filed).cloned().collect());
	let one = match world.sensible {
		true => world.dice.pick(&found)?.clone(),
		false => world.dice.pick(&openings)?.clone(),
	};
	let refutation = Box::new(refutation(world, &one, &openings)?);
	let reporter = challenger(world, &one.validator)?;
	let call = Call::refute {
		netuid: one.netuid,
		validator: one.validator,
		epoch: one.epoch,
		refutation,
	};
	Some((reporter, call.into()))
}

/// What is wrong with what was filed; anything where no sense is asked for.
fn refutation(world: &mut World, one: &Opening, others: &[Opening]) -> Option<Refutation> {
	let (verdict, opening) = (one.verdict(), one.proven(one.index));
	let same = |other: &&Opening| {
		let of_it = (other.netuid, &other.validator) == (one.netuid, &one.validator);
		of_it && other.epoch < one.epoch && other.verdict().request_id == verdict.request_id
	};
	let twice = others.iter().find(same).map(|other| other.proven(other.index));
	let counted = ganglion_primitives::verdict::standing(&one.rows, one.index);
	if let Some(second) = twice {
		return Some(Refutation::Twice { first: opening, second });
	}
	if counted != Some((verdict.uid, verdict.outcome)) || (!world.sensible && world.dice.one_in(2)) {
		let rows = one.rows.clone();
		return Some(Refutation::Miscounted { rows, opening });
	}
	let receipt = one.answer.receipt.clone();
	let foreign = AccountId::from(receipt.receipt.requester) != one.validator;
	(foreign || !world.sensible).then_some(Refutation::Foreign { opening, receipt })
}

/// A move in a dispute of this stage by whose turn it is, where that is one of ours; anybody where no sense is asked for.
fn moved(
	world: &mut World,
	stage: Stage,
	make: impl Fn(&mut World, DisputeId, &Dispute<AccountId>) -> Option<(AccountId, Call<Runtime>)>,
) -> Option<(Key, RuntimeCall)> {
	let all: Vec<(DisputeId, Dispute<AccountId>)> = world.chain.read(|| Disputes::<Runtime>::iter().collect());
	let fits = |(_, dispute): &&(DisputeId, Dispute<AccountId>)| {
		!world.sensible || (dispute.stage == stage && bisects(stage, dispute))
	};
	let found: Vec<_> = all.iter().filter(fits).collect();
	let (id, dispute) = (*world.dice.pick(&found)?).clone();
	let (who, call) = make(world, id, &dispute)?;
	let call = match world.dice.one_in(40) {
		true => Call::settle { id },
		false => call,
	};
	let signer = match world.sensible {
		true => world.key_of(&who)?,
		false => world.hotkey(),
	};
	Some((signer, call.into()))
}

/// Whether it is at a stage that is not over by itself.
fn bisects(stage: Stage, dispute: &Dispute<AccountId>) -> bool {
	match stage {
		Stage::Answering | Stage::Posting | Stage::Judging => matches!(dispute.claim, Claim::Margin { .. }),
		Stage::Drawing | Stage::Voting => true,
	}
}

fn party(world: &mut World, dispute: &Dispute<AccountId>) -> AccountId {
	match world.dice.one_in(2) {
		true => dispute.accused.clone(),
		false => dispute.challenger.clone(),
	}
}
