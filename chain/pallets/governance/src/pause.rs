//! Pauses: who stops the network, for how long, and the clock that stands still meanwhile.
//!
//! A pause is stock safe mode, entered and extended here alone, so that its length is known: paused blocks are
//! computed, not counted by a hook, and every pallet sees the same clock wherever its hook stands in the block.

use super::*;
use frame_support::{
	ensure,
	pallet_prelude::{DispatchError, DispatchResult, Get},
	traits::{SafeMode, SafeModeNotify},
};
use ganglion_primitives::BlockNumber;
use ganglion_traits::Pause;
use sp_runtime::traits::UniqueSaturatedInto;
use types::Pausing;

impl<T: Config> Pallet<T> {
	/// Height of the present block.
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().unique_saturated_into()
	}

	/// Unpaused blocks so far: the clock of all deadlines.
	pub fn clock() -> BlockNumber {
		Self::now().saturating_sub(Self::paused_blocks())
	}

	pub(crate) fn do_pause(blocks: BlockNumber) -> DispatchResult {
		let mut pauses = PausesOf::<T>::get();
		ensure!(pauses.current.is_none(), Error::<T>::AlreadyPaused);
		ensure!(Self::clock() >= pauses.allowed_at, Error::<T>::CoolingDown);
		ensure!(blocks > 0, Error::<T>::NoBlocks);
		ensure!(blocks <= T::MaxPause::get(), Error::<T>::PauseTooLong);
		T::SafeMode::enter(blocks.into()).map_err(Self::refused)?;
		let until = Self::now().saturating_add(blocks);
		pauses.current = Some(Pausing {
			entered: Self::now(),
			until,
		});
		PausesOf::<T>::put(pauses);
		Self::deposit_event(Event::Paused { until });
		Ok(())
	}

	pub(crate) fn do_extend_pause(blocks: BlockNumber) -> DispatchResult {
		let mut pauses = PausesOf::<T>::get();
		let mut current = pauses.current.ok_or(Error::<T>::NotPaused)?;
		ensure!(blocks > 0, Error::<T>::NoBlocks);
		current.until = current.until.saturating_add(blocks);
		let whole = current.until.saturating_sub(current.entered);
		ensure!(whole <= T::MaxPause::get(), Error::<T>::PauseTooLong);
		T::SafeMode::extend(blocks.into()).map_err(Self::refused)?;
		pauses.current = Some(current);
		PausesOf::<T>::put(pauses);
		Self::deposit_event(Event::PauseExtended { until: current.until });
		Ok(())
	}

	/// Both keep the same times, so this is not seen.
	fn refused<E>(_: E) -> DispatchError {
		Error::<T>::NotPaused.into()
	}
}

impl<T: Config> SafeModeNotify for Pallet<T> {
	fn entered() {}

	/// Safe mode has ended, by itself or by force.
	fn exited() {
		let mut pauses = PausesOf::<T>::get();
		let Some(ended) = pauses.current.take() else { return };
		pauses.counted = pauses.counted.saturating_add(ended.elapsed(Self::now()));
		let clock = Self::now().saturating_sub(pauses.counted);
		pauses.allowed_at = clock.saturating_add(T::MaxPause::get());
		PausesOf::<T>::put(pauses);
		Self::deposit_event(Event::PauseEnded {
			paused_blocks: pauses.counted,
			allowed_at: pauses.allowed_at,
		});
	}
}

impl<T: Config> Pause for Pallet<T> {
	fn is_paused() -> bool {
		let now = Self::now();
		let holds = |pause: Pausing| pause.entered <= now && now <= pause.until;
		PausesOf::<T>::get().current.is_some_and(holds)
	}

	fn paused_blocks() -> BlockNumber {
		let pauses = PausesOf::<T>::get();
		let current = pauses.current.map_or(0, |pause| pause.elapsed(Self::now()));
		pauses.counted.saturating_add(current)
	}
}

/// The clock of all deadlines as stock pallets ask for it.
impl<T: Config> sp_runtime::traits::BlockNumberProvider for Pallet<T> {
	type BlockNumber = BlockNumber;

	fn current_block_number() -> BlockNumber {
		Self::clock()
	}

	#[cfg(any(feature = "std", feature = "runtime-benchmarks"))]
	fn set_block_number(block: BlockNumber) {
		frame_system::Pallet::<T>::set_block_number(block.into());
	}
}
