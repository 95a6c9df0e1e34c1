//! Upper bounds on the noise that cost no logarithm; `choose` calculates only what they do not exclude.
//!
//! For u = (x + 1/2) 2^-32 and y = not x: -ln u >= 1 - u > y 2^-32. And -ln v <= ln 2 (127 - bits(v) 2^-23) for a
//! float32 v >= 0 of these bits, because log2(1 + m) >= m on [0, 1]. `SLACK` is more than all roundings together,
//! those of float32 here (2e-5) and that of the noise to float32 (2e-6).

use core::arch::wasm32::*;

const LN2: f32 = core::f32::consts::LN_2;
const SLACK: f32 = 1e-3;
const TO_UNIT: f32 = 1.0 / 4_294_967_296.0;

/// Bounds on the noise of tokens with words `x`, in a group whose least exponential is at least `least`.
#[inline(always)]
pub fn noise(x: v128, least: v128) -> v128 {
	let rest = f32x4_mul(f32x4_convert_u32x4(v128_not(x)), f32x4_splat(TO_UNIT));
	minus_ln(f32x4_add(rest, least))
}

/// Bounds on the largest noise of groups whose words are `x`.
#[inline(always)]
pub fn group(x: v128) -> v128 {
	const SHARE: f32 = TO_UNIT / crate::noise::GROUP as f32;
	minus_ln(f32x4_mul(f32x4_convert_u32x4(v128_not(x)), f32x4_splat(SHARE)))
}

#[inline(always)]
fn minus_ln(value: v128) -> v128 {
	let bits = f32x4_convert_i32x4(value);
	f32x4_sub(f32x4_splat(LN2 * 127.0 + SLACK), f32x4_mul(bits, f32x4_splat(LN2 / 8_388_608.0)))
}

/// A float32 that is not above `least`.
#[inline(always)]
pub fn below(least: f64) -> f32 {
	(least * (1.0 - 1e-6)) as f32
}
