//! When which dispute has to be looked at, and what happens then. Nothing here depends on anybody's call.

use crate::{pallet::*, types::*, weights::WeightInfo};
use frame_support::{ensure, traits::Get, weights::Weight};
use ganglion_primitives::{BlockNumber, DisputeId, Ending, Reason, Stage};
use ganglion_traits::Pause;
use sp_runtime::{traits::UniqueSaturatedInto, DispatchResult};

impl<T: Config> Pallet<T> {
	/// Height of the present block.
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().unique_saturated_into()
	}

	/// Unpaused blocks so far: the clock of all deadlines.
	pub(crate) fn clock() -> BlockNumber {
		Self::now().saturating_sub(T::Pause::paused_blocks())
	}

	/// Store a dispute whose stage begins now.
	pub(crate) fn begin_stage(id: DisputeId, mut dispute: DisputeOf, stage: Stage) {
		let period = match stage {
			Stage::Answering | Stage::Posting | Stage::Judging => T::MovePeriod::get(),
			Stage::Drawing => Self::draw_period(dispute.netuid),
			Stage::Voting => T::VotePeriod::get(),
		};
		dispute.stage = stage;
		dispute.deadline = Self::clock().saturating_add(period);
		// Who can be drawn is noted by the next block.
		let wait = if stage == Stage::Drawing { 0 } else { period };
		Self::enqueue(id, Self::clock().saturating_add(wait).saturating_add(1));
		Disputes::<T>::insert(id, dispute);
	}

	/// Look again: after the deadline, or sooner where something may have come.
	pub(crate) fn look_later(id: DisputeId, dispute: &DisputeOf) {
		let passed = dispute.deadline.saturating_add(1);
		let at = match dispute.stage {
			Stage::Drawing => passed.min(Self::clock().saturating_add(RETRY)),
			_ => passed,
		};
		Self::enqueue(id, at);
	}

	/// Put it where its next look belongs, in the place of where it was.
	fn enqueue(id: DisputeId, at: BlockNumber) {
		Due::<T>::mutate(|due| {
			due.retain(|(_, one)| *one != id);
			let place = due.partition_point(|(other, _)| *other <= at);
			// There is room: `open` counted.
			let _ = due.try_insert(place, (at, id));
		});
	}

	pub(crate) fn dequeue(id: DisputeId) {
		Due::<T>::mutate(|due| due.retain(|(_, one)| *one != id));
	}

	/// What a block does by itself.
	pub(crate) fn work() -> Weight {
		if T::Pause::is_paused() {
			return T::WeightInfo::on_initialize();
		}
		let forgotten = Self::forget();
		let clock = Self::clock();
		let due = Due::<T>::get();
		let ripe = due.iter().take_while(|(at, _)| *at <= clock).take(WORK_PER_BLOCK);
		let mut weight = T::WeightInfo::on_initialize().saturating_add(T::WeightInfo::forget(forgotten));
		for (_, id) in ripe {
			weight = weight.saturating_add(Self::advance(*id));
		}
		weight
	}

	pub(crate) fn do_settle(id: DisputeId) -> DispatchResult {
		ensure!(!T::Pause::is_paused(), Error::<T>::Paused);
		let due = Due::<T>::get();
		let (at, _) = due
			.iter()
			.find(|(_, one)| *one == id)
			.ok_or(Error::<T>::DisputeNotFound)?;
		ensure!(*at <= Self::clock(), Error::<T>::NotDue);
		Self::advance(id);
		Ok(())
	}

	/// Whoever had his turn lost it, or it is time for another attempt at the draw.
	fn advance(id: DisputeId) -> Weight {
		let Some(dispute) = Disputes::<T>::get(id) else {
			Self::dequeue(id);
			return T::WeightInfo::step();
		};
		let passed = Self::clock() > dispute.deadline;
		match dispute.stage {
			Stage::Answering | Stage::Posting if passed => Self::pass_over(id, dispute),
			Stage::Judging if passed => Self::finish(id, dispute, Ending::Dismissed, Reason::Timeout),
			Stage::Voting if passed => Self::close_vote(id, dispute),
			Stage::Drawing => return Self::try_draw(id, dispute),
			_ => Self::look_later(id, &dispute),
		}
		T::WeightInfo::step().saturating_add(T::WeightInfo::finish())
	}
}
