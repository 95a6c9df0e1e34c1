//! Time: pauses of the whole network, and the epoch clock as others may move it.

use ganglion_primitives::{BlockNumber, NetUid};
use sp_runtime::DispatchResult;

/// Safe mode as deadlines see it: paused blocks do not count. Implemented by `pallet-governance`.
pub trait Pause {
	/// Whether the present block is paused: no epochs, no new emission, no slashing.
	fn is_paused() -> bool;
	/// Paused blocks so far. `block number - paused blocks` is the clock of all deadlines.
	fn paused_blocks() -> BlockNumber;
}

impl Pause for () {
	fn is_paused() -> bool {
		false
	}
	fn paused_blocks() -> BlockNumber {
		0
	}
}

/// When epochs come, and how an owner moves them. Implemented by `pallet-emissions`.
pub trait EpochControl {
	/// Block of the next epoch if nothing is paused meanwhile.
	fn next_epoch_block(netuid: NetUid) -> Option<BlockNumber>;
	/// Run the next epoch at `block`, which is earlier than it would be.
	fn trigger(netuid: NetUid, block: BlockNumber) -> DispatchResult;
	/// The subnet's tempo was changed: the present epoch ends that many blocks after the last one, or in the next block.
	fn tempo_changed(netuid: NetUid);
	/// The subnet begins or ceases to earn from this block on.
	fn earning_changed(netuid: NetUid);
}

impl EpochControl for () {
	fn next_epoch_block(_: NetUid) -> Option<BlockNumber> {
		None
	}
	fn trigger(_: NetUid, _: BlockNumber) -> DispatchResult {
		Ok(())
	}
	fn tempo_changed(_: NetUid) {}
	fn earning_changed(_: NetUid) {}
}

/// Bonds to a slot, as its occupant may give them up. Implemented by `pallet-emissions`.
pub trait BondsReset {
	/// Forget all bonds to the slot from the next epoch on.
	fn reset_bonds(netuid: NetUid, uid: ganglion_primitives::Uid);
}

impl BondsReset for () {
	fn reset_bonds(_: NetUid, _: ganglion_primitives::Uid) {}
}
