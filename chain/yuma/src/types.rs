//! What goes into an epoch and what comes out of it.
//!
//! [`EpochInput`] and [`EpochOutput`] are the encoded forms of the runtime API; [`EpochView`] borrows the same from
//! storage. Where a field's name in the conformance vectors differs, its comment gives it in parentheses.
//! Deliberately holds no arithmetic.

use crate::columns::RowRef;
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// Sparse rows: a UID with its (column UID, value) pairs in stored order. UIDs without cells may be left out.
pub type Rows = Vec<(u16, Vec<(u16, u16)>)>;

/// The state of one mechanism of a subnet before an epoch. Columns have one element per UID.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct EpochInput {
	/// Amount to distribute, in base units (`emission_in`, beside `state`).
	pub emission: u64,
	/// Number of UIDs; they are `0..n`.
	pub n: u16,
	/// Current block.
	pub block: u64,
	/// Stake weight of each UID, in base units.
	pub stake: Vec<u64>,
	/// Block at which each UID last set weights.
	pub last_update: Vec<u64>,
	/// Block at which each UID was registered (`reg`).
	pub registered_at: Vec<u64>,
	/// Blocks after which a UID that set no weights is inactive (`cutoff`).
	pub activity_cutoff: u64,
	/// Validator permits before the epoch.
	pub permits: Vec<bool>,
	/// How many permits the epoch gives out (`max_val`).
	pub max_validators: u16,
	/// Stake majority that a weight needs, in units of 1/65535.
	pub kappa: u16,
	/// How far bonds follow the clipped weights instead of the weights themselves, in units of 1/65535.
	pub bonds_penalty: u16,
	/// Blocks between epochs.
	pub tempo: u16,
	/// Share of the old bonds in the moving average, in millionths (`bma`).
	pub bonds_moving_average: u64,
	/// Weights by validator, in units of 1/65535.
	pub weights: Rows,
	/// Bonds by validator as the last epoch left them, in units of 1/65535 (`bonds_in`).
	pub bonds: Rows,
	/// UID of the subnet owner's hotkey: always permitted, exempt from the threshold, may weigh itself.
	pub owner: Option<u16>,
	/// Stake below which a UID does not count, in base units; 0 in the vectors when absent.
	pub threshold: u64,
	/// Whether bonds are per-validator fractions (Yuma 3) instead of shares of a column; absent is false.
	pub yuma3: bool,
	/// Whether each bond of Yuma 3 has a moving average of its own; absent is false (`liquid`).
	pub liquid_alpha: bool,
	/// Block of each UID's oldest open weight commitment, `u64::MAX` for none; `None` without commit-reveal.
	pub commit_blocks: Option<Vec<u64>>,
	/// Block of the last successful epoch (`lms`); without one, or at 0, `block - tempo` stands in.
	pub last_step_block: Option<u64>,
	/// Lower end of the liquid alpha, in units of 1/65535; 45875 in the vectors when absent.
	pub alpha_low: u16,
	/// Upper end of the liquid alpha, in units of 1/65535; 58982 in the vectors when absent.
	pub alpha_high: u16,
	/// Steepness of the liquid alpha's sigmoid, in hundredths; 1000 in the vectors when absent.
	pub steepness: i16,
	/// Whether liquid alpha is Bittensor's: a bond without a weight is gone at once, and distances are measured from this
	/// epoch's consensus. True in the vectors.
	pub liquid_alpha_legacy: bool,
	/// Consensus of the last epoch, in units of 1/65535, from which liquid alpha measures distances; zero where the
	/// occupant has changed. `None` takes this epoch's. Absent in the vectors.
	pub previous_consensus: Option<Vec<u16>>,
}

/// [`EpochInput`] borrowed, so that the chain hands over storage rows without copying them.
#[derive(Clone, Debug)]
#[allow(missing_docs)] // Each field is the one of the same name in `EpochInput`.
pub struct EpochView<'a> {
	pub emission: u64,
	pub n: u16,
	pub block: u64,
	pub stake: &'a [u64],
	pub last_update: &'a [u64],
	pub registered_at: &'a [u64],
	pub activity_cutoff: u64,
	pub permits: &'a [bool],
	pub max_validators: u16,
	pub kappa: u16,
	pub bonds_penalty: u16,
	pub tempo: u16,
	pub bonds_moving_average: u64,
	pub weights: Vec<RowRef<'a>>,
	pub bonds: Vec<RowRef<'a>>,
	pub owner: Option<u16>,
	pub threshold: u64,
	pub yuma3: bool,
	pub liquid_alpha: bool,
	pub commit_blocks: Option<&'a [u64]>,
	pub last_step_block: Option<u64>,
	pub alpha_low: u16,
	pub alpha_high: u16,
	pub steepness: i16,
	pub liquid_alpha_legacy: bool,
	pub previous_consensus: Option<&'a [u16]>,
}

impl EpochInput {
	/// The same input, borrowed.
	pub fn view(&self) -> EpochView<'_> {
		EpochView {
			emission: self.emission,
			n: self.n,
			block: self.block,
			stake: &self.stake,
			last_update: &self.last_update,
			registered_at: &self.registered_at,
			activity_cutoff: self.activity_cutoff,
			permits: &self.permits,
			max_validators: self.max_validators,
			kappa: self.kappa,
			bonds_penalty: self.bonds_penalty,
			tempo: self.tempo,
			bonds_moving_average: self.bonds_moving_average,
			weights: borrow(&self.weights),
			bonds: borrow(&self.bonds),
			owner: self.owner,
			threshold: self.threshold,
			yuma3: self.yuma3,
			liquid_alpha: self.liquid_alpha,
			commit_blocks: self.commit_blocks.as_deref(),
			last_step_block: self.last_step_block,
			alpha_low: self.alpha_low,
			alpha_high: self.alpha_high,
			steepness: self.steepness,
			liquid_alpha_legacy: self.liquid_alpha_legacy,
			previous_consensus: self.previous_consensus.as_deref(),
		}
	}
}

/// Borrows each row.
fn borrow(rows: &Rows) -> Vec<RowRef<'_>> {
	rows.iter().map(|(uid, row)| (*uid, row.as_slice())).collect()
}

/// What an epoch decides. Columns have `n` elements; proportions are floored, in units of 1/65535.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo)]
pub struct EpochOutput {
	/// Share of all stake.
	pub stake_weight: Vec<u16>,
	/// Whether the UID set weights within the activity cutoff.
	pub active: Vec<bool>,
	/// The weight on the UID that a stake majority of validators supports.
	pub consensus: Vec<u16>,
	/// How much of its weights the consensus left a validator.
	pub validator_trust: Vec<u16>,
	/// Share of the miners' half.
	pub incentive: Vec<u16>,
	/// Share of the validators' half.
	pub dividends: Vec<u16>,
	/// Miner's part of the emission, in base units.
	pub server_emission: Vec<u64>,
	/// Validator's part of the emission, in base units.
	pub validator_emission: Vec<u64>,
	/// Both parts together, floored once; may exceed their sum by one base unit.
	pub emission: Vec<u64>,
	/// Validator permits from now on.
	pub permits: Vec<bool>,
	/// New bonds of the UIDs with a permit from now on; a UID that is not listed has none left.
	pub bonds: Rows,
}
