//! The consensus on each UID from a matrix by rows: sorts all votes, one UID after the other.

use super::sparse::{at, Sparse};
use ganglion_yuma::{consensus::Vote, fixed::I32F32, vector};

/// The weight on each UID that more than `kappa` of the voting stake supports. A validator that does not name a
/// UID votes zero.
pub fn consensus(weights: &Sparse, stake: &[I32F32], kappa: I32F32) -> Vec<I32F32> {
	let mut stake = stake.to_vec();
	vector::normalise(&mut stake);
	let minority = vector::sum(&stake).saturating_sub(kappa);
	let voting = || {
		weights
			.rows()
			.enumerate()
			.filter(|(row, _)| at(&stake, *row) > I32F32::ZERO)
	};
	let column = |column: usize| {
		let vote = |(row, cells): (usize, &[super::sparse::Cell])| {
			let cell = cells.iter().find(|cell| usize::from(cell.column) == column);
			Vote {
				score: cell.map_or(I32F32::ZERO, |cell| cell.value),
				stake: at(&stake, row),
			}
		};
		median(voting().map(vote).collect(), minority)
	};
	(0..weights.size()).map(column).collect()
}

/// The lowest score up to which more than `minority` of the stake votes; the highest one if there is none.
fn median(mut votes: Vec<Vote>, minority: I32F32) -> I32F32 {
	votes.sort_by_key(|vote| vote.score);
	let mut below = I32F32::ZERO;
	for vote in &votes {
		below = below.saturating_add(vote.stake);
		if minority < below {
			return vote.score;
		}
	}
	votes.last().map_or(I32F32::ZERO, |vote| vote.score)
}
