//! How many calls of each kind succeeded, failed in a block, and were refused: a run whose calls nearly all fail shows little.

use std::{collections::BTreeMap, fmt};

/// What became of a call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
	/// All of it succeeded.
	Done,
	/// It was included and failed, wholly or in part.
	Failed,
	/// It did not get into a block.
	Refused,
}

/// Counts by kind.
#[derive(Clone, Debug, Default)]
pub struct Tally {
	counts: BTreeMap<&'static str, [u64; 3]>,
	whys: BTreeMap<(&'static str, String), u64>,
}

impl Tally {
	/// Count one; `why` it did not succeed.
	pub fn count(&mut self, kind: &'static str, outcome: Outcome, why: Option<String>) {
		self.counts.entry(kind).or_default()[outcome as usize] += 1;
		if let Some(why) = why {
			*self.whys.entry((kind, why)).or_default() += 1;
		}
	}

	/// Reasons by kind, those that were given most first.
	pub fn reasons(&self) -> String {
		let mut all: Vec<(&str, u64, &str)> = self
			.whys
			.iter()
			.map(|((kind, why), n)| (*kind, *n, why.as_str()))
			.collect();
		all.sort_by_key(|(kind, n, _)| (*kind, std::cmp::Reverse(*n)));
		all.iter()
			.map(|(kind, n, why)| format!("{kind:24} {n:>9} {why}\n"))
			.collect()
	}

	/// Calls in all.
	pub fn calls(&self) -> u64 {
		self.counts.values().flatten().sum()
	}

	/// Add another's.
	pub fn add(&mut self, other: &Self) {
		for (kind, counts) in &other.counts {
			let sum = self.counts.entry(kind).or_default();
			(0..3).for_each(|i| sum[i] += counts[i]);
		}
		for (why, count) in &other.whys {
			*self.whys.entry(why.clone()).or_default() += count;
		}
	}

	/// Kinds none of which succeeded, once there were enough calls to expect it.
	pub fn silent(&self, calls: u64) -> Vec<&'static str> {
		let kinds = crate::kinds::all().map(|(kind, _)| kind);
		let none = |kind: &&str| self.counts.get(kind).is_none_or(|[done, ..]| *done == 0);
		kinds.filter(none).filter(|_| calls >= 10_000).collect()
	}
}

impl fmt::Display for Tally {
	fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
		writeln!(
			to,
			"{:24} {:>9} {:>9} {:>9} {:>7}",
			"kind", "succeeded", "failed", "refused", ""
		)?;
		let mut sums = [0; 3];
		for (kind, counts) in &self.counts {
			(0..3).for_each(|i| sums[i] += counts[i]);
			writeln!(to, "{}", line(kind, counts))?;
		}
		writeln!(to, "{}", line("all", &sums))
	}
}

fn line(kind: &str, [done, failed, refused]: &[u64; 3]) -> String {
	let share = 100.0 * *done as f64 / (done + failed + refused).max(1) as f64;
	format!("{kind:24} {done:>9} {failed:>9} {refused:>9} {share:>6.1}%")
}
