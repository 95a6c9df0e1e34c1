//! Whom a newcomer replaces when all slots are taken. Pure: values in, slot out.

use alloc::vec::Vec;
use ganglion_primitives::{BlockNumber, Uid};

/// What decides about one slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Candidate {
	/// The slot.
	pub uid: Uid,
	/// Registration block of its occupant.
	pub registered_at: BlockNumber,
	/// Emission of the last epoch, nano.
	pub emission: u64,
	/// Whether the occupant is too new to be replaced while others will do.
	pub immune: bool,
}

/// The slot to give to a newcomer.
///
/// `candidates` are the slots that are not immortal. Lowest emission goes first, then the earlier registration, then
/// the lower uid. While no more than `min_non_immune` others are left an immune occupant goes instead of one of them,
/// where there is one. So there is always somebody to replace unless all slots are immortal.
pub fn choose(candidates: &[Candidate], min_non_immune: u16) -> Option<Uid> {
	let order = |candidate: &&Candidate| (candidate.emission, candidate.registered_at, candidate.uid);
	let best = |immune: bool| {
		candidates
			.iter()
			.filter(|candidate| candidate.immune == immune)
			.min_by_key(order)
	};
	let non_immune = candidates.iter().filter(|candidate| !candidate.immune).count();
	let chosen = if non_immune > usize::from(min_non_immune) {
		best(false)
	} else {
		best(true).or_else(|| best(false))
	};
	chosen.map(|candidate| candidate.uid)
}

/// Whether an occupant is immune at block `now`.
pub fn is_immune(registered_at: BlockNumber, now: BlockNumber, immunity_period: u32) -> bool {
	now.saturating_sub(registered_at) < immunity_period
}

/// A slot of the subnet owner.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OwnerSlot {
	/// The slot.
	pub uid: Uid,
	/// Registration block of its occupant.
	pub registered_at: BlockNumber,
	/// Whether the occupant is the subnet's owner hotkey.
	pub is_owner_hotkey: bool,
}

/// The owner's slots that are never replaced: the owner hotkey's first, then the earliest, at most `limit`.
pub fn immortal(mut slots: Vec<OwnerSlot>, limit: u16) -> Vec<Uid> {
	slots.sort_unstable_by_key(|slot| (!slot.is_owner_hotkey, slot.registered_at, slot.uid));
	slots.iter().take(limit.into()).map(|slot| slot.uid).collect()
}
