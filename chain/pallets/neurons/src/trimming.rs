//! Who stays when a subnet gets fewer slots. Pure: values in, uids out.

use crate::replacement::Candidate;
use alloc::vec::Vec;
use ganglion_primitives::Uid;

/// Most slots of a subnet that can be trimmed: each slot may have to be written, and all of it has to fit into a block.
pub const MAX_SLOTS: u16 = 1_024;

/// The slots that stay, ascending, at most `max`; none where more than four fifths of `max` are protected.
///
/// Immune and immortal slots stay. The others go in the order in which newcomers would replace them: lowest emission
/// first, then the earlier registration, then the lower uid.
pub fn kept(slots: &[Candidate], immortal: &[Uid], max: u16) -> Option<Vec<Uid>> {
	let protected = |slot: &&Candidate| slot.immune || immortal.contains(&slot.uid);
	let (mut kept, mut others): (Vec<&Candidate>, Vec<&Candidate>) = slots.iter().partition(protected);
	if kept.len().saturating_mul(5) > usize::from(max).saturating_mul(4) {
		return None;
	}
	others.sort_unstable_by_key(|slot| core::cmp::Reverse((slot.emission, slot.registered_at, slot.uid)));
	let room = usize::from(max).saturating_sub(kept.len());
	kept.extend(others.into_iter().take(room));
	let mut uids: Vec<Uid> = kept.into_iter().map(|slot| slot.uid).collect();
	uids.sort_unstable();
	Some(uids)
}
