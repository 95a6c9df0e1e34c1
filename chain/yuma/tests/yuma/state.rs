//! Reads the vectors' epoch states and outputs. A key that is not known here is an error.

use ganglion_yuma::{EpochInput, EpochOutput, Rows};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;

type JsonRows = BTreeMap<u16, Vec<(u16, u16)>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
	n: u16,
	block: u64,
	stake: Vec<u64>,
	last_update: Vec<u64>,
	reg: Vec<u64>,
	cutoff: u64,
	permits: Vec<bool>,
	max_val: u16,
	kappa: u16,
	bonds_penalty: u16,
	tempo: u16,
	bma: u64,
	weights: JsonRows,
	bonds_in: JsonRows,
	owner: Option<u16>,
	#[serde(default)]
	threshold: u64,
	#[serde(default)]
	yuma3: bool,
	#[serde(default)]
	liquid: bool,
	commit_blocks: Option<Vec<u64>>,
	lms: Option<u64>,
	#[serde(default = "default_alpha_low")]
	alpha_low: u16,
	#[serde(default = "default_alpha_high")]
	alpha_high: u16,
	#[serde(default = "default_steepness")]
	steepness: i16,
}

fn default_alpha_low() -> u16 {
	45875
}

fn default_alpha_high() -> u16 {
	58982
}

fn default_steepness() -> i16 {
	1000
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Output {
	stake_weight: Vec<u16>,
	active: Vec<bool>,
	consensus: Vec<u16>,
	validator_trust: Vec<u16>,
	incentive: Vec<u16>,
	dividends: Vec<u16>,
	server_emission: Vec<u64>,
	validator_emission: Vec<u64>,
	emission: Vec<u64>,
	permits: Vec<bool>,
	bonds: JsonRows,
}

/// The epoch's input.
pub fn input(emission: u64, state: &Value) -> Result<EpochInput, serde_json::Error> {
	let state = State::deserialize(state)?;
	Ok(EpochInput {
		emission,
		n: state.n,
		block: state.block,
		stake: state.stake,
		last_update: state.last_update,
		registered_at: state.reg,
		activity_cutoff: state.cutoff,
		permits: state.permits,
		max_validators: state.max_val,
		kappa: state.kappa,
		bonds_penalty: state.bonds_penalty,
		tempo: state.tempo,
		bonds_moving_average: state.bma,
		weights: rows(state.weights),
		bonds: rows(state.bonds_in),
		owner: state.owner,
		threshold: state.threshold,
		yuma3: state.yuma3,
		liquid_alpha: state.liquid,
		commit_blocks: state.commit_blocks,
		last_step_block: state.lms,
		alpha_low: state.alpha_low,
		alpha_high: state.alpha_high,
		steepness: state.steepness,
		liquid_alpha_legacy: true,
		previous_consensus: None,
	})
}

/// The complete output of an epoch; each key must be there.
pub fn output(value: &Value) -> Result<EpochOutput, serde_json::Error> {
	let output = Output::deserialize(value)?;
	Ok(EpochOutput {
		stake_weight: output.stake_weight,
		active: output.active,
		consensus: output.consensus,
		validator_trust: output.validator_trust,
		incentive: output.incentive,
		dividends: output.dividends,
		server_emission: output.server_emission,
		validator_emission: output.validator_emission,
		emission: output.emission,
		permits: output.permits,
		bonds: rows(output.bonds),
	})
}

/// Rows in ascending order of UID.
pub fn rows(rows: JsonRows) -> Rows {
	rows.into_iter().collect()
}

/// A bond, 0 when there is none.
pub fn bond(bonds: &Rows, row: u16, column: u16) -> u16 {
	let row = bonds.iter().find(|(uid, _)| *uid == row);
	let cell = row.and_then(|(_, cells)| cells.iter().find(|(uid, _)| *uid == column));
	cell.map_or(0, |(_, value)| *value)
}
