//! What others read of subnets.

use crate::{pallet::*, SubnetInfoOf};
use alloc::vec::Vec;
use ganglion_primitives::{
	subnet::Name, BlockNumber, DissolvingSubnet, Hyperparameters, NetUid, SubnetIdentity, SubnetName,
};
use ganglion_traits::SubnetInspect;

impl<T: Config> Pallet<T> {
	/// Name and symbol, empty where there are none.
	pub fn called(netuid: NetUid) -> SubnetName {
		Names::<T>::get(netuid).unwrap_or_default()
	}

	/// The subnet that has this name.
	pub fn by_name(name: Vec<u8>) -> Option<NetUid> {
		NetUidOfName::<T>::get(Name::try_from(name).ok()?)
	}

	/// What the subnet says of itself.
	pub fn identity(netuid: NetUid) -> Option<SubnetIdentity> {
		Identities::<T>::get(netuid)
	}

	/// Subnets that are being dissolved, in the order in which they will be gone.
	pub fn dissolving() -> Vec<DissolvingSubnet<T::AccountId>> {
		let shown = |(netuid, one): (NetUid, crate::DissolutionOf<T>)| DissolvingSubnet {
			netuid,
			owner: one.owner,
			lock: one.lock,
			refund: one.refund,
			since: one.since,
		};
		let mut found: Vec<_> = Dissolving::<T>::iter().map(shown).collect();
		found.sort_unstable_by_key(|one| (one.since, one.netuid));
		found
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
		Subnets::<T>::get(netuid).is_some_and(|info| info.is_active())
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
		Self::netuids_where(SubnetInfoOf::<T>::is_active)
	}

	fn is_dissolving(netuid: NetUid) -> bool {
		Dissolving::<T>::contains_key(netuid)
	}
}
