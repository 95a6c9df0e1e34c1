//! Moving averages with a rate per cell, by rows.

use super::sparse::Sparse;
use ganglion_yuma::{fixed::I32F32, liquid};

/// `(1 - rate) * old + rate * new` for all cells that either matrix has. `rate` is given column, weight and bond.
pub fn moving_average(new: &Sparse, old: &Sparse, rate: impl Fn(u16, I32F32, I32F32) -> I32F32) -> Sparse {
	new.union(old, |column, new, old| {
		liquid::moving_average(rate(column, new, old), new, old)
	})
}

/// The same for the cells of `new` only: a bond without a weight is gone.
pub fn legacy(new: &Sparse, old: &Sparse, rate: impl Fn(u16, I32F32, I32F32) -> I32F32) -> Sparse {
	let mut average = Sparse::with_capacity(new.size(), new.cells().len());
	for (new_row, old_row) in new.rows().zip(old.rows()) {
		for cell in new_row {
			let bond = old_row.iter().find(|bond| bond.column == cell.column);
			let bond = bond.map_or(I32F32::ZERO, |bond| bond.value);
			let value = liquid::moving_average(rate(cell.column, cell.value, bond), cell.value, bond);
			if value > I32F32::ZERO {
				average.push(cell.column, value);
			}
		}
		average.end_row();
	}
	average
}
