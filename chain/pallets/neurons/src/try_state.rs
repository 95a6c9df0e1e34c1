//! The invariants of the pallet's header, checked.

use crate::pallet::*;
use alloc::{collections::BTreeMap, vec::Vec};
use codec::Encode;
use frame_support::ensure;
use ganglion_primitives::{NetUid, Uid};
use ganglion_traits::SubnetInspect;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Check the invariants.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_slots()?;
		Self::check_ownership()?;
		Self::check_endpoints()?;
		Self::check_prices()
	}

	fn check_slots() -> Result<(), TryRuntimeError> {
		let mut total = 0usize;
		for (netuid, count) in NeuronCount::<T>::iter() {
			ensure!(Self::is_there(netuid), "neurons of a subnet that does not exist");
			for uid in 0..count {
				Self::check_slot(netuid, Uid(uid))?;
			}
			total = total.saturating_add(count.into());
		}
		ensure!(Neurons::<T>::iter_keys().count() == total, "slots beyond the count");
		ensure!(
			Uids::<T>::iter_keys().count() == total,
			"a hotkey with a slot that it does not have"
		);
		Ok(())
	}

	/// While a subnet is dissolved step by step, some of its data is still there.
	fn is_there(netuid: NetUid) -> bool {
		T::Subnets::exists(netuid) || T::Subnets::is_dissolving(netuid)
	}

	fn check_slot(netuid: NetUid, uid: Uid) -> Result<(), TryRuntimeError> {
		let neuron = Neurons::<T>::get(netuid, uid).ok_or("an empty slot")?;
		ensure!(neuron.registered_at <= Self::now(), "a neuron from the future");
		ensure!(neuron.bonds_reset_at <= Self::now(), "bonds reset in the future");
		ensure!(
			Uids::<T>::get(netuid, &neuron.hotkey) == Some(uid),
			"Uids is not the inverse of Neurons"
		);
		ensure!(Coldkeys::<T>::contains_key(&neuron.hotkey), "a neuron that nobody owns");
		Ok(())
	}

	fn check_ownership() -> Result<(), TryRuntimeError> {
		let mut counts = BTreeMap::<Vec<u8>, u32>::new();
		for (hotkey, coldkey) in Coldkeys::<T>::iter() {
			let sufficients = frame_system::Pallet::<T>::sufficients(&hotkey);
			ensure!(sufficients > 0, "an owned hotkey that can be reaped");
			ensure!(
				!HotkeyCount::<T>::contains_key(&hotkey),
				"an account that is hotkey and coldkey"
			);
			ensure!(
				OwnedHotkeys::<T>::contains_key(&coldkey, &hotkey),
				"a hotkey that its coldkey's list lacks"
			);
			let count = counts.entry(coldkey.encode()).or_default();
			*count = count.saturating_add(1);
		}
		for (coldkey, count) in HotkeyCount::<T>::iter() {
			let counted = counts.remove(&coldkey.encode()).unwrap_or_default();
			ensure!(count == counted && count > 0, "wrong number of hotkeys");
		}
		let (owned, listed) = (
			Coldkeys::<T>::iter_keys().count(),
			OwnedHotkeys::<T>::iter_keys().count(),
		);
		ensure!(owned == listed, "a list with hotkeys that are not owned");
		ensure!(counts.is_empty(), "a coldkey without a count of its hotkeys");
		Ok(())
	}

	fn check_endpoints() -> Result<(), TryRuntimeError> {
		for (netuid, hotkey, info) in Endpoints::<T>::iter() {
			let uid = Uids::<T>::get(netuid, &hotkey).ok_or("an endpoint of a hotkey without slot")?;
			let neuron = Neurons::<T>::get(netuid, uid).ok_or("an endpoint of an empty slot")?;
			ensure!(
				info.registered_at == neuron.registered_at,
				"an endpoint of an older registration"
			);
			ensure!(
				info.updated_at >= info.registered_at,
				"an endpoint from before the registration"
			);
			ensure!(info.updated_at <= Self::now(), "an endpoint from the future");
			ensure!(info.endpoint.is_well_formed(), "a malformed endpoint");
		}
		Ok(())
	}

	fn check_prices() -> Result<(), TryRuntimeError> {
		for (netuid, last) in RegistrationPrice::<T>::iter() {
			ensure!(Self::is_there(netuid), "price of a subnet that does not exist");
			ensure!(last.at <= Self::now(), "price from the future");
		}
		Ok(())
	}
}
