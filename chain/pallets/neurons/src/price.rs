//! Price of a registration. Pure integer arithmetic: values in, price out.
//!
//! Between registrations the price halves every `half_life` blocks: with `f` the factor of one block in Q32 (fixed point
//! with 32 fractional bits), the price after `k` blocks is `floor(price * f^k)`. It is computed when it is read, so that
//! no block has to touch it, with `f^k` in 60 fractional bits: a reckoning that truncates at each block is never higher
//! and less than 1.5 nano per block of a half-life lower.

use ganglion_primitives::{Balance, Hyperparameters};

/// 1.0 in Q32.
pub const ONE_Q32: u64 = 1 << 32;
const HALF_Q32: u64 = 1 << 31;

fn mul_q32(a: u64, b: u64) -> u64 {
	let product = u128::from(a).saturating_mul(u128::from(b)) >> 32;
	u64::try_from(product).unwrap_or(u64::MAX)
}

/// `base^exponent` in Q32, every product truncated.
pub fn pow_q32(base: u64, exponent: u32) -> u64 {
	let (mut result, mut base, mut rest) = (ONE_Q32, base, exponent);
	while rest > 0 {
		if rest & 1 == 1 {
			result = mul_q32(result, base);
		}
		rest >>= 1;
		if rest > 0 {
			base = mul_q32(base, base);
		}
	}
	result
}

/// Factor of one block: the largest Q32 number known to give at most one half after `half_life` blocks. 1.0 for 0.
pub fn decay_factor(half_life: u32) -> u64 {
	if half_life == 0 {
		return ONE_Q32;
	}
	let (mut low, mut high) = (0, ONE_Q32);
	while high.saturating_sub(low) > 1 {
		let middle = low.saturating_add(high.saturating_sub(low) >> 1);
		if pow_q32(middle, half_life) > HALF_Q32 {
			high = middle;
		} else {
			low = middle;
		}
	}
	low
}

/// `f^exponent` for a Q32 factor, in Q60.
fn pow_q60(factor_q32: u64, exponent: u32) -> u128 {
	let multiply = |a: u128, b: u128| a.saturating_mul(b) >> 60;
	let (mut result, mut base, mut rest) = (1 << 60, u128::from(factor_q32) << 28, exponent);
	while rest > 0 {
		if rest & 1 == 1 {
			result = multiply(result, base);
		}
		base = multiply(base, base);
		rest >>= 1;
	}
	result
}

/// `price` (at most the supply cap) after `blocks` of decay, nano.
pub fn decayed(price: Balance, blocks: u32, half_life: u32) -> Balance {
	price.saturating_mul(pow_q60(decay_factor(half_life), blocks)) >> 60
}

/// `price` after a registration, nano: times `bump_permille` (at least 1000) in thousandths.
pub fn bumped(price: Balance, bump_permille: u32) -> Balance {
	price
		.saturating_mul(bump_permille.max(1_000).into())
		.checked_div(1_000)
		.unwrap_or(price)
}

/// `price` within the subnet's bounds.
pub fn clamped(price: Balance, hyperparameters: &Hyperparameters) -> Balance {
	price
		.max(hyperparameters.registration_price_min)
		.min(hyperparameters.registration_price_max)
}
