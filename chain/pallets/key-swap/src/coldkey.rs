//! Exchange of coldkeys: announced, delayed, disputable, then moved in steps.

use crate::{pallet::*, Announcement, AnnouncementOf};
use frame_support::{
	defensive, ensure,
	traits::{
		fungible::{Inspect, Mutate, MutateFreeze},
		tokens::{Fortitude, Preservation},
		DefensiveTruncateFrom, Get,
	},
	weights::Weight,
};
use ganglion_primitives::{Balance, BlockNumber, ColdkeySwap};
use ganglion_traits::{ColdkeyGuard, HotkeyInspect, HotkeyOwnership, OnColdkeySwapped};
use sp_runtime::{traits::Hash, DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn freeze(coldkey: &T::AccountId) -> DispatchResult {
		T::Currency::set_freeze(&FreezeReason::ColdkeySwap.into(), coldkey, Balance::MAX)
	}

	fn thaw(coldkey: &T::AccountId) -> DispatchResult {
		T::Currency::thaw(&FreezeReason::ColdkeySwap.into(), coldkey)
	}

	fn age(announcement: &AnnouncementOf<T>) -> BlockNumber {
		Self::clock().saturating_sub(announcement.announced_at)
	}

	/// Unpaused blocks until an undisputed swap can be executed.
	pub fn executable_in(announcement: &AnnouncementOf<T>) -> BlockNumber {
		T::ColdkeySwapDelay::get().saturating_sub(Self::age(announcement))
	}

	/// Unpaused blocks until an undisputed swap can be cancelled.
	pub fn cancellable_in(announcement: &AnnouncementOf<T>) -> BlockNumber {
		T::ReannounceDelay::get().saturating_sub(Self::age(announcement))
	}

	/// Unpaused blocks that are left to decide a dispute.
	pub fn dispute_ends_in(announcement: &AnnouncementOf<T>) -> Option<BlockNumber> {
		let since = Self::clock().saturating_sub(announcement.disputed_at?);
		Some(T::DisputePeriod::get().saturating_sub(since))
	}

	/// Whether the coldkey is being moved.
	pub fn is_moving(coldkey: &T::AccountId) -> bool {
		Moving::<T>::get().iter().any(|(old, _)| old == coldkey)
	}

	pub(crate) fn do_announce(coldkey: T::AccountId, new_hash: T::Hash) -> DispatchResult {
		ensure!(T::Hotkeys::coldkey(&coldkey).is_none(), Error::<T>::ColdkeyIsHotkey);
		ensure!(!Self::is_guarded(&coldkey), Error::<T>::ColdkeyGuarded);
		Self::burn(&coldkey, T::ColdkeySwapCost::get())?;
		Self::freeze(&coldkey)?;
		let announcement = Announcement {
			new_hash,
			announced_at: Self::clock(),
			disputed_at: None,
		};
		Announcements::<T>::insert(&coldkey, announcement);
		let delay = T::ColdkeySwapDelay::get();
		Self::deposit_event(Event::ColdkeySwapAnnounced {
			coldkey,
			new_hash,
			delay,
		});
		Ok(())
	}

	/// Whether the swap can be executed now. The one rule for what `swap_coldkey` accepts and for what is free.
	pub fn ensure_can_execute(coldkey: &T::AccountId, new: &T::AccountId) -> Result<(), Error<T>> {
		let announcement = Announcements::<T>::get(coldkey).ok_or(Error::<T>::NotAnnounced)?;
		ensure!(announcement.disputed_at.is_none(), Error::<T>::Disputed);
		ensure!(Self::executable_in(&announcement) == 0, Error::<T>::TooEarly);
		ensure!(
			T::Hashing::hash_of(new) == announcement.new_hash,
			Error::<T>::WrongColdkey
		);
		Self::ensure_can_receive(coldkey, new)
	}

	fn ensure_can_receive(coldkey: &T::AccountId, new: &T::AccountId) -> Result<(), Error<T>> {
		ensure!(coldkey != new, Error::<T>::SameKey);
		ensure!(T::Hotkeys::coldkey(new).is_none(), Error::<T>::NewColdkeyIsHotkey);
		ensure!(!T::Hotkeys::owns_any(new), Error::<T>::NewColdkeyInUse);
		ensure!(!Self::is_guarded(new), Error::<T>::ColdkeyGuarded);
		let free = T::Currency::total_balance(new);
		ensure!(free >= T::Currency::minimum_balance(), Error::<T>::NewColdkeyMissing);
		let moving = Moving::<T>::get();
		ensure!(!moving.is_full(), Error::<T>::TooManyMoving);
		ensure!(moving.iter().all(|(_, to)| to != new), Error::<T>::ColdkeyGuarded);
		Ok(())
	}

	/// Begin to move a coldkey. Takes the first step where no other coldkey is waiting; returns what it took.
	pub(crate) fn start(coldkey: T::AccountId, new: T::AccountId) -> Result<Weight, DispatchError> {
		Announcements::<T>::remove(&coldkey);
		let entry = (coldkey.clone(), new.clone());
		let alone = Moving::<T>::get().is_empty();
		Moving::<T>::try_append(entry).map_err(|_| Error::<T>::TooManyMoving)?;
		Self::deposit_event(Event::ColdkeySwapStarted {
			old_coldkey: coldkey,
			new_coldkey: new,
		});
		Ok(if alone {
			Self::move_on(T::StepWeight::get())
		} else {
			Weight::zero()
		})
	}

	/// A step of the first coldkey in the list.
	pub(crate) fn move_on(budget: Weight) -> Weight {
		let look = T::DbWeight::get().reads(1);
		let mut moving = Moving::<T>::get().into_inner();
		let Some((old, new)) = moving.first().cloned() else {
			return look;
		};
		let step = T::OnColdkeySwapped::move_coldkey(&old, &new, budget);
		if step.done {
			moving.remove(0);
			Moving::<T>::set(frame_support::BoundedVec::defensive_truncate_from(moving));
			Self::finish(old, new);
		}
		let books = T::DbWeight::get().reads_writes(4, 5);
		look.saturating_add(step.weight).saturating_add(books)
	}

	/// The balance goes last: what came in meanwhile is with it. A deposit that is still reserved stays where it is.
	fn finish(old: T::AccountId, new: T::AccountId) {
		let moved = Self::thaw(&old).and_then(|()| {
			let free = T::Currency::reducible_balance(&old, Preservation::Expendable, Fortitude::Polite);
			T::Currency::transfer(&old, &new, free, Preservation::Expendable)
		});
		if moved.is_err() {
			defensive!("the balance of a moved coldkey can be transferred");
		}
		Self::deposit_event(Event::ColdkeySwapped {
			old_coldkey: old,
			new_coldkey: new,
		});
	}

	/// Whether the coldkey's swap can be disputed. The one rule for what the call accepts and for what is free.
	pub fn ensure_can_dispute(coldkey: &T::AccountId) -> Result<AnnouncementOf<T>, Error<T>> {
		let announcement = Announcements::<T>::get(coldkey).ok_or(Error::<T>::NotAnnounced)?;
		ensure!(announcement.disputed_at.is_none(), Error::<T>::Disputed);
		Ok(announcement)
	}

	pub(crate) fn do_dispute(coldkey: T::AccountId) -> DispatchResult {
		let announcement = Self::ensure_can_dispute(&coldkey)?;
		let disputed = Announcement {
			disputed_at: Some(Self::clock()),
			..announcement
		};
		Announcements::<T>::insert(&coldkey, disputed);
		let period = T::DisputePeriod::get();
		Self::deposit_event(Event::ColdkeySwapDisputed { coldkey, period });
		Ok(())
	}

	/// Whether `who` can cancel the coldkey's swap. The one rule for what the call accepts and for what is free.
	pub fn ensure_can_cancel(who: &T::AccountId, coldkey: &T::AccountId) -> Result<(), Error<T>> {
		let announcement = Announcements::<T>::get(coldkey).ok_or(Error::<T>::NotAnnounced)?;
		match Self::dispute_ends_in(&announcement) {
			Some(0) => Ok(()),
			Some(_) => Err(Error::<T>::Disputed),
			None => {
				ensure!(who == coldkey, Error::<T>::NotYours);
				let old_enough = Self::cancellable_in(&announcement) == 0;
				ensure!(old_enough, Error::<T>::AnnouncedTooRecently);
				Ok(())
			}
		}
	}

	pub(crate) fn do_cancel(coldkey: T::AccountId) -> DispatchResult {
		Announcements::<T>::remove(&coldkey);
		Self::thaw(&coldkey)?;
		Self::deposit_event(Event::ColdkeySwapCancelled { coldkey });
		Ok(())
	}

	pub(crate) fn do_resolve(coldkey: T::AccountId, new: Option<T::AccountId>) -> Result<Weight, DispatchError> {
		let announcement = Announcements::<T>::get(&coldkey).ok_or(Error::<T>::NotAnnounced)?;
		let left = Self::dispute_ends_in(&announcement).ok_or(Error::<T>::NotDisputed)?;
		ensure!(left > 0, Error::<T>::DisputeLapsed);
		match new {
			Some(new) => {
				Self::ensure_can_receive(&coldkey, &new)?;
				Self::start(coldkey, new)
			}
			None => Self::do_cancel(coldkey).map(|()| Weight::zero()),
		}
	}
}

impl<T: Config> Pallet<T> {
	/// The announced swap of a coldkey, or the one that is under way.
	pub fn status(coldkey: &T::AccountId) -> Option<ColdkeySwap<T::AccountId, T::Hash>> {
		let to = Moving::<T>::get().into_iter().find(|(old, _)| old == coldkey);
		let announcement = Announcements::<T>::get(coldkey);
		let left = |of: fn(&AnnouncementOf<T>) -> BlockNumber| announcement.as_ref().map_or(0, of);
		(to.is_some() || announcement.is_some()).then(|| ColdkeySwap {
			new_hash: announcement.map(|found| found.new_hash),
			moving_to: to.map(|(_, new)| new),
			executable_in: left(Self::executable_in),
			cancellable_in: left(Self::cancellable_in),
			dispute_ends_in: announcement.as_ref().and_then(Self::dispute_ends_in),
		})
	}
}

impl<T: Config> ColdkeyGuard<T::AccountId> for Pallet<T> {
	fn is_guarded(coldkey: &T::AccountId) -> bool {
		Announcements::<T>::contains_key(coldkey) || Self::is_moving(coldkey)
	}

	fn counterpart(coldkey: &T::AccountId) -> Option<T::AccountId> {
		Moving::<T>::get().into_iter().find_map(|(old, new)| match coldkey {
			one if *one == old => Some(new),
			one if *one == new => Some(old),
			_ => None,
		})
	}
}
