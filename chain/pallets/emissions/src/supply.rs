//! How much is emitted per block and how it is split: pure arithmetic.

use ganglion_primitives::{Balance, BlockNumber, SUPPLY_CAP};
use sp_arithmetic::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

/// Emission of one block in nano, given what is issued and pending and the reward before any halving.
///
/// The number of halvings is `floor(log2(cap / (cap - issued)))`, so the reward halves when 1/2, 3/4, 7/8 ... of the
/// cap is reached. Never more than what is left below the cap.
pub fn block_emission(issued: Balance, reward: Balance) -> Balance {
	let left = SUPPLY_CAP.saturating_sub(issued);
	let halvings = SUPPLY_CAP.checked_div(left).map_or(Balance::BITS, Balance::ilog2);
	reward.checked_shr(halvings).unwrap_or(0).min(left)
}

/// Blocks over which a subnet's share is averaged.
pub const AVERAGE_OVER: BlockNumber = 50_400;

/// A subnet's average share after `blocks` in which it got `part` of `all`; 2^64 = everything.
pub fn moving_average(average: u128, part: Balance, all: Balance, blocks: BlockNumber) -> u128 {
	let one: u128 = 1 << 64;
	let share = multiply_by_rational_with_rounding(part.min(all), one, all, Rounding::Down).unwrap_or(0);
	let new: u128 = blocks.min(AVERAGE_OVER).into();
	let old = u128::from(AVERAGE_OVER).saturating_sub(new);
	let sum = average.saturating_mul(old).saturating_add(share.saturating_mul(new));
	sum.checked_div(AVERAGE_OVER.into()).unwrap_or(0)
}
