//! Why a slot was paid what it was, and what an epoch and the whole network emitted: answers of the runtime API.
//!
//! Amounts and columns are those that the last epoch stored, bonds those that it left. Weights are read now: a vote whose
//! row has changed since says so. Work grows with the rows of the subnet; for reads only.

use super::*;
use crate::{
	inspect::aligned,
	snapshot::{fingerprint, to_u64},
};
use alloc::vec::Vec;
use frame_support::traits::fungible::Inspect;
use ganglion_primitives::{
	BlockNumber, BondShare, EmissionSummary, EpochReport, Explanation, MechanismColumns, MechanismId, MechanismShare,
	NetUid, Uid, Vote, ONE_U16, SUPPLY_CAP,
};
use ganglion_traits::{NeuronInspect, StakeInspect, WeightsInspect};

/// An element of a column, zero beyond its end.
fn at<Element: Copy + Default>(column: &[Element], uid: Uid) -> Element {
	column.get(usize::from(uid.0)).copied().unwrap_or_default()
}

/// Sum of a column of amounts.
fn total(column: &[u64]) -> u64 {
	column.iter().fold(0, |sum, one| sum.saturating_add(*one))
}

/// `part` of `whole` as a proportion, rounded down.
fn share(part: u64, whole: u64) -> u16 {
	let scaled = u128::from(part).saturating_mul(ONE_U16.into());
	let share = scaled.checked_div(whole.into()).unwrap_or(0);
	u16::try_from(share).unwrap_or(ONE_U16)
}

impl<T: Config> Pallet<T> {
	/// Emission of the whole network.
	pub fn summary() -> EmissionSummary {
		let ledger = Counters::<T>::get();
		EmissionSummary {
			issued: to_u64(T::Currency::total_issuance()),
			pending: to_u64(TotalPending::<T>::get()),
			burned_for_ever: to_u64(BurnedForEver::<T>::get()),
			cap: to_u64(SUPPLY_CAP),
			block_emission: to_u64(Self::emission_now()),
			emitted: to_u64(ledger.emitted),
			units: ledger.units,
		}
	}

	/// Money of a subnet's last epoch.
	pub fn report(netuid: NetUid) -> Option<EpochReport> {
		Results::<T>::get(netuid).map(|result| report_of(netuid, &result))
	}

	/// A mechanism's columns in the last epoch, aligned to the present occupants.
	pub fn mechanism_columns(netuid: NetUid, mechanism: MechanismId) -> Option<MechanismColumns> {
		let result = MechanismResults::<T>::get(netuid, mechanism)?;
		let there = Results::<T>::get(netuid)?.registered_at;
		let now: Vec<BlockNumber> = T::Neurons::neurons(netuid).into_iter().map(|(_, at)| at).collect();
		Some(MechanismColumns {
			part: result.part,
			emission: result.emission,
			consensus: aligned(&result.consensus, &there, &now),
			validator_trust: aligned(&result.validator_trust, &there, &now),
			incentive: aligned(&result.incentive, &there, &now),
			dividends: aligned(&result.dividends, &there, &now),
			miners: aligned(&result.miners, &there, &now),
			validators: aligned(&result.validators, &there, &now),
		})
	}

	/// Why a slot was paid what it was in the last epoch; nothing where its occupant came after it.
	pub fn explain(netuid: NetUid, uid: Uid) -> Option<Explanation<T::AccountId>> {
		let result = Results::<T>::get(netuid)?;
		let (hotkey, registered_at) = T::Neurons::neuron(netuid, uid)?;
		if result.registered_at.get(usize::from(uid.0)) != Some(&registered_at) {
			return None;
		}
		let mechanisms = Self::mechanism_results(netuid);
		let unpaid = result.unpaid.iter().find(|one| one.uid == uid);
		Some(Explanation {
			uid,
			report: report_of(netuid, &result),
			active: at(&result.active, uid),
			permit: Permits::<T>::get(netuid).iter().any(|permit| permit.uid == uid),
			stake_weight: at(&result.stake_weight, uid),
			stake: to_u64(T::Stake::stake(netuid, &hotkey)),
			own_stake: to_u64(T::Stake::own_stake(netuid, &hotkey)),
			hotkey,
			mechanisms: mechanisms.iter().map(|(id, one)| share_of(*id, one, uid)).collect(),
			unpaid_as_miner: unpaid.map_or(0, |one| one.miner),
			unpaid_as_validator: unpaid.map_or(0, |one| one.validator),
			emission: at(&result.emission, uid),
			votes: Self::votes(netuid, uid, &result, &mechanisms),
			bonds: Self::bond_shares(netuid, uid, &mechanisms),
		})
	}

	/// Results of all mechanisms in the last epoch.
	fn mechanism_results(netuid: NetUid) -> Vec<(MechanismId, MechanismResult)> {
		let count = Clocks::<T>::get(netuid).map_or(0, |clock| clock.mechanisms);
		let result = |id| MechanismResults::<T>::get(netuid, id).map(|result| (id, result));
		(0..count).map(MechanismId).filter_map(result).collect()
	}

	/// Weights on a slot, in all mechanisms.
	fn votes(
		netuid: NetUid,
		uid: Uid,
		result: &EpochResult,
		mechanisms: &[(MechanismId, MechanismResult)],
	) -> Vec<Vote> {
		let registered_at: Vec<BlockNumber> = T::Neurons::neurons(netuid).into_iter().map(|(_, at)| at).collect();
		let mut votes = Vec::new();
		for (id, mechanism) in mechanisms {
			let stake_of = |voter: u16| u64::from(at(&result.stake_weight, Uid(voter)));
			let all = mechanism
				.voters
				.iter()
				.fold(0u64, |sum, (voter, _)| sum.saturating_add(stake_of(*voter)));
			for (voter, seen) in &mechanism.voters {
				let row = T::Weights::row(netuid, *id, Uid(*voter), &registered_at);
				let entries = row.map(|row| row.entries).unwrap_or_default();
				let weight = weight_on(&entries, uid);
				votes.push(Vote {
					mechanism: *id,
					uid: Uid(*voter),
					stake: share(stake_of(*voter), all),
					weight,
					counted: weight.min(at(&mechanism.consensus, uid)),
					changed: fingerprint(&entries) != *seen,
				});
			}
		}
		votes.retain(|vote| vote.weight > 0 || vote.changed);
		votes
	}

	/// Bonds of a slot, in all mechanisms.
	fn bond_shares(netuid: NetUid, uid: Uid, mechanisms: &[(MechanismId, MechanismResult)]) -> Vec<BondShare> {
		let mut shares = Vec::new();
		for (id, mechanism) in mechanisms {
			let rows = Self::bonds(netuid, *id);
			let own = rows.iter().find(|(of, _)| *of == uid.0).map(|(_, row)| row.as_slice());
			for (miner, bond) in own.unwrap_or_default() {
				let to_miner = rows.iter().flat_map(|(_, row)| row).filter(|(to, _)| to == miner);
				shares.push(BondShare {
					mechanism: *id,
					uid: Uid(*miner),
					bond: *bond,
					all: to_miner.fold(0u32, |sum, (_, bond)| sum.saturating_add((*bond).into())),
					incentive: at(&mechanism.incentive, Uid(*miner)),
				});
			}
		}
		shares
	}
}

fn report_of(netuid: NetUid, result: &EpochResult) -> EpochReport {
	let money = &result.money;
	EpochReport {
		netuid,
		epoch: result.epoch,
		block: result.block,
		last_block: result.last_block,
		units: result.units,
		all_units: result.all_units,
		accrued: to_u64(money.accrued),
		carried: to_u64(money.carried),
		owner: to_u64(money.owner),
		miners: to_u64(money.miners),
		validators: to_u64(money.validators),
		dropped: to_u64(money.dropped),
		left: to_u64(money.left),
	}
}

fn share_of(mechanism: MechanismId, of: &MechanismResult, uid: Uid) -> MechanismShare {
	MechanismShare {
		mechanism,
		part: of.part,
		emission: of.emission,
		dropped: of.dropped,
		to_miners: total(&of.miners),
		to_validators: total(&of.validators),
		consensus: at(&of.consensus, uid),
		validator_trust: at(&of.validator_trust, uid),
		incentive: at(&of.incentive, uid),
		dividends: at(&of.dividends, uid),
		as_miner: at(&of.miners, uid),
		as_validator: at(&of.validators, uid),
	}
}

/// Weight on a slot as a share of its row.
fn weight_on(entries: &[(u16, u16)], Uid(uid): Uid) -> u16 {
	let sum = entries
		.iter()
		.fold(0u64, |sum, (_, weight)| sum.saturating_add((*weight).into()));
	let on = entries
		.iter()
		.find(|(to, _)| *to == uid)
		.map_or(0, |(_, weight)| *weight);
	share(on.into(), sum)
}
