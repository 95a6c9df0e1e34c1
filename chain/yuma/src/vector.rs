//! Operations on whole columns of fixed-point values: sums, normalisation, scaling to the u16 range.
//!
//! Deliberately knows nothing of matrices or of what a column means.

use crate::fixed::I32F32;
use alloc::vec::Vec;

/// Above this maximum [`max_upscale`] divides before it multiplies, so that the product cannot overflow.
const DIVIDE_FIRST_ABOVE: I32F32 = I32F32::from_int(32768);
/// 65535 as fixed point.
const U16_MAX: I32F32 = I32F32::from_int(65535);

/// The sum of all values, saturated.
pub fn sum(values: &[I32F32]) -> I32F32 {
	values
		.iter()
		.fold(I32F32::ZERO, |total, value| total.saturating_add(*value))
}

/// Divides each value by `total`, truncating; leaves all as they are when `total` is zero.
pub fn divide_by(values: &mut [I32F32], total: I32F32) {
	if total == I32F32::ZERO {
		return;
	}
	for value in values {
		*value = value.safe_div(total);
	}
}

/// Divides each value by the sum of all, truncating; zeros stay zeros.
pub fn normalise(values: &mut [I32F32]) {
	divide_by(values, sum(values));
}

/// All values in units of 1/65535, floored.
pub fn to_proportions(values: &[I32F32]) -> Vec<u16> {
	values.iter().map(|value| value.to_proportion()).collect()
}

/// Scales non-negative values so that the largest becomes 65535, rounded to the nearest integer.
pub fn max_upscale(values: &[I32F32]) -> Vec<u16> {
	let Some(largest) = values.iter().copied().max() else {
		return Vec::new();
	};
	if largest == I32F32::ZERO {
		return to_proportions(values);
	}
	if largest > DIVIDE_FIRST_ABOVE {
		let factor = U16_MAX.safe_div(largest);
		return values
			.iter()
			.map(|value| value.saturating_mul(factor).round_to_u16())
			.collect();
	}
	let scaled = |value: &I32F32| value.saturating_mul(U16_MAX).safe_div(largest).round_to_u16();
	values.iter().map(scaled).collect()
}

/// [`max_upscale`] of whole numbers: the form in which a row of weights is stored.
pub fn max_upscale_u16(values: &[u16]) -> Vec<u16> {
	max_upscale(&from_u16(values))
}

/// Whether no value, as a share of the sum of all, exceeds `limit / 65535`.
pub fn is_max_limited(values: &[u16], limit: u16) -> bool {
	let mut shares = from_u16(values);
	normalise(&mut shares);
	let limit = I32F32::from_proportion(limit);
	shares.iter().all(|share| *share <= limit)
}

/// Whole numbers as fixed point.
fn from_u16(values: &[u16]) -> Vec<I32F32> {
	values.iter().map(|value| I32F32::from_int((*value).into())).collect()
}
