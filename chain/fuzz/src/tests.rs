//! What would be found is found, and shown by what matters of it.

use crate::{
	explore, kinds,
	minimise::minimise,
	step::{caught, quiet, Step},
	world::World,
};
use std::time::Duration;

/// Signatures are different each time, and with them the hashes of blocks; nothing that is decided depends on those.
#[test]
fn the_same_seed_makes_the_same_world() {
	let made = [5, 5, 6].map(|seed| {
		let mut world = World::new(seed);
		explore(&mut world, 60).unwrap();
		let steps: Vec<String> = world.trace.iter().map(Step::to_string).collect();
		(steps, world.tally.to_string(), world.chain.issuance())
	});
	assert_eq!(made[0], made[1]);
	assert_ne!(made[0], made[2]);
}

#[test]
fn an_invariant_that_breaks_is_caught_and_shown_alone() {
	quiet();
	let mut world = World::new(7);
	explore(&mut world, 30).unwrap();
	let mut trace = world.trace.clone();
	trace.insert(trace.len() / 2, Step::Harm);
	let failure = caught(|| Step::Harm.apply(&mut world.chain)).unwrap_err();
	assert!(
		failure.0.contains("what accounts have is not what is issued"),
		"{failure}"
	);
	let (shortest, same) = minimise(&trace, &failure, Duration::from_secs(60));
	assert_eq!(same.kind(), failure.kind());
	assert!(matches!(shortest[..], [Step::Harm]), "{} steps", shortest.len());
}

#[test]
fn kinds_have_names_of_their_own() {
	let mut names: Vec<&str> = kinds::all().map(|(name, _)| name).collect();
	let all = names.len();
	names.sort_unstable();
	names.dedup();
	assert!(names.len() == all && all > 60, "{all}");
}
