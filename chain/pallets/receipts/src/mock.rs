//! A runtime for tests. The other pallets are small in-memory fakes.
#![allow(missing_docs, clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

use crate as pallet_receipts;
use core::time::Duration;
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU32, UnixTime},
};
use ganglion_primitives::{BlockNumber, Hyperparameters, NetUid, Uid};
use ganglion_traits::{DisputedAnswers, NeuronInspect, Pause, SubnetInspect};
use sp_core::H256;
use sp_io::TestExternalities;
use sp_runtime::BuildStorage;

pub const NETUID: NetUid = NetUid(1);
pub const OTHER: NetUid = NetUid(2);
pub const TEMPO: BlockNumber = 10;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(RuntimeCall, RuntimeEvent, RuntimeError, RuntimeOrigin, RuntimeTask)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Receipts = pallet_receipts;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
}

parameter_types! {
	pub static Existing: Vec<NetUid> = vec![NETUID, OTHER];
	pub static Paused: bool = false;
	pub static PausedBlocks: BlockNumber = 0;
	/// Receipts (unsigned, by hash) that are disputed.
	pub static DisputedOnes: Vec<H256> = vec![];
	pub static Dissolving: Vec<NetUid> = vec![];
	/// Hotkey and registration block of each slot of every subnet.
	pub static Slots: Vec<(u64, BlockNumber)> = vec![(100, 1), (101, 1), (102, 1)];
}

pub struct Subnets;
impl SubnetInspect<u64> for Subnets {
	fn exists(netuid: NetUid) -> bool {
		Existing::get().contains(&netuid)
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
	fn hyperparameters(netuid: NetUid) -> Option<Hyperparameters> {
		Self::exists(netuid).then(|| Hyperparameters {
			tempo: TEMPO as u16,
			..Default::default()
		})
	}
	fn netuids() -> Vec<NetUid> {
		Existing::get()
	}
	fn active_netuids() -> Vec<NetUid> {
		Existing::get()
	}
	fn is_dissolving(netuid: NetUid) -> bool {
		Dissolving::get().contains(&netuid)
	}
}

pub struct Neurons;
impl NeuronInspect<u64> for Neurons {
	fn uid(_: NetUid, hotkey: &u64) -> Option<Uid> {
		let slot = Slots::get().iter().position(|(one, _)| one == hotkey)?;
		Some(Uid(slot as u16))
	}
	fn neuron(_: NetUid, uid: Uid) -> Option<(u64, BlockNumber)> {
		Slots::get().get(usize::from(uid.0)).copied()
	}
	fn count(_: NetUid) -> u16 {
		Slots::get().len() as u16
	}
	fn neurons(_: NetUid) -> Vec<(u64, BlockNumber)> {
		Slots::get()
	}
}

/// Pauses when it is told to.
pub struct Clock;
impl Pause for Clock {
	fn is_paused() -> bool {
		Paused::get()
	}
	fn paused_blocks() -> BlockNumber {
		PausedBlocks::get()
	}
}

/// A block is six seconds.
impl UnixTime for Clock {
	fn now() -> Duration {
		Duration::from_secs(6 * u64::from(System::block_number()))
	}
}

pub struct Disputes;
impl DisputedAnswers for Disputes {
	fn is_disputed(_: NetUid, receipt: &H256) -> bool {
		DisputedOnes::get().contains(receipt)
	}
}

impl pallet_receipts::Config for Test {
	type Subnets = Subnets;
	type Neurons = Neurons;
	type Pause = Clock;
	type Disputes = Disputes;
	type Time = Clock;
	type ChallengePeriod = ConstU32<50>;
	type AnchorLife = ConstU32<200>;
	type MaxAnchors = ConstU32<8>;
	type WeightInfo = ();
}

/// Run a test at block 1, then check the invariants.
pub fn execute(test: impl FnOnce()) {
	let storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	TestExternalities::new(storage).execute_with(|| {
		System::set_block_number(1);
		test();
		Receipts::do_try_state().unwrap();
	});
}
