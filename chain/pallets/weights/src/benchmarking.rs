//! Benchmarks of the calls, each in its most expensive state.
#![allow(
	clippy::arithmetic_side_effects,
	clippy::unwrap_used,
	reason = "benchmarks fail loudly"
)]

use super::*;
use alloc::{vec, vec::Vec};
use frame_benchmarking::v2::*;
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use ganglion_primitives::{EpochIndex, Evidence, MechanismId, NetUid, Uid};
use sp_core::H256;

/// Prepares what belongs to other pallets.
pub trait BenchmarkHelper<AccountId> {
	/// Make a subnet with default hyperparameters and so many neurons exist; answer the hotkey of one with a permit,
	/// registered at block 0 in slot 0.
	fn validator(netuid: NetUid, neurons: u16, commit_reveal_on: bool) -> AccountId;
	/// Let the subnet be in this epoch.
	fn set_epoch(netuid: NetUid, epoch: EpochIndex);
	/// Let rows of the subnet rest on evidence, with a bond behind the validator; answer evidence of so many rows, and the
	/// entries that it gives. None where there is no such thing.
	fn with_evidence(_netuid: NetUid, _validator: &AccountId, _rows: u32) -> Option<(Evidence, Vec<(u16, u16)>)> {
		None
	}
}

const NETUID: NetUid = NetUid(1);
const MECHANISM: MechanismId = MechanismId(0);

/// Descending, so that sorting has something to do.
fn row(entries: u32) -> (Vec<u16>, Vec<u16>) {
	((0..entries as u16).rev().collect(), (0..entries as u16).collect())
}

fn validator<T: Config>(neurons: u16, commit_reveal_on: bool) -> T::AccountId {
	frame_system::Pallet::<T>::set_block_number(BlockNumberFor::<T>::from(1_000u32));
	T::BenchmarkHelper::set_epoch(NETUID, 0);
	T::BenchmarkHelper::validator(NETUID, neurons, commit_reveal_on)
}

/// One commitment more: the first by the call, the others as calls in other epochs would have left them.
fn commit_to<T: Config>(who: &T::AccountId, hash: H256) {
	let place = (NETUID, MECHANISM);
	let Some(mut commits) = Commits::<T>::get(place, who) else {
		Pallet::<T>::do_commit(who.clone(), NETUID, MECHANISM, hash).unwrap();
		LastUpdate::<T>::remove(place, Uid(0));
		return;
	};
	let last = commits.last().unwrap().clone();
	let author = who.clone();
	commits.try_push(Commit { hash, author, ..last }).unwrap();
	Commits::<T>::insert(place, who, commits);
}

/// Commit to a row after as many others as there can be, each by another hotkey, and let its reveal be due.
fn committed_last<T: Config>(who: &T::AccountId, weighing: &Weighing<'_>, salt: &[u8; 32]) {
	for i in 1..MAX_OPEN_COMMITS {
		commit_to::<T>(who, H256::repeat_byte(i as u8));
	}
	Commits::<T>::mutate((NETUID, MECHANISM), who, |commits| {
		for (index, one) in commits.as_mut().unwrap().iter_mut().enumerate() {
			one.author = account("earlier hotkey", index as u32, 0);
		}
	});
	let hash = Pallet::<T>::commitment_of(who, NETUID, MECHANISM, weighing, salt);
	commit_to::<T>(who, hash);
	let commits = Commits::<T>::get((NETUID, MECHANISM), who).unwrap();
	T::BenchmarkHelper::set_epoch(NETUID, commits.last().unwrap().reveal_epoch);
}

#[benchmarks]
mod benches {
	use super::*;

	#[benchmark]
	fn set(d: Linear<1, 256>) {
		let who = validator::<T>(256, false);
		let (uids, values) = row(d);
		#[extrinsic_call]
		_(RawOrigin::Signed(who), NETUID, MECHANISM, uids, values, u64::MAX);
		assert!(Rows::<T>::contains_key((NETUID, MECHANISM), Uid(0)));
	}

	/// With as many expired commits as there can be, all of which are dropped, and the evidence behind them owed.
	#[benchmark]
	fn commit() {
		let who = validator::<T>(256, true);
		let _ = T::BenchmarkHelper::with_evidence(NETUID, &who, 1);
		for i in 0..MAX_OPEN_COMMITS {
			commit_to::<T>(&who, H256::repeat_byte(i as u8));
		}
		T::BenchmarkHelper::set_epoch(NETUID, 1_000);
		#[extrinsic_call]
		_(RawOrigin::Signed(who.clone()), NETUID, MECHANISM, H256::repeat_byte(9));
		assert_eq!(Commits::<T>::get((NETUID, MECHANISM), &who).unwrap().len(), 1);
	}

	/// The last of as many commits as there can be, so that all others are dropped; each by another hotkey, so that the row is
	/// hashed for each.
	#[benchmark]
	fn reveal(d: Linear<1, 256>) {
		let who = validator::<T>(256, true);
		let (uids, values) = row(d);
		let weighing = Weighing {
			uids: &uids,
			values: &values,
			version_key: u64::MAX,
			evidence: None,
		};
		let salt = [7; 32];
		committed_last::<T>(&who, &weighing, &salt);
		#[extrinsic_call]
		_(
			RawOrigin::Signed(who.clone()),
			NETUID,
			MECHANISM,
			uids.clone(),
			values.clone(),
			salt,
			u64::MAX,
			None,
		);
		assert!(!Commits::<T>::contains_key((NETUID, MECHANISM), &who));
	}

	/// The last of as many commits as there can be, each by another hotkey, of a row that rests on evidence; the call is first
	/// asked whether it is free. The row itself is weighed by `reveal`, too.
	#[benchmark]
	fn evidence(r: Linear<16, 256>) {
		let who = validator::<T>(r as u16, true);
		let given = T::BenchmarkHelper::with_evidence(NETUID, &who, r);
		let (basis, entries) = given.map_or((None, vec![(1, 1)]), |(basis, entries)| (Some(basis), entries));
		let (uids, values): (Vec<u16>, Vec<u16>) = entries.into_iter().unzip();
		let weighing = Weighing {
			uids: &uids,
			values: &values,
			version_key: u64::MAX,
			evidence: basis.as_ref(),
		};
		let salt = [7; 32];
		committed_last::<T>(&who, &weighing, &salt);
		#[block]
		{
			Pallet::<T>::ensure_can_reveal(&who, NETUID, MECHANISM, &weighing, &salt).unwrap();
			let origin = RawOrigin::Signed(who.clone()).into();
			let (uids, values) = (uids.clone(), values.clone());
			Pallet::<T>::reveal(origin, NETUID, MECHANISM, uids, values, salt, u64::MAX, basis.clone()).unwrap();
		}
		assert!(!Commits::<T>::contains_key((NETUID, MECHANISM), &who));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::ExtBuilder.build(), crate::mock::Test);
}
