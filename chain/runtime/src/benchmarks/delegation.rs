//! Benchmarks of child keys, on the whole runtime, because stake and keys lie in other pallets.

use super::*;
use crate::Delegation;
use frame_benchmarking::v2::*;
use frame_system::RawOrigin;
use pallet_delegation::{ChildrenOf, MAX_CHILDREN, MAX_PARENTS};

/// Of this runtime only.
pub trait Config: frame_system::Config {}
impl Config for Runtime {}
/// Stands for the pallet.
pub struct Pallet<T: Config>(core::marker::PhantomData<T>);

const NETUID: NetUid = NetUid(1);

/// A coldkey with a hotkey of its own in the subnet, and so much stake.
fn staked(seed: u32, amount: Balance) -> (AccountId, AccountId) {
	let (coldkey, hotkey): (AccountId, AccountId) = (account("coldkey", seed, 9), account("hotkey", seed, 9));
	Balances::set_balance(&coldkey, 100_000 * GNG);
	let origin = RuntimeOrigin::signed(coldkey.clone());
	Neurons::register(origin, NETUID, hotkey.clone(), SUPPLY_CAP).unwrap();
	Scene::stake(NETUID, &hotkey, &coldkey, amount);
	(coldkey, hotkey)
}

fn subnet() {
	let (owner, hotkey): (AccountId, AccountId) = (account("owner", 0, 9), account("owner hotkey", 0, 9));
	let hyperparameters = Hyperparameters {
		immunity_period: 0,
		..hyperparameters()
	};
	Scene::subnet(NETUID, owner.clone(), hotkey.clone(), hyperparameters);
	Scene::open(NETUID, &owner, &hotkey);
	System::set_block_number(NOW);
}

/// As many children as a hotkey can have.
fn children() -> ChildrenOf<AccountId> {
	let child = |seed| (staked(1_000 + seed, GNG).1, 10_000);
	BoundedVec::truncate_from((0..MAX_CHILDREN).map(child).collect())
}

#[benchmarks]
mod benches {
	use super::*;

	/// Every child has as many parents as it can have, with the one that comes.
	#[benchmark]
	fn set_children() {
		subnet();
		let children = children();
		for seed in 1..MAX_PARENTS {
			let (coldkey, parent) = staked(seed, 1_000 * GNG);
			Delegation::set_children(RawOrigin::Signed(coldkey).into(), NETUID, parent, children.clone()).unwrap();
		}
		let (coldkey, parent) = staked(500, 1_000 * GNG);
		#[block]
		{
			Delegation::set_children(
				RawOrigin::Signed(coldkey.clone()).into(),
				NETUID,
				parent.clone(),
				children,
			)
			.unwrap();
		}
		assert!(pallet_delegation::Delegations::<Runtime>::contains_key(NETUID, &parent));
	}

	#[benchmark]
	fn set_child_take() {
		subnet();
		let (coldkey, hotkey) = staked(1, GNG);
		#[block]
		{
			Delegation::set_child_take(RawOrigin::Signed(coldkey.clone()).into(), NETUID, hotkey.clone(), 500).unwrap();
		}
		assert_eq!(Delegation::child_take(NETUID, &hotkey), 500);
	}

	#[benchmark]
	fn drop_parent() {
		subnet();
		let children = children();
		let (coldkey, parent) = staked(1, 1_000 * GNG);
		Delegation::set_children(
			RawOrigin::Signed(coldkey).into(),
			NETUID,
			parent.clone(),
			children.clone(),
		)
		.unwrap();
		let child = children[0].0.clone();
		let owner: AccountId = account("coldkey", 1_000, 9);
		#[block]
		{
			Delegation::drop_parent(
				RawOrigin::Signed(owner.clone()).into(),
				NETUID,
				child.clone(),
				parent.clone(),
			)
			.unwrap();
		}
		assert!(!pallet_delegation::Parents::<Runtime>::contains_key(NETUID, &child));
	}

	#[benchmark]
	fn set_refusing() {
		subnet();
		let (coldkey, hotkey) = staked(1, GNG);
		#[block]
		{
			Delegation::set_refusing(RawOrigin::Signed(coldkey.clone()).into(), NETUID, hotkey.clone(), true).unwrap();
		}
		assert!(pallet_delegation::Refusing::<Runtime>::contains_key(NETUID, &hotkey));
	}

	#[benchmark]
	fn set_auto_stake() {
		subnet();
		let (coldkey, hotkey) = staked(1, GNG);
		#[block]
		{
			let to = Some(hotkey.clone());
			Delegation::set_auto_stake(RawOrigin::Signed(coldkey.clone()).into(), NETUID, to).unwrap();
		}
		assert_eq!(Delegation::auto_stake(NETUID, &coldkey), Some(hotkey));
	}
}
