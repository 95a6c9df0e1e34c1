//! The state of a subnet as an epoch sees it: read once, handed to yuma as slices.

use super::*;
use alloc::{vec, vec::Vec};
use ganglion_primitives::{Balance, BlockNumber, Hyperparameters, MechanismId, NetUid, Uid};
use ganglion_traits::{NeuronInspect, StakeInspect, SubnetInspect, WeightRow, WeightsInspect};
use ganglion_yuma::{EpochOutput, EpochView, Rows};

/// The only mechanism that epochs run yet.
pub(crate) const MECHANISM: MechanismId = MechanismId(0);

/// What an epoch reads. Columns have one element per slot.
pub(crate) struct Snapshot<AccountId> {
	pub params: Hyperparameters,
	pub clock: Clock,
	pub now: BlockNumber,
	pub hotkeys: Vec<AccountId>,
	pub registered_at: Vec<BlockNumber>,
	/// Whether the operator's own stake suffices for a permit.
	pub eligible: Vec<bool>,
	/// Stake that counts: zero where the slot is not eligible.
	stake: Vec<u64>,
	last_update: Vec<u64>,
	permits: Vec<bool>,
	commit_blocks: Option<Vec<u64>>,
	weights: Vec<WeightRow>,
	bonds: Rows,
	owner: Option<u16>,
}

impl<AccountId> Snapshot<AccountId> {
	/// Read everything.
	pub fn read<T: Config<AccountId = AccountId>>(netuid: NetUid, params: Hyperparameters, clock: Clock) -> Self {
		let (hotkeys, registered_at): (Vec<AccountId>, Vec<BlockNumber>) =
			T::Neurons::neurons(netuid).into_iter().unzip();
		let owner = T::Subnets::owner_hotkey(netuid)
			.and_then(|hotkey| T::Neurons::uid(netuid, &hotkey))
			.map(u16::from);
		let permits: Vec<bool> = Pallet::<T>::permit_column(netuid, &registered_at);
		let (stake, eligible) = read_stake::<T>(netuid, &hotkeys, params.min_validator_stake);
		let commit_blocks = params
			.commit_reveal_on
			.then(|| read_commits::<T>(netuid, &hotkeys, |uid| holds(&permits, owner, uid)));
		Self {
			now: Pallet::<T>::now(),
			last_update: widen(&T::Weights::last_update(netuid, MECHANISM, &registered_at)),
			weights: read_rows::<T>(netuid, &registered_at, |uid| holds(&permits, owner, uid)),
			bonds: read_bonds::<T>(netuid, &registered_at, clock),
			params,
			clock,
			hotkeys,
			registered_at,
			eligible,
			stake,
			permits,
			commit_blocks,
			owner,
		}
	}

	/// Number of slots.
	pub fn len(&self) -> u16 {
		u16::try_from(self.hotkeys.len()).unwrap_or(u16::MAX)
	}

	/// Rows and entries of the weights, for the hook's weight.
	pub fn size(&self) -> (u32, u32) {
		let entries = self
			.weights
			.iter()
			.map(|row| row.entries.len())
			.fold(0, usize::saturating_add);
		(saturated(self.weights.len()), saturated(entries))
	}

	/// Run yuma on it.
	pub fn run(&self, emission: u64) -> EpochOutput {
		let params = &self.params;
		ganglion_yuma::epoch(&EpochView {
			emission,
			n: self.len(),
			block: self.now.into(),
			stake: &self.stake,
			last_update: &self.last_update,
			registered_at: &widen(&self.registered_at),
			activity_cutoff: params.activity_cutoff(),
			permits: &self.permits,
			max_validators: params.max_allowed_validators,
			kappa: params.kappa,
			bonds_penalty: params.bonds_penalty,
			tempo: params.tempo,
			bonds_moving_average: params.bonds_moving_average.into(),
			weights: self
				.weights
				.iter()
				.map(|row| (row.uid.into(), row.entries.as_slice()))
				.collect(),
			bonds: self
				.bonds
				.iter()
				.map(|(uid, entries)| (*uid, entries.as_slice()))
				.collect(),
			owner: self.owner,
			threshold: 0,
			yuma3: params.yuma3_on,
			liquid_alpha: params.liquid_alpha_on,
			commit_blocks: self.commit_blocks.as_deref(),
			last_step_block: (self.clock.epoch > 0).then_some(self.clock.last_block.into()),
			alpha_low: params.alpha_low,
			alpha_high: params.alpha_high,
			steepness: params.alpha_sigmoid_steepness,
			liquid_alpha_legacy: false,
			previous_consensus: None,
		})
	}
}

/// Whether a slot's weights can count in this epoch: the owner's always can.
fn holds(permits: &[bool], owner: Option<u16>, uid: usize) -> bool {
	permits.get(uid).copied().unwrap_or(false) || owner.map(usize::from) == Some(uid)
}

/// Rows that count; others are not even read, so that what an epoch takes is bounded by permits.
fn read_rows<T: Config>(
	netuid: NetUid,
	registered_at: &[BlockNumber],
	counts: impl Fn(usize) -> bool,
) -> Vec<WeightRow> {
	(0u16..)
		.take(registered_at.len())
		.filter(|uid| counts((*uid).into()))
		.filter_map(|uid| T::Weights::row(netuid, MECHANISM, Uid(uid), registered_at))
		.collect()
}

/// Stake that counts and eligibility of each slot.
fn read_stake<T: Config>(netuid: NetUid, hotkeys: &[T::AccountId], minimum: Balance) -> (Vec<u64>, Vec<bool>) {
	let read = |hotkey: &T::AccountId| {
		let stake = T::Stake::stake(netuid, hotkey);
		let own = if stake > 0 {
			T::Stake::own_stake(netuid, hotkey)
		} else {
			0
		};
		let eligible = own >= minimum;
		(if eligible { to_u64(stake) } else { 0 }, eligible)
	};
	hotkeys.iter().map(read).unzip()
}

/// Block of each slot's earliest open commitment, the largest number for none.
fn read_commits<T: Config>(netuid: NetUid, hotkeys: &[T::AccountId], counts: impl Fn(usize) -> bool) -> Vec<u64> {
	let mut blocks = vec![u64::MAX; hotkeys.len()];
	for (uid, (hotkey, block)) in hotkeys.iter().zip(blocks.iter_mut()).enumerate() {
		if counts(uid) {
			*block = T::Weights::earliest_commit(netuid, MECHANISM, hotkey).map_or(u64::MAX, u64::from);
		}
	}
	blocks
}

/// Bonds between occupants that were both there at the last epoch.
pub(crate) fn read_bonds<T: Config>(netuid: NetUid, registered_at: &[BlockNumber], clock: Clock) -> Rows {
	// Neurons are registered after the epoch of their block, so whoever came in the last epoch's block came after it.
	let was_there = |uid: u16| {
		registered_at
			.get(usize::from(uid))
			.is_some_and(|at| *at < clock.last_block)
	};
	let read = |permit: &Permit| {
		let row = Bonds::<T>::get((netuid, MECHANISM, permit.uid))?;
		let occupant = registered_at.get(usize::from(permit.uid.0));
		let mut entries = row.entries.into_inner();
		entries.retain(|(uid, _)| was_there(*uid));
		(occupant == Some(&row.registered_at)).then_some((permit.uid.0, entries))
	};
	Permits::<T>::get(netuid).iter().filter_map(read).collect()
}

impl<T: Config> Pallet<T> {
	/// Whether each slot's present occupant holds a permit.
	pub(crate) fn permit_column(netuid: NetUid, registered_at: &[BlockNumber]) -> Vec<bool> {
		let mut column = vec![false; registered_at.len()];
		for Permit {
			uid: Uid(uid),
			registered_at: at,
		} in Permits::<T>::get(netuid)
		{
			let uid = usize::from(uid);
			if let Some(permit) = column.get_mut(uid) {
				*permit = registered_at.get(uid) == Some(&at);
			}
		}
		column
	}
}

/// The checked conversion at yuma's entry. No amount is above the supply cap, which fits.
pub(crate) fn to_u64(amount: Balance) -> u64 {
	use frame_support::traits::Defensive;
	u64::try_from(amount).defensive_unwrap_or(u64::MAX)
}

/// Blocks as yuma takes them.
fn widen(blocks: &[BlockNumber]) -> Vec<u64> {
	blocks.iter().map(|block| u64::from(*block)).collect()
}

/// A length as `u32`.
pub(crate) fn saturated(length: usize) -> u32 {
	u32::try_from(length).unwrap_or(u32::MAX)
}
