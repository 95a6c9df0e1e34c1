//! Creation, start and activation, and who may do what.

use crate::{bounds, pallet::*, Authority, LockRecord, SubnetInfo};
use frame_support::{
	ensure,
	traits::{fungible::hold::Mutate, EnsureOrigin, Get},
};
use frame_system::{ensure_signed, pallet_prelude::OriginFor};
use ganglion_primitives::{Balance, BlockNumber, NetUid};
use ganglion_traits::{ColdkeyGuard, EpochControl, OnSubnetCreated, SubnetValue};
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

	/// Create a subnet; returns how many subnets were searched for one to prune.
	pub(crate) fn do_create(
		owner: T::AccountId,
		owner_hotkey: T::AccountId,
		max_lock: Balance,
	) -> Result<u32, DispatchError> {
		ensure!(!T::Guard::is_guarded(&owner), Error::<T>::ColdkeyGuarded);
		let lock = Self::lock_price();
		ensure!(lock <= max_lock, Error::<T>::LockPriceExceeded);
		let searched = Self::make_room()?;
		let netuid = Self::take_netuid()?;
		T::Currency::hold(&HoldReason::SubnetLock.into(), &owner, lock)?;
		Self::store(netuid, owner.clone(), owner_hotkey.clone(), lock);
		Self::deposit_event(Event::SubnetCreated {
			netuid,
			owner: owner.clone(),
			lock,
		});
		T::OnSubnetCreated::on_subnet_created(netuid, &owner, &owner_hotkey)?;
		Ok(searched)
	}

	fn store(netuid: NetUid, owner: T::AccountId, owner_hotkey: T::AccountId, lock: Balance) {
		let now = Self::now();
		LockPrice::<T>::put(LockRecord {
			last_lock: lock,
			last_block: now,
		});
		let info = SubnetInfo {
			owner,
			owner_hotkey,
			started: false,
			activated: false,
			created_at: now,
			lock,
		};
		Subnets::<T>::insert(netuid, info);
		HyperparametersOf::<T>::insert(netuid, DefaultHyperparameters::<T>::get());
	}

	/// Dissolve the subnet of least value where there is no room for another; returns how many were looked at.
	fn make_room() -> Result<u32, DispatchError> {
		let count = Subnets::<T>::count();
		if count < u32::from(T::MaxSubnets::get()) {
			return Ok(0);
		}
		let now = Self::now();
		let lowest = Subnets::<T>::iter()
			.filter(|(_, info)| now.saturating_sub(info.created_at) >= T::NetworkImmunity::get())
			.map(|(netuid, info)| (T::Value::value(netuid), info.created_at, netuid))
			.min()
			.ok_or(Error::<T>::TooManySubnets)?;
		Self::do_dissolve(lowest.2)?;
		Ok(count)
	}

	/// Give out the next netuid, once.
	fn take_netuid() -> Result<NetUid, DispatchError> {
		let netuid = NextNetUid::<T>::get();
		let next = netuid.0.checked_add(1).ok_or(Error::<T>::TooManySubnets)?;
		NextNetUid::<T>::put(NetUid(next));
		Ok(netuid)
	}

	/// First block in which a subnet can be started.
	pub fn start_block(created_at: BlockNumber) -> BlockNumber {
		created_at.saturating_add(T::StartDelay::get())
	}

	pub(crate) fn do_start(who: T::AccountId, netuid: NetUid) -> DispatchResult {
		let mut info = Subnets::<T>::get(netuid).ok_or(Error::<T>::SubnetNotFound)?;
		ensure!(info.owner == who, Error::<T>::NotOwner);
		ensure!(!info.started, Error::<T>::AlreadyStarted);
		ensure!(Self::now() >= Self::start_block(info.created_at), Error::<T>::TooEarly);
		info.started = true;
		let earns = info.is_active();
		Subnets::<T>::insert(netuid, info);
		Self::deposit_event(Event::SubnetStarted { netuid });
		if earns {
			T::Clock::earning_changed(netuid);
		}
		Ok(())
	}

	pub(crate) fn set_activated(netuid: NetUid, activated: bool) -> DispatchResult {
		let mut info = Subnets::<T>::get(netuid).ok_or(Error::<T>::SubnetNotFound)?;
		ensure!(info.activated != activated, Error::<T>::NoStateChange);
		info.activated = activated;
		let started = info.started;
		Subnets::<T>::insert(netuid, info);
		if started {
			T::Clock::earning_changed(netuid);
		}
		Ok(())
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
}
