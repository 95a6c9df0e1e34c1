//! A runtime with this pallet alone; pools, coldkeys and epochs are small fakes over one [`World`] in memory.

use crate as pallet_delegation;
use frame_support::{derive_impl, parameter_types};
use ganglion_primitives::{Balance, BlockNumber, EpochIndex, Hyperparameters, NetUid, Uid, GNG};
use ganglion_traits::*;
use sp_runtime::{traits::IdentityLookup, BuildStorage};
use std::collections::{BTreeMap, BTreeSet};

pub type AccountId = u64;

pub const NET: NetUid = NetUid(1);

/// The coldkey of a hotkey: hotkeys are below 1,000, and 900 and above belong to nobody.
pub fn coldkey(hotkey: AccountId) -> Option<AccountId> {
	(hotkey < 900).then_some(1_000 + hotkey)
}

/// Everything outside this pallet.
#[derive(Clone, Default)]
pub struct World {
	pub subnets: BTreeSet<NetUid>,
	pub dissolving: BTreeSet<NetUid>,
	pub params: Hyperparameters,
	/// Value of each pool, and the operator's own part.
	pub pools: BTreeMap<(NetUid, AccountId), (Balance, Balance)>,
	/// What unbonds from each pool.
	pub unbonding: BTreeMap<AccountId, Balance>,
	/// Hotkeys without a slot.
	pub slotless: BTreeSet<AccountId>,
	pub epochs: BTreeMap<NetUid, EpochIndex>,
	pub guarded: BTreeSet<AccountId>,
	/// Hotkeys of another's coldkey.
	pub owned: BTreeMap<AccountId, AccountId>,
	pub paused_blocks: BlockNumber,
	/// What was paid: to pools, to coldkeys, and as stake (hotkey, coldkey).
	pub to_pools: BTreeMap<AccountId, Balance>,
	pub to_coldkeys: BTreeMap<AccountId, Balance>,
	pub staked: BTreeMap<(AccountId, AccountId), Balance>,
	/// What was slashed.
	pub slashed: BTreeMap<AccountId, Balance>,
	/// Who reported each slash.
	pub reporters: Vec<Option<AccountId>>,
}

parameter_types! {
	pub static TheWorld: World = World::default();
	pub const Cooldown: EpochIndex = 2;
	pub const UnbondingEpochs: EpochIndex = 7;
	pub const MinContribution: Balance = 1_000;
	pub const ChangeInterval: BlockNumber = 150;
	pub const MaxTake: u16 = 11_796;
	pub const TakeIncreaseInterval: BlockNumber = 1_000;
}

frame_support::construct_runtime!(
	pub enum Test {
		System: frame_system,
		Delegation: pallet_delegation,
	}
);

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlockU32<Test>;
	type AccountId = AccountId;
	type Lookup = IdentityLookup<AccountId>;
	type DbWeight = frame_support::weights::constants::ParityDbWeight;
}

/// Implements what the pallet asks of others.
pub struct Fakes;

impl SubnetInspect<AccountId> for Fakes {
	fn exists(netuid: NetUid) -> bool {
		TheWorld::get().subnets.contains(&netuid)
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
		Some(0)
	}
	fn hyperparameters(netuid: NetUid) -> Option<Hyperparameters> {
		Self::exists(netuid).then(|| TheWorld::get().params)
	}
	fn netuids() -> Vec<NetUid> {
		TheWorld::get().subnets.into_iter().collect()
	}
	fn active_netuids() -> Vec<NetUid> {
		Self::netuids()
	}
	fn is_dissolving(netuid: NetUid) -> bool {
		TheWorld::get().dissolving.contains(&netuid)
	}
}

impl HotkeyInspect<AccountId> for Fakes {
	fn coldkey(hotkey: &AccountId) -> Option<AccountId> {
		TheWorld::get().owned.get(hotkey).copied().or(coldkey(*hotkey))
	}
}

impl NeuronInspect<AccountId> for Fakes {
	fn uid(_: NetUid, hotkey: &AccountId) -> Option<Uid> {
		(!TheWorld::get().slotless.contains(hotkey)).then_some(Uid(0))
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

impl EpochInspect for Fakes {
	fn epoch(netuid: NetUid) -> EpochIndex {
		TheWorld::get().epochs.get(&netuid).copied().unwrap_or(0)
	}
	fn last_epoch_block(_: NetUid) -> BlockNumber {
		0
	}
}

impl StakeInspect<AccountId> for Fakes {
	fn stake(netuid: NetUid, hotkey: &AccountId) -> Balance {
		TheWorld::get().pools.get(&(netuid, *hotkey)).map_or(0, |pool| pool.0)
	}
	fn slashable(netuid: NetUid, hotkey: &AccountId) -> Balance {
		let unbonding = TheWorld::get().unbonding.get(hotkey).copied().unwrap_or(0);
		Self::stake(netuid, hotkey) + unbonding
	}
	fn own_stake(netuid: NetUid, hotkey: &AccountId) -> Balance {
		TheWorld::get().pools.get(&(netuid, *hotkey)).map_or(0, |pool| pool.1)
	}
}

impl StakeReward<AccountId> for Fakes {
	/// A pool without value gets nothing, as in the staking pallet.
	fn reward_dividends(netuid: NetUid, hotkey: &AccountId, amount: Balance) -> Balance {
		if Self::stake(netuid, hotkey) == 0 {
			return 0;
		}
		TheWorld::mutate(|world| *world.to_pools.entry(*hotkey).or_default() += amount);
		amount
	}
	fn reward_coldkey(coldkey: &AccountId, amount: Balance) -> Balance {
		TheWorld::mutate(|world| *world.to_coldkeys.entry(*coldkey).or_default() += amount);
		amount
	}
	fn reward_stake(_: NetUid, hotkey: &AccountId, coldkey: &AccountId, amount: Balance) -> Balance {
		TheWorld::mutate(|world| *world.staked.entry((*hotkey, *coldkey)).or_default() += amount);
		amount
	}
}

impl Slash<AccountId> for Fakes {
	/// Everything that is asked for, as long as there is as much.
	fn slash(netuid: NetUid, hotkey: &AccountId, amount: Balance, reporter: Option<&AccountId>) -> SlashOutcome {
		let burned = amount.min(Self::slashable(netuid, hotkey));
		TheWorld::mutate(|world| world.reporters.push(reporter.copied()));
		TheWorld::mutate(|world| *world.slashed.entry(*hotkey).or_default() += burned);
		SlashOutcome {
			burned,
			..Default::default()
		}
	}
}

impl ColdkeyGuard<AccountId> for Fakes {
	fn is_guarded(coldkey: &AccountId) -> bool {
		TheWorld::get().guarded.contains(coldkey)
	}
}

impl Pause for Fakes {
	fn is_paused() -> bool {
		false
	}
	fn paused_blocks() -> BlockNumber {
		TheWorld::get().paused_blocks
	}
}

impl pallet_delegation::Config for Test {
	type Subnets = Fakes;
	type Hotkeys = Fakes;
	type Neurons = Fakes;
	type Epochs = Fakes;
	type Stake = Fakes;
	type Reward = Fakes;
	type Slash = Fakes;
	type Guard = Fakes;
	type Pause = Fakes;
	type Cooldown = Cooldown;
	type UnbondingEpochs = UnbondingEpochs;
	type MinContribution = MinContribution;
	type ChangeInterval = ChangeInterval;
	type MaxTake = MaxTake;
	type TakeIncreaseInterval = TakeIncreaseInterval;
	type WeightInfo = ();
}

/// Make a hotkey's pool worth so much, half of it the operator's.
pub fn pool(hotkey: AccountId, value: Balance) {
	TheWorld::mutate(|world| world.pools.insert((NET, hotkey), (value, value / 2)));
}

/// Complete so many epochs.
pub fn epochs(count: u32) {
	for _ in 0..count {
		let completed = TheWorld::mutate(|world| {
			let epoch = world.epochs.entry(NET).or_default();
			*epoch += 1;
			*epoch
		});
		Delegation::on_epoch(NET, completed);
		Delegation::do_try_state().unwrap();
	}
}

/// Run a test with one subnet and check all invariants after it.
pub fn run(test: impl FnOnce()) {
	let mut ext: sp_io::TestExternalities = RuntimeGenesisConfig::default().build_storage().unwrap().into();
	ext.execute_with(|| {
		TheWorld::set(World {
			subnets: [NET, NetUid(2)].into(),
			..Default::default()
		});
		System::set_block_number(1_000);
		(1..=9).for_each(|hotkey| pool(hotkey, 100 * GNG));
		test();
		Delegation::do_try_state().unwrap();
	});
}
