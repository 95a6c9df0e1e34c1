//! What a validator filed is refuted by anybody in one transaction, and the truth by nobody, whatever is renamed meanwhile.

use crate::common::{
	evidence::{judged_network, opening, verdict_row, verdicts, Filing},
	key,
	network::{epoch, next_epoch, player, Network, Player, NET},
	Key,
};
use crate::disputes::answer;
use codec::Encode;
use ganglion_primitives::*;
use ganglion_runtime::{Balance, Models, Runtime, RuntimeCall, RuntimeEvent};
use ganglion_traits::Bonds;
use pallet_audits::PENDING;
use pallet_disputes::{Call, Error, Event};
use sp_io::hashing::blake2_256;
use sp_runtime::DispatchError;

const CHARLIE: u16 = 2;
const FERDIE: u16 = 3;

/// What was filed, with all that it is made from.
struct Told {
	network: Network,
	epoch: EpochIndex,
	rows: VerdictRows,
	verdicts: Vec<Verdict>,
	receipt: SignedReceipt,
	/// Where the verdict about this receipt is.
	place: u32,
}

/// An answer of the miner to Bob.
fn asked(network: &mut Network, miner: &Player, profile: ProfileId) -> SignedReceipt {
	let mut receipt = answer(&mut network.chain, miner, profile).receipt.receipt;
	receipt.requester = network.validator.hotkey.id.clone().into();
	let signature = miner.hotkey.signature(&[RECEIPT_DOMAIN, &receipt.encode()].concat());
	SignedReceipt { receipt, signature }
}

/// Bob files two miners' verdicts, one of them about an answer of `miner`, after what `change` makes of them.
fn told(uid: u16, miner: usize, change: impl Fn(&mut Vec<Verdict>)) -> Told {
	let (mut network, profile) = judged_network();
	// Who is in which slot is known to all by then.
	network.chain.empty(PENDING + 1);
	next_epoch(&mut network.chain, NET);
	next_epoch(&mut network.chain, NET);
	let miner = network.miners[miner].clone();
	let receipt = asked(&mut network, &miner, profile);
	let about = Verdict {
		request_id: receipt.receipt.request_id,
		receipt: blake2_256(&receipt.encode()).into(),
		uid,
		outcome: Outcome::Passed,
		margin: 0,
		position: 0,
	};
	let rows = [verdict_row(CHARLIE, 2_000), verdict_row(FERDIE, 1_000)];
	let mut all = verdicts(1, &rows, &[about]);
	let place = all.iter().position(|one| *one == about).unwrap() as u32;
	change(&mut all);
	let filing = Filing::new(1, &rows, &[(CHARLIE, 65_535), (FERDIE, 32_767)]).over(&all);
	let (chain, bob) = (&mut network.chain, &network.validator);
	let epoch = epoch(chain, NET);
	let commit = filing.commit(chain, bob);
	chain.ok(&bob.hotkey, commit);
	next_epoch(chain, NET);
	chain.ok(&bob.hotkey, filing.reveal());
	Told {
		network,
		epoch,
		rows: filing.evidence.rows.clone(),
		verdicts: all,
		receipt,
		place,
	}
}

impl Told {
	fn refute(&self, refutation: Refutation) -> RuntimeCall {
		Call::refute {
			netuid: NET,
			validator: self.network.validator.hotkey.id.clone(),
			epoch: self.epoch,
			refutation: Box::new(refutation),
		}
		.into()
	}

	fn miscounted(&self, index: u32) -> RuntimeCall {
		let opening = opening(self.epoch, &self.verdicts, index);
		let rows = self.rows.clone();
		self.refute(Refutation::Miscounted { rows, opening })
	}

	fn foreign(&self) -> RuntimeCall {
		let opening = opening(self.epoch, &self.verdicts, self.place);
		let receipt = self.receipt.clone();
		self.refute(Refutation::Foreign { opening, receipt })
	}

	fn bond(&mut self) -> Balance {
		let bob = self.network.validator.hotkey.id.clone();
		self.network.chain.read(|| Models::bond(NET, &bob, Role::Audit))
	}

	fn refused(&mut self, by: &Key, call: RuntimeCall, why: Error<Runtime>) {
		assert_eq!(self.network.chain.fails(by, call), DispatchError::from(why));
	}

	/// Dave refutes it, free of charge, and is paid out of Bob's bond; once.
	fn refuted(&mut self, call: RuntimeCall, expected: FilingFlaw) {
		let dave = key("Dave");
		let (before, bond) = (self.network.chain.free(&dave), self.bond());
		self.network.chain.ok(&dave, call.clone());
		let events = self.network.chain.events();
		let told = events.iter().find_map(|event| match event {
			RuntimeEvent::Disputes(Event::Refuted { flaw, slashed, .. }) => Some((*flaw, *slashed)),
			_ => None,
		});
		let slashed = money::proportion(bond, 32_767);
		assert_eq!(told, Some((expected, slashed)));
		assert_eq!(self.bond(), bond - slashed);
		let paid = self.network.chain.free(&dave);
		assert!(paid > before, "no fee, and the reporter's part");
		self.refused(&dave, call, Error::AlreadyRefuted);
		assert!(self.network.chain.free(&dave) < paid, "who is late pays the fee");
	}

	/// Dave says all that can be said, and pays the fees.
	fn stands(&mut self) {
		let dave = key("Dave");
		let (before, bond) = (self.network.chain.free(&dave), self.bond());
		let foreign = self.foreign();
		self.refused(&dave, foreign, Error::NoFlaw);
		for index in [0, self.place, 7] {
			let miscounted = self.miscounted(index);
			self.refused(&dave, miscounted, Error::NoFlaw);
		}
		assert_eq!(self.bond(), bond);
		assert!(self.network.chain.free(&dave) < before);
	}
}

#[test]
fn a_verdict_that_the_rows_do_not_count_costs_the_bond() {
	let mut told = told(CHARLIE, 0, |all| all[6].outcome = Outcome::Hard);
	let (bob, lie) = (told.network.validator.coldkey.clone(), told.miscounted(6));
	told.refused(&bob, lie.clone(), Error::SelfDispute);
	told.refuted(lie, FilingFlaw::Miscounted);
}

#[test]
fn two_verdicts_about_one_request_cost_the_bond() {
	let mut told = told(CHARLIE, 0, |all| all[5].request_id = all[1].request_id);
	let [first, second] = [1, 5].map(|index| opening(told.epoch, &told.verdicts, index));
	let twice = told.refute(Refutation::Twice { first, second });
	told.refuted(twice, FilingFlaw::Twice);
}

#[test]
fn another_miners_answer_costs_the_bond() {
	let mut told = told(CHARLIE, 1, |_| {});
	let foreign = told.foreign();
	told.refuted(foreign, FilingFlaw::OtherSlot);
}

#[test]
fn the_truth_stands_under_every_name() {
	let mut told = told(CHARLIE, 0, |_| {});
	told.stands();
	let swap = |old: &Player, new: &Player| -> RuntimeCall {
		let (old, new) = (old.hotkey.id.clone(), new.hotkey.id.clone());
		let netuid = Some(NET);
		pallet_key_swap::Call::swap_hotkey { old, new, netuid }.into()
	};
	let (bob, charlie) = (told.network.validator.clone(), told.network.miners[0].clone());
	let [first, second] = ["Bob renamed", "Charlie renamed"].map(player);
	told.network.chain.ok(&bob.coldkey, swap(&bob, &first));
	told.network.chain.ok(&charlie.coldkey, swap(&charlie, &second));
	// Under the old name, and under the new one.
	told.stands();
	told.network.validator.hotkey = first.hotkey;
	told.stands();
	// Also when the slot's new name is old.
	told.network.chain.empty(PENDING + 1);
	next_epoch(&mut told.network.chain, NET);
	next_epoch(&mut told.network.chain, NET);
	told.stands();
}

/// Where no secrets are revealed there is no committee: nobody's bond is frozen for that.
#[test]
fn nobody_is_accused_where_nobody_can_be_drawn() {
	let (mut network, profile) = judged_network();
	let evidence = Box::new(answer(&mut network.chain, &network.miners[0], profile));
	let (netuid, claim) = (NET, Claim::Answer);
	let call: RuntimeCall = Call::open {
		netuid,
		claim,
		evidence,
	}
	.into();
	let refused: DispatchError = Error::<Runtime>::NoRandomness.into();
	assert_eq!(network.chain.fails(&key("Dave"), call), refused);
}
