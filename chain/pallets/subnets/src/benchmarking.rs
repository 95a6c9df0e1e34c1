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
	traits::{fungible, EnsureOrigin, Get},
	weights::Weight,
	BoundedVec,
};
use frame_system::RawOrigin;
use ganglion_primitives::{
	subnet::{LongText, Name, Symbol, Text},
	Balance, Hyperparameter, NetUid, SubnetIdentity, SubnetName, GNG, SUPPLY_CAP,
};
use ganglion_traits::EpochControl;

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
		started: true,
		activated: false,
		created_at: Default::default(),
		lock: 0,
	};
	crate::Subnets::<T>::insert(netuid, info);
	HyperparametersOf::<T>::insert(netuid, DefaultHyperparameters::<T>::get());
	NextNetUid::<T>::put(NetUid(netuid.0 + 1));
	netuid
}

/// A subnet as the call makes it, with what other pallets keep for it.
fn created<T: Config>(owner: &T::AccountId, index: u32) -> NetUid {
	let netuid = NextNetUid::<T>::get();
	let hotkey: T::AccountId = account("hotkey of a subnet", index, 0);
	Pallet::<T>::do_create(owner.clone(), hotkey, SUPPLY_CAP).unwrap();
	netuid
}

fn name(letter: u8) -> Name {
	Name::truncate_from(alloc::vec![letter; 32])
}

fn symbol(letter: u8) -> Symbol {
	Symbol::truncate_from(alloc::vec![letter; 8])
}

fn named<T: Config>(owner: &T::AccountId) -> NetUid {
	let netuid = subnet::<T>(1, owner);
	let wanted = SubnetName {
		name: name(b'a'),
		symbol: symbol(b'A'),
	};
	Pallet::<T>::do_set_name(netuid, wanted, Authority::Owner).unwrap();
	Pallet::<T>::do_set_identity(netuid, Some(identity())).unwrap();
	netuid
}

fn identity() -> SubnetIdentity {
	let mut address = b"https://".to_vec();
	address.resize(256, b'a');
	let address = Text::truncate_from(address);
	SubnetIdentity {
		description: LongText::truncate_from(alloc::vec![b'a'; 1_024]),
		url: address.clone(),
		github: address.clone(),
		discord: address.clone(),
		logo: address.clone(),
		contact: address,
	}
}

#[benchmarks(where T::Currency: fungible::Mutate<T::AccountId, Balance = Balance>)]
mod benches {
	use super::*;

	/// The network is full, and all of its `n` subnets are searched for the one that makes room.
	#[benchmark]
	fn create(n: Linear<1, 1_024>) {
		let owner = funded::<T>();
		for netuid in 0..n {
			subnet::<T>(netuid as u16 + 1, &owner);
		}
		// However many there are, they are as many as there can be.
		let counter = crate::Subnets::<T>::counter_storage_final_key();
		frame_support::storage::unhashed::put(&counter, &u32::from(T::MaxSubnets::get()));
		frame_system::Pallet::<T>::set_block_number(T::NetworkImmunity::get().saturating_add(1).into());
		let hotkey: T::AccountId = account("new hotkey", 0, 0);
		#[extrinsic_call]
		_(RawOrigin::Signed(owner), hotkey, SUPPLY_CAP);
		assert!(Dissolving::<T>::contains_key(NetUid(1)));
	}

	#[benchmark]
	fn activate() {
		let netuid = subnet::<T>(1, &whitelisted_caller());
		let root = T::RootOrigin::try_successful_origin().unwrap();
		#[extrinsic_call]
		_(root as T::RuntimeOrigin, netuid);
		assert!(crate::Subnets::<T>::get(netuid).unwrap().activated);
	}

	#[benchmark]
	fn deactivate() {
		let netuid = subnet::<T>(1, &whitelisted_caller());
		Pallet::<T>::set_activated(netuid, true).unwrap();
		let root = T::RootOrigin::try_successful_origin().unwrap();
		#[extrinsic_call]
		_(root as T::RuntimeOrigin, netuid);
		assert!(!crate::Subnets::<T>::get(netuid).unwrap().activated);
	}

	#[benchmark]
	fn set_hyperparameters(c: Linear<1, 20>) {
		let owner: T::AccountId = whitelisted_caller();
		let netuid = subnet::<T>(1, &owner);
		let record = DefaultHyperparameters::<T>::get();
		let context = bounds::Context {
			min_tempo: record.tempo,
			min_allowed_uids: record.min_allowed_uids,
		};
		let settable = |change: &Hyperparameter| bounds::check_change(change, false, &context).is_ok();
		let all = Hyperparameter::all(&record).into_iter().filter(settable);
		let changes: Vec<_> = all.take(c as usize).collect();
		let changes = BoundedVec::try_from(changes).unwrap();
		#[extrinsic_call]
		_(RawOrigin::Signed(owner), netuid, changes);
		assert_eq!(LastDone::<T>::get(netuid).len(), c as usize);
	}

	#[benchmark]
	fn start() {
		let owner: T::AccountId = whitelisted_caller();
		let netuid = subnet::<T>(1, &owner);
		crate::Subnets::<T>::mutate(netuid, |info| info.as_mut().unwrap().started = false);
		Pallet::<T>::set_activated(netuid, true).unwrap();
		frame_system::Pallet::<T>::set_block_number(T::StartDelay::get().saturating_add(1).into());
		#[extrinsic_call]
		_(RawOrigin::Signed(owner), netuid);
		assert!(crate::Subnets::<T>::get(netuid).unwrap().started);
	}

	#[benchmark]
	fn dissolve() {
		let netuid = named::<T>(&whitelisted_caller());
		let root = T::RootOrigin::try_successful_origin().unwrap();
		#[extrinsic_call]
		_(root as T::RuntimeOrigin, netuid);
		assert!(Dissolving::<T>::contains_key(netuid));
	}

	#[benchmark]
	fn set_identity() {
		let owner: T::AccountId = whitelisted_caller();
		let netuid = subnet::<T>(1, &owner);
		let said = Some(alloc::boxed::Box::new(identity()));
		#[extrinsic_call]
		_(RawOrigin::Signed(owner), netuid, said);
		assert_eq!(Identities::<T>::get(netuid), Some(identity()));
	}

	#[benchmark]
	fn set_name() {
		let owner: T::AccountId = whitelisted_caller();
		let netuid = named::<T>(&owner);
		LastDone::<T>::remove(netuid);
		let (name, symbol) = (name(b'b'), symbol(b'B'));
		#[extrinsic_call]
		_(RawOrigin::Signed(owner), netuid, name.clone(), symbol);
		assert_eq!(NetUidOfName::<T>::get(name), Some(netuid));
	}

	#[benchmark]
	fn trigger_epoch() {
		let owner = funded::<T>();
		let netuid = created::<T>(&owner, 0);
		HyperparametersOf::<T>::mutate(netuid, |record| {
			let record = record.as_mut().unwrap();
			record.commit_reveal_on = false;
			record.tempo = 1_000;
		});
		T::Clock::tempo_changed(netuid);
		#[extrinsic_call]
		_(RawOrigin::Signed(owner), netuid);
		assert!(LastDone::<T>::contains_key(netuid));
	}

	#[benchmark]
	fn set_owner_hotkey() {
		let owner = funded::<T>();
		let netuid = created::<T>(&owner, 0);
		let other = created::<T>(&owner, 1);
		let hotkey = crate::Subnets::<T>::get(other).unwrap().owner_hotkey;
		#[extrinsic_call]
		_(RawOrigin::Signed(owner), netuid, hotkey.clone());
		assert_eq!(crate::Subnets::<T>::get(netuid).unwrap().owner_hotkey, hotkey);
	}

	#[benchmark]
	fn dissolve_step() {
		let owner = funded::<T>();
		let netuid = created::<T>(&owner, 0);
		Pallet::<T>::do_dissolve(netuid).unwrap();
		#[block]
		{
			Pallet::<T>::continue_dissolution();
		}
	}

	#[benchmark]
	fn move_subnet() {
		let owner = funded::<T>();
		created::<T>(&owner, 0);
		let new: T::AccountId = account("new coldkey", 0, 0);
		<T::Currency as fungible::Mutate<_>>::set_balance(&new, GNG);
		#[block]
		{
			<Pallet<T> as ganglion_traits::OnColdkeySwapped<_>>::move_coldkey(&owner, &new, Weight::MAX);
		}
		assert!(crate::Subnets::<T>::iter_values().all(|info| info.owner == new));
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::ExtBuilder::default().build(), crate::mock::Test);
}
