//! The epoch by rows: each stage makes a whole matrix from a whole matrix, as the definition reads. Slower and larger
//! than the crate's, which works by columns, and equal to it bit by bit.

pub mod bonds;
pub mod consensus;
pub mod liquid;
pub mod sparse;
pub mod weights;

use bonds::Signals;
use consensus::consensus;
use ganglion_yuma::{
	emission,
	fixed::I32F32,
	stake,
	vector::{self, to_proportions},
	EpochInput, EpochOutput, EpochView, Rows,
};

/// Runs one epoch over borrowed state. Any input has a result: what is missing counts as zero or as masked, what
/// lies beyond `n` is ignored.
fn epoch(view: &EpochView<'_>) -> EpochOutput {
	let stake = stake::normalised(view);
	let active = stake::active(view);
	let permits = stake::current_permits(view);
	let active_stake = stake::active_stake(view, &stake, &active, &permits);
	let next_permits = stake::next_permits(&stake, view.max_validators, view.owner);

	let weights = weights::normalised(view, &permits);
	let consensus = consensus(&weights, &active_stake, I32F32::from_proportion(view.kappa));
	let clipped = weights.clip(&consensus);
	let mut incentive = clipped.column_products(&active_stake);
	vector::normalise(&mut incentive);

	let penalty = I32F32::from_proportion(view.bonds_penalty);
	let for_bonds = bonds::penalised(&weights, &clipped, penalty);
	let signals = Signals {
		weights: &for_bonds,
		consensus: &consensus,
		active_stake: &active_stake,
		incentive: &incentive,
	};
	let (bonds, dividends) = bonds::update(view, &signals);
	let split = emission::split(view.emission, &incentive, &dividends, &active_stake, &stake);

	EpochOutput {
		stake_weight: to_proportions(&stake),
		active,
		consensus: to_proportions(&consensus),
		validator_trust: to_proportions(&clipped.row_sums()),
		incentive: to_proportions(&incentive),
		dividends: to_proportions(&dividends),
		server_emission: split.server,
		validator_emission: split.validator,
		emission: split.combined,
		bonds: bonds::to_rows(&bonds, &next_permits),
		permits: next_permits,
	}
}

/// Runs one epoch over an owned input. The order of a row's cells means nothing; of two with one column the first counts.
pub fn run(mut input: EpochInput) -> EpochOutput {
	let sort = |rows: &mut Rows| {
		rows.iter_mut()
			.for_each(|(_, row)| row.sort_by_key(|(column, _)| *column))
	};
	sort(&mut input.weights);
	sort(&mut input.bonds);
	epoch(&input.view())
}
