//! A step of a world as it can be repeated, and what it means that one failed.

use crate::common::{Chain, Key};
use ganglion_primitives::NetUid;
use ganglion_runtime::{AccountId, Balance, Runtime, RuntimeCall, System};
use ganglion_traits::Slash;
use sp_runtime::ApplyExtrinsicResult;
use std::{
	cell::RefCell,
	fmt,
	panic::{catch_unwind, AssertUnwindSafe},
};

/// Something that happens to a chain.
#[derive(Clone)]
pub enum Step {
	/// A block of calls, each signed.
	Block(Vec<(Key, RuntimeCall)>),
	/// Empty blocks.
	Empty(u32),
	/// A slash between two blocks, as a pallet that judges would do it.
	Slash(NetUid, AccountId, Balance, Option<AccountId>),
	/// A bug: one nano more is issued than anybody has.
	#[cfg(test)]
	Harm,
}

impl Step {
	/// Do it; answers what became of each call.
	pub fn apply(&self, chain: &mut Chain) -> Vec<ApplyExtrinsicResult> {
		match self {
			Step::Block(calls) => {
				let calls: Vec<(&Key, RuntimeCall)> = calls.iter().map(|(key, call)| (key, call.clone())).collect();
				let results = chain.block(&calls);
				check_weight(chain);
				results
			}
			Step::Empty(count) => {
				for _ in 0..*count {
					chain.empty(1);
					check_weight(chain);
				}
				vec![]
			}
			Step::Slash(netuid, hotkey, amount, reporter) => {
				chain.write(|| <Slasher as Slash<AccountId>>::slash(*netuid, hotkey, *amount, reporter.as_ref()));
				vec![]
			}
			#[cfg(test)]
			Step::Harm => {
				chain.write(|| pallet_balances::TotalIssuance::<Runtime>::mutate(|sum| *sum += 1));
				vec![]
			}
		}
	}
}

/// Whom a pallet that judges would ask to slash.
type Slasher = ganglion_runtime::Delegation;

/// No block, whatever hooks and mandatory work it had, is longer than it may be.
fn check_weight(chain: &mut Chain) {
	let (used, limits) = chain.read(|| {
		let limits: frame_system::limits::BlockWeights = <Runtime as frame_system::Config>::BlockWeights::get();
		(System::block_weight().total(), limits)
	});
	let (used, most) = (used.ref_time(), limits.max_block.ref_time());
	assert!(used <= most, "a block of {used} ps, at most {most} fit");
}

impl fmt::Display for Step {
	fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
		match self {
			#[cfg(test)]
			Step::Harm => write!(to, "  harm"),
			Step::Empty(count) => write!(to, "  {count} empty blocks"),
			Step::Slash(netuid, hotkey, amount, _) => write!(to, "  slash {netuid:?} {hotkey} {amount}"),
			Step::Block(calls) => {
				write!(to, "  block")?;
				for (key, call) in calls {
					write!(to, "\n    {} {call:?}", key.id)?;
				}
				Ok(())
			}
		}
	}
}

/// What went wrong: the text of a panic, which is how the checks tell.
#[derive(Clone, Debug)]
pub struct Failure(pub String);

impl Failure {
	/// The kind of failure: its text without numbers, which differ from one sequence to another.
	pub fn kind(&self) -> String {
		self.0.chars().filter(|c| !c.is_ascii_digit()).take(200).collect()
	}
}

impl fmt::Display for Failure {
	fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
		write!(to, "{}", self.0)
	}
}

thread_local! {
	static LAST: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Panics are kept, not printed.
pub fn quiet() {
	std::panic::set_hook(Box::new(|info| {
		LAST.with(|last| *last.borrow_mut() = info.to_string());
		if cfg!(test) {
			eprintln!("{info}");
		}
	}));
}

/// Run, and make a panic a failure.
pub fn caught<Answer>(run: impl FnOnce() -> Answer) -> Result<Answer, Failure> {
	catch_unwind(AssertUnwindSafe(run)).map_err(|_| Failure(LAST.with(|last| last.borrow().clone())))
}
