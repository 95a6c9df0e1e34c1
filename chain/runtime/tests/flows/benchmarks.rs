//! Every benchmark runs on this runtime, and the weights that are charged cover the storage accesses that it counts.
//! Exists only with the feature `runtime-benchmarks`.

use crate::common::preset;
use codec::{Decode, Encode};
use frame_benchmarking::{BenchmarkBatch, BenchmarkConfig, BenchmarkList, BenchmarkParameter};
use frame_support::{
	traits::{Get, StorageInfo},
	weights::Weight,
};
use ganglion_runtime::{apis::api, Runtime};
use sp_externalities::set_and_run_with_externalities;
use sp_state_machine::BasicExternalities;

#[path = "../../../weigh/src/counting.rs"]
mod counting;
use counting::Counting;

/// State on top of the development genesis.
fn state() -> Counting {
	let mut state = BasicExternalities::new_empty();
	let built = state.execute_with(|| {
		api::dispatch(
			"GenesisBuilder_build_state",
			&preset("development").to_string().into_bytes().encode(),
		)
	});
	assert_eq!(Result::<(), String>::decode(&mut &built.unwrap()[..]), Ok(Ok(())));
	Counting::over(state.into_storages())
}

/// All benchmarks of the runtime.
fn list(host: &mut Counting) -> Vec<BenchmarkList> {
	let answer = set_and_run_with_externalities(host, || api::dispatch("Benchmark_benchmark_metadata", &true.encode()));
	let (list, _): (Vec<BenchmarkList>, Vec<StorageInfo>) = Decode::decode(&mut &answer.unwrap()[..]).unwrap();
	list
}

/// Run a benchmark once; returns storage reads and writes, which count those of the verification too if there is one.
fn run_once(
	host: &mut Counting,
	of: &BenchmarkList,
	name: &[u8],
	components: Vec<(BenchmarkParameter, u32)>,
	verify: bool,
) -> Result<(u64, u64), String> {
	let config = BenchmarkConfig {
		pallet: of.pallet.clone(),
		instance: of.instance.clone(),
		benchmark: name.to_vec(),
		selected_components: components,
		verify,
		internal_repeats: 1,
	};
	let label = format!("{}::{}", text(&of.pallet), text(name));
	let answer =
		set_and_run_with_externalities(host, || api::dispatch("Benchmark_dispatch_benchmark", &config.encode()));
	let batches = Result::<Vec<BenchmarkBatch>, String>::decode(&mut &answer.unwrap()[..]).unwrap();
	let batches = batches.map_err(|error| format!("{label}: {error}"))?;
	assert_eq!(batches.len(), 1, "{label}");
	let result = &batches[0].results[0];
	Ok((result.reads.into(), result.writes.into()))
}

fn text(name: &[u8]) -> &str {
	std::str::from_utf8(name).unwrap()
}

/// What the runtime charges, with all components at their highest.
fn charged(pallet: &str, benchmark: &str) -> Weight {
	use pallet_audits::WeightInfo as _;
	use pallet_authorities::WeightInfo as _;
	use pallet_commitments::WeightInfo as _;
	use pallet_delegation::WeightInfo as _;
	use pallet_disputes::WeightInfo as _;
	use pallet_emissions::WeightInfo as _;
	use pallet_governance::WeightInfo as _;
	use pallet_key_swap::WeightInfo as _;
	use pallet_models::WeightInfo as _;
	use pallet_neurons::WeightInfo as _;
	use pallet_receipts::WeightInfo as _;
	use pallet_root_vote::WeightInfo as _;
	use pallet_staking::WeightInfo as _;
	use pallet_subnets::WeightInfo as _;
	use pallet_weights::WeightInfo as _;
	type Audits = <Runtime as pallet_audits::Config>::WeightInfo;
	type Authorities = <Runtime as pallet_authorities::Config>::WeightInfo;
	type Commitments = <Runtime as pallet_commitments::Config>::WeightInfo;
	type Delegation = <Runtime as pallet_delegation::Config>::WeightInfo;
	type Disputes = <Runtime as pallet_disputes::Config>::WeightInfo;
	type Emissions = <Runtime as pallet_emissions::Config>::WeightInfo;
	type Governance = <Runtime as pallet_governance::Config>::WeightInfo;
	type KeySwap = <Runtime as pallet_key_swap::Config>::WeightInfo;
	type Models = <Runtime as pallet_models::Config>::WeightInfo;
	type Neurons = <Runtime as pallet_neurons::Config>::WeightInfo;
	type Receipts = <Runtime as pallet_receipts::Config>::WeightInfo;
	type RootVote = <Runtime as pallet_root_vote::Config>::WeightInfo;
	type Staking = <Runtime as pallet_staking::Config>::WeightInfo;
	type Subnets = <Runtime as pallet_subnets::Config>::WeightInfo;
	type Weights = <Runtime as pallet_weights::Config>::WeightInfo;
	match (pallet, benchmark) {
		("pallet_subnets", "create") => Subnets::create(1_024),
		("pallet_subnets", "activate") => Subnets::activate(),
		("pallet_subnets", "deactivate") => Subnets::deactivate(),
		("pallet_subnets", "set_hyperparameters") => Subnets::set_hyperparameters(40),
		("pallet_subnets", "start") => Subnets::start(),
		("pallet_subnets", "dissolve") => Subnets::dissolve(),
		("pallet_subnets", "trigger_epoch") => Subnets::trigger_epoch(),
		("pallet_subnets", "set_identity") => Subnets::set_identity(),
		("pallet_subnets", "set_name") => Subnets::set_name(),
		("pallet_subnets", "set_owner_hotkey") => Subnets::set_owner_hotkey(),
		("pallet_subnets", "dissolve_step") => Subnets::dissolve_step(),
		("pallet_subnets", "move_subnet") => Subnets::move_subnet(),
		("pallet_neurons", "register") => Neurons::register(256),
		("pallet_neurons", "serve") => Neurons::serve(),
		("pallet_neurons", "trim") => Neurons::trim(1_024),
		("pallet_neurons", "reset_bonds") => Neurons::reset_bonds(),
		("pallet_staking", "add_stake") => Staking::add_stake(),
		("pallet_staking", "remove_stake") => Staking::remove_stake(),
		("pallet_staking", "withdraw_unbonded") => Staking::withdraw_unbonded(),
		("pallet_staking", "set_take") => Staking::set_take(),
		("pallet_staking", "transfer_stake") => Staking::transfer_stake(),
		("pallet_staking", "move_stake") => Staking::move_stake(),
		("pallet_staking", "complete_move") => Staking::complete_move(),
		("pallet_weights", "set") => Weights::set(256),
		("pallet_weights", "commit") => Weights::commit(),
		("pallet_weights", "reveal") => Weights::reveal(256),
		("pallet_weights", "evidence") => Weights::reveal(256).saturating_add(Weights::evidence(256)),
		("pallet_emissions", "on_initialize") => Emissions::on_initialize(128),
		("pallet_emissions", "epoch") => Emissions::epoch(256, 64, 64 * 255),
		("pallet_authorities", "set") => Authorities::set(32),
		("pallet_commitments", "set") => Commitments::set(),
		("pallet_delegation", "set_children") => Delegation::set_children(),
		("pallet_delegation", "set_child_take") => Delegation::set_child_take(),
		("pallet_delegation", "set_auto_stake") => Delegation::set_auto_stake(),
		("pallet_delegation", "drop_parent") => Delegation::drop_parent(),
		("pallet_delegation", "set_refusing") => Delegation::set_refusing(),
		("pallet_key_swap", "swap_hotkey") => KeySwap::swap_hotkey(64, 8),
		("pallet_key_swap", "announce_coldkey_swap") => KeySwap::announce_coldkey_swap(),
		// The first step is weighed by itself.
		("pallet_key_swap", "swap_coldkey") => {
			KeySwap::swap_coldkey().saturating_add(<Runtime as pallet_key_swap::Config>::StepWeight::get())
		}
		("pallet_key_swap", "dispute_coldkey_swap") => KeySwap::dispute_coldkey_swap(),
		("pallet_key_swap", "cancel_coldkey_swap") => KeySwap::cancel_coldkey_swap(),
		("pallet_governance", "lock") => Governance::lock(),
		("pallet_governance", "submit") => Governance::submit(60_000),
		("pallet_governance", "vote") => Governance::vote(),
		("pallet_governance", "cancel") => Governance::cancel(),
		("pallet_governance", "stand") => Governance::stand(),
		("pallet_governance", "withdraw_candidacy") => Governance::withdraw_candidacy(),
		("pallet_governance", "elect") => Governance::elect(),
		("pallet_governance", "pause") => Governance::pause(),
		("pallet_governance", "extend_pause") => Governance::extend_pause(),
		("pallet_governance", "idle") => Governance::idle(),
		("pallet_governance", "move_coldkey") => Governance::move_coldkey(),
		// The hook weighs the block without anything due, and each step.
		("pallet_governance", "step_referendum") => Governance::idle().saturating_add(Governance::step_referendum()),
		("pallet_governance", "open_election") => Governance::idle().saturating_add(Governance::open_election()),
		("pallet_governance", "close_election") => Governance::idle().saturating_add(Governance::close_election()),
		("pallet_root_vote", "vote") => RootVote::vote(128),
		("pallet_root_vote", "retract") => RootVote::retract(),
		("pallet_root_vote", "on_initialize") => RootVote::on_initialize(),
		("pallet_root_vote", "tally") => RootVote::tally(64, 1_024),
		("pallet_root_vote", "clear") => RootVote::clear(64),
		("pallet_models", "register") => Models::register(11_008),
		("pallet_models", "set_terms") => Models::set_terms(),
		("pallet_models", "remove") => Models::remove(),
		("pallet_models", "declare") => Models::declare(),
		("pallet_models", "retire") => Models::retire(),
		("pallet_models", "release") => Models::release(64),
		("pallet_models", "move_profile") => Models::move_profile(),
		("pallet_receipts", "anchor") => Receipts::anchor(),
		("pallet_receipts", "prune") => Receipts::prune(64),
		("pallet_receipts", "clear_one") => Receipts::clear_one(),
		("pallet_audits", "on_initialize") => Audits::on_initialize(4, 256),
		("pallet_disputes", "open") => Disputes::open(110_000),
		("pallet_disputes", "refute") => Disputes::refute(110_000),
		("pallet_disputes", "step") => Disputes::step(),
		("pallet_disputes", "finish") => Disputes::step().saturating_add(Disputes::finish()),
		("pallet_disputes", "snapshot") => Disputes::snapshot(256),
		("pallet_disputes", "draw") => Disputes::draw(256),
		("pallet_disputes", "scan") => Disputes::scan(),
		("pallet_disputes", "on_initialize") => Disputes::on_initialize(),
		// The hook weighs the block without anything due, too.
		("pallet_disputes", "forget") => Disputes::on_initialize().saturating_add(Disputes::forget(4)),
		other => panic!("a benchmark without a weight: {other:?}"),
	}
}

const OWN: [&str; 15] = [
	"pallet_subnets",
	"pallet_neurons",
	"pallet_staking",
	"pallet_weights",
	"pallet_emissions",
	"pallet_authorities",
	"pallet_key_swap",
	"pallet_commitments",
	"pallet_governance",
	"pallet_root_vote",
	"pallet_delegation",
	"pallet_models",
	"pallet_receipts",
	"pallet_audits",
	"pallet_disputes",
];

#[test]
fn charged_weights_cover_storage_accesses() {
	let mut host = state();
	let all = list(&mut host);
	let own: Vec<&BenchmarkList> = all.iter().filter(|list| OWN.contains(&text(&list.pallet))).collect();
	assert_eq!(own.len(), OWN.len());
	let mut too_light = vec![];
	for list in own {
		for benchmark in &list.benchmarks {
			let highest = benchmark
				.components
				.iter()
				.map(|(name, _, high)| (*name, *high))
				.collect();
			let (reads, writes) = run_once(&mut host, list, &benchmark.name, highest, false).unwrap();
			let weight = charged(text(&list.pallet), text(&benchmark.name));
			let database: frame_support::weights::RuntimeDbWeight = <Runtime as frame_system::Config>::DbWeight::get();
			let needed = database.reads_writes(reads, writes);
			println!(
				"{}::{}: {reads} reads, {writes} writes, {} of {} ps",
				text(&list.pallet),
				text(&benchmark.name),
				needed.ref_time(),
				weight.ref_time()
			);
			if needed.ref_time() >= weight.ref_time() {
				too_light.push(format!("{}::{}", text(&list.pallet), text(&benchmark.name)));
			}
		}
	}
	assert!(too_light.is_empty(), "{too_light:?}");
}

#[test]
fn every_benchmark_runs_at_its_lowest() {
	let mut host = state();
	let all = list(&mut host);
	assert_eq!(all.len(), 25);
	// Installing a runtime needs an executor, which a test has not.
	let needs_executor = ["set_code", "apply_authorized_upgrade"];
	let (mut count, mut failed) = (0, vec![]);
	for list in &all {
		for benchmark in list
			.benchmarks
			.iter()
			.filter(|benchmark| !needs_executor.contains(&text(&benchmark.name)))
		{
			let lowest = benchmark
				.components
				.iter()
				.map(|(name, low, _)| (*name, *low))
				.collect();
			failed.extend(run_once(&mut host, list, &benchmark.name, lowest, true).err());
			count += 1;
		}
	}
	assert!(failed.is_empty(), "{failed:?}");
	assert!(count > 80, "{count}");
}
