//! What must hold after every block: the pallet's oracle in tests and fuzzing.

use super::*;
use crate::snapshot::MECHANISM;
use frame_support::{ensure, traits::fungible::Inspect};
use ganglion_primitives::{Balance, SUPPLY_CAP};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Check all invariants of the pallet.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_totals()?;
		Self::check_permits()?;
		Self::check_results()
	}

	/// The total is the sum of its parts, and nothing is promised beyond the cap.
	fn check_totals() -> Result<(), TryRuntimeError> {
		let parts = Pending::<T>::iter_values().chain(Carried::<T>::iter_values());
		let sum = parts.fold(Remainder::<T>::get(), Balance::saturating_add);
		let total = TotalPending::<T>::get();
		ensure!(
			sum == total,
			"total pending is not the sum of remainder, pending and carried"
		);
		let promised = T::Currency::total_issuance().saturating_add(total);
		ensure!(
			total == 0 || promised <= SUPPLY_CAP,
			"issued and pending exceed the supply cap"
		);
		Ok(())
	}

	/// Permits ascend, and only their holders have bonds.
	fn check_permits() -> Result<(), TryRuntimeError> {
		for (_, permits) in Permits::<T>::iter() {
			let ascending = permits.iter().zip(permits.iter().skip(1)).all(|(a, b)| a.uid < b.uid);
			ensure!(ascending, "permits do not ascend");
		}
		for ((netuid, mechanism, uid), row) in Bonds::<T>::iter() {
			ensure!(mechanism == MECHANISM, "bonds of a mechanism that does not run");
			let permits = Permits::<T>::get(netuid);
			let permit = Permit {
				uid,
				registered_at: row.registered_at,
			};
			ensure!(permits.contains(&permit), "bonds without a permit");
		}
		Ok(())
	}

	/// Columns have equal lengths.
	fn check_results() -> Result<(), TryRuntimeError> {
		for (netuid, result) in Results::<T>::iter() {
			let n = result.registered_at.len();
			let proportions = [&result.stake_weight, &result.consensus, &result.validator_trust];
			let earned = [&result.incentive, &result.dividends];
			let equal = proportions.iter().chain(&earned).all(|column| column.len() == n);
			ensure!(
				equal && result.active.len() == n && result.emission.len() == n,
				"columns differ in length"
			);
			ensure!(
				Clocks::<T>::get(netuid).is_some_and(|c| c.epoch > 0),
				"results without an epoch"
			);
		}
		Ok(())
	}
}
