//! Sparse matrices of fixed-point values, one row per UID, all cells in one allocation.
//!
//! Within a row each column occurs once; the order of the cells is the stored one and need not be ascending.
//! Deliberately knows nothing of weights or bonds.

use ganglion_yuma::{fixed::I32F32, RowRef};
use std::cmp::Ordering;

/// One entry of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
	/// UID of the column.
	pub column: u16,
	/// The entry's value.
	pub value: I32F32,
}

/// A square matrix of `size` rows and columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sparse {
	size: usize,
	/// End of each row in `cells`; a row begins where the one before ends.
	ends: Vec<usize>,
	cells: Vec<Cell>,
}

impl Sparse {
	/// A matrix without rows, to be filled by [`push`](Self::push) and [`end_row`](Self::end_row).
	pub fn with_capacity(size: usize, cells: usize) -> Self {
		Self {
			size,
			ends: Vec::with_capacity(size),
			cells: Vec::with_capacity(cells),
		}
	}

	/// The cells of stored rows for which `keep(row, column)` holds, as whole numbers.
	///
	/// Rows and columns from `size` on are ignored. Of two rows with one UID, or of two cells of a row with one
	/// column, the first counts.
	pub fn from_rows<'a>(
		size: usize,
		rows: impl Iterator<Item = RowRef<'a>>,
		keep: impl Fn(usize, u16) -> bool,
	) -> Self {
		let stored = by_uid(size, rows);
		let total = stored.iter().fold(0usize, |sum, row| sum.saturating_add(row.len()));
		let mut matrix = Self::with_capacity(size, total);
		let mut last_row_of = vec![usize::MAX; size];
		for (row, cells) in stored.into_iter().enumerate() {
			for (column, value) in cells {
				let Some(last_row) = last_row_of.get_mut(usize::from(*column)) else {
					continue;
				};
				if *last_row == row || !keep(row, *column) {
					continue;
				}
				*last_row = row;
				matrix.push(*column, I32F32::from_int((*value).into()));
			}
			matrix.end_row();
		}
		matrix
	}

	/// Appends a cell to the row under construction.
	pub fn push(&mut self, column: u16, value: I32F32) {
		self.cells.push(Cell { column, value });
	}

	/// Ends the row under construction.
	pub fn end_row(&mut self) {
		self.ends.push(self.cells.len());
	}

	/// Number of columns.
	pub fn size(&self) -> usize {
		self.size
	}

	/// All cells, row after row.
	pub fn cells(&self) -> &[Cell] {
		&self.cells
	}

	/// All cells, to be changed in place by what depends on the column only.
	pub fn cells_mut(&mut self) -> &mut [Cell] {
		&mut self.cells
	}

	/// The rows in ascending order of UID.
	pub fn rows(&self) -> impl Iterator<Item = &[Cell]> {
		let starts = std::iter::once(0).chain(self.ends.iter().copied());
		starts
			.zip(self.ends.iter())
			.map(|(start, end)| self.cells.get(start..*end).unwrap_or_default())
	}

	/// Applies `change` to each row in ascending order of UID.
	pub fn for_each_row_mut(&mut self, mut change: impl FnMut(usize, &mut [Cell])) {
		let mut start = 0;
		for (row, end) in self.ends.iter().enumerate() {
			change(row, self.cells.get_mut(start..*end).unwrap_or_default());
			start = *end;
		}
	}

	/// Sum of each row.
	pub fn row_sums(&self) -> Vec<I32F32> {
		self.rows().map(row_sum).collect()
	}

	/// Divides each row with a positive sum by it, truncating.
	pub fn normalise_rows(&mut self) {
		self.for_each_row_mut(|_, row| {
			let total = row_sum(row);
			if total <= I32F32::ZERO {
				return;
			}
			for cell in row {
				cell.value = cell.value.safe_div(total);
			}
		});
	}

	/// Multiplies each row by its factor, flooring.
	pub fn scale_rows(&mut self, factors: &[I32F32]) {
		self.for_each_row_mut(|row, cells| {
			let factor = at(factors, row);
			for cell in cells {
				cell.value = cell.value.saturating_mul(factor);
			}
		});
	}

	/// Divides each column with a sum other than zero by it, truncating.
	pub fn normalise_columns(&mut self) {
		let sums = self.fold_columns(I32F32::saturating_add);
		self.divide_columns(&sums);
	}

	/// Divides each column by its largest value, truncating, so that the largest becomes 1.
	pub fn upscale_columns(&mut self) {
		let maxima = self.fold_columns(I32F32::max);
		self.divide_columns(&maxima);
	}

	/// `sum_i floor(vector_i * self_ij)` for each column j.
	pub fn column_products(&self, vector: &[I32F32]) -> Vec<I32F32> {
		let mut products = vec![I32F32::ZERO; self.size];
		for (row, cells) in self.rows().enumerate() {
			let factor = at(vector, row);
			for cell in cells {
				if let Some(product) = products.get_mut(usize::from(cell.column)) {
					*product = product.saturating_add(factor.saturating_mul(cell.value));
				}
			}
		}
		products
	}

	/// `sum_j floor(self_ij * vector_j)` for each row i.
	pub fn row_products(&self, vector: &[I32F32]) -> Vec<I32F32> {
		let product = |cell: &Cell| cell.value.saturating_mul(at(vector, cell.column.into()));
		let row_product = |row: &[Cell]| {
			row.iter()
				.fold(I32F32::ZERO, |total, cell| total.saturating_add(product(cell)))
		};
		self.rows().map(row_product).collect()
	}

	/// Lowers each cell to the limit of its column; a cell above a limit of zero is removed.
	pub fn clip(&self, limits: &[I32F32]) -> Self {
		let mut clipped = Self::with_capacity(self.size, self.cells.len());
		for row in self.rows() {
			for cell in row {
				let limit = at(limits, cell.column.into());
				if cell.value <= limit {
					clipped.push(cell.column, cell.value);
				} else if limit > I32F32::ZERO {
					clipped.push(cell.column, limit);
				}
			}
			clipped.end_row();
		}
		clipped
	}

	/// `combine(j, self_ij, other_ij)` for all cells that either matrix has; only positive results are kept, ascending.
	pub fn union(&self, other: &Self, combine: impl Fn(u16, I32F32, I32F32) -> I32F32) -> Self {
		let mut union = Self::with_capacity(self.size, self.cells.len().saturating_add(other.cells.len()));
		let (mut left, mut right) = (Vec::new(), Vec::new());
		for (a, b) in self.rows().zip(other.rows()) {
			union.merge_row(ascending(a, &mut left), ascending(b, &mut right), &combine);
		}
		union
	}

	/// Appends the merge of two ascending rows.
	fn merge_row(&mut self, mut a: &[Cell], mut b: &[Cell], combine: impl Fn(u16, I32F32, I32F32) -> I32F32) {
		while let Some((column, left, right)) = pop_lowest(&mut a, &mut b) {
			let value = combine(column, left, right);
			if value > I32F32::ZERO {
				self.push(column, value);
			}
		}
		self.end_row();
	}

	/// Folds the values of each column, from zero and in order of rows.
	fn fold_columns(&self, fold: impl Fn(I32F32, I32F32) -> I32F32) -> Vec<I32F32> {
		let mut folded = vec![I32F32::ZERO; self.size];
		for cell in &self.cells {
			if let Some(value) = folded.get_mut(usize::from(cell.column)) {
				*value = fold(*value, cell.value);
			}
		}
		folded
	}

	/// Divides each column by its divisor, truncating, unless that is zero.
	fn divide_columns(&mut self, divisors: &[I32F32]) {
		for cell in &mut self.cells {
			let divisor = at(divisors, cell.column.into());
			if divisor != I32F32::ZERO {
				cell.value = cell.value.safe_div(divisor);
			}
		}
	}
}

/// The element at `index`, or zero.
pub fn at(values: &[I32F32], index: usize) -> I32F32 {
	values.get(index).copied().unwrap_or_default()
}

/// Sum of a row, saturated.
fn row_sum(row: &[Cell]) -> I32F32 {
	row.iter()
		.fold(I32F32::ZERO, |total, cell| total.saturating_add(cell.value))
}

/// The first stored row of each UID below `size`; UIDs without one have an empty row.
fn by_uid<'a>(size: usize, rows: impl Iterator<Item = RowRef<'a>>) -> Vec<&'a [(u16, u16)]> {
	let mut found = vec![None; size];
	for (uid, cells) in rows {
		if let Some(row) = found.get_mut(usize::from(uid)) {
			row.get_or_insert(cells);
		}
	}
	found.into_iter().map(Option::unwrap_or_default).collect()
}

/// The row itself when its columns ascend, else a sorted copy in `scratch`.
fn ascending<'a>(row: &'a [Cell], scratch: &'a mut Vec<Cell>) -> &'a [Cell] {
	if row.is_sorted_by_key(|cell| cell.column) {
		return row;
	}
	scratch.clear();
	scratch.extend_from_slice(row);
	scratch.sort_unstable_by_key(|cell| cell.column);
	scratch
}

/// Takes the lowest column off two ascending rows: the column and both values, zero where a row lacks it.
fn pop_lowest(a: &mut &[Cell], b: &mut &[Cell]) -> Option<(u16, I32F32, I32F32)> {
	let order = match (a.first(), b.first()) {
		(None, None) => return None,
		(Some(_), None) => Ordering::Less,
		(None, Some(_)) => Ordering::Greater,
		(Some(left), Some(right)) => left.column.cmp(&right.column),
	};
	let left = if order.is_le() { pop(a) } else { None };
	let right = if order.is_ge() { pop(b) } else { None };
	let column = left.or(right)?.column;
	let value = |cell: Option<Cell>| cell.map_or(I32F32::ZERO, |cell| cell.value);
	Some((column, value(left), value(right)))
}

/// Takes the first cell off a row.
fn pop(row: &mut &[Cell]) -> Option<Cell> {
	let (first, rest) = row.split_first()?;
	*row = rest;
	Some(*first)
}
