//! Yuma 3 scenarios: sequences of epochs built from a configuration and a plan of weights.

use crate::{
	list,
	state::{bond, rows},
	vectors,
};
use ganglion_yuma::{run, EpochInput, EpochOutput, Rows};
use serde_json::Value;

/// The configuration as the state before the first epoch.
fn initial(config: &Value) -> EpochInput {
	let uint = |key: &str| config[key].as_u64().unwrap_or_else(|| panic!("{key}"));
	let u16_of = |key: &str| u16::try_from(uint(key)).unwrap();
	let n = u16_of("n");
	assert_eq!(config["activity"], "always active");
	EpochInput {
		emission: uint("emission"),
		n,
		block: 1000,
		stake: serde_json::from_value(config["stake"].clone()).unwrap(),
		last_update: vec![1000; n.into()],
		registered_at: vec![uint("registered_block"); n.into()],
		activity_cutoff: u64::MAX,
		permits: vec![false; n.into()],
		max_validators: u16_of("max_allowed_validators"),
		kappa: u16_of("kappa"),
		bonds_penalty: u16_of("bonds_penalty"),
		tempo: u16_of("tempo"),
		bonds_moving_average: uint("bonds_moving_average"),
		weights: Vec::new(),
		bonds: Vec::new(),
		owner: None,
		threshold: 0,
		yuma3: config["yuma3"].as_bool().unwrap(),
		liquid_alpha: config["liquid_alpha"].as_bool().unwrap(),
		commit_blocks: None,
		last_step_block: None,
		alpha_low: u16_of("alpha_low_u16"),
		alpha_high: u16_of("alpha_high_u16"),
		steepness: i16::try_from(config["alpha_sigmoid_steepness"].as_i64().unwrap()).unwrap(),
		liquid_alpha_legacy: true,
		previous_consensus: None,
	}
}

/// One epoch, whose permits and bonds the next one starts from.
fn advance(input: &mut EpochInput) -> EpochOutput {
	input.block += 1;
	let output = run(input.clone());
	input.permits.clone_from(&output.permits);
	input.bonds.clone_from(&output.bonds);
	output
}

/// Weights of the first validators on the servers; zeros are cells too.
fn weights(plan: &Value, servers: &[u16]) -> Rows {
	let row = |values: &Value| {
		let values: Vec<u16> = serde_json::from_value(values.clone()).unwrap();
		servers.iter().copied().zip(values).collect()
	};
	(0..).zip(list(plan).iter().map(row)).collect()
}

/// Compares the model exactly and the targets within their tolerance.
fn check(label: &str, step: &Value, output: &EpochOutput, servers: &[u16], tolerance: f64) {
	let model = &step["model"];
	for (key, value) in model.as_object().unwrap() {
		match key.as_str() {
			"bonds" => assert_eq!(
				output.bonds,
				rows(serde_json::from_value(value.clone()).unwrap()),
				"{label}"
			),
			"dividends" => assert_eq!(&serde_json::json!(output.dividends), value, "{label}: {key}"),
			"incentive" => assert_eq!(&serde_json::json!(output.incentive), value, "{label}: {key}"),
			"consensus" => assert_eq!(&serde_json::json!(output.consensus), value, "{label}: {key}"),
			"emission" => assert_eq!(&serde_json::json!(output.emission), value, "{label}: {key}"),
			_ => panic!("{label}: no check for {key}"),
		}
	}
	assert_eq!(
		model.as_object().unwrap().len(),
		5,
		"{label}: a key of the model is missing"
	);
	let close = |value: u16, target: &Value| {
		let value = f64::from(value) / 65535.0;
		assert!(
			(value - target.as_f64().unwrap()).abs() <= tolerance,
			"{label}: {value} is not {target}"
		);
	};
	let dividends = list(&step["target_dividends"]);
	assert_eq!(dividends.len(), output.dividends.len(), "{label}");
	dividends
		.iter()
		.zip(&output.dividends)
		.for_each(|(target, value)| close(*value, target));
	for (uid, targets) in (0..).zip(list(&step["target_bonds"])) {
		assert_eq!(list(targets).len(), servers.len(), "{label}");
		list(targets)
			.iter()
			.zip(servers)
			.for_each(|(target, server)| close(bond(&output.bonds, uid, *server), target));
	}
}

/// Runs a scenario; returns how many steps were compared.
fn check_scenario(scenario: &Value) -> usize {
	let servers: Vec<u16> = serde_json::from_value(scenario["config"]["server_uids"].clone()).unwrap();
	let tolerance = scenario["tolerance"].as_f64().unwrap();
	let reset = scenario["plan"]
		.as_str()
		.is_some_and(|plan| plan.contains("(bonds to uid3 cleared before epoch 20)"));
	assert_eq!(reset, scenario["test"] == "test_yuma_3_bonds_reset");
	let mut input = initial(&scenario["config"]);
	advance(&mut input);
	let mut epoch = 0;
	for step in list(&scenario["steps"]) {
		if !step["weights_set"].is_null() {
			// Epochs that the plan does not list one by one have the weights of the next that it lists.
			input.weights = weights(&step["weights_set"], &servers);
		}
		loop {
			if reset && epoch == 20 {
				input
					.bonds
					.iter_mut()
					.for_each(|(_, row)| row.retain(|(column, _)| *column != 3));
			}
			let output = advance(&mut input);
			epoch += 1;
			if epoch > step["epoch"].as_u64().unwrap() {
				check(
					&format!("{} {}", scenario["test"], step["epoch"]),
					step,
					&output,
					&servers,
					tolerance,
				);
				break;
			}
		}
	}
	list(&scenario["steps"]).len()
}

#[test]
fn reproduces_the_yuma3_scenarios() {
	let vectors = vectors();
	let steps: Vec<usize> = list(&vectors["yuma3"]).iter().map(check_scenario).collect();
	assert_eq!(steps, [6, 6, 6, 7], "scenarios and steps of the file");
}
