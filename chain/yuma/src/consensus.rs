//! Consensus: for each UID the stake-weighted median of the weights that validators give it.
//!
//! Deliberately knows nothing of who the validators are; a stake above zero makes one.

use crate::{
	fixed::I32F32,
	sparse::{at, Sparse},
	vector,
};
use alloc::{vec, vec::Vec};
use core::{cmp::Ordering, ops::Range};

/// Below this many votes sorting beats selecting.
const SORT_UP_TO: usize = 24;

/// One validator's weight on the UID in question, and its stake.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Vote {
	/// The weight.
	pub score: I32F32,
	/// The validator's share of the stake that votes.
	pub stake: I32F32,
}

/// The weight on each UID that more than `kappa` of the voting stake supports. A validator that does not name a
/// UID votes zero.
pub fn consensus(weights: &Sparse, stake: &[I32F32], kappa: I32F32) -> Vec<I32F32> {
	let mut stake = stake.to_vec();
	vector::normalise(&mut stake);
	let total = vector::sum(&stake);
	let minority = total.saturating_sub(kappa);
	let voters = stake.iter().filter(|stake| **stake > I32F32::ZERO).count();
	let mut ballots = Ballots::collect(weights, &stake);
	(0..weights.size())
		.map(|column| {
			let votes = ballots.votes(column);
			let named = votes
				.iter()
				.fold(I32F32::ZERO, |sum, vote| sum.saturating_add(vote.stake));
			let silent = total.saturating_sub(named);
			if votes.len() < voters && minority < silent {
				return I32F32::ZERO;
			}
			median_above(votes, minority, silent)
		})
		.collect()
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
	while votes.len() > SORT_UP_TO && rounds > 0 {
		rounds = rounds.saturating_sub(1);
		let pivot = votes.get(votes.len() / 2).copied().unwrap_or_default().score;
		let equal = partition(votes, pivot);
		let (rest, upper) = votes.split_at_mut(equal.end);
		let (lower, level) = rest.split_at_mut(equal.start);
		let up_to_lower = add_stakes(below, lower);
		let up_to_pivot = add_stakes(up_to_lower, level);
		if minority < up_to_lower && !lower.is_empty() {
			votes = lower;
		} else if up_to_pivot <= minority && !upper.is_empty() {
			votes = upper;
			below = up_to_pivot;
		} else {
			return pivot;
		}
	}
	median_sorted(votes, minority, below)
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

/// `stake` and that of all votes.
fn add_stakes(stake: I32F32, votes: &[Vote]) -> I32F32 {
	votes.iter().fold(stake, |sum, vote| sum.saturating_add(vote.stake))
}

/// Moves votes below `pivot` to the front and those above it to the back; returns where the equal ones lie.
fn partition(votes: &mut [Vote], pivot: I32F32) -> Range<usize> {
	let (mut low, mut next, mut high) = (0usize, 0usize, votes.len());
	while next < high {
		match votes.get(next).map_or(Ordering::Equal, |vote| vote.score.cmp(&pivot)) {
			Ordering::Less => {
				votes.swap(low, next);
				low = low.saturating_add(1);
				next = next.saturating_add(1);
			}
			Ordering::Equal => next = next.saturating_add(1),
			Ordering::Greater => {
				high = high.saturating_sub(1);
				votes.swap(next, high);
			}
		}
	}
	low..high
}

/// All votes, grouped by the UID they are for, in one allocation.
struct Ballots {
	/// Where the votes for each UID begin, and how many there are.
	groups: Vec<Range<usize>>,
	votes: Vec<Vote>,
}

impl Ballots {
	/// Sorts the weights of all rows with stake by column (counting sort).
	fn collect(weights: &Sparse, stake: &[I32F32]) -> Self {
		let voting = || {
			weights
				.rows()
				.enumerate()
				.filter(|(row, _)| at(stake, *row) > I32F32::ZERO)
		};
		let mut groups = Self::groups(
			weights.size(),
			voting().flat_map(|(_, cells)| cells).map(|cell| cell.column),
		);
		let total = groups.last().map_or(0, |group| group.end);
		let mut votes = vec![Vote::default(); total];
		for group in &mut groups {
			group.end = group.start;
		}
		for (row, cells) in voting() {
			for cell in cells {
				let Some(group) = groups.get_mut(usize::from(cell.column)) else {
					continue;
				};
				if let Some(vote) = votes.get_mut(group.end) {
					*vote = Vote {
						score: cell.value,
						stake: at(stake, row),
					};
				}
				group.end = group.end.saturating_add(1);
			}
		}
		Self { groups, votes }
	}

	/// One range per column, as long as the column occurs, one after the other.
	fn groups(size: usize, columns: impl Iterator<Item = u16>) -> Vec<Range<usize>> {
		let mut counts = vec![0usize; size];
		for column in columns {
			if let Some(count) = counts.get_mut(usize::from(column)) {
				*count = count.saturating_add(1);
			}
		}
		let mut start = 0usize;
		let range = |count: usize| {
			let group = start..start.saturating_add(count);
			start = group.end;
			group
		};
		counts.into_iter().map(range).collect()
	}

	/// The votes for one UID.
	fn votes(&mut self, column: usize) -> &mut [Vote] {
		let group = self.groups.get(column).cloned().unwrap_or_default();
		self.votes.get_mut(group).unwrap_or_default()
	}
}
