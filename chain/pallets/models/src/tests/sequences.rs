//! Any sequence of calls and events keeps the invariants, and afterwards everybody gets everything back.

use super::*;
use crate::{bonds, DeclarationsOf, Freezes, Successors};
use frame_support::{storage::with_storage_layer, traits::fungible::InspectHold};
use ganglion_traits::{Bonds, OnColdkeySwapped, OnHotkeySwapped, OnSubnetDissolved};
use proptest::prelude::*;
use sp_runtime::{DispatchResult, Weight};

const HOTKEYS: [AccountId; 4] = [1, 2, 3, 4];
const SEEDS: [u8; 3] = [0, 1, 2];

#[derive(Clone, Debug)]
enum Step {
	Register(AccountId, u8),
	Remove(AccountId, u8),
	Declare(NetUid, AccountId, u8, Role, Balance),
	Retire(NetUid, AccountId, u8, Role),
	Release(NetUid, AccountId),
	Freeze(NetUid, AccountId),
	Unfreeze(NetUid, AccountId),
	Slash(NetUid, AccountId, Role, Balance),
	SwapHotkey(AccountId, AccountId),
	SwapColdkey(AccountId, AccountId),
	Clear(NetUid),
	Pass(BlockNumber),
}

fn hotkey() -> impl Strategy<Value = AccountId> {
	prop::sample::select(HOTKEYS.to_vec())
}

fn seed() -> impl Strategy<Value = u8> {
	prop::sample::select(SEEDS.to_vec())
}

fn net() -> impl Strategy<Value = NetUid> {
	prop_oneof![4 => Just(NET), 1 => Just(OTHER)]
}

fn role() -> impl Strategy<Value = Role> {
	prop_oneof![Just(Role::Serve), Just(Role::Audit)]
}

fn step() -> impl Strategy<Value = Step> {
	let amount = || prop_oneof![1..40u128].prop_map(|gng| gng * GNG);
	prop_oneof![
		4 => (hotkey(), seed()).prop_map(|(who, seed)| Step::Register(who, seed)),
		1 => (hotkey(), seed()).prop_map(|(who, seed)| Step::Remove(who, seed)),
		8 => (net(), hotkey(), seed(), role(), amount())
			.prop_map(|(net, who, seed, role, bond)| Step::Declare(net, who, seed, role, bond)),
		5 => (net(), hotkey(), seed(), role()).prop_map(|(net, who, seed, role)| Step::Retire(net, who, seed, role)),
		4 => (net(), hotkey()).prop_map(|(net, who)| Step::Release(net, who)),
		2 => (net(), hotkey()).prop_map(|(net, who)| Step::Freeze(net, who)),
		2 => (net(), hotkey()).prop_map(|(net, who)| Step::Unfreeze(net, who)),
		3 => (net(), hotkey(), role(), amount()).prop_map(|(net, who, role, amount)| Step::Slash(net, who, role, amount)),
		2 => (hotkey(), hotkey()).prop_map(|(old, new)| Step::SwapHotkey(old, new)),
		1 => (hotkey(), hotkey()).prop_map(|(old, new)| Step::SwapColdkey(old, new)),
		1 => net().prop_map(Step::Clear),
		5 => (1..RELEASE).prop_map(Step::Pass),
	]
}

/// All hotkeys belong to one coldkey, so that any can be exchanged for any.
const OWNER: AccountId = 1 + COLD;

fn run_step(step: Step) -> DispatchResult {
	let owner = signed(OWNER);
	match step {
		Step::Register(who, seed) => Models::register(signed(who + COLD), Box::new(spec(seed)), terms("x")),
		Step::Remove(who, seed) => Models::remove(signed(who + COLD), id(seed)),
		Step::Declare(net, who, seed, role, bond) => Models::declare(owner, net, who, id(seed), role, bond),
		Step::Retire(net, who, seed, role) => Models::retire(owner, net, who, id(seed), role),
		Step::Release(net, who) => Models::release(signed(5), net, who),
		Step::Freeze(net, who) => Models::freeze(net, &who),
		Step::Unfreeze(net, who) => {
			Models::unfreeze(net, &who);
			Ok(())
		}
		Step::Slash(net, who, role, amount) => {
			let most = Models::bond(net, &who, role);
			let taken = Models::slash_bond(net, &who, role, amount, None).total();
			assert!(taken <= amount && taken <= most);
			Ok(())
		}
		Step::SwapHotkey(old, new) => swap(old, new),
		Step::SwapColdkey(old, new) => {
			if old != new {
				assert!(Models::move_coldkey(&(old + COLD), &(new + COLD), Weight::MAX).done);
			}
			Ok(())
		}
		Step::Clear(net) => {
			assert!(Models::clear(net, Weight::MAX).done);
			Ok(())
		}
		Step::Pass(blocks) => {
			pass(blocks);
			Ok(())
		}
	}
}

fn swap(old: AccountId, new: AccountId) -> DispatchResult {
	if old == new {
		return Ok(());
	}
	Models::ensure_can_swap_hotkey(&old, &new, None)?;
	for net in [NET, OTHER] {
		Stakes::mutate(|stakes| {
			let moved = stakes.remove(&(net, old)).unwrap_or(0);
			*stakes.entry((net, new)).or_default() += moved;
		});
		Locked::mutate(|locked| {
			if let Some(lock) = locked.remove(&(OWNER, net, old)) {
				*locked.entry((OWNER, net, new)).or_default() += lock;
			}
		});
	}
	Models::on_hotkey_swapped(&old, &new, None);
	Ok(())
}

/// What is locked is the sum of the bonds, for every hotkey.
fn assert_locks() {
	for net in [NET, OTHER] {
		for hotkey in HOTKEYS {
			let sum = bonds(&DeclarationsOf::<Test>::get(net, hotkey), None);
			let lock = Locked::get().get(&(OWNER, net, hotkey)).copied().unwrap_or(0);
			assert_eq!(sum, lock, "hotkey {hotkey} in {net:?}");
		}
	}
}

fn play(steps: Vec<Step>) {
	Owners::set(HOTKEYS.map(|hotkey| (hotkey, OWNER)).into());
	for step in steps {
		let _ = with_storage_layer(|| run_step(step));
		Models::do_try_state().unwrap();
		assert_locks();
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 128, ..Default::default() })]

	#[test]
	fn any_sequence_is_sound(steps in prop::collection::vec(step(), 1..80)) {
		run(|| play(steps));
	}

	#[test]
	fn everybody_gets_everything_back(steps in prop::collection::vec(step(), 1..60)) {
		run(|| {
			play(steps);
			for (net, who, count) in Freezes::<Test>::iter().collect::<Vec<_>>() {
				(0..count).for_each(|_| Models::unfreeze(net, &who));
			}
			for (net, who, declarations) in DeclarationsOf::<Test>::iter().collect::<Vec<_>>() {
				for one in declarations {
					let profile = Models::details(one.profile).unwrap().id;
					let _ = Models::retire(signed(OWNER), net, who, profile, one.role);
				}
			}
			pass(RELEASE);
			for (net, who) in DeclarationsOf::<Test>::iter_keys().collect::<Vec<_>>() {
				Models::release(signed(5), net, who).unwrap();
			}
			for details in Models::page(0, 32) {
				Models::remove(signed(details.owner), details.id).unwrap();
			}
			let reason = crate::HoldReason::Profile.into();
			assert!((1..=9).all(|who| Balances::balance_on_hold(&reason, &(who + COLD)) == 0));
			assert_eq!((Locked::get().len(), Successors::<Test>::iter().count()), (0, 0));
		});
	}
}
