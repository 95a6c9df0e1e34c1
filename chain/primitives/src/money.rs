//! Parts of amounts, rounded down.

use crate::{Balance, ONE_U16};
use sp_runtime::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

/// `part` (65,535 = all) of `amount`, rounded down; exact for every amount.
pub fn proportion(amount: Balance, part: u16) -> Balance {
	multiply_by_rational_with_rounding(amount, part.into(), ONE_U16.into(), Rounding::Down).unwrap_or(amount)
}

#[cfg(test)]
mod tests {
	use super::*;

	#[test]
	fn parts_are_exact_at_the_ends_and_rounded_down_between() {
		assert_eq!(proportion(Balance::MAX, ONE_U16), Balance::MAX);
		assert_eq!(proportion(Balance::MAX, 0), 0);
		assert_eq!(proportion(65_534, 1), 0);
		assert_eq!(proportion(65_535, 1), 1);
	}
}
