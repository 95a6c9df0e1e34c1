//! What a block adds to what subnets earn, and how a subnet's part is told and taken.
//!
//! A block writes one record, however many subnets there are: emission per unit of share. A subnet's part is its units
//! times the difference since it was settled, which happens when it is paid and when its units change. Amounts have 64
//! fractional bits and what does not divide stays in the remainder, so that the sum is exact at every moment.

use super::*;
use alloc::{collections::BTreeMap, vec::Vec};
use frame_support::{pallet_prelude::Get, traits::fungible::Inspect};
use ganglion_primitives::{Balance, NetUid};
use ganglion_traits::{SubnetInspect, SubnetShare};

/// Fractional bits of [`Scaled`] amounts.
pub(crate) const BITS: u32 = 64;

/// An amount in nano, scaled.
pub(crate) fn scaled(amount: Balance) -> Scaled {
	amount.saturating_mul(1 << BITS)
}

impl Ledger {
	/// Divide a block's emission, and what did not divide before, among all units.
	pub(crate) fn emit(&mut self, emission: Balance) {
		self.emitted = self.emitted.saturating_add(emission);
		let amount = self.remainder.saturating_add(scaled(emission));
		let per_unit = amount.checked_div(self.units).unwrap_or(0);
		self.per_unit = self.per_unit.wrapping_add(per_unit);
		self.remainder = amount.saturating_sub(per_unit.saturating_mul(self.units));
	}

	/// Emission of an account that is not settled.
	pub(crate) fn owed(&self, account: &Account) -> Scaled {
		let per_unit = self.per_unit.wrapping_sub(account.per_unit);
		per_unit.saturating_mul(account.units.into())
	}

	/// Settle an account; the fraction of a nano that it cannot have stays in the remainder.
	pub(crate) fn settle(&mut self, account: &mut Account) {
		let owed = self.owed(account);
		let nano = owed >> BITS;
		account.settled = account.settled.saturating_add(nano);
		account.per_unit = self.per_unit;
		self.remainder = self.remainder.saturating_add(owed.saturating_sub(scaled(nano)));
	}

	/// Settle an account and give it other units.
	pub(crate) fn set_units(&mut self, account: &mut Account, units: u64) {
		self.settle(account);
		let others = self.units.saturating_sub(account.units.into());
		self.units = others.saturating_add(units.into());
		account.units = units;
	}
}

impl<T: Config> Pallet<T> {
	/// Add a block's emission. Returns how many subnets' shares had to be read.
	pub(crate) fn accrue() -> u32 {
		let mut ledger = Counters::<T>::get();
		let read = if ledger.stale { Self::reshare(&mut ledger) } else { 0 };
		if ledger.units > 0 {
			let emission = Self::emission_now();
			ledger.emit(emission);
			TotalPending::<T>::mutate(|total| *total = total.saturating_add(emission));
		}
		Counters::<T>::put(ledger);
		read
	}

	/// Emission of a block now: what is pending or burned for ever counts as issued.
	pub(crate) fn emission_now() -> Balance {
		let promised = TotalPending::<T>::get().saturating_add(BurnedForEver::<T>::get());
		let issued = T::Currency::total_issuance().saturating_add(promised);
		supply::block_emission(issued, T::BlockReward::get())
	}

	/// Read the shares anew. Returns how many subnets were looked at.
	fn reshare(ledger: &mut Ledger) -> u32 {
		let active = T::Subnets::active_netuids();
		let mut shares: BTreeMap<NetUid, u64> = T::Share::shares(&active).into_iter().collect();
		shares.retain(|netuid, _| active.contains(netuid));
		let accounts: Vec<(NetUid, Account)> = Accounts::<T>::iter().collect();
		let count = snapshot::saturated(accounts.len());
		for (netuid, mut account) in accounts {
			let units = shares.get(&netuid).copied().unwrap_or(0);
			if units != account.units {
				ledger.set_units(&mut account, units);
				Accounts::<T>::insert(netuid, account);
			}
		}
		ledger.stale = false;
		count
	}

	/// Read the shares anew in the next block.
	pub(crate) fn set_stale() {
		Counters::<T>::mutate(|ledger| ledger.stale = true);
	}

	/// Emission of a subnet since its last epoch, nano.
	pub fn accrued(netuid: NetUid) -> Balance {
		let account = Accounts::<T>::get(netuid);
		let owed = Counters::<T>::get().owed(&account) >> BITS;
		account.settled.saturating_add(owed)
	}

	/// Take what a subnet has earned since its last epoch.
	pub(crate) fn take_accrued(netuid: NetUid) -> Balance {
		let mut account = Accounts::<T>::get(netuid);
		Counters::<T>::mutate(|ledger| ledger.settle(&mut account));
		let earned = core::mem::take(&mut account.settled);
		Accounts::<T>::insert(netuid, account);
		earned
	}

	/// Give all that waits for a subnet back to all, and forget its account.
	pub(crate) fn give_back(netuid: NetUid) {
		let mut account = Accounts::<T>::take(netuid);
		let carried = Carried::<T>::take(netuid);
		Counters::<T>::mutate(|ledger| {
			ledger.set_units(&mut account, 0);
			let back = scaled(account.settled.saturating_add(carried));
			ledger.remainder = ledger.remainder.saturating_add(back);
		});
	}
}
