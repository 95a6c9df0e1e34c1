//! Runs the benchmarks of a runtime, compiled to wasm with `runtime-benchmarks`, in the executor of the full node, and
//! prints one JSON line for each measured point: components, nanoseconds, distinct keys read and written.
//!
//! `ganglion-weigh RUNTIME.wasm [--steps N] [--repeat N] [--pallet NAME]... [--set pallet::benchmark::component=low..high]...`
//!
//! Times are processor time of the thread. State lies in memory, so that they are of computation; what a database adds is charged by the runtime's `DbWeight`
//! for each access. `tools/measure_weights.py` builds the wasm, runs this and writes the pallets' `weights.rs`.
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::expect_used)] // may panic

mod clock;
mod counting;

use codec::{Decode, Encode};
use counting::Counting;
use frame_benchmarking::{BenchmarkBatch, BenchmarkConfig, BenchmarkList, BenchmarkMetadata, BenchmarkParameter};
use frame_support::traits::StorageInfo;
use sc_executor::{sp_wasm_interface::ExtendedHostFunctions, WasmExecutor};
use sp_core::{
	storage::Storage,
	traits::{CallContext, CodeExecutor, RuntimeCode, WrappedRuntimeCode},
};
use sp_externalities::Externalities;
use sp_state_machine::BasicExternalities;
use std::{collections::HashMap, env, fs};

type HostFunctions = ExtendedHostFunctions<
	(
		sp_io::SubstrateHostFunctions,
		frame_benchmarking::benchmarking::HostFunctions,
	),
	clock::benchmarking::HostFunctions,
>;
type Components = Vec<(BenchmarkParameter, u32)>;

/// The runtime in the executor.
struct Runtime {
	code: Vec<u8>,
	executor: WasmExecutor<HostFunctions>,
}

impl Runtime {
	fn call(&self, state: &mut dyn Externalities, method: &str, data: &[u8]) -> Result<Vec<u8>, String> {
		let code = RuntimeCode {
			code_fetcher: &WrappedRuntimeCode(self.code.as_slice().into()),
			heap_pages: None,
			hash: vec![0], // there is only this one
		};
		let (answer, _) = self
			.executor
			.call(state, &code, method, data, CallContext::Onchain { import: true });
		answer.map_err(|error| format!("{method}: {error}"))
	}

	/// A genesis configuration: the default one, or what a preset changes in it.
	fn preset(&self, name: Option<&str>) -> serde_json::Value {
		let answer = self
			.call(
				&mut BasicExternalities::new_empty(),
				"GenesisBuilder_get_preset",
				&name.encode(),
			)
			.expect("the runtime has presets");
		let json = Option::<Vec<u8>>::decode(&mut &answer[..])
			.expect("an Option")
			.expect("the preset exists");
		serde_json::from_slice(&json).expect("presets are JSON")
	}

	/// State of the development preset.
	fn genesis(&self) -> Storage {
		let mut config = self.preset(None);
		patch(&mut config, self.preset(Some("development")));
		let mut state = BasicExternalities::new_empty();
		let built = self
			.call(
				&mut state,
				"GenesisBuilder_build_state",
				&config.to_string().into_bytes().encode(),
			)
			.expect("the preset can be built");
		assert_eq!(Result::<(), String>::decode(&mut &built[..]), Ok(Ok(())));
		state.into_storages()
	}

	fn list(&self, state: &mut Counting) -> Vec<BenchmarkList> {
		let answer = self
			.call(state, "Benchmark_benchmark_metadata", &true.encode())
			.expect("the runtime was built with runtime-benchmarks");
		let (list, _): (Vec<BenchmarkList>, Vec<StorageInfo>) = Decode::decode(&mut &answer[..]).expect("metadata");
		list
	}

	/// One point; its times are those of each repetition.
	fn measure(&self, state: &mut Counting, of: &BenchmarkList, name: &[u8], at: &Components, repeat: u32) -> String {
		let config = BenchmarkConfig {
			pallet: of.pallet.clone(),
			instance: of.instance.clone(),
			benchmark: name.to_vec(),
			selected_components: at.clone(),
			verify: false,
			internal_repeats: repeat,
		};
		let label = format!("{}::{}", text(&of.pallet), text(name));
		let components: HashMap<String, u32> = at.iter().map(|(name, value)| (format!("{name:?}"), *value)).collect();
		let line = serde_json::json!({"pallet": text(&of.pallet), "benchmark": text(name), "components": components});
		let batches = self
			.call(state, "Benchmark_dispatch_benchmark", &config.encode())
			.and_then(|answer| {
				Result::<Vec<BenchmarkBatch>, String>::decode(&mut &answer[..]).map_err(|error| error.to_string())?
			});
		let mut line = line;
		match batches {
			Err(error) => line["error"] = format!("{label} at {at:?}: {error}").into(),
			Ok(batches) => {
				let results = &batches[0].results;
				line["ns"] = results
					.iter()
					.map(|one| one.extrinsic_time as u64)
					.collect::<Vec<_>>()
					.into();
				line["reads"] = results.iter().map(|one| one.reads).max().into();
				line["writes"] = results.iter().map(|one| one.writes).max().into();
			}
		}
		line.to_string()
	}
}

/// Replaces what `changes` names, object by object.
fn patch(of: &mut serde_json::Value, changes: serde_json::Value) {
	match (of, changes) {
		(serde_json::Value::Object(of), serde_json::Value::Object(changes)) => {
			for (key, value) in changes {
				patch(of.entry(key).or_insert(serde_json::Value::Null), value);
			}
		}
		(of, value) => *of = value,
	}
}

fn text(name: &[u8]) -> &str {
	std::str::from_utf8(name).expect("names are text")
}

/// What to run, from the command line.
struct Options {
	code: Vec<u8>,
	steps: u32,
	repeat: u32,
	pallets: Vec<String>,
	/// Other ends of a component's range than the benchmark names.
	ranges: HashMap<String, (u32, u32)>,
}

impl Options {
	fn parse(mut words: impl Iterator<Item = String>) -> Self {
		let path = words.next().expect("ganglion-weigh RUNTIME.wasm");
		let mut options = Self {
			code: fs::read(path).expect("the runtime can be read"),
			steps: 5,
			repeat: 10,
			pallets: vec![],
			ranges: HashMap::new(),
		};
		while let Some(word) = words.next() {
			let value = words.next().expect("every option has a value");
			match word.as_str() {
				"--steps" => options.steps = value.parse().expect("--steps N"),
				"--repeat" => options.repeat = value.parse().expect("--repeat N"),
				"--pallet" => options.pallets.push(value),
				"--set" => {
					let (name, range) = value
						.split_once('=')
						.expect("--set pallet::benchmark::component=low..high");
					let (low, high) = range.split_once("..").expect("low..high");
					let end = |text: &str| text.parse().expect("ends are numbers");
					options.ranges.insert(name.into(), (end(low), end(high)));
				}
				other => panic!("unknown option {other}"),
			}
		}
		options
	}

	fn range(&self, pallet: &str, benchmark: &str, (name, low, high): (BenchmarkParameter, u32, u32)) -> (u32, u32) {
		let key = format!("{pallet}::{benchmark}::{name:?}");
		self.ranges.get(&key).copied().unwrap_or((low, high))
	}

	/// Points of a benchmark: each component from low to high while the others are high, and all low once.
	fn points(&self, pallet: &str, of: &BenchmarkMetadata) -> Vec<Components> {
		let name = text(&of.name);
		let ranges: Vec<_> = of
			.components
			.iter()
			.map(|one| (one.0, self.range(pallet, name, *one)))
			.collect();
		let all = |pick: fn(&(u32, u32)) -> u32| -> Components {
			ranges.iter().map(|(name, range)| (*name, pick(range))).collect()
		};
		let mut points = vec![all(|range| range.0)];
		for (index, (_, (low, high))) in ranges.iter().enumerate() {
			for step in 0..self.steps {
				let mut point = all(|range| range.1);
				point[index].1 = low + (high - low) * step / (self.steps - 1).max(1);
				if !points.contains(&point) {
					points.push(point);
				}
			}
		}
		points
	}
}

fn main() {
	let options = Options::parse(env::args().skip(1));
	let runtime = Runtime {
		code: options.code.clone(),
		executor: WasmExecutor::builder().build(),
	};
	let mut state = Counting::over(runtime.genesis());
	for list in runtime.list(&mut state) {
		let pallet = text(&list.pallet).to_string();
		if !options.pallets.is_empty() && !options.pallets.contains(&pallet) {
			continue;
		}
		for benchmark in &list.benchmarks {
			for point in options.points(&pallet, benchmark) {
				println!(
					"{}",
					runtime.measure(&mut state, &list, &benchmark.name, &point, options.repeat)
				);
			}
		}
	}
}
