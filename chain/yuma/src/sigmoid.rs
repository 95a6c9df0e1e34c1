//! `exp` and the logistic function in fixed point: the series that liquid alpha is defined by.
//!
//! Deliberately knows nothing of what the curve is used for.

use crate::fixed::I32F32;

/// Euler's number with 23 fractional bits, as the series' special case for 1 has it.
const E: I32F32 = I32F32::from_bits(22_802_600 << 9);
/// Inputs are clamped to this distance from 0.
const EXP_LIMIT: I32F32 = I32F32::from_int(20);
/// One more than the number of the series' last term.
const TERMS: i32 = 32;

/// `e^x` for `x` clamped to -20..=20; on overflow 0 below and the maximum above zero.
pub fn exp_safe(x: I32F32) -> I32F32 {
	let x = x.max(I32F32::ZERO.saturating_sub(EXP_LIMIT)).min(EXP_LIMIT);
	let overflowed = if x <= I32F32::ZERO { I32F32::ZERO } else { I32F32::MAX };
	exp(x).unwrap_or(overflowed)
}

/// `1 / (1 + e^(-rho * (x - kappa)))`, truncated.
pub fn sigmoid(x: I32F32, rho: I32F32, kappa: I32F32) -> I32F32 {
	let negative_rho = I32F32::ZERO.saturating_sub(rho);
	logistic(negative_rho.saturating_mul(x.saturating_sub(kappa)))
}

/// `1 / (1 + e^exponent)`, truncated.
pub fn logistic(exponent: I32F32) -> I32F32 {
	I32F32::ONE.safe_div(exp_safe(exponent).saturating_add(I32F32::ONE))
}

/// The power series, of the absolute value and inverted for a negative one.
fn exp(x: I32F32) -> Option<I32F32> {
	if x == I32F32::ONE {
		return Some(E);
	}
	if x >= I32F32::ZERO {
		return series(x);
	}
	I32F32::ONE.checked_div(series(I32F32::ZERO.saturating_sub(x))?)
}

/// `1 + x + x^2/2! + ...`; a term that reached zero stays there.
fn series(x: I32F32) -> Option<I32F32> {
	let mut sum = x.checked_add(I32F32::ONE)?;
	let mut term = x;
	for divisor in 2..TERMS {
		term = term.checked_mul(x)?.checked_div(I32F32::from_int(divisor))?;
		if term == I32F32::ZERO {
			break;
		}
		sum = sum.checked_add(term)?;
	}
	Some(sum)
}
