//! A runtime with this pallet and Balances; the other pallets are small fakes in memory.

use crate as pallet_staking;
use frame_support::{derive_impl, parameter_types, PalletId};
use ganglion_primitives::{Balance, BlockNumber, EpochIndex, Hyperparameters, NetUid, GNG};
use ganglion_traits::{ColdkeyGuard, EpochInspect, HotkeyInspect, Pause, RewardPool, SubnetInspect};
use sp_runtime::{traits::IdentityLookup, BuildStorage};
use std::collections::BTreeMap;

pub type AccountId = u64;

pub const NET: NetUid = NetUid(1);
pub const OTHER_NET: NetUid = NetUid(2);
/// A hotkey and the coldkey that owns it.
pub const HOTKEY: AccountId = 100;
pub const OPERATOR: AccountId = 1;
pub const ALICE: AccountId = 2;
pub const BOB: AccountId = 3;
/// A coldkey without an account.
pub const POOR: AccountId = 9;
pub const ED: Balance = 1_000;
pub const MIN_STAKE: Balance = GNG / 1_000;
pub const UNBONDING: EpochIndex = 2;

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Staking: pallet_staking,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<Balance>;
}

parameter_types! {
	pub const ExistentialDeposit: Balance = ED;
	pub const StakingPalletId: PalletId = PalletId(*b"gng/stak");
	pub const MinStake: Balance = MIN_STAKE;
	pub const UnbondingEpochs: EpochIndex = UNBONDING;
	pub const MaxTake: u16 = 11_796;
	pub const TakeIncreaseInterval: BlockNumber = 100;
	pub static Subnets: Vec<NetUid> = vec![NET, OTHER_NET];
	pub static Owners: BTreeMap<AccountId, AccountId> = BTreeMap::from([(HOTKEY, OPERATOR), (POOR_HOTKEY, POOR)]);
	pub static Epoch: EpochIndex = 0;
	pub static Tempo: u16 = 100;
	pub static TransferOn: bool = true;
	/// Coldkeys whose swap is announced.
	pub static Guarded: Vec<AccountId> = vec![];
	/// A coldkey and its successor, of which a swap is being carried out.
	pub static Swapping: Option<(AccountId, AccountId)> = None;
	pub static Paused: bool = false;
	pub static PausedBlocks: BlockNumber = 0;
	/// What slashes gave to the next epoch.
	pub static Pooled: Balance = 0;
	pub static SlashToReporter: u16 = 0;
	pub static SlashToPool: u16 = 0;
	/// Of what nominators have, in one epoch; the tests of the cap lower it.
	pub static MaxNominatorSlash: u16 = u16::MAX;
}

impl ColdkeyGuard<AccountId> for Fakes {
	fn is_guarded(coldkey: &AccountId) -> bool {
		Guarded::get().contains(coldkey)
	}
	fn counterpart(coldkey: &AccountId) -> Option<AccountId> {
		let (old, new) = Swapping::get()?;
		match coldkey {
			one if *one == old => Some(new),
			one if *one == new => Some(old),
			_ => None,
		}
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

impl RewardPool for Fakes {
	fn add(_: NetUid, amount: Balance) {
		Pooled::mutate(|pooled| *pooled += amount);
	}
}

/// A hotkey whose coldkey has no account.
pub const POOR_HOTKEY: AccountId = 109;

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ExistentialDeposit;
	type AccountStore = System;
}

pub struct Fakes;

impl SubnetInspect<AccountId> for Fakes {
	fn exists(netuid: NetUid) -> bool {
		Subnets::get().contains(&netuid)
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
	fn hyperparameters(netuid: NetUid) -> Option<Hyperparameters> {
		Self::exists(netuid).then(|| Hyperparameters {
			tempo: Tempo::get(),
			transfer_on: TransferOn::get(),
			..Default::default()
		})
	}
	fn netuids() -> Vec<NetUid> {
		Subnets::get()
	}
	fn active_netuids() -> Vec<NetUid> {
		Subnets::get()
	}
}

impl HotkeyInspect<AccountId> for Fakes {
	fn coldkey(hotkey: &AccountId) -> Option<AccountId> {
		Owners::get().get(hotkey).copied()
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

#[cfg(feature = "runtime-benchmarks")]
impl crate::benchmarking::BenchmarkHelper<AccountId> for Fakes {
	fn prepare(netuid: NetUid, hotkey: &AccountId, coldkey: &AccountId) {
		Subnets::mutate(|subnets| subnets.push(netuid));
		Owners::mutate(|owners| owners.insert(*hotkey, *coldkey));
	}
	fn set_epoch(_: NetUid, epoch: EpochIndex) {
		Epoch::set(epoch);
	}
}

impl pallet_staking::Config for Test {
	type Currency = Balances;
	type Subnets = Fakes;
	type Hotkeys = Fakes;
	type Epochs = Fakes;
	type Guard = Fakes;
	type Pause = Fakes;
	type RewardPool = Fakes;
	type SlashToReporter = SlashToReporter;
	type SlashToPool = SlashToPool;
	type MaxNominatorSlash = MaxNominatorSlash;
	type PalletId = StakingPalletId;
	type MinStake = MinStake;
	type UnbondingEpochs = UnbondingEpochs;
	type MaxTake = MaxTake;
	type TakeIncreaseInterval = TakeIncreaseInterval;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Fakes;
}

/// Builds the test's chain.
pub struct ExtBuilder {
	balances: Vec<(AccountId, Balance)>,
}

impl Default for ExtBuilder {
	fn default() -> Self {
		Self {
			balances: [OPERATOR, ALICE, BOB].map(|who| (who, 1_000 * GNG)).to_vec(),
		}
	}
}

impl ExtBuilder {
	pub fn build(self) -> sp_io::TestExternalities {
		Subnets::set(vec![NET, OTHER_NET]);
		Owners::set(BTreeMap::from([(HOTKEY, OPERATOR), (POOR_HOTKEY, POOR)]));
		Epoch::set(0);
		Tempo::set(100);
		TransferOn::set(true);
		Guarded::set(vec![]);
		Swapping::set(None);
		Paused::set(false);
		PausedBlocks::set(0);
		Pooled::set(0);
		SlashToReporter::set(0);
		SlashToPool::set(0);
		MaxNominatorSlash::set(u16::MAX);
		let balances = pallet_balances::GenesisConfig {
			balances: self.balances,
			..Default::default()
		};
		let genesis = RuntimeGenesisConfig {
			balances,
			..Default::default()
		};
		let mut ext: sp_io::TestExternalities = genesis.build_storage().unwrap().into();
		ext.execute_with(|| System::set_block_number(1));
		ext
	}

	/// Run a test and check all invariants after it.
	pub fn build_and_execute(self, test: impl FnOnce()) {
		self.build().execute_with(|| {
			test();
			assert_sound();
		});
	}
}

/// All invariants, and exact conservation: nobody donates in these tests.
pub fn assert_sound() {
	Staking::do_try_state().unwrap();
	let held = Balances::free_balance(Staking::account());
	assert_eq!(held, crate::TotalHeld::<Test>::get() + ED);
	let sum: Balance = frame_system::Account::<Test>::iter()
		.map(|(_, a)| a.data.free + a.data.reserved)
		.sum();
	assert_eq!(sum, pallet_balances::TotalIssuance::<Test>::get());
}
