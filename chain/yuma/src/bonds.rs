//! Bonds: how long and how much a validator has backed each UID, and the dividends they earn.
//!
//! Deliberately knows nothing of how incentive came about.

use crate::{
	columns::{self, Columns, Entry},
	consensus::{clip, Judgement},
	fixed::{Divisor, I32F32, I64F64},
	liquid::{self, LiquidAlpha},
	types::{EpochView, Rows},
	vector,
	weights::{at, registered_at, Weights},
};
use alloc::{vec, vec::Vec};

/// Denominator of the bonds' moving average.
const MILLION: u128 = 1_000_000;

/// What the bonds of an epoch follow. Columns have one element per UID.
pub struct Signals<'a> {
	/// Weights by UID.
	pub weights: &'a Weights,
	/// What the validators together think.
	pub judgement: &'a Judgement,
	/// Active stake.
	pub active_stake: &'a [I32F32],
	/// Incentive.
	pub incentive: &'a [I32F32],
	/// Whose bonds are stored.
	pub keep: &'a [bool],
}

/// The weight that a bond follows: from the plain one (penalty 0) to the clipped one (penalty 1), floored between.
pub fn penalised(weight: I32F32, limit: I32F32, penalty: I32F32) -> Option<I32F32> {
	if penalty == I32F32::ZERO {
		return Some(weight);
	}
	let clipped = clip(weight, limit);
	if penalty == I32F32::ONE {
		return clipped;
	}
	let between = interpolate(weight, clipped.unwrap_or_default(), penalty);
	(between > I32F32::ZERO).then_some(between)
}

/// `from + ratio * (to - from)`, floored.
pub fn interpolate(from: I32F32, to: I32F32, ratio: I32F32) -> I32F32 {
	from.saturating_add(ratio.saturating_mul(to.saturating_sub(from)))
}

/// The share of the new in the moving average of bonds: `1 - average / 1,000,000`.
pub fn alpha(bonds_moving_average: u64) -> I32F32 {
	I32F32::ONE.saturating_sub(I64F64::ratio(bonds_moving_average, MILLION).narrow())
}

/// The moving average `alpha * new + (1 - alpha) * old`, each product floored.
pub fn moving_average(new: I32F32, old: I32F32, alpha: I32F32) -> I32F32 {
	let decay = I32F32::ONE.saturating_sub(alpha);
	alpha.saturating_mul(new).saturating_add(decay.saturating_mul(old))
}

/// Bonds for storage, in units of 1/65535 without empty rows, and normalised dividends.
pub fn update(view: &EpochView<'_>, signals: &Signals<'_>) -> (Rows, Vec<I32F32>) {
	let stored = surviving(view);
	let mut rule = Rule::new(view, signals);
	let mut ledger = Ledger::new(view, signals, &stored);
	let penalty = I32F32::from_proportion(view.bonds_penalty);
	let mut bonds = Vec::new();
	for (uid, (weights, held)) in (0..=u16::MAX).zip(signals.weights.iter().zip(stored.iter())) {
		let limit = at(&signals.judgement.consensus, uid);
		let weights = weights.filter_map(|(row, weight)| Some((row, penalised(weight, limit, penalty)?)));
		rule.apply(uid, weights, held, &mut bonds);
		ledger.enter(uid, &mut bonds, at(signals.incentive, uid));
	}
	ledger.close()
}

/// Stored bonds on UIDs that were registered before the last epoch.
fn surviving(view: &EpochView<'_>) -> Columns {
	let last_epoch = match view.last_step_block {
		None | Some(0) => view.block.saturating_sub(view.tempo.into()),
		Some(block) => block.saturating_add(1),
	};
	let size = usize::from(view.n);
	let rows = columns::tidy(size, view.bonds.iter().copied());
	Columns::collect(&rows, size, |_, column| {
		column < view.n && registered_at(view, column) < last_epoch
	})
}

/// How bonds on one UID follow from weights and the bonds before.
enum Rule<'a> {
	/// Each epoch's stake-weighted weights, as shares of the column, move bonds that are shares of the column.
	Classic { alpha: I32F32, active_stake: &'a [I32F32] },
	/// Fractions that each validator reaches by itself, all at one rate.
	Yuma3 { alpha: I32F32 },
	/// The same, each at a rate of its own.
	Liquid {
		curve: LiquidAlpha,
		/// The consensus that distances are measured from.
		reference: Vec<I32F32>,
		/// Whether a bond without a weight is gone instead of decaying.
		forgets: bool,
	},
}

impl<'a> Rule<'a> {
	fn new(view: &EpochView<'_>, signals: &Signals<'a>) -> Self {
		let alpha = alpha(view.bonds_moving_average);
		if !view.yuma3 {
			return Self::Classic {
				alpha,
				active_stake: signals.active_stake,
			};
		}
		let reference = reference(view, &signals.judgement.consensus);
		if !view.liquid_alpha || reference.iter().all(|consensus| *consensus == I32F32::ZERO) {
			return Self::Yuma3 { alpha };
		}
		Self::Liquid {
			curve: LiquidAlpha::new(
				view.alpha_low,
				view.alpha_high,
				view.steepness,
				view.liquid_alpha_legacy,
			),
			reference,
			forgets: view.liquid_alpha_legacy,
		}
	}

	/// Fills `bonds` with the positive bonds on one UID, in ascending order of rows.
	fn apply(
		&mut self,
		uid: u16,
		weights: impl Iterator<Item = (u16, I32F32)> + Clone,
		held: &[Entry],
		bonds: &mut Vec<(u16, I32F32)>,
	) {
		bonds.clear();
		match self {
			Self::Classic { alpha, active_stake } => {
				let buy = |row: u16, weight: I32F32| weight.saturating_mul(at(active_stake, row));
				let bought = Divisor::new(sum(weights.clone().map(|(row, weight)| buy(row, weight))));
				let whole = |value: u16| I32F32::from_int(value.into());
				let total = Divisor::whole(sum(held.iter().map(|entry| whole(entry.value))));
				merge(weights, held, bonds, |row, weight, bond| {
					let new = bought.divide(buy(row, weight.unwrap_or_default()));
					moving_average(new, total.divide_whole(bond), *alpha)
				});
			}
			Self::Yuma3 { alpha } => merge(weights, held, bonds, |_, weight, bond| {
				moving_average(weight.unwrap_or_default(), I32F32::from_proportion(bond), *alpha)
			}),
			Self::Liquid {
				curve,
				reference,
				forgets,
			} => {
				let consensus = at(reference, uid);
				merge(weights, held, bonds, |_, weight, bond| {
					if *forgets && weight.is_none() {
						return I32F32::ZERO;
					}
					let (weight, bond) = (weight.unwrap_or_default(), I32F32::from_proportion(bond));
					liquid::moving_average(curve.alpha(consensus, weight, bond), weight, bond)
				});
			}
		}
	}
}

/// The consensus that liquid alpha measures distances from: the last epoch's where it is known. This epoch's would make
/// every clipped weight look like a copy.
fn reference(view: &EpochView<'_>, consensus: &[I32F32]) -> Vec<I32F32> {
	match view.previous_consensus {
		Some(previous) if !view.liquid_alpha_legacy => previous.iter().copied().map(I32F32::from_proportion).collect(),
		_ => consensus.to_vec(),
	}
}

/// Sum of non-negative values, saturated.
fn sum(values: impl Iterator<Item = I32F32>) -> I32F32 {
	values.fold(I32F32::ZERO, I32F32::saturating_add)
}

/// Walks weights and bonds on one UID in ascending order of rows; keeps what `combine` makes of them if positive.
fn merge(
	mut weights: impl Iterator<Item = (u16, I32F32)>,
	held: &[Entry],
	bonds: &mut Vec<(u16, I32F32)>,
	mut combine: impl FnMut(u16, Option<I32F32>, u16) -> I32F32,
) {
	let mut held = held.iter().copied();
	let (mut weight, mut bond) = (weights.next(), held.next());
	loop {
		let row = match (weight, bond) {
			(None, None) => return,
			(Some((row, _)), None) => row,
			(None, Some(entry)) => entry.row,
			(Some((row, _)), Some(entry)) => row.min(entry.row),
		};
		let new = weight.filter(|(of, _)| *of == row).map(|(_, weight)| weight);
		let old = bond.filter(|entry| entry.row == row).map(|entry| entry.value);
		if new.is_some() {
			weight = weights.next();
		}
		if old.is_some() {
			bond = held.next();
		}
		let value = combine(row, new, old.unwrap_or(0));
		if value > I32F32::ZERO {
			bonds.push((row, value));
		}
	}
}

/// Collects, column by column, what validators own and earn.
struct Ledger<'a> {
	/// Rows for storage by UID; those that are not stored stay empty.
	rows: Vec<Vec<(u16, u16)>>,
	dividends: Vec<I32F32>,
	signals: &'a Signals<'a>,
	yuma3: bool,
}

impl<'a> Ledger<'a> {
	/// With room for as many bonds as each row has had.
	fn new(view: &EpochView<'_>, signals: &'a Signals<'a>, stored: &Columns) -> Self {
		let mut lengths = vec![0usize; stored.size()];
		let (weights, bonds) = (signals.weights.lengths(), stored.lengths());
		for ((length, keep), (a, b)) in lengths.iter_mut().zip(signals.keep).zip(weights.iter().zip(bonds)) {
			*length = if *keep { b.max(*a) } else { 0 };
		}
		Self {
			rows: lengths.into_iter().map(Vec::with_capacity).collect(),
			dividends: vec![I32F32::ZERO; stored.size()],
			signals,
			yuma3: view.yuma3,
		}
	}

	/// Enters the bonds on one UID. Classic ones are stored with the column's largest at 1.
	fn enter(&mut self, uid: u16, bonds: &mut [(u16, I32F32)], incentive: I32F32) {
		let total = Divisor::new(sum(bonds.iter().map(|(_, bond)| *bond)));
		let mut largest = I32F32::ZERO;
		for (row, bond) in bonds.iter_mut() {
			let share = total.divide(*bond);
			if let Some(dividends) = self.dividends.get_mut(usize::from(*row)) {
				*dividends = dividends.saturating_add(share.saturating_mul(incentive));
			}
			if !self.yuma3 {
				*bond = share;
				largest = largest.max(share);
			}
		}
		let largest = Divisor::new(largest);
		for (row, bond) in bonds.iter() {
			let kept = self.signals.keep.get(usize::from(*row)) == Some(&true);
			let Some(cells) = self.rows.get_mut(usize::from(*row)).filter(|_| kept) else {
				continue;
			};
			let bond = if self.yuma3 { *bond } else { largest.divide(*bond) };
			cells.push((uid, bond.to_proportion()));
		}
	}

	/// Rows that are not empty, and dividends as shares of their sum.
	fn close(mut self) -> (Rows, Vec<I32F32>) {
		if self.yuma3 {
			for (dividends, stake) in self.dividends.iter_mut().zip(self.signals.active_stake) {
				*dividends = dividends.saturating_mul(*stake);
			}
		}
		vector::normalise(&mut self.dividends);
		let rows = (0..=u16::MAX).zip(self.rows).filter(|(_, row)| !row.is_empty());
		(rows.collect(), self.dividends)
	}
}
