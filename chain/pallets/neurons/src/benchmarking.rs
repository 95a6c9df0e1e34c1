//! Benchmarks of the calls, each in its most expensive state.
#![allow(
	clippy::arithmetic_side_effects,
	clippy::unwrap_used,
	reason = "benchmarks fail loudly"
)]

use super::*;
use frame_benchmarking::v2::*;
use frame_support::traits::fungible::Mutate;
use frame_system::{pallet_prelude::BlockNumberFor, RawOrigin};
use ganglion_primitives::{Endpoint, EndpointKey, KeyKind, NetUid, Uid, GNG, SUPPLY_CAP};
use sp_runtime::BoundedVec;

/// Prepares what belongs to other pallets.
pub trait BenchmarkHelper<AccountId> {
	/// Make a subnet exist, with so many slots, owned by an account without neurons, open to registration at any price
	/// up to the supply cap, whose neurons can reset bonds.
	fn subnet(netuid: NetUid, max_allowed_uids: u16);
}

const NETUID: NetUid = NetUid(1);

fn occupied<T: Config>(slots: u16) {
	for uid in 0..slots {
		let hotkey: T::AccountId = account("neuron", uid.into(), 0);
		Pallet::<T>::do_own(&account("coldkey", 0, 0), &hotkey).unwrap();
		Uids::<T>::insert(NETUID, &hotkey, Uid(uid));
		Neurons::<T>::insert(
			NETUID,
			Uid(uid),
			Neuron {
				hotkey,
				registered_at: 0,
				bonds_reset_at: 0,
			},
		);
	}
	NeuronCount::<T>::insert(NETUID, slots);
}

fn endpoint() -> Endpoint {
	let key = EndpointKey {
		kind: KeyKind::Hpke,
		bytes: BoundedVec::truncate_from(vec_of_ones()),
	};
	let mut keys = BoundedVec::new();
	while keys.try_push(key.clone()).is_ok() {}
	Endpoint {
		family: 6,
		ip: u128::MAX,
		port: 1,
		protocol: 1,
		keys,
	}
}

fn vec_of_ones() -> alloc::vec::Vec<u8> {
	core::iter::repeat_n(1, 128).collect()
}

#[benchmarks]
mod benches {
	use super::*;

	/// `n` slots, all taken and replaceable.
	#[benchmark]
	fn register(n: Linear<11, 256>) {
		T::BenchmarkHelper::subnet(NETUID, n as u16);
		occupied::<T>(n as u16);
		frame_system::Pallet::<T>::set_block_number(BlockNumberFor::<T>::from(1_000_000u32));
		let coldkey: T::AccountId = whitelisted_caller();
		T::Currency::set_balance(&coldkey, 1_000_000 * GNG);
		let hotkey: T::AccountId = account("newcomer", 0, 0);
		#[extrinsic_call]
		_(RawOrigin::Signed(coldkey), NETUID, hotkey.clone(), SUPPLY_CAP);
		assert!(Uids::<T>::contains_key(NETUID, &hotkey));
	}

	#[benchmark]
	fn serve() {
		T::BenchmarkHelper::subnet(NETUID, 64);
		occupied::<T>(1);
		let hotkey = Neurons::<T>::get(NETUID, Uid(0)).unwrap().hotkey;
		#[extrinsic_call]
		_(RawOrigin::Signed(hotkey.clone()), NETUID, endpoint());
		assert!(Endpoints::<T>::contains_key(NETUID, &hotkey));
	}

	/// `n` slots, of which the lower half goes and every other moves.
	#[benchmark]
	fn trim(n: Linear<16, 1024>) {
		let slots = n as u16;
		T::BenchmarkHelper::subnet(NETUID, slots);
		occupied::<T>(slots);
		for uid in 0..slots {
			let hotkey = Neurons::<T>::get(NETUID, Uid(uid)).unwrap().hotkey;
			let info = EndpointInfo {
				endpoint: endpoint(),
				updated_at: 0,
				registered_at: 0,
			};
			Endpoints::<T>::insert(NETUID, hotkey, info);
		}
		frame_system::Pallet::<T>::set_block_number(BlockNumberFor::<T>::from(1_000_000u32));
		#[extrinsic_call]
		_(RawOrigin::Root, NETUID, slots / 2);
		assert_eq!(NeuronCount::<T>::get(NETUID), slots / 2);
	}

	#[benchmark]
	fn reset_bonds() {
		T::BenchmarkHelper::subnet(NETUID, 64);
		occupied::<T>(1);
		frame_system::Pallet::<T>::set_block_number(BlockNumberFor::<T>::from(1_000_000u32));
		let hotkey = Neurons::<T>::get(NETUID, Uid(0)).unwrap().hotkey;
		#[extrinsic_call]
		_(RawOrigin::Signed(hotkey), NETUID);
		assert_eq!(Neurons::<T>::get(NETUID, Uid(0)).unwrap().bonds_reset_at, 1_000_000);
	}

	impl_benchmark_test_suite!(Pallet, crate::mock::ExtBuilder.build(), crate::mock::Test);
}
