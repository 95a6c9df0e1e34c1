//! One epoch of one subnet: read, compute mechanism by mechanism, pay, store, tell.

use super::*;
use crate::{
	mechanisms,
	payout::{dues, Budget, Payout},
	snapshot::{to_u64, Matrix, Snapshot},
};
use alloc::vec::Vec;
use frame_support::weights::Weight;
use ganglion_primitives::{Balance, BlockNumber, MechanismId, NetUid, Uid};
use ganglion_traits::{OnEpoch, SubnetInspect};
use ganglion_yuma::EpochOutput;

/// What all mechanisms decided together.
#[derive(Default)]
struct Outcome {
	active: Vec<bool>,
	stake_weight: Vec<u16>,
	permits: Vec<bool>,
	mechanisms: Vec<MechanismResult>,
	bonds: Vec<(MechanismId, ganglion_yuma::Rows)>,
	rows: u32,
	entries: u32,
}

impl<T: Config> Pallet<T> {
	/// Run a subnet's epoch; returns the weight of what was done.
	pub(crate) fn run_epoch(netuid: NetUid) -> Weight {
		let params = T::Subnets::hyperparameters(netuid).filter(|_| T::Subnets::exists(netuid));
		let (Some(params), Some(clock)) = (params, Clocks::<T>::get(netuid)) else {
			Self::unschedule(netuid);
			return T::WeightInfo::epoch(0, 0, 0);
		};
		let snapshot = Snapshot::read::<T>(netuid, params, clock);
		let budget = Self::draw(netuid, &snapshot.params);
		let outcome = Self::compute(&snapshot, budget);
		let length = snapshot.hotkeys.len();
		let miners = mechanisms::sum(length, outcome.mechanisms.iter().map(|one| one.miners.as_slice()));
		let validators = mechanisms::sum(length, outcome.mechanisms.iter().map(|one| one.validators.as_slice()));
		let dropped = outcome.mechanisms.iter().map(|one| Balance::from(one.dropped));
		let dropped = dropped.fold(0, Balance::saturating_add);
		let payout = Self::pay(&snapshot, &miners, &validators, budget, dropped);
		let columns = u32::from(snapshot.len()).saturating_mul(snapshot.params.mechanism_count.max(1).into());
		let entries = size::entries_charged(&snapshot.params, outcome.entries);
		let weight = T::WeightInfo::epoch(columns, outcome.rows, entries);
		Self::conclude(snapshot, outcome, payout);
		weight
	}

	/// Store what was decided, advance the clock and tell.
	fn conclude(snapshot: Snapshot<T::AccountId>, outcome: Outcome, payout: Payout) {
		let (netuid, old) = (snapshot.netuid, snapshot.clock);
		let count = snapshot.params.mechanism_count.max(1);
		let clock = Self::tick(netuid, old, snapshot.params.tempo, count);
		let money = payout.money;
		Self::average(netuid, money.accrued, clock.last_block.saturating_sub(old.last_block));
		Self::store(&snapshot, outcome, payout);
		if count < old.mechanisms {
			Self::forget_mechanisms(netuid, count..old.mechanisms);
			T::OnEpoch::on_mechanisms_removed(netuid, count..old.mechanisms);
		}
		Resets::<T>::remove(netuid);
		Self::deposit_event(Event::EpochCompleted {
			netuid,
			epoch: clock.epoch,
			emission: money.total(),
			minted: money.minted(),
		});
		T::OnEpoch::on_epoch(netuid, clock.epoch);
	}

	/// Run every mechanism on its part of the emission.
	fn compute(snapshot: &Snapshot<T::AccountId>, budget: Budget) -> Outcome {
		let count = snapshot.params.mechanism_count.max(1);
		let parts = mechanisms::parts(count, &snapshot.params.emission_split);
		let amounts = mechanisms::amounts(budget.shared(), &parts);
		let mut outcome = Outcome::default();
		for (id, (part, amount)) in (0..count).map(MechanismId).zip(parts.into_iter().zip(amounts)) {
			let matrix = Matrix::read::<T>(id, snapshot);
			let emission = to_u64(amount);
			let mut output = matrix.run(snapshot, emission);
			restrict_permits(&mut output, &snapshot.eligible);
			let (rows, entries) = matrix.size();
			outcome.rows = outcome.rows.saturating_add(rows);
			outcome.entries = outcome.entries.saturating_add(entries);
			let voters = matrix.voters(&output.active);
			outcome.add(id, part, emission, voters, output);
		}
		outcome
	}

	fn store(snapshot: &Snapshot<T::AccountId>, outcome: Outcome, payout: Payout) {
		let netuid = snapshot.netuid;
		let count = snapshot.params.mechanism_count.max(snapshot.clock.mechanisms);
		Self::store_permits(netuid, count, &snapshot.registered_at, &outcome.permits);
		for (id, rows) in outcome.bonds {
			Self::store_bonds(netuid, id, &snapshot.registered_at, rows, &outcome.permits);
		}
		let mean = |column: fn(&MechanismResult) -> &Column<u16>| {
			let columns = outcome.mechanisms.iter().map(|one| (one.part, column(one).as_slice()));
			self::column(mechanisms::mean(snapshot.hotkeys.len(), columns))
		};
		Results::<T>::insert(
			netuid,
			EpochResult {
				epoch: snapshot.clock.epoch.saturating_add(1),
				block: snapshot.now,
				last_block: snapshot.clock.last_block,
				units: Accounts::<T>::get(netuid).units,
				all_units: Counters::<T>::get().units,
				money: payout.money,
				registered_at: column(snapshot.registered_at.clone()),
				active: column(outcome.active),
				stake_weight: column(outcome.stake_weight),
				consensus: mean(|one| &one.consensus),
				validator_trust: mean(|one| &one.validator_trust),
				incentive: mean(|one| &one.incentive),
				dividends: mean(|one| &one.dividends),
				emission: column(payout.by_uid),
				unpaid: column(payout.unpaid),
			},
		);
		for (id, result) in (0u8..).map(MechanismId).zip(outcome.mechanisms) {
			MechanismResults::<T>::insert(netuid, id, result);
		}
	}

	/// Store the permits, and remove the bonds of those who lost theirs.
	fn store_permits(netuid: NetUid, mechanisms: u8, registered_at: &[BlockNumber], permits: &[bool]) {
		for old in Permits::<T>::get(netuid) {
			if !permitted(permits, old.uid.0) {
				(0..mechanisms).for_each(|id| Bonds::<T>::remove((netuid, MechanismId(id), old.uid)));
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
	fn store_bonds(
		netuid: NetUid,
		id: MechanismId,
		registered_at: &[BlockNumber],
		rows: ganglion_yuma::Rows,
		permits: &[bool],
	) {
		let mut rows = rows.into_iter().peekable();
		for (uid, at) in (0u16..).zip(registered_at) {
			let row = rows
				.next_if(|(of, _)| *of == uid)
				.map(|(_, entries)| entries)
				.unwrap_or_default();
			let key = (netuid, id, Uid(uid));
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

	/// Forget what mechanisms kept that a subnet does not have any more. Only slots with a permit have bonds.
	fn forget_mechanisms(netuid: NetUid, gone: core::ops::Range<u8>) {
		let permits = Permits::<T>::get(netuid);
		for id in gone.map(MechanismId) {
			permits
				.iter()
				.for_each(|permit| Bonds::<T>::remove((netuid, id, permit.uid)));
			MechanismResults::<T>::remove(netuid, id);
		}
	}

	/// Move a subnet's average towards the share that it had of the emission since its last epoch.
	fn average(netuid: NetUid, accrued: Balance, blocks: BlockNumber) {
		let emitted = Counters::<T>::get().emitted;
		Averages::<T>::mutate(netuid, |average| {
			let all = emitted.saturating_sub(average.emitted);
			average.average = supply::moving_average(average.average, accrued, all, blocks);
			average.emitted = emitted;
		});
	}
}

impl Outcome {
	/// Add what a mechanism decided. Stake and permits are the same in all; active is who was in any.
	fn add(&mut self, id: MechanismId, part: u16, emission: u64, voters: Vec<(u16, u64)>, output: EpochOutput) {
		let dues = dues(&output, emission);
		if self.mechanisms.is_empty() {
			self.active = output.active;
			self.stake_weight = output.stake_weight;
			self.permits = output.permits;
		} else {
			let active = self.active.iter_mut().zip(output.active);
			active.for_each(|(all, one)| *all |= one);
		}
		self.bonds.push((id, output.bonds));
		self.mechanisms.push(MechanismResult {
			part,
			emission,
			dropped: dues.dropped,
			voters: column(voters),
			consensus: column(output.consensus),
			validator_trust: column(output.validator_trust),
			incentive: column(output.incentive),
			dividends: column(output.dividends),
			miners: column(dues.miners),
			validators: column(dues.validators),
		});
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
pub(crate) fn column<Element>(elements: Vec<Element>) -> Column<Element> {
	Column::truncate_from(elements)
}
