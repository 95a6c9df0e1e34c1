//! The runtime as a whole: flows through several pallets, on blocks of signed transactions.
//!
//! Each module is one flow. Whatever it does, all invariants of all pallets, and that accounts add up to the issuance,
//! are checked after every block (see `common`).
#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used)] // tests may panic

mod apis;
mod authorities;
#[cfg(feature = "runtime-benchmarks")]
mod benchmarks;
mod call_weights;
mod common;
mod delegation;
mod disputes;
mod emission;
mod epoch_size;
mod evidence;
mod feeless;
mod governance;
mod keys;
mod lifecycle;
mod limits;
mod mechanisms;
mod models;
mod owners;
mod presets;
mod privileges;
mod proxies;
mod receipts;
mod refuting;
mod replacement;
mod root_vote;
mod staking;
mod subnets;
mod upgrade;
mod verified;
