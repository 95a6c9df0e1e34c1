//! Benchmarks of the calls, each in its most expensive state.
#![allow(
	clippy::arithmetic_side_effects,
	clippy::unwrap_used,
	reason = "benchmarks fail loudly"
)]

use super::*;
use alloc::vec::Vec;
use frame_benchmarking::v2::*;
use frame_support::{
	traits::{fungible, EnsureOrigin},
	BoundedVec,
};
use frame_system::RawOrigin;
use ganglion_primitives::{Balance, Hyperparameter, NetUid, GNG, SUPPLY_CAP};

fn funded<T: Config>() -> T::AccountId
where
	T::Currency: fungible::Mutate<T::AccountId, Balance = Balance>,
{
	let owner: T::AccountId = whitelisted_caller();
	<T::Currency as fungible::Mutate<_>>::set_balance(&owner, 1_000_000 * GNG);
	owner
}

fn subnet<T: Config>(netuid: u16, owner: &T::AccountId) -> NetUid {
	let netuid = NetUid(netuid);
	let info = SubnetInfo {
		owner: owner.clone(),
		owner_hotkey: account("hotkey", 0, 0),
		active: false,
		created_at: Default::default(),
		lock: 0,
	};
	crate::Subnets::<T>::insert(netuid, info);
	HyperparametersOf::<T>::insert(netuid, DefaultHyperparameters::<T>::get());
	NextNetUid::<T>::put(NetUid(netuid.0 + 1));
	netuid
}

#[benchmarks(where T::Currency: fungible::Mutate<T::AccountId, Balance = Balance>)]
mod benches {
	use super::*;

	#[benchmark]
	fn create() {
		let owner = funded::<T>();
		let hotkey: T::AccountId = account("new hotkey", 0, 0);
		#[extrinsic_call]
		_(RawOrigin::Signed(owner), hotkey, SUPPLY_CAP);
		assert!(crate::Subnets::<T>::contains_key(NetUid(1)));
	}

	#[benchmark]
	fn activate() {
		let netuid = subnet::<T>(1, &whitelisted_caller());
		let root = T::RootOrigin::try_successful_origin().unwrap();
		#[extrinsic_call]
		_(root as T::RuntimeOrigin, netuid);
		assert!(crate::Subnets::<T>::get(netuid).unwrap().active);
	}

	#[benchmark]
	fn deactivate() {
		let netuid = subnet::<T>(1, &whitelisted_caller());
		Pallet::<T>::set_active(netuid, true).unwrap();
		let root = T::RootOrigin::try_successful_origin().unwrap();
		#[extrinsic_call]
		_(root as T::RuntimeOrigin, netuid);
		assert!(!crate::Subnets::<T>::get(netuid).unwrap().active);
	}

	#[benchmark]
	fn set_hyperparameters(c: Linear<1, 40>) {
		let owner: T::AccountId = whitelisted_caller();
		let netuid = subnet::<T>(1, &owner);
		let changes: Vec<_> = (0..c).map(|i| Hyperparameter::WeightsVersionKey(i.into())).collect();
		let changes = BoundedVec::try_from(changes).unwrap();
		#[extrinsic_call]
		_(RawOrigin::Signed(owner), netuid, changes);
		assert_eq!(
			HyperparametersOf::<T>::get(netuid).unwrap().weights_version_key,
			u64::from(c - 1)
		);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::ExtBuilder::default().build(), crate::mock::Test);
}
