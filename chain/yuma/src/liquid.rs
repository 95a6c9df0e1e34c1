//! Liquid alpha: a moving average whose rate depends on how far a validator is from the consensus.
//!
//! Deliberately knows nothing of stake or of how bonds are stored.

use crate::{
	fixed::I32F32,
	sigmoid::logistic,
	sparse::{at, Cell, Sparse},
};
use alloc::{vec, vec::Vec};

/// The curve from a distance to a rate.
pub struct LiquidAlpha {
	low: I32F32,
	high: I32F32,
	/// Factor of the sigmoid's exponent: minus the steepness.
	slope: I32F32,
}

impl LiquidAlpha {
	/// The curve between two rates in units of 1/65535, its steepness given in hundredths.
	pub fn new(low: u16, high: u16, steepness: i16) -> Self {
		let slope = I32F32::from_int(steepness.into()).safe_div(I32F32::from_int(-100));
		Self {
			low: I32F32::from_proportion(low),
			high: I32F32::from_proportion(high),
			slope,
		}
	}

	/// The rate of one bond: its distance is how far the weight exceeds the consensus for a validator that buys,
	/// how far the bond exceeds the weight for one that sells.
	pub fn alpha(&self, consensus: I32F32, weight: I32F32, bond: I32F32) -> I32F32 {
		let beyond = if weight >= bond {
			weight.saturating_sub(consensus)
		} else {
			bond.saturating_sub(weight)
		};
		let distance = beyond.min(I32F32::ONE).max(I32F32::ZERO);
		let grade = logistic(self.slope.saturating_mul(distance.saturating_sub(I32F32::HALF)));
		let alpha = self
			.low
			.saturating_add(grade.saturating_mul(self.high.saturating_sub(self.low)));
		alpha.min(self.high).max(self.low)
	}
}

/// `(1 - alpha) * old + alpha * new`, each product floored and the sum at most 1, for the cells of `new` only: a bond
/// without a weight is gone. `alpha` is given column, weight and bond.
///
/// The rate (not the average) takes a weight or bond as zero if it follows one with a higher column in its row:
/// the rule was defined by walking both rows in ascending order.
pub fn moving_average(new: &Sparse, old: &Sparse, alpha: impl Fn(u16, I32F32, I32F32) -> I32F32) -> Sparse {
	let mut average = Sparse::with_capacity(new.size(), new.cells().len());
	let mut bonds = BondRow::new(new.size());
	for (new_row, old_row) in new.rows().zip(old.rows()) {
		bonds.fill(old_row);
		for (cell, in_order) in walk(new_row) {
			let weight = if in_order { cell.value } else { I32F32::ZERO };
			let (bond, bond_in_order) = bonds.get(cell.column);
			let rate = alpha(cell.column, weight, bond_in_order);
			let kept = I32F32::ONE.saturating_sub(rate).saturating_mul(bond);
			let bought = rate.saturating_mul(cell.value).max(I32F32::ZERO);
			let value = kept.saturating_add(bought).min(I32F32::ONE);
			if value > I32F32::ZERO {
				average.push(cell.column, value);
			}
		}
		average.end_row();
		bonds.clear(old_row);
	}
	average
}

/// The cells of a row, each with whether its column is above all before it.
fn walk(row: &[Cell]) -> impl Iterator<Item = (&Cell, bool)> {
	row.iter().scan(None, |highest, cell| {
		let in_order = *highest < Some(cell.column);
		*highest = (*highest).max(Some(cell.column));
		Some((cell, in_order))
	})
}

/// One row of bonds by column: values, and values as the walk sees them.
struct BondRow {
	values: Vec<I32F32>,
	in_order: Vec<I32F32>,
}

impl BondRow {
	fn new(size: usize) -> Self {
		Self {
			values: vec![I32F32::ZERO; size],
			in_order: vec![I32F32::ZERO; size],
		}
	}

	fn get(&self, column: u16) -> (I32F32, I32F32) {
		(at(&self.values, column.into()), at(&self.in_order, column.into()))
	}

	fn fill(&mut self, row: &[Cell]) {
		for (cell, in_order) in walk(row) {
			self.set(
				cell.column,
				cell.value,
				if in_order { cell.value } else { I32F32::ZERO },
			);
		}
	}

	/// Forgets `row`, in time proportional to it.
	fn clear(&mut self, row: &[Cell]) {
		for cell in row {
			self.set(cell.column, I32F32::ZERO, I32F32::ZERO);
		}
	}

	fn set(&mut self, column: u16, value: I32F32, in_order: I32F32) {
		let column = usize::from(column);
		if let (Some(a), Some(b)) = (self.values.get_mut(column), self.in_order.get_mut(column)) {
			(*a, *b) = (value, in_order);
		}
	}
}
