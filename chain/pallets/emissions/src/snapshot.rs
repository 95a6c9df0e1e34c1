//! The state of a subnet as an epoch sees it: what all mechanisms share is read once, then each mechanism's weights and
//! bonds, which are handed to yuma as slices.

use super::*;
use crate::inspect::aligned;
use alloc::{vec, vec::Vec};
use codec::Encode;
use frame_support::{StorageHasher, Twox128};
use ganglion_primitives::{Balance, BlockNumber, Hyperparameters, MechanismId, NetUid, Uid};
use ganglion_traits::{NeuronInspect, StakeInspect, SubnetInspect, WeightRow, WeightsInspect};
use ganglion_yuma::{EpochOutput, EpochView, Rows};

/// What all mechanisms of an epoch share. Columns have one element per slot.
pub(crate) struct Snapshot<AccountId> {
	pub netuid: NetUid,
	pub params: Hyperparameters,
	pub clock: Clock,
	pub now: BlockNumber,
	pub hotkeys: Vec<AccountId>,
	pub registered_at: Vec<BlockNumber>,
	/// Whether the operator's own stake suffices for a permit.
	pub eligible: Vec<bool>,
	/// Stake that counts: zero where the slot is not eligible.
	stake: Vec<u64>,
	/// `registered_at` as yuma takes it.
	registered: Vec<u64>,
	permits: Vec<bool>,
	activity_cutoff: u64,
	owner: Option<u16>,
	/// Slots to which all bonds are forgotten now, ascending.
	resets: Column<u16>,
}

/// What one mechanism has of its own.
pub(crate) struct Matrix {
	last_update: Vec<u64>,
	commit_blocks: Option<Vec<u64>>,
	weights: Vec<WeightRow>,
	bonds: Rows,
	/// The last epoch's consensus, where liquid alpha asks for it.
	previous_consensus: Option<Vec<u16>>,
}

impl<AccountId> Snapshot<AccountId> {
	/// Read what is shared.
	pub fn read<T: Config<AccountId = AccountId>>(netuid: NetUid, params: Hyperparameters, clock: Clock) -> Self {
		let (hotkeys, registered_at): (Vec<AccountId>, Vec<BlockNumber>) =
			T::Neurons::neurons(netuid).into_iter().unzip();
		let owner = T::Subnets::owner_hotkey(netuid)
			.and_then(|hotkey| T::Neurons::uid(netuid, &hotkey))
			.map(u16::from);
		let (stake, eligible) = read_stake::<T>(netuid, &hotkeys, params.min_validator_stake);
		let now = Pallet::<T>::now();
		let cutoff = params.activity_cutoff();
		Self {
			netuid,
			permits: Pallet::<T>::permit_column(netuid, &registered_at),
			activity_cutoff: cutoff.saturating_add(LastPause::<T>::get().excused(cutoff, now)),
			registered: widen(&registered_at),
			resets: Resets::<T>::get(netuid),
			now,
			params,
			clock,
			hotkeys,
			registered_at,
			eligible,
			stake,
			owner,
		}
	}

	/// Number of slots.
	pub fn len(&self) -> u16 {
		u16::try_from(self.hotkeys.len()).unwrap_or(u16::MAX)
	}

	/// Whether a slot's weights can count in this epoch: the owner's always can.
	fn votes(&self, uid: usize) -> bool {
		self.permits.get(uid).copied().unwrap_or(false) || self.owner.map(usize::from) == Some(uid)
	}
}

impl Matrix {
	/// Read a mechanism. Rows that do not count are not even read, so that what an epoch takes is bounded by permits.
	pub fn read<T: Config>(id: MechanismId, of: &Snapshot<T::AccountId>) -> Self {
		let rows = (0..of.len()).filter(|uid| of.votes((*uid).into()));
		let weights = rows.filter_map(|uid| T::Weights::row(of.netuid, id, Uid(uid), &of.registered_at));
		Self {
			weights: weights.collect(),
			last_update: widen(&T::Weights::activity(of.netuid, id, &of.registered_at)),
			commit_blocks: of.params.commit_reveal_on.then(|| read_commits::<T>(id, of)),
			bonds: read_bonds::<T>(of.netuid, id, &of.registered_at, of.clock, &of.resets),
			previous_consensus: of.params.liquid_alpha_on.then(|| read_consensus::<T>(id, of)).flatten(),
		}
	}

	/// How much was read: rows of weights, and entries in rows of weights and bonds, whichever are more.
	pub fn size(&self) -> (u32, u32) {
		let weights: usize = self.weights.iter().map(|row| row.entries.len()).sum();
		let bonds: usize = self.bonds.iter().map(|(_, entries)| entries.len()).sum();
		(saturated(self.weights.len()), saturated(weights.max(bonds)))
	}

	/// Slots whose weights counted, by what the epoch says of activity, with their rows' fingerprints.
	pub fn voters(&self, active: &[bool]) -> Vec<(u16, u64)> {
		let counted = |row: &WeightRow| active.get(usize::from(row.uid.0)).copied().unwrap_or(false);
		let rows = self.weights.iter().filter(|row| counted(row));
		rows.map(|row| (row.uid.0, fingerprint(&row.entries))).collect()
	}

	/// Compute the mechanism's epoch with this much to pay.
	pub fn run<AccountId>(&self, of: &Snapshot<AccountId>, emission: u64) -> EpochOutput {
		let params = &of.params;
		ganglion_yuma::epoch(&EpochView {
			emission,
			n: of.len(),
			block: of.now.into(),
			stake: &of.stake,
			last_update: &self.last_update,
			registered_at: &of.registered,
			activity_cutoff: of.activity_cutoff,
			permits: &of.permits,
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
			owner: of.owner,
			threshold: 0,
			yuma3: params.yuma3_on,
			liquid_alpha: params.liquid_alpha_on,
			commit_blocks: self.commit_blocks.as_deref(),
			last_step_block: (of.clock.epoch > 0).then_some(of.clock.last_block.into()),
			alpha_low: params.alpha_low,
			alpha_high: params.alpha_high,
			steepness: params.alpha_sigmoid_steepness,
			liquid_alpha_legacy: params.liquid_alpha_legacy,
			previous_consensus: self.previous_consensus.as_deref(),
		})
	}
}

/// By which a row that was changed since an epoch is known.
pub(crate) fn fingerprint(entries: &[(u16, u16)]) -> u64 {
	let [bytes @ .., _, _, _, _, _, _, _, _] = entries.using_encoded(Twox128::hash);
	u64::from_le_bytes(bytes)
}

/// Stake that counts and eligibility of each slot.
fn read_stake<T: Config>(netuid: NetUid, hotkeys: &[T::AccountId], minimum: Balance) -> (Vec<u64>, Vec<bool>) {
	let counts = |(stake, own): (Balance, Balance)| {
		let eligible = own >= minimum;
		(if eligible { to_u64(stake) } else { 0 }, eligible)
	};
	let stakes = T::Stake::stakes(netuid, hotkeys).into_iter().map(counts);
	let (mut stake, mut eligible): (Vec<u64>, Vec<bool>) = stakes.unzip();
	stake.resize(hotkeys.len(), 0);
	eligible.resize(hotkeys.len(), false);
	(stake, eligible)
}

/// Block of each slot's earliest open commitment, the largest number for none.
fn read_commits<T: Config>(id: MechanismId, of: &Snapshot<T::AccountId>) -> Vec<u64> {
	let read = |(uid, hotkey): (usize, &T::AccountId)| {
		let earliest = of
			.votes(uid)
			.then(|| T::Weights::earliest_commit(of.netuid, id, hotkey));
		earliest.flatten().map_or(u64::MAX, u64::from)
	};
	of.hotkeys.iter().enumerate().map(read).collect()
}

/// Consensus of the last epoch between occupants that were there then, zero for others.
fn read_consensus<T: Config>(id: MechanismId, of: &Snapshot<T::AccountId>) -> Option<Vec<u16>> {
	let last = MechanismResults::<T>::get(of.netuid, id)?;
	let there = Results::<T>::get(of.netuid)?.registered_at;
	Some(aligned(&last.consensus, &there, &of.registered_at))
}

/// Bonds between occupants that were both there at the last epoch, without those to slots that gave theirs up.
pub(crate) fn read_bonds<T: Config>(
	netuid: NetUid,
	id: MechanismId,
	registered_at: &[BlockNumber],
	clock: Clock,
	resets: &[u16],
) -> Rows {
	// Neurons are registered after the epoch of their block, so whoever came in the last epoch's block came after it.
	let was_there = |uid: u16| {
		registered_at
			.get(usize::from(uid))
			.is_some_and(|at| *at < clock.last_block)
	};
	let stays = |uid: u16| was_there(uid) && resets.binary_search(&uid).is_err();
	let read = |permit: &Permit| {
		let row = Bonds::<T>::get((netuid, id, permit.uid))?;
		let occupant = registered_at.get(usize::from(permit.uid.0));
		let mut entries = row.entries.into_inner();
		entries.retain(|(uid, _)| stays(*uid));
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
