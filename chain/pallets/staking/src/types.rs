//! A pool and a position in it: the arithmetic of shares, without storage.
//!
//! Every rounding is against whoever asks. Functions answer `None` where the numbers do not fit, and change nothing
//! then.

use codec::{Decode, Encode, MaxEncodedLen};
use ganglion_primitives::{Balance, BlockNumber, EpochIndex, NetUid};
use ganglion_traits::LockReason;
use scale_info::TypeInfo;
use sp_arithmetic::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

/// Shares that belong to nobody, in every pool.
pub const VIRTUAL_SHARES: u128 = 1_000;
/// Nano that nobody put in, in every pool.
pub const VIRTUAL_VALUE: Balance = 1;

/// A value divided into shares.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Pool {
	/// Which life of the pool this is; shares of another are worth nothing here.
	pub generation: u64,
	/// Nano in the pool.
	pub value: Balance,
	/// Shares that accounts hold.
	pub shares: u128,
}

/// Shares of one generation of a pool.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Position {
	/// Generation of the pool they belong to.
	pub generation: u64,
	/// How many.
	pub shares: u128,
}

/// Number of a pool, which stays when its hotkey is swapped.
pub type PoolId = u64;

/// Which hotkey and subnet a pool belongs to.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Home<AccountId> {
	/// The subnet.
	pub netuid: NetUid,
	/// The hotkey.
	pub hotkey: AccountId,
	/// Stored records that name the pool's number; without any the number is forgotten.
	pub references: u64,
}

/// Nano of a position that are locked, by reason. One position serves both: the larger holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Locked {
	/// For votes.
	pub vote: Balance,
	/// For what its hotkey serves or audits.
	pub bond: Balance,
}

impl Locked {
	/// Nano locked for a reason.
	pub fn get(&self, reason: LockReason) -> Balance {
		match reason {
			LockReason::Vote => self.vote,
			LockReason::Bond => self.bond,
		}
	}

	/// The same locks with another amount for a reason.
	pub fn with(self, reason: LockReason, amount: Balance) -> Self {
		match reason {
			LockReason::Vote => Self { vote: amount, ..self },
			LockReason::Bond => Self { bond: amount, ..self },
		}
	}

	/// What a position must be worth.
	pub fn largest(&self) -> Balance {
		self.vote.max(self.bond)
	}

	/// Locks of two positions that become one.
	pub fn joined(self, other: Self) -> Self {
		Self {
			vote: self.vote.saturating_add(other.vote),
			bond: self.bond.saturating_add(other.bond),
		}
	}
}

/// Where moving stake goes when it is released.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Destination<AccountId> {
	/// The subnet.
	pub netuid: NetUid,
	/// The hotkey.
	pub hotkey: AccountId,
}

/// What a coldkey has unbonding from one pool with one release epoch.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct Unbonding<AccountId> {
	/// Its shares of the unbonding pool.
	pub position: Position,
	/// Unpaused block from which it can be withdrawn, even if the release epoch has not come: when that was to come by
	/// the tempo of the last removal.
	pub release_block: BlockNumber,
	/// Where it is to be staked then; nowhere where it is to be free.
	pub destination: Option<Destination<AccountId>>,
}

/// What nominators of a pool have lost in an epoch.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, Decode, MaxEncodedLen, TypeInfo)]
pub struct NominatorLoss {
	/// The epoch.
	pub epoch: EpochIndex,
	/// Nano that they had before its first slash.
	pub base: Balance,
	/// Nano taken since.
	pub taken: Balance,
}

impl Pool {
	/// A pool with nothing in it.
	pub fn new(generation: u64) -> Self {
		Self {
			generation,
			value: 0,
			shares: 0,
		}
	}

	/// Whether nobody can get anything out of it any more.
	pub fn is_spent(&self) -> bool {
		self.shares == 0 || self.value == 0
	}

	/// Value of some of the pool's shares, rounded down. Never more than the pool holds.
	pub fn value_of(&self, shares: u128) -> Balance {
		self.virtual_totals()
			.and_then(|(total, value)| multiply_by_rational_with_rounding(shares, value, total, Rounding::Down))
			.unwrap_or(0)
			.min(self.value)
	}

	/// Put `amount` in and return the shares issued for it, rounded down.
	pub fn issue(&mut self, amount: Balance) -> Option<u128> {
		let issued = self.shares_for(amount, Rounding::Down)?;
		let (shares, value) = (self.shares.checked_add(issued)?, self.value.checked_add(amount)?);
		// A pool whose totals do not fit could never be left again.
		Self { shares, value, ..*self }.virtual_totals()?;
		(self.shares, self.value) = (shares, value);
		Some(issued)
	}

	/// Burn `shares` and return the value taken out for them, rounded down.
	pub fn redeem(&mut self, shares: u128) -> Option<Balance> {
		let amount = self.value_of(shares);
		(self.shares, self.value) = (self.shares.checked_sub(shares)?, self.value.checked_sub(amount)?);
		Some(amount)
	}

	/// Take exactly `amount` out and return the shares burned for it, rounded up.
	pub fn withdraw(&mut self, amount: Balance) -> Option<u128> {
		let burned = self.shares_for(amount, Rounding::Up)?;
		(self.shares, self.value) = (self.shares.checked_sub(burned)?, self.value.checked_sub(amount)?);
		Some(burned)
	}

	/// Shares that are worth `amount` at most, rounded down.
	pub fn shares_worth(&self, amount: Balance) -> Option<u128> {
		self.shares_for(amount, Rounding::Down)
	}

	/// Shares that correspond to an amount.
	fn shares_for(&self, amount: Balance, rounding: Rounding) -> Option<u128> {
		let (total, value) = self.virtual_totals()?;
		multiply_by_rational_with_rounding(amount, total, value, rounding)
	}

	/// Shares and value with the virtual ones.
	fn virtual_totals(&self) -> Option<(u128, Balance)> {
		Some((
			self.shares.checked_add(VIRTUAL_SHARES)?,
			self.value.checked_add(VIRTUAL_VALUE)?,
		))
	}
}

impl Position {
	/// A position in `pool`.
	pub fn new(pool: &Pool, shares: u128) -> Self {
		Self {
			generation: pool.generation,
			shares,
		}
	}

	/// Shares that count in `pool`: none where they are of another generation.
	pub fn shares_in(&self, pool: &Pool) -> u128 {
		if self.generation == pool.generation {
			self.shares
		} else {
			0
		}
	}
}
