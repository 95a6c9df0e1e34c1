//! What the calls do, the trait that other pallets read subnets through, and the invariants.

use crate::{bounds, pallet::*, Authority, LockRecord, SubnetInfo, SubnetInfoOf};
use alloc::vec::Vec;
use frame_support::{
	ensure,
	traits::{fungible::hold::Mutate, EnsureOrigin, Get},
	BoundedVec,
};
use frame_system::{ensure_signed, pallet_prelude::OriginFor};
use ganglion_primitives::{Balance, BlockNumber, Hyperparameter, Hyperparameters, NetUid};
use ganglion_traits::{EpochSize, NeuronInspect, OnSubnetCreated, SubnetInspect};
use sp_runtime::{traits::UniqueSaturatedInto, DispatchError, DispatchResult};

impl<T: Config> From<bounds::Refusal> for Error<T> {
	fn from(refusal: bounds::Refusal) -> Self {
		match refusal {
			bounds::Refusal::NotActive => Error::NotActive,
			bounds::Refusal::RootOnly => Error::RootOnly,
			bounds::Refusal::OutOfBounds => Error::OutOfBounds,
		}
	}
}

impl<T: Config> Pallet<T> {
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().unique_saturated_into()
	}

	/// What a subnet costs now, nano.
	pub fn lock_price() -> Balance {
		let min = T::MinLock::get();
		let interval = T::LockDecayInterval::get();
		LockPrice::<T>::get().map_or(min, |last| last.price(Self::now(), min, interval))
	}

	pub(crate) fn do_create(owner: T::AccountId, owner_hotkey: T::AccountId, max_lock: Balance) -> DispatchResult {
		let lock = Self::lock_price();
		ensure!(lock <= max_lock, Error::<T>::LockPriceExceeded);
		let netuid = Self::take_netuid()?;
		T::Currency::hold(&HoldReason::SubnetLock.into(), &owner, lock)?;
		let now = Self::now();
		LockPrice::<T>::put(LockRecord {
			last_lock: lock,
			last_block: now,
		});
		let info = SubnetInfo {
			owner: owner.clone(),
			owner_hotkey: owner_hotkey.clone(),
			active: false,
			created_at: now,
			lock,
		};
		Subnets::<T>::insert(netuid, info);
		HyperparametersOf::<T>::insert(netuid, DefaultHyperparameters::<T>::get());
		Self::deposit_event(Event::SubnetCreated {
			netuid,
			owner: owner.clone(),
			lock,
		});
		T::OnSubnetCreated::on_subnet_created(netuid, &owner, &owner_hotkey)
	}

	/// Give out the next netuid, once.
	fn take_netuid() -> Result<NetUid, DispatchError> {
		ensure!(
			Subnets::<T>::count() < u32::from(T::MaxSubnets::get()),
			Error::<T>::TooManySubnets
		);
		let netuid = NextNetUid::<T>::get();
		let next = netuid.0.checked_add(1).ok_or(Error::<T>::TooManySubnets)?;
		NextNetUid::<T>::put(NetUid(next));
		Ok(netuid)
	}

	pub(crate) fn set_active(netuid: NetUid, active: bool) -> DispatchResult {
		Subnets::<T>::try_mutate(netuid, |entry| {
			let info = entry.as_mut().ok_or(Error::<T>::SubnetNotFound)?;
			ensure!(info.active != active, Error::<T>::NoStateChange);
			info.active = active;
			Ok(())
		})
	}

	pub(crate) fn ensure_owner_or_root(origin: OriginFor<T>, netuid: NetUid) -> Result<Authority, DispatchError> {
		let info = Subnets::<T>::get(netuid);
		let authority = match T::RootOrigin::try_origin(origin) {
			Ok(_) => Authority::Root,
			Err(origin) => {
				let who = ensure_signed(origin)?;
				let owner = info.as_ref().map(|info| &info.owner);
				ensure!(owner.is_none() || owner == Some(&who), Error::<T>::NotOwner);
				Authority::Owner
			}
		};
		ensure!(info.is_some(), Error::<T>::SubnetNotFound);
		Ok(authority)
	}

	pub(crate) fn do_set_hyperparameters(
		netuid: NetUid,
		changes: BoundedVec<Hyperparameter, MaxChanges>,
		authority: Authority,
	) -> DispatchResult {
		ensure!(!changes.is_empty(), Error::<T>::NoChanges);
		HyperparametersOf::<T>::try_mutate(netuid, |entry| {
			let record = entry.as_mut().ok_or(Error::<T>::SubnetNotFound)?;
			Self::apply(netuid, record, &changes, authority)
		})?;
		Self::deposit_event(Event::HyperparametersChanged { netuid, changes });
		Ok(())
	}

	fn apply(
		netuid: NetUid,
		record: &mut Hyperparameters,
		changes: &[Hyperparameter],
		authority: Authority,
	) -> DispatchResult {
		let context = bounds::Context {
			min_tempo: DefaultHyperparameters::<T>::get().tempo,
			min_allowed_uids: record.min_allowed_uids,
		};
		for change in changes {
			bounds::check_change(change, authority == Authority::Root, &context).map_err(Error::<T>::from)?;
			change.clone().apply(record);
		}
		Self::check_record(record).map_err(Error::<T>::from)?;
		ensure!(
			T::Neurons::count(netuid) <= record.max_allowed_uids,
			Error::<T>::OutOfBounds
		);
		Ok(())
	}

	/// Whether a whole record can be stored: by itself, and because an epoch with it fits into a block.
	pub(crate) fn check_record(record: &Hyperparameters) -> Result<(), bounds::Refusal> {
		bounds::check_record(record)?;
		let fits = T::Epochs::fits(record.max_allowed_uids, record.max_allowed_validators, record.mechanism_count);
		fits.then_some(()).ok_or(bounds::Refusal::OutOfBounds)
	}

	fn netuids_where(keep: impl Fn(&SubnetInfoOf<T>) -> bool) -> Vec<NetUid> {
		let mut netuids: Vec<NetUid> = Subnets::<T>::iter()
			.filter(|(_, info)| keep(info))
			.map(|(netuid, _)| netuid)
			.collect();
		netuids.sort_unstable();
		netuids
	}
}

impl<T: Config> SubnetInspect<T::AccountId> for Pallet<T> {
	fn exists(netuid: NetUid) -> bool {
		Subnets::<T>::contains_key(netuid)
	}

	fn is_active(netuid: NetUid) -> bool {
		Subnets::<T>::get(netuid).is_some_and(|info| info.active)
	}

	fn owner(netuid: NetUid) -> Option<T::AccountId> {
		Subnets::<T>::get(netuid).map(|info| info.owner)
	}

	fn owner_hotkey(netuid: NetUid) -> Option<T::AccountId> {
		Subnets::<T>::get(netuid).map(|info| info.owner_hotkey)
	}

	fn created_at(netuid: NetUid) -> Option<BlockNumber> {
		Subnets::<T>::get(netuid).map(|info| info.created_at)
	}

	fn hyperparameters(netuid: NetUid) -> Option<Hyperparameters> {
		HyperparametersOf::<T>::get(netuid)
	}

	fn netuids() -> Vec<NetUid> {
		Self::netuids_where(|_| true)
	}

	fn active_netuids() -> Vec<NetUid> {
		Self::netuids_where(|info| info.active)
	}
}

#[cfg(any(test, feature = "try-runtime"))]
mod checks {
	use super::*;
	use alloc::collections::BTreeMap;
	use frame_support::traits::fungible::hold::Inspect;
	use sp_runtime::TryRuntimeError;

	impl<T: Config> Pallet<T> {
		/// Check the invariants of the pallet's header.
		pub fn do_try_state() -> Result<(), TryRuntimeError> {
			Self::check_subnets()?;
			Self::check_locks()
		}

		fn check_subnets() -> Result<(), TryRuntimeError> {
			let next = NextNetUid::<T>::get();
			let now = Self::now();
			for (netuid, info) in Subnets::<T>::iter() {
				ensure!(netuid < next, "netuid was not given out");
				ensure!(info.created_at <= now, "subnet is from the future");
				ensure!(
					HyperparametersOf::<T>::contains_key(netuid),
					"subnet lacks hyperparameters"
				);
			}
			for (netuid, record) in HyperparametersOf::<T>::iter() {
				ensure!(Subnets::<T>::contains_key(netuid), "hyperparameters without subnet");
				ensure!(Self::check_record(&record).is_ok(), "hyperparameters out of bounds");
				ensure!(
					T::Neurons::count(netuid) <= record.max_allowed_uids,
					"more neurons than slots"
				);
			}
			ensure!(
				LockPrice::<T>::get().is_none_or(|last| last.last_block <= now),
				"lock is from the future"
			);
			Ok(())
		}

		fn check_locks() -> Result<(), TryRuntimeError> {
			let mut locks = BTreeMap::<Vec<u8>, (T::AccountId, Balance)>::new();
			for (_, info) in Subnets::<T>::iter() {
				let key = codec::Encode::encode(&info.owner);
				let entry = locks.entry(key).or_insert((info.owner, 0));
				entry.1 = entry.1.checked_add(info.lock).ok_or("locks overflow")?;
			}
			for (owner, lock) in locks.into_values() {
				let held = T::Currency::balance_on_hold(&HoldReason::SubnetLock.into(), &owner);
				ensure!(held == lock, "held tokens differ from the owner's locks");
			}
			Ok(())
		}
	}
}
