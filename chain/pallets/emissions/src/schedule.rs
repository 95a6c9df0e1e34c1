//! When epochs are: the clock of each subnet, and a queue of subnets by the time at which they are due.
//!
//! Times are unpaused, so that a pause of the network moves all epochs by as much. The queue is read from a cursor on: a
//! block sees what is due now and what did not fit before, and nothing else.

use super::*;
use alloc::vec::Vec;
use frame_support::{ensure, pallet_prelude::Get};
use ganglion_primitives::{BlockNumber, NetUid};
use ganglion_traits::{EpochControl, OnSubnetCreated, Pause, SubnetInspect};
use sp_runtime::{traits::UniqueSaturatedInto, DispatchResult};

/// Never: the due time of a subnet that runs no epochs.
pub(crate) const NEVER: BlockNumber = BlockNumber::MAX;
/// Times that one block looks at for due epochs, so that a cursor that is far behind catches up in bounded steps.
const LOOKAHEAD: usize = 64;

impl<T: Config> OnSubnetCreated<T::AccountId> for Pallet<T> {
	fn on_subnet_created(netuid: NetUid, _: &T::AccountId, _: &T::AccountId) -> DispatchResult {
		let tempo = Self::tempo(netuid);
		let spread: BlockNumber = u16::from(netuid).checked_rem(tempo).unwrap_or(0).into();
		let since = Self::time().saturating_sub(spread);
		let clock = Clock {
			epoch: 0,
			last_block: Self::now().saturating_sub(spread),
			since,
			due: NEVER,
			mechanisms: 1,
		};
		Self::schedule(netuid, clock, end_of(since, tempo));
		let mut account = Account::default();
		Counters::<T>::mutate(|ledger| {
			ledger.settle(&mut account);
			ledger.stale = true;
			let average = ShareAverage {
				average: 0,
				emitted: ledger.emitted,
			};
			Averages::<T>::insert(netuid, average);
		});
		Accounts::<T>::insert(netuid, account);
		Ok(())
	}
}

impl<T: Config> EpochControl for Pallet<T> {
	fn next_epoch_block(netuid: NetUid) -> Option<BlockNumber> {
		let clock = Clocks::<T>::get(netuid).filter(|clock| clock.due != NEVER)?;
		let at = clock.due.saturating_add(T::Pause::paused_blocks());
		Some(at.max(Self::now().saturating_add(1)))
	}

	fn trigger(netuid: NetUid, block: BlockNumber) -> DispatchResult {
		let clock = Clocks::<T>::get(netuid).ok_or(Error::<T>::NoClock)?;
		let next = Self::next_epoch_block(netuid).ok_or(Error::<T>::NoClock)?;
		ensure!(block > Self::now() && block < next, Error::<T>::NotEarlier);
		Self::schedule(netuid, clock, block.saturating_sub(T::Pause::paused_blocks()));
		Ok(())
	}

	fn tempo_changed(netuid: NetUid) {
		if let Some(clock) = Clocks::<T>::get(netuid) {
			let due = end_of(clock.since, Self::tempo(netuid));
			Self::schedule(netuid, clock, due);
		}
	}

	fn earning_changed(_: NetUid) {
		Self::set_stale();
	}
}

/// When an epoch of so many blocks ends; never with none.
fn end_of(since: BlockNumber, tempo: u16) -> BlockNumber {
	if tempo == 0 {
		return NEVER;
	}
	since.saturating_add(tempo.into())
}

impl<T: Config> Pallet<T> {
	/// The present block.
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().unique_saturated_into()
	}

	/// The present block less all paused ones.
	pub(crate) fn time() -> BlockNumber {
		Self::now().saturating_sub(T::Pause::paused_blocks())
	}

	fn tempo(netuid: NetUid) -> u16 {
		T::Subnets::hyperparameters(netuid).map_or(0, |params| params.tempo)
	}

	/// Put a subnet's clock, with its next epoch at `due` but after the present block.
	fn schedule(netuid: NetUid, mut clock: Clock, due: BlockNumber) {
		if clock.due != NEVER {
			Queue::<T>::remove(clock.due, netuid);
		}
		clock.due = due.max(Self::time().saturating_add(1));
		if clock.due != NEVER {
			Queue::<T>::insert(clock.due, netuid, ());
		}
		Clocks::<T>::insert(netuid, clock);
	}

	/// Remove a subnet from the queue.
	pub(crate) fn unschedule(netuid: NetUid) {
		if let Some(clock) = Clocks::<T>::get(netuid) {
			Self::schedule(netuid, clock, NEVER);
		}
	}

	/// Advance a clock over an epoch that ran now. The next one is a tempo after the time at which this one was due, so
	/// that epochs that had to wait do not move those after them; who waited longer than that takes the next block.
	pub(crate) fn tick(netuid: NetUid, clock: Clock, tempo: u16, mechanisms: u8) -> Clock {
		let end = end_of(clock.due, tempo);
		let late = end <= Self::time();
		let advanced = Clock {
			epoch: clock.epoch.saturating_add(1),
			last_block: Self::now(),
			since: if late { Self::time() } else { clock.due },
			mechanisms,
			..clock
		};
		Self::schedule(netuid, advanced, end);
		advanced
	}

	/// Subnets whose epoch runs in this block: those that are due for longest, at most as many as one block bears. They
	/// are not overtaken by smaller ones, so that each has its turn. Moves the cursor to the first that has to wait.
	pub(crate) fn due() -> Vec<NetUid> {
		let cursor = Counters::<T>::get().cursor;
		let (waiting, end) = Self::waiting(cursor, T::MaxEpochsPerBlock::get().max(1) as usize);
		let netuids: Vec<NetUid> = waiting.iter().map(|(_, netuid)| *netuid).collect();
		let runs = Self::fitting(&netuids).max(1);
		let next = waiting.get(runs).map_or(end, |(due, _)| *due);
		if next != cursor {
			Counters::<T>::mutate(|ledger| ledger.cursor = next);
		}
		netuids.into_iter().take(runs).collect()
	}

	/// At most `most` subnets that are due, with their times, from the cursor on; and the time at which to look next.
	fn waiting(cursor: BlockNumber, most: usize) -> (Vec<(BlockNumber, NetUid)>, BlockNumber) {
		let mut found = Vec::new();
		for due in (cursor..=Self::time()).take(LOOKAHEAD) {
			let room = most.saturating_sub(found.len());
			let mut here: Vec<NetUid> = Queue::<T>::iter_key_prefix(due).take(room).collect();
			here.sort_unstable();
			found.extend(here.into_iter().map(|netuid| (due, netuid)));
			if found.len() >= most {
				return (found, due);
			}
		}
		let seen = u32::try_from(LOOKAHEAD).unwrap_or(u32::MAX);
		let end = cursor.saturating_add(seen).min(Self::time().saturating_add(1));
		(found, end)
	}

	/// Note that a pause is over. Pauses that follow each other closely count as one.
	pub(crate) fn note_pause() {
		let paused = T::Pause::paused_blocks();
		Counters::<T>::mutate(|ledger| {
			let length = paused.saturating_sub(ledger.paused);
			if length > 0 {
				LastPause::<T>::mutate(|last| *last = last.followed_by(length, Self::now()));
				ledger.paused = paused;
			}
		});
	}
}

impl PauseRecord {
	/// This pause and one of `length` blocks that is over now.
	fn followed_by(self, length: BlockNumber, now: BlockNumber) -> Self {
		let between = now.saturating_sub(length).saturating_sub(self.ended);
		let earlier = if between < self.length { self.length } else { 0 };
		Self {
			ended: now,
			length: length.saturating_add(earlier),
		}
	}

	/// Blocks by which a validator may be silent longer than `cutoff`, because the network stood still meanwhile.
	pub(crate) fn excused(self, cutoff: u64, now: BlockNumber) -> u64 {
		let since = u64::from(now.saturating_sub(self.ended));
		if since <= cutoff {
			self.length.into()
		} else {
			0
		}
	}
}
