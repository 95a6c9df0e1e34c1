//! Exchanged keys: declarations follow a hotkey, and nobody runs away from what his former name signed.

use super::*;
use crate::{Error, FormerNames, Successors};
use frame_support::{assert_noop, assert_ok};
use ganglion_traits::{Bonds, OnHotkeySwapped, Profiles};

/// Exchange hotkeys of one coldkey, as the runtime does: stake and lock follow.
fn swap(old: AccountId, new: AccountId) -> sp_runtime::DispatchResult {
	Models::ensure_can_swap_hotkey(&old, &new, None)?;
	let owner = Owners::get().get(&old).copied().unwrap_or(old + COLD);
	Owners::mutate(|owners| owners.insert(new, owner));
	Stakes::mutate(|stakes| {
		let moved = stakes.remove(&(NET, old)).unwrap_or(0);
		*stakes.entry((NET, new)).or_default() += moved;
	});
	Locked::mutate(|locked| {
		if let Some(lock) = locked.remove(&(owner, NET, old)) {
			locked.insert((owner, NET, new), lock);
		}
	});
	Models::on_hotkey_swapped(&old, &new, None);
	Models::do_try_state().unwrap();
	Ok(())
}

#[test]
fn a_hotkey_answers_for_its_former_name() {
	run(|| {
		let profile = register(1);
		assert_ok!(declare(6, profile, Role::Audit, 20 * GNG));
		assert_ok!(declare(5, profile, Role::Audit, 20 * GNG));
		assert_ok!(declare(5, profile, Role::Serve, 10 * GNG));
		assert_ok!(swap(5, 50));
		assert_eq!(Models::auditors(NET, &profile), [6, 50]);
		for name in [5, 50] {
			assert!(Models::is_bonded(NET, &name, &profile, Role::Serve));
			assert_eq!(Models::bond(NET, &name, Role::Serve), 10 * GNG);
		}
		assert_ok!(Models::freeze(NET, &5));
		assert_eq!(Models::standing(NET, &50).0, 1);
		assert_eq!(Models::slash_bond(NET, &5, Role::Serve, 3 * GNG, None).total(), 3 * GNG);
		assert_eq!(Models::bond(NET, &50, Role::Serve), 7 * GNG);
		Models::unfreeze(NET, &5);
		assert_eq!(Models::standing(NET, &5).0, 0);
	});
}

#[test]
fn nobody_changes_names_twice_while_the_first_can_be_accused_or_while_accused() {
	run(|| {
		let profile = register(1);
		assert_ok!(declare(5, profile, Role::Serve, 10 * GNG));
		assert_ok!(Models::freeze(NET, &5));
		assert_noop!(swap(5, 50), Error::<Test>::Frozen);
		Models::unfreeze(NET, &5);
		assert_ok!(swap(5, 50));
		assert_noop!(swap(50, 51), Error::<Test>::ExchangedRecently);
		assert_noop!(
			Models::declare(signed(5 + COLD), NET, 5, profile, Role::Serve, 10 * GNG),
			Error::<Test>::FormerName
		);
		pass(RELEASE);
		assert_ok!(swap(50, 5)); // back
		assert_eq!(Successors::<Test>::iter().collect::<Vec<_>>(), [(NET, 50, 5)]);
		pass(RELEASE);
		assert_ok!(swap(5, 51));
		assert_eq!(Successors::<Test>::iter().collect::<Vec<_>>(), [(NET, 5, 51)]);
	});
}

#[test]
fn a_name_is_free_again_when_nothing_is_bonded() {
	run(|| {
		let profile = register(1);
		assert_ok!(declare(5, profile, Role::Serve, 10 * GNG));
		assert_ok!(swap(5, 50));
		Owners::mutate(|owners| owners.insert(50, 5 + COLD));
		assert_ok!(Models::retire(signed(5 + COLD), NET, 50, profile, Role::Serve));
		pass(RELEASE);
		assert_ok!(Models::release(signed(1), NET, 50));
		assert_eq!(
			Successors::<Test>::iter().count() + FormerNames::<Test>::iter().count(),
			0
		);
		Stakes::mutate(|stakes| stakes.insert((NET, 5), 10 * GNG));
		assert_ok!(declare(5, profile, Role::Serve, 10 * GNG));
	});
}

#[test]
fn two_hotkeys_with_declarations_do_not_become_one() {
	run(|| {
		let profile = register(1);
		assert_ok!(declare(5, profile, Role::Serve, 10 * GNG));
		assert_ok!(declare(6, profile, Role::Serve, 10 * GNG));
		assert_noop!(swap(5, 6), Error::<Test>::DeclarationsExist);
		// A hotkey without declarations leaves nothing behind.
		assert_ok!(Models::ensure_can_swap_hotkey(&7, &6, None));
		assert_ok!(swap(6, 8));
		assert_noop!(swap(5, 6), Error::<Test>::FormerName);
	});
}

#[test]
fn nothing_is_released_in_the_steps_of_a_coldkeys_swap() {
	run(|| {
		let profile = register(1);
		assert_ok!(declare(5, profile, Role::Serve, 20 * GNG));
		assert_ok!(retire(5, profile, Role::Serve));
		pass(RELEASE);
		Moving::set(Some((5 + COLD, 77)));
		assert_noop!(Models::release(signed(1), NET, 5), Error::<Test>::ColdkeyGuarded);
		// A slash works meanwhile; the lock is lowered when the swap is over.
		Models::slash_bond(NET, &5, Role::Serve, 5 * GNG, None);
		assert_eq!((Models::bond(NET, &5, Role::Serve), locked(5)), (15 * GNG, 20 * GNG));
		Moving::set(None);
		assert_ok!(Models::release(signed(1), NET, 5));
		assert_eq!(locked(5), 0);
	});
}
