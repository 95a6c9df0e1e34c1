//! A runtime for tests. The other pallets are small in-memory fakes.
#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use crate as pallet_subnets;
use frame_support::{derive_impl, parameter_types, traits::ConstU128};
use frame_system::EnsureRoot;
use ganglion_primitives::{Balance, BlockNumber, Hyperparameters, NetUid, Uid, GNG};
use ganglion_traits::{EpochSize, NeuronInspect, OnSubnetCreated};
use sp_io::TestExternalities;
use sp_runtime::{BuildStorage, DispatchError, DispatchResult};

pub const ALICE: u64 = 1;
pub const BOB: u64 = 2;
pub const POOR: u64 = 3;
pub const HOTKEY: u64 = 11;
/// A hotkey that the fake of the neurons refuses.
pub const REFUSED_HOTKEY: u64 = 13;
pub const MIN_LOCK: Balance = 10 * GNG;
pub const INTERVAL: u32 = 100;

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
	pub type Subnets = pallet_subnets;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ConstU128<1_000>;
	type AccountStore = System;
}

parameter_types! {
	pub static Created: Vec<(NetUid, u64, u64)> = Vec::new();
	pub static NeuronCount: u16 = 1;
	pub static MaxSubnets: u16 = 4;
	pub const MinLock: Balance = MIN_LOCK;
	pub const LockDecayInterval: u32 = INTERVAL;
}

/// Remembers what was created.
pub struct Hook;
impl OnSubnetCreated<u64> for Hook {
	fn on_subnet_created(netuid: NetUid, owner: &u64, owner_hotkey: &u64) -> DispatchResult {
		if *owner_hotkey == REFUSED_HOTKEY {
			return Err(DispatchError::Other("refused"));
		}
		Created::mutate(|created| created.push((netuid, *owner, *owner_hotkey)));
		Ok(())
	}
}

/// Counts only.
pub struct Neurons;
impl NeuronInspect<u64> for Neurons {
	fn uid(_: NetUid, _: &u64) -> Option<Uid> {
		None
	}
	fn neuron(_: NetUid, _: Uid) -> Option<(u64, BlockNumber)> {
		None
	}
	fn count(_: NetUid) -> u16 {
		NeuronCount::get()
	}
	fn neurons(_: NetUid) -> Vec<(u64, BlockNumber)> {
		Vec::new()
	}
}

/// Slots and permits weigh alike here.
pub struct Epochs;
impl EpochSize for Epochs {
	fn fits(uids: u16, validators: u16, _mechanisms: u8) -> bool {
		u32::from(uids).saturating_add(u32::from(validators)) <= 1_280
	}
}

impl pallet_subnets::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type OnSubnetCreated = Hook;
	type Neurons = Neurons;
	type Epochs = Epochs;
	type RootOrigin = EnsureRoot<u64>;
	type MaxSubnets = MaxSubnets;
	type MinLock = MinLock;
	type LockDecayInterval = LockDecayInterval;
	type WeightInfo = ();
}

/// Builds the state that a test starts from.
#[derive(Default)]
pub struct ExtBuilder {
	hyperparameters: Hyperparameters,
}

impl ExtBuilder {
	pub fn hyperparameters(mut self, hyperparameters: Hyperparameters) -> Self {
		self.hyperparameters = hyperparameters;
		self
	}

	pub fn build(self) -> TestExternalities {
		let balances = vec![(ALICE, 1_000 * GNG), (BOB, 1_000 * GNG), (POOR, GNG)];
		let config = RuntimeGenesisConfig {
			balances: pallet_balances::GenesisConfig {
				balances,
				..Default::default()
			},
			subnets: pallet_subnets::GenesisConfig {
				default_hyperparameters: self.hyperparameters,
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
			Subnets::do_try_state().unwrap();
		});
	}
}
