//! Profiles: registered, changed, removed.

use crate::{files_are_valid, is_label, is_text, labels_are_valid, pallet::*, profile_id, Record, MAX_LAYERS};
use codec::Encode;
use frame_support::{
	ensure,
	traits::{fungible::hold::Mutate, tokens::Precision, Get},
};
use ganglion_primitives::{Balance, BlockNumber, ProfileId, ProfileNumber, ProfileSpec, ProfileTerms};
use ganglion_traits::{ColdkeyGuard, Pause};
use sp_runtime::{traits::UniqueSaturatedInto, DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().unique_saturated_into()
	}

	/// The clock of all deadlines: blocks without those that were paused.
	pub fn clock() -> BlockNumber {
		Self::now().saturating_sub(T::Pause::paused_blocks())
	}

	/// What registering a profile of so many bytes holds, nano.
	pub fn deposit(bytes: usize) -> Balance {
		let bytes = Balance::try_from(bytes).unwrap_or(Balance::MAX);
		T::ProfileDeposit::get().saturating_add(T::ProfileByteDeposit::get().saturating_mul(bytes))
	}

	pub(crate) fn do_register(owner: T::AccountId, spec: ProfileSpec, terms: ProfileTerms) -> DispatchResult {
		ensure!(!T::Guard::is_guarded(&owner), Error::<T>::ColdkeyGuarded);
		ensure!(files_are_valid(&spec), Error::<T>::InvalidFiles);
		ensure!(labels_are_valid(&spec), Error::<T>::InvalidLabel);
		ensure!(spec.layers > 0, Error::<T>::NoLayers);
		ensure!(spec.layers <= MAX_LAYERS, Error::<T>::TooManyLayers);
		Self::ensure_terms(&terms)?;
		let id = profile_id(&spec);
		ensure!(!Numbers::<T>::contains_key(id), Error::<T>::AlreadyRegistered);
		let deposit = Self::deposit(spec.encoded_size());
		T::Currency::hold(&HoldReason::Profile.into(), &owner, deposit)?;
		let number = NextNumber::<T>::mutate(|next| {
			let number = *next;
			*next = next.saturating_add(1);
			number
		});
		let record = Record {
			id,
			owner: owner.clone(),
			terms,
			deposit,
			registered_at: Self::now(),
			declarations: 0,
		};
		Numbers::<T>::insert(id, number);
		Records::<T>::insert(number, record);
		Specs::<T>::insert(number, spec);
		Owned::<T>::insert(&owner, number, ());
		Self::deposit_event(Event::ProfileRegistered {
			number,
			profile: id,
			owner,
			deposit,
		});
		Ok(())
	}

	fn ensure_terms(terms: &ProfileTerms) -> DispatchResult {
		ensure!(
			is_label(&terms.name) && is_text(&terms.licence),
			Error::<T>::InvalidLabel
		);
		Ok(())
	}

	pub(crate) fn number(profile: &ProfileId) -> Result<ProfileNumber, Error<T>> {
		Numbers::<T>::get(profile).ok_or(Error::<T>::ProfileNotFound)
	}

	/// Number and record of a profile that is the caller's.
	fn own(owner: &T::AccountId, profile: &ProfileId) -> Result<(ProfileNumber, Record<T::AccountId>), Error<T>> {
		let number = Self::number(profile)?;
		let record = Records::<T>::get(number).ok_or(Error::<T>::ProfileNotFound)?;
		ensure!(record.owner == *owner, Error::<T>::NotOwner);
		Ok((number, record))
	}

	pub(crate) fn do_set_terms(owner: T::AccountId, profile: ProfileId, terms: ProfileTerms) -> DispatchResult {
		let (number, mut record) = Self::own(&owner, &profile)?;
		Self::ensure_terms(&terms)?;
		record.terms = terms.clone();
		Records::<T>::insert(number, record);
		Self::deposit_event(Event::TermsSet { number, terms });
		Ok(())
	}

	pub(crate) fn do_remove(owner: T::AccountId, profile: ProfileId) -> DispatchResult {
		let (number, record) = Self::own(&owner, &profile)?;
		ensure!(record.declarations == 0, Error::<T>::ProfileInUse);
		T::Currency::release(&HoldReason::Profile.into(), &owner, record.deposit, Precision::Exact)?;
		Numbers::<T>::remove(profile);
		Records::<T>::remove(number);
		Specs::<T>::remove(number);
		Owned::<T>::remove(&owner, number);
		Self::deposit_event(Event::ProfileRemoved {
			number,
			profile,
			deposit: record.deposit,
		});
		Ok(())
	}

	/// Count a declaration of a profile that came or went.
	pub(crate) fn count_declaration(number: ProfileNumber, came: bool) {
		Records::<T>::mutate_extant(number, |record| {
			record.declarations = match came {
				true => record.declarations.saturating_add(1),
				false => record.declarations.saturating_sub(1),
			};
		});
	}
}
