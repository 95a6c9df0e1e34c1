//! Liquid alpha: a moving average whose rate depends on how far a validator is from the consensus.
//!
//! Deliberately knows nothing of stake or of how bonds are stored.

use crate::{
	fixed::I32F32,
	sigmoid::{logistic, logistic_by_tables},
};

/// The curve from a distance to a rate.
pub struct LiquidAlpha {
	low: I32F32,
	high: I32F32,
	/// Factor of the sigmoid's exponent: minus the steepness.
	slope: I32F32,
	/// The logistic function.
	logistic: fn(I32F32) -> I32F32,
	/// The last distance and its rate: many bonds of a column have the same.
	last: (I32F32, I32F32),
}

impl LiquidAlpha {
	/// The curve between two rates in units of 1/65535, its steepness given in hundredths; `legacy` takes the logistic
	/// function by its series.
	pub fn new(low: u16, high: u16, steepness: i16, legacy: bool) -> Self {
		let slope = I32F32::from_int(steepness.into()).safe_div(I32F32::from_int(-100));
		let (low, high) = (I32F32::from_proportion(low), I32F32::from_proportion(high));
		let mut curve = Self {
			low,
			high,
			slope,
			logistic: if legacy { logistic } else { logistic_by_tables },
			last: Default::default(),
		};
		curve.last.1 = curve.rate(I32F32::ZERO);
		curve
	}

	/// The rate of one bond: its distance is how far the weight exceeds the consensus for a validator that buys,
	/// how far the bond exceeds the weight for one that sells.
	pub fn alpha(&mut self, consensus: I32F32, weight: I32F32, bond: I32F32) -> I32F32 {
		let beyond = if weight >= bond {
			weight.saturating_sub(consensus)
		} else {
			bond.saturating_sub(weight)
		};
		let distance = beyond.min(I32F32::ONE).max(I32F32::ZERO);
		if distance != self.last.0 {
			self.last = (distance, self.rate(distance));
		}
		self.last.1
	}

	/// The rate at a distance within 0 and 1.
	fn rate(&self, distance: I32F32) -> I32F32 {
		let grade = (self.logistic)(self.slope.saturating_mul(distance.saturating_sub(I32F32::HALF)));
		let alpha = self
			.low
			.saturating_add(grade.saturating_mul(self.high.saturating_sub(self.low)));
		alpha.min(self.high).max(self.low)
	}
}

/// `(1 - rate) * bond + rate * weight`, each product floored and the sum at most 1.
pub fn moving_average(rate: I32F32, weight: I32F32, bond: I32F32) -> I32F32 {
	let kept = I32F32::ONE.saturating_sub(rate).saturating_mul(bond);
	let bought = rate.saturating_mul(weight).max(I32F32::ZERO);
	kept.saturating_add(bought).min(I32F32::ONE)
}
