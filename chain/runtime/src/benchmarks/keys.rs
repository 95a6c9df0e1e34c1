//! Benchmarks of keys: their exchange and what they publish. On the whole runtime, because what follows a key lies in all
//! pallets.

use super::*;
use crate::{Commitments, KeySwap};
use frame_benchmarking::v2::*;
use frame_system::RawOrigin;
use pallet_audits::HISTORY;
use pallet_models::MAX_DECLARATIONS;
use sp_core::H256;
use sp_runtime::{
	traits::{BlakeTwo256, Hash},
	BoundedVec,
};

/// Where the exchange of keys is measured.
pub mod swap {
	use super::*;

	/// Of this runtime only.
	pub trait Config: frame_system::Config {}
	impl Config for Runtime {}
	/// Stands for the pallet.
	pub struct Pallet<T: Config>(core::marker::PhantomData<T>);

	const DELAYED: u32 = 10_000_000;

	/// A coldkey with a hotkey in the owner's slot of `slots` among `subnets` subnets, where it has stake, weights and bonds.
	fn owner(subnets: u32, slots: u32) -> (AccountId, AccountId) {
		let (coldkey, hotkey): (AccountId, AccountId) = (account("swapped", 0, 0), account("hotkey", 0, 0));
		Balances::set_balance(&coldkey, 1_000_000 * GNG);
		for netuid in 1..=subnets as u16 {
			let mine = u32::from(netuid) <= slots;
			let other: (AccountId, AccountId) = (account("other", netuid.into(), 0), account("key", netuid.into(), 0));
			let (owner, key) = if mine {
				(&coldkey, &hotkey)
			} else {
				(&other.0, &other.1)
			};
			Scene::subnet(NetUid(netuid), owner.clone(), key.clone(), hyperparameters());
			Scene::open(NetUid(netuid), owner, key);
			if mine {
				Scene::stake(NetUid(netuid), key, owner, 100 * GNG);
				Balances::set_balance(&coldkey, 1_000_000 * GNG);
				Scene::row(NetUid(netuid), 0, 256);
			}
		}
		(coldkey, hotkey)
	}

	/// All that verified inference keeps of the hotkey in a slot: declarations, filings of every epoch, what it owes.
	fn verified(netuid: NetUid, hotkey: &AccountId, coldkey: &AccountId) {
		Scene::set_epoch(netuid, bonded::EPOCH);
		Scene::stake(netuid, hotkey, coldkey, 20_000 * GNG);
		bonded::declare_all(netuid, hotkey, coldkey);
		(0..MAX_DECLARATIONS).for_each(|number| bonded::auditors_with(netuid, number, hotkey));
		(0..=HISTORY).for_each(|age| audits::filed(netuid, bonded::EPOCH - age, hotkey, H256::repeat_byte(1)));
		pallet_audits::Due::<Runtime>::insert(netuid, hotkey, 1);
		pallet_receipts::Books::<Runtime>::insert(netuid, hotkey, pallet_receipts::Book::default());
	}

	fn announced() -> (AccountId, AccountId) {
		let (coldkey, _) = owner(1, 1);
		let new: AccountId = account("successor", 0, 0);
		Balances::set_balance(&new, GNG);
		System::set_block_number(1);
		KeySwap::announce_coldkey_swap(RawOrigin::Signed(coldkey.clone()).into(), BlakeTwo256::hash_of(&new)).unwrap();
		(coldkey, new)
	}

	#[benchmarks]
	mod benches {
		use super::*;

		#[benchmark]
		fn swap_hotkey(n: Linear<1, 64>, s: Linear<1, 8>) {
			let s = s.min(n);
			let (coldkey, hotkey) = owner(n, s);
			bonded::slow();
			bonded::profiles();
			(1..=s as u16).for_each(|netuid| verified(NetUid(netuid), &hotkey, &coldkey));
			disputes::seated(NetUid(1), &hotkey);
			Balances::set_balance(&coldkey, 1_000_000 * GNG);
			let new: AccountId = account("new hotkey", 0, 0);
			#[block]
			{
				KeySwap::swap_hotkey(RawOrigin::Signed(coldkey.clone()).into(), hotkey, new.clone(), None).unwrap();
			}
			assert_eq!(
				<Neurons as ganglion_traits::HotkeyInspect<AccountId>>::coldkey(&new),
				Some(coldkey)
			);
		}

		#[benchmark]
		fn announce_coldkey_swap() {
			let (coldkey, _) = owner(1, 1);
			#[block]
			{
				let hash = BlakeTwo256::hash(b"whoever");
				KeySwap::announce_coldkey_swap(RawOrigin::Signed(coldkey).into(), hash).unwrap();
			}
		}

		#[benchmark]
		fn swap_coldkey() {
			let (coldkey, new) = announced();
			System::set_block_number(DELAYED);
			#[block]
			{
				KeySwap::swap_coldkey(RawOrigin::Signed(new.clone()).into(), coldkey, new).unwrap();
			}
		}

		#[benchmark]
		fn dispute_coldkey_swap() {
			let (coldkey, _) = announced();
			#[block]
			{
				KeySwap::dispute_coldkey_swap(RawOrigin::Signed(coldkey).into()).unwrap();
			}
		}

		#[benchmark]
		fn cancel_coldkey_swap() {
			let (coldkey, _) = announced();
			System::set_block_number(DELAYED);
			#[block]
			{
				KeySwap::cancel_coldkey_swap(RawOrigin::Signed(coldkey.clone()).into(), coldkey).unwrap();
			}
		}
	}
}

/// Where commitments are measured.
pub mod commitments {
	use super::*;
	use ganglion_primitives::{commitment::MAX_BIG_RAW, CommitmentField, CommitmentFields};

	/// Of this runtime only.
	pub trait Config: frame_system::Config {}
	impl Config for Runtime {}
	/// Stands for the pallet.
	pub struct Pallet<T: Config>(core::marker::PhantomData<T>);

	const NETUID: NetUid = NetUid(1);

	fn fields() -> CommitmentFields {
		let most = CommitmentField::BigRaw(BoundedVec::truncate_from(alloc::vec![1; MAX_BIG_RAW as usize]));
		let mut fields = CommitmentFields::new();
		while fields.try_push(most.clone()).is_ok() {}
		fields
	}

	#[benchmarks]
	mod benches {
		use super::*;

		#[benchmark]
		fn set() {
			let keys = Scene::populated(NETUID, 16, hyperparameters());
			System::set_block_number(NOW);
			let origin = || RawOrigin::Signed(keys[0].0.clone()).into();
			Commitments::set(origin(), NETUID, fields()).unwrap();
			#[block]
			{
				Commitments::set(origin(), NETUID, fields()).unwrap();
			}
		}
	}
}
