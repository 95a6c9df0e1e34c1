//! A runtime for tests. The other pallets are small in-memory fakes.
#![allow(missing_docs, clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

use crate as pallet_audits;
use frame_support::{derive_impl, parameter_types};
use ganglion_primitives::{
	Balance, BlockNumber, EpochIndex, Hyperparameters, Lane, NetUid, ProfileId, ProfileNumber, ProfileSummary, Role,
	Task, Thresholds, Uid,
};
use ganglion_traits::{Bonds, EpochInspect, NeuronInspect, Pause, Profiles, SlashOutcome, SubnetInspect};
use sp_core::H256;
use sp_io::TestExternalities;
use sp_runtime::{BuildStorage, DispatchResult};

pub const NETUID: NetUid = NetUid(1);
pub const OTHER: NetUid = NetUid(2);
/// Slots 0 and 1 are miners.
pub const MINER: u64 = 100;
/// Slot 2.
pub const ALICE: u64 = 102;
/// Slot 3.
pub const BOB: u64 = 103;
/// Limit of the only profile, 7.
pub const LIMIT: u32 = 13_815;
pub const PROFILE: ProfileNumber = 7;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(RuntimeCall, RuntimeEvent, RuntimeError, RuntimeOrigin, RuntimeTask)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Audits = pallet_audits;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
	type DbWeight = frame_support::weights::constants::RocksDbWeight;
}

parameter_types! {
	pub static Existing: Vec<NetUid> = vec![NETUID, OTHER];
	pub static Dissolving: Vec<NetUid> = vec![];
	pub static VerdictsOn: bool = true;
	/// Hotkey of each slot of every subnet.
	pub static Slots: Vec<u64> = vec![MINER, 101, ALICE, BOB];
	/// Since when the occupant of each has it; block 1 where nothing is said.
	pub static Since: Vec<BlockNumber> = vec![];
	pub static Epoch: EpochIndex = 100;
	pub static Paused: bool = false;
	/// Bond of every hotkey that has one, nano.
	pub static TheBonds: Vec<(u64, Balance)> = vec![(ALICE, 1_000_000), (BOB, 500)];
	pub static MissPart: u16 = 6_553;
}

pub struct Fakes;

impl SubnetInspect<u64> for Fakes {
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
			verdicts_on: VerdictsOn::get(),
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

impl NeuronInspect<u64> for Fakes {
	fn uid(_: NetUid, hotkey: &u64) -> Option<Uid> {
		let place = Slots::get().iter().position(|one| one == hotkey)?;
		Some(Uid(place as u16))
	}
	fn neuron(_: NetUid, uid: Uid) -> Option<(u64, BlockNumber)> {
		let since = Since::get().get(usize::from(uid.0)).copied().unwrap_or(1);
		Some((*Slots::get().get(usize::from(uid.0))?, since))
	}
	fn count(_: NetUid) -> u16 {
		Slots::get().len() as u16
	}
	fn neurons(_: NetUid) -> Vec<(u64, BlockNumber)> {
		Slots::get().into_iter().map(|hotkey| (hotkey, 1)).collect()
	}
}

impl EpochInspect for Fakes {
	fn epoch(_: NetUid) -> EpochIndex {
		Epoch::get()
	}
	fn last_epoch_block(_: NetUid) -> BlockNumber {
		0
	}
}

impl Profiles<u64> for Fakes {
	fn profile(_: &ProfileId) -> Option<ProfileSummary> {
		Self::by_number(PROFILE)
	}
	fn by_number(number: ProfileNumber) -> Option<ProfileSummary> {
		(number == PROFILE).then(|| ProfileSummary {
			number,
			task: Task::Generate,
			lane: Lane::Strict,
			layers: 4,
			thresholds: Thresholds {
				llr_limit: LIMIT,
				..Default::default()
			},
			self_test: H256::zero(),
			registered_at: 1,
		})
	}
	fn is_bonded(_: NetUid, _: &u64, _: &ProfileId, _: Role) -> bool {
		true
	}
	fn auditors(_: NetUid, _: &ProfileId) -> Vec<u64> {
		vec![]
	}
}

impl Bonds<u64> for Fakes {
	fn answering(_: NetUid, hotkey: &u64) -> u64 {
		*hotkey
	}
	fn bond(_: NetUid, hotkey: &u64, role: Role) -> Balance {
		let all = TheBonds::get();
		let found = all.iter().find(|(who, _)| who == hotkey && role == Role::Audit);
		found.map_or(0, |(_, bond)| *bond)
	}
	fn freeze(_: NetUid, _: &u64) -> DispatchResult {
		Ok(())
	}
	fn unfreeze(_: NetUid, _: &u64) {}
	fn slash_bond(_: NetUid, hotkey: &u64, _: Role, amount: Balance, _: Option<&u64>) -> SlashOutcome {
		TheBonds::mutate(|all| {
			let (_, bond) = all.iter_mut().find(|(who, _)| who == hotkey).unwrap();
			*bond -= amount;
		});
		SlashOutcome {
			burned: amount,
			..Default::default()
		}
	}
}

impl Pause for Fakes {
	fn is_paused() -> bool {
		Paused::get()
	}
	fn paused_blocks() -> BlockNumber {
		0
	}
}

impl pallet_audits::Config for Test {
	type Subnets = Fakes;
	type Neurons = Fakes;
	type Epochs = Fakes;
	type Profiles = Fakes;
	type Bonds = Fakes;
	type Pause = Fakes;
	type MissPart = MissPart;
	type WeightInfo = ();
}

/// Run a test at epoch 100, then check the invariants.
pub fn run(test: impl FnOnce()) {
	Existing::set(vec![NETUID, OTHER]);
	Dissolving::set(vec![]);
	VerdictsOn::set(true);
	Slots::set(vec![MINER, 101, ALICE, BOB]);
	Since::set(vec![]);
	Epoch::set(100);
	Paused::set(false);
	TheBonds::set(vec![(ALICE, 1_000_000), (BOB, 500)]);
	let storage = RuntimeGenesisConfig::default().build_storage().unwrap();
	let mut externalities = TestExternalities::new(storage);
	externalities.execute_with(|| {
		System::set_block_number(1);
		test();
		Audits::do_try_state().unwrap();
	});
}
