//! Benchmarks of model profiles and declarations, on the whole runtime: bonds lock stake, and deposits are held.

use super::{
	bonded::{auditors_with, bonded, declaration, declare_all, profile, profiles, spec, subnet, terms, NETUID},
	*,
};
use crate::Models;
use frame_benchmarking::v2::*;
use frame_support::weights::Weight;
use frame_system::RawOrigin;
use ganglion_primitives::Role;
use ganglion_traits::{HotkeyOwnership, OnColdkeySwapped, OnSubnetDissolved};
use pallet_models::{DeclarationsOf, MAX_DECLARATIONS};

/// Of this runtime only.
pub trait Config: frame_system::Config {}
impl Config for Runtime {}
/// Stands for the pallet.
pub struct Pallet<T: Config>(core::marker::PhantomData<T>);

/// Bytes of a profile without its files, about, and of a file.
const BASE: u32 = 640;
const FILE: u32 = 162;

fn funded(name: &'static str) -> AccountId {
	let who: AccountId = account(name, 0, 0);
	Balances::set_balance(&who, 1_000_000 * GNG);
	who
}

/// A slot's hotkey with stake that is part of others', and all it can declare.
fn declared() -> (AccountId, AccountId) {
	subnet();
	profiles();
	let (hotkey, coldkey) = bonded(0);
	Balances::set_balance(&coldkey, 100_000 * GNG);
	let origin = RuntimeOrigin::signed(coldkey.clone());
	Neurons::register(origin, NETUID, hotkey.clone(), SUPPLY_CAP).unwrap();
	(hotkey, coldkey)
}

/// Somebody answers for a former name.
fn renamed(hotkey: &AccountId) {
	let former: AccountId = account("former name", 0, 0);
	pallet_models::Successors::<Runtime>::insert(NETUID, &former, hotkey);
	pallet_models::FormerNames::<Runtime>::insert(NETUID, hotkey, (former, NOW));
}

#[benchmarks]
mod benches {
	use super::*;

	#[benchmark]
	fn register(b: Linear<802, 11_008>) {
		let owner = funded("profile owner");
		let spec = spec((b - BASE) / FILE, 7);
		#[block]
		{
			Models::register(RawOrigin::Signed(owner).into(), spec.into(), terms()).unwrap();
		}
		assert_eq!(pallet_models::NextNumber::<Runtime>::get(), 1);
	}

	#[benchmark]
	fn set_terms() {
		let (owner, id) = (funded("profile owner"), profile(0));
		#[block]
		{
			Models::set_terms(RawOrigin::Signed(owner).into(), id, terms()).unwrap();
		}
	}

	#[benchmark]
	fn remove() {
		let owner = funded("profile owner");
		let spec = spec(64, 7);
		let id = pallet_models::profile_id(&spec);
		Models::register(RawOrigin::Signed(owner.clone()).into(), spec.into(), terms()).unwrap();
		#[block]
		{
			Models::remove(RawOrigin::Signed(owner).into(), id).unwrap();
		}
		assert!(!pallet_models::Numbers::<Runtime>::contains_key(id));
	}

	/// The last profile that the hotkey can audit, and its last auditor.
	#[benchmark]
	fn declare() {
		let (hotkey, coldkey) = declared();
		let last = MAX_DECLARATIONS - 1;
		let there = |declarations: &mut pallet_models::Declarations| {
			declarations.retain(|one| one.profile != last || one.role != Role::Audit);
		};
		DeclarationsOf::<Runtime>::mutate(NETUID, &hotkey, there);
		pallet_models::AuditorsOf::<Runtime>::mutate(NETUID, last, |auditors| auditors.retain(|one| *one != hotkey));
		let id = profile(last);
		#[block]
		{
			let origin = RawOrigin::Signed(coldkey).into();
			Models::declare(origin, NETUID, hotkey.clone(), id, Role::Audit, 100 * GNG).unwrap();
		}
		assert_eq!(DeclarationsOf::<Runtime>::get(NETUID, &hotkey).len(), 64);
	}

	#[benchmark]
	fn retire() {
		let (hotkey, coldkey) = declared();
		let id = profile(MAX_DECLARATIONS - 1);
		#[block]
		{
			let origin = RawOrigin::Signed(coldkey).into();
			Models::retire(origin, NETUID, hotkey.clone(), id, Role::Audit).unwrap();
		}
		assert!(DeclarationsOf::<Runtime>::get(NETUID, &hotkey)
			.iter()
			.any(|one| one.ends_at.is_some()));
	}

	/// Clearing, which takes auditors off their lists, too; a release does not.
	#[benchmark]
	fn release(d: Linear<1, 64>) {
		subnet();
		profiles();
		let (hotkey, coldkey): (AccountId, AccountId) = (account("hotkey", 0, 7), account("coldkey", 0, 7));
		Neurons::own(&coldkey, &hotkey).unwrap();
		Scene::stake(NETUID, &hotkey, &coldkey, 100_000 * GNG);
		declare_all(NETUID, &hotkey, &coldkey);
		(0..MAX_DECLARATIONS).for_each(|number| auditors_with(NETUID, number, &hotkey));
		let some = (0..d).map(|number| match number.checked_sub(MAX_DECLARATIONS) {
			None => declaration(number, Role::Audit, 100 * GNG),
			Some(number) => declaration(number, Role::Serve, 100 * GNG),
		});
		DeclarationsOf::<Runtime>::insert(NETUID, &hotkey, BoundedVec::truncate_from(some.collect()));
		renamed(&hotkey);
		#[block]
		{
			assert!(Models::clear(NETUID, Weight::MAX).done);
		}
		assert!(!DeclarationsOf::<Runtime>::contains_key(NETUID, &hotkey));
	}

	#[benchmark]
	fn move_profile() {
		let (owner, new) = (funded("profile owner"), funded("new owner"));
		Models::register(RawOrigin::Signed(owner.clone()).into(), spec(64, 7).into(), terms()).unwrap();
		#[block]
		{
			assert!(Models::move_coldkey(&owner, &new, Weight::MAX).done);
		}
		assert!(pallet_models::Owned::<Runtime>::contains_key(&new, 0));
	}
}
