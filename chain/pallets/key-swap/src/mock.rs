//! A runtime for tests. The other pallets are small in-memory fakes; balances are real.
#![allow(
	missing_docs,
	clippy::unwrap_used,
	clippy::indexing_slicing,
	clippy::arithmetic_side_effects,
	reason = "tests"
)]

use crate as pallet_key_swap;
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU128, ConstU16, ConstU32, VariantCountOf},
	weights::Weight,
};
use frame_system::EnsureRoot;
use ganglion_primitives::{Balance, BlockNumber, Hyperparameters, NetUid, Uid, GNG};
use ganglion_traits::{
	HotkeyInspect, HotkeyOwnership, NeuronInspect, OnColdkeySwapped, OnHotkeySwapped, Pause, Progress, SubnetInspect,
};
use sp_io::TestExternalities;
use sp_runtime::{BuildStorage, DispatchError, DispatchResult};

pub const ALICE: u64 = 1;
pub const BOB: u64 = 2;
pub const NEW: u64 = 3;
pub const HOTKEY: u64 = 100;
pub const ED: Balance = 1_000;
pub const START: Balance = 1_000 * GNG;
pub const COST: Balance = GNG / 10;
pub const DELAY: BlockNumber = 50;
pub const REANNOUNCE: BlockNumber = 10;
pub const PERIOD: BlockNumber = 30;
pub const INTERVAL: BlockNumber = 20;
pub const NETUID: NetUid = NetUid(1);

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
	pub type KeySwap = pallet_key_swap;
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
	type FreezeIdentifier = RuntimeFreezeReason;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type MaxFreezes = VariantCountOf<RuntimeFreezeReason>;
}

parameter_types! {
	/// (hotkey, coldkey).
	pub static Owners: Vec<(u64, u64)> = vec![(HOTKEY, ALICE), (200, BOB)];
	/// What a coldkey has to be moved, in items.
	pub static Items: Vec<(u64, u32)> = vec![];
	pub static Swaps: Vec<(u64, u64, Option<NetUid>)> = vec![];
	/// Who has slots where.
	pub static Slots: Vec<(NetUid, u64)> = vec![(NETUID, HOTKEY)];
	pub static Netuids: Vec<NetUid> = vec![NETUID];
	pub static Refuses: bool = false;
	pub static Paused: BlockNumber = 0;
	pub static Stopped: bool = false;
	pub static Step: Weight = Weight::from_parts(4, 0);
}

pub struct Subnets;
impl SubnetInspect<u64> for Subnets {
	fn exists(netuid: NetUid) -> bool {
		netuid == NETUID
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
		Netuids::get()
	}
	fn active_netuids() -> Vec<NetUid> {
		vec![]
	}
}

pub struct Neurons;
impl NeuronInspect<u64> for Neurons {
	fn uid(netuid: NetUid, hotkey: &u64) -> Option<Uid> {
		Slots::get().contains(&(netuid, *hotkey)).then_some(Uid(0))
	}
	fn neuron(_: NetUid, _: Uid) -> Option<(u64, BlockNumber)> {
		None
	}
	fn count(_: NetUid) -> u16 {
		0
	}
	fn neurons(_: NetUid) -> Vec<(u64, BlockNumber)> {
		vec![]
	}
}

pub struct Hotkeys;
impl HotkeyInspect<u64> for Hotkeys {
	fn coldkey(hotkey: &u64) -> Option<u64> {
		Owners::get()
			.into_iter()
			.find(|(one, _)| one == hotkey)
			.map(|(_, coldkey)| coldkey)
	}
}
impl HotkeyOwnership<u64> for Hotkeys {
	fn own(_: &u64, _: &u64) -> DispatchResult {
		Ok(())
	}
	fn owned(coldkey: &u64) -> Vec<u64> {
		Owners::get()
			.into_iter()
			.filter(|(_, owner)| owner == coldkey)
			.map(|(hotkey, _)| hotkey)
			.collect()
	}
}

/// Remembers swaps of hotkeys; moves items of coldkeys, one per unit of weight.
pub struct Keeper;
impl OnHotkeySwapped<u64> for Keeper {
	fn ensure_can_swap_hotkey(_: &u64, _: &u64, _: Option<NetUid>) -> DispatchResult {
		if Refuses::get() {
			return Err(DispatchError::Other("kept"));
		}
		Ok(())
	}
	fn on_hotkey_swapped(old: &u64, new: &u64, netuid: Option<NetUid>) {
		Swaps::mutate(|swaps| swaps.push((*old, *new, netuid)));
	}
}
impl OnColdkeySwapped<u64> for Keeper {
	fn move_coldkey(old: &u64, _: &u64, budget: Weight) -> Progress {
		let step = u32::try_from(budget.ref_time()).unwrap().max(1);
		let left = Items::mutate(|items| {
			let entry = items.iter_mut().find(|(coldkey, _)| coldkey == old);
			entry.map_or(0, |(_, count)| {
				*count = count.saturating_sub(step);
				*count
			})
		});
		Progress {
			weight: Weight::from_parts(step.into(), 0),
			done: left == 0,
		}
	}
}

pub struct Clock;
impl Pause for Clock {
	fn is_paused() -> bool {
		Stopped::get()
	}
	fn paused_blocks() -> BlockNumber {
		Paused::get()
	}
}

impl pallet_key_swap::Config for Test {
	type Currency = Balances;
	type RuntimeFreezeReason = RuntimeFreezeReason;
	type Subnets = Subnets;
	type Neurons = Neurons;
	type Hotkeys = Hotkeys;
	type OnHotkeySwapped = (Keeper,);
	type OnColdkeySwapped = (Keeper,);
	type Pause = Clock;
	type Burns = ();
	type RootOrigin = EnsureRoot<u64>;
	type ColdkeySwapCost = ConstU128<COST>;
	type ColdkeySwapDelay = ConstU32<DELAY>;
	type ReannounceDelay = ConstU32<REANNOUNCE>;
	type DisputePeriod = ConstU32<PERIOD>;
	type HotkeySwapCost = ConstU128<COST>;
	type HotkeySwapCostInSubnet = ConstU128<{ GNG / 1_000 }>;
	type HotkeySwapInterval = ConstU32<INTERVAL>;
	type MaxSubnets = ConstU16<4>;
	type StepWeight = Step;
	type WeightInfo = ();
}

/// Run a test at block 1, then check the invariants.
pub fn execute(test: impl FnOnce()) {
	let config = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: vec![(ALICE, START), (BOB, START), (NEW, ED)],
			..Default::default()
		},
		..Default::default()
	};
	let mut externalities = TestExternalities::new(config.build_storage().unwrap());
	externalities.execute_with(|| {
		System::set_block_number(1);
		test();
		KeySwap::do_try_state().unwrap();
	});
}

/// Begin that many blocks.
pub fn pass(blocks: BlockNumber) {
	use frame_support::traits::Hooks;
	for _ in 0..blocks {
		let next = System::block_number() + 1;
		System::set_block_number(next);
		KeySwap::on_initialize(next);
		KeySwap::do_try_state().unwrap();
	}
}

/// Begin that many paused blocks, which no clock counts.
pub fn pass_paused(blocks: BlockNumber) {
	for _ in 0..blocks {
		Paused::mutate(|paused| *paused += 1);
		pass(1);
	}
}
