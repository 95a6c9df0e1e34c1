//! A runtime with this pallet and Balances; the other pallets are small fakes over one [`World`] in memory.

use crate as pallet_emissions;
use frame_support::{
	derive_impl, parameter_types,
	traits::{fungible::Mutate, Hooks},
	weights::Weight,
};
use ganglion_primitives::{Balance, BlockNumber, EpochIndex, Hyperparameters, MechanismId, NetUid, Uid, GNG};
use ganglion_traits::*;
use sp_runtime::{traits::IdentityLookup, BuildStorage};
use std::collections::{BTreeMap, BTreeSet};

pub type AccountId = u64;

pub const NET: NetUid = NetUid(1);
pub const TEMPO: u16 = 10;
/// Coldkey of the subnet's owner.
pub const OWNER: AccountId = 500;
/// Account that stands for all pools.
pub const POOLS: AccountId = 700;
/// Account with what is issued at genesis.
pub const TREASURY: AccountId = 800;
pub const ED: Balance = 1;

/// The coldkey of a hotkey.
pub fn coldkey(hotkey: AccountId) -> AccountId {
	hotkey + 1_000
}

/// Weights and the block of their update.
type FakeRow = (Vec<(u16, u16)>, BlockNumber);

/// A subnet as the fakes know it.
#[derive(Clone, Default)]
pub struct FakeSubnet {
	pub active: bool,
	pub owner_hotkey: Option<AccountId>,
	pub params: Hyperparameters,
	pub neurons: Vec<(AccountId, BlockNumber)>,
	/// Stake in the pool and the operator's own part, by hotkey.
	pub stakes: BTreeMap<AccountId, (Balance, Balance)>,
	/// Weights and the block of the last update, by uid.
	pub rows: BTreeMap<u16, FakeRow>,
	/// The same of mechanisms above 0, by mechanism and uid.
	pub more_rows: BTreeMap<(u8, u16), FakeRow>,
	/// Blocks of open commitments, by hotkey.
	pub commits: BTreeMap<AccountId, BlockNumber>,
}

/// Everything outside this pallet.
#[derive(Clone, Default)]
pub struct World {
	pub subnets: BTreeMap<NetUid, FakeSubnet>,
	/// Hotkeys and coldkeys that can't be paid.
	pub unpayable: BTreeSet<AccountId>,
	/// What every account was paid.
	pub paid: BTreeMap<AccountId, Balance>,
	/// Epochs that were announced.
	pub epochs: Vec<(NetUid, EpochIndex)>,
	/// Weight of each subnet in the split; equal where empty.
	pub shares: BTreeMap<NetUid, u64>,
	/// Whether the network is paused, and for how many blocks it was.
	pub paused: bool,
	pub paused_blocks: BlockNumber,
	/// Stake that was paid: (subnet, hotkey, coldkey, nano).
	pub staked: Vec<(NetUid, AccountId, AccountId, Balance)>,
	/// Mechanisms that were announced to be gone.
	pub mechanisms_gone: Vec<(NetUid, u8, u8)>,
	/// Times that stakes were read.
	pub stakes_read: u32,
	/// Subnets that are being dissolved.
	pub dissolving: BTreeSet<NetUid>,
}

parameter_types! {
	pub static TheWorld: World = World::default();
	pub static Reward: Balance = GNG;
	pub static MaxEpochs: u32 = 2;
	pub static MaxWeight: Weight = Weight::MAX;
	pub const ExistentialDeposit: Balance = ED;
	pub const OwnerCut: u16 = 11_796;
}

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Balances: pallet_balances,
		Emissions: pallet_emissions,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type AccountData = pallet_balances::AccountData<Balance>;
	type DbWeight = frame_support::weights::constants::RocksDbWeight;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type Balance = Balance;
	type ExistentialDeposit = ExistentialDeposit;
	type AccountStore = System;
}

/// Implements what the pallet asks of others.
pub struct Fakes;

fn subnet(netuid: NetUid) -> Option<FakeSubnet> {
	TheWorld::get().subnets.get(&netuid).cloned()
}

impl SubnetInspect<AccountId> for Fakes {
	fn exists(netuid: NetUid) -> bool {
		subnet(netuid).is_some()
	}
	fn is_active(netuid: NetUid) -> bool {
		subnet(netuid).is_some_and(|subnet| subnet.active)
	}
	fn owner(netuid: NetUid) -> Option<AccountId> {
		subnet(netuid).map(|_| OWNER)
	}
	fn owner_hotkey(netuid: NetUid) -> Option<AccountId> {
		subnet(netuid)?.owner_hotkey
	}
	fn created_at(_: NetUid) -> Option<BlockNumber> {
		Some(0)
	}
	fn hyperparameters(netuid: NetUid) -> Option<Hyperparameters> {
		subnet(netuid).map(|subnet| subnet.params)
	}
	fn netuids() -> Vec<NetUid> {
		TheWorld::get().subnets.into_keys().collect()
	}
	fn is_dissolving(netuid: NetUid) -> bool {
		TheWorld::get().dissolving.contains(&netuid)
	}
	fn active_netuids() -> Vec<NetUid> {
		let subnets = TheWorld::get().subnets;
		subnets
			.into_iter()
			.filter(|(_, subnet)| subnet.active)
			.map(|(netuid, _)| netuid)
			.collect()
	}
}

impl NeuronInspect<AccountId> for Fakes {
	fn uid(netuid: NetUid, hotkey: &AccountId) -> Option<Uid> {
		let position = subnet(netuid)?.neurons.iter().position(|(of, _)| of == hotkey)?;
		Some(Uid(position as u16))
	}
	fn neuron(netuid: NetUid, uid: Uid) -> Option<(AccountId, BlockNumber)> {
		subnet(netuid)?.neurons.get(uid.0 as usize).copied()
	}
	fn count(netuid: NetUid) -> u16 {
		Self::neurons(netuid).len() as u16
	}
	fn neurons(netuid: NetUid) -> Vec<(AccountId, BlockNumber)> {
		subnet(netuid).map(|subnet| subnet.neurons).unwrap_or_default()
	}
}

impl HotkeyInspect<AccountId> for Fakes {
	fn coldkey(hotkey: &AccountId) -> Option<AccountId> {
		Some(coldkey(*hotkey))
	}
}

impl StakeInspect<AccountId> for Fakes {
	fn stake(netuid: NetUid, hotkey: &AccountId) -> Balance {
		subnet(netuid)
			.and_then(|subnet| subnet.stakes.get(hotkey).copied())
			.unwrap_or_default()
			.0
	}
	fn stakes(netuid: NetUid, hotkeys: &[AccountId]) -> Vec<(Balance, Balance)> {
		TheWorld::mutate(|world| world.stakes_read += 1);
		let one = |hotkey| (Self::stake(netuid, hotkey), Self::own_stake(netuid, hotkey));
		hotkeys.iter().map(one).collect()
	}
	fn own_stake(netuid: NetUid, hotkey: &AccountId) -> Balance {
		subnet(netuid)
			.and_then(|subnet| subnet.stakes.get(hotkey).copied())
			.unwrap_or_default()
			.1
	}
}

/// Mint to `account` in the name of `payee`.
fn pay(payee: AccountId, account: AccountId, amount: Balance) -> Balance {
	if amount == 0 || TheWorld::get().unpayable.contains(&payee) {
		return 0;
	}
	<Balances as Mutate<AccountId>>::mint_into(&account, amount).unwrap();
	TheWorld::mutate(|world| *world.paid.entry(payee).or_default() += amount);
	amount
}

impl StakeReward<AccountId> for Fakes {
	fn reward_dividends(_: NetUid, hotkey: &AccountId, amount: Balance) -> Balance {
		pay(*hotkey, POOLS, amount)
	}
	fn reward_coldkey(coldkey: &AccountId, amount: Balance) -> Balance {
		pay(*coldkey, *coldkey, amount)
	}
	fn reward_stake(netuid: NetUid, hotkey: &AccountId, coldkey: &AccountId, amount: Balance) -> Balance {
		TheWorld::mutate(|world| world.staked.push((netuid, *hotkey, *coldkey, amount)));
		pay(*coldkey, POOLS, amount)
	}
}

/// Rows of a mechanism, by uid.
fn rows(netuid: NetUid, mechanism: u8) -> BTreeMap<u16, FakeRow> {
	let subnet = subnet(netuid).unwrap_or_default();
	if mechanism == 0 {
		return subnet.rows;
	}
	let rows = subnet.more_rows.into_iter().filter(|((of, _), _)| *of == mechanism);
	rows.map(|((_, uid), row)| (uid, row)).collect()
}

impl WeightsInspect<AccountId> for Fakes {
	fn row(netuid: NetUid, MechanismId(mechanism): MechanismId, uid: Uid, _: &[BlockNumber]) -> Option<WeightRow> {
		let (entries, _) = rows(netuid, mechanism).remove(&uid.0)?;
		Some(WeightRow { uid, entries })
	}
	fn last_update(
		netuid: NetUid,
		MechanismId(mechanism): MechanismId,
		registered_at: &[BlockNumber],
	) -> Vec<BlockNumber> {
		let rows = rows(netuid, mechanism);
		(0..registered_at.len() as u16)
			.map(|uid| rows.get(&uid).map_or(0, |(_, at)| *at))
			.collect()
	}
	fn earliest_commit(netuid: NetUid, _: MechanismId, hotkey: &AccountId) -> Option<BlockNumber> {
		subnet(netuid)?.commits.get(hotkey).copied()
	}
}

impl SubnetShare for Fakes {
	fn shares(active: &[NetUid]) -> Vec<(NetUid, u64)> {
		let shares = TheWorld::get().shares;
		if shares.is_empty() {
			return EqualShare::shares(active);
		}
		active
			.iter()
			.map(|netuid| (*netuid, shares.get(netuid).copied().unwrap_or(0)))
			.collect()
	}
}

impl OnEpoch for Fakes {
	fn on_epoch(netuid: NetUid, completed: EpochIndex) {
		assert_eq!(Emissions::epoch(netuid), completed);
		TheWorld::mutate(|world| world.epochs.push((netuid, completed)));
	}
	fn on_mechanisms_removed(netuid: NetUid, gone: core::ops::Range<u8>) {
		TheWorld::mutate(|world| world.mechanisms_gone.push((netuid, gone.start, gone.end)));
	}
}

impl Pause for Fakes {
	fn is_paused() -> bool {
		TheWorld::get().paused
	}
	fn paused_blocks() -> BlockNumber {
		TheWorld::get().paused_blocks
	}
}

#[cfg(feature = "runtime-benchmarks")]
impl crate::benchmarking::BenchmarkHelper for Fakes {
	fn prepare(netuid: NetUid, slots: u32, validators: u32) {
		System::set_block_number(100);
		create(netuid, TEMPO);
		edit(netuid, |subnet| {
			subnet.neurons = (0..slots).map(|uid| (uid.into(), 1)).collect();
			for uid in 0..validators as u16 {
				subnet.stakes.insert(uid.into(), (100 * GNG, 10 * GNG));
				let entries = (0..slots as u16)
					.filter(|of| *of != uid)
					.map(|of| (of, 1_000 + of))
					.collect();
				subnet.rows.insert(uid, (entries, 50));
			}
		});
	}
	fn create_subnets(count: u32) {
		(1..=count as u16).for_each(|netuid| create(NetUid(netuid), TEMPO));
	}
}

impl pallet_emissions::Config for Test {
	type Currency = Balances;
	type Subnets = Fakes;
	type Neurons = Fakes;
	type Hotkeys = Fakes;
	type Stake = Fakes;
	type Reward = Fakes;
	type Weights = Fakes;
	type Share = Fakes;
	type Pause = Fakes;
	type OnEpoch = Fakes;
	type BlockReward = Reward;
	type OwnerCut = OwnerCut;
	type MaxEpochsPerBlock = MaxEpochs;
	type MaxEpochWeight = MaxWeight;
	type WeightInfo = ();
	#[cfg(feature = "runtime-benchmarks")]
	type BenchmarkHelper = Fakes;
}

/// Create an empty active subnet as the Subnets pallet does. Plain setting of weights, no owner's hotkey.
pub fn create(netuid: NetUid, tempo: u16) {
	let params = Hyperparameters {
		tempo,
		commit_reveal_on: false,
		..Default::default()
	};
	let subnet = FakeSubnet {
		active: true,
		params,
		..Default::default()
	};
	TheWorld::mutate(|world| world.subnets.insert(netuid, subnet));
	Emissions::on_subnet_created(netuid, &OWNER, &0).unwrap();
}

/// Change a subnet, and tell of it as the Subnets pallet does.
pub fn edit(netuid: NetUid, change: impl FnOnce(&mut FakeSubnet)) {
	let tempo = || subnet(netuid).unwrap().params.tempo;
	let before = tempo();
	TheWorld::mutate(|world| change(world.subnets.get_mut(&netuid).unwrap()));
	Emissions::earning_changed(netuid);
	if tempo() != before {
		Emissions::tempo_changed(netuid);
	}
}

/// Split emission by these weights from the next block on.
pub fn share(shares: &[(u16, u64)]) {
	let shares = shares
		.iter()
		.map(|(netuid, weight)| (NetUid(*netuid), *weight))
		.collect();
	TheWorld::mutate(|world| world.shares = shares);
	Emissions::shares_changed();
}

/// Start the next block; returns the hook's weight.
pub fn next_block() -> Weight {
	let block = System::block_number() + 1;
	System::set_block_number(block);
	TheWorld::mutate(|world| world.paused_blocks += u32::from(world.paused));
	Emissions::on_initialize(block)
}

/// Run so many blocks while the network is paused.
pub fn pause(blocks: u32) {
	TheWorld::mutate(|world| world.paused = true);
	for _ in 0..blocks {
		next_block();
	}
	TheWorld::mutate(|world| world.paused = false);
}

/// Run blocks until that one.
pub fn run_to(block: BlockNumber) {
	while System::block_number() < block {
		next_block();
	}
}

/// Builds the test's chain.
pub struct ExtBuilder {
	issued: Balance,
}

impl Default for ExtBuilder {
	fn default() -> Self {
		Self { issued: 1_000 * GNG }
	}
}

impl ExtBuilder {
	/// Nano issued at genesis.
	pub fn issued(issued: Balance) -> Self {
		Self { issued }
	}

	pub fn build(self) -> sp_io::TestExternalities {
		TheWorld::set(World::default());
		Reward::set(GNG);
		MaxEpochs::set(2);
		MaxWeight::set(Weight::MAX);
		let balances = vec![(TREASURY, self.issued)];
		let balances = pallet_balances::GenesisConfig {
			balances,
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
			Emissions::do_try_state().unwrap();
		});
	}
}
