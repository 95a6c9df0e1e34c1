//! The epoch: the stages in their order, from stake and weights to emission.
//!
//! Deliberately holds no arithmetic of its own.

use crate::{
	bonds::{self, Signals},
	consensus::Judgement,
	emission,
	fixed::I32F32,
	stake,
	types::{EpochInput, EpochOutput, EpochView},
	vector::{self, to_proportions},
	weights::Weights,
};

/// Runs one epoch over borrowed state. Any input has a result: what is missing counts as zero or as masked, what
/// lies beyond `n` is ignored.
pub fn epoch(view: &EpochView<'_>) -> EpochOutput {
	let stake = stake::normalised(view);
	let active = stake::active(view);
	let permits = stake::current_permits(view);
	let active_stake = stake::active_stake(view, &stake, &active, &permits);
	let next_permits = stake::next_permits(&stake, view.max_validators, view.owner);

	let weights = Weights::collect(view, &permits);
	let judgement = Judgement::of(&weights, &active_stake, I32F32::from_proportion(view.kappa));
	let mut incentive = judgement.rank.clone();
	vector::normalise(&mut incentive);

	let signals = Signals {
		weights: &weights,
		judgement: &judgement,
		active_stake: &active_stake,
		incentive: &incentive,
		keep: &next_permits,
	};
	let (bonds, dividends) = bonds::update(view, &signals);
	let split = emission::split(view.emission, &incentive, &dividends, &active_stake, &stake);

	EpochOutput {
		stake_weight: to_proportions(&stake),
		active,
		consensus: to_proportions(&judgement.consensus),
		validator_trust: to_proportions(&judgement.trust),
		incentive: to_proportions(&incentive),
		dividends: to_proportions(&dividends),
		server_emission: split.server,
		validator_emission: split.validator,
		emission: split.combined,
		bonds,
		permits: next_permits,
	}
}

/// Runs one epoch over an owned input: what the runtime API offers.
pub fn run(input: EpochInput) -> EpochOutput {
	epoch(&input.view())
}
