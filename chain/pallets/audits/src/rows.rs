//! From verdict rows to weights: the only place where that is decided. Pure: values in, weights out.

use alloc::{collections::BTreeMap, vec::Vec};
use ganglion_primitives::{ProfileNumber, RowFlaw, VerdictRow};

/// Entries of a row of weights: (uid, value), ascending by uid.
pub type Entries = Vec<(u16, u16)>;

/// Whether rows can be judged at all: ascending by uid, one for each slot in use, with audits that add up.
///
/// `slots` is the number in use.
pub fn check(rows: &[VerdictRow], slots: u16) -> Result<(), RowFlaw> {
	let ascending = |pair: &[VerdictRow]| matches!(pair, [a, b] if a.uid < b.uid);
	if !rows.windows(2).all(ascending) {
		return Err(RowFlaw::Unordered);
	}
	if rows.last().is_some_and(|row| row.uid >= slots) {
		return Err(RowFlaw::UnknownUid);
	}
	if !rows.iter().all(adds_up) {
		return Err(RowFlaw::Inconsistent);
	}
	Ok(())
}

fn adds_up(row: &VerdictRow) -> bool {
	let ended = [row.passed, row.soft, row.hard].into_iter().map(u32::from);
	ended.sum::<u32>() == u32::from(row.audited)
}

/// Audits of all rows: so many single verdicts are filed with them.
pub fn audits(rows: &[VerdictRow]) -> u32 {
	// At most as many rows as slots, of 16 bits each.
	rows.iter()
		.fold(0u32, |sum, row| sum.saturating_add(row.audited.into()))
}

/// What a miner's work counts: the part of it that its passed audits are of all, and nothing after a lie.
///
/// `llr_limit` is its profile's, in thousandths.
pub fn credit(row: &VerdictRow, llr_limit: u32) -> u64 {
	let lied = row.hard > 0 || row.owed > 0 || i64::from(row.llr) > i64::from(llr_limit);
	if lied {
		return 0;
	}
	let passed = u64::from(row.work).saturating_mul(row.passed.into());
	passed.checked_div(row.audited.into()).unwrap_or(0)
}

/// The weights that checked rows give: credits scaled so that the highest is 65,535, rounded down; zero ones and the author's own
/// are left out. `limit` answers with a registered profile's limit of the log-likelihood ratio; it is asked once for each.
pub fn weights(
	rows: &[VerdictRow],
	own: u16,
	limit: impl Fn(ProfileNumber) -> Option<u32>,
) -> Result<Entries, RowFlaw> {
	let mut limits = BTreeMap::new();
	let mut credits = Vec::with_capacity(rows.len());
	for row in rows {
		let known = *limits.entry(row.profile).or_insert_with(|| limit(row.profile));
		credits.push((row.uid, credit(row, known.ok_or(RowFlaw::UnknownProfile)?)));
	}
	credits.retain(|(uid, credit)| *uid != own && *credit > 0);
	let highest = credits.iter().map(|(_, credit)| *credit).max().unwrap_or(0);
	let scaled = credits
		.into_iter()
		.filter_map(|(uid, credit)| Some((uid, scale(credit, highest)?)));
	Ok(scaled.collect())
}

/// `credit` as a part of `highest` in 65,535ths; nothing where it rounds to 0. A credit has 48 bits at most.
fn scale(credit: u64, highest: u64) -> Option<u16> {
	let value = credit.saturating_mul(u16::MAX.into()).checked_div(highest)?;
	u16::try_from(value).ok().filter(|value| *value > 0)
}
