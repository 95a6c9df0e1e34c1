//! Who counts and how much: normalised stake, validator permits, activity, active stake.
//!
//! Deliberately knows nothing of weights.

use crate::{
	fixed::{I32F32, I64F64},
	types::EpochView,
	vector,
};
use alloc::{vec, vec::Vec};

/// Each UID's share of all stake, truncated; a UID below the threshold has none, except the owner.
pub fn normalised(view: &EpochView<'_>) -> Vec<I32F32> {
	let counted = |uid: u16| {
		let stake = view.stake.get(usize::from(uid)).copied().unwrap_or(0);
		if stake < view.threshold && view.owner != Some(uid) {
			0
		} else {
			stake
		}
	};
	// At most 65535 values below 2^64: no overflow.
	let total = (0..view.n).fold(0u128, |total, uid| total.saturating_add(counted(uid).into()));
	(0..view.n)
		.map(|uid| I64F64::ratio(counted(uid), total).narrow())
		.collect()
}

/// Whether each UID set weights within the activity cutoff; one whose last update is unknown did not.
pub fn active(view: &EpochView<'_>) -> Vec<bool> {
	let is_active = |updated: &u64| updated.saturating_add(view.activity_cutoff) >= view.block;
	(0..usize::from(view.n))
		.map(|uid| view.last_update.get(uid).is_some_and(is_active))
		.collect()
}

/// The permits that this epoch works with: the stored ones, and the owner's if its slot is among them.
pub fn current_permits(view: &EpochView<'_>) -> Vec<bool> {
	let mut permits: Vec<bool> = view.permits.iter().copied().take(view.n.into()).collect();
	grant(&mut permits, view.owner);
	permits
}

/// The permits from now on: the largest non-zero stakes, the higher UID first among equals, and the owner.
pub fn next_permits(stake: &[I32F32], max_validators: u16, owner: Option<u16>) -> Vec<bool> {
	let mut permits = top(stake, max_validators.into());
	for (permit, stake) in permits.iter_mut().zip(stake) {
		*permit = *permit && *stake != I32F32::ZERO;
	}
	grant(&mut permits, owner);
	permits
}

/// Stake of active validators with a permit as a share of its sum, truncated.
///
/// A column that is empty masks nothing; in one that is too short, what is missing counts as masked.
pub fn active_stake(view: &EpochView<'_>, stake: &[I32F32], active: &[bool], permits: &[bool]) -> Vec<I32F32> {
	let allowed = |mask: &[bool], uid: usize| mask.get(uid).copied().unwrap_or(mask.is_empty());
	let activity = if view.last_update.is_empty() { &[] } else { active };
	let counts = |uid: usize| allowed(activity, uid) && allowed(permits, uid);
	let mut shares: Vec<I32F32> = (0..stake.len())
		.map(|uid| {
			if counts(uid) {
				stake.get(uid).copied().unwrap_or_default()
			} else {
				I32F32::ZERO
			}
		})
		.collect();
	vector::normalise(&mut shares);
	shares
}

/// Marks the `k` largest values; among equals those with the higher index.
pub fn top(values: &[I32F32], k: usize) -> Vec<bool> {
	let dropped = values.len().saturating_sub(k);
	let mut marks = vec![true; values.len()];
	if dropped == 0 {
		return marks;
	}
	let mut order: Vec<(I32F32, usize)> = values.iter().copied().zip(0..).collect();
	if dropped < order.len() {
		order.select_nth_unstable(dropped);
	}
	for (_, index) in order.into_iter().take(dropped) {
		if let Some(mark) = marks.get_mut(index) {
			*mark = false;
		}
	}
	marks
}

/// Gives the owner a permit if its slot exists.
fn grant(permits: &mut [bool], owner: Option<u16>) {
	if let Some(permit) = owner.and_then(|uid| permits.get_mut(usize::from(uid))) {
		*permit = true;
	}
}
