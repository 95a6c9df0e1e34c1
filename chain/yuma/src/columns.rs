//! Stored rows turned into columns: for each UID, who says something about it.
//!
//! Nearly all of an epoch looks at one column at a time, so that what it works on stays in the cache and needs no memory of
//! its own. Deliberately knows nothing of weights or bonds.

use alloc::{borrow::Cow, vec, vec::Vec};
use core::ops::Range;

/// A stored row: the UID it belongs to and its (column UID, value) pairs.
pub type RowRef<'a> = (u16, &'a [(u16, u16)]);

/// One entry of a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entry {
	/// UID of the row.
	pub row: u16,
	/// The stored value.
	pub value: u16,
}

/// A sparse matrix by columns, each in ascending order of rows; all entries lie in one allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Columns {
	/// End of each column in `entries`; a column begins where the one before ends.
	ends: Vec<usize>,
	entries: Vec<Entry>,
}

impl Columns {
	/// The cells of these rows for which `keep(row, column)` holds, in a matrix of `size` columns.
	pub fn collect<'a>(rows: &[Row<'a>], size: usize, keep: impl Fn(u16, u16) -> bool) -> Self {
		// Counting sort. While columns are filled, `ends` tells how far they have come.
		let mut ends = vec![0usize; size];
		for_each(rows, &keep, |_, column, _| {
			if let Some(count) = ends.get_mut(usize::from(column)) {
				*count = count.saturating_add(1);
			}
		});
		let mut total = 0usize;
		for end in &mut ends {
			let count = core::mem::replace(end, total);
			total = total.saturating_add(count);
		}
		let mut entries = vec![Entry::default(); total];
		for_each(rows, &keep, |row, column, value| {
			let Some(end) = ends.get_mut(usize::from(column)) else {
				return;
			};
			if let Some(entry) = entries.get_mut(*end) {
				*entry = Entry { row, value };
			}
			*end = end.saturating_add(1);
		});
		Self { ends, entries }
	}

	/// Number of columns.
	pub fn size(&self) -> usize {
		self.ends.len()
	}

	/// All entries, column after column.
	pub fn entries(&self) -> &[Entry] {
		&self.entries
	}

	/// Number of entries of each row.
	pub fn lengths(&self) -> Vec<usize> {
		let mut lengths = vec![0usize; self.size()];
		for entry in &self.entries {
			if let Some(length) = lengths.get_mut(usize::from(entry.row)) {
				*length = length.saturating_add(1);
			}
		}
		lengths
	}

	/// Where each column's entries lie.
	pub fn ranges(&self) -> impl Iterator<Item = Range<usize>> + '_ {
		let starts = core::iter::once(0).chain(self.ends.iter().copied());
		starts.zip(self.ends.iter()).map(|(start, end)| start..*end)
	}

	/// The entries of each column.
	pub fn iter(&self) -> impl Iterator<Item = &[Entry]> {
		self.ranges().map(|range| self.entries.get(range).unwrap_or_default())
	}
}

/// Calls `visit` with row, column and value of each cell that is kept, row after row.
#[inline(always)]
fn for_each(rows: &[Row<'_>], keep: impl Fn(u16, u16) -> bool, mut visit: impl FnMut(u16, u16, u16)) {
	for row in rows {
		for (column, value) in row.cells.iter() {
			if keep(row.uid, *column) {
				visit(row.uid, *column, *value);
			}
		}
	}
}

/// A row whose columns ascend, none of them twice.
#[derive(Clone, Debug)]
pub struct Row<'a> {
	/// The UID it belongs to.
	pub uid: u16,
	/// Pairs of column UID and value.
	pub cells: Cow<'a, [(u16, u16)]>,
}

/// The first stored row of each UID below `size`, in ascending order of UIDs. Of two cells with one column the first
/// counts.
pub fn tidy<'a>(size: usize, stored: impl Iterator<Item = RowRef<'a>>) -> Vec<Row<'a>> {
	let mut found = vec![None; size];
	for (uid, cells) in stored {
		if let Some(slot) = found.get_mut(usize::from(uid)) {
			slot.get_or_insert(cells);
		}
	}
	let rows = (0..=u16::MAX).zip(found);
	rows.filter_map(|(uid, cells)| {
		Some(Row {
			uid,
			cells: ascending(cells?),
		})
	})
	.collect()
}

/// The cells themselves when their columns ascend, else a sorted copy without repetitions.
fn ascending(cells: &[(u16, u16)]) -> Cow<'_, [(u16, u16)]> {
	if cells.is_sorted_by(|(a, _), (b, _)| a < b) {
		return Cow::Borrowed(cells);
	}
	let mut sorted = cells.to_vec();
	sorted.sort_by_key(|(column, _)| *column);
	sorted.dedup_by_key(|(column, _)| *column);
	Cow::Owned(sorted)
}
