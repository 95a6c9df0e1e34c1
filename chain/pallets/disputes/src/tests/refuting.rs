//! What refutes what a validator filed, and what does not.

use super::*;
use codec::Encode;
use ganglion_primitives::{
	verdict::standing, EpochIndex, FiledEvidence, FilingFlaw, Receipt, Refutation, SignedReceipt, Verdict, VerdictRow,
	VerdictRows,
};
use ganglion_traits::OnHotkeySwapped;
use sp_core::{ed25519, Pair};
use sp_io::hashing::blake2_256;
use sp_runtime::traits::BlakeTwo256;

/// What a validator committed to, with all that it is made from.
#[derive(Clone)]
pub struct Period {
	pub epoch: EpochIndex,
	pub author: AccountId32,
	pub rows: VerdictRows,
	pub verdicts: Vec<Verdict>,
	pub receipts: Vec<SignedReceipt>,
}

/// The miner in a slot.
pub fn key_of(uid: u16) -> ed25519::Pair {
	ed25519::Pair::from_seed(&[100 + uid as u8; 32])
}

pub fn row(uid: u16, passed: u16, soft: u16, hard: u16) -> VerdictRow {
	VerdictRow {
		uid,
		profile: 1,
		work: 1,
		audited: passed + soft + hard,
		passed,
		soft,
		hard,
		llr: 0,
		owed: 0,
	}
}

/// A receipt of the miner in the slot for the author.
pub fn asked(author: &AccountId32, uid: u16, request: u8) -> Receipt {
	Receipt {
		miner: key_of(uid).public().0,
		requester: author.clone().into(),
		..receipt(request)
	}
}

impl Period {
	/// The truth: rows, and an answer for each of their audits; requests are numbered from `first` on.
	pub fn of(author: AccountId32, epoch: EpochIndex, rows: &[VerdictRow], first: u8) -> Self {
		let mut period = Self {
			epoch,
			author,
			rows: BoundedVec::truncate_from(rows.to_vec()),
			verdicts: vec![],
			receipts: vec![],
		};
		let audits = rows.iter().map(|row| u32::from(row.audited)).sum();
		for index in 0..audits {
			let (uid, outcome) = standing(rows, index).unwrap();
			let signed = sign(asked(&period.author, uid, first + index as u8), &key_of(uid));
			period.verdicts.push(judged(&signed, uid, outcome));
			period.receipts.push(signed);
		}
		period
	}

	pub fn leaves(&self) -> Vec<Vec<u8>> {
		self.verdicts.iter().map(verdict_leaf).collect()
	}

	/// Keep it as the chain does.
	pub fn file(&self) {
		let filed = FiledEvidence {
			root: binary_merkle_tree::merkle_root::<BlakeTwo256, _>(self.leaves()),
			leaves: self.verdicts.len() as u32,
			receipts_root: H256::zero(),
			receipts: 0,
			secret: [self.epoch as u8; 32],
			rows: blake2_256(&self.rows.encode()).into(),
			author: self.author.clone(),
		};
		Filed::mutate(|all| all.push((self.author.clone(), self.epoch, filed)));
	}

	pub fn opening(&self, index: u32) -> VerdictOpening {
		let proof = binary_merkle_tree::merkle_proof::<BlakeTwo256, _, _>(self.leaves(), index).proof;
		VerdictOpening {
			epoch: self.epoch,
			verdict: self.verdicts[index as usize],
			index,
			proof: BoundedVec::truncate_from(proof),
		}
	}

	pub fn miscounted(&self, index: u32) -> Refutation {
		Refutation::Miscounted {
			rows: self.rows.clone(),
			opening: self.opening(index),
		}
	}

	pub fn foreign(&self, index: u32) -> Refutation {
		Refutation::Foreign {
			opening: self.opening(index),
			receipt: self.receipts[index as usize].clone(),
		}
	}

	/// Another answer in a place.
	fn with(mut self, index: usize, signed: SignedReceipt) -> Self {
		let old = self.verdicts[index];
		self.verdicts[index] = Verdict {
			request_id: old.request_id,
			..judged(&signed, old.uid, old.outcome)
		};
		self.receipts[index] = signed;
		self
	}
}

pub fn judged(signed: &SignedReceipt, uid: u16, outcome: Outcome) -> Verdict {
	Verdict {
		request_id: signed.receipt.request_id,
		receipt: blake2_256(&signed.encode()).into(),
		uid,
		outcome,
		margin: 0,
		position: 0,
	}
}

pub fn validator() -> AccountId32 {
	account(VALIDATOR)
}

/// Five verdicts about two miners of epoch 4, who are known to be in their slots.
pub fn honest() -> Period {
	Occupants::set(vec![(0, key_of(0).public().0.into()), (3, key_of(3).public().0.into())]);
	Period::of(validator(), 4, &[row(0, 2, 1, 0), row(3, 1, 0, 1)], 1)
}

pub fn refute(refutation: Refutation) -> Result<(), sp_runtime::DispatchError> {
	refute_as(ALICE, &validator(), 4, refutation)
}

pub fn refute_as(
	who: u8,
	validator: &AccountId32,
	epoch: EpochIndex,
	refutation: Refutation,
) -> Result<(), sp_runtime::DispatchError> {
	let origin = signed(account(who));
	let done = Disputes::refute(origin, NET, validator.clone(), epoch, Box::new(refutation));
	match done {
		Ok(info) => {
			assert_eq!(info.pays_fee, frame_support::dispatch::Pays::No);
			Ok(())
		}
		Err(error) => Err(error.error),
	}
}

/// Refuted as this; once.
fn refuted(refutation: Refutation, flaw: FilingFlaw) {
	let slashed = STAKE / 5;
	assert_ok!(refute(refutation.clone()));
	let event = Event::Refuted {
		netuid: NET,
		validator: validator(),
		epoch: 4,
		flaw,
		reporter: account(ALICE),
		slashed,
	};
	System::assert_last_event(event.into());
	assert_eq!(Slashed::get(), vec![(validator(), slashed, Some(account(ALICE)))]);
	assert_noop!(refute(refutation.clone()), Error::<Test>::AlreadyRefuted);
	assert_noop!(
		refute_as(BOB, &validator(), 4, refutation),
		Error::<Test>::AlreadyRefuted
	);
}

fn forged(change: impl Fn(&mut Receipt)) -> SignedReceipt {
	let mut changed = asked(&validator(), 0, 1);
	change(&mut changed);
	sign(changed, &key_of(0))
}

#[test]
fn the_truth_is_not_refuted() {
	execute(|| {
		let period = honest();
		period.file();
		for index in 0..5 {
			assert_noop!(refute(period.miscounted(index)), Error::<Test>::NoFlaw);
			assert_noop!(refute(period.foreign(index)), Error::<Test>::NoFlaw);
			for other in 0..5 {
				let (first, second) = (period.opening(index), period.opening(other));
				assert_noop!(refute(Refutation::Twice { first, second }), Error::<Test>::NoFlaw);
			}
		}
		assert!(Slashed::get().is_empty());
	});
}

#[test]
fn a_verdict_that_the_rows_do_not_count_is_seen() {
	for change in [
		|one: &mut Verdict| one.outcome = Outcome::Hard,
		|one: &mut Verdict| one.uid = 3,
		|one: &mut Verdict| one.uid = 1,
	] {
		execute(|| {
			let mut period = honest();
			change(&mut period.verdicts[1]);
			period.file();
			assert_noop!(refute(period.miscounted(0)), Error::<Test>::NoFlaw);
			refuted(period.miscounted(1), FilingFlaw::Miscounted);
		});
	}
}

#[test]
fn verdicts_beyond_the_rows_are_seen() {
	execute(|| {
		let mut period = honest();
		period.rows[1] = row(3, 1, 0, 0);
		period.file();
		refuted(period.miscounted(4), FilingFlaw::Miscounted);
	});
}

#[test]
fn a_request_has_one_verdict() {
	execute(|| {
		let mut period = honest();
		period.verdicts[4].request_id = period.verdicts[0].request_id;
		period.file();
		let (first, second) = (period.opening(0), period.opening(4));
		refuted(Refutation::Twice { first, second }, FilingFlaw::Twice);
	});
}

#[test]
fn a_request_has_one_verdict_in_all_filings() {
	execute(|| {
		let later = honest();
		let earlier = Period::of(validator(), 2, &later.rows, 5);
		later.file();
		let twice = |one: &Period, index, other: &Period, place| Refutation::Twice {
			first: one.opening(index),
			second: other.opening(place),
		};
		let nothing = twice(&later, 4, &earlier, 0);
		assert_noop!(refute(nothing), Error::<Test>::NothingFiled);
		earlier.file();
		let wrong_order = twice(&earlier, 0, &later, 4);
		assert_noop!(
			refute_as(ALICE, &validator(), 2, wrong_order.clone()),
			Error::<Test>::OtherEpoch
		);
		assert_noop!(refute(wrong_order), Error::<Test>::OtherEpoch);
		assert_noop!(refute(twice(&later, 3, &earlier, 0)), Error::<Test>::NoFlaw);
		refuted(twice(&later, 4, &earlier, 0), FilingFlaw::Twice);
	});
}

#[test]
fn the_answer_must_be_the_miners_own_for_the_validator() {
	type Made = fn() -> SignedReceipt;
	let network: Made = || forged(|one| one.network = H256([9; 32]));
	let version: Made = || forged(|one| one.version = 2);
	let unsigned: Made = || SignedReceipt {
		receipt: asked(&validator(), 0, 1),
		..forged(|one| one.created_at += 1)
	};
	let others: Made = || sign(asked(&validator(), 0, 1), &key_of(3));
	let request: Made = || forged(|one| one.request_id = [99; 16]);
	let requester: Made = || forged(|one| one.requester = account(BOB).into());
	let slot: Made = || sign(asked(&validator(), 3, 1), &key_of(3));
	for (signed, flaw) in [
		(network, FilingFlaw::NotAnswered),
		(version, FilingFlaw::NotAnswered),
		(unsigned, FilingFlaw::NotAnswered),
		(others, FilingFlaw::NotAnswered),
		(request, FilingFlaw::OtherRequest),
		(requester, FilingFlaw::OtherRequester),
		(slot, FilingFlaw::OtherSlot),
	] {
		execute(|| {
			let period = honest().with(0, signed());
			period.file();
			assert_noop!(refute(period.foreign(1)), Error::<Test>::NoFlaw);
			refuted(period.foreign(0), flaw);
		});
	}
}

#[test]
fn who_was_in_a_slot_must_be_known() {
	execute(|| {
		let signed = sign(asked(&validator(), 3, 1), &key_of(3));
		let period = honest().with(0, signed);
		period.file();
		Occupants::set(vec![]);
		assert_noop!(refute(period.foreign(0)), Error::<Test>::NoFlaw);
	});
}

#[test]
fn a_renamed_miner_is_itself() {
	execute(|| {
		let period = honest();
		period.file();
		let old: AccountId32 = key_of(0).public().0.into();
		BondsOf::mutate(|bonds| bonds.push((old.clone(), Role::Serve, 1)));
		Disputes::on_hotkey_swapped(&old, &account(NEW), Some(NET));
		Occupants::set(vec![(0, account(NEW))]);
		assert_noop!(refute(period.foreign(0)), Error::<Test>::NoFlaw);
	});
}

#[test]
fn a_renamed_validator_is_itself_and_is_still_liable() {
	execute(|| {
		let mut period = honest();
		// One verdict is about an answer to its new name: committed to before the swap, it would have been impossible.
		period = period.with(0, sign(asked(&account(NEW), 0, 1), &key_of(0)));
		let signed = sign(asked(&account(BOB), 0, 2), &key_of(0));
		period = period.with(1, signed);
		period.file();
		Disputes::on_hotkey_swapped(&validator(), &account(NEW), Some(NET));
		Filed::mutate(|all| all[0].0 = account(NEW));
		BondsOf::mutate(|bonds| bonds.iter_mut().for_each(|one| one.0 = account(NEW)));
		for (index, named) in [(0, validator()), (0, account(NEW)), (2, validator()), (2, account(NEW))] {
			let honest = refute_as(ALICE, &named, 4, period.foreign(index));
			assert_noop!(honest, Error::<Test>::NoFlaw);
		}
		assert_ok!(refute_as(ALICE, &validator(), 4, period.foreign(1)));
		assert_eq!(Slashed::get()[0].0, account(NEW));
	});
}

#[test]
fn a_refutation_that_does_not_fit_is_refused() {
	execute(|| {
		let mut period = honest();
		period.verdicts[1].uid = 1;
		let good = period.miscounted(1);
		assert_noop!(refute(good.clone()), Error::<Test>::NothingFiled);
		period.file();
		let mut other = period.clone();
		other.rows[0].work = 2;
		assert_noop!(refute(other.miscounted(1)), Error::<Test>::OtherRows);
		let mut opening = period.opening(1);
		opening.epoch = 3;
		let rows = period.rows.clone();
		assert_noop!(
			refute(Refutation::Miscounted { rows, opening }),
			Error::<Test>::OtherEpoch
		);
		let receipt = period.receipts[2].clone();
		let opening = period.opening(1);
		assert_noop!(
			refute(Refutation::Foreign { opening, receipt }),
			Error::<Test>::EvidenceMismatch
		);
		assert_noop!(
			refute_as(VALIDATOR, &validator(), 4, good.clone()),
			Error::<Test>::SelfDispute
		);
		assert_noop!(
			refute_as(OWNER, &validator(), 4, good.clone()),
			Error::<Test>::SelfDispute
		);
		Stopped::set(true);
		assert_noop!(refute(good.clone()), Error::<Test>::Paused);
		Stopped::set(false);
		Exists::set(vec![OTHER_NET]);
		assert_noop!(refute(good.clone()), Error::<Test>::SubnetNotFound);
		Exists::set(vec![NET]);
		let bonds = BondsOf::get();
		BondsOf::set(vec![]);
		assert_noop!(refute(good.clone()), Error::<Test>::NotBonded);
		BondsOf::set(bonds);
		assert_ok!(refute(good));
	});
}

/// A proof of the last leaf of an odd row is as short as one of another place would not be.
#[test]
fn a_proof_is_good_for_one_place_only() {
	execute(|| {
		let period = Period::of(validator(), 4, &[row(0, 1, 1, 0), row(3, 1, 0, 0)], 1);
		period.file();
		let mut opening = period.opening(2);
		opening.index = 1;
		let rows = period.rows.clone();
		let moved = Refutation::Miscounted {
			rows,
			opening: opening.clone(),
		};
		assert_noop!(refute(moved), Error::<Test>::BadProof);
		let twice = Refutation::Twice {
			first: opening,
			second: period.opening(2),
		};
		assert_noop!(refute(twice), Error::<Test>::BadProof);
	});
}
