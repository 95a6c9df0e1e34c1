//! What the calls do, and the traits that other pallets read neurons through.

use crate::{pallet::*, price, replacement, EndpointInfo, Neuron, NeuronOf, PriceRecord};
use alloc::vec::Vec;
use frame_support::{
	ensure,
	traits::{
		fungible::Mutate,
		tokens::{Fortitude, Precision, Preservation},
		Get,
	},
};
use ganglion_primitives::{Balance, BlockNumber, Endpoint, Hyperparameters, NetUid, RecycleOrBurn, Uid};
use ganglion_traits::{BurnRecord, EpochResults, NeuronInspect, OnNeuronReplaced, OnSubnetCreated, SubnetInspect};
use sp_runtime::{traits::UniqueSaturatedInto, DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	pub(crate) fn now() -> BlockNumber {
		frame_system::Pallet::<T>::block_number().unique_saturated_into()
	}

	/// What a registration costs now, nano. None where there is no such subnet.
	pub fn registration_price(netuid: NetUid) -> Option<Balance> {
		T::Subnets::hyperparameters(netuid).map(|hyperparameters| Self::price_now(netuid, &hyperparameters))
	}

	fn price_now(netuid: NetUid, hyperparameters: &Hyperparameters) -> Balance {
		let decayed = RegistrationPrice::<T>::get(netuid).map_or(0, |last| {
			let blocks = Self::now().saturating_sub(last.at);
			price::decayed(last.price, blocks, hyperparameters.registration_half_life)
		});
		price::clamped(decayed, hyperparameters)
	}

	/// How many slots the subnet allows: as many can have to be compared.
	pub(crate) fn slots_allowed(netuid: NetUid) -> u32 {
		T::Subnets::hyperparameters(netuid).map_or(0, |h| h.max_allowed_uids.into())
	}

	/// How many slots a registration has to compare now.
	pub(crate) fn slots_compared(netuid: NetUid) -> u32 {
		let count = NeuronCount::<T>::get(netuid);
		let full = T::Subnets::hyperparameters(netuid).is_some_and(|h| count >= h.max_allowed_uids);
		if full {
			count.into()
		} else {
			0
		}
	}

	pub(crate) fn do_register(
		coldkey: T::AccountId,
		netuid: NetUid,
		hotkey: T::AccountId,
		max_price: Balance,
	) -> DispatchResult {
		let hyperparameters = T::Subnets::hyperparameters(netuid).ok_or(Error::<T>::SubnetNotFound)?;
		ensure!(hyperparameters.registration_allowed, Error::<T>::RegistrationDisabled);
		ensure!(!Uids::<T>::contains_key(netuid, &hotkey), Error::<T>::AlreadyRegistered);
		let price = Self::price_now(netuid, &hyperparameters);
		ensure!(price <= max_price, Error::<T>::PriceLimitExceeded);
		Self::do_own(&coldkey, &hotkey)?;
		T::Currency::burn_from(
			&coldkey,
			price,
			Preservation::Preserve,
			Precision::Exact,
			Fortitude::Polite,
		)?;
		Self::report_fee(netuid, price, &hyperparameters);
		Self::bump_price(netuid, price, &hyperparameters);
		let uid = Self::free_slot(netuid, &hotkey, &hyperparameters)?;
		Self::occupy(netuid, uid, hotkey, coldkey, price);
		Ok(())
	}

	/// What was burned is never emitted again, unless the subnet recycles its fees.
	fn report_fee(netuid: NetUid, paid: Balance, hyperparameters: &Hyperparameters) {
		T::Burns::fee_burned(netuid, paid);
		if hyperparameters.recycle_or_burn == RecycleOrBurn::Burn {
			T::Burns::burned_for_ever(paid);
		}
	}

	fn bump_price(netuid: NetUid, paid: Balance, hyperparameters: &Hyperparameters) {
		let bumped = price::bumped(paid, hyperparameters.registration_bump_permille);
		let price = price::clamped(bumped, hyperparameters);
		RegistrationPrice::<T>::insert(netuid, PriceRecord { price, at: Self::now() });
	}

	/// A slot for the newcomer: the next unused one, or one that its occupant just lost.
	fn free_slot(netuid: NetUid, newcomer: &T::AccountId, h: &Hyperparameters) -> Result<Uid, DispatchError> {
		let count = NeuronCount::<T>::get(netuid);
		if count < h.max_allowed_uids {
			NeuronCount::<T>::insert(netuid, count.saturating_add(1));
			return Ok(Uid(count));
		}
		let uid = replacement::choose(&Self::candidates(netuid, h), h.min_non_immune_uids);
		let uid = uid.ok_or(Error::<T>::NoSlot)?;
		Self::vacate(netuid, uid, newcomer)?;
		Ok(uid)
	}

	/// All slots that are not immortal.
	fn candidates(netuid: NetUid, h: &Hyperparameters) -> Vec<replacement::Candidate> {
		let (mut slots, immortal) = Self::slots(netuid, h);
		slots.retain(|slot| !immortal.contains(&slot.uid));
		slots
	}

	/// What decides about each slot, ascending by uid, and which are immortal.
	pub(crate) fn slots(netuid: NetUid, h: &Hyperparameters) -> (Vec<replacement::Candidate>, Vec<Uid>) {
		let slots = Self::neurons(netuid);
		let registered_at: Vec<BlockNumber> = slots.iter().map(|(_, at)| *at).collect();
		let immortal = Self::immortal(netuid, &slots, h.immune_owner_uids_limit);
		let mut emission = T::Results::emission(netuid, &registered_at).into_iter();
		let now = Self::now();
		let slot = |(uid, at)| replacement::Candidate {
			uid: Uid(uid),
			registered_at: at,
			emission: emission.next().unwrap_or_default(),
			immune: replacement::is_immune(at, now, h.immunity_period),
		};
		((0u16..).zip(registered_at).map(slot).collect(), immortal)
	}

	fn immortal(netuid: NetUid, slots: &[(T::AccountId, BlockNumber)], limit: u16) -> Vec<Uid> {
		let (owner, owner_hotkey) = (T::Subnets::owner(netuid), T::Subnets::owner_hotkey(netuid));
		let owned = (0u16..)
			.map(Uid)
			.zip(slots)
			.filter(|(_, (hotkey, _))| owner.is_some() && Coldkeys::<T>::get(hotkey) == owner)
			.map(|(uid, (hotkey, at))| replacement::OwnerSlot {
				uid,
				registered_at: *at,
				is_owner_hotkey: Some(hotkey) == owner_hotkey.as_ref(),
			})
			.collect();
		replacement::immortal(owned, limit)
	}

	/// Take the slot from its occupant, with all that is kept for it.
	fn vacate(netuid: NetUid, uid: Uid, newcomer: &T::AccountId) -> DispatchResult {
		let NeuronOf::<T> { hotkey: old_hotkey, .. } = Neurons::<T>::take(netuid, uid).ok_or(Error::<T>::NoSlot)?;
		Uids::<T>::remove(netuid, &old_hotkey);
		Endpoints::<T>::remove(netuid, &old_hotkey);
		T::OnNeuronReplaced::on_neuron_replaced(netuid, uid, &old_hotkey);
		Self::deposit_event(Event::NeuronReplaced {
			netuid,
			uid,
			old_hotkey,
			new_hotkey: newcomer.clone(),
		});
		Ok(())
	}

	fn occupy(netuid: NetUid, uid: Uid, hotkey: T::AccountId, coldkey: T::AccountId, price: Balance) {
		Uids::<T>::insert(netuid, &hotkey, uid);
		Neurons::<T>::insert(
			netuid,
			uid,
			Neuron {
				hotkey: hotkey.clone(),
				registered_at: Self::now(),
				bonds_reset_at: 0,
			},
		);
		Self::deposit_event(Event::NeuronRegistered {
			netuid,
			uid,
			hotkey,
			coldkey,
			price,
		});
	}

	/// Whether the hotkey can publish the endpoint now; if so, its registration block. The one rule for what `serve`
	/// accepts and for what is free.
	pub fn ensure_can_serve(
		hotkey: &T::AccountId,
		netuid: NetUid,
		endpoint: &Endpoint,
	) -> Result<BlockNumber, Error<T>> {
		ensure!(endpoint.is_well_formed(), Error::<T>::MalformedEndpoint);
		let hyperparameters = T::Subnets::hyperparameters(netuid).ok_or(Error::<T>::SubnetNotFound)?;
		let uid = Uids::<T>::get(netuid, hotkey).ok_or(Error::<T>::NotRegistered)?;
		let registered_at = Neurons::<T>::get(netuid, uid)
			.ok_or(Error::<T>::NotRegistered)?
			.registered_at;
		if let Some(last) = Self::current_endpoint(netuid, hotkey, registered_at) {
			let elapsed = Self::now().saturating_sub(last.updated_at);
			ensure!(
				elapsed >= hyperparameters.serving_rate_limit,
				Error::<T>::ServingRateLimited
			);
		}
		Ok(registered_at)
	}

	pub(crate) fn do_serve(hotkey: T::AccountId, netuid: NetUid, endpoint: Endpoint) -> DispatchResult {
		let registered_at = Self::ensure_can_serve(&hotkey, netuid, &endpoint)?;
		let info = EndpointInfo {
			endpoint: endpoint.clone(),
			updated_at: Self::now(),
			registered_at,
		};
		Endpoints::<T>::insert(netuid, &hotkey, info);
		Self::deposit_event(Event::EndpointServed {
			netuid,
			hotkey,
			endpoint,
		});
		Ok(())
	}

	fn current_endpoint(netuid: NetUid, hotkey: &T::AccountId, registered_at: BlockNumber) -> Option<EndpointInfo> {
		Endpoints::<T>::get(netuid, hotkey).filter(|info| info.registered_at == registered_at)
	}

	/// Where a registered hotkey serves.
	pub fn endpoint(netuid: NetUid, hotkey: &T::AccountId) -> Option<Endpoint> {
		let uid = Uids::<T>::get(netuid, hotkey)?;
		let registered_at = Neurons::<T>::get(netuid, uid)?.registered_at;
		Self::current_endpoint(netuid, hotkey, registered_at).map(|info| info.endpoint)
	}
}

impl<T: Config> OnSubnetCreated<T::AccountId> for Pallet<T> {
	fn on_subnet_created(netuid: NetUid, owner: &T::AccountId, owner_hotkey: &T::AccountId) -> DispatchResult {
		Self::do_own(owner, owner_hotkey)?;
		NeuronCount::<T>::insert(netuid, 1);
		RegistrationPrice::<T>::insert(
			netuid,
			PriceRecord {
				price: T::InitialPrice::get(),
				at: Self::now(),
			},
		);
		Self::occupy(netuid, Uid(0), owner_hotkey.clone(), owner.clone(), 0);
		Ok(())
	}
}

impl<T: Config> NeuronInspect<T::AccountId> for Pallet<T> {
	fn uid(netuid: NetUid, hotkey: &T::AccountId) -> Option<Uid> {
		Uids::<T>::get(netuid, hotkey)
	}

	fn neuron(netuid: NetUid, uid: Uid) -> Option<(T::AccountId, BlockNumber)> {
		Neurons::<T>::get(netuid, uid).map(|neuron| (neuron.hotkey, neuron.registered_at))
	}

	fn count(netuid: NetUid) -> u16 {
		NeuronCount::<T>::get(netuid)
	}

	fn neurons(netuid: NetUid) -> Vec<(T::AccountId, BlockNumber)> {
		(0..NeuronCount::<T>::get(netuid))
			.filter_map(|uid| Self::neuron(netuid, Uid(uid)))
			.collect()
	}
}
