//! What is remembered for a window and then forgotten: one first-in-first-out queue, because all of it is kept as long.

use crate::{pallet::*, types::*};
use frame_support::traits::{Get, UnixTime};
use ganglion_primitives::NetUid;
use sp_core::H256;
use sp_runtime::{AccountId32, SaturatedConversion};

/// Entries that one block forgets at most.
const FORGOTTEN_PER_BLOCK: u32 = 4;

impl<T: Config> Pallet<T> {
	/// Unix milliseconds of this block; of the last one while its own is not known yet.
	pub(crate) fn time() -> u64 {
		T::Time::now().as_millis().saturated_into()
	}

	/// When what is remembered now is forgotten: not before a receipt of now, by the fastest clock, is too old.
	pub(crate) fn remembered_until() -> u64 {
		Self::time().saturating_add(T::Window::get()).saturating_add(SKEW)
	}

	pub(crate) fn remember(trace: Trace, until: u64) {
		FadingEnds::<T>::mutate(|(_, end)| {
			Fading::<T>::insert(*end, (until, trace));
			*end = end.saturating_add(1);
		});
	}

	pub(crate) fn remember_subject(subject: H256, upheld: bool) {
		let until = Self::remembered_until();
		Subjects::<T>::insert(subject, Remembered { upheld, until });
		Self::remember(Trace::Subject(subject), until);
	}

	pub(crate) fn remember_successor(netuid: NetUid, old: &AccountId32, new: &AccountId32) {
		let until = Self::remembered_until();
		// The new name is the last one: no circle can come about.
		Successors::<T>::remove(netuid, new);
		Successors::<T>::insert(netuid, old, (new.clone(), until));
		Self::remember(Trace::Successor(netuid, old.clone()), until);
	}

	/// Forget what is old. Returns how many entries that were.
	pub(crate) fn forget() -> u32 {
		let (mut first, end) = FadingEnds::<T>::get();
		let (now, mut forgotten) = (Self::time(), 0);
		while first < end && forgotten < FORGOTTEN_PER_BLOCK {
			let Some((until, trace)) = Fading::<T>::get(first) else {
				break;
			};
			if until > now {
				break;
			}
			Self::forget_one(trace, now);
			Fading::<T>::remove(first);
			first = first.saturating_add(1);
			forgotten = forgotten.saturating_add(1);
		}
		if forgotten > 0 {
			FadingEnds::<T>::put((first, end));
		}
		forgotten
	}

	/// What was written anew meanwhile has an entry of its own.
	fn forget_one(trace: Trace, now: u64) {
		match trace {
			Trace::Dispute(id) => Ended::<T>::remove(id),
			Trace::Subject(subject) => {
				if Subjects::<T>::get(subject).is_some_and(|found| found.until <= now) {
					Subjects::<T>::remove(subject);
				}
			}
			Trace::Successor(netuid, old) => {
				if Successors::<T>::get(netuid, &old).is_some_and(|(_, until)| until <= now) {
					Successors::<T>::remove(netuid, &old);
				}
			}
		}
	}

	/// The present name of a hotkey.
	pub fn present_name(netuid: NetUid, named: &AccountId32) -> AccountId32 {
		let mut name = named.clone();
		for _ in 0..MAX_RENAMINGS {
			match Successors::<T>::get(netuid, &name) {
				Some((next, _)) => name = next,
				None => break,
			}
		}
		name
	}
}
