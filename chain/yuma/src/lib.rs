//! # Yuma
//!
//! The consensus function of the network, alone: from stake and weights to incentive, dividends and emission.
//!
//! ## Overview
//!
//! [`epoch`] takes the state of one subnet as slices ([`EpochView`]) and returns what the epoch decides
//! ([`EpochOutput`]); [`run`] does the same for the encoded [`EpochInput`] of the runtime API. Both are pure: no
//! storage, no clock, no randomness, `no_std`. The stages lie in modules of their own and can be called one by one:
//!
//! 1. [`stake`] - shares of stake, permits, activity;
//! 2. [`weights`] - which weights count, as shares of their row, turned into [`columns`];
//! 3. [`consensus`] - the stake-weighted median of the weights on each UID, to which weights are clipped;
//! 4. [`bonds`] and [`liquid`] - moving averages of backing, and the dividends they earn;
//! 5. [`emission`] - amounts.
//!
//! ## Terminology
//!
//! - **UID**: a slot of the subnet, `0..n`.
//! - **Weight**: what a validator says a UID's work is worth, as a share of its row.
//! - **Kappa**: the majority of active stake that must support a weight.
//! - **Incentive**: a UID's share of the miners' half. **Dividends**: a UID's share of the validators' half.
//! - **Bond**: a validator's backing of a UID. Classic bonds are shares of a column, Yuma 3 bonds are fractions
//!   that each validator reaches by itself; the same storage means different things under the two.
//! - **Permit**: the right to vote with one's weights; given by stake, in effect one epoch later.
//!
//! ## Invariants
//!
//! - Bit-exact: products floor, quotients truncate, everything saturates ([`fixed`]); no float anywhere.
//! - Total: no input panics or loops; work grows with the cells given, plus `n log n`, never with `n * n`.
//! - Each of the three emission columns sums to at most the emission.
//! - Incentive and dividends depend on UIDs only through names: permuting UIDs permutes them. Only the top-k of
//!   permits breaks ties by UID. The order of a row's cells means nothing.
//! - One allocation per matrix and one per stored row of bonds, none per cell: all else works on one column at a time.

#![cfg_attr(not(feature = "std"), no_std)]
#![deny(missing_docs)]

extern crate alloc;

pub mod bonds;
pub mod columns;
pub mod consensus;
pub mod emission;
mod epoch;
pub mod fixed;
pub mod liquid;
pub mod sigmoid;
pub mod stake;
mod types;
pub mod vector;
pub mod weights;

pub use columns::RowRef;
pub use epoch::{epoch, run};
pub use types::{EpochInput, EpochOutput, EpochView, Rows};
