//! Make a failing sequence shorter, by leaving out parts of it as long as it fails in the same way.

use crate::{
	genesis,
	step::{caught, Failure, Step},
};
use std::time::{Duration, Instant};

/// How a sequence fails, if it does.
fn fails(steps: &[Step]) -> Option<Failure> {
	let mut chain = genesis::chain();
	steps
		.iter()
		.find_map(|step| caught(|| drop(step.apply(&mut chain))).err())
}

/// The shortest failing sequence that was found in time, and how it fails.
pub fn minimise(trace: &[Step], failure: &Failure, limit: Duration) -> (Vec<Step>, Failure) {
	let (end, kind) = (Instant::now() + limit, failure.kind());
	let (mut best, mut seen) = (flat(trace), failure.clone());
	let mut size = best.len() / 2;
	while size > 0 && Instant::now() < end {
		let mut from = 0;
		let before = best.len();
		while from < best.len() && Instant::now() < end {
			let mut shorter = best.clone();
			shorter.drain(from..(from + size).min(best.len()));
			match fails(&shorter).filter(|failure| failure.kind() == kind) {
				Some(failure) => (best, seen) = (shorter, failure),
				None => from += size,
			}
		}
		if size > 1 || best.len() == before {
			size /= 2;
		}
	}
	(best, seen)
}

/// One call a step, so that each can be left out: blocks become longer in time, which most failures do not mind. Where this one
/// does, the blocks stay together.
fn flat(trace: &[Step]) -> Vec<Step> {
	let single = |step: &Step| match step {
		Step::Block(calls) => calls.iter().map(|call| Step::Block(vec![call.clone()])).collect(),
		Step::Empty(count) => (0..*count).map(|_| Step::Empty(1)).collect(),
		other => vec![other.clone()],
	};
	let flat: Vec<Step> = trace.iter().flat_map(single).collect();
	if fails(&flat).is_some() {
		flat
	} else {
		trace.to_vec()
	}
}
