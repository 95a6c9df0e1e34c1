//! A runtime with this pallet and the real stock pallets that it works with; stake and seats are small fakes in memory.

use crate as pallet_governance;
use crate::types::{Seats, SEATS};
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU32, Contains, EqualPrivilegeOnly, Hooks, OnInitialize},
	weights::Weight,
};
use frame_system::{EnsureRoot, EnsureSignedBy};
use ganglion_primitives::{Balance, BlockNumber, NetUid, GNG};
use ganglion_traits::{ColdkeyGuard, HotkeyInspect, LockReason, StakeLock};
use sp_runtime::{traits::IdentityLookup, BuildStorage, DispatchResult};
use std::collections::BTreeMap;

pub type AccountId = u64;

pub const NET: NetUid = NetUid(1);
pub const VOTING: BlockNumber = 10;
pub const DELAY: BlockNumber = 5;
pub const TERM: BlockNumber = 100;
pub const AGE: BlockNumber = 20;
pub const MAX_PAUSE: BlockNumber = 30;
/// Stands for a majority of the council, and of the guardians.
pub const COUNCIL: AccountId = 1_000;
pub const GUARDIANS: AccountId = 1_001;

/// Hotkey of a coldkey.
pub fn hotkey(coldkey: AccountId) -> AccountId {
	coldkey + 500
}

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
	pub type Preimage = pallet_preimage;
	#[runtime::pallet_index(3)]
	pub type Scheduler = pallet_scheduler;
	#[runtime::pallet_index(4)]
	pub type SafeMode = pallet_safe_mode;
	#[runtime::pallet_index(5)]
	pub type Governance = pallet_governance;
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type BaseCallFilter = SafeMode;
	type Block = frame_system::mocking::MockBlockU32<Test>;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = frame_support::traits::ConstU128<1_000>;
	type AccountStore = System;
	type RuntimeHoldReason = RuntimeHoldReason;
}

impl pallet_preimage::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type WeightInfo = ();
	type Currency = Balances;
	type ManagerOrigin = EnsureRoot<AccountId>;
	type Consideration = ();
}

parameter_types! {
	pub MaximumWeight: Weight = Weight::from_parts(1_000_000_000_000, u64::MAX);
	pub static Members: Vec<AccountId> = vec![1, 2, 3, 4, 5];
	/// Own stake by (coldkey, netuid, hotkey).
	pub static Stakes: BTreeMap<(AccountId, NetUid, AccountId), Balance> = BTreeMap::new();
	pub static Locked: BTreeMap<(AccountId, NetUid, AccountId), Balance> = BTreeMap::new();
	pub static MinVoters: u32 = 2;
	pub static MinElectorate: u16 = 0;
}

impl pallet_scheduler::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type RuntimeOrigin = RuntimeOrigin;
	type PalletsOrigin = OriginCaller;
	type RuntimeCall = RuntimeCall;
	type MaximumWeight = MaximumWeight;
	type ScheduleOrigin = EnsureRoot<AccountId>;
	type OriginPrivilegeCmp = EqualPrivilegeOnly;
	type MaxScheduledPerBlock = ConstU32<16>;
	type WeightInfo = ();
	type Preimages = Preimage;
	type BlockNumberProvider = Governance;
}

/// What goes on while the network is paused.
pub struct Whitelist;
impl Contains<RuntimeCall> for Whitelist {
	fn contains(call: &RuntimeCall) -> bool {
		matches!(call, RuntimeCall::Governance(_) | RuntimeCall::Preimage(_))
	}
}

parameter_types! {
	pub const Nothing: Option<Balance> = None;
	pub const NoDelay: Option<BlockNumber> = None;
}

impl pallet_safe_mode::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type WhitelistedCalls = Whitelist;
	type EnterDuration = ConstU32<1>;
	type ExtendDuration = ConstU32<1>;
	type EnterDepositAmount = Nothing;
	type ExtendDepositAmount = Nothing;
	type ForceEnterOrigin = frame_support::traits::NeverEnsureOrigin<BlockNumber>;
	type ForceExtendOrigin = frame_support::traits::NeverEnsureOrigin<BlockNumber>;
	type ForceExitOrigin = EnsureRoot<AccountId>;
	type ForceDepositOrigin = EnsureRoot<AccountId>;
	type Notify = Governance;
	type ReleaseDelay = NoDelay;
	type WeightInfo = ();
}

pub struct Fakes;

impl Seats<AccountId> for Fakes {
	fn members() -> Vec<AccountId> {
		Members::get()
	}
	fn seat(members: &[AccountId]) {
		assert!(members.len() <= SEATS as usize && members.is_sorted());
		Members::set(members.to_vec());
	}
	fn replace(old: &AccountId, new: &AccountId) {
		let renamed = |member| if member == *old { *new } else { member };
		let mut members: Vec<AccountId> = Members::get().into_iter().map(renamed).collect();
		members.sort();
		Self::seat(&members);
	}
}

impl HotkeyInspect<AccountId> for Fakes {
	fn coldkey(hotkey: &AccountId) -> Option<AccountId> {
		(*hotkey >= 500).then_some(*hotkey % 500)
	}
}

/// A coldkey whose swap is announced.
pub const GUARDED: AccountId = 13;

impl ColdkeyGuard<AccountId> for Fakes {
	fn is_guarded(coldkey: &AccountId) -> bool {
		*coldkey == GUARDED
	}
}

impl StakeLock<AccountId> for Fakes {
	fn set_lock(
		_: LockReason,
		coldkey: &AccountId,
		netuid: NetUid,
		hotkey: &AccountId,
		amount: Balance,
	) -> DispatchResult {
		let key = (*coldkey, netuid, *hotkey);
		let before = Locked::get().get(&key).copied().unwrap_or(0);
		if amount > before && Stakes::get().get(&key).copied().unwrap_or(0) < amount {
			return Err("not as much stake".into());
		}
		Locked::mutate(|locked| locked.insert(key, amount));
		Ok(())
	}
	fn locked_value(_: LockReason, coldkey: &AccountId, netuid: NetUid, hotkey: &AccountId) -> Balance {
		let key = (*coldkey, netuid, *hotkey);
		let stake = Stakes::get().get(&key).copied().unwrap_or(0);
		Locked::get().get(&key).copied().unwrap_or(0).min(stake)
	}
}

frame_support::ord_parameter_types! {
	pub const CouncilOrigin: AccountId = COUNCIL;
	pub const GuardianOrigin: AccountId = GUARDIANS;
}

impl pallet_governance::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Stake = Fakes;
	type Hotkeys = Fakes;
	type Guard = Fakes;
	type Council = Fakes;
	type Preimages = Preimage;
	type PalletsOrigin = OriginCaller;
	type Scheduler = Scheduler;
	type SafeMode = SafeMode;
	type SubmitOrigin = EnsureSignedBy<CouncilOrigin, AccountId>;
	type CancelOrigin = EnsureRoot<AccountId>;
	type PauseOrigin = EnsureSignedBy<GuardianOrigin, AccountId>;
	type VotingPeriod = ConstU32<VOTING>;
	type EnactmentDelay = ConstU32<DELAY>;
	type Term = ConstU32<TERM>;
	type LockAge = ConstU32<AGE>;
	type MinVoterStake = frame_support::traits::ConstU128<GNG>;
	type MinVoters = MinVoters;
	type MinElectorate = MinElectorate;
	type CandidateDeposit = frame_support::traits::ConstU128<GNG>;
	type MaxPause = ConstU32<MAX_PAUSE>;
	type MaxCallWeight = MaximumWeight;
	type WeightInfo = ();
}

/// A chain whose first twenty coldkeys, and candidates 100 to 139, have 1,000 GNG each.
pub fn new_test_ext() -> sp_io::TestExternalities {
	let mut storage = frame_system::GenesisConfig::<Test>::default().build_storage().unwrap();
	let balances = (1..=20).chain(100..140).map(|who| (who, 1_000 * GNG)).collect();
	pallet_balances::GenesisConfig::<Test> {
		balances,
		..Default::default()
	}
	.assimilate_storage(&mut storage)
	.unwrap();
	Stakes::set(BTreeMap::new());
	Locked::set(BTreeMap::new());
	Members::set(vec![1, 2, 3, 4, 5]);
	MinVoters::set(2);
	MinElectorate::set(0);
	let mut state = sp_io::TestExternalities::new(storage);
	state.execute_with(|| System::set_block_number(1));
	state
}

/// Make blocks, with all hooks, and check what always holds after each.
pub fn blocks(count: BlockNumber) {
	for _ in 0..count {
		check();
		Governance::on_idle(System::block_number(), Weight::MAX);
		System::set_block_number(System::block_number() + 1);
		AllPalletsWithSystem::on_initialize(System::block_number());
		check();
	}
}

pub fn check() {
	Governance::do_try_state().unwrap();
}

/// Give a coldkey own stake in [`NET`] on its hotkey.
pub fn stake(coldkey: AccountId, amount: Balance) {
	Stakes::mutate(|stakes| stakes.insert((coldkey, NET, hotkey(coldkey)), amount));
}

/// What the pallet has told.
pub fn events() -> Vec<pallet_governance::Event<Test>> {
	let own = |record: frame_system::EventRecord<RuntimeEvent, _>| match record.event {
		RuntimeEvent::Governance(event) => Some(event),
		_ => None,
	};
	System::events().into_iter().filter_map(own).collect()
}
