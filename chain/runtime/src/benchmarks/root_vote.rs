//! Benchmarks of the root vote, on the whole runtime: its voters' stake lies in the pools, the fees with emission. All
//! places are taken, and every ballot names as many subnets as it can.

use super::*;
use crate::{parameters::RootVoters, RootVote};
use frame_benchmarking::v2::*;
use frame_support::{traits::Hooks, weights::Weight};
use frame_system::RawOrigin;
use ganglion_traits::{BurnRecord, HotkeyOwnership, OnSubnetDissolved};
use pallet_root_vote::{LastTally, MAX_WEIGHTS};

/// Of this runtime only.
pub trait Config: frame_system::Config {}
impl Config for Runtime {}
/// Stands for the pallet.
pub struct Pallet<T: Config>(core::marker::PhantomData<T>);

/// Where the voters' stake is.
const HOME: NetUid = NetUid(1);
/// Most ballots.
const VOTERS: u32 = 64;

/// As many subnets, all active.
fn subnets(count: u32) {
	for netuid in 1..=count as u16 {
		let keys: (AccountId, AccountId) = (account("owner", netuid.into(), 0), account("key", netuid.into(), 0));
		Scene::subnet(NetUid(netuid), keys.0.clone(), keys.1.clone(), hyperparameters());
		if NetUid(netuid) == HOME {
			Scene::open(HOME, &keys.0, &keys.1);
		}
	}
}

/// A hotkey with stake.
fn voter(index: u32, stake: Balance) -> RuntimeOrigin {
	let (coldkey, hotkey): (AccountId, AccountId) = (account("voter", index, 0), account("its hotkey", index, 0));
	Balances::set_balance(&coldkey, GNG);
	Neurons::own(&coldkey, &hotkey).unwrap();
	Scene::stake(HOME, &hotkey, &coldkey, stake);
	RawOrigin::Signed(hotkey).into()
}

/// Weights on the first subnets.
fn weights(count: u32) -> Vec<(NetUid, u16)> {
	(1..=count as u16).map(|netuid| (NetUid(netuid), netuid)).collect()
}

/// As many ballots with these weights.
fn ballots(count: u32, weights: &[(NetUid, u16)]) {
	for index in 0..count {
		RootVote::vote(voter(index, 100 * GNG), weights.to_vec()).unwrap();
	}
}

#[benchmarks]
mod benches {
	use super::*;

	#[benchmark]
	fn vote(w: Linear<1, 128>) {
		subnets(MAX_WEIGHTS);
		ballots(VOTERS, &weights(MAX_WEIGHTS));
		assert_eq!(RootVoters::get(), VOTERS);
		let (origin, weights) = (voter(VOTERS, 200 * GNG), weights(w));
		let hotkey: AccountId = account("its hotkey", VOTERS, 0);
		#[block]
		{
			// Whether it is free of charge, then the call.
			assert!(RootVote::ensure_can_vote(&hotkey, &weights).is_ok());
			RootVote::vote(origin, weights).unwrap();
		}
		assert!(RootVote::ballots().iter().any(|(voter, _)| *voter == hotkey));
	}

	#[benchmark]
	fn retract() {
		subnets(MAX_WEIGHTS);
		ballots(1, &weights(MAX_WEIGHTS));
		System::set_block_number(NOW);
		let hotkey: AccountId = account("its hotkey", 0, 0);
		#[block]
		{
			assert!(RootVote::can_retract_freely(&hotkey));
			RootVote::retract(RawOrigin::Signed(hotkey).into()).unwrap();
		}
		assert!(RootVote::ballots().is_empty());
	}

	#[benchmark]
	fn on_initialize() {
		subnets(1);
		System::set_block_number(NOW);
		LastTally::<Runtime>::put(NOW);
		#[block]
		{
			RootVote::on_initialize(NOW);
		}
		assert!(RootVote::last_shares().is_empty());
	}

	#[benchmark]
	fn tally(v: Linear<1, 64>, s: Linear<1, 1_024>) {
		subnets(s);
		ballots(v, &weights(s.min(MAX_WEIGHTS)));
		for netuid in 1..=s as u16 {
			<Emissions as BurnRecord>::fee_burned(NetUid(netuid), GNG);
		}
		System::set_block_number(NOW);
		#[block]
		{
			RootVote::on_initialize(NOW);
		}
		assert_eq!(RootVote::last_shares().len(), s as usize);
	}

	#[benchmark]
	fn clear(v: Linear<1, 64>) {
		subnets(MAX_WEIGHTS);
		ballots(v, &weights(MAX_WEIGHTS));
		System::set_block_number(NOW);
		RootVote::on_initialize(NOW);
		#[block]
		{
			assert!(RootVote::clear(HOME, Weight::MAX).done);
		}
		let named = |(_, ballot): (AccountId, pallet_root_vote::Ballot)| ballot.weights.len() as u32;
		assert!(RootVote::ballots()
			.into_iter()
			.map(named)
			.all(|named| named == MAX_WEIGHTS - 1));
	}
}
