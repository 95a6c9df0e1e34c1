//! One epoch of one subnet: read, compute, pay, store, tell.

use super::*;
use crate::{payout::Payout, snapshot::Snapshot, snapshot::MECHANISM};
use alloc::vec::Vec;
use frame_support::weights::Weight;
use ganglion_primitives::{BlockNumber, NetUid, Uid};
use ganglion_traits::{OnEpoch, SubnetInspect};
use ganglion_yuma::EpochOutput;

impl<T: Config> Pallet<T> {
	/// Run a subnet's epoch; returns the weight of what was done.
	pub(crate) fn run_epoch(netuid: NetUid) -> Weight {
		let (Some(params), Some(clock)) = (T::Subnets::hyperparameters(netuid), Clocks::<T>::get(netuid)) else {
			return Weight::zero();
		};
		let snapshot = Snapshot::read::<T>(netuid, params, clock);
		let budget = Self::draw(netuid, &snapshot.params);
		let mut output = snapshot.run(budget.for_yuma());
		restrict_permits(&mut output, &snapshot.eligible);
		let payout = Self::pay(netuid, &snapshot, &output, budget);
		Self::store(netuid, &snapshot, output, &payout);
		let epoch = Self::tick(netuid, &snapshot);
		Self::deposit_event(Event::EpochCompleted {
			netuid,
			epoch,
			emission: budget.total(),
			minted: payout.total(),
		});
		T::OnEpoch::on_epoch(netuid, epoch);
		let (rows, entries) = snapshot.size();
		T::WeightInfo::epoch(snapshot.len().into(), rows, entries)
	}

	/// Advance the clock; returns how many epochs are completed now.
	fn tick(netuid: NetUid, snapshot: &Snapshot<T::AccountId>) -> u32 {
		let epoch = snapshot.clock.epoch.saturating_add(1);
		Clocks::<T>::insert(
			netuid,
			Clock {
				epoch,
				last_block: snapshot.now,
			},
		);
		epoch
	}

	/// Store what the epoch decided.
	fn store(netuid: NetUid, snapshot: &Snapshot<T::AccountId>, output: EpochOutput, payout: &Payout) {
		Self::store_permits(netuid, &snapshot.registered_at, &output.permits);
		Self::store_bonds(netuid, &snapshot.registered_at, output.bonds, &output.permits);
		Results::<T>::insert(
			netuid,
			EpochResult {
				block: snapshot.now,
				registered_at: column(snapshot.registered_at.clone()),
				active: column(output.active),
				stake_weight: column(output.stake_weight),
				consensus: column(output.consensus),
				validator_trust: column(output.validator_trust),
				incentive: column(output.incentive),
				dividends: column(output.dividends),
				emission: column(payout.by_uid.clone()),
			},
		);
	}

	/// Store the permits, and remove the bonds of those who lost theirs.
	fn store_permits(netuid: NetUid, registered_at: &[BlockNumber], permits: &[bool]) {
		for old in Permits::<T>::get(netuid) {
			if !permitted(permits, old.uid.0) {
				Bonds::<T>::remove((netuid, MECHANISM, old.uid));
			}
		}
		let granted = (0u16..).zip(registered_at).filter(|(uid, _)| permitted(permits, *uid));
		let granted = granted.map(|(uid, at)| Permit {
			uid: Uid(uid),
			registered_at: *at,
		});
		Permits::<T>::insert(netuid, column(granted.collect()));
	}

	/// Store the bonds of all with a permit.
	fn store_bonds(netuid: NetUid, registered_at: &[BlockNumber], rows: ganglion_yuma::Rows, permits: &[bool]) {
		let mut rows = rows.into_iter().peekable();
		for (uid, at) in (0u16..).zip(registered_at) {
			let row = rows
				.next_if(|(of, _)| *of == uid)
				.map(|(_, entries)| entries)
				.unwrap_or_default();
			let key = (netuid, MECHANISM, Uid(uid));
			if !permitted(permits, uid) {
				continue;
			}
			if row.is_empty() {
				Bonds::<T>::remove(key);
			} else {
				Bonds::<T>::insert(
					key,
					BondRow {
						registered_at: *at,
						entries: column(row),
					},
				);
			}
		}
	}
}

/// Take permits back from slots whose operator's own stake does not suffice: yuma gives the owner's hotkey one always.
fn restrict_permits(output: &mut EpochOutput, eligible: &[bool]) {
	for (permit, eligible) in output.permits.iter_mut().zip(eligible) {
		*permit &= *eligible;
	}
}

/// Whether the slot has a permit.
fn permitted(permits: &[bool], uid: u16) -> bool {
	permits.get(usize::from(uid)).copied().unwrap_or(false)
}

/// Bound a column; slots never exceed the bound.
fn column<Element>(elements: Vec<Element>) -> Column<Element> {
	Column::truncate_from(elements)
}
