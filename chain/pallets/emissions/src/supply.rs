//! How much is emitted per block and how it is split: pure arithmetic.

use alloc::vec::Vec;
use ganglion_primitives::{Balance, NetUid, SUPPLY_CAP};
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

/// Parts of `amount` in proportion to the weights, each rounded down; what is left is the caller's to keep.
pub fn split(amount: Balance, shares: &[(NetUid, u64)]) -> Vec<(NetUid, Balance)> {
	let total = shares
		.iter()
		.fold(0, |sum: Balance, (_, weight)| sum.saturating_add((*weight).into()));
	let part = |weight: u64| multiply_by_rational_with_rounding(amount, weight.into(), total, Rounding::Down);
	shares
		.iter()
		.map(|(netuid, weight)| (*netuid, part(*weight).unwrap_or(0)))
		.collect()
}

/// The part of `amount` that a proportion of 65,535 gives, rounded down.
pub fn proportion(amount: Balance, part: u16) -> Balance {
	multiply_by_rational_with_rounding(amount, part.into(), u16::MAX.into(), Rounding::Down).unwrap_or(0)
}
