//! Stake: what others read of it, how rewards and slashes reach it, and what is locked.

use alloc::vec::Vec;
use ganglion_primitives::{Balance, NetUid};
use sp_runtime::DispatchResult;

/// Stake behind a hotkey. `pallet-staking` answers with its pools, `pallet-delegation` with the stake that counts for the hotkey: its pool, less
/// what votes through child keys, plus what votes through it.
pub trait StakeInspect<AccountId> {
	/// Value behind (hotkey, netuid).
	fn stake(netuid: NetUid, hotkey: &AccountId) -> Balance;
	/// The operator's (owning coldkey's) own part of the hotkey's pool.
	fn own_stake(netuid: NetUid, hotkey: &AccountId) -> Balance;
	/// Value that a slash of (hotkey, netuid) can reach: the stake and what unbonds from it and is not released yet.
	fn slashable(netuid: NetUid, hotkey: &AccountId) -> Balance {
		Self::stake(netuid, hotkey)
	}
	/// Both for many hotkeys of a subnet. Where there is no stake the operator has no part of it, and it is not looked for.
	fn stakes(netuid: NetUid, hotkeys: &[AccountId]) -> Vec<(Balance, Balance)> {
		let one = |hotkey: &AccountId| match Self::stake(netuid, hotkey) {
			0 => (0, 0),
			stake => (stake, Self::own_stake(netuid, hotkey)),
		};
		hotkeys.iter().map(one).collect()
	}
}

/// Stake of a hotkey over all subnets. Implemented by `pallet-staking`.
pub trait TotalStake<AccountId> {
	/// Nano in all pools of the hotkey.
	fn total_stake(hotkey: &AccountId) -> Balance;
}

/// Credit of rewards. `pallet-staking` pays, `pallet-delegation` splits before it.
pub trait StakeReward<AccountId> {
	/// Mint `amount` of dividends to the pool (hotkey, netuid): the take goes to the hotkey's coldkey, the rest to all
	/// shares alike. Returns what was minted, which is `amount` or, where nobody can receive it, less.
	fn reward_dividends(netuid: NetUid, hotkey: &AccountId, amount: Balance) -> Balance;
	/// Mint `amount` to the coldkey's free balance; below the existential deposit it is carried as a pending credit
	/// until it suffices. Returns what was minted or newly carried.
	fn reward_coldkey(coldkey: &AccountId, amount: Balance) -> Balance;
	/// Mint `amount` as stake of `coldkey` in the pool (hotkey, netuid). Where that is not possible (too little for a share, nobody owns the hotkey)
	/// it goes to the free balance. Returns what was minted.
	fn reward_stake(_netuid: NetUid, _hotkey: &AccountId, coldkey: &AccountId, amount: Balance) -> Balance {
		Self::reward_coldkey(coldkey, amount)
	}
	/// A miner's pay: to the free balance, or to where his coldkey wants it staked. Returns what was minted.
	fn reward_work(_netuid: NetUid, coldkey: &AccountId, amount: Balance) -> Balance {
		Self::reward_coldkey(coldkey, amount)
	}
}

/// Emission that was not earned by anybody, given to a subnet's next epoch. Implemented by `pallet-emissions`.
pub trait RewardPool {
	/// Add `amount`, which was burned for this, to what the subnet pays next.
	fn add(netuid: NetUid, amount: Balance);
}

impl RewardPool for () {
	fn add(_: NetUid, _: Balance) {}
}

/// Tokens that are gone for ever, and fees. Implemented by `pallet-emissions`.
pub trait BurnRecord {
	/// `amount` was burned and must not be emitted again.
	fn burned_for_ever(amount: Balance);
	/// A fee of `amount` was burned in a subnet.
	fn fee_burned(netuid: NetUid, amount: Balance);
}

impl BurnRecord for () {
	fn burned_for_ever(_: Balance) {}
	fn fee_burned(_: NetUid, _: Balance) {}
}

/// Where slashed stake goes and how much it was.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SlashOutcome {
	/// Burned.
	pub burned: Balance,
	/// To the reporter's free balance.
	pub to_reporter: Balance,
	/// To the subnet's next epoch.
	pub to_pool: Balance,
	/// Part of the sum that came from the operator's own shares.
	pub from_operator: Balance,
}

impl SlashOutcome {
	/// Everything that was taken.
	pub fn total(&self) -> Balance {
		self.burned
			.saturating_add(self.to_reporter)
			.saturating_add(self.to_pool)
	}
}

/// The slash path. `pallet-staking` takes from pools; `pallet-delegation` divides a slash between a hotkey's own pool and those of its parents.
pub trait Slash<AccountId> {
	/// Slash up to `amount` from the pool (hotkey, netuid) and what unbonds from it: operator first, then all alike. Nothing while the network is
	/// paused.
	fn slash(netuid: NetUid, hotkey: &AccountId, amount: Balance, reporter: Option<&AccountId>) -> SlashOutcome;
}

/// What stake is locked for. One position can serve several purposes at a time: the largest lock holds.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	codec::Encode,
	codec::Decode,
	codec::DecodeWithMemTracking,
	codec::MaxEncodedLen,
	scale_info::TypeInfo,
	Debug,
)]
pub enum LockReason {
	/// It votes in governance.
	Vote,
	/// It stands for what its hotkey serves or audits.
	Bond,
}

/// Stake that its holder cannot take out: it serves votes, or is a bond. Implemented by `pallet-staking`.
pub trait StakeLock<AccountId> {
	/// Lock `amount` nano of the coldkey's own position in the pool (hotkey, netuid) for a reason, in the place of what was locked there for it; 0
	/// unlocks. To lock more than before, the hotkey must be the coldkey's own and the position be worth as much.
	fn set_lock(
		reason: LockReason,
		coldkey: &AccountId,
		netuid: NetUid,
		hotkey: &AccountId,
		amount: Balance,
	) -> DispatchResult;
	/// What a lock for this reason is worth now: never more than the position, 0 where the coldkey does not own the hotkey any more.
	fn locked_value(reason: LockReason, coldkey: &AccountId, netuid: NetUid, hotkey: &AccountId) -> Balance;
}
