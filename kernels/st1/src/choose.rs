//! The largest score of a row of logits, without drawing most of its noise.
//!
//! Bounds first: a group of 32 tokens needs one word for the largest noise that any of its tokens can have. Groups
//! whose bound reaches the best score so far are looked at, and of those only the tokens whose own bounds reach it.
//! Rounding is monotone, so a bound on the noise bounds the rounded score; equal scores are looked at and the lowest
//! token wins. The result is that of the whole row.

use core::arch::wasm32::*;

use crate::bound;
use crate::lanes::blocks;
use crate::noise::{exponential, gumbel, Stream, GROUP, GROUP_COUNTERS};

/// No token.
pub const NONE: u32 = u32::MAX;
const QUADS: usize = GROUP / 4;
const MANY_QUADS: u32 = 3; // as costly one by one as all at once
const LN_ERROR: f32 = 1e-5; // more than the logarithm's errors: `ln` need not be monotone in its last bit

/// A row of logits and how to choose from it.
pub struct Row<'a> {
	pub logits: &'a [f32],
	pub stream: Stream,
	/// Above 0.
	pub temperature: f32,
	/// Tokens with lower logits can not be chosen.
	pub cut: f32,
}

/// The best token so far.
#[derive(Clone, Copy)]
pub struct Best {
	pub token: u32,
	pub score: f32,
}

impl Best {
	pub const NOTHING: Self = Self {
		token: NONE,
		score: f32::NEG_INFINITY,
	};

	#[inline(always)]
	fn offer(&mut self, token: usize, score: f32) {
		if score > self.score || (score == self.score && (token as u32) < self.token) {
			*self = Self {
				token: token as u32,
				score,
			};
		}
	}
}

/// What is known of each group before it is looked at, 4 and more to a vector: columns of a scratch array.
pub struct Groups<'a> {
	bounds: &'a mut [f32],
	words: &'a mut [u32],
	places: &'a mut [u32],
}

/// Words of scratch that a row of so many tokens needs.
pub const fn scratch_words(vocab: usize) -> usize {
	3 * padded(vocab)
}

/// Groups, rounded up to what is calculated at once.
const fn padded(vocab: usize) -> usize {
	vocab.div_ceil(8 * GROUP) * 8
}

impl<'a> Groups<'a> {
	/// `scratch` has at least [`scratch_words`] words.
	pub fn new(vocab: usize, scratch: &'a mut [u32]) -> Self {
		let (first, rest) = scratch.split_at_mut(padded(vocab));
		let (words, rest) = rest.split_at_mut(padded(vocab));
		// Any bits are a float32.
		let bounds = unsafe { core::slice::from_raw_parts_mut(first.as_mut_ptr().cast(), first.len()) };
		Self {
			bounds,
			words,
			places: &mut rest[..padded(vocab)],
		}
	}
}

#[inline(always)]
fn load(values: &[f32; 4]) -> v128 {
	unsafe { v128_load(values.as_ptr().cast()) }
}

#[inline(always)]
unsafe fn store<T>(to: &mut [T], at: usize, value: v128) {
	debug_assert!(at + 4 <= to.len());
	unsafe { v128_store(to.as_mut_ptr().add(at).cast(), value) }
}

/// A group's logits; those beyond the vocabulary are below all others.
#[inline(always)]
fn logits_of(logits: &[f32], group: usize) -> [v128; QUADS] {
	let from = group * GROUP;
	let mut rows = [[f32::NEG_INFINITY; 4]; QUADS];
	match logits.get(from..from + GROUP) {
		Some(whole) => core::array::from_fn(|i| unsafe { v128_load(whole.as_ptr().add(4 * i).cast()) }),
		None => {
			for (at, value) in logits.iter().skip(from).enumerate() {
				rows[at / 4][at % 4] = *value;
			}
			rows.each_ref().map(load)
		}
	}
}

#[inline(always)]
fn larger(a: v128, b: v128) -> v128 {
	f32x4_pmax(a, b)
}

/// Largest logits of four groups, and whether one is no number.
#[inline(always)]
fn maxima(logits: &[f32], first: usize, strange: &mut v128) -> v128 {
	let rows: [v128; 4] = core::array::from_fn(|i| {
		let values = logits_of(logits, first + i);
		for value in values {
			*strange = v128_or(*strange, f32x4_ne(value, value));
		}
		let [a, b, c, d, e, f, g, h] = values;
		larger(larger(larger(a, b), larger(c, d)), larger(larger(e, f), larger(g, h)))
	});
	let [a, b, c, d] = rows;
	let (x, y) = (larger_halves(a, b), larger_halves(c, d));
	larger(u32x4_shuffle::<0, 2, 4, 6>(x, y), u32x4_shuffle::<1, 3, 5, 7>(x, y))
}

/// Lanes 0, 1: larger of a's lanes; 2, 3: of b's.
#[inline(always)]
fn larger_halves(a: v128, b: v128) -> v128 {
	larger(u32x4_shuffle::<0, 1, 4, 5>(a, b), u32x4_shuffle::<2, 3, 6, 7>(a, b))
}

impl Row<'_> {
	/// Score of one token.
	pub fn score(&self, token: usize) -> f32 {
		self.logits[token] + self.temperature * self.stream.gumbel(token)
	}

	/// The best of `best` and of all tokens at or above the cut; None when a logit is no number.
	pub fn choose(&self, mut best: Best, groups: &mut Groups) -> Option<Best> {
		if !self.bound(groups) {
			return None;
		}
		let top = self.top(groups);
		self.look(top, groups, &mut best);
		for group in 0..self.logits.len().div_ceil(GROUP) {
			if groups.bounds[group] >= best.score && group != top {
				self.look(group, groups, &mut best);
			}
		}
		Some(best)
	}

	/// Fills in the columns; false when a logit is no number.
	fn bound(&self, groups: &mut Groups) -> bool {
		let temperature = f32x4_splat(self.temperature);
		let mut strange = u32x4_splat(0);
		for first in (0..padded(self.logits.len())).step_by(8) {
			let words = blocks(&self.stream, GROUP_COUNTERS + (first as u32 >> 1));
			for half in 0..2 {
				let (a, b) = (words[2 * half], words[2 * half + 1]);
				let word = u32x4_shuffle::<0, 2, 4, 6>(a, b);
				let at = first + 4 * half;
				let noise = f32x4_mul(temperature, bound::group(word));
				let bounds = f32x4_add(maxima(self.logits, at, &mut strange), noise);
				unsafe {
					store(groups.bounds, at, bounds);
					store(groups.words, at, word);
					store(groups.places, at, u32x4_shuffle::<1, 3, 5, 7>(a, b));
				}
			}
		}
		!v128_any_true(strange)
	}

	/// The group with the largest bound.
	fn top(&self, groups: &Groups) -> usize {
		let mut top = 0;
		for group in 1..self.logits.len().div_ceil(GROUP) {
			if groups.bounds[group] > groups.bounds[top] {
				top = group;
			}
		}
		top
	}

	/// Calculates what of a group can still be the best.
	#[inline(always)]
	fn look(&self, group: usize, groups: &Groups, best: &mut Best) {
		let least = exponential(groups.words[group]) / GROUP as f64;
		let place = groups.places[group] as usize % GROUP;
		let largest = gumbel(least, true, 0);
		if let Some(logit) = self.logits.get(group * GROUP + place) {
			if *logit >= self.cut {
				best.offer(group * GROUP + place, logit + self.temperature * largest);
			}
		}
		let logits = logits_of(self.logits, group);
		let reach = f32x4_splat(self.temperature * (largest + LN_ERROR));
		let mut wanted = 0_u32;
		for (quad, values) in logits.iter().enumerate() {
			let near = f32x4_ge(f32x4_add(*values, reach), f32x4_splat(best.score));
			let mask = u32::from(u32x4_bitmask(v128_and(near, f32x4_ge(*values, f32x4_splat(self.cut)))));
			wanted |= mask << (4 * quad);
		}
		let rest = self.logits.len() - group * GROUP;
		if rest < GROUP {
			wanted &= (1 << rest) - 1;
		}
		wanted &= !(1 << place);
		if wanted != 0 {
			self.draw(group, least, &logits, wanted, best);
		}
	}

	/// Draws the words of the tokens in the mask `wanted`.
	#[inline(always)]
	fn draw(&self, group: usize, least: f64, logits: &[v128; QUADS], wanted: u32, best: &mut Best) {
		let counter = (group * QUADS) as u32;
		let mut quads = wanted | wanted >> 1;
		quads = (quads | quads >> 2) & 0x1111_1111;
		if quads.count_ones() >= MANY_QUADS {
			let (low, high) = (blocks(&self.stream, counter), blocks(&self.stream, counter + 4));
			for quad in 0..QUADS {
				let words = if quad < 4 { low[quad] } else { high[quad - 4] };
				self.weigh(group, quad, words, logits[quad], least, wanted, best);
			}
			return;
		}
		while quads != 0 {
			let quad = quads.trailing_zeros() as usize / 4;
			let [a, b, c, d] = self.stream.block(counter + quad as u32);
			self.weigh(group, quad, u32x4(a, b, c, d), logits[quad], least, wanted, best);
			quads &= quads - 1;
		}
	}

	/// Exact scores of the wanted tokens of a quad whose own bounds reach the best.
	#[allow(clippy::too_many_arguments)]
	#[inline(always)]
	fn weigh(&self, group: usize, quad: usize, words: v128, logits: v128, least: f64, wanted: u32, best: &mut Best) {
		let noise = bound::noise(words, f32x4_splat(bound::below(least)));
		let bounds = f32x4_add(logits, f32x4_mul(f32x4_splat(self.temperature), noise));
		let mut near = u32::from(u32x4_bitmask(f32x4_ge(bounds, f32x4_splat(best.score)))) & wanted >> (4 * quad);
		while near != 0 {
			let lane = near.trailing_zeros() as usize;
			let token = group * GROUP + 4 * quad + lane;
			let mut word = [0_u32; 4];
			unsafe { v128_store(word.as_mut_ptr().cast(), words) };
			best.offer(
				token,
				self.logits[token] + self.temperature * gumbel(least, false, word[lane]),
			);
			near &= near - 1;
		}
	}
}

/// The largest logit and its first token; None when one is no number.
pub fn largest(logits: &[f32]) -> Option<Best> {
	let mut strange = u32x4_splat(0);
	let mut top = f32x4_splat(f32::NEG_INFINITY);
	for first in (0..logits.len().div_ceil(GROUP)).step_by(4) {
		top = larger(top, maxima(logits, first, &mut strange));
	}
	if v128_any_true(strange) {
		return None;
	}
	let lanes = [
		f32x4_extract_lane::<0>(top),
		f32x4_extract_lane::<1>(top),
		f32x4_extract_lane::<2>(top),
	];
	let score = lanes.into_iter().fold(f32x4_extract_lane::<3>(top), f32::max);
	let token = logits.iter().position(|l| *l == score)?;
	Some(Best {
		token: token as u32,
		score,
	})
}
