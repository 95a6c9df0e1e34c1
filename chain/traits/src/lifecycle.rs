//! What happens to data of pallets when subnets go, slots move and keys change. Everything that can be long is done in
//! steps that know their budget.

use alloc::vec::Vec;
use ganglion_primitives::{Balance, NetUid, Uid};
use sp_runtime::DispatchResult;
use sp_weights::Weight;

/// How far a step of a long work came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
	/// What the step took.
	pub weight: Weight,
	/// Whether nothing is left to do.
	pub done: bool,
}

impl Progress {
	/// Nothing was left to do.
	pub const DONE: Self = Self {
		weight: Weight::zero(),
		done: true,
	};
}

/// Called for a subnet that was dissolved, in steps over several blocks. Implemented by a tuple of pallets that keep data per subnet; each
/// element is called until it is done, then the next. Whoever implements it removes everything of the subnet, except what somebody can still
/// claim (stake and what unbonds), and takes at most `budget` (one item at least, so that the work ends).
pub trait OnSubnetDissolved {
	/// Remove some of what is kept for `netuid`. Called again in a later block until it answers `done`.
	fn clear(netuid: NetUid, budget: Weight) -> Progress;
}

/// What an owner has earned, which the refund of the lock is lowered by. Implemented by `pallet-emissions`.
pub trait OwnerEarnings {
	/// Nano of owner's cut that the subnet has paid since its creation.
	fn earned(netuid: NetUid) -> Balance;
}

impl OwnerEarnings for () {
	fn earned(_: NetUid) -> Balance {
		0
	}
}

/// How much subnets are worth to the network: the one with the lowest value is pruned when there is no room. Implemented by
/// `pallet-emissions`.
pub trait SubnetValue {
	/// Moving average of a subnet's share of emission; a larger number is worth more.
	fn value(netuid: NetUid) -> u128;
}

impl SubnetValue for () {
	fn value(_: NetUid) -> u128 {
		0
	}
}

/// Called when slots of a subnet are removed or moved (trimming). Implemented by a tuple of pallets that keep data per UID.
pub trait OnUidsMoved {
	/// `moved` has (old uid, new uid) of every slot that stays, ascending by old uid; slots that are not listed are gone.
	fn on_uids_moved(netuid: NetUid, moved: &[(Uid, Uid)]);
}

/// Called when a hotkey's slot, pool or settings go over to another hotkey of the same coldkey. Implemented by a tuple of pallets that keep data per
/// hotkey. A subnet of `None` means everywhere.
pub trait OnHotkeySwapped<AccountId> {
	/// Whether this pallet can take the swap: e.g. the new hotkey has nothing of its own that would be overwritten. Changes nothing.
	fn ensure_can_swap_hotkey(old: &AccountId, new: &AccountId, netuid: Option<NetUid>) -> DispatchResult;
	/// Do it. After `ensure_can_swap_hotkey` it cannot fail.
	fn on_hotkey_swapped(old: &AccountId, new: &AccountId, netuid: Option<NetUid>);
}

/// Called when everything of a coldkey goes over to another, in steps over several blocks. Implemented by a tuple of pallets that keep data per
/// coldkey.
pub trait OnColdkeySwapped<AccountId> {
	/// Move some of what `old` has to `new`. Called again in a later block until it answers `done`. One item at least is moved.
	fn move_coldkey(old: &AccountId, new: &AccountId, budget: Weight) -> Progress;
}

/// Coldkeys whose ownership is in question: an announced swap. Implemented by `pallet-key-swap`.
pub trait ColdkeyGuard<AccountId> {
	/// Whether the coldkey must give nothing away now.
	fn is_guarded(coldkey: &AccountId) -> bool;
	/// The other coldkey of a swap that is being carried out in steps: till it is done both are one owner, and what is theirs may be with either.
	fn counterpart(_coldkey: &AccountId) -> Option<AccountId> {
		None
	}
}

impl<AccountId> ColdkeyGuard<AccountId> for () {
	fn is_guarded(_: &AccountId) -> bool {
		false
	}
}

/// Ownership of hotkeys, written. Implemented by `pallet-neurons`.
pub trait HotkeyOwnership<AccountId> {
	/// Make `hotkey` the coldkey's, or check that it is.
	fn own(coldkey: &AccountId, hotkey: &AccountId) -> DispatchResult;
	/// Hotkeys of a coldkey.
	fn owned(coldkey: &AccountId) -> Vec<AccountId>;
	/// Whether a coldkey owns any.
	fn owns_any(coldkey: &AccountId) -> bool {
		!Self::owned(coldkey).is_empty()
	}
}

macro_rules! impl_lifecycle_for_tuples {
	($($name:ident),*) => {
		impl<$($name: OnSubnetDissolved),*> OnSubnetDissolved for ($($name,)*) {
			#[allow(unused_variables, unused_mut)]
			fn clear(netuid: NetUid, budget: Weight) -> Progress {
				let mut used = Weight::zero();
				$(
					let step = $name::clear(netuid, budget.saturating_sub(used));
					used = used.saturating_add(step.weight);
					if !step.done {
						return Progress { weight: used, done: false };
					}
				)*
				Progress { weight: used, done: true }
			}
		}
		impl<$($name: OnUidsMoved),*> OnUidsMoved for ($($name,)*) {
			#[allow(unused_variables)]
			fn on_uids_moved(netuid: NetUid, moved: &[(Uid, Uid)]) {
				$($name::on_uids_moved(netuid, moved);)*
			}
		}
		impl<AccountId, $($name: OnHotkeySwapped<AccountId>),*> OnHotkeySwapped<AccountId> for ($($name,)*) {
			#[allow(unused_variables)]
			fn ensure_can_swap_hotkey(old: &AccountId, new: &AccountId, netuid: Option<NetUid>) -> DispatchResult {
				$($name::ensure_can_swap_hotkey(old, new, netuid)?;)*
				Ok(())
			}
			#[allow(unused_variables)]
			fn on_hotkey_swapped(old: &AccountId, new: &AccountId, netuid: Option<NetUid>) {
				$($name::on_hotkey_swapped(old, new, netuid);)*
			}
		}
		impl<AccountId, $($name: OnColdkeySwapped<AccountId>),*> OnColdkeySwapped<AccountId> for ($($name,)*) {
			#[allow(unused_variables, unused_mut)]
			fn move_coldkey(old: &AccountId, new: &AccountId, budget: Weight) -> Progress {
				let mut used = Weight::zero();
				$(
					let step = $name::move_coldkey(old, new, budget.saturating_sub(used));
					used = used.saturating_add(step.weight);
					if !step.done {
						return Progress { weight: used, done: false };
					}
				)*
				Progress { weight: used, done: true }
			}
		}
	};
}
impl_lifecycle_for_tuples!();
impl_lifecycle_for_tuples!(A);
impl_lifecycle_for_tuples!(A, B);
impl_lifecycle_for_tuples!(A, B, C);
impl_lifecycle_for_tuples!(A, B, C, D);
impl_lifecycle_for_tuples!(A, B, C, D, E);
impl_lifecycle_for_tuples!(A, B, C, D, E, F);
impl_lifecycle_for_tuples!(A, B, C, D, E, F, G);
impl_lifecycle_for_tuples!(A, B, C, D, E, F, G, H);
impl_lifecycle_for_tuples!(A, B, C, D, E, F, G, H, I);
impl_lifecycle_for_tuples!(A, B, C, D, E, F, G, H, I, J);
impl_lifecycle_for_tuples!(A, B, C, D, E, F, G, H, I, J, K);
impl_lifecycle_for_tuples!(A, B, C, D, E, F, G, H, I, J, K, L);
impl_lifecycle_for_tuples!(A, B, C, D, E, F, G, H, I, J, K, L, M);
