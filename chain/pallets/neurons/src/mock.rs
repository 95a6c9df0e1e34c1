//! A runtime for tests. The other pallets are small in-memory fakes.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use crate as pallet_neurons;
use frame_support::{derive_impl, parameter_types, traits::ConstU128};
use ganglion_primitives::{Balance, BlockNumber, Hyperparameters, NetUid, Uid, GNG};
use ganglion_traits::{
	BondsReset, BurnRecord, EpochResults, OnNeuronReplaced, OnUidsMoved, Pause, SubnetInspect, SubnetSlots,
};
use sp_io::TestExternalities;
use sp_runtime::{BuildStorage, DispatchResult};

pub const OWNER: u64 = 1;
pub const ALICE: u64 = 2;
pub const POOR: u64 = 3;
pub const OWNER_HOTKEY: u64 = 100;
pub const NETUID: NetUid = NetUid(1);
pub const OTHER: NetUid = NetUid(2);
pub const ED: Balance = 1_000;
pub const START: Balance = 10_000 * GNG;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeTask,
		RuntimeHoldReason,
		RuntimeFreezeReason
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(2)]
	pub type Neurons = pallet_neurons;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<ED>;
	type AccountStore = System;
}

parameter_types! {
	pub static Existing: Vec<NetUid> = vec![NETUID, OTHER];
	pub static TheHyperparameters: Hyperparameters = Hyperparameters {
		max_allowed_uids: 4,
		immunity_period: 50,
		min_non_immune_uids: 1,
		serving_rate_limit: 5,
		registration_price_min: GNG / 10,
		..Default::default()
	};
	pub static Emission: Vec<u64> = Vec::new();
	pub static Replaced: Vec<(NetUid, Uid, u64)> = Vec::new();
	pub static Dissolving: Vec<NetUid> = Vec::new();
	pub static Moved: Vec<(NetUid, Vec<(Uid, Uid)>)> = Vec::new();
	pub static Resets: Vec<(NetUid, Uid)> = Vec::new();
	pub static Fees: Vec<(NetUid, Balance)> = Vec::new();
	pub static Gone: Balance = 0;
	pub static Paused: bool = false;
}

pub struct Subnets;
impl SubnetInspect<u64> for Subnets {
	fn exists(netuid: NetUid) -> bool {
		Existing::get().contains(&netuid)
	}
	fn is_active(netuid: NetUid) -> bool {
		Self::exists(netuid)
	}
	fn owner(netuid: NetUid) -> Option<u64> {
		Self::exists(netuid).then_some(OWNER)
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
		Existing::get()
	}
	fn active_netuids() -> Vec<NetUid> {
		Existing::get()
	}
	fn is_dissolving(netuid: NetUid) -> bool {
		Dissolving::get().contains(&netuid)
	}
}
impl SubnetSlots<RuntimeOrigin> for Subnets {
	fn lower_max_uids(origin: RuntimeOrigin, _: NetUid, max: u16) -> DispatchResult {
		frame_system::ensure_root(origin)?;
		TheHyperparameters::mutate(|h| h.max_allowed_uids = max);
		Ok(())
	}
}

pub struct Results;
impl EpochResults for Results {
	fn has_permit(_: NetUid, _: Uid, _: BlockNumber) -> bool {
		false
	}
	fn emission(_: NetUid, _: &[BlockNumber]) -> Vec<u64> {
		Emission::get()
	}
}

/// Remembers who was replaced.
pub struct Hook;
impl OnNeuronReplaced<u64> for Hook {
	fn on_neuron_replaced(netuid: NetUid, uid: Uid, hotkey: &u64) {
		Replaced::mutate(|replaced| replaced.push((netuid, uid, *hotkey)));
	}
}

/// Remembers what moved.
pub struct Mover;
impl OnUidsMoved for Mover {
	fn on_uids_moved(netuid: NetUid, moved: &[(Uid, Uid)]) {
		Moved::mutate(|all| all.push((netuid, moved.to_vec())));
	}
}

/// Remembers whose bonds were reset.
pub struct Bonds;
impl BondsReset for Bonds {
	fn reset_bonds(netuid: NetUid, uid: Uid) {
		Resets::mutate(|resets| resets.push((netuid, uid)));
	}
}

/// Pauses when it is told to.
pub struct Clock;
impl Pause for Clock {
	fn is_paused() -> bool {
		Paused::get()
	}
	fn paused_blocks() -> BlockNumber {
		0
	}
}

/// Remembers what was burned.
pub struct Burns;
impl BurnRecord for Burns {
	fn burned_for_ever(amount: Balance) {
		Gone::mutate(|gone| *gone = gone.saturating_add(amount));
	}
	fn fee_burned(netuid: NetUid, amount: Balance) {
		Fees::mutate(|fees| fees.push((netuid, amount)));
	}
}

#[cfg(feature = "runtime-benchmarks")]
pub struct Helper;
#[cfg(feature = "runtime-benchmarks")]
impl pallet_neurons::BenchmarkHelper<u64> for Helper {
	fn subnet(netuid: NetUid, max_allowed_uids: u16) {
		Existing::set(vec![netuid]);
		TheHyperparameters::mutate(|h| {
			h.max_allowed_uids = max_allowed_uids;
			h.bonds_reset_on = true;
		});
	}
}

impl pallet_neurons::Config for Test {
	type Currency = Balances;
	type InitialPrice = ConstU128<GNG>;
	type Subnets = Subnets;
	type Results = Results;
	type OnNeuronReplaced = Hook;
	type OnUidsMoved = Mover;
	type Slots = Subnets;
	type Bonds = Bonds;
	type Burns = Burns;
	type Pause = Clock;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Helper;
}

/// Builds the state that a test starts from.
#[derive(Default)]
pub struct ExtBuilder;

impl ExtBuilder {
	pub fn build(self) -> TestExternalities {
		let balances = vec![(OWNER, START), (ALICE, START), (POOR, GNG + ED - 1)];
		let config = RuntimeGenesisConfig {
			balances: pallet_balances::GenesisConfig {
				balances,
				..Default::default()
			},
			..Default::default()
		};
		let mut externalities = TestExternalities::new(config.build_storage().unwrap());
		externalities.execute_with(|| System::set_block_number(1));
		externalities
	}

	/// Run a test, then check the invariants.
	pub fn build_and_execute(self, test: impl FnOnce()) {
		self.build().execute_with(|| {
			test();
			Neurons::do_try_state().unwrap();
		});
	}
}
