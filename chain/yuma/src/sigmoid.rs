//! `exp` and the logistic function in fixed point: the series that Bittensor's liquid alpha is defined by, and one by
//! tables that is closer and takes a tenth of the time.
//!
//! Deliberately knows nothing of what the curve is used for.

use crate::fixed::I32F32;

/// Euler's number with 23 fractional bits, as the series' special case for 1 has it.
const E: I32F32 = I32F32::from_bits(22_802_600 << 9);
/// Inputs are clamped to this distance from 0.
const EXP_LIMIT: I32F32 = I32F32::from_int(20);
/// One more than the number of the series' last term.
const TERMS: i32 = 32;

/// `e^-i` in units of 2^-32, below 1.
const WHOLE: [u64; 21] = [
	4_294_967_295,
	1_580_030_168,
	581_260_615,
	213_833_830,
	78_665_070,
	28_939_262,
	10_646_159,
	3_916_503,
	1_440_801,
	530_041,
	194_991,
	71_733,
	26_389,
	9_708,
	3_571,
	1_313,
	483,
	177,
	65,
	24,
	8,
];
/// `e^-(i/16)` in units of 2^-32, below 1.
const SIXTEENTHS: [u64; 16] = [
	4_294_967_295,
	4_034_748_382,
	3_790_295_335,
	3_560_652_950,
	3_344_923_893,
	3_142_265_199,
	2_951_884_975,
	2_773_039_305,
	2_605_029_347,
	2_447_198_598,
	2_298_930_330,
	2_159_645_182,
	2_028_798_895,
	1_905_880_184,
	1_790_408_741,
	1_681_933_359,
];
/// `e^-(i/256)` in units of 2^-32, below 1.
const FINE: [u64; 16] = [
	4_294_967_295,
	4_278_222_805,
	4_261_543_595,
	4_244_929_411,
	4_228_379_999,
	4_211_895_108,
	4_195_474_485,
	4_179_117_880,
	4_162_825_044,
	4_146_595_727,
	4_130_429_682,
	4_114_326_663,
	4_098_286_423,
	4_082_308_719,
	4_066_393_305,
	4_050_539_940,
];

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

/// `1 / (1 + e^exponent)` within 8 units of 2^-32, the exponent clamped to -20..=20.
pub fn logistic_by_tables(exponent: I32F32) -> I32F32 {
	let size = exponent.to_bits().unsigned_abs().min(EXP_LIMIT.to_bits() as u64);
	let inverse = exp_of_minus(size);
	// Cannot wrap or be divided by zero: the inverse is below 2^32. What is below one half is the other's rest.
	let lower = I32F32::from_bits((inverse << 32).checked_div(inverse.wrapping_add(1 << 32)).unwrap_or(0) as i64);
	if exponent >= I32F32::ZERO {
		lower
	} else {
		I32F32::ONE.saturating_sub(lower)
	}
}

/// `e^-x` in units of 2^-32, below 1, for `x` in the same units from 0 to 20: a product of three table entries and the
/// series of what is left, below 1/256. Nothing wraps: all factors are below 2^32.
fn exp_of_minus(x: u64) -> u64 {
	let entry = |table: &[u64], bits: u64| table.get(bits as usize).copied().unwrap_or(0);
	let times = |a: u64, b: u64| a.wrapping_mul(b) >> 32;
	let (whole, sixteenths, fine) = (x >> 32, (x >> 28) & 15, (x >> 24) & 15);
	let rest = x & 0xff_ffff;
	let square = times(rest, rest);
	let series = (u64::from(u32::MAX))
		.wrapping_sub(rest)
		.wrapping_add(square / 2)
		.wrapping_sub(times(square, rest) / 6);
	let coarse = times(entry(&WHOLE, whole), entry(&SIXTEENTHS, sixteenths));
	times(times(coarse, entry(&FINE, fine)), series)
}
