//! What holds for any ballots, stakes and fees: the arithmetic of a tally on random worlds, by fixed seeds.
#![allow(
	clippy::unwrap_used,
	clippy::arithmetic_side_effects,
	clippy::indexing_slicing,
	reason = "tests"
)]

use crate::{
	tally::{medians, shares, without_absent, Voter},
	Share,
};
use ganglion_primitives::{Balance, NetUid, GNG};

const WORLDS: u64 = 2_000;
const FEE_SHARE: u16 = 13_107;

/// A small generator (xorshift64*).
struct Random(u64);

impl Random {
	fn world(seed: u64) -> Self {
		Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
	}

	fn below(&mut self, end: u64) -> u64 {
		self.0 ^= self.0 >> 12;
		self.0 ^= self.0 << 25;
		self.0 ^= self.0 >> 27;
		self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) % end
	}
}

type Ballot = (Vec<(NetUid, u16)>, Balance);

/// One to eight subnets, ascending.
fn subnets(random: &mut Random) -> Vec<NetUid> {
	let mut netuid = 0;
	(0..1 + random.below(8))
		.map(|_| {
			netuid += 1 + random.below(3) as u16;
			NetUid(netuid)
		})
		.collect()
}

/// A ballot on some of the subnets, and one that does not count.
fn ballot(random: &mut Random, subnets: &[NetUid], stake: Balance) -> Ballot {
	let mut weights = Vec::new();
	for netuid in subnets {
		if random.below(3) > 0 {
			weights.push((*netuid, random.below(65_536) as u16));
		}
	}
	weights.push((NetUid(60_000), 1));
	(weights, stake)
}

fn ballots(random: &mut Random, subnets: &[NetUid]) -> Vec<Ballot> {
	(0..1 + random.below(12))
		.map(|_| {
			let stake = GNG * Balance::from(1 + random.below(1_000_000));
			ballot(random, subnets, stake)
		})
		.collect()
}

fn voters(ballots: &[Ballot]) -> Vec<Voter<'_>> {
	ballots
		.iter()
		.map(|(weights, stake)| Voter { weights, stake: *stake })
		.collect()
}

fn stake(ballots: &[Ballot]) -> Balance {
	ballots.iter().map(|(_, stake)| stake).sum()
}

#[test]
fn shares_are_parts_of_one() {
	for seed in 0..WORLDS {
		let random = &mut Random::world(seed);
		let subnets = subnets(random);
		let ballots = ballots(random, &subnets);
		let all = stake(&ballots) * Balance::from(random.below(3));
		let found = medians(&voters(&ballots), all, &subnets);
		let sum: u64 = found.iter().sum();
		assert_eq!(found.len(), subnets.len());
		let one = 1u64 << 32;
		assert!(
			sum == 0 || (sum <= one && sum > one - subnets.len() as u64),
			"{seed}: {sum}"
		);
	}
}

#[test]
fn whoever_has_less_than_half_gives_nothing_to_what_nobody_else_names() {
	let mut alone = 0;
	for seed in 0..WORLDS {
		let random = &mut Random::world(seed);
		let subnets = subnets(random);
		let at = random.below(subnets.len() as u64) as usize;
		let mut ballots = ballots(random, &subnets);
		ballots
			.iter_mut()
			.for_each(|(weights, _)| weights.retain(|(netuid, _)| *netuid != subnets[at]));
		// Some of the others are silent. The bloc has as much as all of them at most.
		let (others, mut bloc) = (stake(&ballots), 0);
		ballots.truncate(random.below(1 + ballots.len() as u64) as usize);
		for _ in 0..1 + random.below(5) {
			let part = (others - bloc) * Balance::from(1 + random.below(100)) / 100;
			ballots.push((vec![(subnets[at], 1 + random.below(65_535) as u16)], part));
			bloc += part;
		}
		let found = medians(&voters(&ballots), others + bloc, &subnets);
		assert_eq!(found[at], 0, "{seed}");
		alone += u64::from(medians(&voters(&ballots), 0, &subnets)[at] > 0);
	}
	assert!(
		alone > WORLDS / 10,
		"where silence did not count, it would often: {alone}"
	);
}

#[test]
fn whoever_has_less_than_half_stays_within_what_all_others_say() {
	for seed in 0..WORLDS {
		let random = &mut Random::world(seed);
		let subnets = subnets(random);
		// All others agree, and vote; whatever the bloc says, their split is the result.
		let stake = GNG * Balance::from(1_000 + random.below(1_000_000));
		let (agreed, _) = ballot(random, &subnets, stake);
		let mut ballots: Vec<Ballot> = vec![(agreed, stake)];
		let honest = medians(&voters(&ballots), 0, &subnets);
		let bloc = stake * 999 / 1_000;
		ballots.push(ballot(random, &subnets, bloc / 3));
		ballots.push(ballot(random, &subnets, bloc - bloc / 3));
		let found = medians(&voters(&ballots), 0, &subnets);
		for (one, other) in found.iter().zip(&honest) {
			assert!(one.abs_diff(*other) <= 1, "{seed}: {found:?} {honest:?}");
		}
	}
}

#[test]
fn the_order_of_ballots_and_their_splitting_change_nothing() {
	for seed in 0..WORLDS {
		let random = &mut Random::world(seed);
		let subnets = subnets(random);
		// Stake in parts of 2^-10, so that no rounding decides.
		let mut left: Balance = 1_024;
		let mut ballots = Vec::new();
		while left > 0 {
			let part = 1 + Balance::from(random.below(left.min(400) as u64));
			left -= part;
			ballots.push(ballot(random, &subnets, part * GNG));
		}
		let found = medians(&voters(&ballots), 0, &subnets);
		let split: Vec<Ballot> = ballots
			.iter()
			.flat_map(|(weights, stake)| [(weights.clone(), stake / 4), (weights.clone(), stake - stake / 4)])
			.rev()
			.collect();
		assert_eq!(medians(&voters(&split), 0, &subnets), found, "{seed}");
	}
}

#[test]
fn fees_are_bounded_and_nothing_is_given_twice() {
	for seed in 0..WORLDS {
		let random = &mut Random::world(seed);
		let subnets = subnets(random);
		let ballots = ballots(random, &subnets);
		let voted = medians(
			&voters(&ballots),
			stake(&ballots) * 2 * Balance::from(random.below(2)),
			&subnets,
		);
		let burned: Vec<(NetUid, Balance)> = subnets
			.iter()
			.filter(|_| seed % 3 > 0)
			.map(|netuid| (*netuid, Balance::from(random.below(1 << 40))))
			.collect();
		let period = Balance::from(1 + random.below(1 << 45));
		let found = shares(period, FEE_SHARE, &subnets, &voted, &burned);
		let total = |shares: &[Share]| shares.iter().map(|share| Balance::from(share.total())).sum::<Balance>();
		let fees: Balance = found.iter().map(|share| Balance::from(share.fees)).sum();
		assert!(fees <= period * Balance::from(FEE_SHARE) / 65_535, "{seed}");
		assert!(
			total(&found) <= period && period - total(&found) <= 2 * subnets.len() as Balance,
			"{seed}"
		);
		for (share, (_, fee)) in found.iter().zip(&burned) {
			assert!(Balance::from(share.fees) <= *fee, "{seed}: {share:?}");
		}
		// Some go: the others get what was theirs, and no more by fees.
		let stays = |netuid: NetUid| !(seed + u64::from(netuid.0)).is_multiple_of(3);
		let left = without_absent(&found, stays);
		let same = |share: &Share| {
			found
				.iter()
				.any(|other| (other.netuid, other.fees) == (share.netuid, share.fees))
		};
		assert!(left.iter().all(|share| stays(share.netuid) && same(share)), "{seed}");
		assert!(
			left.is_empty() || total(&found) - total(&left) <= subnets.len() as Balance,
			"{seed}"
		);
	}
}
