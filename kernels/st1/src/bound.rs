//! Upper bounds on the noise that cost no logarithm; `choose` calculates only what they do not exclude.
//!
//! For u = (x + 1/2) 2^-32 and y = 2^-32 (not x) < 1 - u: -ln u >= y + y^2/2 + y^3/3. And for a float32 v >= 0 with
//! these bits, -ln v <= ln 2 (127 - bits(v) 2^-23), because log2(1 + m) >= m on [0, 1]. `SLACK` is more than all
//! roundings together: those of float32 here (2e-5) and that of the noise to float32 (2e-6).

use core::arch::wasm32::*;

const LN2: f32 = core::f32::consts::LN_2;
const SLACK: f32 = 1e-3;
const TO_UNIT: f32 = 1.0 / 4_294_967_296.0;

/// Bounds on the noise of tokens with words `x`, in a group whose least exponential is at least `least`.
#[inline(always)]
pub fn noise(x: v128, least: v128) -> v128 {
	minus_ln(f32x4_add(exponential(x), least))
}

/// Bounds on the largest noise of groups whose words are `x`.
#[inline(always)]
pub fn group(x: v128) -> v128 {
	minus_ln(f32x4_mul(exponential(x), f32x4_splat(1.0 / crate::noise::GROUP as f32)))
}

/// What the exponentials of words are at least, but for rounding.
#[inline(always)]
fn exponential(x: v128) -> v128 {
	let y = f32x4_mul(f32x4_convert_u32x4(v128_not(x)), f32x4_splat(TO_UNIT));
	let tail = f32x4_add(f32x4_splat(0.5), f32x4_mul(y, f32x4_splat(1.0 / 3.0)));
	f32x4_add(y, f32x4_mul(f32x4_mul(y, y), tail))
}

#[inline(always)]
fn minus_ln(value: v128) -> v128 {
	let bits = f32x4_convert_i32x4(value);
	f32x4_sub(
		f32x4_splat(LN2 * 127.0 + SLACK),
		f32x4_mul(bits, f32x4_splat(LN2 / 8_388_608.0)),
	)
}

/// A float32 that is not above `least`.
#[inline(always)]
pub fn below(least: f64) -> f32 {
	(least * (1.0 - 1e-6)) as f32
}
