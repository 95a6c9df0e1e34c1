//! What an epoch pays to whom.
//!
//! Nothing is minted here: `StakeReward` mints and answers how much. What it could not credit is carried.

use super::*;
use crate::snapshot::{to_u64, Snapshot};
use alloc::vec::Vec;
use frame_support::pallet_prelude::Get;
use ganglion_primitives::{Balance, Hyperparameters, NetUid, Uid};
use ganglion_traits::{HotkeyInspect, StakeReward, SubnetInspect};
use ganglion_yuma::EpochOutput;

/// What an epoch can pay.
#[derive(Clone, Copy)]
pub(crate) struct Budget {
	/// Emission since the last epoch.
	pub accrued: Balance,
	/// What was carried.
	pub carried: Balance,
	/// The owner's part of what accrued.
	pub owner: Balance,
}

/// What each slot is due in a mechanism, and what is not minted at all.
pub(crate) struct Dues {
	pub miners: Vec<u64>,
	pub validators: Vec<u64>,
	pub dropped: u64,
}

/// What an epoch paid.
pub(crate) struct Payout {
	pub money: Money,
	/// Miner's plus validator's pay of each slot.
	pub by_uid: Vec<u64>,
	/// Slots that got less than they were due.
	pub unpaid: Vec<Unpaid>,
}

impl Budget {
	/// To miners and validators.
	pub fn shared(&self) -> Balance {
		self.accrued.saturating_sub(self.owner).saturating_add(self.carried)
	}
}

impl<T: Config> Pallet<T> {
	/// Take what a subnet has earned to pay it. What was carried has paid the owner's cut before.
	pub(crate) fn draw(netuid: NetUid, params: &Hyperparameters) -> Budget {
		let accrued = Self::take_accrued(netuid);
		let owner = if params.owner_cut_on {
			ganglion_primitives::proportion(accrued, T::OwnerCut::get())
		} else {
			0
		};
		Budget {
			accrued,
			owner,
			carried: Carried::<T>::take(netuid),
		}
	}

	/// Pay an epoch and carry what nobody could get. `dropped` is not minted.
	pub(crate) fn pay(
		snapshot: &Snapshot<T::AccountId>,
		miners: &[u64],
		validators: &[u64],
		budget: Budget,
		dropped: Balance,
	) -> Payout {
		let netuid = snapshot.netuid;
		let mut payout = Payout {
			money: Money {
				accrued: budget.accrued,
				carried: budget.carried,
				owner: Self::pay_owner(netuid, &snapshot.params, budget.owner),
				dropped,
				..Default::default()
			},
			by_uid: Vec::with_capacity(snapshot.hotkeys.len()),
			unpaid: Vec::new(),
		};
		let slots = (0u16..).zip(&snapshot.hotkeys).zip(miners.iter().zip(validators));
		for ((uid, hotkey), (miner, validator)) in slots {
			let paid = (
				Self::pay_miner(netuid, hotkey, *miner),
				Self::pay_validator(netuid, hotkey, *validator),
			);
			payout.note(Uid(uid), (*miner, *validator), paid);
		}
		Self::close(netuid, &mut payout.money);
		payout
	}

	/// Pay the owner's cut: to the coldkey or, where the subnet locks it, into the pool of the owner's hotkey.
	fn pay_owner(netuid: NetUid, params: &Hyperparameters, amount: Balance) -> Balance {
		let Some(owner) = T::Subnets::owner(netuid).filter(|_| amount > 0) else {
			return 0;
		};
		let hotkey = T::Subnets::owner_hotkey(netuid).filter(|_| params.owner_cut_auto_lock_on);
		let paid = match hotkey {
			Some(hotkey) => T::Reward::reward_stake(netuid, &hotkey, &owner, amount),
			None => T::Reward::reward_coldkey(&owner, amount),
		};
		OwnerEarned::<T>::mutate(netuid, |earned| *earned = earned.saturating_add(paid));
		paid
	}

	/// Pay a slot's incentive to its coldkey.
	fn pay_miner(netuid: NetUid, hotkey: &T::AccountId, amount: u64) -> Balance {
		if amount == 0 {
			return 0;
		}
		T::Hotkeys::coldkey(hotkey).map_or(0, |coldkey| T::Reward::reward_work(netuid, &coldkey, amount.into()))
	}

	/// Pay a slot's dividends to its pool.
	fn pay_validator(netuid: NetUid, hotkey: &T::AccountId, amount: u64) -> Balance {
		if amount == 0 {
			return 0;
		}
		T::Reward::reward_dividends(netuid, hotkey, amount.into())
	}

	/// Balance the books of an epoch.
	fn close(netuid: NetUid, money: &mut Money) {
		let gone = money.minted().saturating_add(money.dropped);
		money.left = money.total().saturating_sub(gone);
		if money.left > 0 {
			Carried::<T>::insert(netuid, money.left);
		}
		TotalPending::<T>::mutate(|total| *total = total.saturating_sub(gone));
		if money.total() > 0 {
			Self::deposit_event(Event::EmissionPaid {
				netuid,
				owner: money.owner,
				miners: money.miners,
				validators: money.validators,
			});
		}
	}
}

impl Payout {
	/// Note what a slot was due and what it got.
	fn note(&mut self, uid: Uid, due: (u64, u64), (miner, validator): (Balance, Balance)) {
		self.money.miners = self.money.miners.saturating_add(miner);
		self.money.validators = self.money.validators.saturating_add(validator);
		self.by_uid.push(to_u64(miner.saturating_add(validator)));
		let unpaid = Unpaid {
			uid,
			miner: due.0.saturating_sub(to_u64(miner)),
			validator: due.1.saturating_sub(to_u64(validator)),
		};
		if unpaid.miner > 0 || unpaid.validator > 0 {
			self.unpaid.push(unpaid);
		}
	}
}

/// What each slot is due of a mechanism's emission.
///
/// Yuma hands all of it to one side where the other has no claim; here no side gets more than its half. The miners'
/// half of an epoch without incentive is dropped. Without dividends yuma goes by stake, of which only slots with a
/// permit are validators.
pub(crate) fn dues(output: &EpochOutput, emission: u64) -> Dues {
	let incentive = output.incentive.iter().any(|share| *share > 0);
	let dividends = output.dividends.iter().any(|share| *share > 0);
	let divisor = if incentive && dividends { 1 } else { 2 };
	let part = |amount: &u64| amount.checked_div(divisor).unwrap_or(0);
	let is_validator = |permit: &bool| dividends || *permit;
	let validators = output.validator_emission.iter().zip(&output.permits);
	Dues {
		miners: output.server_emission.iter().map(part).collect(),
		validators: validators
			.map(|(amount, permit)| if is_validator(permit) { part(amount) } else { 0 })
			.collect(),
		dropped: if incentive {
			0
		} else {
			emission.checked_div(2).unwrap_or(0)
		},
	}
}
