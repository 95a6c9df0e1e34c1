//! Consensus: for each UID the stake-weighted median of the weights that validators give it, and what it leaves of them.
//!
//! Deliberately knows nothing of who the validators are; a stake above zero makes one.

use crate::{
	fixed::I32F32,
	vector,
	weights::{at, Weights},
};
use alloc::{vec, vec::Vec};

/// Up to this many votes comparing each with each beats selecting.
const COMPARE_UP_TO: usize = 12;

/// One validator's weight on the UID in question, and its stake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vote {
	/// The weight.
	pub score: I32F32,
	/// The validator's share of the stake that votes.
	pub stake: I32F32,
}

/// What the validators together think. Columns have one element per UID.
pub struct Judgement {
	/// The weight on each UID that more than kappa of the voting stake supports.
	pub consensus: Vec<I32F32>,
	/// What the consensus left of each validator's row.
	pub trust: Vec<I32F32>,
	/// Weights on each UID, clipped to its consensus, summed by stake.
	pub rank: Vec<I32F32>,
}

impl Judgement {
	/// Judges all UIDs. A validator that does not name a UID votes zero.
	pub fn of(weights: &Weights, active_stake: &[I32F32], kappa: I32F32) -> Self {
		let electorate = Electorate::new(active_stake, kappa);
		let mut judgement = Self {
			consensus: Vec::with_capacity(active_stake.len()),
			trust: vec![I32F32::ZERO; active_stake.len()],
			rank: Vec::with_capacity(active_stake.len()),
		};
		let mut votes = Vec::new();
		for column in weights.iter() {
			let consensus = electorate.consensus(column.clone(), &mut votes);
			let mut rank = I32F32::ZERO;
			for (row, weight) in column {
				let Some(clipped) = clip(weight, consensus) else {
					continue;
				};
				rank = rank.saturating_add(at(active_stake, row).saturating_mul(clipped));
				if let Some(trust) = judgement.trust.get_mut(usize::from(row)) {
					*trust = trust.saturating_add(clipped);
				}
			}
			judgement.consensus.push(consensus);
			judgement.rank.push(rank);
		}
		judgement
	}
}

/// A weight lowered to a limit; above a limit of zero nothing is left.
pub fn clip(weight: I32F32, limit: I32F32) -> Option<I32F32> {
	if weight <= limit {
		Some(weight)
	} else {
		(limit > I32F32::ZERO).then_some(limit)
	}
}

/// Who votes, and how much of them is too little.
pub struct Electorate {
	/// Shares of the voting stake by UID.
	stake: Vec<I32F32>,
	total: I32F32,
	minority: I32F32,
	voters: usize,
}

impl Electorate {
	/// Everybody with active stake; a weight needs more than `kappa` of it.
	pub fn new(active_stake: &[I32F32], kappa: I32F32) -> Self {
		let mut stake = active_stake.to_vec();
		vector::normalise(&mut stake);
		let total = vector::sum(&stake);
		Self {
			total,
			minority: total.saturating_sub(kappa),
			voters: stake.iter().filter(|stake| **stake > I32F32::ZERO).count(),
			stake,
		}
	}

	/// The consensus on one UID, from the rows that name it and their weights. `votes` is scratch.
	pub fn consensus(&self, weights: impl Iterator<Item = (u16, I32F32)>, votes: &mut Vec<Vote>) -> I32F32 {
		votes.clear();
		let mut named = I32F32::ZERO;
		for (row, score) in weights {
			let stake = at(&self.stake, row);
			if stake > I32F32::ZERO {
				named = named.saturating_add(stake);
				votes.push(Vote { score, stake });
			}
		}
		let silent = self.total.saturating_sub(named);
		if votes.len() < self.voters && self.minority < silent {
			return I32F32::ZERO;
		}
		median_above(votes, self.minority, silent)
	}
}

/// The lowest score up to which more than `minority` of the stake votes; the highest one if there is none.
/// 0 without votes. The order of `votes` is lost.
pub fn weighted_median(votes: &mut [Vote], minority: I32F32) -> I32F32 {
	median_above(votes, minority, I32F32::ZERO)
}

/// [`weighted_median`] where stake `below` has voted for less than all of `votes`.
fn median_above(mut votes: &mut [Vote], minority: I32F32, mut below: I32F32) -> I32F32 {
	// Each round halves the votes unless the pivots are unlucky; sorting then bounds the work.
	let mut rounds = votes.len().checked_ilog2().unwrap_or(0).saturating_mul(2);
	while votes.len() > COMPARE_UP_TO {
		if rounds == 0 {
			return median_sorted(votes, minority, below);
		}
		rounds = rounds.saturating_sub(1);
		let pivot = middle(votes);
		let (lower, rest, up_to_lower) = partition(votes, below, |vote| vote.score < pivot);
		if minority < up_to_lower && !lower.is_empty() {
			votes = lower;
			continue;
		}
		let (_, upper, up_to_pivot) = partition(rest, up_to_lower, |vote| vote.score <= pivot);
		if minority < up_to_pivot || upper.is_empty() {
			return pivot;
		}
		votes = upper;
		below = up_to_pivot;
	}
	median_compared(votes, minority, below)
}

/// The middle one of three scores: a pivot that is seldom far out.
fn middle(votes: &[Vote]) -> I32F32 {
	let score = |index: usize| votes.get(index).copied().unwrap_or_default().score;
	let (a, b, c) = (score(0), score(votes.len() / 2), score(votes.len().saturating_sub(1)));
	a.min(b).max(a.max(b).min(c))
}

/// Moves votes for which `is_low` holds to the front. Returns them, the others, and `below` with the stake of the low ones.
/// Without branches that depend on the votes, whose outcome no processor can guess.
fn partition(votes: &mut [Vote], below: I32F32, is_low: impl Fn(&Vote) -> bool) -> (&mut [Vote], &mut [Vote], I32F32) {
	let (mut low, mut stake) = (0usize, below);
	for next in 0..votes.len() {
		let vote = votes.get(next).copied().unwrap_or_default();
		let is_low = is_low(&vote);
		votes.swap(low, next);
		low = low.wrapping_add(usize::from(is_low));
		stake = stake.saturating_add(if is_low { vote.stake } else { I32F32::ZERO });
	}
	let (lower, upper) = votes.split_at_mut(low);
	(lower, upper, stake)
}

/// [`median_above`] by comparing each vote with each.
fn median_compared(votes: &[Vote], minority: I32F32, below: I32F32) -> I32F32 {
	let (mut median, mut highest) = (I32F32::MAX, I32F32::MIN);
	for candidate in votes {
		let stake_of = |vote: &Vote| {
			if vote.score <= candidate.score {
				vote.stake
			} else {
				I32F32::ZERO
			}
		};
		let up_to = votes.iter().fold(below, |sum, vote| sum.saturating_add(stake_of(vote)));
		let supported = if minority < up_to { candidate.score } else { I32F32::MAX };
		median = median.min(supported);
		highest = highest.max(candidate.score);
	}
	if votes.is_empty() {
		return I32F32::ZERO;
	}
	median.min(highest)
}

/// [`median_above`] by sorting.
fn median_sorted(votes: &mut [Vote], minority: I32F32, mut below: I32F32) -> I32F32 {
	votes.sort_unstable_by_key(|vote| vote.score);
	for vote in votes.iter() {
		below = below.saturating_add(vote.stake);
		if minority < below {
			return vote.score;
		}
	}
	votes.last().map_or(I32F32::ZERO, |vote| vote.score)
}
