//! Benchmark of the call, with the longest list.
#![allow(clippy::unwrap_used, reason = "benchmarks fail loudly")]

use super::*;
use codec::Decode;
use frame_benchmarking::v2::*;
use frame_system::RawOrigin;
use sp_runtime::traits::TrailingZeroInput;

#[benchmarks]
mod benchmarks {
	use super::*;

	#[benchmark]
	fn set(a: Linear<1, { T::MaxAuthorities::get() }>) {
		let accounts: Vec<T::AccountId> = (0..a).map(|index| account("authority", index, 0)).collect();
		let keys = <T as pallet_session::Config>::Keys::decode(&mut TrailingZeroInput::zeroes()).unwrap();
		for who in &accounts {
			pallet_session::NextKeys::<T>::insert(who, keys.clone());
		}
		let accounts = Accounts::<T>::try_from(accounts).unwrap();

		#[extrinsic_call]
		_(RawOrigin::Root, accounts);

		assert!(Next::<T>::exists());
	}
}
