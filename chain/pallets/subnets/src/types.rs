//! What the pallet stores, and the price of a lock.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use ganglion_primitives::{Balance, BlockNumber, Hyperparameter, SubnetState};
use scale_info::TypeInfo;

/// One subnet.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct SubnetInfo<AccountId> {
	/// Coldkey of the owner.
	pub owner: AccountId,
	/// Hotkey of the owner.
	pub owner_hotkey: AccountId,
	/// Whether its owner started it.
	pub started: bool,
	/// Whether root lets it earn emission.
	pub activated: bool,
	/// Block of creation.
	pub created_at: BlockNumber,
	/// What the owner has on hold for it, nano.
	pub lock: Balance,
}

impl<AccountId> SubnetInfo<AccountId> {
	/// Whether it earns emission.
	pub fn is_active(&self) -> bool {
		self.started && self.activated
	}

	/// The same in more detail.
	pub fn state(&self) -> SubnetState {
		SubnetState::of(self.started, self.activated)
	}
}

/// [`SubnetInfo`] of a runtime.
pub type SubnetInfoOf<T> = SubnetInfo<<T as frame_system::Config>::AccountId>;

/// A subnet that is on its way out.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct Dissolution<AccountId> {
	/// Who has the lock on hold.
	pub owner: AccountId,
	/// What is on hold, nano.
	pub lock: Balance,
	/// What of it the owner gets back at the end; the rest is burned.
	pub refund: Balance,
	/// Block at which it began.
	pub since: BlockNumber,
}

/// [`Dissolution`] of a runtime.
pub type DissolutionOf<T> = Dissolution<<T as frame_system::Config>::AccountId>;

/// What an owner can do only now and then.
#[derive(
	Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug,
)]
pub enum Limited {
	/// Set the hyperparameter with this index.
	Hyperparameter(u8),
	/// Have the next epoch earlier.
	TriggerEpoch,
	/// Remove slots.
	Trim,
	/// Change name or symbol.
	Name,
	/// Name another hotkey as the owner's.
	OwnerHotkey,
}

impl Limited {
	/// All that are not hyperparameters, with their names.
	pub const ACTIONS: [(Self, &'static str); 4] = [
		(Self::TriggerEpoch, "trigger_epoch"),
		(Self::Trim, "trim"),
		(Self::Name, "name"),
		(Self::OwnerHotkey, "owner_hotkey"),
	];

	/// Whether it waits for the epoch when that is near.
	pub fn freezes(&self) -> bool {
		!matches!(self, Self::Name | Self::TriggerEpoch)
	}
}

impl From<&Hyperparameter> for Limited {
	fn from(change: &Hyperparameter) -> Self {
		Self::Hyperparameter(change.index())
	}
}

/// The last lock.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct LockRecord {
	/// What was locked, nano.
	pub last_lock: Balance,
	/// At which block.
	pub last_block: BlockNumber,
}

impl LockRecord {
	/// Price of the next lock, nano: twice the last, less `last / interval` (whole nano) per block since, at least `min`.
	/// An interval of 0 counts as 1.
	pub fn price(&self, now: BlockNumber, min: Balance, interval: u32) -> Balance {
		let per_block = self.last_lock.checked_div(interval.max(1).into()).unwrap_or_default();
		let elapsed: Balance = now.saturating_sub(self.last_block).into();
		self.last_lock
			.saturating_mul(2)
			.saturating_sub(per_block.saturating_mul(elapsed))
			.max(min)
	}
}

/// On whose authority hyperparameters change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Authority {
	/// The subnet's owner.
	Owner,
	/// Root.
	Root,
}
