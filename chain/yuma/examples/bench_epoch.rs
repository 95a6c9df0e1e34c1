//! Times native epochs over random state and prints one JSON list: for each size n the number of validators, the
//! weights, and the nanoseconds (median of the runs) of classic bonds, Yuma 3 and Yuma 3 with liquid alpha:
//! `ns_per_epoch` of the function alone, `ns_per_call` with decoding of the input and encoding of the output, which is
//! what the runtime API does.
//!
//! `bench_epoch [--write FOLDER] [--milliseconds N] [SIZE ...]`. With `--write`, input and output of each case are
//! written as SCALE, `<n>-<variant>.in` and `.out`, so that another host can run the very same epoch.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::expect_used)] // may panic

use codec::{Decode, Encode};
use ganglion_yuma::{epoch, run, EpochInput, Rows};
use std::{
	env, fs,
	hint::black_box,
	path::PathBuf,
	time::{Duration, Instant},
};

const BLOCK: u64 = 10_000;
const SIZES: [u16; 4] = [64, 256, 1024, 4096];
/// Suffix of a figure's name, name of the files, Yuma 3, liquid alpha.
const VARIANTS: [(&str, &str, bool, bool); 3] = [
	("", "classic", false, false),
	("_yuma3", "yuma3", true, false),
	("_liquid", "liquid", true, true),
];

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
		liquid_alpha_legacy: false,
		previous_consensus: None,
	};
	input.bonds = run(input.clone()).bonds;
	input
}

/// Median time of `work`, in nanoseconds; it runs for at least `least`.
fn measure<Output>(least: Duration, work: impl Fn() -> Output) -> u128 {
	let mut times = Vec::new();
	let start = Instant::now();
	while start.elapsed() < least || times.len() < 5 {
		let begun = Instant::now();
		black_box(work());
		times.push(begun.elapsed().as_nanos());
	}
	times.sort_unstable();
	times[times.len() / 2]
}

/// What to do, from the command line.
struct Options {
	sizes: Vec<u16>,
	least: Duration,
	folder: Option<PathBuf>,
}

impl Options {
	fn parse(mut words: impl Iterator<Item = String>) -> Self {
		let mut options = Self {
			sizes: Vec::new(),
			least: Duration::from_millis(400),
			folder: None,
		};
		while let Some(word) = words.next() {
			match word.as_str() {
				"--write" => options.folder = Some(words.next().expect("--write FOLDER").into()),
				"--milliseconds" => {
					let value = words.next().and_then(|text| text.parse().ok());
					options.least = Duration::from_millis(value.expect("--milliseconds N"));
				}
				size => options.sizes.push(size.parse().expect("a size is a number of UIDs")),
			}
		}
		if options.sizes.is_empty() {
			options.sizes = SIZES.to_vec();
		}
		options
	}
}

/// The figures of one size, as a JSON object.
fn figures(n: u16, options: &Options) -> String {
	let validators = (n / 4).min(64);
	let mut fields = vec![
		format!("\"n\": {n}, \"validators\": {validators}"),
		format!("\"weights\": {}", u32::from(validators) * u32::from(n - validators)),
	];
	for (suffix, name, yuma3, liquid_alpha) in VARIANTS {
		let input = state(n, validators, yuma3, liquid_alpha);
		let encoded = input.encode();
		if let Some(folder) = &options.folder {
			fs::write(folder.join(format!("{n}-{name}.in")), &encoded).expect("the folder can be written");
			fs::write(folder.join(format!("{n}-{name}.out")), run(input.clone()).encode())
				.expect("the folder can be written");
		}
		let alone = measure(options.least, || epoch(&black_box(&input).view()));
		let call = measure(options.least, || {
			let input = EpochInput::decode(&mut black_box(encoded.as_slice())).expect("it was encoded here");
			run(input).encode()
		});
		fields.push(format!(
			"\"ns_per_epoch{suffix}\": {alone}, \"ns_per_call{suffix}\": {call}"
		));
	}
	format!("{{{}}}", fields.join(", "))
}

fn main() {
	let options = Options::parse(env::args().skip(1));
	let lines: Vec<String> = options.sizes.iter().map(|n| figures(*n, &options)).collect();
	println!("[{}]", lines.join(",\n "));
}
