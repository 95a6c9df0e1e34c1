//! The seeded sampler st-1 over rows of logits, for wasm with 128-bit vectors.
//!
//! The caller owns the memory: it grows it, writes parameters and logits behind [`heap`], and reads results there.
//! The reference is `ganglion.protocol.st1` in numpy; same bits in, same bits out. Knows no model and no host.

#![no_std]
#![cfg(target_arch = "wasm32")]

mod bound;
mod choose;
mod lanes;
mod noise;

use core::slice::{from_raw_parts, from_raw_parts_mut};

use choose::{largest, scratch_words, Best, Groups, Row, NONE};
use noise::Stream;

/// How to choose from one row; eight little-endian words.
#[repr(C)]
pub struct Params {
	key: [u32; 2],
	upper: [u32; 2],
	position: u32,
	/// 0: the largest logit.
	temperature: f32,
	cut: f32,
	/// A token whose score is wanted, too, or `u32::MAX`.
	token: u32,
}

impl Params {
	fn stream(&self) -> Stream {
		Stream {
			key: (self.key[0], self.key[1]),
			position: self.position,
			upper: (self.upper[0], self.upper[1]),
		}
	}
}

/// The choice, its score, and the score of the token that was asked about. A logit that is no number makes both scores
/// none and the token `u32::MAX`.
#[repr(C)]
pub struct Chosen {
	token: u32,
	best: f32,
	score: f32,
}

const STRANGE: Chosen = Chosen {
	token: NONE,
	best: f32::NAN,
	score: f32::NAN,
};

const ALIGNED: usize = 64;

extern "C" {
	static __heap_base: u8;
}

/// Where the caller's memory begins.
#[no_mangle]
pub extern "C" fn heap() -> usize {
	(&raw const __heap_base as usize).next_multiple_of(ALIGNED)
}

/// Words of scratch memory that [`choose`] needs for so many tokens.
#[no_mangle]
pub extern "C" fn scratch(vocab: usize) -> usize {
	scratch_words(vocab)
}

/// What [`choose`] is to do. It is read from memory, because hosts take longer to hand over arguments.
#[repr(C)]
pub struct Task {
	rows: usize,
	vocab: usize,
	/// `rows` of them.
	params: *const Params,
	/// `rows * vocab` of them.
	logits: *const f32,
	/// `rows` results.
	out: *mut Chosen,
	/// [`scratch`] words.
	work: *mut u32,
}

/// Chooses from rows of logits; the task lies at [`heap`].
///
/// # Safety
/// The caller has written a task there, and its pointers lead to what they should.
#[no_mangle]
pub unsafe extern "C" fn choose() {
	let Task {
		rows,
		vocab,
		params,
		logits,
		out,
		work,
	} = unsafe { core::ptr::read(heap() as *const Task) };
	let (params, out) = unsafe { (from_raw_parts(params, rows), from_raw_parts_mut(out, rows)) };
	let logits = unsafe { from_raw_parts(logits, rows * vocab) };
	let work = unsafe { from_raw_parts_mut(work, scratch_words(vocab)) };
	for ((params, logits), out) in params.iter().zip(logits.chunks_exact(vocab)).zip(out) {
		*out = one(params, logits, work).unwrap_or(STRANGE);
	}
}

fn one(params: &Params, logits: &[f32], work: &mut [u32]) -> Option<Chosen> {
	if params.temperature == 0.0 {
		let best = largest(logits)?;
		let score = logits.get(params.token as usize).copied().unwrap_or(f32::NAN);
		return Some(Chosen {
			token: best.token,
			best: best.score,
			score,
		});
	}
	let row = Row {
		logits,
		stream: params.stream(),
		temperature: params.temperature,
		cut: params.cut,
	};
	let mut start = Best::NOTHING;
	if (params.token as usize) < logits.len() {
		start = Best {
			token: params.token,
			score: row.score(params.token as usize),
		};
	}
	let score = if start.token == NONE { f32::NAN } else { start.score };
	let best = row.choose(start, &mut Groups::new(logits.len(), work))?;
	Some(Chosen {
		token: best.token,
		best: best.score,
		score,
	})
}

/// Noise of the first `vocab` tokens of one position.
///
/// # Safety
/// `out` leads to `vocab` numbers.
#[no_mangle]
pub unsafe extern "C" fn noise_row(params: *const Params, vocab: usize, out: *mut f32) {
	let (params, out) = unsafe { (&*params, from_raw_parts_mut(out, vocab)) };
	let stream = params.stream();
	for (token, out) in out.iter_mut().enumerate() {
		*out = stream.gumbel(token);
	}
}

/// Natural logarithms, in place.
///
/// # Safety
/// `values` leads to `count` positive normal numbers.
#[no_mangle]
pub unsafe extern "C" fn logarithms(values: *mut f64, count: usize) {
	for value in unsafe { from_raw_parts_mut(values, count) } {
		*value = noise::ln(*value);
	}
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
	core::arch::wasm32::unreachable()
}
