//! # Authorities
//!
//! Proof of authority: root names the accounts that make blocks and finalize them, pallet-session rotates them and their
//! keys. A new list is queued at the next session's start and works from the one after, so that GRANDPA hands over in
//! between. Accounts keep their keys themselves, by `session.set_keys`.
//!
//! The list that is in force is `Session.Validators`; this pallet stores only one that is to come. It also ends sessions:
//! pallet-session's own hook would take a whole block's weight for it, so that every session's first block were empty.

#![cfg_attr(not(feature = "std"), no_std)]

extern crate alloc;

#[cfg(feature = "runtime-benchmarks")]
mod benchmarking;
#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
pub mod weights;

pub use pallet::*;
pub use weights::WeightInfo;

use alloc::{collections::BTreeSet, vec::Vec};
use frame_support::{dispatch::DispatchResult, ensure, traits::Get, BoundedVec};
use pallet_session::{SessionManager, ShouldEndSession};
use sp_staking::SessionIndex;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::pallet_prelude::*;
	use frame_system::pallet_prelude::*;

	/// Accounts of authorities.
	pub type Accounts<T> = BoundedVec<<T as frame_system::Config>::AccountId, <T as Config>::MaxAuthorities>;

	#[pallet::config]
	pub trait Config:
		frame_system::Config + pallet_session::Config<ValidatorId = <Self as frame_system::Config>::AccountId>
	{
		/// Who may name authorities.
		type RootOrigin: EnsureOrigin<Self::RuntimeOrigin>;
		/// When a session ends. The same question of pallet-session is answered by [`Never`].
		type SessionEnds: ShouldEndSession<BlockNumberFor<Self>>;
		/// Most authorities; Aura and GRANDPA hold as many.
		#[pallet::constant]
		type MaxAuthorities: Get<u32>;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// The list that the next session queues; none if nothing changes.
	#[pallet::storage]
	pub type Next<T: Config> = StorageValue<_, Accounts<T>, OptionQuery>;

	#[pallet::event]
	#[pallet::generate_deposit(pub(super) fn deposit_event)]
	pub enum Event<T: Config> {
		/// These accounts are the authorities from the session after the next.
		AuthoritiesSet {
			/// The new list.
			accounts: Accounts<T>,
		},
	}

	#[pallet::error]
	pub enum Error<T> {
		/// Without authorities the chain would stop for ever.
		NoAuthorities,
		/// An account is in the list twice.
		Duplicate,
		/// An account has no session keys; it calls `session.set_keys` first.
		NoKeys,
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Name all authorities, those that stay included. Root only.
		#[pallet::call_index(0)]
		#[pallet::weight(<T as Config>::WeightInfo::set(accounts.len() as u32))]
		pub fn set(origin: OriginFor<T>, accounts: Accounts<T>) -> DispatchResult {
			T::RootOrigin::ensure_origin(origin)?;
			Self::do_set(accounts)
		}
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_initialize(now: BlockNumberFor<T>) -> Weight {
			if !T::SessionEnds::should_end_session(now) {
				return Weight::zero();
			}
			pallet_session::Pallet::<T>::rotate_session();
			<T as Config>::WeightInfo::rotate(T::MaxAuthorities::get())
		}

		fn integrity_test() {
			assert!(T::MaxAuthorities::get() > 0, "a chain has at least one authority");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			let Some(next) = Next::<T>::get() else { return Ok(()) };
			ensure!(!next.is_empty(), "a list without authorities is to come");
			ensure!(Self::distinct(&next), "an authority is to come twice");
			Ok(())
		}
	}
}

/// Keeps pallet-session's own hook from ending sessions.
pub struct Never;
impl<BlockNumber> ShouldEndSession<BlockNumber> for Never {
	fn should_end_session(_: BlockNumber) -> bool {
		false
	}
}

impl<T: Config> Pallet<T> {
	fn do_set(accounts: Accounts<T>) -> DispatchResult {
		ensure!(!accounts.is_empty(), Error::<T>::NoAuthorities);
		ensure!(Self::distinct(&accounts), Error::<T>::Duplicate);
		ensure!(
			accounts.iter().all(pallet_session::NextKeys::<T>::contains_key),
			Error::<T>::NoKeys
		);
		Next::<T>::put(&accounts);
		Self::deposit_event(Event::AuthoritiesSet { accounts });
		Ok(())
	}

	fn distinct(accounts: &[T::AccountId]) -> bool {
		accounts.iter().collect::<BTreeSet<_>>().len() == accounts.len()
	}
}

impl<T: Config> SessionManager<T::AccountId> for Pallet<T> {
	/// Whoever has given up his keys leaves. Of a list of none Aura and GRANDPA take no notice: the old keys go on.
	fn new_session(_: SessionIndex) -> Option<Vec<T::AccountId>> {
		let named = Next::<T>::take().map(BoundedVec::into_inner);
		let set = named.is_some();
		let mut next = named.unwrap_or_else(pallet_session::Validators::<T>::get);
		let before = next.len();
		next.retain(|account| pallet_session::NextKeys::<T>::contains_key(account));
		// Told as a change even without `set`: pallet-session compares by position and would miss the last one's leave.
		let left = next.len() < before;
		(!next.is_empty() && (set || left)).then_some(next)
	}

	/// The first authorities are those whose keys the genesis of pallet-session holds.
	fn new_session_genesis(_: SessionIndex) -> Option<Vec<T::AccountId>> {
		None
	}

	fn start_session(_: SessionIndex) {}

	fn end_session(_: SessionIndex) {}
}
