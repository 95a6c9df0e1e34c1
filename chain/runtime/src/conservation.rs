//! Where money can be, added up: what no pallet can check alone. Part of `try_state`, so that it is checked after every
//! block of the runtime's tests and of fuzzing. Exists only with the feature `try-runtime`.

use crate::{Balance, Balances, Runtime, Staking};
use frame_support::{
	ensure,
	traits::{fungible::Inspect, TryState, TryStateSelect},
};
use ganglion_primitives::BlockNumber;
use sp_runtime::TryRuntimeError;

/// Issuance is what all accounts have, free and reserved. What is on hold is part of what is reserved, what is frozen or
/// in pools is part of what is free: nothing is counted twice and nothing is anywhere else.
pub struct Conservation;

impl TryState<BlockNumber> for Conservation {
	fn try_state(_: BlockNumber, _: TryStateSelect) -> Result<(), TryRuntimeError> {
		accounts()?;
		holds()?;
		pools()
	}
}

fn accounts() -> Result<(), TryRuntimeError> {
	let accounts = frame_system::Account::<Runtime>::iter_values();
	let parts = accounts.flat_map(|account| [account.data.free, account.data.reserved]);
	let sum = parts.fold(0, Balance::saturating_add);
	ensure!(
		sum == Balances::total_issuance(),
		"what accounts have is not what is issued"
	);
	Ok(())
}

fn holds() -> Result<(), TryRuntimeError> {
	for (account, holds) in pallet_balances::Holds::<Runtime>::iter() {
		let held = holds
			.iter()
			.fold(0, |sum: Balance, hold| sum.saturating_add(hold.amount));
		let reserved = Balances::reserved_balance(&account);
		ensure!(held <= reserved, "more is on hold than is reserved");
	}
	Ok(())
}

/// The staking account has what pools, unbonding and credits are worth, and the deposit that keeps it alive.
fn pools() -> Result<(), TryRuntimeError> {
	let held = pallet_staking::TotalHeld::<Runtime>::get();
	let least = <Balances as Inspect<_>>::minimum_balance();
	let has = Balances::free_balance(Staking::account());
	ensure!(
		has == held.saturating_add(least),
		"the staking account has another sum than it holds"
	);
	Ok(())
}
