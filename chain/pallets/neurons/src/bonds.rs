//! Giving up bonds: a neuron whose work changes asks validators to judge it anew.

use crate::pallet::*;
use frame_support::ensure;
use ganglion_primitives::{NetUid, Uid};
use ganglion_traits::{BondsReset, SubnetInspect};
use sp_runtime::DispatchResult;

impl<T: Config> Pallet<T> {
	/// Whether the hotkey can give up the bonds to it now; if so, its slot. The one rule for what the call accepts and
	/// for what is free.
	pub fn ensure_can_reset_bonds(hotkey: &T::AccountId, netuid: NetUid) -> Result<Uid, Error<T>> {
		let hyperparameters = T::Subnets::hyperparameters(netuid).ok_or(Error::<T>::SubnetNotFound)?;
		ensure!(hyperparameters.bonds_reset_on, Error::<T>::BondsResetOff);
		let uid = Uids::<T>::get(netuid, hotkey).ok_or(Error::<T>::NotRegistered)?;
		let neuron = Neurons::<T>::get(netuid, uid).ok_or(Error::<T>::NotRegistered)?;
		let elapsed = Self::now().saturating_sub(neuron.bonds_reset_at);
		let free = neuron.bonds_reset_at == 0 || elapsed >= hyperparameters.tempo.into();
		ensure!(free, Error::<T>::BondsResetRateLimited);
		Ok(uid)
	}

	pub(crate) fn do_reset_bonds(hotkey: T::AccountId, netuid: NetUid) -> DispatchResult {
		let uid = Self::ensure_can_reset_bonds(&hotkey, netuid)?;
		Neurons::<T>::mutate(netuid, uid, |slot| {
			if let Some(neuron) = slot {
				neuron.bonds_reset_at = Self::now();
			}
		});
		T::Bonds::reset_bonds(netuid, uid);
		Self::deposit_event(Event::BondsReset { netuid, uid, hotkey });
		Ok(())
	}
}
