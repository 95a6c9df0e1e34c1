//! Whatever the truth is, and whatever is said about it: it is not refuted.

use super::{refuting::*, *};
use ganglion_primitives::{Refutation, VerdictRow};
use ganglion_traits::OnHotkeySwapped;
use proptest::prelude::*;
use sp_core::Pair;

/// Rows of some slots with few audits.
fn rows() -> impl Strategy<Value = Vec<VerdictRow>> {
	let counts = prop::collection::btree_map(0u16..6, (0u16..3, 0u16..2, 0u16..3), 0..5);
	counts.prop_map(|found| {
		let one = |(uid, (passed, soft, hard))| row(uid, passed, soft, hard);
		found.into_iter().map(one).collect()
	})
}

/// What somebody says: parts of the truth, put together anew.
#[derive(Clone, Debug)]
struct Said {
	kind: u8,
	/// Periods, verdicts, places, proofs.
	parts: [usize; 8],
	named: bool,
}

fn said() -> impl Strategy<Value = Said> {
	(0u8..3, prop::array::uniform8(0usize..64), any::<bool>()).prop_map(|(kind, parts, named)| Said {
		kind,
		parts,
		named,
	})
}

/// An opening of a period whose verdict, place and proof may be of different leaves.
fn opening(periods: &[Period], [period, verdict, place, proof]: [usize; 4]) -> Option<VerdictOpening> {
	let period = &periods[period % periods.len()];
	let count = period.verdicts.len();
	if count == 0 {
		return None;
	}
	// Most of the time all of one leaf.
	let (place, proof) = match place % 3 {
		0 => (verdict, verdict),
		1 => (place, verdict),
		_ => (place, proof),
	};
	Some(VerdictOpening {
		index: (place % count) as u32,
		proof: period.opening((proof % count) as u32).proof,
		..period.opening((verdict % count) as u32)
	})
}

fn refutation(periods: &[Period], said: &Said) -> Option<Refutation> {
	let [a, b, c, d, e, f, g, h] = said.parts;
	let first = opening(periods, [a, b, c, d])?;
	let period = &periods[a % periods.len()];
	Some(match said.kind {
		0 => Refutation::Miscounted {
			rows: periods[e % periods.len()].rows.clone(),
			opening: first,
		},
		1 => Refutation::Twice {
			first,
			second: opening(periods, [e, f, g, h])?,
		},
		_ => {
			let place = if e % 2 == 0 { b } else { f };
			let receipt = period.receipts[place % period.receipts.len()].clone();
			Refutation::Foreign {
				opening: first,
				receipt,
			}
		}
	})
}

/// The validator, or a miner, is renamed; filings go over as the chain has them do.
fn swap(old: &AccountId32, new: u8) {
	let new = account(new);
	Disputes::on_hotkey_swapped(old, &new, Some(NET));
	Filed::mutate(|all| {
		for one in all.iter_mut().filter(|one| one.0 == *old) {
			one.0 = new.clone();
		}
	});
	Occupants::mutate(|all| {
		for one in all.iter_mut().filter(|one| one.1 == *old) {
			one.1 = new.clone();
		}
	});
	BondsOf::mutate(|bonds| {
		for one in bonds.iter_mut().filter(|one| one.0 == *old) {
			one.0 = new.clone();
		}
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(48))]

	#[test]
	fn the_truth_stands(
		first in rows(),
		second in rows(),
		all in prop::collection::vec(said(), 1..40),
		renamed in any::<[bool; 2]>(),
	) {
		execute(|| {
			let periods = [
				Period::of(validator(), 3, &first, 1),
				Period::of(validator(), 4, &second, 100),
			];
			periods.iter().for_each(Period::file);
			let miners = (0..6).map(|uid| (uid, AccountId32::from(key_of(uid).public().0)));
			Occupants::set(miners.collect());
			BondsOf::mutate(|bonds| bonds.extend(Occupants::get().into_iter().map(|(_, who)| (who, Role::Serve, 1))));
			if renamed[0] {
				swap(&validator(), 51);
			}
			if renamed[1] {
				swap(&key_of(0).public().0.into(), 52);
			}
			let present = Disputes::present_name(NET, &validator());
			for one in &all {
				let Some(refutation) = refutation(&periods, one) else {
					continue;
				};
				let named = if one.named { validator() } else { present.clone() };
				for epoch in [3, 4] {
					assert!(refute_as(ALICE, &named, epoch, refutation.clone()).is_err());
				}
			}
			assert!(Slashed::get().is_empty());
		});
	}

	/// And a lie in one place is seen by whoever opens it there.
	#[test]
	fn a_lie_is_seen(rows in rows(), place in any::<usize>(), uid in 0u16..6, outcome in 0u8..3) {
		execute(|| {
			let mut period = Period::of(validator(), 4, &rows, 1);
			let count = period.verdicts.len();
			if count > 0 {
				let place = place % count;
				let lied = &mut period.verdicts[place];
				let truth = (lied.uid, lied.outcome);
				lied.uid = uid;
				lied.outcome = [Outcome::Passed, Outcome::Soft, Outcome::Hard][usize::from(outcome)];
				let is_lie = truth != (lied.uid, lied.outcome);
				period.file();
				assert_eq!(refute(period.miscounted(place as u32)).is_ok(), is_lie);
			}
		});
	}
}
