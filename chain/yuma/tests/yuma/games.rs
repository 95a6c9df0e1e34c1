//! What nobody gains: by splitting a miner, by validators without stake, by copying.

use ganglion_yuma::{fixed::I32F32, liquid::LiquidAlpha, run, EpochInput, EpochOutput, Rows};
use proptest::{collection::vec, prelude::*};

/// Enough for an error of one unit in 2^32 to be seen.
const EMISSION: u64 = 1 << 62;
/// What rounding may move, as a share of the emission: some units of 2^-32.
const ROUNDING: u64 = EMISSION >> 27;

/// A subnet of validators with one row each over miners that have no stake. Miners come after validators.
fn subnet(stakes: &[u64], rows: &[Vec<u16>], yuma3: bool, kappa: u16) -> EpochInput {
	let (validators, miners) = (stakes.len(), rows[0].len());
	let n = validators + miners;
	let first = validators as u16;
	EpochInput {
		emission: EMISSION,
		n: n as u16,
		block: 1_000,
		stake: stakes.iter().copied().chain(vec![0; miners]).collect(),
		last_update: vec![999; n],
		registered_at: vec![1; n],
		activity_cutoff: 100,
		permits: (0..n).map(|uid| uid < validators).collect(),
		max_validators: first,
		kappa,
		bonds_penalty: u16::MAX,
		tempo: 10,
		bonds_moving_average: 900_000,
		weights: (0..)
			.zip(rows.iter().map(|row| (first..).zip(row.iter().copied()).collect()))
			.collect(),
		bonds: vec![],
		owner: None,
		threshold: 0,
		yuma3,
		liquid_alpha: false,
		commit_blocks: None,
		last_step_block: Some(990),
		alpha_low: 6_553,
		alpha_high: 58_982,
		steepness: 1_000,
		liquid_alpha_legacy: false,
		previous_consensus: None,
	}
}

prop_compose! {
	/// Stakes, and values that each validator gives to each miner, low enough to be multiplied by 8.
	fn opinions()(validators in 1usize..7, miners in 1usize..6)(
		stakes in vec(1u64..1_000_000, validators),
		rows in vec(vec(prop_oneof![Just(0u16), 0..8_191u16], miners), validators),
		yuma3 in any::<bool>(),
		kappa in prop_oneof![Just(32_767u16), any::<u16>()],
	) -> (Vec<u64>, Vec<Vec<u16>>, bool, u16) {
		(stakes, rows, yuma3, kappa)
	}
}

/// Parts of a whole of 8.
fn parts() -> impl Strategy<Value = Vec<u16>> {
	vec(1u16..=8, 1..6).prop_filter_map("parts of eight", |mut parts| {
		let sum: u16 = parts.iter().rev().skip(1).sum();
		*parts.last_mut()? = 8u16.checked_sub(sum).filter(|rest| *rest > 0)?;
		Some(parts)
	})
}

/// Rows with the first miner's value multiplied by each part, and all others' by their sum.
fn split(rows: &[Vec<u16>], parts: &[u16]) -> Vec<Vec<u16>> {
	let row = |row: &Vec<u16>| {
		let first = parts.iter().map(|part| row[0] * part);
		first.chain(row[1..].iter().map(|value| value * 8)).collect()
	};
	rows.iter().map(row).collect()
}

/// What `count` miners from the first get together.
fn earned(output: &EpochOutput, validators: usize, count: usize) -> u64 {
	output.server_emission[validators..validators + count].iter().sum()
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(512))]

	#[test]
	fn splitting_a_miner_pays_no_more((stakes, rows, yuma3, kappa) in opinions(), parts in parts()) {
		let whole = run(subnet(&stakes, &split(&rows, &[8]), yuma3, kappa));
		let divided = run(subnet(&stakes, &split(&rows, &parts), yuma3, kappa));
		let (one, many) = (earned(&whole, stakes.len(), 1), earned(&divided, stakes.len(), parts.len()));
		prop_assert!(many <= one.saturating_add(ROUNDING), "{many} for {parts:?} parts, {one} for one");
		prop_assert!(one <= many.saturating_add(ROUNDING), "rounding takes too much: {many} of {one}");
	}

	#[test]
	fn validators_without_stake_change_no_consensus(
		(stakes, rows, yuma3, kappa) in opinions(),
		sybils in vec(vec(any::<u16>(), 5), 1..4),
	) {
		let alone = run(subnet(&stakes, &rows, yuma3, kappa));
		let mut input = subnet(&stakes, &rows, yuma3, kappa);
		for row in sybils {
			let miners = (stakes.len() as u16..).zip(row).take(rows[0].len());
			input.weights.push((input.n, miners.collect()));
			input.n += 1;
			input.stake.push(0);
			input.last_update.push(999);
			input.registered_at.push(1);
			input.permits.push(true);
		}
		let besieged = run(input);
		let n = alone.incentive.len();
		prop_assert_eq!(&besieged.consensus[..n], &alone.consensus[..]);
		prop_assert_eq!(&besieged.incentive[..n], &alone.incentive[..]);
		prop_assert_eq!(&besieged.validator_trust[..n], &alone.validator_trust[..]);
		prop_assert!(besieged.emission[n..].iter().all(|amount| *amount == 0), "nothing for them");
		prop_assert!(besieged.permits[n..].iter().all(|permit| !permit));
		if !yuma3 {
			prop_assert_eq!(&besieged.dividends[..n], &alone.dividends[..]);
		}
	}

	#[test]
	fn a_copy_earns_what_its_original_earns_by_stake(
		(mut stakes, mut rows, yuma3, kappa) in opinions(),
		copier in 1u64..1_000_000,
		epochs in 1usize..5,
	) {
		stakes.push(copier);
		// Of one magnitude, so that the 16 bits of stored bonds tell all of them apart.
		stakes.iter_mut().for_each(|stake| *stake = 50_000 + *stake / 20);
		rows.push(rows[0].clone());
		let mut input = subnet(&stakes, &rows, yuma3, kappa);
		let mut output = run(input.clone());
		for _ in 0..epochs {
			input.bonds.clone_from(&output.bonds);
			output = run(input.clone());
		}
		let last = stakes.len() - 1;
		let by_stake = |uid: usize| output.validator_emission[uid] as f64 / stakes[uid] as f64;
		let (original, copy) = (by_stake(0), by_stake(last));
		prop_assert!((original - copy).abs() <= original * 1e-3, "{original} and {copy}");
	}

	#[test]
	fn a_copy_of_the_last_consensus_buys_at_the_lowest_rate(
		consensus in any::<u16>(),
		bond in any::<u16>(),
		ahead in any::<u16>(),
	) {
		let mut curve = LiquidAlpha::new(6_553, 58_982, 1_000, false);
		let share = I32F32::from_proportion;
		let (consensus, bond) = (share(consensus), share(bond.min(consensus)));
		let copied = curve.alpha(consensus, consensus, bond);
		let own = curve.alpha(consensus, consensus.max(share(ahead)), bond);
		prop_assert!(copied <= own);
	}
}

/// Validators that disagree about the parts of a miner can pay them more than the whole: the median of sums lies below the
/// sum of medians. What each gives is bounded by its own weight all the same.
#[test]
fn splitting_pays_where_validators_disagree_about_the_parts() {
	let whole = run(subnet(&[1, 1, 1], &[vec![4, 4], vec![2, 6], vec![2, 6]], true, 32_767));
	let divided = run(subnet(
		&[1, 1, 1],
		&[vec![2, 2, 4], vec![2, 0, 6], vec![0, 2, 6]],
		true,
		32_767,
	));
	let (one, many) = (earned(&whole, 3, 1), earned(&divided, 3, 2));
	assert!(many > one, "{many} {one}");
	// Of the first validator's 4 of 8 the consensus leaves 2 of 8 to the whole and everything to the parts.
	assert_eq!(whole.validator_trust[0], 49_151);
	assert_eq!(divided.validator_trust[0], 65_535);
}

/// In Yuma 3 a bond is no smaller for having no stake behind it: it dilutes the column's others. Therefore the chain gives
/// permits by stake, with a minimum, and takes the bonds of whoever loses his.
#[test]
fn validators_without_stake_dilute_the_dividends_of_yuma3() {
	let rows = [vec![8, 2], vec![2, 8]];
	let alone = run(subnet(&[5, 5], &rows, true, 0));
	assert_eq!(alone.dividends[0], alone.dividends[1]);
	let mut input = subnet(&[5, 5, 0], &[rows[0].clone(), rows[1].clone(), vec![1, 0]], true, 0);
	input.permits[2] = true;
	let besieged = run(input);
	assert!(
		besieged.dividends[0] < besieged.dividends[1],
		"{:?}",
		besieged.dividends
	);
	assert!(!besieged.permits[2], "for one epoch");
}

/// Liquid alpha as it was defined forgets a bond whose validator leaves the miner out; the fixed form lets it decay, as
/// the common rate and an explicit weight of zero do.
#[test]
fn a_bond_without_a_weight_decays() {
	let bonds = |legacy: bool, weights: &[(u16, u16)]| -> Rows {
		let mut input = subnet(&[5, 5], &[vec![4, 4], vec![4, 4]], true, 32_767);
		input.weights = vec![(0, weights.to_vec()), (1, vec![(2, 4), (3, 4)])];
		input.bonds = vec![(0, vec![(2, 40_000), (3, 40_000)])];
		input.liquid_alpha = true;
		input.liquid_alpha_legacy = legacy;
		run(input).bonds
	};
	let of_first = |rows: Rows| rows[0].1.clone();
	let (absent, zero) = (&[(2, 4)][..], &[(2, 4), (3, 0)][..]);
	assert_eq!(of_first(bonds(true, absent)).len(), 1, "gone at once");
	let decayed = of_first(bonds(false, absent));
	assert_eq!(decayed.len(), 2);
	assert!((1..40_000).contains(&decayed[1].1), "{decayed:?}");
	assert_eq!(decayed, of_first(bonds(false, zero)), "absent is zero");
	assert_eq!(of_first(bonds(true, zero)), of_first(bonds(false, zero)));
}

/// With the default penalty bonds follow clipped weights, which never lie above this epoch's consensus: measured from that,
/// everybody who buys would do so at the lowest rate, the first to find a miner like those who follow.
#[test]
fn who_was_ahead_of_the_last_consensus_buys_faster() {
	let first_bond = |previous: Option<Vec<u16>>| {
		let mut input = subnet(&[5, 5], &[vec![4, 4], vec![4, 4]], true, 32_767);
		input.liquid_alpha = true;
		input.previous_consensus = previous;
		run(input).bonds[0].1[0].1
	};
	let (same_epoch, known) = (first_bond(None), first_bond(Some(vec![0, 0, 32_767, 32_767])));
	assert_eq!(same_epoch, known, "a copy of what was known");
	assert!(
		first_bond(Some(vec![0, 0, 6_553, 32_767])) > known,
		"a miner that others had not found"
	);
}
