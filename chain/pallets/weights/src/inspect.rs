//! How others read weights: the epoch through [`WeightsInspect`], clients through runtime APIs.

use crate::{pallet::*, row::Pairs, Row};
use alloc::vec::Vec;
use ganglion_primitives::{BlockNumber, EpochIndex, MechanismId, NetUid, Uid};
use ganglion_traits::{EpochInspect, NeuronInspect, WeightRow, WeightsInspect};
use sp_core::H256;

/// An open commit as clients read it: commitment, its epoch and block, the epoch in which it can be revealed.
pub type OpenCommit = (H256, EpochIndex, BlockNumber, EpochIndex);

/// Registration block of a slot.
fn slot(registered_at: &[BlockNumber], uid: u16) -> Option<BlockNumber> {
	registered_at.get(usize::from(uid)).copied()
}

/// The entries that still mean whom their author meant: a slot that changed hands since is not.
fn meant(row: Row, registered_at: &[BlockNumber]) -> Pairs {
	let basis = row.updated_at;
	let kept = |(uid, _): &(u16, u16)| slot(registered_at, *uid).is_some_and(|at| at < basis);
	row.entries.into_iter().filter(kept).collect()
}

impl<T: Config> Pallet<T> {
	/// Open commits of a hotkey, oldest first.
	pub fn open_commits(netuid: NetUid, mechanism: MechanismId, hotkey: &T::AccountId) -> Vec<OpenCommit> {
		Self::live_commits(netuid, mechanism, hotkey)
			.into_iter()
			.map(|commit| (commit.hash, commit.epoch, commit.block, commit.reveal_epoch))
			.collect()
	}

	/// Commits that the occupant of each slot let pass without a reveal; index = uid. For reads only.
	pub fn missed_commits(netuid: NetUid, mechanism: MechanismId) -> Vec<u32> {
		let missed = |(uid, (_, at)): (u16, (T::AccountId, BlockNumber))| {
			let last = LastUpdate::<T>::get((netuid, mechanism), Uid(uid));
			last.filter(|last| last.registered_at == at)
				.map_or(0, |last| last.missed)
		};
		(0u16..).zip(T::Neurons::neurons(netuid)).map(missed).collect()
	}

	/// Whether the slot's occupant is not heard in the present epoch, since it kept back the evidence of a row.
	fn is_silent(netuid: NetUid, mechanism: MechanismId, uid: Uid) -> bool {
		let silent = LastUpdate::<T>::get((netuid, mechanism), uid).map_or(0, |last| last.silent);
		silent > 0 && silent == T::Epochs::epoch(netuid)
	}

	/// All rows of present occupants, ascending by uid. Work grows with the slots; for reads only.
	pub fn weights(netuid: NetUid, mechanism: MechanismId) -> Vec<(u16, Pairs)> {
		let registered_at: Vec<BlockNumber> = T::Neurons::neurons(netuid).into_iter().map(|(_, at)| at).collect();
		let slots = u16::try_from(registered_at.len()).unwrap_or(u16::MAX);
		let row = |uid| <Self as WeightsInspect<T::AccountId>>::row(netuid, mechanism, Uid(uid), &registered_at);
		let rows = (0..slots).filter_map(row);
		rows.map(|row| (row.uid.0, row.entries)).collect()
	}
}

impl<T: Config> WeightsInspect<T::AccountId> for Pallet<T> {
	fn row(netuid: NetUid, mechanism: MechanismId, uid: Uid, registered_at: &[BlockNumber]) -> Option<WeightRow> {
		let row = Rows::<T>::get((netuid, mechanism), uid).filter(|_| !Self::is_silent(netuid, mechanism, uid))?;
		(slot(registered_at, uid.0) == Some(row.registered_at)).then(|| WeightRow {
			uid,
			entries: meant(row, registered_at),
		})
	}

	fn last_update(netuid: NetUid, mechanism: MechanismId, registered_at: &[BlockNumber]) -> Vec<BlockNumber> {
		let block = |(uid, at): (u16, &BlockNumber)| {
			LastUpdate::<T>::get((netuid, mechanism), Uid(uid))
				.filter(|last| last.registered_at == *at)
				.map_or(0, |last| last.block)
		};
		(0u16..).zip(registered_at).map(block).collect()
	}

	fn activity(netuid: NetUid, mechanism: MechanismId, registered_at: &[BlockNumber]) -> Vec<BlockNumber> {
		let mut blocks = Self::last_update(netuid, mechanism, registered_at);
		for (uid, block) in (0u16..).zip(&mut blocks).filter(|(_, block)| **block > 0) {
			if Self::is_silent(netuid, mechanism, Uid(uid)) {
				*block = 0;
			}
		}
		blocks
	}

	fn earliest_commit(netuid: NetUid, mechanism: MechanismId, hotkey: &T::AccountId) -> Option<BlockNumber> {
		Self::live_commits(netuid, mechanism, hotkey)
			.iter()
			.map(|commit| commit.block)
			.min()
	}
}
