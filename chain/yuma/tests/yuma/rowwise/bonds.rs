//! Bonds: how long and how much a validator has backed each UID, and the dividends they earn.
//!
//! Deliberately knows nothing of how incentive came about.

use super::{
	liquid,
	sparse::{at, Cell, Sparse},
	weights::registered_at,
};
use ganglion_yuma::{bonds::alpha, fixed::I32F32, liquid::LiquidAlpha, vector, EpochView, Rows};
use std::borrow::Cow;

/// What the bonds of an epoch follow.
pub struct Signals<'a> {
	/// Weights for bonds, see [`penalised`].
	pub weights: &'a Sparse,
	/// Consensus by UID.
	pub consensus: &'a [I32F32],
	/// Active stake by UID.
	pub active_stake: &'a [I32F32],
	/// Incentive by UID.
	pub incentive: &'a [I32F32],
}

/// Weights for bonds: from the plain weights (penalty 0) to the clipped ones (penalty 1).
pub fn penalised<'a>(weights: &'a Sparse, clipped: &'a Sparse, penalty: I32F32) -> Cow<'a, Sparse> {
	if penalty == I32F32::ZERO {
		return Cow::Borrowed(weights);
	}
	if penalty == I32F32::ONE {
		return Cow::Borrowed(clipped);
	}
	Cow::Owned(interpolate(weights, clipped, penalty))
}

/// `from + ratio * (to - from)`, floored; only positive results, ascending by column.
pub fn interpolate(from: &Sparse, to: &Sparse, ratio: I32F32) -> Sparse {
	from.union(to, |_, from, to| {
		from.saturating_add(ratio.saturating_mul(to.saturating_sub(from)))
	})
}

/// Bonds for storage and normalised dividends.
pub fn update(view: &EpochView<'_>, signals: &Signals<'_>) -> (Sparse, Vec<I32F32>) {
	let stored = surviving(view);
	let (bonds, mut dividends) = if view.yuma3 {
		yuma3(view, signals, stored)
	} else {
		classic(view, signals, stored)
	};
	vector::normalise(&mut dividends);
	(bonds, dividends)
}

/// The moving average `alpha * new + (1 - alpha) * old`, each product floored; only positive results, ascending.
pub fn moving_average(new: &Sparse, old: &Sparse, alpha: I32F32) -> Sparse {
	let decay = I32F32::ONE.saturating_sub(alpha);
	new.union(old, |_, new, old| {
		alpha.saturating_mul(new).saturating_add(decay.saturating_mul(old))
	})
}

/// The rows of UIDs for which `keep` holds, in units of 1/65535; empty rows are left out.
pub fn to_rows(bonds: &Sparse, keep: &[bool]) -> Rows {
	let quantise = |row: &[Cell]| {
		row.iter()
			.map(|cell| (cell.column, cell.value.to_proportion()))
			.collect()
	};
	let rows = (0..=u16::MAX).zip(bonds.rows()).zip(keep);
	rows.filter(|((_, row), keep)| **keep && !row.is_empty())
		.map(|((uid, row), _)| (uid, quantise(row)))
		.collect()
}

/// Stored bonds, as whole numbers, on UIDs that were registered before the last epoch.
fn surviving(view: &EpochView<'_>) -> Sparse {
	let last_epoch = match view.last_step_block {
		None | Some(0) => view.block.saturating_sub(view.tempo.into()),
		Some(block) => block.saturating_add(1),
	};
	let keep = |_, column| last_epoch > registered_at(view, column);
	Sparse::from_rows(view.n.into(), view.bonds.iter().copied(), keep)
}

/// Bonds as shares of what is staked on a UID; stored with each column's largest at 1.
fn classic(view: &EpochView<'_>, signals: &Signals<'_>, mut stored: Sparse) -> (Sparse, Vec<I32F32>) {
	stored.normalise_columns();
	let mut bought = signals.weights.clone();
	bought.scale_rows(signals.active_stake);
	bought.normalise_columns();
	let mut bonds = moving_average(&bought, &stored, alpha(view.bonds_moving_average));
	bonds.normalise_columns();
	let dividends = bonds.row_products(signals.incentive);
	bonds.upscale_columns();
	(bonds, dividends)
}

/// Bonds as fractions that each validator has reached by itself; stored as they are.
fn yuma3(view: &EpochView<'_>, signals: &Signals<'_>, mut stored: Sparse) -> (Sparse, Vec<I32F32>) {
	let whole = I32F32::from_int(u16::MAX.into());
	for cell in stored.cells_mut() {
		cell.value = cell.value.safe_div(whole);
	}
	let bonds = grow(view, signals, &stored);
	let mut shares = bonds.clone();
	shares.normalise_columns();
	let earned = shares.row_products(signals.incentive);
	let dividends = earned
		.iter()
		.zip(signals.active_stake)
		.map(|(earned, stake)| earned.saturating_mul(*stake));
	(bonds, dividends.collect())
}

/// Yuma 3's moving average: per bond with liquid alpha where there is any consensus, else with one rate.
fn grow(view: &EpochView<'_>, signals: &Signals<'_>, stored: &Sparse) -> Sparse {
	let legacy = view.liquid_alpha_legacy;
	let reference: Vec<I32F32> = match view.previous_consensus {
		Some(previous) if !legacy => previous.iter().map(|share| I32F32::from_proportion(*share)).collect(),
		_ => signals.consensus.to_vec(),
	};
	if !view.liquid_alpha || reference.iter().all(|consensus| *consensus == I32F32::ZERO) {
		return moving_average(signals.weights, stored, alpha(view.bonds_moving_average));
	}
	let rate = |column: u16, weight, bond| {
		LiquidAlpha::new(
			view.alpha_low,
			view.alpha_high,
			view.steepness,
			view.liquid_alpha_legacy,
		)
		.alpha(at(&reference, column.into()), weight, bond)
	};
	if legacy {
		return liquid::legacy(signals.weights, stored, rate);
	}
	liquid::moving_average(signals.weights, stored, rate)
}
