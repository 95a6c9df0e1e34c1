//! What an epoch pays to whom.
//!
//! Nothing is minted here: `StakeReward` mints and answers how much. What it could not credit is carried.

use super::*;
use crate::snapshot::{to_u64, Snapshot};
use alloc::{vec, vec::Vec};
use frame_support::pallet_prelude::Get;
use ganglion_primitives::{Balance, Hyperparameters, NetUid};
use ganglion_traits::{HotkeyInspect, StakeReward, SubnetInspect};
use ganglion_yuma::EpochOutput;

/// What an epoch can pay.
#[derive(Clone, Copy)]
pub(crate) struct Budget {
	/// To the owner.
	owner: Balance,
	/// To miners and validators.
	shared: Balance,
}

/// What an epoch paid.
pub(crate) struct Payout {
	owner: Balance,
	miners: Balance,
	validators: Balance,
	/// Miner's plus validator's pay of each slot.
	pub by_uid: Vec<u64>,
}

/// What each slot is due, and what is not minted at all.
struct Dues {
	miners: Vec<u64>,
	validators: Vec<u64>,
	dropped: Balance,
}

impl Budget {
	/// Everything.
	pub fn total(&self) -> Balance {
		self.owner.saturating_add(self.shared)
	}

	/// What yuma divides.
	pub fn for_yuma(&self) -> u64 {
		to_u64(self.shared)
	}
}

impl Payout {
	/// Everything that was minted.
	pub fn total(&self) -> Balance {
		self.owner.saturating_add(self.miners).saturating_add(self.validators)
	}
}

impl<T: Config> Pallet<T> {
	/// Take a subnet's pending emission to pay it. What was carried has paid the owner's cut before.
	pub(crate) fn draw(netuid: NetUid, params: &Hyperparameters) -> Budget {
		let pending = Pending::<T>::take(netuid);
		let owner = if params.owner_cut_on {
			supply::proportion(pending, T::OwnerCut::get())
		} else {
			0
		};
		let shared = pending.saturating_sub(owner).saturating_add(Carried::<T>::take(netuid));
		Budget { owner, shared }
	}

	/// Pay an epoch and carry what nobody could get.
	pub(crate) fn pay(
		netuid: NetUid,
		snapshot: &Snapshot<T::AccountId>,
		output: &EpochOutput,
		budget: Budget,
	) -> Payout {
		let dues = dues(output, budget.shared);
		let owner = T::Subnets::owner(netuid).map_or(0, |owner| T::Reward::reward_coldkey(&owner, budget.owner));
		let mut payout = Payout {
			owner,
			miners: 0,
			validators: 0,
			by_uid: vec![0; snapshot.hotkeys.len()],
		};
		let slots = snapshot.hotkeys.iter().zip(payout.by_uid.iter_mut());
		for ((hotkey, paid), (miner, validator)) in slots.zip(dues.miners.iter().zip(&dues.validators)) {
			let miner = Self::pay_miner(hotkey, *miner);
			let validator = Self::pay_validator(netuid, hotkey, *validator);
			payout.miners = payout.miners.saturating_add(miner);
			payout.validators = payout.validators.saturating_add(validator);
			*paid = to_u64(miner.saturating_add(validator));
		}
		Self::settle(netuid, budget, &payout, dues.dropped);
		payout
	}

	/// Pay a slot's incentive to its coldkey.
	fn pay_miner(hotkey: &T::AccountId, amount: u64) -> Balance {
		match T::Hotkeys::coldkey(hotkey) {
			Some(coldkey) if amount > 0 => T::Reward::reward_coldkey(&coldkey, amount.into()),
			_ => 0,
		}
	}

	/// Pay a slot's dividends to its pool.
	fn pay_validator(netuid: NetUid, hotkey: &T::AccountId, amount: u64) -> Balance {
		if amount == 0 {
			return 0;
		}
		T::Reward::reward_dividends(netuid, hotkey, amount.into())
	}

	/// Balance the books of an epoch.
	fn settle(netuid: NetUid, budget: Budget, payout: &Payout, dropped: Balance) {
		let gone = payout.total().saturating_add(dropped);
		let carried = budget.total().saturating_sub(gone);
		if carried > 0 {
			Carried::<T>::insert(netuid, carried);
		}
		TotalPending::<T>::mutate(|total| *total = total.saturating_sub(gone));
		if budget.total() > 0 {
			let Payout {
				owner,
				miners,
				validators,
				..
			} = *payout;
			Self::deposit_event(Event::EmissionPaid {
				netuid,
				owner,
				miners,
				validators,
			});
		}
	}
}

/// What each slot is due of `shared`.
///
/// Yuma hands all of it to one side where the other has no claim; here no side gets more than its half. The miners'
/// half of an epoch without incentive is dropped. Without dividends yuma goes by stake, of which only slots with a
/// permit are validators.
fn dues(output: &EpochOutput, shared: Balance) -> Dues {
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
			shared.checked_div(2).unwrap_or(0)
		},
	}
}
