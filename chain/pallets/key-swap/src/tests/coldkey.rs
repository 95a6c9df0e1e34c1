//! Announced exchange of coldkeys.

use super::*;
use crate::{Announcements, Moving};
use frame_support::{assert_noop, assert_ok, traits::fungible::Mutate, traits::tokens::Preservation};
use ganglion_traits::ColdkeyGuard;
use sp_runtime::TokenError;

fn execute_swap(coldkey: u64, new: u64) -> Post {
	KeySwap::swap_coldkey(signed(BOB), coldkey, new)
}

fn transfer(from: u64, value: u128) -> Result<u128, DispatchError> {
	<Balances as Mutate<u64>>::transfer(&from, &BOB, value, Preservation::Expendable)
}

#[test]
fn an_announcement_costs_and_freezes_everything() {
	execute(|| {
		announce(ALICE, NEW);
		assert_eq!(Balances::free_balance(ALICE), START - COST);
		assert!(KeySwap::is_guarded(&ALICE) && !KeySwap::is_guarded(&BOB));
		assert_eq!(transfer(ALICE, 1), Err(DispatchError::Token(TokenError::Frozen)));
		// What comes in is frozen, too.
		Balances::force_set_balance(root(), ALICE, 2 * START).unwrap();
		assert_eq!(transfer(ALICE, 1), Err(DispatchError::Token(TokenError::Frozen)));
		let event = Event::ColdkeySwapAnnounced {
			coldkey: ALICE,
			new_hash: hash(NEW),
			delay: DELAY,
		};
		System::assert_has_event(event.into());
	});
}

#[test]
fn hotkeys_and_paupers_cannot_announce() {
	execute(|| {
		let announce = |who| KeySwap::announce_coldkey_swap(signed(who), hash(NEW));
		Balances::force_set_balance(root(), HOTKEY, START).unwrap();
		assert_noop!(announce(HOTKEY), E::ColdkeyIsHotkey);
		assert!(announce(77).is_err());
		assert!(!Announcements::<Test>::contains_key(77));
	});
}

#[test]
fn after_the_delay_everything_goes_over() {
	execute(|| {
		announce(ALICE, NEW);
		pass(DELAY - 1);
		assert_eq!(error(execute_swap(ALICE, NEW)), E::TooEarly.into());
		pass(1);
		assert_eq!(error(execute_swap(ALICE, 77)), E::WrongColdkey.into());
		assert_ok!(execute_swap(ALICE, NEW));
		assert_eq!(Balances::free_balance(ALICE), 0);
		assert_eq!(Balances::free_balance(NEW), START - COST + ED);
		assert!(!KeySwap::is_guarded(&ALICE));
		let (old_coldkey, new_coldkey) = (ALICE, NEW);
		System::assert_has_event(
			Event::ColdkeySwapStarted {
				old_coldkey,
				new_coldkey,
			}
			.into(),
		);
		System::assert_last_event(
			Event::ColdkeySwapped {
				old_coldkey,
				new_coldkey,
			}
			.into(),
		);
		assert_eq!(error(execute_swap(ALICE, NEW)), E::NotAnnounced.into());
	});
}

/// A coldkey with much is moved over several blocks, guarded until the end.
#[test]
fn the_move_takes_steps() {
	execute(|| {
		Items::set(vec![(ALICE, 10)]);
		announce(ALICE, NEW);
		pass(DELAY);
		assert_ok!(execute_swap(ALICE, NEW));
		assert_eq!(Items::get(), vec![(ALICE, 6)]);
		assert!(KeySwap::is_guarded(&ALICE));
		assert_eq!(transfer(ALICE, 1), Err(DispatchError::Token(TokenError::Frozen)));
		assert_noop!(
			KeySwap::announce_coldkey_swap(signed(ALICE), hash(77)),
			E::ColdkeyGuarded
		);
		pass(1);
		assert_eq!(Items::get(), vec![(ALICE, 2)]);
		Balances::force_set_balance(root(), ALICE, START).unwrap(); // a reward meanwhile
		pass(1);
		assert!(Moving::<Test>::get().is_empty() && !KeySwap::is_guarded(&ALICE));
		assert_eq!(Balances::free_balance(NEW), START + ED);
	});
}

#[test]
fn coldkeys_move_one_after_another() {
	execute(|| {
		Balances::force_set_balance(root(), 4, ED).unwrap();
		Items::set(vec![(ALICE, 6), (BOB, 2)]);
		announce(ALICE, NEW);
		announce(BOB, 4);
		pass(DELAY);
		assert_ok!(execute_swap(ALICE, NEW));
		assert_ok!(KeySwap::swap_coldkey(signed(ALICE), BOB, 4));
		assert_eq!(Items::get(), vec![(ALICE, 2), (BOB, 2)]);
		pass(2);
		assert_eq!(Items::get(), vec![(ALICE, 0), (BOB, 0)]);
		assert!(Moving::<Test>::get().is_empty());
	});
}

#[test]
fn the_new_coldkey_is_a_clean_account() {
	execute(|| {
		for (new, why) in [
			(ALICE, E::SameKey),
			(HOTKEY, E::NewColdkeyIsHotkey),
			(BOB, E::NewColdkeyInUse),
			(77, E::NewColdkeyMissing),
		] {
			announce(ALICE, new);
			pass(DELAY);
			assert_eq!(error(execute_swap(ALICE, new)), why.into());
			assert_ok!(KeySwap::cancel_coldkey_swap(signed(ALICE), ALICE));
		}
		// Two coldkeys to one account: only the first, while it moves.
		Items::set(vec![(ALICE, 10)]);
		Owners::set(vec![]);
		announce(ALICE, NEW);
		announce(BOB, NEW);
		pass(DELAY);
		assert_ok!(execute_swap(ALICE, NEW));
		assert_eq!(
			error(KeySwap::swap_coldkey(signed(ALICE), BOB, NEW)),
			E::ColdkeyGuarded.into()
		);
	});
}

#[test]
fn paused_blocks_do_not_count() {
	execute(|| {
		announce(ALICE, NEW);
		pass(DELAY - 1);
		pass_paused(5);
		assert_eq!(error(execute_swap(ALICE, NEW)), E::TooEarly.into());
		pass(1);
		assert_ok!(execute_swap(ALICE, NEW));
	});
}

#[test]
fn it_can_be_cancelled_after_a_while_and_announced_anew() {
	execute(|| {
		let cancel = |who| KeySwap::cancel_coldkey_swap(signed(who), ALICE);
		assert_noop!(cancel(ALICE), E::NotAnnounced);
		announce(ALICE, NEW);
		assert_noop!(cancel(ALICE), E::AnnouncedTooRecently);
		assert_noop!(
			KeySwap::announce_coldkey_swap(signed(ALICE), hash(77)),
			E::ColdkeyGuarded
		);
		pass(REANNOUNCE);
		assert_noop!(cancel(BOB), E::NotYours);
		assert_ok!(cancel(ALICE));
		// A new announcement starts the delay anew, and costs anew.
		announce(ALICE, 77);
		assert_eq!(Balances::free_balance(ALICE), START - 2 * COST);
		pass(DELAY - 1);
		assert_eq!(error(execute_swap(ALICE, 77)), E::TooEarly.into());
		assert_ok!(cancel(ALICE));
		System::assert_last_event(Event::ColdkeySwapCancelled { coldkey: ALICE }.into());
		assert!(!KeySwap::is_guarded(&ALICE));
		assert_ok!(transfer(ALICE, 1));
	});
}

#[test]
fn what_fails_is_not_free() {
	execute(|| {
		let swap = || Call::swap_coldkey {
			coldkey: ALICE,
			new: NEW,
		};
		let cancel = || Call::cancel_coldkey_swap { coldkey: ALICE };
		let dispute = || Call::dispute_coldkey_swap {};
		assert!(![swap(), cancel(), dispute()]
			.into_iter()
			.any(|call| is_free(call, ALICE)));
		announce(ALICE, NEW);
		assert!(is_free(dispute(), ALICE) && !is_free(dispute(), BOB));
		assert!(!is_free(swap(), BOB) && !is_free(cancel(), ALICE));
		pass(DELAY);
		assert!(is_free(swap(), BOB) && is_free(cancel(), ALICE) && !is_free(cancel(), BOB));
		Stopped::set(true);
		assert!(![swap(), cancel(), dispute()]
			.into_iter()
			.any(|call| is_free(call, ALICE)));
		Stopped::set(false);
		let announcing = Call::announce_coldkey_swap { new_hash: hash(NEW) };
		assert!(!is_free(announcing, ALICE));
	});
}
