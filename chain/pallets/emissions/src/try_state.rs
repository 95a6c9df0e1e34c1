//! What must hold after every block: the pallet's oracle in tests and fuzzing.

use super::*;
use crate::{
	accrual::{scaled, BITS},
	schedule::NEVER,
};
use frame_support::{ensure, traits::fungible::Inspect};
use ganglion_primitives::{Balance, SUPPLY_CAP};
use ganglion_traits::SubnetInspect;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Check all invariants of the pallet.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_totals()?;
		Self::check_cap()?;
		Self::check_queue()?;
		Self::check_permits()?;
		Self::check_bonds()?;
		Self::check_results()?;
		Self::check_mechanisms()
	}

	/// The total is the sum of its parts, to the last fraction, and the units are those of all accounts.
	fn check_totals() -> Result<(), TryRuntimeError> {
		let ledger = Counters::<T>::get();
		let mut sum = ledger.remainder;
		let mut units = 0u128;
		for (netuid, account) in Accounts::<T>::iter() {
			sum = sum
				.saturating_add(scaled(account.settled))
				.saturating_add(ledger.owed(&account));
			units = units.saturating_add(account.units.into());
			ensure!(Clocks::<T>::contains_key(netuid), "an account without a clock");
			ensure!(Averages::<T>::contains_key(netuid), "an account without an average");
		}
		for (netuid, carried) in Carried::<T>::iter() {
			sum = sum.saturating_add(scaled(carried));
			ensure!(
				Accounts::<T>::contains_key(netuid),
				"something carried without an account"
			);
		}
		ensure!(
			sum >> BITS == TotalPending::<T>::get() && sum << BITS == 0,
			"total pending is not the sum of remainder, accounts and what is carried"
		);
		ensure!(units == ledger.units, "units are not those of all accounts");
		Ok(())
	}

	/// Nothing is promised beyond the cap: what is burned for ever counts as issued.
	fn check_cap() -> Result<(), TryRuntimeError> {
		let total = TotalPending::<T>::get();
		let promised = T::Currency::total_issuance()
			.saturating_add(total)
			.saturating_add(BurnedForEver::<T>::get());
		ensure!(
			total == 0 || promised <= SUPPLY_CAP,
			"issued, pending and burned for ever exceed the supply cap"
		);
		Ok(())
	}

	/// Every clock has the one entry that it names, none lies before the cursor.
	fn check_queue() -> Result<(), TryRuntimeError> {
		let ledger = Counters::<T>::get();
		ensure!(
			ledger.cursor <= Self::time().saturating_add(1),
			"the cursor is in the future"
		);
		for (due, netuid, ()) in Queue::<T>::iter() {
			ensure!(due >= ledger.cursor, "an epoch is queued where nobody looks");
			ensure!(
				Clocks::<T>::get(netuid).is_some_and(|clock| clock.due == due),
				"an epoch is queued that its clock does not know"
			);
		}
		for (netuid, clock) in Clocks::<T>::iter() {
			let queued = Queue::<T>::contains_key(clock.due, netuid);
			ensure!(clock.due == NEVER || queued, "a clock's epoch is not queued");
			ensure!(
				T::Subnets::exists(netuid) || T::Subnets::is_dissolving(netuid),
				"a clock without a subnet"
			);
		}
		for netuid in T::Subnets::netuids() {
			ensure!(Clocks::<T>::contains_key(netuid), "a subnet without a clock");
			ensure!(Accounts::<T>::contains_key(netuid), "a subnet without an account");
		}
		Ok(())
	}

	/// Permits and resets ascend.
	fn check_permits() -> Result<(), TryRuntimeError> {
		for (netuid, permits) in Permits::<T>::iter() {
			let ascending = permits.iter().zip(permits.iter().skip(1)).all(|(a, b)| a.uid < b.uid);
			ensure!(ascending, "permits do not ascend");
			ensure!(Clocks::<T>::contains_key(netuid), "permits without a clock");
		}
		for (netuid, resets) in Resets::<T>::iter() {
			let ascending = resets.iter().zip(resets.iter().skip(1)).all(|(a, b)| a < b);
			ensure!(ascending && !resets.is_empty(), "resets of bonds do not ascend");
			ensure!(Clocks::<T>::contains_key(netuid), "resets of bonds without a clock");
		}
		Ok(())
	}

	/// Only holders of permits have bonds, in mechanisms that the subnet had at its last epoch.
	fn check_bonds() -> Result<(), TryRuntimeError> {
		for ((netuid, mechanism, uid), row) in Bonds::<T>::iter() {
			if T::Subnets::is_dissolving(netuid) {
				continue;
			}
			let count = Clocks::<T>::get(netuid).map_or(0, |clock| clock.mechanisms);
			ensure!(mechanism.0 < count, "bonds of a mechanism that does not run");
			let permits = Permits::<T>::get(netuid);
			let permit = Permit {
				uid,
				registered_at: row.registered_at,
			};
			ensure!(permits.contains(&permit), "bonds without a permit");
		}
		Ok(())
	}

	/// Columns have equal lengths and the money of an epoch adds up.
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
			let Money { dropped, left, .. } = result.money;
			let gone = result.money.minted().saturating_add(dropped).saturating_add(left);
			ensure!(gone == result.money.total(), "an epoch's money does not add up");
		}
		Ok(())
	}

	/// Every mechanism of the last epoch has its results, and no other.
	fn check_mechanisms() -> Result<(), TryRuntimeError> {
		for (netuid, mechanism, result) in MechanismResults::<T>::iter() {
			let count = Clocks::<T>::get(netuid).map_or(0, |clock| clock.mechanisms);
			ensure!(mechanism.0 < count, "results of a mechanism that does not run");
			let n = Results::<T>::get(netuid).map_or(0, |result| result.registered_at.len());
			let lengths = [result.miners.len(), result.validators.len(), result.incentive.len()];
			ensure!(
				lengths.into_iter().all(|length| length == n),
				"columns of a mechanism differ in length"
			);
			let due = result.miners.iter().chain(&result.validators);
			let due = due.fold(Balance::from(result.dropped), |sum, one| {
				sum.saturating_add((*one).into())
			});
			ensure!(due <= result.emission.into(), "a mechanism pays more than it has");
		}
		Ok(())
	}
}
