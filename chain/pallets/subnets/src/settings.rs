//! What owners set, how often and when: hyperparameters, the number of slots, the next epoch.
//!
//! An owner's action has two conditions beside its bounds: an interval since he did the same last, and that no epoch is
//! so near that others could not react any more. Both are known in advance: [`Pallet::owner_limits`].

use crate::{bounds, pallet::*, Authority, Limited};
use alloc::vec::Vec;
use frame_support::{ensure, traits::Get, BoundedVec};
use ganglion_primitives::{BlockNumber, Hyperparameter, Hyperparameters, NetUid, OwnerLimit};
use ganglion_traits::{EpochControl, EpochSize, NeuronInspect, SubnetSlots};
use sp_runtime::{DispatchError, DispatchResult};

/// Tempos between two settings of one hyperparameter by an owner.
const TEMPOS_BETWEEN_CHANGES: u32 = 2;
/// The same for the version key, which every validator must follow.
const TEMPOS_BETWEEN_VERSION_KEYS: u32 = 5;
/// The freeze window is at most this part of the tempo.
const FREEZE_PART_OF_TEMPO: u16 = 5;

/// When epochs come, for the freeze window.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Epochs {
	pub(crate) next: Option<BlockNumber>,
	pub(crate) tempo: u16,
	pub(crate) window: BlockNumber,
}

impl Epochs {
	fn of<T: Config>(netuid: NetUid, record: &Hyperparameters) -> Self {
		let part = record.tempo.checked_div(FREEZE_PART_OF_TEMPO).unwrap_or_default();
		Self {
			next: T::Clock::next_epoch_block(netuid),
			tempo: record.tempo.max(1),
			window: T::FreezeWindow::get().min(part.into()),
		}
	}

	/// Whether the block is one of the last before the next epoch, or that epoch waits for its turn.
	pub(crate) fn frozen(&self, at: BlockNumber) -> bool {
		let near = |next| next <= at.saturating_add(self.window);
		self.window > 0 && self.next.is_some_and(near)
	}

	/// The first block from `at` on that no epoch freezes, if all come in time.
	pub(crate) fn first_free(&self, at: BlockNumber) -> BlockNumber {
		let Some(mut next) = self.next.filter(|_| self.window > 0) else {
			return at;
		};
		if next <= at {
			let cycles = at
				.saturating_sub(next)
				.checked_div(self.tempo.into())
				.unwrap_or_default();
			next = cycles
				.saturating_add(1)
				.saturating_mul(self.tempo.into())
				.saturating_add(next);
		}
		if next <= at.saturating_add(self.window) {
			next
		} else {
			at
		}
	}
}

/// Whether a whole record can be stored: by itself, and because an epoch with it fits into a block.
fn check_record<T: Config>(record: &Hyperparameters) -> Result<(), bounds::Refusal> {
	bounds::check_record(record)?;
	let fits = T::Epochs::fits(
		record.max_allowed_uids,
		record.max_allowed_validators,
		record.mechanism_count,
	);
	fits.then_some(()).ok_or(bounds::Refusal::OutOfBounds)
}

/// Blocks between two doings of the same by an owner.
fn interval<T: Config>(action: Limited, record: &Hyperparameters) -> BlockNumber {
	let version_key = Limited::from(&Hyperparameter::WeightsVersionKey(0));
	let tempos = |count: u32| count.saturating_mul(record.tempo.into());
	match action {
		Limited::Trim => T::TrimInterval::get(),
		Limited::OwnerHotkey => T::OwnerHotkeyInterval::get(),
		_ if action == version_key => tempos(TEMPOS_BETWEEN_VERSION_KEYS),
		_ => tempos(TEMPOS_BETWEEN_CHANGES),
	}
}

impl<T: Config> Pallet<T> {
	/// See [`check_record`].
	pub(crate) fn check_record(record: &Hyperparameters) -> Result<(), bounds::Refusal> {
		check_record::<T>(record)
	}

	/// The subnet's record.
	pub(crate) fn record(netuid: NetUid) -> Result<Hyperparameters, DispatchError> {
		HyperparametersOf::<T>::get(netuid).ok_or_else(|| Error::<T>::SubnetNotFound.into())
	}

	/// Check an owner's interval and freeze window, and count it as done now. Root is free.
	pub(crate) fn limit(
		netuid: NetUid,
		actions: &[Limited],
		record: &Hyperparameters,
		authority: Authority,
	) -> DispatchResult {
		if authority == Authority::Root {
			return Ok(());
		}
		let now = Self::now();
		let frozen = Epochs::of::<T>(netuid, record).frozen(now);
		let mut done = LastDone::<T>::get(netuid);
		for action in actions {
			ensure!(!(frozen && action.freezes()), Error::<T>::Frozen);
			let over = |last: &BlockNumber| now >= last.saturating_add(interval::<T>(*action, record));
			ensure!(done.get(action).is_none_or(over), Error::<T>::RateLimited);
			done.try_insert(*action, now).map_err(|_| Error::<T>::RateLimited)?;
		}
		LastDone::<T>::insert(netuid, done);
		Ok(())
	}

	pub(crate) fn do_set_hyperparameters(
		netuid: NetUid,
		changes: BoundedVec<Hyperparameter, MaxChanges>,
		authority: Authority,
	) -> DispatchResult {
		ensure!(!changes.is_empty(), Error::<T>::NoChanges);
		let old = Self::record(netuid)?;
		let new = Self::changed(netuid, &old, &changes, authority)?;
		let actions: Vec<Limited> = changes.iter().map(Limited::from).collect();
		Self::limit(netuid, &actions, &old, authority)?;
		HyperparametersOf::<T>::insert(netuid, &new);
		Self::deposit_event(Event::HyperparametersChanged { netuid, changes });
		if old.tempo != new.tempo {
			T::Clock::tempo_changed(netuid);
		}
		Ok(())
	}

	/// The record after the changes, which must be within bounds.
	fn changed(
		netuid: NetUid,
		old: &Hyperparameters,
		changes: &[Hyperparameter],
		authority: Authority,
	) -> Result<Hyperparameters, DispatchError> {
		let context = bounds::Context {
			min_tempo: DefaultHyperparameters::<T>::get().tempo,
			min_allowed_uids: old.min_allowed_uids,
		};
		let mut record = old.clone();
		for change in changes {
			bounds::check_change(change, authority == Authority::Root, &context).map_err(Error::<T>::from)?;
			change.clone().apply(&mut record);
		}
		check_record::<T>(&record).map_err(Error::<T>::from)?;
		ensure!(
			T::Neurons::count(netuid) <= record.max_allowed_uids,
			Error::<T>::OutOfBounds
		);
		Ok(record)
	}

	pub(crate) fn do_trigger_epoch(netuid: NetUid, authority: Authority) -> DispatchResult {
		let record = Self::record(netuid)?;
		ensure!(!record.commit_reveal_on, Error::<T>::CommitRevealOn);
		let epochs = Epochs::of::<T>(netuid, &record);
		let block = Self::now().saturating_add(epochs.window.max(1));
		ensure!(epochs.next.is_some_and(|next| next > block), Error::<T>::EpochImminent);
		Self::limit(netuid, &[Limited::TriggerEpoch], &record, authority)?;
		T::Clock::trigger(netuid, block)?;
		Self::deposit_event(Event::EpochTriggered { netuid, block });
		Ok(())
	}

	/// When the owner can do next what is limited: every hyperparameter in its order, then the other actions. None where there is no such
	/// subnet.
	pub fn owner_limits(netuid: NetUid) -> Option<Vec<OwnerLimit>> {
		let record = HyperparametersOf::<T>::get(netuid)?;
		let fields = Hyperparameter::all(&record).into_iter().zip(Hyperparameter::NAMES);
		let fields = fields.map(|(field, name)| {
			let (active, root_only) = (field.is_active(), bounds::is_root_only(&field));
			Self::owner_limit(netuid, &record, Limited::from(&field), name, active, root_only)
		});
		let actions = Limited::ACTIONS.into_iter();
		let actions = actions.map(|(action, name)| Self::owner_limit(netuid, &record, action, name, true, false));
		Some(fields.chain(actions).collect())
	}

	fn owner_limit(
		netuid: NetUid,
		record: &Hyperparameters,
		action: Limited,
		name: &str,
		active: bool,
		root_only: bool,
	) -> OwnerLimit {
		let last = LastDone::<T>::get(netuid).get(&action).copied();
		let over = last.map_or(0, |last| last.saturating_add(interval::<T>(action, record)));
		let from = over.max(Self::now().saturating_add(1));
		let next_block = if action.freezes() {
			Epochs::of::<T>(netuid, record).first_free(from)
		} else {
			from
		};
		OwnerLimit {
			name: name.as_bytes().to_vec(),
			active,
			root_only,
			next_block,
		}
	}
}

impl<T: Config> SubnetSlots<T::RuntimeOrigin> for Pallet<T> {
	fn lower_max_uids(origin: T::RuntimeOrigin, netuid: NetUid, max: u16) -> DispatchResult {
		let authority = Self::ensure_owner_or_root(origin, netuid)?;
		let mut record = Self::record(netuid)?;
		let least = match authority {
			Authority::Owner => record.min_allowed_uids,
			Authority::Root => 1,
		};
		ensure!(least <= max && max < record.max_allowed_uids, Error::<T>::OutOfBounds);
		Self::limit(netuid, &[Limited::Trim], &record, authority)?;
		record.max_allowed_uids = max;
		check_record::<T>(&record).map_err(Error::<T>::from)?;
		HyperparametersOf::<T>::insert(netuid, record);
		let changes = BoundedVec::truncate_from(alloc::vec![Hyperparameter::MaxAllowedUids(max)]);
		Self::deposit_event(Event::HyperparametersChanged { netuid, changes });
		Ok(())
	}
}
