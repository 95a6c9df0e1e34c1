//! Times native epochs over random state and prints one JSON list: for each case the number of UIDs, of validators, of
//! weights, and the nanoseconds (median of the runs) of classic bonds, Yuma 3 and Yuma 3 with liquid alpha:
//! `ns_per_epoch` of the function alone, `ns_per_call` with decoding of the input and encoding of the output, which is
//! what the runtime API does.
//!
//! `bench_epoch [--write FOLDER] [--milliseconds N] [CASE ...]`. A case is `N` UIDs with full rows from a quarter of them,
//! at most 64; `NxV` with full rows from `V` of them; `NxVxD` with `D` weights in each row. With `--write`, input and output
//! are written as SCALE, `<case>-<variant>.in` and `.out`, so that another host can run the very same epoch.
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
const CASES: [&str; 4] = ["64", "256", "1024", "4096"];
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

/// How large a subnet is.
#[derive(Clone)]
struct Case {
	name: String,
	n: u16,
	validators: u16,
	/// Weights in each row.
	row: u16,
}

impl Case {
	fn parse(name: &str) -> Self {
		let mut numbers = name
			.split('x')
			.map(|text| text.parse::<u16>().expect("a case is N, NxV or NxVxD"));
		let n = numbers.next().expect("a number of UIDs");
		let validators = numbers.next().unwrap_or((n / 4).min(64)).min(n - 1);
		let miners = n - validators;
		let row = numbers.next().unwrap_or(miners).min(miners);
		Self {
			name: name.into(),
			n,
			validators,
			row,
		}
	}

	/// The first UIDs weigh others, always the same ones; all give a UID about the same weight.
	fn weights(&self, random: &mut Random) -> Rows {
		let quality: Vec<u64> = (0..self.n).map(|_| random.below(60_000)).collect();
		let cell = |uid: u16, random: &mut Random| (uid, (quality[usize::from(uid)] + random.below(5_000)) as u16);
		let miners = self.n - self.validators;
		let row = |uid: u16, random: &mut Random| {
			let first = u32::from(uid) * u32::from(self.row) % u32::from(miners);
			let mut targets: Vec<u16> = (0..self.row)
				.map(|step| self.validators + ((first + u32::from(step)) % u32::from(miners)) as u16)
				.collect();
			targets.sort_unstable();
			targets.into_iter().map(|uid| cell(uid, random)).collect()
		};
		(0..self.validators).map(|uid| (uid, row(uid, random))).collect()
	}
}

/// State whose bonds and last consensus come from an epoch with other weights of the same kind.
fn state(case: &Case, yuma3: bool, liquid_alpha: bool) -> EpochInput {
	let Case { n, validators, .. } = *case;
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
		weights: case.weights(&mut random),
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
	let last = run(input.clone());
	input.bonds = last.bonds;
	input.previous_consensus = Some(last.consensus);
	input.weights = case.weights(&mut random);
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
	cases: Vec<Case>,
	least: Duration,
	folder: Option<PathBuf>,
}

impl Options {
	fn parse(mut words: impl Iterator<Item = String>) -> Self {
		let mut options = Self {
			cases: Vec::new(),
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
				case => options.cases.push(Case::parse(case)),
			}
		}
		if options.cases.is_empty() {
			options.cases = CASES.map(Case::parse).to_vec();
		}
		options
	}
}

/// The figures of one case, as a JSON object.
fn figures(case: &Case, options: &Options) -> String {
	let Case {
		name: case_name,
		n,
		validators,
		row,
	} = case;
	let mut fields = vec![
		format!("\"case\": \"{case_name}\", \"n\": {n}, \"validators\": {validators}"),
		format!("\"weights\": {}", u32::from(*validators) * u32::from(*row)),
	];
	for (suffix, name, yuma3, liquid_alpha) in VARIANTS {
		let input = state(case, yuma3, liquid_alpha);
		let encoded = input.encode();
		if let Some(folder) = &options.folder {
			fs::write(folder.join(format!("{case_name}-{name}.in")), &encoded).expect("the folder can be written");
			fs::write(
				folder.join(format!("{case_name}-{name}.out")),
				run(input.clone()).encode(),
			)
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
	let lines: Vec<String> = options.cases.iter().map(|case| figures(case, &options)).collect();
	println!("[{}]", lines.join(",\n "));
}
