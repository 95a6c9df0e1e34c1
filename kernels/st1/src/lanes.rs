//! Philox4x32-10 of four consecutive counters at once, and their words in the order of the tokens.

use core::arch::wasm32::*;

use crate::noise::{Stream, WEYL};

#[inline(always)]
fn product(a: v128, multiplier: v128) -> (v128, v128) {
	let (low, high) = (
		u64x2_extmul_low_u32x4(a, multiplier),
		u64x2_extmul_high_u32x4(a, multiplier),
	);
	(
		u32x4_shuffle::<1, 3, 5, 7>(low, high),
		u32x4_shuffle::<0, 2, 4, 6>(low, high),
	)
}

/// Words of counters `first`..`first + 4`; vector i has the four words of counter `first + i`.
#[inline(always)]
pub fn blocks(stream: &Stream, first: u32) -> [v128; 4] {
	let (mut k0, mut k1) = stream.key;
	let (m0, m1) = (u32x4_splat(0xD251_1F53), u32x4_splat(0xCD9E_8D57));
	let mut c0 = u32x4_add(u32x4_splat(first), u32x4(0, 1, 2, 3));
	let mut c1 = u32x4_splat(stream.position);
	let (mut c2, mut c3) = (u32x4_splat(stream.upper.0), u32x4_splat(stream.upper.1));
	for _ in 0..10 {
		let ((high0, low0), (high1, low1)) = (product(c0, m0), product(c2, m1));
		c0 = v128_xor(v128_xor(high1, c1), u32x4_splat(k0));
		c2 = v128_xor(v128_xor(high0, c3), u32x4_splat(k1));
		(c1, c3) = (low1, low0);
		(k0, k1) = (k0.wrapping_add(WEYL.0), k1.wrapping_add(WEYL.1));
	}
	transposed([c0, c1, c2, c3])
}

#[inline(always)]
fn transposed(rows: [v128; 4]) -> [v128; 4] {
	let [a, b, c, d] = rows;
	let (ab_low, ab_high) = (u32x4_shuffle::<0, 4, 1, 5>(a, b), u32x4_shuffle::<2, 6, 3, 7>(a, b));
	let (cd_low, cd_high) = (u32x4_shuffle::<0, 4, 1, 5>(c, d), u32x4_shuffle::<2, 6, 3, 7>(c, d));
	[
		u32x4_shuffle::<0, 1, 4, 5>(ab_low, cd_low),
		u32x4_shuffle::<2, 3, 6, 7>(ab_low, cd_low),
		u32x4_shuffle::<0, 1, 4, 5>(ab_high, cd_high),
		u32x4_shuffle::<2, 3, 6, 7>(ab_high, cd_high),
	]
}
