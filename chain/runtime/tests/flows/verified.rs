//! Verified inference as a whole: what a miner signs, an auditor judges, a validator files and anchors, a challenger disputes, a committee
//! decides, and what is left of all of it when the subnet goes.

use crate::common::{
	calls,
	evidence::{declare, judged_network, opening, verdict_row, verdicts, Filing},
	network::{epoch, join, next_epoch, player, Network, Player, NET},
	Chain, Key,
};
use crate::disputes::answer;
use codec::Encode;
use ganglion_primitives::*;
use ganglion_runtime::{AccountId, Balance, Balances, Hash, Models, Runtime, RuntimeCall};
use ganglion_traits::Bonds;
use pallet_disputes::Call;
use sp_io::hashing::blake2_256;

const CHARLIE: u16 = 2;
const FERDIE: u16 = 3;

/// What Bob says of an answer.
fn verdict(answer: &AnswerEvidence, outcome: Outcome) -> Verdict {
	Verdict {
		request_id: answer.receipt.receipt.request_id,
		receipt: blake2_256(&answer.receipt.encode()).into(),
		uid: CHARLIE,
		outcome,
		margin: 5_000_000,
		position: 1,
	}
}

/// Rows in which Charlie is caught with this verdict.
fn caught(number: u8, lie: Verdict) -> (Filing, Vec<Verdict>) {
	let row = VerdictRow {
		audited: 1,
		passed: 0,
		hard: 1,
		..verdict_row(CHARLIE, 2_000)
	};
	let rows = [row, verdict_row(FERDIE, 1_000)];
	let all = verdicts(number, &rows, &[lie]);
	let filing = Filing::new(number, &rows, &[(FERDIE, 65_535)]);
	(filing.over(&all), all)
}

/// Rows in which both miners are honest.
fn good(number: u8) -> Filing {
	let rows = [verdict_row(CHARLIE, 2_000), verdict_row(FERDIE, 1_000)];
	Filing::new(number, &rows, &[(CHARLIE, 65_535), (FERDIE, 32_767)])
}

/// Both commit in this epoch and reveal in the next.
fn file(chain: &mut Chain, both: [(&Player, &Filing); 2]) {
	for (validator, filing) in both {
		let commit = filing.commit(chain, validator);
		chain.ok(&validator.hotkey, commit);
	}
	next_epoch(chain, NET);
	for (validator, filing) in both {
		chain.ok(&validator.hotkey, filing.reveal());
	}
}

fn bond(chain: &mut Chain, who: &Player, role: Role) -> Balance {
	chain.read(|| Models::bond(NET, &who.hotkey.id, role))
}

fn held(chain: &mut Chain, who: &Key) -> Balance {
	chain.read(|| Balances::reserved_balance(&who.id))
}

fn found(chain: &mut Chain, id: DisputeId) -> DisputeDetail<AccountId> {
	let detail: Option<DisputeDetail<AccountId>> = chain.ask("DisputesApi_dispute", id);
	detail.unwrap()
}

/// The first verdict is wrong.
fn accuse(validator: &Player, epoch: EpochIndex, verdicts: &[Verdict], answer: &AnswerEvidence) -> RuntimeCall {
	let opening = opening(epoch, verdicts, 0);
	Call::open_verdict {
		netuid: NET,
		validator: validator.hotkey.id.clone(),
		opening: Box::new(opening),
		evidence: Box::new(answer.clone()),
	}
	.into()
}

/// Bob and Dave validate and audit, Charlie and Ferdie serve.
fn network() -> (Network, Player, ProfileId) {
	let (mut network, profile) = judged_network();
	let dave = player("Dave");
	let chain = &mut network.chain;
	join(chain, NET, &dave, 50 * GNG);
	chain.ok(&dave.coldkey, declare(&dave, profile, Role::Audit, 20 * GNG));
	next_epoch(chain, NET);
	(network, dave, profile)
}

/// A validator condemns an honest miner; the miner shows it, another auditor confirms it, and the validator pays.
#[test]
fn a_false_verdict_costs_its_validator() {
	let (mut network, dave, profile) = network();
	let (bob, charlie) = (network.validator.clone(), network.miners[0].clone());
	let chain = &mut network.chain;
	let honest = answer(chain, &charlie, profile);
	let (filing, filed) = caught(1, verdict(&honest, Outcome::Hard));
	let anchor = |root: Hash| -> RuntimeCall {
		let (netuid, count) = (NET, 1);
		pallet_receipts::Call::anchor { netuid, root, count }.into()
	};
	chain.ok(&bob.hotkey, anchor(Hash::repeat_byte(7)));
	let committed_in = epoch(chain, NET);
	file(chain, [(&bob, &filing), (&dave, &good(1))]);
	let bonds = [bond(chain, &bob, Role::Audit), bond(chain, &charlie, Role::Serve)];
	let accusation = accuse(&bob, committed_in, &filed, &honest);
	chain.ok(&charlie.coldkey, accusation);
	assert_eq!(found(chain, 0).dispute.accused, bob.hotkey.id);
	// Life goes on: the accused validates, and what both reveal draws the committee.
	file(chain, [(&bob, &good(2)), (&dave, &good(2))]);
	next_epoch(chain, NET);
	chain.empty(6);
	let drawn = found(chain, 0);
	assert_eq!(
		(drawn.dispute.stage, drawn.awaited),
		(Stage::Voting, vec![dave.hotkey.id.clone()])
	);
	let vote = CommitteeVote::AccusedWrong;
	chain.ok(&dave.hotkey, Call::vote { id: 0, vote }.into());
	let (ending, _, _, slashed, _) = found(chain, 0).end.unwrap();
	assert_eq!((ending, slashed), (Ending::Upheld, money::proportion(bonds[0], 32_767)));
	assert_eq!(bond(chain, &bob, Role::Audit), bonds[0] - slashed);
	assert_eq!(bond(chain, &charlie, Role::Serve), bonds[1]);
	assert_eq!(held(chain, &charlie.coldkey), 0);
	// With what is left of its bond it goes on; what it keeps back costs a part of that.
	let left = bond(chain, &bob, Role::Audit);
	let commit = good(3).commit(chain, &bob);
	chain.ok(&bob.hotkey, commit);
	next_epoch(chain, NET);
	next_epoch(chain, NET);
	chain.empty(1);
	assert_eq!(bond(chain, &bob, Role::Audit), left - money::proportion(left, 6_553));
}

/// Disputes of both kinds, commitments, secrets, anchors and a slash that is due are all open when the subnet is dissolved.
#[test]
fn a_dissolved_subnet_gives_back_what_was_held_and_keeps_nothing() {
	let (mut network, dave, profile) = network();
	let (bob, charlie, ferdie) = (
		network.validator.clone(),
		network.miners[0].clone(),
		network.miners[1].clone(),
	);
	let eve = network.owner.coldkey.clone();
	let chain = &mut network.chain;
	let honest = answer(chain, &charlie, profile);
	let (filing, filed) = caught(1, verdict(&honest, Outcome::Hard));
	let committed_in = epoch(chain, NET);
	file(chain, [(&bob, &filing), (&dave, &good(1))]);
	let before = held(chain, &eve);
	chain.ok(&charlie.coldkey, accuse(&bob, committed_in, &filed, &honest));
	let other = Box::new(answer(chain, &ferdie, profile));
	let claim = Claim::Margin {
		position: 0,
		margin: 2_000_000,
	};
	let netuid = NET;
	chain.ok(
		&eve,
		Call::open {
			netuid,
			claim,
			evidence: other,
		}
		.into(),
	);
	assert!(held(chain, &eve) > before && held(chain, &charlie.coldkey) > 0);
	let root = Hash::repeat_byte(8);
	chain.ok(
		&dave.hotkey,
		pallet_receipts::Call::anchor { netuid, root, count: 3 }.into(),
	);
	for validator in [&bob, &dave] {
		let commit = good(2).commit(chain, validator);
		chain.ok(&validator.hotkey, commit);
	}
	next_epoch(chain, NET);
	chain.ok(&dave.hotkey, good(2).reveal());
	next_epoch(chain, NET);
	let commit = good(3).commit(chain, &dave);
	chain.ok(&dave.hotkey, commit);
	chain.root(calls::dissolve(NET));
	chain.empty(12);
	let left = chain.read(|| {
		[
			pallet_audits::Filed::<Runtime>::iter().count(),
			pallet_audits::Authors::<Runtime>::iter().count(),
			pallet_audits::Due::<Runtime>::iter().count(),
			pallet_disputes::Disputes::<Runtime>::iter().count(),
			pallet_disputes::EvidenceOf::<Runtime>::iter().count(),
			pallet_models::Freezes::<Runtime>::iter().count(),
			pallet_weights::Commits::<Runtime>::iter().count(),
		]
	});
	assert_eq!(left, [0; 7]);
	assert_eq!(held(chain, &charlie.coldkey), 0);
	let profile_deposit = chain.read(|| {
		pallet_models::Records::<Runtime>::iter()
			.map(|(_, one)| one.deposit)
			.sum()
	});
	assert_eq!(held(chain, &eve), profile_deposit, "its profile is registered still");
}
