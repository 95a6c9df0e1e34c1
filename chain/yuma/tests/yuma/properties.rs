//! What holds for any input: no panic, no more than the emission, UIDs are only names, the median is the defined one.

use crate::rowwise;
use codec::{Decode, Encode};
use ganglion_yuma::{
	consensus::{weighted_median, Vote},
	fixed::I32F32,
	run, sigmoid, EpochInput, EpochOutput, Rows,
};
use proptest::{collection::vec, option, prelude::*};

const MILLION: u64 = 1_000_000;

/// Mostly small numbers, so that values collide and compare both ways, but any.
fn number() -> impl Strategy<Value = u64> {
	prop_oneof![0u64..20, any::<u64>(), Just(u64::MAX), Just(1u64 << 63)]
}

fn share() -> impl Strategy<Value = u16> {
	prop_oneof![Just(0u16), Just(u16::MAX), 0u16..4, any::<u16>()]
}

/// Rows with UIDs that repeat, are out of order or out of range.
fn garbage_rows() -> impl Strategy<Value = Rows> {
	let uid = || prop_oneof![0u16..12, any::<u16>()];
	vec((uid(), vec((uid(), share()), 0..14)), 0..14)
}

prop_compose! {
	/// The fields that are single values.
	fn parameters()(
		counts in (number(), number(), number(), number(), number()),
		shares in (share(), share(), share(), share(), share(), share()),
		flags in (any::<bool>(), any::<bool>(), any::<bool>()),
		previous_consensus in option::of(vec(share(), 0..14)),
		steepness in any::<i16>(),
		owner in option::of(prop_oneof![0u16..12, any::<u16>()]),
		last_step_block in option::of(number()),
	) -> EpochInput {
		let (emission, block, activity_cutoff, bonds_moving_average, threshold) = counts;
		let (max_validators, kappa, bonds_penalty, tempo, alpha_low, alpha_high) = shares;
		let (yuma3, liquid_alpha, liquid_alpha_legacy) = flags;
		EpochInput {
			emission, n: 0, block, stake: vec![], last_update: vec![], registered_at: vec![], activity_cutoff,
			permits: vec![], max_validators, kappa, bonds_penalty, tempo, bonds_moving_average, weights: vec![],
			bonds: vec![], owner, threshold, yuma3, liquid_alpha, commit_blocks: None, last_step_block, alpha_low,
			alpha_high, steepness, liquid_alpha_legacy, previous_consensus,
		}
	}
}

prop_compose! {
	/// Columns of any length, rows of any shape.
	fn garbage()(
		parameters in parameters(),
		n in prop_oneof![0u16..12, 0u16..2000],
		columns in (vec(number(), 0..14), vec(number(), 0..14), vec(number(), 0..14)),
		permits in vec(any::<bool>(), 0..14),
		commit_blocks in option::of(vec(number(), 0..14)),
		weights in garbage_rows(),
		bonds in garbage_rows(),
	) -> EpochInput {
		let (stake, last_update, registered_at) = columns;
		EpochInput { n, stake, last_update, registered_at, permits, commit_blocks, weights, bonds, ..parameters }
	}
}

/// Ascending rows without repetition, one for each of `n` UIDs.
fn tidy_rows(n: u16) -> impl Strategy<Value = Rows> {
	let row = vec(option::of(share()), usize::from(n));
	let cells = |row: Vec<Option<u16>>| (0..).zip(row).filter_map(|(uid, value)| Some((uid, value?))).collect();
	vec(row, usize::from(n)).prop_map(move |rows| (0..).zip(rows.into_iter().map(cells)).collect())
}

prop_compose! {
	/// State as the chain has it, and a permutation of its UIDs.
	fn tidy()(n in 1u16..12)(
		parameters in parameters(),
		stake in vec(0..21_000_000_000_000_000u64, usize::from(n)),
		blocks in vec((990..1001u64, 980..1001u64, option::of(985..1001u64)), usize::from(n)),
		commits in any::<bool>(),
		previous in vec(share(), usize::from(n)),
		permits in vec(prop::bool::weighted(0.8), usize::from(n)),
		weights in tidy_rows(n),
		bonds in tidy_rows(n),
		average in 0..=MILLION,
		owner in option::of(0..n),
		emission in any::<u64>(),
		n in Just(n),
		names in Just((0..n).collect::<Vec<u16>>()).prop_shuffle(),
	) -> (EpochInput, Vec<u16>) {
		let last_update = blocks.iter().map(|(updated, _, _)| *updated).collect();
		let registered_at = blocks.iter().map(|(_, registered, _)| *registered).collect();
		let commit_blocks = commits.then(|| blocks.iter().map(|(_, _, block)| block.unwrap_or(u64::MAX)).collect());
		let input = EpochInput {
			emission, n, block: 1000, stake, last_update, registered_at, activity_cutoff: 8, permits, weights, bonds,
			owner, commit_blocks, threshold: parameters.threshold % 1_000_000_000, bonds_moving_average: average,
			previous_consensus: parameters.previous_consensus.as_ref().map(|_| previous),
			tempo: 15, last_step_block: None, ..parameters
		};
		(input, names)
	}
}

/// `column` with the element of each UID under its new name.
fn renamed<T: Clone>(column: &[T], names: &[u16]) -> Vec<T> {
	let mut result = column.to_vec();
	column
		.iter()
		.zip(names)
		.for_each(|(value, name)| result[usize::from(*name)] = value.clone());
	result
}

fn renamed_rows(rows: &Rows, names: &[u16]) -> Rows {
	let name = |uid: u16| names[usize::from(uid)];
	let row = |cells: &[(u16, u16)]| {
		let mut cells: Vec<_> = cells.iter().map(|(uid, value)| (name(*uid), *value)).collect();
		cells.sort();
		cells
	};
	rows.iter().map(|(uid, cells)| (name(*uid), row(cells))).collect()
}

fn renamed_input(input: &EpochInput, names: &[u16]) -> EpochInput {
	EpochInput {
		stake: renamed(&input.stake, names),
		last_update: renamed(&input.last_update, names),
		registered_at: renamed(&input.registered_at, names),
		permits: renamed(&input.permits, names),
		commit_blocks: input.commit_blocks.as_ref().map(|blocks| renamed(blocks, names)),
		previous_consensus: input.previous_consensus.as_ref().map(|column| renamed(column, names)),
		owner: input.owner.map(|uid| names[usize::from(uid)]),
		weights: renamed_rows(&input.weights, names),
		bonds: renamed_rows(&input.bonds, names),
		..input.clone()
	}
}

fn total(amounts: &[u64]) -> u128 {
	amounts.iter().copied().map(u128::from).sum()
}

/// What any output keeps to.
fn assert_sound(input: &EpochInput, output: &EpochOutput) -> Result<(), TestCaseError> {
	let n = usize::from(input.n);
	for column in [
		&output.stake_weight,
		&output.consensus,
		&output.validator_trust,
		&output.incentive,
		&output.dividends,
	] {
		prop_assert_eq!(column.len(), n);
	}
	prop_assert_eq!([output.active.len(), output.permits.len()], [n, n]);
	for amounts in [&output.server_emission, &output.validator_emission, &output.emission] {
		prop_assert_eq!(amounts.len(), n);
		prop_assert!(total(amounts) <= input.emission.into());
	}
	let both = output
		.server_emission
		.iter()
		.zip(&output.validator_emission)
		.map(|(s, v)| s.saturating_add(*v));
	prop_assert!(both.zip(&output.emission).all(|(both, combined)| both <= *combined));
	for (uid, row) in &output.bonds {
		prop_assert!(output.permits[usize::from(*uid)]);
		prop_assert!(!row.is_empty() && row.iter().all(|(column, _)| *column < input.n));
	}
	Ok(())
}

/// The median as it was defined: pivots by position in the list of indices.
fn median_by_position(votes: &[Vote], minority: i64) -> i64 {
	let score = |index: &usize| votes[*index].score.to_bits();
	let stake = |indices: &[usize]| indices.iter().map(|index| votes[*index].stake.to_bits()).sum::<i64>();
	let mut list: Vec<usize> = (0..votes.len()).collect();
	let (mut lo, mut hi) = (0, stake(&list));
	loop {
		let Some(pivot) = list.get(list.len() / 2).map(score) else {
			return 0;
		};
		if list.len() == 1 {
			return pivot;
		}
		let lower: Vec<usize> = list.iter().copied().filter(|index| score(index) < pivot).collect();
		let upper: Vec<usize> = list.iter().copied().filter(|index| score(index) > pivot).collect();
		if minority < lo + stake(&lower) && !lower.is_empty() {
			hi = lo + stake(&lower);
			list = lower;
		} else if hi - stake(&upper) <= minority && !upper.is_empty() {
			lo = hi - stake(&upper);
			list = upper;
		} else {
			return pivot;
		}
	}
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(512))]

	#[test]
	fn any_input_has_a_sound_output(input in garbage()) {
		let output = run(input.clone());
		assert_sound(&input, &output)?;
	}

	#[test]
	fn columns_and_rows_decide_alike(input in garbage()) {
		prop_assert_eq!(run(input.clone()), rowwise::run(input));
	}

	#[test]
	fn columns_and_rows_decide_alike_on_state_of_the_chain((input, _) in tidy()) {
		prop_assert_eq!(run(input.clone()), rowwise::run(input));
	}

	#[test]
	fn state_of_the_chain_has_a_sound_output((input, _) in tidy()) {
		let output = run(input.clone());
		assert_sound(&input, &output)?;
		prop_assert_eq!(&run(input), &output, "a second run differs");
	}

	#[test]
	fn renaming_uids_renames_what_they_earn((input, names) in tidy()) {
		let output = run(input.clone());
		let other = run(renamed_input(&input, &names));
		prop_assert_eq!(renamed(&output.stake_weight, &names), other.stake_weight);
		prop_assert_eq!(renamed(&output.active, &names), other.active);
		prop_assert_eq!(renamed(&output.consensus, &names), other.consensus);
		prop_assert_eq!(renamed(&output.validator_trust, &names), other.validator_trust);
		prop_assert_eq!(renamed(&output.incentive, &names), other.incentive);
		prop_assert_eq!(renamed(&output.dividends, &names), other.dividends);
		prop_assert_eq!(renamed(&output.emission, &names), other.emission);
	}

	#[test]
	fn input_and_output_survive_encoding(input in garbage()) {
		let output = run(input.clone());
		prop_assert_eq!(EpochInput::decode(&mut &input.encode()[..]).unwrap(), input);
		prop_assert_eq!(EpochOutput::decode(&mut &output.encode()[..]).unwrap(), output);
	}

	#[test]
	fn the_logistic_function_by_tables_is_the_logistic_function(exponent in -(25i64 << 32)..25i64 << 32) {
		let found = sigmoid::logistic_by_tables(I32F32::from_bits(exponent));
		let clamped = (exponent as f64 / 4_294_967_296.0).clamp(-20.0, 20.0);
		let exact = 4_294_967_296.0 / (1.0 + clamped.exp());
		prop_assert!((found.to_bits() as f64 - exact).abs() < 8.0, "{found:?} is not {exact}");
		let mirrored = sigmoid::logistic_by_tables(I32F32::from_bits(-exponent));
		prop_assert_eq!(found.saturating_add(mirrored), if exponent == 0 { found.saturating_add(found) } else { I32F32::ONE });
	}

	#[test]
	fn the_median_is_the_defined_one(
		votes in vec((0i64..30, 1i64..6), 0..200),
		kappa in 0..=10i64,
	) {
		let vote = |(score, stake)| Vote { score: I32F32::from_bits(score), stake: I32F32::from_bits(stake) };
		let mut votes: Vec<Vote> = votes.into_iter().map(vote).collect();
		let total: i64 = votes.iter().map(|vote| vote.stake.to_bits()).sum();
		// From a little below nothing to a little above everything, boundaries included.
		let minority = (total + 2) * kappa / 10 - 1;
		let expected = median_by_position(&votes, minority);
		prop_assert_eq!(weighted_median(&mut votes, I32F32::from_bits(minority)).to_bits(), expected);
	}
}
