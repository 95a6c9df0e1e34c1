//! A runtime for tests. The other pallets are small in-memory fakes.
#![allow(missing_docs, clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use crate as pallet_weights;
use frame_support::{derive_impl, parameter_types};
use ganglion_primitives::{BlockNumber, EpochIndex, Evidence, Hyperparameters, MechanismId, NetUid, Uid};
use ganglion_traits::{
	AuditEvidence, EpochInspect, EpochResults, NeuronInspect, OnNeuronReplaced, Pause, SubnetInspect,
};
use sp_io::TestExternalities;
use sp_runtime::{BuildStorage, DispatchError, DispatchResult};

/// Slot 0: the owner's hotkey, with a permit.
pub const OWNER_HOTKEY: u64 = 100;
/// Slot 1: a validator with a permit.
pub const ALICE: u64 = 101;
/// Slot 2: another.
pub const BOB: u64 = 102;
/// Slot 3: a miner, without.
pub const MINER: u64 = 103;
pub const STRANGER: u64 = 104;
pub const NETUID: NetUid = NetUid(1);
/// Another subnet with the same slots.
pub const OTHER: NetUid = NetUid(2);
/// Block in which tests start; all neurons came at block 1.
pub const START: u32 = 1_000;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(RuntimeCall, RuntimeEvent, RuntimeError, RuntimeOrigin, RuntimeTask)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Weights = pallet_weights;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
	type DbWeight = frame_support::weights::constants::RocksDbWeight;
}

parameter_types! {
	pub static TheHyperparameters: Hyperparameters = Hyperparameters::default();
	pub static TheNeurons: Vec<(u64, BlockNumber)> = Vec::new();
	pub static Permits: Vec<u16> = Vec::new();
	pub static Epoch: EpochIndex = 0;
	pub static Paused: bool = false;
	pub static Dissolving: bool = false;
	/// Whether rows of the first mechanism rest on evidence.
	pub static Verdicts: bool = false;
	/// Hotkeys without a bond.
	pub static Unbonded: Vec<u64> = Vec::new();
	/// What was filed: hotkey, epoch of the commitment, first byte of the secret.
	pub static Filed: Vec<(u64, EpochIndex, u8)> = Vec::new();
	/// Who had committed to it.
	pub static FiledBy: Vec<u64> = Vec::new();
	/// Who kept evidence back.
	pub static KeptBack: Vec<u64> = Vec::new();
}

/// What other pallets would hold. Set anew for each case of a property.
fn reset() {
	TheHyperparameters::set(Hyperparameters {
		weights_rate_limit: 5,
		min_allowed_weights: 2,
		weights_version_key: 3,
		..Default::default()
	});
	TheNeurons::set(vec![(OWNER_HOTKEY, 1), (ALICE, 1), (BOB, 1), (MINER, 1)]);
	Permits::set(vec![0, 1, 2]);
	Epoch::set(7);
	Paused::set(false);
	Dissolving::set(false);
	Verdicts::set(false);
	Unbonded::set(Vec::new());
	Filed::set(Vec::new());
	FiledBy::set(Vec::new());
	KeptBack::set(Vec::new());
}

pub struct Subnets;
impl SubnetInspect<u64> for Subnets {
	fn exists(netuid: NetUid) -> bool {
		(netuid == NETUID || netuid == OTHER) && !Dissolving::get()
	}
	fn is_dissolving(netuid: NetUid) -> bool {
		(netuid == NETUID || netuid == OTHER) && Dissolving::get()
	}
	fn is_active(netuid: NetUid) -> bool {
		Self::exists(netuid)
	}
	fn owner(_: NetUid) -> Option<u64> {
		None
	}
	fn owner_hotkey(netuid: NetUid) -> Option<u64> {
		Self::exists(netuid).then_some(OWNER_HOTKEY)
	}
	fn created_at(netuid: NetUid) -> Option<BlockNumber> {
		Self::exists(netuid).then_some(1)
	}
	fn hyperparameters(netuid: NetUid) -> Option<Hyperparameters> {
		Self::exists(netuid).then(TheHyperparameters::get)
	}
	fn netuids() -> Vec<NetUid> {
		vec![NETUID, OTHER]
	}
	fn active_netuids() -> Vec<NetUid> {
		vec![NETUID]
	}
}

pub struct Neurons;
impl NeuronInspect<u64> for Neurons {
	fn uid(netuid: NetUid, hotkey: &u64) -> Option<Uid> {
		let position = Self::neurons(netuid).iter().position(|(who, _)| who == hotkey)?;
		Some(Uid(position as u16))
	}
	fn neuron(netuid: NetUid, uid: Uid) -> Option<(u64, BlockNumber)> {
		Self::neurons(netuid).get(usize::from(uid.0)).copied()
	}
	fn count(netuid: NetUid) -> u16 {
		Self::neurons(netuid).len() as u16
	}
	fn neurons(netuid: NetUid) -> Vec<(u64, BlockNumber)> {
		if netuid == NETUID || netuid == OTHER {
			TheNeurons::get()
		} else {
			Vec::new()
		}
	}
}

pub struct Epochs;
impl EpochInspect for Epochs {
	fn epoch(_: NetUid) -> EpochIndex {
		Epoch::get()
	}
	fn last_epoch_block(_: NetUid) -> BlockNumber {
		0
	}
}
impl EpochResults for Epochs {
	fn has_permit(netuid: NetUid, uid: Uid, registered_at: BlockNumber) -> bool {
		let present = Neurons::neuron(netuid, uid).is_some_and(|(_, at)| at == registered_at);
		present && Permits::get().contains(&uid.0)
	}
	fn emission(_: NetUid, registered_at: &[BlockNumber]) -> Vec<u64> {
		vec![0; registered_at.len()]
	}
}

pub struct Pauses;
impl Pause for Pauses {
	fn is_paused() -> bool {
		Paused::get()
	}
	fn paused_blocks() -> BlockNumber {
		0
	}
}

/// Evidence is good when each row's work is the entry's value.
pub struct Audits;
impl AuditEvidence<u64> for Audits {
	fn is_required(_: NetUid, mechanism: MechanismId) -> bool {
		Verdicts::get() && mechanism.0 == 0
	}
	fn ensure_can_commit(_: NetUid, _: MechanismId, hotkey: &u64) -> DispatchResult {
		match Unbonded::get().contains(hotkey) {
			true => Err(DispatchError::Other("no bond")),
			false => Ok(()),
		}
	}
	fn check(_: NetUid, _: MechanismId, _: &u64, entries: &[(u16, u16)], evidence: &Evidence) -> DispatchResult {
		let given: Vec<(u16, u16)> = evidence.rows.iter().map(|row| (row.uid, row.work as u16)).collect();
		match given == entries {
			true => Ok(()),
			false => Err(DispatchError::Other("not what the evidence gives")),
		}
	}
	fn file(_: NetUid, _: MechanismId, hotkey: &u64, author: &u64, committed_in: EpochIndex, evidence: Evidence) {
		Filed::mutate(|filed| filed.push((*hotkey, committed_in, evidence.secret[0])));
		FiledBy::mutate(|authors| authors.push(*author));
	}
	fn missed(_: NetUid, _: MechanismId, hotkey: &u64) {
		KeptBack::mutate(|all| all.push(*hotkey));
	}
}

#[cfg(feature = "runtime-benchmarks")]
pub struct Helper;
#[cfg(feature = "runtime-benchmarks")]
impl pallet_weights::BenchmarkHelper<u64> for Helper {
	fn validator(_: NetUid, neurons: u16, commit_reveal_on: bool) -> u64 {
		TheHyperparameters::mutate(|h| h.commit_reveal_on = commit_reveal_on);
		TheHyperparameters::mutate(|h| h.min_allowed_weights = 1);
		TheNeurons::set((0..neurons).map(|uid| (uid.into(), 0)).collect());
		0
	}
	fn set_epoch(_: NetUid, epoch: EpochIndex) {
		Epoch::set(epoch);
	}
}

impl pallet_weights::Config for Test {
	type Subnets = Subnets;
	type Neurons = Neurons;
	type Epochs = Epochs;
	type Results = Epochs;
	type Pause = Pauses;
	type Audits = Audits;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Helper;
}

/// Give a slot to another hotkey now, as the neurons pallet does.
pub fn replace(uid: u16, newcomer: u64) {
	let (old, _) = Neurons::neuron(NETUID, Uid(uid)).unwrap();
	Weights::on_neuron_replaced(NETUID, Uid(uid), &old);
	Weights::on_neuron_replaced(OTHER, Uid(uid), &old);
	let now = System::block_number();
	TheNeurons::mutate(|neurons| *neurons.get_mut(usize::from(uid)).unwrap() = (newcomer, now));
}

/// Builds the state that a test starts from.
pub struct ExtBuilder;

impl ExtBuilder {
	pub fn build(self) -> TestExternalities {
		reset();
		let storage = RuntimeGenesisConfig::default().build_storage().unwrap();
		let mut externalities = TestExternalities::new(storage);
		externalities.execute_with(|| System::set_block_number(START));
		externalities
	}

	/// Run a test, then check the invariants.
	pub fn build_and_execute(self, test: impl FnOnce()) {
		self.build().execute_with(|| {
			test();
			Weights::do_try_state().unwrap();
		});
	}
}
