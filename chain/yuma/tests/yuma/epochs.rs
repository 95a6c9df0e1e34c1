//! Whole epochs: every key of every output, and what the vectors' source itself asserts.

use crate::{list, state, vectors};
use ganglion_yuma::{run, EpochOutput};
use serde_json::{json, Value};

/// Runs one step and compares it bit by bit.
fn check(name: &str, step: &Value) {
	let label = format!("{name}: {}", step["label"]);
	let input = state::input(step["emission_in"].as_u64().unwrap(), &step["state"]);
	let output = run(input.unwrap_or_else(|error| panic!("{label}: {error}")));
	let expected = state::output(&step["full_output_model"]).unwrap_or_else(|error| panic!("{label}: {error}"));
	assert_eq!(output, expected, "{label}");
	for (key, asserted) in step["asserted"].as_object().unwrap() {
		check_asserted(&label, key, asserted, &output);
	}
}

/// Compares one column, given whole or by UID, or single bonds.
fn check_asserted(label: &str, key: &str, asserted: &Value, output: &EpochOutput) {
	let column = match key {
		"bonds_entries" => {
			for entry in list(asserted) {
				let (row, column, value): (u16, u16, u16) = serde_json::from_value(entry.clone()).unwrap();
				assert_eq!(
					state::bond(&output.bonds, row, column),
					value,
					"{label}: bond {row}, {column}"
				);
			}
			return;
		}
		"consensus" => json!(output.consensus),
		"incentive" => json!(output.incentive),
		"dividends" => json!(output.dividends),
		"emission" => json!(output.emission),
		"permits" => json!(output.permits),
		_ => panic!("{label}: no check for {key}"),
	};
	match asserted.as_object() {
		None => assert_eq!(&column, asserted, "{label}: {key}"),
		Some(by_uid) => by_uid
			.iter()
			.for_each(|(uid, value)| assert_eq!(&column[uid.parse::<usize>().unwrap()], value, "{label}: {key}")),
	}
}

/// Checks all steps of all sequences; returns how many of each there were.
fn check_all(sequences: &Value, name: &str) -> (usize, usize) {
	let sequences = list(sequences);
	let steps = sequences.iter().map(|sequence| {
		let steps = list(&sequence["steps"]);
		steps
			.iter()
			.for_each(|step| check(sequence[name].as_str().unwrap(), step));
		steps.len()
	});
	(sequences.len(), steps.sum())
}

#[test]
fn reproduces_the_epochs() {
	assert_eq!(
		check_all(&vectors()["epochs"], "test"),
		(11, 21),
		"sequences and steps of the file"
	);
}

#[test]
fn reproduces_the_derived_random_epochs() {
	assert_eq!(
		check_all(&vectors()["derived_random_epochs"]["cases"], "id"),
		(12, 24),
		"cases and steps of the file"
	);
}

#[test]
fn an_unknown_key_is_an_error() {
	let mut step = vectors()["epochs"][0]["steps"][0].clone();
	assert!(state::input(1, &step["state"]).is_ok());
	step["state"]["kapa"] = json!(1);
	let error = state::input(1, &step["state"]).unwrap_err().to_string();
	assert!(error.contains("unknown field `kapa`"), "{error}");
	step["full_output_model"].as_object_mut().unwrap().remove("bonds");
	assert!(
		state::output(&step["full_output_model"]).is_err(),
		"a missing key of the output is one too"
	);
}
