//! A runtime for tests. The other pallets are small in-memory fakes.
#![allow(missing_docs, clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

use crate as pallet_subnets;
use frame_support::weights::Weight;
use frame_support::{derive_impl, parameter_types, traits::ConstU128};
use frame_system::EnsureRoot;
use ganglion_primitives::{Balance, BlockNumber, Hyperparameters, NetUid, Uid, GNG};
use ganglion_traits::{
	ColdkeyGuard, EpochControl, EpochSize, HotkeyInspect, NeuronInspect, OnSubnetCreated, OnSubnetDissolved,
	OwnerEarnings, Progress, SubnetValue,
};
use sp_io::TestExternalities;
use sp_runtime::{BuildStorage, DispatchError, DispatchResult};
use std::collections::BTreeMap;

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
	pub static StartDelay: BlockNumber = 0;
	pub static NetworkImmunity: BlockNumber = 1_000;
	pub static FreezeWindow: BlockNumber = 10;
	pub const OwnerHotkeyInterval: BlockNumber = 70;
	pub const TrimInterval: BlockNumber = 90;
	pub const DissolveBudget: Weight = Weight::from_parts(BUDGET, 0);
	/// Block of the next epoch.
	pub static NextEpoch: Option<BlockNumber> = Some(1_000_000);
	/// What the clock was told: a triggered block, or which call.
	pub static Told: Vec<(NetUid, &'static str, bool)> = Vec::new();
	/// Hotkeys that were given at creations.
	pub static Owned: BTreeMap<u64, u64> = BTreeMap::new();
	pub static Guarded: Vec<u64> = Vec::new();
	pub static Triggered: Vec<(NetUid, BlockNumber)> = Vec::new();
	pub static Earned: BTreeMap<NetUid, Balance> = BTreeMap::new();
	pub static Values: BTreeMap<NetUid, u128> = BTreeMap::new();
	/// What other pallets keep of each subnet: items.
	pub static Items: BTreeMap<NetUid, u64> = BTreeMap::new();
}

/// Weight of what dissolution may take in a block.
pub const BUDGET: u64 = 10_000_000_000;
/// Weight of clearing one item.
pub const ITEM: u64 = 1_000_000_000;

/// A clock that does what it is told and writes it down, with whether the subnet earned at that moment.
pub struct Clock;
impl Clock {
	fn tell(netuid: NetUid, what: &'static str) {
		let earns = <Subnets as ganglion_traits::SubnetInspect<u64>>::is_active(netuid);
		Told::mutate(|told| told.push((netuid, what, earns)));
	}
}
impl EpochControl for Clock {
	fn next_epoch_block(_: NetUid) -> Option<BlockNumber> {
		NextEpoch::get()
	}
	fn trigger(netuid: NetUid, block: BlockNumber) -> DispatchResult {
		Triggered::mutate(|triggered| triggered.push((netuid, block)));
		NextEpoch::set(Some(block));
		Ok(())
	}
	fn tempo_changed(netuid: NetUid) {
		Self::tell(netuid, "tempo");
	}
	fn earning_changed(netuid: NetUid) {
		Self::tell(netuid, "earning");
	}
}

pub struct Books;
impl OwnerEarnings for Books {
	fn earned(netuid: NetUid) -> Balance {
		Earned::get().get(&netuid).copied().unwrap_or_default()
	}
}
impl SubnetValue for Books {
	fn value(netuid: NetUid) -> u128 {
		Values::get().get(&netuid).copied().unwrap_or_default()
	}
}

/// Clears as many items as the budget allows, one at least.
pub struct Keeper;
impl OnSubnetDissolved for Keeper {
	fn clear(netuid: NetUid, budget: Weight) -> Progress {
		let left = Items::get().get(&netuid).copied().unwrap_or_default();
		let cleared = left.min((budget.ref_time() / ITEM).max(1));
		Items::mutate(|items| items.insert(netuid, left - cleared));
		Progress {
			weight: Weight::from_parts(cleared * ITEM, 0),
			done: cleared == left,
		}
	}
}

pub struct Guard;
impl ColdkeyGuard<u64> for Guard {
	fn is_guarded(coldkey: &u64) -> bool {
		Guarded::get().contains(coldkey)
	}
}

/// Hotkey 10 * n + k is coldkey n's, unless it was given at a creation.
pub struct Owners;
impl HotkeyInspect<u64> for Owners {
	fn coldkey(hotkey: &u64) -> Option<u64> {
		let created = Owned::get().get(hotkey).copied();
		created.or_else(|| Some(hotkey / 10).filter(|owner| *owner > 0))
	}
}

/// Remembers what was created.
pub struct Hook;
impl OnSubnetCreated<u64> for Hook {
	fn on_subnet_created(netuid: NetUid, owner: &u64, owner_hotkey: &u64) -> DispatchResult {
		if *owner_hotkey == REFUSED_HOTKEY {
			return Err(DispatchError::Other("refused"));
		}
		Owned::mutate(|owned| owned.insert(*owner_hotkey, *owner));
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
	type Hotkeys = Owners;
	type Guard = Guard;
	type Epochs = Epochs;
	type Clock = Clock;
	type Earnings = Books;
	type Value = Books;
	type OnSubnetDissolved = Keeper;
	type DissolveBudget = DissolveBudget;
	type RootOrigin = EnsureRoot<u64>;
	type MaxSubnets = MaxSubnets;
	type MinLock = MinLock;
	type LockDecayInterval = LockDecayInterval;
	type StartDelay = StartDelay;
	type NetworkImmunity = NetworkImmunity;
	type FreezeWindow = FreezeWindow;
	type OwnerHotkeyInterval = OwnerHotkeyInterval;
	type TrimInterval = TrimInterval;
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
