//! # Random calls over the whole runtime
//!
//! Blocks of signed transactions, made by chance from what the chain's state allows and from nonsense, go through
//! `Executive` as a host runs them. After each block every pallet's `try_state` is run, the accounts are summed and
//! compared with the issuance, the staking account with what it holds for others, and the block's weight with its limit. A
//! panic anywhere is a failure as well.
//!
//! A run is a sequence of *worlds*: chains of their own that start from the development genesis with short delays and
//! little room, so that what is rare elsewhere (pruning, pauses, disputes, trimming) happens often. Everything follows from
//! the seed. A failing world is made shorter as long as it fails in the same way, and printed.
//!
//! It knows nothing of what calls should do: that is for the pallets' own tests.
#![allow(
	clippy::arithmetic_side_effects,
	clippy::indexing_slicing,
	clippy::unwrap_used,
	reason = "a tool for tests fails loudly"
)]

#[allow(dead_code, missing_docs, reason = "what the runtime's tests share with this")]
#[path = "../../runtime/tests/flows/common/mod.rs"]
mod common;

mod dice;
mod genesis;
mod kinds;
mod minimise;
mod step;
mod tally;
mod world;

use dice::Dice;
use minimise::minimise;
use std::time::{Duration, Instant};
use step::{caught, quiet, Failure};
use tally::Tally;
use world::World;

/// What to run.
#[derive(Clone, Debug)]
pub struct Options {
	/// Where chance begins.
	pub seed: u64,
	/// Calls in all.
	pub calls: u64,
	/// Calls of one world.
	pub world: u64,
	/// Seconds for making a failure shorter.
	pub minimise: u64,
	/// Print why calls did not succeed.
	pub why: bool,
	/// Where to write head and state of the last world, if anywhere.
	pub export: Option<String>,
}

impl Default for Options {
	fn default() -> Self {
		Self {
			seed: 20_261_121,
			calls: 20_000,
			world: 20_000,
			minimise: 120,
			why: false,
			export: None,
		}
	}
}

/// Run, print what happened, and tell whether all is well.
pub fn run(options: &Options) -> bool {
	println!("seed {} calls {} world {}", options.seed, options.calls, options.world);
	let (began, mut tally, mut seeds) = (Instant::now(), Tally::default(), Dice(options.seed));
	let (mut done, mut blocks, mut number) = (0, 0, 0);
	quiet();
	while done < options.calls {
		let seed = if number == 0 { options.seed } else { seeds.roll() };
		let end = options.world.min(options.calls - done);
		let mut world = World::new(seed);
		if let Err(failure) = explore(&mut world, end) {
			report(&world, &failure, seed, options);
			return false;
		}
		done += world.tally.calls();
		blocks += u64::from(world.chain.height());
		number += 1;
		tally.add(&world.tally);
		if let Some(path) = options.export.as_ref().filter(|_| done >= options.calls) {
			std::fs::write(path, world.chain.export()).unwrap_or_else(|error| panic!("{path}: {error}"));
		}
		let rate = done as f64 / began.elapsed().as_secs_f64();
		println!("world {number} (seed {seed}): {done} calls so far, {rate:.0} a second");
	}
	print!("{tally}");
	if options.why {
		print!("{}", tally.reasons());
	}
	let seconds = began.elapsed().as_secs_f64();
	println!(
		"{done} calls in {blocks} blocks of {number} worlds, {seconds:.0} s, {:.0} calls a second: no invariant was broken",
		done as f64 / seconds
	);
	let silent = tally.silent(done);
	if !silent.is_empty() {
		println!("these never succeeded, so that nothing is shown about them: {silent:?}");
	}
	silent.is_empty()
}

/// Steps until so many calls were made.
fn explore(world: &mut World, calls: u64) -> Result<(), Failure> {
	while world.tally.calls() < calls {
		caught(|| world.step())?;
	}
	Ok(())
}

fn report(world: &World, failure: &Failure, seed: u64, options: &Options) {
	println!(
		"\nFAILED after {} calls of the world with seed {seed}",
		world.tally.calls()
	);
	println!("{failure}");
	let limit = Duration::from_secs(options.minimise);
	let (steps, shorter) = minimise(&world.trace, failure, limit);
	println!(
		"\nshortest sequence found ({} steps of {}):",
		steps.len(),
		world.trace.len()
	);
	for step in &steps {
		println!("{step}");
	}
	println!("{shorter}");
	println!(
		"again: ganglion-fuzz --seed {seed} --calls {}",
		world.tally.calls() + 50
	);
}

#[cfg(test)]
mod tests;
