//! Benchmarks of receipts' anchors, on the whole runtime: slots, pauses and time lie in other pallets.

use super::{
	bonded::{subnet, NETUID},
	*,
};
use crate::Receipts;
use frame_benchmarking::v2::*;
use frame_support::{traits::Hooks, weights::Weight};
use frame_system::RawOrigin;
use ganglion_traits::OnSubnetDissolved;
use pallet_receipts::{Anchor, Anchors, Book, Books, Ends, Queue, QueueEnds, Queued};
use sp_core::H256;
use sp_io::hashing::blake2_256;

/// Of this runtime only.
pub trait Config: frame_system::Config {}
impl Config for Runtime {}
/// Stands for the pallet.
pub struct Pallet<T: Config>(core::marker::PhantomData<T>);

/// A block at which all that was anchored before is old.
const LATER: u32 = 10_000_000;
/// As many anchors as are kept.
const MOST: u64 = 1_000_000;

fn anchored(number: u64) {
	let hotkey: AccountId = account("anchorer", number as u32, 0);
	let root = H256(blake2_256(&number.to_le_bytes()));
	let anchor = Anchor {
		count: 1,
		block: 0,
		clock: 0,
		at: 0,
	};
	Anchors::<Runtime>::insert(root, (NETUID, &hotkey), anchor);
	let queued = Queued {
		root,
		netuid: NETUID,
		hotkey,
		clock: 0,
	};
	Queue::<Runtime>::insert(number, queued);
}

#[benchmarks]
mod benches {
	use super::*;

	/// The queue is full of anchors that are old enough to give way, and the call is first asked whether it is free.
	#[benchmark]
	fn anchor() {
		subnet();
		let hotkey: AccountId = account("owner hotkey", 0, 7);
		anchored(0);
		Ends::<Runtime>::put(QueueEnds { first: 0, next: MOST });
		System::set_block_number(LATER);
		Books::<Runtime>::insert(NETUID, &hotkey, Book::default());
		let root = H256::repeat_byte(9);
		#[block]
		{
			assert!(Receipts::is_free(&hotkey, NETUID, &root, 1_000));
			Receipts::anchor(RawOrigin::Signed(hotkey.clone()).into(), NETUID, root, 1_000).unwrap();
		}
		assert_eq!(Ends::<Runtime>::get().first, 1);
	}

	#[benchmark]
	fn prune(n: Linear<0, 64>) {
		(0..u64::from(n)).for_each(anchored);
		let next = n.into();
		Ends::<Runtime>::put(QueueEnds { first: 0, next });
		System::set_block_number(LATER);
		#[block]
		{
			Receipts::on_idle(LATER, Weight::MAX);
		}
		assert_eq!(Ends::<Runtime>::get().first, next);
	}

	#[benchmark]
	fn clear_one() {
		let hotkey: AccountId = account("hotkey", 0, 0);
		Books::<Runtime>::insert(NETUID, &hotkey, Book::default());
		#[block]
		{
			assert!(Receipts::clear(NETUID, Weight::MAX).done);
		}
		assert!(!Books::<Runtime>::contains_key(NETUID, &hotkey));
	}
}
