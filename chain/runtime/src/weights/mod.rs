//! What calls and hooks weigh: measured, one file a pallet.
//!
//! Proof sizes are zero: this chain proves its blocks to nobody.

pub mod pallet_audits;
pub mod pallet_authorities;
pub mod pallet_commitments;
pub mod pallet_delegation;
pub mod pallet_disputes;
pub mod pallet_emissions;
pub mod pallet_governance;
pub mod pallet_key_swap;
pub mod pallet_models;
pub mod pallet_neurons;
pub mod pallet_receipts;
pub mod pallet_root_vote;
pub mod pallet_staking;
pub mod pallet_subnets;
pub mod pallet_weights;

use frame_support::{traits::Get, weights::Weight};

/// Picoseconds, reads and writes: each a sum of coefficients times counts.
fn weight<T: frame_system::Config>(time: &[(u64, u32)], reads: &[(u64, u32)], writes: &[(u64, u32)]) -> Weight {
	let sum = |terms: &[(u64, u32)]| {
		terms.iter().fold(0u64, |sum, (coefficient, count)| {
			sum.saturating_add(coefficient.saturating_mul((*count).into()))
		})
	};
	Weight::from_parts(sum(time), 0).saturating_add(T::DbWeight::get().reads_writes(sum(reads), sum(writes)))
}
