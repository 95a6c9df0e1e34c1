//! Bounds of hyperparameters. Pure: values in, verdict out.
//!
//! There are two layers. [`check_record`] holds for every stored record, whoever wrote it: arithmetic and epochs rely
//! on it. [`check_change`] is what an owner must obey on top. Fields with which an owner could decide consensus alone
//! (the majority, who may validate, who may register, how often weights change) are root's.

use ganglion_primitives::{Hyperparameter, Hyperparameters, GNG, MAX_MECHANISMS, MAX_UIDS, ONE_U16, SUPPLY_CAP};

/// Most blocks between epochs.
pub const MAX_TEMPO: u16 = 50_400;
/// Most UID slots that an owner can set.
pub const OWNER_MAX_UIDS: u16 = 256;
/// Lowest bound of liquid alpha: 0.025.
pub const MIN_ALPHA: u16 = 1_638;
/// Lowest price of a registration, nano: nothing would raise a price of zero again.
pub const LEAST_PRICE: u128 = 100;
/// Most blocks in which the registration price halves.
pub const MAX_HALF_LIFE: u32 = 36_100;
/// Highest floor of child keys' takes: 18 %, the highest take.
pub const MAX_CHILDKEY_TAKE: u16 = 11_796;
/// Most epochs between commitment and reveal where rows rest on verdicts: they can be disputed for a while after the reveal.
pub const MAX_VERDICT_PERIOD: u32 = 4;
/// Most mechanisms that an owner can set.
pub const OWNER_MAX_MECHANISMS: u8 = 2;
/// 1.0 of fields per million.
const MILLION: u32 = 1_000_000;
/// Most of the old bonds that an owner can keep, per million.
const OWNER_MAX_BONDS_MOVING_AVERAGE: u32 = 975_000;
/// An owner's floor of registration prices stays below this, nano.
const OWNER_MAX_PRICE_MIN: u128 = GNG;
/// An owner's ceiling of registration prices stays above this, nano.
const OWNER_MIN_PRICE_MAX: u128 = GNG / 10;

/// Why a value is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
	/// No code reads the field.
	NotActive,
	/// Only root can set it, or to this value.
	RootOnly,
	/// Nobody can set this value.
	OutOfBounds,
}

/// What bounds depend on beside the values themselves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context {
	/// Lowest tempo that an owner can set.
	pub min_tempo: u16,
	/// Fewest UID slots that an owner can set.
	pub min_allowed_uids: u16,
}

fn within(ok: bool) -> Result<(), Refusal> {
	if ok {
		Ok(())
	} else {
		Err(Refusal::OutOfBounds)
	}
}

/// Whether a whole record can be stored.
pub fn check_record(h: &Hyperparameters) -> Result<(), Refusal> {
	check_epoch_fields(h)?;
	check_registration_fields(h)?;
	within(h.min_childkey_take <= MAX_CHILDKEY_TAKE)?;
	within(u32::from(h.mechanism_count) <= MAX_MECHANISMS && h.mechanism_count > 0)?;
	let split: u64 = h.emission_split.iter().map(|part| u64::from(*part)).sum();
	let complete = h.emission_split.len() == usize::from(h.mechanism_count) && split == u64::from(ONE_U16);
	within(h.emission_split.is_empty() || complete)
}

fn check_epoch_fields(h: &Hyperparameters) -> Result<(), Refusal> {
	within((1..=MAX_TEMPO).contains(&h.tempo))?;
	within((1_000..=50_000).contains(&h.activity_cutoff_factor_milli))?;
	within((1..=MAX_UIDS).contains(&u32::from(h.max_allowed_uids)))?;
	within((1..=MAX_UIDS).contains(&u32::from(h.min_allowed_uids)))?;
	within((1..=MAX_UIDS).contains(&u32::from(h.max_allowed_validators)))?;
	within(u32::from(h.min_allowed_weights) <= MAX_UIDS)?;
	within(h.min_validator_stake <= SUPPLY_CAP)?;
	within(h.bonds_moving_average <= MILLION)?;
	within(MIN_ALPHA <= h.alpha_low && h.alpha_low <= h.alpha_high)?;
	within((1..=100).contains(&h.reveal_period_epochs))?;
	let soon = h.commit_reveal_on && h.reveal_period_epochs <= MAX_VERDICT_PERIOD;
	within(soon || !h.verdicts_on)
}

fn check_registration_fields(h: &Hyperparameters) -> Result<(), Refusal> {
	within(h.registration_price_min >= LEAST_PRICE)?;
	within(h.registration_price_min <= h.registration_price_max)?;
	within(h.registration_price_max <= SUPPLY_CAP)?;
	within((1..=MAX_HALF_LIFE).contains(&h.registration_half_life))?;
	within((1_000..=3_000).contains(&h.registration_bump_permille))?;
	within((1..=10).contains(&h.immune_owner_uids_limit))
}

/// Whether a field can be set by root only, whatever the value.
pub fn is_root_only(change: &Hyperparameter) -> bool {
	use Hyperparameter::*;
	matches!(
		change,
		Kappa(_)
			| MaxAllowedValidators(_)
			| MinValidatorStake(_)
			| WeightsRateLimit(_)
			| RegistrationAllowed(_)
			| MinNonImmuneUids(_)
			| MinAllowedUids(_)
	)
}

/// Whether an owner can set this value; what no one can set is found by [`check_record`] afterwards.
fn owner_can_set(change: &Hyperparameter, context: &Context) -> bool {
	use Hyperparameter::*;
	match change {
		Tempo(blocks) => *blocks >= context.min_tempo,
		MaxAllowedUids(uids) => (context.min_allowed_uids..=OWNER_MAX_UIDS).contains(uids),
		ImmunityPeriod(blocks) => *blocks <= u32::from(u16::MAX),
		ServingRateLimit(blocks) => *blocks > 0,
		BondsMovingAverage(kept) => *kept <= OWNER_MAX_BONDS_MOVING_AVERAGE,
		AlphaSigmoidSteepness(steepness) => *steepness >= 0,
		RegistrationPriceMin(price) => *price <= OWNER_MAX_PRICE_MIN,
		RegistrationPriceMax(price) => *price >= OWNER_MIN_PRICE_MAX,
		MechanismCount(count) => *count <= OWNER_MAX_MECHANISMS,
		_ => !is_root_only(change),
	}
}

/// Whether one change can be made on an authority, apart from what [`check_record`] finds.
pub fn check_change(change: &Hyperparameter, by_root: bool, context: &Context) -> Result<(), Refusal> {
	if !change.is_active() {
		return Err(Refusal::NotActive);
	}
	if by_root || owner_can_set(change, context) {
		return Ok(());
	}
	Err(Refusal::RootOnly)
}
