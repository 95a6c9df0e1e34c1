//! From incentive and dividends to amounts of base units.
//!
//! Deliberately knows nothing of weights and bonds.

use crate::{fixed::I32F32, vector};
use alloc::vec::Vec;

/// Amounts by UID, in base units; each is floored by itself, so a few units may stay undistributed.
pub struct Split {
	/// For incentive.
	pub server: Vec<u64>,
	/// For dividends.
	pub validator: Vec<u64>,
	/// For both.
	pub combined: Vec<u64>,
}

/// Splits `emission` by incentive and dividends; with neither, by active stake, and without that by stake.
pub fn split(
	emission: u64,
	incentive: &[I32F32],
	dividends: &[I32F32],
	active_stake: &[I32F32],
	stake: &[I32F32],
) -> Split {
	let mut combined: Vec<I32F32> = incentive
		.iter()
		.zip(dividends)
		.map(|(i, d)| i.saturating_add(*d))
		.collect();
	let total = vector::sum(&combined);
	let amounts = |shares: &[I32F32]| {
		shares
			.iter()
			.map(|share| share.share_of(emission))
			.collect::<Vec<u64>>()
	};
	if total == I32F32::ZERO {
		let fallback = if vector::sum(active_stake) == I32F32::ZERO {
			stake
		} else {
			active_stake
		};
		return Split {
			server: amounts(incentive),
			validator: amounts(fallback),
			combined: amounts(fallback),
		};
	}
	vector::divide_by(&mut combined, total);
	let share = |part: &[I32F32]| {
		let mut part = part.to_vec();
		vector::divide_by(&mut part, total);
		amounts(&part)
	};
	Split {
		server: share(incentive),
		validator: share(dividends),
		combined: amounts(&combined),
	}
}
