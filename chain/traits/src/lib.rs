//! # What pallets ask of each other
//!
//! A pallet never imports another pallet: it names what it needs as a trait here, and the runtime wires the
//! implementor. Readers that take a slot's registration block (`registered_at`) answer "nothing" when the data they
//! hold belongs to an older occupant of the slot, so that a successor inherits nothing.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

mod emission;
mod lifecycle;
mod stake;
mod time;
mod verification;

pub use emission::*;
pub use lifecycle::*;
pub use stake::*;
pub use time::*;
pub use verification::*;

use alloc::vec::Vec;
use core::ops::Range;
use ganglion_primitives::{BlockNumber, EpochIndex, Hyperparameters, MechanismId, NetUid, Uid};
use sp_runtime::DispatchResult;

/// Subnets: who owns them, whether they earn, what their hyperparameters are. Implemented by `pallet-subnets`.
pub trait SubnetInspect<AccountId> {
	/// Whether the subnet exists.
	fn exists(netuid: NetUid) -> bool;
	/// Whether it earns emission: root activated it and its owner started it.
	fn is_active(netuid: NetUid) -> bool;
	/// Coldkey of the owner.
	fn owner(netuid: NetUid) -> Option<AccountId>;
	/// Hotkey of the owner, which is exempt from some limits while it is registered.
	fn owner_hotkey(netuid: NetUid) -> Option<AccountId>;
	/// Block of creation.
	fn created_at(netuid: NetUid) -> Option<BlockNumber>;
	/// Hyperparameters of an existing subnet.
	fn hyperparameters(netuid: NetUid) -> Option<Hyperparameters>;
	/// All subnets, ascending. Bounded by the subnet limit.
	fn netuids() -> Vec<NetUid>;
	/// Subnets that earn emission, ascending.
	fn active_netuids() -> Vec<NetUid>;
	/// Whether the subnet is being dissolved: it does not exist any more, and what is kept for it goes in the next blocks.
	fn is_dissolving(_netuid: NetUid) -> bool {
		false
	}
}

/// The number of slots, as other pallets lower it for an owner. Implemented by `pallet-subnets`.
pub trait SubnetSlots<Origin> {
	/// Check that the origin is the subnet's owner (within his limits: freeze window, interval between trimmings) or root, then set
	/// `max_allowed_uids` to `max`, which must be lower than it is. The caller removes the slots above it in the same transaction.
	fn lower_max_uids(origin: Origin, netuid: NetUid, max: u16) -> DispatchResult;
}

/// Called when a subnet appears. Implemented by a tuple of pallets.
pub trait OnSubnetCreated<AccountId> {
	/// A subnet was created by `owner` with `owner_hotkey`.
	fn on_subnet_created(netuid: NetUid, owner: &AccountId, owner_hotkey: &AccountId) -> DispatchResult;
}

/// Slots and the hotkeys in them. Implemented by `pallet-neurons`.
pub trait NeuronInspect<AccountId> {
	/// Slot of a hotkey.
	fn uid(netuid: NetUid, hotkey: &AccountId) -> Option<Uid>;
	/// Hotkey and registration block of a slot.
	fn neuron(netuid: NetUid, uid: Uid) -> Option<(AccountId, BlockNumber)>;
	/// Number of slots in use.
	fn count(netuid: NetUid) -> u16;
	/// Hotkey and registration block of every slot; index = uid.
	fn neurons(netuid: NetUid) -> Vec<(AccountId, BlockNumber)>;
}

/// Which coldkey owns a hotkey. Implemented by `pallet-neurons`.
pub trait HotkeyInspect<AccountId> {
	/// The owner's coldkey.
	fn coldkey(hotkey: &AccountId) -> Option<AccountId>;
}

/// Called when a slot gets a new occupant. Implemented by a tuple of pallets that keep data per UID or hotkey.
pub trait OnNeuronReplaced<AccountId> {
	/// `hotkey` lost `uid`; whatever is kept for it there can go.
	fn on_neuron_replaced(netuid: NetUid, uid: Uid, hotkey: &AccountId);
}

/// Weights as the epoch reads them. Implemented by `pallet-weights`.
pub struct WeightRow {
	/// The slot that set them.
	pub uid: Uid,
	/// Entries in ascending uid order.
	pub entries: Vec<(u16, u16)>,
}

/// Weights of a subnet. Implemented by `pallet-weights`.
pub trait WeightsInspect<AccountId> {
	/// Row of a slot whose setter still holds it (`registered_at[uid]` is the slot's registration block).
	fn row(netuid: NetUid, mechanism: MechanismId, uid: Uid, registered_at: &[BlockNumber]) -> Option<WeightRow>;
	/// Block of the last setting or commitment of each slot, 0 for none; index = uid.
	fn last_update(netuid: NetUid, mechanism: MechanismId, registered_at: &[BlockNumber]) -> Vec<BlockNumber>;
	/// The same, as an epoch judges who is active: 0 also for occupants that are not heard in the present epoch.
	fn activity(netuid: NetUid, mechanism: MechanismId, registered_at: &[BlockNumber]) -> Vec<BlockNumber> {
		Self::last_update(netuid, mechanism, registered_at)
	}
	/// Block of the earliest commitment of the hotkey that can still be revealed.
	fn earliest_commit(netuid: NetUid, mechanism: MechanismId, hotkey: &AccountId) -> Option<BlockNumber>;
}

/// The epoch clock. Implemented by `pallet-emissions`.
pub trait EpochInspect {
	/// Epochs that the subnet has completed.
	fn epoch(netuid: NetUid) -> EpochIndex;
	/// Block of the last epoch (creation, before the first).
	fn last_epoch_block(netuid: NetUid) -> BlockNumber;
}

/// Called after a subnet's epoch. Implemented by a tuple of pallets.
pub trait OnEpoch {
	/// Epoch `completed` of the subnet has just been completed.
	fn on_epoch(netuid: NetUid, completed: EpochIndex);
	/// The subnet has fewer mechanisms from this epoch on: what is kept for the mechanisms in `gone` can go. Called
	/// before `on_epoch`.
	fn on_mechanisms_removed(_netuid: NetUid, _gone: Range<u8>) {}
}

/// Results of the last epoch. Implemented by `pallet-emissions`.
pub trait EpochResults {
	/// Whether the slot's occupant holds a validator permit.
	fn has_permit(netuid: NetUid, uid: Uid, registered_at: BlockNumber) -> bool;
	/// Emission of each slot in the last epoch, nano, 0 where the occupant is younger; index = uid.
	fn emission(netuid: NetUid, registered_at: &[BlockNumber]) -> Vec<u64>;
}

macro_rules! impl_hooks_for_tuples {
	($($name:ident),*) => {
		impl<AccountId, $($name: OnSubnetCreated<AccountId>),*> OnSubnetCreated<AccountId> for ($($name,)*) {
			#[allow(unused_variables)]
			fn on_subnet_created(netuid: NetUid, owner: &AccountId, owner_hotkey: &AccountId) -> DispatchResult {
				$($name::on_subnet_created(netuid, owner, owner_hotkey)?;)*
				Ok(())
			}
		}
		impl<AccountId, $($name: OnNeuronReplaced<AccountId>),*> OnNeuronReplaced<AccountId> for ($($name,)*) {
			#[allow(unused_variables)]
			fn on_neuron_replaced(netuid: NetUid, uid: Uid, hotkey: &AccountId) {
				$($name::on_neuron_replaced(netuid, uid, hotkey);)*
			}
		}
		impl<$($name: OnEpoch),*> OnEpoch for ($($name,)*) {
			#[allow(unused_variables)]
			fn on_epoch(netuid: NetUid, completed: EpochIndex) {
				$($name::on_epoch(netuid, completed);)*
			}
			#[allow(unused_variables)]
			fn on_mechanisms_removed(netuid: NetUid, gone: Range<u8>) {
				$($name::on_mechanisms_removed(netuid, gone.clone());)*
			}
		}
	};
}
impl_hooks_for_tuples!();
impl_hooks_for_tuples!(A);
impl_hooks_for_tuples!(A, B);
impl_hooks_for_tuples!(A, B, C);
impl_hooks_for_tuples!(A, B, C, D);
impl_hooks_for_tuples!(A, B, C, D, E);
impl_hooks_for_tuples!(A, B, C, D, E, F);
