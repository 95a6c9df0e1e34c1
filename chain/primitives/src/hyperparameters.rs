//! Per-subnet hyperparameters: the record, its defaults and one typed change per field.
//!
//! A field that no code reads yet is listed in [`Hyperparameter::is_active`] as inactive: setting it is refused, so
//! that nobody relies on a switch without effect.

use crate::{Balance, GNG, MAX_MECHANISMS};
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_core::ConstU32;
use sp_runtime::BoundedVec;

/// What happens to registration payments.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
	Debug,
	Serialize,
	Deserialize,
)]
pub enum RecycleOrBurn {
	/// Issuance falls, so that emission pays it out again later.
	Recycle,
	/// Issuance counts it as gone for ever.
	Burn,
}

macro_rules! hyperparameters {
	($($(#[$doc:meta])+ $field:ident / $variant:ident : $type:ty = $default:expr, active $active:expr;)+) => {
		/// All hyperparameters of one subnet.
		#[derive(
			Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug, Serialize,
			Deserialize,
		)]
		#[serde(rename_all = "camelCase", deny_unknown_fields)]
		pub struct Hyperparameters {
			$($(#[$doc])+ pub $field: $type,)+
		}

		impl Default for Hyperparameters {
			fn default() -> Self {
				Self { $($field: $default,)+ }
			}
		}

		/// One change of one hyperparameter.
		#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
		pub enum Hyperparameter {
			$($(#[$doc])+ $variant($type),)+
		}

		impl Hyperparameter {
			/// Names of the fields; a change's [`Self::index`] is the place of its field.
			pub const NAMES: &'static [&'static str] = &[$(stringify!($field)),+];

			/// Place of the field among all.
			pub fn index(&self) -> u8 {
				self.using_encoded(|bytes| bytes.first().copied().unwrap_or_default())
			}

			/// The record's present values, as changes.
			pub fn all(of: &Hyperparameters) -> alloc::vec::Vec<Self> {
				alloc::vec![$(Self::$variant(of.$field.clone())),+]
			}

			/// Whether code reads this field already.
			pub fn is_active(&self) -> bool {
				match self { $(Self::$variant(_) => $active,)+ }
			}

			/// Write the value into the record, without any check.
			pub fn apply(self, to: &mut Hyperparameters) {
				match self { $(Self::$variant(value) => to.$field = value,)+ }
			}
		}
	};
}

hyperparameters! {
	/// Blocks between epochs.
	tempo / Tempo: u16 = 360, active true;
	/// Activity cutoff in thousandths of a tempo; a validator that was silent longer is inactive.
	activity_cutoff_factor_milli / ActivityCutoffFactorMilli: u32 = 13_889, active true;
	/// Consensus majority, 65,535 = 1.0.
	kappa / Kappa: u16 = 32_767, active true;
	/// Blocks in which a new neuron can't be replaced.
	immunity_period / ImmunityPeriod: u32 = 5_000, active true;
	/// Fewest entries in a weight row (or all neurons, where there are fewer).
	min_allowed_weights / MinAllowedWeights: u16 = 1, active true;
	/// UID slots.
	max_allowed_uids / MaxAllowedUids: u16 = 256, active true;
	/// Fewest UID slots that `max_allowed_uids` can be set to.
	min_allowed_uids / MinAllowedUids: u16 = 64, active true;
	/// Validator permits.
	max_allowed_validators / MaxAllowedValidators: u16 = 64, active true;
	/// Operator's own stake that a permit needs, nano.
	min_validator_stake / MinValidatorStake: Balance = GNG, active true;
	/// Weights with a lower version key are refused; 0 accepts all.
	weights_version_key / WeightsVersionKey: u64 = 0, active true;
	/// Blocks between two weight settings or commitments of one hotkey.
	weights_rate_limit / WeightsRateLimit: u32 = 100, active true;
	/// Blocks between two endpoint changes of one hotkey; 0 = no limit.
	serving_rate_limit / ServingRateLimit: u32 = 50, active true;
	/// Part of the old bonds that is kept, per million.
	bonds_moving_average / BondsMovingAverage: u32 = 900_000, active true;
	/// How far bonds are built on clipped weights, 65,535 = 1.0.
	bonds_penalty / BondsPenalty: u16 = 65_535, active true;
	/// Whether a neuron can reset the bonds to it.
	bonds_reset_on / BondsResetOn: bool = false, active true;
	/// Yuma3 bonds instead of classic ones.
	yuma3_on / Yuma3On: bool = true, active true;
	/// Liquid alpha (only with Yuma3).
	liquid_alpha_on / LiquidAlphaOn: bool = false, active true;
	/// Liquid alpha's lower bound, 65,535 = 1.0.
	alpha_low / AlphaLow: u16 = 45_875, active true;
	/// Liquid alpha's upper bound, 65,535 = 1.0.
	alpha_high / AlphaHigh: u16 = 58_982, active true;
	/// Liquid alpha's steepness.
	alpha_sigmoid_steepness / AlphaSigmoidSteepness: i16 = 1_000, active true;
	/// Liquid alpha as the network that it comes from computes it, known errors included (only with liquid alpha).
	liquid_alpha_legacy / LiquidAlphaLegacy: bool = false, active true;
	/// Weights are committed and revealed; plain setting is refused.
	commit_reveal_on / CommitRevealOn: bool = true, active true;
	/// Rows of the first mechanism rest on published verdicts, and are what the chain computes from them (only with commit and reveal).
	verdicts_on / VerdictsOn: bool = false, active true;
	/// Epochs between commitment and reveal.
	reveal_period_epochs / RevealPeriodEpochs: u32 = 1, active true;
	/// Lowest registration price, nano.
	registration_price_min / RegistrationPriceMin: Balance = 500_000, active true;
	/// Highest registration price, nano.
	registration_price_max / RegistrationPriceMax: Balance = 100 * GNG, active true;
	/// Blocks in which the registration price halves.
	registration_half_life / RegistrationHalfLife: u32 = 360, active true;
	/// Factor on the price at each registration, in thousandths.
	registration_bump_permille / RegistrationBumpPermille: u32 = 1_260, active true;
	/// Whether neurons can register.
	registration_allowed / RegistrationAllowed: bool = true, active true;
	/// Slots of the owner's hotkeys that are never replaced.
	immune_owner_uids_limit / ImmuneOwnerUidsLimit: u16 = 1, active true;
	/// Above this many non-immune slots an immune one is never replaced.
	min_non_immune_uids / MinNonImmuneUids: u16 = 10, active true;
	/// Lowest take of a child key, 65,535 = 1.0.
	min_childkey_take / MinChildkeyTake: u16 = 0, active false;
	/// Whether stake can be transferred between coldkeys.
	transfer_on / TransferOn: bool = true, active true;
	/// What happens to registration payments: burned for ever, or recycled into future emission.
	recycle_or_burn / RecycleOrBurn: RecycleOrBurn = RecycleOrBurn::Burn, active true;
	/// Whether the owner gets the owner cut.
	owner_cut_on / OwnerCutOn: bool = true, active true;
	/// Whether the owner cut is locked as stake.
	owner_cut_auto_lock_on / OwnerCutAutoLockOn: bool = false, active true;
	/// Incentive mechanisms.
	mechanism_count / MechanismCount: u8 = 1, active true;
	/// Parts of the mechanisms, sum 65,535; empty = even.
	emission_split / EmissionSplit: BoundedVec<u16, ConstU32<MAX_MECHANISMS>> = BoundedVec::new(), active true;
}

impl Hyperparameters {
	/// Blocks without an update after which a validator is inactive: at least 1.
	pub fn activity_cutoff(&self) -> u64 {
		(self.activity_cutoff_factor_milli as u64)
			.saturating_mul(self.tempo as u64)
			.checked_div(1000)
			.unwrap_or(1)
			.max(1)
	}
}
