//! The weights that count in an epoch: whose they are, what they point at, and their normalisation by row.
//!
//! Deliberately knows nothing of stake.

use crate::{
	columns::{self, Columns, Entry},
	fixed::{Divisor, I32F32},
	types::EpochView,
};
use alloc::{vec, vec::Vec};

/// Weights by the UID they are for.
pub struct Weights {
	columns: Columns,
	/// Each entry as a share of its row.
	shares: Vec<I32F32>,
}

impl Weights {
	/// Weights of validators with a permit as shares of their row, without those that point at
	/// the validator itself (the owner may) or at a UID registered since they were set or committed.
	pub fn collect(view: &EpochView<'_>, permits: &[bool]) -> Self {
		let size = usize::from(view.n);
		let permitted = |uid: u16| permits.get(usize::from(uid)).copied().unwrap_or(false);
		let rows = columns::tidy(size, view.weights.iter().copied().filter(|(uid, _)| permitted(*uid)));
		let known = known_before(view);
		let keep = |row: u16, column: u16| {
			let known = known.get(usize::from(row)).copied().unwrap_or(0);
			column < view.n && is_off_diagonal(row, column, view.owner) && registered_at(view, column) < known
		};
		Self::normalise(Columns::collect(&rows, size, keep))
	}

	/// Divides each entry by the sum of its row, truncating.
	fn normalise(columns: Columns) -> Self {
		let mut totals = vec![I32F32::ZERO; columns.size()];
		for entry in columns.entries() {
			if let Some(total) = totals.get_mut(usize::from(entry.row)) {
				*total = total.saturating_add(I32F32::from_int(entry.value.into()));
			}
		}
		let totals: Vec<Divisor> = totals.into_iter().map(Divisor::whole).collect();
		let share = |entry: &Entry| {
			let total = totals.get(usize::from(entry.row));
			total.map_or(I32F32::ZERO, |total| total.divide_whole(entry.value))
		};
		let shares = columns.entries().iter().map(share).collect();
		Self { columns, shares }
	}

	/// Number of weights of each row.
	pub fn lengths(&self) -> Vec<usize> {
		self.columns.lengths()
	}

	/// For each UID the rows that name it and the shares they give it, in ascending order of rows.
	pub fn iter(&self) -> impl Iterator<Item = impl Iterator<Item = (u16, I32F32)> + Clone + '_> + '_ {
		self.columns.ranges().map(|range| {
			let entries = self.columns.entries().get(range.clone()).unwrap_or_default();
			let shares = self.shares.get(range).unwrap_or_default();
			entries.iter().map(|entry| entry.row).zip(shares.iter().copied())
		})
	}
}

/// The element of a UID, or zero.
pub fn at(values: &[I32F32], uid: u16) -> I32F32 {
	values.get(usize::from(uid)).copied().unwrap_or_default()
}

/// Whether a weight points at another UID than its own, or is that of the one UID that may weigh itself.
pub fn is_off_diagonal(row: u16, column: u16, except: Option<u16>) -> bool {
	row != column || except == Some(column)
}

/// For each UID the block before which another must have been registered for its weights to count: that of their
/// setting, and if some still wait for their reveal, the one after the commitment.
fn known_before(view: &EpochView<'_>) -> Vec<u64> {
	let block = |uid: usize| {
		let updated = view.last_update.get(uid).copied().unwrap_or(0);
		let committed = view.commit_blocks.and_then(|blocks| blocks.get(uid).copied());
		updated.min(committed.map_or(u64::MAX, |block| block.saturating_add(1)))
	};
	(0..usize::from(view.n)).map(block).collect()
}

/// Block at which a UID was registered, 0 when unknown.
pub fn registered_at(view: &EpochView<'_>, uid: u16) -> u64 {
	view.registered_at.get(usize::from(uid)).copied().unwrap_or(0)
}
