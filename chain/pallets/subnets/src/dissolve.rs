//! Dissolution: at once for everybody, in bounded steps for the data, exact for the lock.

use crate::{pallet::*, Dissolution, DissolutionOf, WeightInfo, MAX_DISSOLVING};
use frame_support::{
	defensive, ensure,
	traits::{
		fungible::hold::Mutate,
		tokens::{Fortitude, Precision},
		Get,
	},
	weights::Weight,
};
use ganglion_primitives::NetUid;
use ganglion_traits::{EpochControl, OnSubnetDissolved, OwnerEarnings};
use sp_runtime::{DispatchError, DispatchResult};

impl<T: Config> Pallet<T> {
	/// Take a subnet out of existence; its data goes in the blocks to come.
	pub(crate) fn do_dissolve(netuid: NetUid) -> DispatchResult {
		let info = Subnets::<T>::get(netuid).ok_or(Error::<T>::SubnetNotFound)?;
		ensure!(Dissolving::<T>::count() < MAX_DISSOLVING, Error::<T>::TooManyDissolving);
		Subnets::<T>::remove(netuid);
		HyperparametersOf::<T>::remove(netuid);
		LastDone::<T>::remove(netuid);
		Identities::<T>::remove(netuid);
		Self::free_name(netuid);
		if info.is_active() {
			T::Clock::earning_changed(netuid);
		}
		let refund = info.lock.saturating_sub(T::Earnings::earned(netuid));
		let dissolution = Dissolution {
			owner: info.owner,
			lock: info.lock,
			refund,
			since: Self::now(),
		};
		Dissolving::<T>::insert(netuid, dissolution);
		Self::deposit_event(Event::SubnetDissolving { netuid, refund });
		Ok(())
	}

	/// One block's part of the work: the subnet that has waited longest, within the budget.
	pub(crate) fn continue_dissolution() -> Weight {
		let idle = T::DbWeight::get().reads(1);
		if Dissolving::<T>::count() == 0 {
			return idle;
		}
		let Some((_, netuid, dissolution)) = Dissolving::<T>::iter()
			.map(|(netuid, dissolution)| (dissolution.since, netuid, dissolution))
			.min_by_key(|(since, netuid, _)| (*since, *netuid))
		else {
			return idle;
		};
		let own = T::WeightInfo::dissolve_step();
		let step = T::OnSubnetDissolved::clear(netuid, T::DissolveBudget::get().saturating_sub(own));
		if step.done {
			Self::finish(netuid, dissolution);
		}
		own.saturating_add(step.weight)
	}

	fn finish(netuid: NetUid, dissolution: DissolutionOf<T>) {
		Dissolving::<T>::remove(netuid);
		if Self::settle_lock(&dissolution).is_err() {
			defensive!("a lock is held in full until it is settled");
		}
		let burned = dissolution.lock.saturating_sub(dissolution.refund);
		Self::deposit_event(Event::SubnetDissolved {
			netuid,
			owner: dissolution.owner,
			refunded: dissolution.refund,
			burned,
		});
	}

	/// Give back the refund and burn the rest.
	fn settle_lock(dissolution: &DissolutionOf<T>) -> Result<(), DispatchError> {
		let (reason, owner) = (HoldReason::SubnetLock.into(), &dissolution.owner);
		T::Currency::release(&reason, owner, dissolution.refund, Precision::Exact)?;
		let rest = dissolution.lock.saturating_sub(dissolution.refund);
		T::Currency::burn_held(&reason, owner, rest, Precision::Exact, Fortitude::Force)?;
		Ok(())
	}
}
