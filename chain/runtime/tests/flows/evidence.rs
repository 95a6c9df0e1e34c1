//! Weights that rest on evidence, through the whole runtime: nothing is known before the reveal, weights are what the chain makes of the
//! rows, secrets become randomness, and keeping them back costs bond and pay.

use crate::common::{
	calls,
	evidence::{declare, judged_network, profile, register_profile, secret, verdict_row, Filing, LLR_LIMIT},
	network::{epoch, join, next_epoch, paid, player, Network, Player, NET},
	Chain, CANNOT_PAY,
};
use codec::Encode;
use ganglion_primitives::*;
use ganglion_runtime::{
	AccountId, Audits, Balance, Hash, Models, Runtime, RuntimeCall, RuntimeEvent, Staking, Weights,
};
use ganglion_traits::{Bonds, DrawRandomness, StakeInspect, WeightsInspect};
use sp_io::hashing::blake2_256;

type WeightsOf = Option<Result<(Vec<u16>, Vec<u16>), RowFlaw>>;
const BOB: u16 = 1;
const CHARLIE: u16 = 2;
const FERDIE: u16 = 3;

/// Charlie did two thirds of the work.
fn good(number: u8) -> Filing {
	let rows = [verdict_row(CHARLIE, 2_000), verdict_row(FERDIE, 1_000)];
	Filing::new(number, &rows, &[(CHARLIE, 65_535), (FERDIE, 32_767)])
}

/// Commit now, reveal in the next epoch.
fn file(chain: &mut Chain, player: &Player, filing: &Filing) {
	let commit = filing.commit(chain, player);
	chain.ok(&player.hotkey, commit);
	next_epoch(chain, NET);
	chain.ok(&player.hotkey, filing.reveal());
}

fn bond(chain: &mut Chain, player: &Player) -> Balance {
	chain.read(|| Models::bond(NET, &player.hotkey.id, Role::Audit))
}

fn stake(chain: &mut Chain, player: &Player) -> Balance {
	chain.read(|| Staking::stake(NET, &player.hotkey.id))
}

#[test]
fn what_was_found_becomes_weights_pay_and_randomness() {
	let (mut network, _) = judged_network();
	let (chain, bob) = (&mut network.chain, &network.validator);
	let before = chain.free(&bob.hotkey);
	let committed_in = epoch(chain, NET);
	let filing = good(1);
	let given: WeightsOf = chain.ask("AuditsApi_weights_of", (NET, &bob.hotkey.id, &filing.evidence.rows));
	assert_eq!(given, Some(Ok((vec![CHARLIE, FERDIE], vec![65_535, 32_767]))));
	file(chain, bob, &filing);
	assert_eq!(chain.free(&bob.hotkey), before, "both are free");
	let filed: Vec<(AccountId, FiledEvidence<AccountId>)> = chain.ask("AuditsApi_filed", (NET, committed_in));
	let [(hotkey, one)] = &filed[..] else {
		panic!("{filed:?}")
	};
	assert_eq!(
		(hotkey, one.root, one.secret),
		(&bob.hotkey.id, filing.evidence.root, secret(1))
	);
	let announced: Option<Hash> = chain.ask("AuditsApi_announced", (NET, &bob.hotkey.id));
	assert_eq!(announced, Some(blake2_256(&secret(2)).into()));
	assert_eq!(chain.read(|| Audits::randomness(NET)), None);
	next_epoch(chain, NET);
	let [_, miners, _] = paid(chain, NET).unwrap();
	assert!(miners > 0);
	let now = epoch(chain, NET);
	let mut bytes = b"ganglion/randomness/1".to_vec();
	(NET, now, vec![secret(1)]).encode_to(&mut bytes);
	let history: Vec<(u32, Hash)> = chain.ask("AuditsApi_randomness", NET);
	assert_eq!(history, [(now, blake2_256(&bytes).into())]);
	assert_eq!(chain.read(|| Audits::randomness(NET)), Some(history[0]));
}

/// Whoever copies weights sees neither them nor what they rest on before the reveal: not in the state, not in a block.
#[test]
fn a_copier_sees_nothing_before_the_reveal() {
	let (mut network, _) = judged_network();
	let (chain, bob) = (&mut network.chain, &network.validator);
	let filing = good(1);
	let parts = [
		filing.evidence.secret.to_vec(),
		filing.evidence.next.as_bytes().to_vec(),
		filing.evidence.root.as_bytes().to_vec(),
		filing.evidence.rows[0].encode(),
	];
	let seen = |chain: &mut Chain, part: &[u8]| {
		let holds = |bytes: &[u8]| bytes.windows(part.len()).any(|window| window == part);
		let body = chain.body.encode();
		holds(&body) || chain.items().iter().any(|(key, value)| holds(key) || holds(value))
	};
	let commit = filing.commit(chain, bob);
	chain.ok(&bob.hotkey, commit);
	assert!(parts.iter().all(|part| !seen(chain, part)));
	next_epoch(chain, NET);
	assert!(parts.iter().all(|part| !seen(chain, part)));
	chain.ok(&bob.hotkey, filing.reveal());
	assert!(parts.iter().all(|part| seen(chain, part)), "after it everybody does");
}

/// And whoever copies the commitment itself can reveal nothing with it.
#[test]
fn a_copied_commitment_costs_its_copier_his_bond() {
	let (mut network, id) = judged_network();
	let chain = &mut network.chain;
	let (bob, copier) = (network.validator.clone(), player("Dave"));
	join(chain, NET, &copier, 100 * GNG);
	chain.ok(&copier.coldkey, declare(&copier, id, Role::Audit, 20 * GNG));
	next_epoch(chain, NET);
	let filing = good(1);
	let commit = filing.commit(chain, &bob);
	chain.ok(&bob.hotkey, commit.clone());
	chain.ok(&copier.hotkey, commit);
	next_epoch(chain, NET);
	chain.ok(&bob.hotkey, filing.reveal());
	assert_eq!(chain.refused(&copier.hotkey, filing.reveal()), CANNOT_PAY);
	next_epoch(chain, NET);
	assert_eq!(bond(chain, &bob), 20 * GNG);
	assert!(bond(chain, &copier) < 18 * GNG + GNG / 10);
}

#[test]
fn weights_that_the_rows_do_not_give_are_refused() {
	let (mut network, _) = judged_network();
	let (chain, bob) = (&mut network.chain, &network.validator);
	let rows = good(1).evidence.rows;
	let wrong = [
		Filing::new(1, &rows, &[(CHARLIE, 65_535), (FERDIE, 65_535)]),
		Filing::new(1, &rows, &[(CHARLIE, 65_535)]),
		Filing::new(1, &rows, &[(BOB, 1), (CHARLIE, 65_535), (FERDIE, 32_767)]),
	];
	for filing in wrong {
		let commit = filing.commit(chain, bob);
		chain.ok(&bob.hotkey, commit);
		next_epoch(chain, NET);
		assert_eq!(chain.refused(&bob.hotkey, filing.reveal()), CANNOT_PAY);
		next_epoch(chain, NET);
	}
	assert!(chain.read(|| Weights::weights(NET, MechanismId(0))).is_empty());
}

#[test]
fn who_lied_has_no_weight() {
	let (mut network, _) = judged_network();
	let (chain, bob) = (&mut network.chain, &network.validator);
	let caught = VerdictRow {
		hard: 1,
		passed: 3,
		..verdict_row(CHARLIE, 90_000)
	};
	let suspected = VerdictRow {
		llr: LLR_LIMIT as i32 + 1,
		..verdict_row(CHARLIE, 90_000)
	};
	for (number, row) in [(1, caught), (2, suspected)] {
		let filing = Filing::new(number, &[row, verdict_row(FERDIE, 5)], &[(FERDIE, 65_535)]);
		file(chain, bob, &filing);
		assert_eq!(
			chain.read(|| Weights::weights(NET, MechanismId(0))),
			[(BOB, vec![(FERDIE, 65_535)])]
		);
	}
	// Nobody at all: the row is empty, and is revealed all the same.
	let nobody = Filing::new(
		3,
		&[VerdictRow {
			owed: 2,
			..verdict_row(FERDIE, 5)
		}],
		&[],
	);
	file(chain, bob, &nobody);
	assert_eq!(chain.read(|| Weights::weights(NET, MechanismId(0))), [(BOB, vec![])]);
}

#[test]
fn only_the_announced_secret_is_taken() {
	let (mut network, _) = judged_network();
	let (chain, bob) = (&mut network.chain, &network.validator);
	file(chain, bob, &good(1));
	let other = good(7);
	let commit = other.commit(chain, bob);
	chain.ok(&bob.hotkey, commit);
	next_epoch(chain, NET);
	assert_eq!(chain.refused(&bob.hotkey, other.reveal()), CANNOT_PAY);
	// It was missed, which costs; then a chain of secrets begins anew.
	next_epoch(chain, NET);
	assert!(bond(chain, bob) < 20 * GNG);
	file(chain, bob, &good(20));
}

#[test]
fn keeping_a_secret_back_costs_bond_and_pay() {
	let (mut network, id) = judged_network();
	let chain = &mut network.chain;
	let bob = network.validator.clone();
	// Another validator keeps the subnet paying while Bob is silent.
	let dave = player("Dave");
	join(chain, NET, &dave, 50 * GNG);
	chain.ok(&dave.coldkey, declare(&dave, id, Role::Audit, 20 * GNG));
	// An occupant that was never heard counts as inactive only when a chain is older than the time in which one has to be.
	chain.empty(140);
	next_epoch(chain, NET);
	let both = |chain: &mut Chain, number: u8, bob_reveals: bool| {
		let filing = good(number);
		for one in [&bob, &dave] {
			let commit = filing.commit(chain, one);
			chain.ok(&one.hotkey, commit);
		}
		next_epoch(chain, NET);
		chain.ok(&dave.hotkey, filing.reveal());
		if bob_reveals {
			chain.ok(&bob.hotkey, filing.reveal());
		}
	};
	both(chain, 1, true);
	both(chain, 2, true);
	both(chain, 3, false);
	let before = bond(chain, &bob);
	next_epoch(chain, NET);
	assert_eq!(before, 20 * GNG);
	let silent = |chain: &mut Chain| {
		let registered_at = chain.read(|| {
			use ganglion_traits::NeuronInspect;
			ganglion_runtime::Neurons::neurons(NET)
				.into_iter()
				.map(|(_, at)| at)
				.collect::<Vec<_>>()
		});
		chain.read(|| Weights::row(NET, MechanismId(0), Uid(BOB), &registered_at).is_none())
	};
	assert!(silent(chain));
	let kept_back = pallet_audits::Event::<Runtime>::EvidenceKeptBack {
		netuid: NET,
		hotkey: bob.hotkey.id.clone(),
		times: 1,
		slashed: 20 * GNG * 6_553 / 65_535,
	};
	assert!(chain.events().contains(&RuntimeEvent::Audits(kept_back)));
	assert_eq!(bond(chain, &bob), 20 * GNG - 20 * GNG * 6_553 / 65_535);
	let at_risk = stake(chain, &bob);
	next_epoch(chain, NET);
	let metagraph: Option<Metagraph<AccountId>> = chain.ask("MetagraphApi_metagraph", NET);
	let metagraph = metagraph.unwrap();
	let of_bob = (
		metagraph.active[1],
		metagraph.validator_trust[1],
		metagraph.dividends[1],
		metagraph.emission[1],
	);
	assert_eq!(of_bob, (0, 0, 0, 0));
	assert!(metagraph.dividends[4] > 0, "Dave was heard");
	assert_eq!(stake(chain, &bob), at_risk);
	assert!(!silent(chain), "for one epoch");
}

#[test]
fn without_a_bond_nothing_is_committed() {
	let mut network = Network::new();
	let (chain, bob) = (&mut network.chain, network.validator.clone());
	chain.ok(&network.owner.coldkey, register_profile(&profile(1, Lane::Strict)));
	chain.root(calls::set_hyperparameters(NET, &[Hyperparameter::VerdictsOn(true)]));
	let commit = good(1).commit(chain, &bob);
	assert_eq!(chain.refused(&bob.hotkey, commit), CANNOT_PAY);
}

#[test]
fn verdicts_need_commitments_that_are_revealed_soon() {
	let mut network = Network::new();
	let chain = &mut network.chain;
	let refused = |chain: &mut Chain, changes: &[Hyperparameter]| {
		let call = calls::sudo(calls::set_hyperparameters(NET, changes));
		chain.ok(&crate::common::key("Alice"), call);
		let failed = |event: &RuntimeEvent| {
			matches!(
				event,
				RuntimeEvent::Sudo(pallet_sudo::Event::Sudid { sudo_result: Err(_) })
			)
		};
		chain.events().iter().any(failed)
	};
	use Hyperparameter::{CommitRevealOn, RevealPeriodEpochs, VerdictsOn};
	assert!(refused(chain, &[CommitRevealOn(false), VerdictsOn(true)]));
	assert!(refused(chain, &[RevealPeriodEpochs(5), VerdictsOn(true)]));
	assert!(!refused(chain, &[RevealPeriodEpochs(4), VerdictsOn(true)]));
	assert!(refused(chain, &[CommitRevealOn(false)]));
	assert!(!refused(chain, &[VerdictsOn(false), CommitRevealOn(false)]));
}

#[test]
fn an_exchanged_hotkey_goes_on_with_its_secrets() {
	let (mut network, _) = judged_network();
	let chain = &mut network.chain;
	let bob = network.validator.clone();
	let committed_in = epoch(chain, NET);
	file(chain, &bob, &good(1));
	let filing = good(2);
	let commit = filing.commit(chain, &bob);
	chain.ok(&bob.hotkey, commit);
	let new = Player {
		hotkey: crate::common::key("new hotkey of Bob"),
		..bob.clone()
	};
	let (old, id) = (bob.hotkey.id.clone(), new.hotkey.id.clone());
	let swap: RuntimeCall = pallet_key_swap::Call::swap_hotkey {
		old,
		new: id,
		netuid: None,
	}
	.into();
	chain.ok(&bob.coldkey, swap);
	next_epoch(chain, NET);
	chain.ok(&new.hotkey, filing.reveal());
	let filed: Vec<(AccountId, FiledEvidence<AccountId>)> = chain.ask("AuditsApi_filed", (NET, committed_in));
	assert_eq!(filed[0].0, new.hotkey.id);
	assert_eq!(bond(chain, &new), 20 * GNG);
	file(chain, &new, &good(3));
}

#[test]
fn nothing_is_left_of_a_dissolved_subnet() {
	let (mut network, _) = judged_network();
	let (chain, bob) = (&mut network.chain, network.validator.clone());
	file(chain, &bob, &good(1));
	let filing = good(2);
	let commit = filing.commit(chain, &bob);
	chain.ok(&bob.hotkey, commit);
	chain.root(calls::dissolve(NET));
	chain.empty(5);
	let left = chain.read(|| {
		pallet_audits::Filed::<Runtime>::iter().count()
			+ pallet_audits::Authors::<Runtime>::iter().count()
			+ pallet_audits::Revealed::<Runtime>::iter().count()
			+ pallet_audits::Randomness::<Runtime>::iter().count()
	});
	assert_eq!(left, 0);
}
