//! What a seed says about one token, one number at a time: Philox4x32-10, the logarithm, the Gumbel noise.
//!
//! The reference is `ganglion.protocol.st1`; every operation here is one of IEEE 754 in the same order, so that
//! the bits are the same.

/// Tokens that share the least of their exponentials.
pub const GROUP: usize = 32;
/// First counter of the groups' words; tokens' counters lie below.
pub const GROUP_COUNTERS: u32 = 1 << 31;

const MULTIPLIERS: (u64, u64) = (0xD251_1F53, 0xCD9E_8D57);
pub const WEYL: (u32, u32) = (0x9E37_79B9, 0xBB67_AE85);

/// Key and upper counter of one output position of one answer.
#[derive(Clone, Copy)]
pub struct Stream {
	pub key: (u32, u32),
	pub position: u32,
	pub upper: (u32, u32),
}

impl Stream {
	/// Philox4x32-10 of one counter.
	#[inline(always)]
	pub fn block(&self, counter: u32) -> [u32; 4] {
		let (mut k0, mut k1) = self.key;
		let [mut c0, mut c1, mut c2, mut c3] = [counter, self.position, self.upper.0, self.upper.1];
		for _ in 0..10 {
			let (p0, p1) = (c0 as u64 * MULTIPLIERS.0, c2 as u64 * MULTIPLIERS.1);
			[c0, c1, c2, c3] = [
				(p1 >> 32) as u32 ^ c1 ^ k0,
				p1 as u32,
				(p0 >> 32) as u32 ^ c3 ^ k1,
				p0 as u32,
			];
			(k0, k1) = (k0.wrapping_add(WEYL.0), k1.wrapping_add(WEYL.1));
		}
		[c0, c1, c2, c3]
	}

	/// The least exponential of a group of tokens, and which of its tokens has it.
	#[inline(always)]
	pub fn group(&self, group: usize) -> (f64, usize) {
		let words = self.block(GROUP_COUNTERS + (group as u32 >> 1));
		let at = 2 * (group & 1);
		(exponential(words[at]) / GROUP as f64, words[at + 1] as usize % GROUP)
	}

	/// Noise of one token.
	pub fn gumbel(&self, token: usize) -> f32 {
		let (least, place) = self.group(token / GROUP);
		gumbel(least, token % GROUP == place, self.block(token as u32 >> 2)[token & 3])
	}
}

/// Noise of a token of a group whose least exponential is given; `x` is the token's own word.
#[inline(always)]
pub fn gumbel(least: f64, is_least: bool, x: u32) -> f32 {
	let value = if is_least { least } else { least + exponential(x) };
	-ln(value) as f32
}

/// -ln((x + 1/2) / 2^32): exponentially distributed.
#[inline(always)]
pub fn exponential(x: u32) -> f64 {
	-ln((x as f64 + 0.5) * (1.0 / 4_294_967_296.0))
}

/// Natural logarithm of a positive normal number, after fdlibm's: within 1 ulp, and the same bits wherever the four
/// operations are IEEE's and are not contracted.
#[allow(clippy::excessive_precision)] // constants as fdlibm writes them
#[inline(always)]
pub fn ln(x: f64) -> f64 {
	let bits = x.to_bits().wrapping_add((0x3FF0_0000 - 0x3FE6_A09E_u64) << 32);
	let k = ((bits >> 52) as i64 - 0x3FF) as f64;
	let f = f64::from_bits((bits & 0x000F_FFFF_FFFF_FFFF) + (0x3FE6_A09E_u64 << 32)) - 1.0;
	let half = 0.5 * f * f;
	let s = f / (2.0 + f);
	let z = s * s;
	let w = z * z;
	let even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
	let odd = z
		* (6.666666666666735130e-01
			+ w * (2.857142874366239149e-01 + w * (1.818357216161805012e-01 + w * 1.479819860511658591e-01)));
	s * (half + (odd + even)) + k * 1.90821492927058770002e-10 - half + f + k * 6.93147180369123816490e-01
}
