//! Benchmarks of governance, on the whole runtime: voters' stake lies in the pools, calls among the preimages. Always the
//! full list of voters, each with all the locks that it can have.

use super::*;
use crate::{Governance, Preimage, RuntimeCall};
use codec::Encode;
use frame_benchmarking::v2::*;
use frame_support::{
	instances::{Instance1, Instance2},
	traits::Hooks,
};
use frame_system::RawOrigin;
use ganglion_traits::{HotkeyOwnership, OnColdkeySwapped};
use pallet_governance::types::{MAX_BALLOTS, MAX_CANDIDATES, MAX_LOCKS, MAX_REFERENDA, MAX_VOTERS};
use sp_runtime::traits::{BlakeTwo256, Hash};

/// Of this runtime only.
pub trait Config: frame_system::Config {}
impl Config for Runtime {}
/// Stands for the pallet.
pub struct Pallet<T: Config>(core::marker::PhantomData<T>);

const NET: NetUid = NetUid(1);

fn voter(index: u32) -> AccountId {
	account("voter", index, 0)
}

fn signed(who: AccountId) -> RuntimeOrigin {
	RawOrigin::Signed(who).into()
}

fn council() -> RuntimeOrigin {
	pallet_collective::RawOrigin::<AccountId, Instance1>::Members(3, 5).into()
}

fn guardians() -> RuntimeOrigin {
	pallet_collective::RawOrigin::<AccountId, Instance2>::Members(3, 5).into()
}

/// A coldkey with stake on as many hotkeys of its own as it can lock; which are locked.
fn staked(index: u32, amount: Balance, locked: u32) -> AccountId {
	let coldkey = voter(index);
	for at in 0..MAX_LOCKS {
		let hotkey: AccountId = account("hotkey of a voter", index, at);
		Balances::set_balance(&coldkey, 1_000_000 * GNG);
		Neurons::own(&coldkey, &hotkey).unwrap();
		Scene::stake(NET, &hotkey, &coldkey, amount);
		if at < locked {
			Governance::lock(signed(coldkey.clone()), NET, hotkey, amount / 2).unwrap();
		}
	}
	coldkey
}

/// The full list, later by the age of a lock.
fn electorate() {
	let owner: (AccountId, AccountId) = (account("owner", 0, 0), account("owner's hotkey", 0, 0));
	Scene::subnet(NET, owner.0.clone(), owner.1.clone(), hyperparameters());
	Scene::open(NET, &owner.0, &owner.1);
	for index in 0..MAX_VOTERS {
		staked(index, (1_000 + Balance::from(index)) * GNG, MAX_LOCKS);
	}
	forward(crate::parameters::LockAge::get());
}

fn forward(blocks: u32) {
	System::set_block_number(System::block_number() + blocks);
}

/// A noted call of about `length` bytes; its hash and length.
fn noted(index: u32, length: u32) -> (crate::Hash, u32) {
	let remark = alloc::vec![index as u8; length as usize];
	let bytes = RuntimeCall::from(frame_system::Call::remark { remark }).encode();
	let noter: AccountId = account("noter", 0, 0);
	Balances::set_balance(&noter, 1_000_000 * GNG);
	Preimage::note_preimage(signed(noter), bytes.clone()).unwrap();
	(BlakeTwo256::hash(&bytes), bytes.len() as u32)
}

/// So many open referenda.
fn referenda(count: u32) {
	for index in 0..count {
		let (hash, length) = noted(index, 100);
		Governance::submit(council(), hash, length).unwrap();
	}
}

/// The voters that are asked: those with most.
fn asked() -> impl Iterator<Item = AccountId> {
	(MAX_VOTERS - MAX_BALLOTS..MAX_VOTERS).map(voter)
}

fn candidates(count: u32) -> Vec<AccountId> {
	let all: Vec<AccountId> = (0..count).map(|index| account("candidate", index, 0)).collect();
	for who in &all {
		Balances::set_balance(who, 1_000_000 * GNG);
		Governance::stand(signed(who.clone()), 1_000 * GNG).unwrap();
	}
	all
}

fn to_election() {
	let missing = pallet_governance::ElectionAt::<Runtime>::get() - Governance::clock();
	forward(missing);
}

#[benchmarks]
mod benches {
	use super::*;

	#[benchmark]
	fn lock() {
		electorate();
		referenda(MAX_REFERENDA - 1);
		let newcomer = staked(MAX_VOTERS, 100_000 * GNG, 0);
		let hotkey: AccountId = account("hotkey of a voter", MAX_VOTERS, 0);
		#[block]
		{
			Governance::lock(signed(newcomer.clone()), NET, hotkey, 100_000 * GNG - 1).unwrap();
		}
		assert!(pallet_governance::Voters::<Runtime>::contains_key(newcomer));
	}

	#[benchmark]
	fn submit(l: Linear<100, 60_000>) {
		electorate();
		referenda(MAX_REFERENDA - 1);
		let (hash, length) = noted(MAX_REFERENDA, l);
		#[block]
		{
			Governance::submit(council(), hash, length).unwrap();
		}
	}

	#[benchmark]
	fn vote() {
		electorate();
		referenda(1);
		#[block]
		{
			Governance::vote(signed(voter(MAX_VOTERS - 1)), 0, true).unwrap();
		}
	}

	#[benchmark]
	fn cancel() {
		electorate();
		referenda(1);
		for one in asked() {
			Governance::vote(signed(one), 0, true).unwrap();
		}
		forward(crate::parameters::VotingPeriod::get() + 1);
		Governance::on_initialize(System::block_number());
		#[block]
		{
			Governance::cancel(RawOrigin::Root.into(), 0).unwrap();
		}
	}

	#[benchmark]
	fn stand() {
		candidates(MAX_CANDIDATES);
		let newcomer: AccountId = account("newcomer", 0, 0);
		Balances::set_balance(&newcomer, 1_000_000 * GNG);
		#[block]
		{
			Governance::stand(signed(newcomer), 2_000 * GNG).unwrap();
		}
	}

	#[benchmark]
	fn withdraw_candidacy() {
		let all = candidates(MAX_CANDIDATES);
		#[block]
		{
			Governance::withdraw_candidacy(signed(all[0].clone())).unwrap();
		}
	}

	#[benchmark]
	fn elect() {
		electorate();
		let all = BoundedVec::truncate_from(candidates(MAX_CANDIDATES));
		to_election();
		Governance::on_initialize(System::block_number());
		#[block]
		{
			Governance::elect(signed(voter(MAX_VOTERS - 1)), all).unwrap();
		}
	}

	#[benchmark]
	fn pause() {
		#[block]
		{
			Governance::pause(guardians(), 1).unwrap();
		}
	}

	#[benchmark]
	fn extend_pause() {
		Governance::pause(guardians(), 1).unwrap();
		#[block]
		{
			Governance::extend_pause(guardians(), 1).unwrap();
		}
	}

	#[benchmark]
	fn idle() {
		#[block]
		{
			Governance::on_initialize(System::block_number());
		}
	}

	#[benchmark]
	fn step_referendum() {
		electorate();
		referenda(1);
		for one in asked() {
			Governance::vote(signed(one), 0, true).unwrap();
		}
		forward(crate::parameters::VotingPeriod::get() + 1);
		#[block]
		{
			Governance::on_initialize(System::block_number());
		}
	}

	#[benchmark]
	fn open_election() {
		electorate();
		candidates(MAX_CANDIDATES);
		to_election();
		#[block]
		{
			Governance::on_initialize(System::block_number());
		}
		assert!(pallet_governance::ElectionOf::<Runtime>::exists());
	}

	#[benchmark]
	fn close_election() {
		electorate();
		let all = BoundedVec::truncate_from(candidates(MAX_CANDIDATES));
		to_election();
		Governance::on_initialize(System::block_number());
		for one in asked() {
			Governance::elect(signed(one), all.clone()).unwrap();
		}
		forward(crate::parameters::VotingPeriod::get() + 1);
		#[block]
		{
			Governance::on_initialize(System::block_number());
		}
		assert!(!pallet_governance::ElectionOf::<Runtime>::exists());
	}

	#[benchmark]
	fn move_coldkey() {
		electorate();
		referenda(MAX_REFERENDA);
		let (old, new): (AccountId, AccountId) = (voter(MAX_VOTERS - 1), account("successor", 0, 0));
		#[block]
		{
			Governance::move_coldkey(&old, &new, frame_support::weights::Weight::MAX);
		}
		assert!(pallet_governance::Voters::<Runtime>::contains_key(new));
	}
}
