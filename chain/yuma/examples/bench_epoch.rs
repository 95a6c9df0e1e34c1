//! Times native epochs over random state and prints one JSON list: for each size n the number of validators, the
//! weights, and the nanoseconds per epoch (median of the runs) of classic bonds, Yuma 3 and Yuma 3 with liquid alpha.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing)] // a measuring program may panic

use ganglion_yuma::{epoch, run, EpochInput, Rows};
use std::{
	hint::black_box,
	time::{Duration, Instant},
};

const BLOCK: u64 = 10_000;
/// Each variant runs for at least this long.
const AT_LEAST: Duration = Duration::from_millis(400);

/// A linear congruential generator: the same state in each run.
struct Random(u64);

impl Random {
	fn below(&mut self, bound: u64) -> u64 {
		self.0 = self
			.0
			.wrapping_mul(6_364_136_223_846_793_005)
			.wrapping_add(1_442_695_040_888_963_407);
		(self.0 >> 33) % bound
	}
}

/// The first `validators` UIDs weigh all others; each gives a UID about the same weight.
fn weights(n: u16, validators: u16, random: &mut Random) -> Rows {
	let quality: Vec<u64> = (0..n).map(|_| random.below(60_000)).collect();
	let cell = |uid: u16, random: &mut Random| (uid, (quality[usize::from(uid)] + random.below(5_000)) as u16);
	let row = |random: &mut Random| (validators..n).map(|uid| cell(uid, random)).collect();
	(0..validators).map(|uid| (uid, row(random))).collect()
}

/// State with full rows of weights; bonds come from a first epoch.
fn state(n: u16, validators: u16, yuma3: bool, liquid_alpha: bool) -> EpochInput {
	let mut random = Random(u64::from(n));
	let size = usize::from(n);
	let mut input = EpochInput {
		emission: 1_000_000_000,
		n,
		block: BLOCK,
		stake: (0..n)
			.map(|uid| {
				if uid < validators {
					1_000_000_000_000 + random.below(1 << 30)
				} else {
					0
				}
			})
			.collect(),
		last_update: vec![BLOCK - 10; size],
		registered_at: vec![1; size],
		activity_cutoff: 5_000,
		permits: (0..n).map(|uid| uid < validators).collect(),
		max_validators: validators,
		kappa: 32_767,
		bonds_penalty: u16::MAX,
		tempo: 360,
		bonds_moving_average: 900_000,
		weights: weights(n, validators, &mut random),
		bonds: Vec::new(),
		owner: Some(0),
		threshold: 0,
		yuma3,
		liquid_alpha,
		commit_blocks: None,
		last_step_block: None,
		alpha_low: 45_875,
		alpha_high: 58_982,
		steepness: 1_000,
	};
	input.bonds = run(input.clone()).bonds;
	input
}

/// Median time of one epoch, in nanoseconds.
fn measure(input: &EpochInput) -> u128 {
	let mut times = Vec::new();
	let start = Instant::now();
	while start.elapsed() < AT_LEAST || times.len() < 5 {
		let begun = Instant::now();
		black_box(epoch(&black_box(input).view()));
		times.push(begun.elapsed().as_nanos());
	}
	times.sort_unstable();
	times[times.len() / 2]
}

fn main() {
	let lines: Vec<String> = [64u16, 256, 1024, 4096]
		.into_iter()
		.map(|n| {
			let validators = (n / 4).min(64);
			let [classic, yuma3, liquid] = [(false, false), (true, false), (true, true)]
				.map(|(yuma3, liquid)| measure(&state(n, validators, yuma3, liquid)));
			let cells = u32::from(validators) * u32::from(n - validators);
			format!(
				"{{\"n\": {n}, \"validators\": {validators}, \"weights\": {cells}, \"ns_per_epoch\": {classic}, \
				 \"ns_per_epoch_yuma3\": {yuma3}, \"ns_per_epoch_liquid\": {liquid}}}"
			)
		})
		.collect();
	println!("[{}]", lines.join(",\n "));
}
