//! A runtime for tests: this pallet with real balances; subnets, keys, stake and slashes are small fakes in memory.
#![allow(missing_docs, clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

use crate as pallet_models;
use frame_support::{derive_impl, parameter_types};
use ganglion_primitives::*;
use ganglion_traits::*;
use sp_runtime::{traits::IdentityLookup, BuildStorage, DispatchResult};
use std::collections::{BTreeMap, BTreeSet};

pub type AccountId = u64;

pub const NET: NetUid = NetUid(1);
pub const OTHER: NetUid = NetUid(2);
/// Coldkeys are 1,000 above their hotkeys.
pub const COLD: AccountId = 1_000;
pub const RELEASE: BlockNumber = 100;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Models: pallet_models,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<Balance>;
	type DbWeight = frame_support::weights::constants::ParityDbWeight;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type AccountStore = System;
	type RuntimeHoldReason = RuntimeHoldReason;
}

parameter_types! {
	pub static Netuids: BTreeSet<NetUid> = [NET, OTHER].into();
	/// Hotkeys without a slot.
	pub static Slotless: BTreeSet<AccountId> = BTreeSet::new();
	/// Hotkeys of another coldkey than the one 1,000 above.
	pub static Owners: BTreeMap<AccountId, AccountId> = BTreeMap::new();
	pub static Guarded: BTreeSet<AccountId> = BTreeSet::new();
	/// Coldkeys of a swap that goes on.
	pub static Moving: Option<(AccountId, AccountId)> = None;
	/// Own stake by (netuid, hotkey).
	pub static Stakes: BTreeMap<(NetUid, AccountId), Balance> = BTreeMap::new();
	/// Locks by (coldkey, netuid, hotkey).
	pub static Locked: BTreeMap<(AccountId, NetUid, AccountId), Balance> = BTreeMap::new();
	pub static Reporters: Vec<Option<AccountId>> = vec![];
	pub static Paused: BlockNumber = 0;
	pub const ProfileDeposit: Balance = GNG;
	pub const ProfileByteDeposit: Balance = 1_000;
	pub const MinServeBond: Balance = 10 * GNG;
	pub const MinAuditBond: Balance = 20 * GNG;
	pub const BondRelease: BlockNumber = RELEASE;
}

/// Implements what the pallet asks of others.
pub struct Fakes;

impl SubnetInspect<AccountId> for Fakes {
	fn exists(netuid: NetUid) -> bool {
		Netuids::get().contains(&netuid)
	}
	fn is_active(netuid: NetUid) -> bool {
		Self::exists(netuid)
	}
	fn owner(_: NetUid) -> Option<AccountId> {
		None
	}
	fn owner_hotkey(_: NetUid) -> Option<AccountId> {
		None
	}
	fn created_at(_: NetUid) -> Option<BlockNumber> {
		None
	}
	fn hyperparameters(_: NetUid) -> Option<Hyperparameters> {
		None
	}
	fn netuids() -> Vec<NetUid> {
		Netuids::get().into_iter().collect()
	}
	fn active_netuids() -> Vec<NetUid> {
		Self::netuids()
	}
}

impl NeuronInspect<AccountId> for Fakes {
	fn uid(netuid: NetUid, hotkey: &AccountId) -> Option<Uid> {
		(Self::exists(netuid) && !Slotless::get().contains(hotkey)).then_some(Uid(0))
	}
	fn neuron(_: NetUid, _: Uid) -> Option<(AccountId, BlockNumber)> {
		None
	}
	fn count(_: NetUid) -> u16 {
		0
	}
	fn neurons(_: NetUid) -> Vec<(AccountId, BlockNumber)> {
		Vec::new()
	}
}

impl HotkeyInspect<AccountId> for Fakes {
	fn coldkey(hotkey: &AccountId) -> Option<AccountId> {
		Some(Owners::get().get(hotkey).copied().unwrap_or(hotkey + COLD))
	}
}

impl ColdkeyGuard<AccountId> for Fakes {
	fn is_guarded(coldkey: &AccountId) -> bool {
		Guarded::get().contains(coldkey)
	}
	fn counterpart(coldkey: &AccountId) -> Option<AccountId> {
		let (old, new) = Moving::get()?;
		match *coldkey {
			one if one == old => Some(new),
			one if one == new => Some(old),
			_ => None,
		}
	}
}

impl StakeLock<AccountId> for Fakes {
	fn set_lock(
		reason: LockReason,
		coldkey: &AccountId,
		netuid: NetUid,
		hotkey: &AccountId,
		amount: Balance,
	) -> DispatchResult {
		assert_eq!(reason, LockReason::Bond);
		let key = (*coldkey, netuid, *hotkey);
		let before = Locked::get().get(&key).copied().unwrap_or(0);
		if amount > before && Stakes::get().get(&(netuid, *hotkey)).copied().unwrap_or(0) < amount {
			return Err("not as much stake".into());
		}
		Locked::mutate(|locked| match amount {
			0 => locked.remove(&key),
			amount => locked.insert(key, amount),
		});
		Ok(())
	}
	fn locked_value(_: LockReason, coldkey: &AccountId, netuid: NetUid, hotkey: &AccountId) -> Balance {
		let stake = Stakes::get().get(&(netuid, *hotkey)).copied().unwrap_or(0);
		let locked = Locked::get().get(&(*coldkey, netuid, *hotkey)).copied();
		locked.unwrap_or(0).min(stake)
	}
}

impl StakeInspect<AccountId> for Fakes {
	fn stake(netuid: NetUid, hotkey: &AccountId) -> Balance {
		Stakes::get().get(&(netuid, *hotkey)).copied().unwrap_or(0)
	}
	fn own_stake(netuid: NetUid, hotkey: &AccountId) -> Balance {
		Self::stake(netuid, hotkey)
	}
}

impl Slash<AccountId> for Fakes {
	fn slash(netuid: NetUid, hotkey: &AccountId, amount: Balance, reporter: Option<&AccountId>) -> SlashOutcome {
		let burned = amount.min(Self::stake(netuid, hotkey));
		Stakes::mutate(|stakes| *stakes.entry((netuid, *hotkey)).or_default() -= burned);
		Reporters::mutate(|reporters| reporters.push(reporter.copied()));
		SlashOutcome {
			burned,
			from_operator: burned,
			..Default::default()
		}
	}
}

impl Pause for Fakes {
	fn is_paused() -> bool {
		false
	}
	fn paused_blocks() -> BlockNumber {
		Paused::get()
	}
}

impl pallet_models::Config for Test {
	type Currency = Balances;
	type RuntimeHoldReason = RuntimeHoldReason;
	type Subnets = Fakes;
	type Neurons = Fakes;
	type Hotkeys = Fakes;
	type Guard = Fakes;
	type Locks = Fakes;
	type Stake = Fakes;
	type Slash = Fakes;
	type Pause = Fakes;
	type ProfileDeposit = ProfileDeposit;
	type ProfileByteDeposit = ProfileByteDeposit;
	type MinServeBond = MinServeBond;
	type MinAuditBond = MinAuditBond;
	type BondRelease = BondRelease;
	type WeightInfo = ();
}

fn reset() {
	Netuids::set([NET, OTHER].into());
	Slotless::set(BTreeSet::new());
	Owners::set(BTreeMap::new());
	Guarded::set(BTreeSet::new());
	Moving::set(None);
	Locked::set(BTreeMap::new());
	Reporters::set(vec![]);
	Paused::set(0);
	let stakes = [NET, OTHER]
		.into_iter()
		.flat_map(|netuid| (1..=9).map(move |hotkey| ((netuid, hotkey), 100 * GNG)));
	Stakes::set(stakes.collect());
}

/// Run a test at block 1 with funded coldkeys and 100 GNG of stake for each hotkey, then check all invariants.
pub fn run(test: impl FnOnce()) {
	let genesis = RuntimeGenesisConfig {
		balances: pallet_balances::GenesisConfig {
			balances: (1..=9).map(|hotkey| (hotkey + COLD, 1_000 * GNG)).collect(),
			..Default::default()
		},
		..Default::default()
	};
	sp_io::TestExternalities::new(genesis.build_storage().unwrap()).execute_with(|| {
		reset();
		System::set_block_number(1);
		test();
		Models::do_try_state().unwrap();
	});
}
