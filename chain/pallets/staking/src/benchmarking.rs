//! Benchmarks of the calls, each on its most expensive path.

#![allow(clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::indexing_slicing)] // A failed set-up must panic.

use super::*;
use frame_benchmarking::v2::*;
use frame_support::{
	pallet_prelude::Get,
	traits::fungible::{Inspect, Mutate},
};
use frame_system::RawOrigin;
use ganglion_primitives::{Balance, EpochIndex, NetUid};
use ganglion_traits::HotkeyInspect;

/// What the benchmarks need from other pallets.
pub trait BenchmarkHelper<AccountId> {
	/// Make the subnet exist and let `coldkey` own `hotkey`.
	fn prepare(netuid: NetUid, hotkey: &AccountId, coldkey: &AccountId);
	/// Let the subnet have completed `epoch` epochs.
	fn set_epoch(netuid: NetUid, epoch: EpochIndex);
}

const NETUID: NetUid = NetUid(1);

/// A stake that is far above the minimum.
fn amount<T: Config>() -> Balance {
	T::MinStake::get()
		.max(T::Currency::minimum_balance())
		.max(1)
		.saturating_mul(1_000)
}

/// A hotkey with an operator and a nominator who has staked.
fn staked<T: Config>() -> (T::AccountId, T::AccountId) {
	let (hotkey, operator, nominator) = (
		account("hotkey", 0, 0),
		account("operator", 0, 0),
		account("nominator", 0, 0),
	);
	T::BenchmarkHelper::prepare(NETUID, &hotkey, &operator);
	T::Currency::mint_into(&nominator, amount::<T>() * 10).unwrap();
	Pallet::<T>::do_add_stake(nominator.clone(), hotkey.clone(), NETUID, amount::<T>()).unwrap();
	(hotkey, nominator)
}

/// A pool in another subnet.
fn destination<T: Config>() -> Destination<T::AccountId> {
	let (netuid, hotkey) = (NetUid(2), account("other hotkey", 0, 0));
	T::BenchmarkHelper::prepare(netuid, &hotkey, &account("other operator", 0, 0));
	Destination { netuid, hotkey }
}

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn add_stake() {
		let (hotkey, coldkey) = staked::<T>();
		#[extrinsic_call]
		_(
			RawOrigin::Signed(coldkey.clone()),
			hotkey.clone(),
			NETUID,
			amount::<T>(),
		);
		assert_eq!(Pallet::<T>::staked(&coldkey, NETUID, &hotkey), amount::<T>() * 2);
	}

	#[benchmark]
	fn remove_stake() {
		let (hotkey, coldkey) = staked::<T>();
		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey.clone()), hotkey.clone(), NETUID, Balance::MAX);
		assert_eq!(Pallet::<T>::staked(&coldkey, NETUID, &hotkey), 0);
	}

	#[benchmark]
	fn withdraw_unbonded() {
		let (hotkey, coldkey) = staked::<T>();
		let epoch = Pallet::<T>::release_epoch(NETUID);
		Pallet::<T>::do_remove_stake(coldkey.clone(), hotkey.clone(), NETUID, Balance::MAX).unwrap();
		T::BenchmarkHelper::set_epoch(NETUID, epoch);
		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey.clone()), hotkey, NETUID, epoch);
		assert_eq!(T::Currency::balance(&coldkey), amount::<T>() * 10);
	}

	#[benchmark]
	fn set_take() {
		let (hotkey, _) = staked::<T>();
		let operator = T::Hotkeys::coldkey(&hotkey).unwrap();
		#[extrinsic_call]
		_(RawOrigin::Signed(operator), hotkey.clone(), 1);
		assert_eq!(Pallet::<T>::take(&hotkey), 1);
	}

	#[benchmark]
	fn transfer_stake() {
		let (hotkey, coldkey) = staked::<T>();
		let to: T::AccountId = account("heir", 0, 0);
		let half = amount::<T>() / 2;
		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey), hotkey.clone(), NETUID, to.clone(), half);
		assert!(Pallet::<T>::staked(&to, NETUID, &hotkey) > 0);
	}

	#[benchmark]
	fn move_stake() {
		let (hotkey, coldkey) = staked::<T>();
		let there = destination::<T>();
		#[extrinsic_call]
		_(
			RawOrigin::Signed(coldkey.clone()),
			hotkey.clone(),
			NETUID,
			there.hotkey,
			there.netuid,
			Balance::MAX,
		);
		assert_eq!(Pallet::<T>::staked(&coldkey, NETUID, &hotkey), 0);
	}

	#[benchmark]
	fn complete_move() {
		let (hotkey, coldkey) = staked::<T>();
		let there = destination::<T>();
		let epoch = Pallet::<T>::release_epoch(NETUID);
		Pallet::<T>::do_move_stake(coldkey.clone(), hotkey.clone(), NETUID, there.clone(), Balance::MAX).unwrap();
		T::BenchmarkHelper::set_epoch(NETUID, epoch);
		#[extrinsic_call]
		_(
			RawOrigin::Signed(account("anybody", 0, 0)),
			coldkey.clone(),
			hotkey,
			NETUID,
			epoch,
		);
		assert!(Pallet::<T>::staked(&coldkey, there.netuid, &there.hotkey) > 0);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::ExtBuilder::default().build(), crate::mock::Test);
}
