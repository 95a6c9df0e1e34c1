//! The weights that count in an epoch: whose they are, what they point at, and their normalisation by row.
//!
//! Deliberately knows nothing of stake.

use super::sparse::Sparse;
use ganglion_yuma::EpochView;

/// Weights of validators with a permit as shares of their row, without those that point at
/// the validator itself (the owner may) or at a UID registered since they were set or committed.
pub fn normalised(view: &EpochView<'_>, permits: &[bool]) -> Sparse {
	let permitted = |uid: u16| permits.get(usize::from(uid)).copied().unwrap_or(false);
	let rows = view.weights.iter().copied().filter(|(uid, _)| permitted(*uid));
	let keep = |row, column| (row != usize::from(column) || view.owner == Some(column)) && is_fresh(view, row, column);
	let mut weights = Sparse::from_rows(view.n.into(), rows, keep);
	weights.normalise_rows();
	weights
}

/// Whether a weight was set, and if still waiting for its reveal committed, after its target was registered.
fn is_fresh(view: &EpochView<'_>, row: usize, column: u16) -> bool {
	let registered = registered_at(view, column);
	let updated = view.last_update.get(row).copied().unwrap_or(0);
	let committed = view
		.commit_blocks
		.map_or(u64::MAX, |blocks| blocks.get(row).copied().unwrap_or(u64::MAX));
	updated > registered && committed >= registered
}

/// Block at which a UID was registered, 0 when unknown.
pub fn registered_at(view: &EpochView<'_>, uid: u16) -> u64 {
	view.registered_at.get(usize::from(uid)).copied().unwrap_or(0)
}
