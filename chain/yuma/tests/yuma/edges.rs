//! Rules that no vector reaches: columns of the wrong length, threshold and owner, the last step's block, row order.

use ganglion_yuma::{consensus::Electorate, fixed::I32F32, liquid, run, EpochInput, Rows};

/// Two validators with equal stake that weigh one another and two miners.
fn base() -> EpochInput {
	EpochInput {
		emission: 1_000_000_000,
		n: 4,
		block: 100,
		stake: vec![5, 5, 0, 0],
		last_update: vec![99; 4],
		registered_at: vec![1; 4],
		activity_cutoff: 50,
		permits: vec![true, true, false, false],
		max_validators: 4,
		kappa: 32_767,
		bonds_penalty: u16::MAX,
		tempo: 10,
		bonds_moving_average: 900_000,
		weights: vec![(0, vec![(2, 1), (3, 1)]), (1, vec![(2, 1), (3, 1)])],
		bonds: vec![],
		owner: None,
		threshold: 0,
		yuma3: false,
		liquid_alpha: false,
		commit_blocks: None,
		last_step_block: None,
		alpha_low: 45_875,
		alpha_high: 58_982,
		steepness: 1_000,
		liquid_alpha_legacy: false,
		previous_consensus: None,
	}
}

#[test]
fn without_uids_there_is_nothing() {
	let output = run(EpochInput { n: 0, ..base() });
	assert!(output.emission.is_empty() && output.bonds.is_empty());
}

#[test]
fn a_permit_that_is_missing_is_none() {
	let output = run(EpochInput {
		permits: vec![true],
		weights: vec![],
		..base()
	});
	assert_eq!(output.validator_emission, [1_000_000_000, 0, 0, 0]);
}

#[test]
fn without_any_permits_stake_counts_but_no_weight_does() {
	let output = run(EpochInput {
		permits: vec![],
		..base()
	});
	assert_eq!(output.incentive, [0; 4]);
	assert_eq!(output.validator_emission, [500_000_000, 500_000_000, 0, 0]);
}

#[test]
fn a_missing_update_is_none_since_genesis() {
	let output = run(EpochInput {
		last_update: vec![99],
		..base()
	});
	assert_eq!(output.active, [true, false, false, false]);
	assert_eq!(output.dividends, [65535, 0, 0, 0]);
	let output = run(EpochInput {
		last_update: vec![],
		registered_at: vec![],
		..base()
	});
	assert_eq!(output.active, [false; 4]);
	assert_eq!(
		output.validator_emission,
		[500_000_000, 500_000_000, 0, 0],
		"no column, no mask"
	);
	assert_eq!(output.incentive, [0; 4], "update 0 is not after registration 0");
	let output = run(EpochInput {
		last_update: vec![],
		permits: vec![true, false, false, false],
		..base()
	});
	assert_eq!(
		output.validator_emission,
		[1_000_000_000, 0, 0, 0],
		"permits mask all the same"
	);
}

#[test]
fn activity_lasts_through_the_last_block_of_the_cutoff() {
	let output = run(EpochInput {
		last_update: vec![50, 49, 99, 99],
		..base()
	});
	assert_eq!(output.active, [true, false, true, true]);
	assert_eq!(output.dividends, [65535, 0, 0, 0]);
}

#[test]
fn the_threshold_spares_the_owner() {
	let output = run(EpochInput {
		threshold: 6,
		owner: Some(1),
		..base()
	});
	assert_eq!(output.stake_weight, [0, 65535, 0, 0]);
	assert_eq!(output.permits, [false, true, false, false]);
	let output = run(EpochInput { threshold: 5, ..base() });
	assert_eq!(output.stake_weight, [32767, 32767, 0, 0]);
}

#[test]
fn the_owner_has_a_permit_without_stake_and_may_weigh_itself() {
	let weights: Rows = vec![(0, vec![(0, 1), (2, 1)]), (1, vec![(1, 1), (2, 1)])];
	let output = run(EpochInput {
		owner: Some(0),
		weights: weights.clone(),
		kappa: 0,
		..base()
	});
	assert_eq!(
		output.consensus,
		[32767, 0, 65535, 0],
		"the other validator's weight on itself does not count"
	);
	let output = run(EpochInput {
		owner: Some(3),
		weights,
		..base()
	});
	assert_eq!(output.permits, [true, true, false, true]);
	let output = run(EpochInput {
		owner: Some(0),
		permits: vec![false; 4],
		..base()
	});
	assert_eq!(
		output.dividends,
		[65535, 0, 0, 0],
		"the owner votes without a stored permit"
	);
	assert_eq!(
		run(EpochInput {
			owner: Some(9),
			..base()
		}),
		run(base()),
		"an owner beyond n is none"
	);
}

#[test]
fn stake_ties_go_to_the_higher_uid() {
	assert_eq!(
		run(EpochInput {
			max_validators: 1,
			..base()
		})
		.permits,
		[false, true, false, false]
	);
	assert_eq!(
		run(EpochInput {
			max_validators: 0,
			..base()
		})
		.permits,
		[false; 4]
	);
}

#[test]
fn bonds_on_a_uid_registered_since_the_last_epoch_are_dropped() {
	let bonds = vec![(0, vec![(2, 65535)])];
	let kept = |registered: u64, last_step_block: Option<u64>| {
		let registered_at = vec![1, 1, registered, 1];
		let input = EpochInput {
			registered_at,
			last_step_block,
			bonds: bonds.clone(),
			weights: vec![],
			..base()
		};
		!run(input).bonds.is_empty()
	};
	// Without a last step the boundary is block - tempo = 90, with one it is the block after it.
	assert_eq!([kept(89, None), kept(90, None)], [true, false]);
	assert_eq!([kept(89, Some(0)), kept(90, Some(0))], [true, false]);
	assert_eq!([kept(80, Some(80)), kept(81, Some(80))], [true, false]);
}

#[test]
fn a_commitment_older_than_its_target_does_not_count() {
	let registered_at = vec![1, 1, 50, 1];
	let with = |commit_blocks| {
		run(EpochInput {
			commit_blocks,
			registered_at: registered_at.clone(),
			..base()
		})
	};
	assert_eq!(with(Some(vec![49, 49, u64::MAX, u64::MAX])).incentive, [0, 0, 0, 65535]);
	assert_eq!(
		with(Some(vec![50, 50, u64::MAX, u64::MAX])).incentive,
		[0, 0, 32767, 32767]
	);
	assert_eq!(
		with(Some(vec![])).incentive,
		[0, 0, 32767, 32767],
		"no entry, no commitment"
	);
}

#[test]
fn repeated_and_foreign_cells_are_ignored() {
	let weights = vec![
		(0, vec![(2, 1), (9, 7), (3, 1), (2, 500)]),
		(1, vec![(2, 1), (3, 1)]),
		(0, vec![(3, 1)]),
		(7, vec![(2, 1)]),
	];
	assert_eq!(run(EpochInput { weights, ..base() }), run(base()));
}

#[test]
fn cells_that_are_zero_count_as_votes_for_nothing() {
	let weights = vec![(0, vec![(2, 0), (3, 0)]), (1, vec![(2, 0), (3, 5)])];
	let output = run(EpochInput {
		weights,
		kappa: 0,
		..base()
	});
	assert_eq!(output.consensus, [0, 0, 0, 65535]);
	assert_eq!(output.validator_trust, [0, 65535, 0, 0]);
}

#[test]
fn classic_bonds_do_not_depend_on_the_order_of_cells() {
	let reversed = |rows: &Rows| -> Rows {
		rows.iter()
			.map(|(uid, cells)| (*uid, cells.iter().rev().copied().collect()))
			.collect()
	};
	let weights = vec![(0, vec![(1, 9), (2, 5), (3, 1)]), (1, vec![(0, 2), (2, 1), (3, 7)])];
	let bonds = vec![(0, vec![(2, 65535), (3, 4)]), (1, vec![(2, 9), (3, 65535)])];
	let (other_weights, other_bonds) = (reversed(&weights), reversed(&bonds));
	for bonds_penalty in [0, 32_768, 65_535] {
		let input = EpochInput {
			bonds_penalty,
			weights: weights.clone(),
			bonds: bonds.clone(),
			..base()
		};
		let other = EpochInput {
			weights: other_weights.clone(),
			bonds: other_bonds.clone(),
			..input.clone()
		};
		assert_eq!(run(input), run(other));
	}
}

#[test]
fn without_consensus_liquid_alpha_gives_way_to_the_common_rate() {
	let bonds = vec![(0, vec![(2, 65_535)])];
	let input = EpochInput {
		yuma3: true,
		liquid_alpha: true,
		weights: vec![],
		bonds,
		..base()
	};
	assert_eq!(
		run(input).bonds,
		[(0, vec![(2, 58_981)])],
		"nine tenths remain, where liquid alpha leaves nothing"
	);
}

#[test]
fn liquid_alpha_stays_between_its_ends() {
	let mut curve = liquid::LiquidAlpha::new(6_553, 19_660, 1_000, false);
	let (low, high) = (I32F32::from_proportion(6_553), I32F32::from_proportion(19_660));
	let mut at = |weight: i32| curve.alpha(I32F32::ZERO, I32F32::from_int(weight), I32F32::ZERO);
	assert!(low < at(0) && at(0) < at(1) && at(1) < high);
	assert_eq!(at(5), at(1), "the distance is at most 1");
	let mut crossed = liquid::LiquidAlpha::new(19_660, 6_553, 1_000, false);
	assert_eq!(
		crossed.alpha(I32F32::ZERO, I32F32::ONE, I32F32::ZERO),
		high,
		"the lower end wins"
	);
}

#[test]
fn a_weight_equal_to_the_bond_is_one_that_buys() {
	let mut curve = liquid::LiquidAlpha::new(6_553, 19_660, 1_000, false);
	let (zero, half) = (I32F32::ZERO, I32F32::HALF);
	assert_eq!(curve.alpha(zero, half, half), curve.alpha(zero, half, zero));
	assert_ne!(curve.alpha(zero, half, half), curve.alpha(zero, zero, zero));
}

/// Consensus on one UID, for a row each of its weight (in tenths, if any) and a stake.
fn consensus_of(votes: &[(Option<i32>, i32)], kappa: I32F32) -> I32F32 {
	let stake: Vec<I32F32> = votes.iter().map(|(_, stake)| I32F32::from_int(*stake)).collect();
	let named = (0..)
		.zip(votes)
		.filter_map(|(row, (tenths, _))| Some((row, tenths_of_one((*tenths)?))));
	Electorate::new(&stake, kappa).consensus(named, &mut Vec::new())
}

fn tenths_of_one(tenths: i32) -> I32F32 {
	I32F32::from_int(tenths).safe_div(I32F32::from_int(10))
}

#[test]
fn consensus_is_over_shares_of_the_stake_that_votes() {
	let votes = [(Some(2), 2), (Some(8), 1), (Some(9), 0)];
	assert_eq!(consensus_of(&votes, I32F32::HALF), tenths_of_one(2));
	assert_eq!(
		consensus_of(&votes, I32F32::ZERO),
		tenths_of_one(8),
		"the highest weight that has stake"
	);
	assert_eq!(consensus_of(&votes, I32F32::ONE), tenths_of_one(2), "what all support");
	assert_eq!(
		consensus_of(&[(Some(2), 0)], I32F32::HALF),
		I32F32::ZERO,
		"nobody votes"
	);
}

#[test]
fn a_minority_of_exactly_one_half_does_not_lower_the_consensus() {
	assert_eq!(consensus_of(&[(None, 1), (Some(7), 1)], I32F32::HALF), tenths_of_one(7));
	assert_eq!(
		consensus_of(&[(Some(0), 1), (Some(7), 1)], I32F32::HALF),
		tenths_of_one(7)
	);
	assert_eq!(consensus_of(&[(None, 2), (Some(7), 1)], I32F32::HALF), I32F32::ZERO);
}
