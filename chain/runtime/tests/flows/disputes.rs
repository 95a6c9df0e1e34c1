//! Disputes through the whole runtime: a lie costs the miner's bond, a false accusation the challenger's, and keys without a token play
//! their part free of charge.

use crate::common::{
	calls,
	evidence::{judged_network, verdict_row, Filing},
	key,
	network::{genesis, next_epoch, Network, Player, NET},
	Chain, Key,
};
use codec::Encode;
use frame_support::BoundedVec;
use ganglion_primitives::{
	dispute::{OUTPUT_DOMAIN, PROMPT_DOMAIN, SAMPLING_DOMAIN},
	*,
};
use ganglion_runtime::{parameters::DisputeMove, AccountId, Balance, Hash, Models, Runtime, RuntimeCall, Timestamp};
use ganglion_traits::Bonds;
use pallet_disputes::Call;
use sp_io::hashing::blake2_256;

type Detail = Option<DisputeDetail<AccountId>>;
const CHARLIE: u16 = 2;
const FERDIE: u16 = 3;
const TOO_MUCH: Claim = Claim::Margin {
	position: 1,
	margin: 2_000_000,
};

fn hash(domain: &[u8], bytes: &[u8]) -> Hash {
	blake2_256(&[domain, bytes].concat()).into()
}

fn hash_ids(domain: &[u8], ids: &[u32]) -> Hash {
	hash(domain, &ids.iter().flat_map(|id| id.to_le_bytes()).collect::<Vec<_>>())
}

/// An answer that a miner signed now.
pub fn answer(chain: &mut Chain, miner: &Player, profile: ProfileId) -> AnswerEvidence {
	let (prompt, output) = (vec![1u32, 2, 3], vec![4u32, 5]);
	let receipt = Receipt {
		version: RECEIPT_VERSION,
		network: genesis(chain),
		request: Hash::repeat_byte(1),
		request_id: [2; 16],
		miner: miner.hotkey.id.clone().into(),
		requester: [3; 32],
		profile,
		kind: AnswerKind::Chat,
		prompt: hash_ids(PROMPT_DOMAIN, &prompt),
		prompt_tokens: 3,
		sampling: hash(SAMPLING_DOMAIN, b"warm"),
		output: hash_ids(OUTPUT_DOMAIN, &output),
		output_tokens: 2,
		finish: Finish::Stop,
		nonce: [4; 16],
		trace: Hash::zero(),
		price: 0,
		payment: Hash::zero(),
		created_at: chain.read(Timestamp::get),
		first_token_ms: 1,
		pace: 1,
		stream: None,
	};
	let message = [RECEIPT_DOMAIN, &receipt.encode()].concat();
	AnswerEvidence {
		receipt: SignedReceipt {
			signature: miner.hotkey.signature(&message),
			receipt,
		},
		prompt: prompt.try_into().unwrap(),
		output: output.try_into().unwrap(),
		sampling: b"warm".to_vec().try_into().unwrap(),
		leaves: BoundedVec::new(),
	}
}

fn open(evidence: &AnswerEvidence) -> RuntimeCall {
	Call::open {
		netuid: NET,
		claim: TOO_MUCH,
		evidence: Box::new(evidence.clone()),
	}
	.into()
}

fn dispute(chain: &mut Chain, id: DisputeId) -> DisputeDetail<AccountId> {
	let found: Detail = chain.ask("DisputesApi_dispute", id);
	found.unwrap()
}

fn bond(chain: &mut Chain, player: &Player) -> Balance {
	chain.read(|| Models::bond(NET, &player.hotkey.id, Role::Serve))
}

/// Where secrets are revealed, Dave accuses Charlie; number 0.
fn opened() -> (Network, Key, AnswerEvidence) {
	let (mut network, profile) = judged_network();
	reveal(&mut network, 1);
	let dave = key("Dave");
	let evidence = answer(&mut network.chain, &network.miners[0], profile);
	network.chain.ok(&dave, open(&evidence));
	(network, dave, evidence)
}

/// Both say what they compute until one step is left: the accused's differs from the third on.
fn bisect(network: &mut Network, challenger: &Key) {
	let (chain, accused) = (&mut network.chain, network.miners[0].hotkey.clone());
	let before = chain.free(&accused);
	let (id, hash) = (0, Hash::repeat_byte(9));
	chain.ok(&accused, Call::answer { id, margin: 7, hash }.into());
	while dispute(chain, id).dispute.stage == Stage::Posting {
		let step = dispute(chain, id).dispute.bisection.unwrap().middle_step();
		chain.ok(&accused, Call::post { id, hash }.into());
		let agrees = step < 3;
		chain.ok(challenger, Call::judge { id, agrees }.into());
	}
	let found = dispute(chain, id).dispute;
	let bisection = found.bisection.unwrap();
	assert_eq!((found.stage, bisection.high), (Stage::Drawing, 3));
	assert!(bisection.rounds <= 3, "six steps");
	assert_eq!(chain.free(&accused), before, "moves are free");
}

/// Bob files evidence of a period in two epochs, so that the next one has randomness.
fn reveal(network: &mut Network, number: u8) {
	let (chain, bob) = (&mut network.chain, network.validator.clone());
	let rows = [verdict_row(CHARLIE, 2_000), verdict_row(FERDIE, 1_000)];
	let filing = Filing::new(number, &rows, &[(CHARLIE, 65_535), (FERDIE, 32_767)]);
	let commit = filing.commit(chain, &bob);
	chain.ok(&bob.hotkey, commit);
	next_epoch(chain, NET);
	chain.ok(&bob.hotkey, filing.reveal());
	next_epoch(chain, NET);
	chain.empty(6);
}

#[test]
fn a_lie_is_located_judged_and_costs_the_bond() {
	let (mut network, dave, evidence) = opened();
	let before = network.chain.free(&dave);
	let bonded = bond(&mut network.chain, &network.miners[0]);
	bisect(&mut network, &dave);
	reveal(&mut network, 2);
	let (chain, bob) = (&mut network.chain, network.validator.clone());
	let found = dispute(chain, 0);
	assert_eq!(
		(found.dispute.stage, found.awaited),
		(Stage::Voting, vec![bob.hotkey.id.clone()])
	);
	assert_eq!(found.evidence, Some(evidence.clone()));
	let vote = CommitteeVote::AccusedWrong;
	chain.ok(&bob.hotkey, Call::vote { id: 0, vote }.into());
	let (ending, reason, _, slashed, _) = dispute(chain, 0).end.unwrap();
	assert_eq!((ending, reason), (Ending::Upheld, Reason::Committee));
	assert_eq!(slashed, money::proportion(bonded, 32_767));
	assert_eq!(bond(chain, &network.miners[0]), bonded - slashed);
	assert!(chain.free(&dave) > before, "the bond is back, and a part of the slash");
	let again: sp_runtime::DispatchError = pallet_disputes::Error::<Runtime>::AlreadyUpheld.into();
	assert_eq!(chain.fails(&dave, open(&evidence)), again);
}

#[test]
fn a_false_accusation_is_paid_for() {
	let (mut network, dave, _) = opened();
	let bonded = bond(&mut network.chain, &network.miners[0]);
	bisect(&mut network, &dave);
	reveal(&mut network, 2);
	let (chain, bob, coldkey) = (
		&mut network.chain,
		network.validator.clone(),
		network.miners[0].coldkey.clone(),
	);
	let (before, his) = (chain.free(&dave), chain.free(&coldkey));
	let held = dispute(chain, 0).dispute.bond;
	let vote = CommitteeVote::ChallengerWrong;
	chain.ok(&bob.hotkey, Call::vote { id: 0, vote }.into());
	assert_eq!(chain.free(&dave), before, "nothing comes back");
	assert_eq!(chain.free(&coldkey), his + held / 2);
	assert_eq!(bond(chain, &network.miners[0]), bonded);
}

/// Whoever is accused and silent is judged as if it had spoken.
#[test]
fn silence_is_no_confession_and_bonds_wait_for_the_end() {
	let (mut network, _, _) = opened();
	let (chain, miner) = (&mut network.chain, network.miners[0].clone());
	let bonded = bond(chain, &miner);
	let (accusations, ..): (u32, Balance, Balance) = chain.ask("ModelsApi_standing", (NET, miner.hotkey.id.clone()));
	assert_eq!(accusations, 1);
	let too_much = calls::remove_stake(NET, &miner.hotkey, 5 * GNG);
	let locked: sp_runtime::DispatchError = pallet_staking::Error::<Runtime>::Locked.into();
	assert_eq!(chain.fails(&miner.coldkey, too_much), locked);
	let turn = chain.read(DisputeMove::get);
	chain.empty(turn + 3);
	assert_eq!(dispute(chain, 0).dispute.stage, Stage::Drawing);
	assert_eq!(bond(chain, &miner), bonded);
	reveal(&mut network, 2);
	let (chain, bob) = (&mut network.chain, network.validator.clone());
	let found = dispute(chain, 0);
	assert_eq!((found.dispute.stage, found.dispute.bisection), (Stage::Voting, None));
	let vote = CommitteeVote::AccusedWrong;
	chain.ok(&bob.hotkey, Call::vote { id: 0, vote }.into());
	let (ending, reason, ..) = dispute(chain, 0).end.unwrap();
	assert_eq!((ending, reason), (Ending::Upheld, Reason::Committee));
	assert!(bond(chain, &miner) < bonded);
}

/// Where no secrets are revealed nobody decides: the accused loses nothing, and whoever asked for it a part of his bond.
#[test]
fn what_nobody_decides_is_not_free() {
	let (mut network, dave, _) = opened();
	let (chain, miner) = (&mut network.chain, network.miners[0].clone());
	let bonded = bond(chain, &miner);
	let held = dispute(chain, 0).dispute.bond;
	let before = chain.free(&dave);
	let waive: RuntimeCall = Call::waive { id: 0 }.into();
	chain.ok(&dave, waive);
	assert_eq!(chain.free(&dave), before, "moves are free");
	while dispute(chain, 0).end.is_none() {
		chain.empty(1);
	}
	let (ending, reason, _, slashed, forfeited) = dispute(chain, 0).end.unwrap();
	assert_eq!((ending, reason), (Ending::Undecided, Reason::NoQuorum));
	assert_eq!((slashed, forfeited), (0, held / 8));
	assert_eq!(chain.free(&dave), before + held - held / 8);
	assert_eq!(bond(chain, &miner), bonded);
}
