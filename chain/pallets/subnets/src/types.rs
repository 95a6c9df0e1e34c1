//! What the pallet stores, and the price of a lock.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use ganglion_primitives::{Balance, BlockNumber};
use scale_info::TypeInfo;

/// One subnet.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct SubnetInfo<AccountId> {
	/// Coldkey of the owner.
	pub owner: AccountId,
	/// Hotkey of the owner.
	pub owner_hotkey: AccountId,
	/// Whether it earns emission.
	pub active: bool,
	/// Block of creation.
	pub created_at: BlockNumber,
	/// What the owner has on hold for it, nano.
	pub lock: Balance,
}

/// [`SubnetInfo`] of a runtime.
pub type SubnetInfoOf<T> = SubnetInfo<<T as frame_system::Config>::AccountId>;

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
