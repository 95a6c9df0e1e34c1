//! The invariants of the pallet's header, checked.

use crate::{pallet::*, FREE_ANCHORS};
use frame_support::{ensure, traits::Get};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Check the invariants.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_queue()?;
		for (_, _, book) in Books::<T>::iter() {
			ensure!(book.used <= FREE_ANCHORS, "an overdrawn quota");
			ensure!(book.since <= book.last, "a quota from the future");
			ensure!(
				u64::from(book.anchors) <= book.receipts && book.anchors > 0,
				"a batch without receipts"
			);
		}
		Ok(())
	}

	fn check_queue() -> Result<(), TryRuntimeError> {
		let ends = Ends::<T>::get();
		let length = ends
			.next
			.checked_sub(ends.first)
			.ok_or("a queue that ends before it begins")?;
		ensure!(length <= T::MaxAnchors::get().into(), "more anchors than there can be");
		ensure!(
			u64::try_from(Queue::<T>::iter_keys().count()) == Ok(length),
			"the queue has gaps or strays"
		);
		ensure!(
			u64::try_from(Anchors::<T>::iter_keys().count()) == Ok(length),
			"anchors that the queue does not hold, or the other way round"
		);
		let mut before = 0;
		for number in ends.first..ends.next {
			let queued = Queue::<T>::get(number).ok_or("a gap in the queue")?;
			let anchor =
				Anchors::<T>::get(queued.root, (queued.netuid, queued.hotkey)).ok_or("a queued anchor is gone")?;
			ensure!(anchor.clock == queued.clock, "the queue tells another time");
			ensure!(before <= queued.clock, "the queue is not in order");
			before = queued.clock;
		}
		Ok(())
	}
}
