//! How a subnet's emission is divided over its mechanisms, and how their columns become the subnet's. Pure arithmetic.

use alloc::{vec, vec::Vec};
use ganglion_primitives::{Balance, ONE_U16};

/// Part of each mechanism, 65,535 = 1.0: as the split says, without one in equal parts. Their sum is 65,535 always: what
/// the others leave is mechanism 0's.
pub fn parts(count: u8, split: &[u16]) -> Vec<u16> {
	let even = ONE_U16.checked_div(count.into()).unwrap_or(0);
	let mut left = ONE_U16;
	let mut parts = vec![0; count.into()];
	for (mechanism, part) in parts.iter_mut().enumerate().skip(1) {
		let wanted = if split.is_empty() {
			even
		} else {
			split.get(mechanism).copied().unwrap_or(0)
		};
		*part = wanted.min(left);
		left = left.saturating_sub(*part);
	}
	if let Some(first) = parts.first_mut() {
		*first = left;
	}
	parts
}

/// Emission of each mechanism, rounded down, and what that leaves to mechanism 0. The sum is the amount.
pub fn amounts(amount: Balance, parts: &[u16]) -> Vec<Balance> {
	let mut amounts: Vec<Balance> = parts
		.iter()
		.map(|part| ganglion_primitives::proportion(amount, *part))
		.collect();
	let others = amounts
		.iter()
		.skip(1)
		.fold(0, |sum: Balance, one| sum.saturating_add(*one));
	if let Some(first) = amounts.first_mut() {
		*first = amount.saturating_sub(others);
	}
	amounts
}

/// Mean of columns of proportions, weighted by the parts and rounded down once.
pub fn mean<'a>(length: usize, columns: impl Iterator<Item = (u16, &'a [u16])>) -> Vec<u16> {
	let mut sums = vec![0u64; length];
	for (part, column) in columns {
		for (sum, value) in sums.iter_mut().zip(column) {
			*sum = sum.saturating_add(u64::from(*value).saturating_mul(part.into()));
		}
	}
	let mean = |sum: u64| {
		sum.checked_div(ONE_U16.into())
			.and_then(|mean| u16::try_from(mean).ok())
	};
	sums.into_iter().map(|sum| mean(sum).unwrap_or(ONE_U16)).collect()
}

/// Sum of columns of amounts.
pub fn sum<'a>(length: usize, columns: impl Iterator<Item = &'a [u64]>) -> Vec<u64> {
	let mut sums = vec![0u64; length];
	for column in columns {
		for (sum, value) in sums.iter_mut().zip(column) {
			*sum = sum.saturating_add(*value);
		}
	}
	sums
}
