//! `ganglion-fuzz --seed S --calls N`: see the library.

use ganglion_fuzz::{run, Options};
use std::process::ExitCode;

const USAGE: &str = "ganglion-fuzz [--seed S] [--calls N] [--world N] [--minimise SECONDS] [--why] [--export FILE]

  --seed S            first state of the dice (default 20261121)
  --calls N           calls to make (default 20000)
  --world N           calls after which a new chain is begun (default 20000)
  --minimise SECONDS  how long to look for a shorter failing sequence (default 120)
  --why               print why calls did not succeed
  --export FILE       write head and state of the last world there

It ends with 0 if no invariant was ever broken and every kind of call succeeded at least once.";

fn number(name: &str, value: Option<String>) -> Result<u64, String> {
	let value = value.ok_or(format!("{name} needs a number"))?;
	value.parse().map_err(|_| format!("{name}: {value:?} is not a number"))
}

fn options() -> Result<Options, String> {
	let mut options = Options::default();
	let mut words = std::env::args().skip(1);
	while let Some(word) = words.next() {
		match word.as_str() {
			"--seed" => options.seed = number(&word, words.next())?,
			"--calls" => options.calls = number(&word, words.next())?,
			"--world" => options.world = number(&word, words.next())?.max(1),
			"--export" => options.export = Some(words.next().ok_or("--export needs a file")?),
			"--why" => options.why = true,
			"--minimise" => options.minimise = number(&word, words.next())?,
			_ => return Err(USAGE.into()),
		}
	}
	Ok(options)
}

fn main() -> ExitCode {
	match options() {
		Ok(options) if run(&options) => ExitCode::SUCCESS,
		Ok(_) => ExitCode::FAILURE,
		Err(error) => {
			eprintln!("{error}");
			ExitCode::from(2)
		}
	}
}
