//! The two fixed-point types of the epoch, with the rounding that consensus depends on.
//!
//! Products floor, quotients truncate toward zero, conversions to integers floor, and everything saturates.
//! Deliberately knows nothing of stake, weights or bonds.

/// Number of fractional bits of [`I32F32`].
const FRACTION: u32 = 32;

/// Signed fixed point with 31 integer and 32 fractional bits: proportions, weights, bonds, dividends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct I32F32(i64);

impl I32F32 {
	/// 0.
	pub const ZERO: Self = Self(0);
	/// 1/2.
	pub const HALF: Self = Self(1 << 31);
	/// 1.
	pub const ONE: Self = Self(1 << FRACTION);
	/// The largest value, just below 2^31.
	pub const MAX: Self = Self(i64::MAX);
	/// The smallest value, -2^31.
	pub const MIN: Self = Self(i64::MIN);

	/// The value whose two's-complement representation is `bits` (units of 2^-32).
	pub const fn from_bits(bits: i64) -> Self {
		Self(bits)
	}

	/// The representation in units of 2^-32.
	pub const fn to_bits(self) -> i64 {
		self.0
	}

	/// An integer, exactly.
	pub const fn from_int(value: i32) -> Self {
		// An i32 shifted by 32 always fits in an i64.
		Self((value as i64) << FRACTION)
	}

	/// The proportion `value / 65535`, truncated; 65535 gives exactly 1.
	pub const fn from_proportion(value: u16) -> Self {
		// 2^32 = 65537 * 65535 + 1, so the quotient needs no division.
		let carry = if value == u16::MAX { 1 } else { 0 };
		Self((value as i64).wrapping_mul(65_537).wrapping_add(carry))
	}

	/// The proportion in units of 1/65535: `floor(self * 65535)`, saturated to `0..=65535`.
	pub fn to_proportion(self) -> u16 {
		if (self.0 as u64) >> FRACTION <= 1 {
			// Nearly all: one 64-bit multiplication, which cannot wrap.
			let product = (self.0 as u64).wrapping_mul(u16::MAX as u64) >> FRACTION;
			return product.min(u16::MAX as u64) as u16;
		}
		self.saturating_mul(Self::from_int(u16::MAX.into())).to_u16()
	}

	/// The integer part, saturated to `0..=65535`.
	pub fn to_u16(self) -> u16 {
		(self.0 >> FRACTION).clamp(0, u16::MAX.into()) as u16
	}

	/// The nearest integer, saturated to `0..=65535`; a tie goes up.
	pub fn round_to_u16(self) -> u16 {
		self.saturating_add(Self::HALF).to_u16()
	}

	/// `floor(self * amount)` of a whole amount, saturated to u64; a negative share is nothing.
	pub fn share_of(self, amount: u64) -> u64 {
		let share = self.0.max(0) as u128;
		// Cannot wrap: the factors are below 2^63 and 2^64.
		u64::try_from(share.wrapping_mul(amount.into()) >> FRACTION).unwrap_or(u64::MAX)
	}

	/// `self + other`, saturated.
	pub const fn saturating_add(self, other: Self) -> Self {
		Self(self.0.saturating_add(other.0))
	}

	/// `self - other`, saturated.
	pub const fn saturating_sub(self, other: Self) -> Self {
		Self(self.0.saturating_sub(other.0))
	}

	/// `self + other`, unless it overflows.
	pub fn checked_add(self, other: Self) -> Option<Self> {
		self.0.checked_add(other.0).map(Self)
	}

	/// `floor(self * other)`, unless it overflows.
	pub fn checked_mul(self, other: Self) -> Option<Self> {
		i64::try_from(self.wide_mul(other)).ok().map(Self)
	}

	/// `floor(self * other)`, saturated.
	pub fn saturating_mul(self, other: Self) -> Self {
		if self.is_fraction() && other.is_fraction() {
			// Nearly all products of an epoch: one 64-bit multiplication, which cannot wrap.
			return Self(((self.0 as u64).wrapping_mul(other.0 as u64) >> FRACTION) as i64);
		}
		Self(saturate(self.wide_mul(other)))
	}

	/// `self / other`, truncated; 0 when `other` is 0 or the quotient overflows.
	pub fn safe_div(self, other: Self) -> Self {
		self.checked_div(other).unwrap_or(Self::ZERO)
	}

	/// `self / other`, truncated, unless `other` is 0 or the quotient overflows.
	pub fn checked_div(self, other: Self) -> Option<Self> {
		let whole = other.0 >> FRACTION;
		if whole << FRACTION == other.0 {
			// A whole divisor cancels the shift of the numerator.
			return self.0.checked_div(whole).map(Self);
		}
		if self.is_fraction() && other.0 > 0 {
			let quotient = ((self.0 as u64) << FRACTION).checked_div(other.0 as u64)?;
			return i64::try_from(quotient).ok().map(Self);
		}
		if self.0 == other.0 {
			return Some(Self::ONE);
		}
		let quotient = (i128::from(self.0) << FRACTION).checked_div(other.0.into())?;
		i64::try_from(quotient).ok().map(Self)
	}

	/// Whether the value lies in `[0, 1)`.
	const fn is_fraction(self) -> bool {
		(self.0 as u64) >> FRACTION == 0
	}

	/// The floored product in units of 2^-32; it cannot wrap, its factors being below 2^63 in size.
	const fn wide_mul(self, other: Self) -> i128 {
		(self.0 as i128).wrapping_mul(other.0 as i128) >> FRACTION
	}
}

/// A divisor of many values, none above it: two multiplications instead of a division each.
#[derive(Clone, Copy, Debug, Default)]
pub struct Divisor {
	divisor: I32F32,
	/// The divisor without trailing zeros that it shares with all values, see [`whole`](Self::whole); 0 for none.
	short: u64,
	/// `floor((2^64 - 1) / short)`.
	reciprocal: u64,
}

impl Divisor {
	/// A divisor of any values.
	pub fn new(divisor: I32F32) -> Self {
		Self::with_short(divisor, u64::try_from(divisor.0).unwrap_or(0))
	}

	/// A whole divisor of whole values.
	pub fn whole(divisor: I32F32) -> Self {
		Self::with_short(divisor, u64::try_from(divisor.0 >> FRACTION).unwrap_or(0))
	}

	fn with_short(divisor: I32F32, short: u64) -> Self {
		Self {
			divisor,
			short,
			reciprocal: u64::MAX.checked_div(short).unwrap_or(0),
		}
	}

	/// `value / divisor` as [`I32F32::safe_div`] has it.
	pub fn divide(&self, value: I32F32) -> I32F32 {
		if value.is_fraction() && value < self.divisor {
			return self.quotient(value.0 as u64);
		}
		value.safe_div(self.divisor)
	}

	/// `value / divisor` of a whole number, for [`whole`](Self::whole) divisors.
	pub fn divide_whole(&self, value: u16) -> I32F32 {
		if u64::from(value) < self.short {
			return self.quotient(value.into());
		}
		I32F32::from_int(value.into()).safe_div(self.divisor)
	}

	/// `floor(value * 2^32 / short)` for `value < short` and `value < 2^32`.
	fn quotient(&self, value: u64) -> I32F32 {
		// Nothing wraps: value * reciprocal < 2^64. The estimate is at most 1 below the quotient: reciprocal falls short of
		// 2^64 / short by less than 1 + 1 / short, which times value is less than 2^32.
		let estimate = value.wrapping_mul(self.reciprocal) >> FRACTION;
		let rest = (value << FRACTION).wrapping_sub(estimate.wrapping_mul(self.short));
		I32F32(estimate.wrapping_add(u64::from(rest >= self.short)) as i64)
	}
}

/// Signed fixed point with 63 integer and 64 fractional bits: ratios before they are narrowed to [`I32F32`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct I64F64(i128);

impl I64F64 {
	/// `numerator / denominator`, truncated and saturated; 0 when the denominator is 0.
	pub fn ratio(numerator: u64, denominator: u128) -> Self {
		let quotient = (u128::from(numerator) << 64).checked_div(denominator).unwrap_or(0);
		Self(i128::try_from(quotient).unwrap_or(i128::MAX))
	}

	/// Drops the low 32 fractional bits (floor) and saturates.
	pub fn narrow(self) -> I32F32 {
		I32F32(saturate(self.0 >> 32))
	}
}

/// The nearest i64.
fn saturate(value: i128) -> i64 {
	value.clamp(i64::MIN.into(), i64::MAX.into()) as i64
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects)] // 128 bits hold any of these products
mod tests {
	use super::*;
	use proptest::prelude::*;

	/// The definition: shift, multiply or divide in 128 bits, without any of the short cuts.
	fn plain_div(a: i64, b: i64) -> i64 {
		let quotient = (i128::from(a) << 32).checked_div(b.into()).unwrap_or(0);
		i64::try_from(quotient).unwrap_or(0)
	}

	/// Values around the edges that the short cuts depend on, and any others.
	fn bits() -> impl Strategy<Value = i64> {
		let edges = [
			0,
			1,
			-1,
			1 << 32,
			(1 << 32) - 1,
			(1 << 32) + 1,
			-(1 << 32),
			i64::MAX,
			i64::MIN,
			65535 << 32,
		];
		prop_oneof![
			proptest::sample::select(edges.to_vec()),
			0i64..1 << 33,
			any::<i64>(),
			any::<i32>().prop_map(|v| i64::from(v) << 32)
		]
	}

	proptest! {
		#[test]
		fn products_floor(a in bits(), b in bits()) {
			let plain = (i128::from(a) * i128::from(b)).div_euclid(1 << 32);
			prop_assert_eq!(I32F32(a).saturating_mul(I32F32(b)).0, saturate(plain));
			prop_assert_eq!(I32F32(a).checked_mul(I32F32(b)).map(|v| v.0), i64::try_from(plain).ok());
		}

		#[test]
		fn quotients_truncate(a in bits(), b in bits()) {
			prop_assert_eq!(I32F32(a).safe_div(I32F32(b)).0, plain_div(a, b));
		}
	}

	proptest! {
		#[test]
		fn divisors_divide_as_values_do(a in bits(), b in bits(), small in any::<u16>(), rows in 0u32..) {
			prop_assert_eq!(Divisor::new(I32F32(b)).divide(I32F32(a)).0, plain_div(a, b));
			let whole = I32F32((i64::from(rows) << 32).max(0));
			prop_assert_eq!(Divisor::whole(whole).divide_whole(small).0, plain_div(i64::from(small) << 32, whole.0));
		}

		#[test]
		fn divisors_divide_fractions_exactly(a in 0i64..=1 << 32, more in 0i64..1 << 34) {
			prop_assert_eq!(Divisor::new(I32F32(a + more)).divide(I32F32(a)).0, plain_div(a, a + more));
			prop_assert_eq!(Divisor::new(I32F32(a + more % 3)).divide(I32F32(a)).0, plain_div(a, a + more % 3));
		}
	}

	#[test]
	fn proportions_are_quotients() {
		for value in 0..=u16::MAX {
			assert_eq!(I32F32::from_proportion(value).0, (i64::from(value) << 32) / 65_535);
		}
		for bits in (0..1i64 << 34).step_by(99_991) {
			let plain = ((i128::from(bits) * 65_535) >> 32).min(65_535) as u16;
			assert_eq!(I32F32(bits).to_proportion(), plain);
		}
	}

	#[test]
	fn proportions_round_trip_at_the_ends() {
		assert_eq!(I32F32::from_proportion(u16::MAX), I32F32::ONE);
		assert_eq!(I32F32::from_proportion(32767).to_bits(), 2_147_450_879);
		assert_eq!(I32F32::ONE.to_proportion(), u16::MAX);
		assert_eq!(I32F32::MAX.to_proportion(), u16::MAX);
		assert_eq!(I32F32::MIN.to_proportion(), 0);
	}

	#[test]
	fn shares_floor_and_never_exceed() {
		assert_eq!(I32F32::from_bits(429_496_729).share_of(1_000_000_000), 99_999_999);
		assert_eq!(I32F32::ONE.share_of(u64::MAX), u64::MAX);
		assert_eq!(I32F32::MAX.share_of(u64::MAX), u64::MAX);
		assert_eq!(I32F32::MIN.share_of(5), 0);
	}

	#[test]
	fn ratios_saturate() {
		assert_eq!(I64F64::ratio(u64::MAX, 1).narrow(), I32F32::MAX);
		assert_eq!(I64F64::ratio(7, 0).narrow(), I32F32::ZERO);
		assert_eq!(I64F64::ratio(1, 10).narrow().to_bits(), 429_496_729);
	}
}
