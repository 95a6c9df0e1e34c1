//! Chance: SplitMix64, enough to choose calls, and the same everywhere.

use ganglion_primitives::{Balance, GNG};

/// A source of chance with a known start.
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
	/// 64 bits.
	pub fn roll(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
		z ^ (z >> 31)
	}

	/// Below `end`, which is not zero.
	pub fn below(&mut self, end: u64) -> u64 {
		self.roll() % end
	}

	/// True once in `n` times.
	pub fn one_in(&mut self, n: u64) -> bool {
		self.below(n) == 0
	}

	/// One of several; `None` of none.
	pub fn pick<'a, Element>(&mut self, from: &'a [Element]) -> Option<&'a Element> {
		if from.is_empty() {
			return None;
		}
		from.get(self.below(from.len() as u64) as usize)
	}

	/// Amounts of all sizes, nano: dust, ordinary ones mostly, large ones, impossible ones.
	pub fn amount(&mut self) -> Balance {
		match self.below(20) {
			0 => self.below(3_000).into(),
			1 => Balance::MAX,
			2 => Balance::from(self.below(1_000_000)) * GNG,
			3..=6 => Balance::from(self.below(2_000)) * GNG,
			_ => Balance::from(self.below(20_000)) * GNG / 1_000,
		}
	}
}
