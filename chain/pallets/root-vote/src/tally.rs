//! The arithmetic of a tally: ballots and fees in, shares out. No storage.

use crate::types::Share;
use alloc::{vec, vec::Vec};
use ganglion_primitives::{Balance, NetUid, ONE_U16};
use ganglion_yuma::{
	consensus::{weighted_median, Vote},
	fixed::{I32F32, I64F64},
	vector,
};
use sp_arithmetic::{helpers_128bit::multiply_by_rational_with_rounding, Rounding};

/// The majority that moves a share: the smallest proportion above one half, so that exactly half moves nothing.
pub const KAPPA: u16 = 32_768;

/// A voter as the tally sees it.
pub struct Voter<'a> {
	/// Weights, ascending by subnet.
	pub weights: &'a [(NetUid, u16)],
	/// Stake, nano.
	pub stake: Balance,
}

/// The median of the voters' weights on each of the subnets (ascending), normalised, in units of 2^-32. All zero where
/// there is no majority for anything.
///
/// `all` is the stake that could vote, nano. What of it is silent counts as a vote for nothing, so that few who vote
/// while the others don't decide no more than they would among all.
pub fn medians(voters: &[Voter<'_>], all: Balance, subnets: &[NetUid]) -> Vec<u64> {
	let cast = voters
		.iter()
		.fold(0, |sum: Balance, voter| sum.saturating_add(voter.stake));
	let total = cast.max(all);
	let silent = Vote {
		score: I32F32::ZERO,
		stake: part(total.saturating_sub(cast), total),
	};
	let stakes: Vec<I32F32> = voters.iter().map(|voter| part(voter.stake, total)).collect();
	let rows: Vec<Vec<I32F32>> = voters.iter().map(|voter| row(voter.weights, subnets)).collect();
	let minority = vector::sum(&stakes)
		.saturating_add(silent.stake)
		.saturating_sub(I32F32::from_proportion(KAPPA));
	let mut found: Vec<I32F32> = (0..subnets.len())
		.map(|index| {
			let mut votes: Vec<Vote> = stakes
				.iter()
				.zip(&rows)
				.map(|(stake, row)| Vote {
					score: row.get(index).copied().unwrap_or_default(),
					stake: *stake,
				})
				.chain([silent])
				.collect();
			weighted_median(&mut votes, minority)
		})
		.collect();
	vector::normalise(&mut found);
	found
		.into_iter()
		.map(|share| u64::try_from(share.to_bits()).unwrap_or(0))
		.collect()
}

/// A stake's part of all stake.
fn part(stake: Balance, total: Balance) -> I32F32 {
	I64F64::ratio(u64::try_from(stake).unwrap_or(u64::MAX), total).narrow()
}

/// A ballot over the subnets that count, normalised.
fn row(weights: &[(NetUid, u16)], subnets: &[NetUid]) -> Vec<I32F32> {
	let mut row = vec![I32F32::ZERO; subnets.len()];
	for (netuid, weight) in weights {
		let cell = subnets.binary_search(netuid).ok().and_then(|index| row.get_mut(index));
		if let Some(cell) = cell {
			*cell = I32F32::from_int((*weight).into());
		}
	}
	vector::normalise(&mut row);
	row
}

/// Split a period's emission: by burned fees, no more than was burned and no more than `fee_share` altogether, and the
/// rest by the vote, equally where the vote found nothing.
///
/// `burned` has fees by subnet, ascending; `voted` is what [`medians`] found for `subnets`.
pub fn shares(
	period: Balance,
	fee_share: u16,
	subnets: &[NetUid],
	voted: &[u64],
	burned: &[(NetUid, Balance)],
) -> Vec<Share> {
	let fees: Vec<Balance> = subnets.iter().map(|netuid| fee_of(*netuid, burned)).collect();
	let sum = fees.iter().fold(0, |sum: Balance, fee| sum.saturating_add(*fee));
	let set_aside = sum.min(proportion(period, fee_share.into(), ONE_U16.into()));
	let rest = period.saturating_sub(set_aside);
	let nothing = voted.iter().all(|share| *share == 0);
	let weights = voted
		.iter()
		.map(|share| if nothing { 1 } else { Balance::from(*share) });
	let total = weights.clone().fold(0, Balance::saturating_add);
	let share = |((netuid, fee), weight): ((&NetUid, &Balance), Balance)| Share {
		netuid: *netuid,
		voted: to_u64(proportion(rest, weight, total)),
		fees: to_u64(proportion(set_aside, *fee, sum)),
	};
	subnets.iter().zip(&fees).zip(weights).map(share).collect()
}

/// Shares of those subnets that are `present`. What the others had goes by the vote, in equal parts where it gave those
/// that are left nothing: the parts by fees stay as they are, and so never exceed what was burned.
pub fn without_absent(shares: &[Share], present: impl Fn(NetUid) -> bool) -> Vec<Share> {
	let sum = |shares: &[Share], part: fn(&Share) -> u64| {
		let add = |sum: Balance, share: &Share| sum.saturating_add(part(share).into());
		shares.iter().fold(0, add)
	};
	let mut left: Vec<Share> = shares.iter().filter(|share| present(share.netuid)).copied().collect();
	if left.len() == shares.len() {
		return left;
	}
	let rest = sum(shares, Share::total).saturating_sub(sum(&left, |share| share.fees));
	let voted = sum(&left, |share| share.voted);
	let whole = if voted == 0 { left.len() as Balance } else { voted };
	for share in &mut left {
		let part = if voted == 0 { 1 } else { share.voted.into() };
		share.voted = to_u64(proportion(rest, part, whole));
	}
	left
}

fn fee_of(netuid: NetUid, burned: &[(NetUid, Balance)]) -> Balance {
	let found = burned.binary_search_by_key(&netuid, |(of, _)| *of).ok();
	found.and_then(|index| burned.get(index)).map_or(0, |(_, fee)| *fee)
}

/// `amount * part / whole`, rounded down; 0 of nothing.
fn proportion(amount: Balance, part: Balance, whole: Balance) -> Balance {
	multiply_by_rational_with_rounding(amount, part, whole, Rounding::Down).unwrap_or(0)
}

fn to_u64(amount: Balance) -> u64 {
	u64::try_from(amount).unwrap_or(u64::MAX)
}
