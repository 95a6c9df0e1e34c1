//! A runtime for tests. The other pallets are small in-memory fakes.
#![allow(missing_docs, clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

use crate as pallet_root_vote;
use frame_support::{derive_impl, parameter_types};
use ganglion_primitives::{Balance, BlockNumber, Hyperparameters, NetUid, GNG};
use ganglion_traits::{EmissionControl, HotkeyInspect, Pause, SubnetInspect, TotalStake};
use sp_io::TestExternalities;
use sp_runtime::BuildStorage;
use std::collections::BTreeMap;

pub const TEMPO: BlockNumber = 20;
pub const LIMIT: BlockNumber = 5;
pub const PER_BLOCK: Balance = GNG;
pub const PERIOD: Balance = PER_BLOCK * TEMPO as Balance;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(RuntimeCall, RuntimeEvent, RuntimeError, RuntimeOrigin, RuntimeTask)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type RootVote = pallet_root_vote;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
}

parameter_types! {
	pub static Active: Vec<NetUid> = vec![NetUid(1), NetUid(2), NetUid(3)];
	pub static Stakes: BTreeMap<u64, Balance> = BTreeMap::new();
	pub static AllStaked: Balance = 0;
	pub static Burned: Vec<(NetUid, Balance)> = vec![];
	pub static Changes: u32 = 0;
	pub static Paused: bool = false;
	pub static PausedBlocks: BlockNumber = 0;
	pub const MaxVoters: u32 = 4;
	pub const MinVoterStake: Balance = GNG;
	pub const Tempo: BlockNumber = TEMPO;
	pub const RateLimit: BlockNumber = LIMIT;
	pub const FeeShare: u16 = 13_107;
}

pub struct Fakes;

impl SubnetInspect<u64> for Fakes {
	fn exists(netuid: NetUid) -> bool {
		Active::get().contains(&netuid)
	}
	fn is_active(netuid: NetUid) -> bool {
		Self::exists(netuid)
	}
	fn owner(_: NetUid) -> Option<u64> {
		None
	}
	fn owner_hotkey(_: NetUid) -> Option<u64> {
		None
	}
	fn created_at(_: NetUid) -> Option<BlockNumber> {
		None
	}
	fn hyperparameters(_: NetUid) -> Option<Hyperparameters> {
		None
	}
	fn netuids() -> Vec<NetUid> {
		Active::get()
	}
	fn active_netuids() -> Vec<NetUid> {
		Active::get()
	}
}

impl HotkeyInspect<u64> for Fakes {
	fn coldkey(hotkey: &u64) -> Option<u64> {
		(*hotkey >= 100).then_some(1)
	}
}

impl TotalStake<u64> for Fakes {
	fn total_stake(hotkey: &u64) -> Balance {
		Stakes::get().get(hotkey).copied().unwrap_or(0)
	}
}

impl EmissionControl for Fakes {
	fn shares_changed() {
		Changes::mutate(|changes| *changes += 1);
	}
	fn block_emission() -> Balance {
		PER_BLOCK
	}
	fn take_fees() -> Vec<(NetUid, Balance)> {
		Burned::mutate(core::mem::take)
	}
}

impl Pause for Fakes {
	fn is_paused() -> bool {
		Paused::get()
	}
	fn paused_blocks() -> BlockNumber {
		PausedBlocks::get()
	}
}

impl pallet_root_vote::Config for Test {
	type Subnets = Fakes;
	type Hotkeys = Fakes;
	type Stake = Fakes;
	type AllStake = AllStaked;
	type Emission = Fakes;
	type Pause = Fakes;
	type MaxVoters = MaxVoters;
	type MinVoterStake = MinVoterStake;
	type Tempo = Tempo;
	type RateLimit = RateLimit;
	type FeeShare = FeeShare;
	type WeightInfo = ();
}

/// Run a test at block 1, then check the invariants.
pub fn execute(test: impl FnOnce()) {
	Active::set(vec![NetUid(1), NetUid(2), NetUid(3)]);
	Stakes::set((100..110).map(|hotkey| (hotkey, 10 * GNG)).collect());
	AllStaked::set(0);
	Burned::set(vec![]);
	Changes::set(0);
	Paused::set(false);
	PausedBlocks::set(0);
	let storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	TestExternalities::new(storage).execute_with(|| {
		System::set_block_number(1);
		test();
		RootVote::do_try_state().unwrap();
	});
}
