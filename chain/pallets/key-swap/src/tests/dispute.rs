//! Disputed swaps.

use super::*;
use crate::Announcements;
use frame_support::{assert_noop, assert_ok};
use ganglion_traits::ColdkeyGuard;

fn dispute(who: u64) -> sp_runtime::DispatchResult {
	KeySwap::dispute_coldkey_swap(signed(who))
}

/// A swap of Alice's, disputed so many blocks after its announcement.
fn disputed(after: u32, test: impl FnOnce()) {
	execute(|| {
		announce(ALICE, NEW);
		pass(after);
		dispute(ALICE).unwrap();
		test();
	});
}

#[test]
fn only_the_coldkey_disputes_and_once() {
	execute(|| {
		assert_noop!(dispute(ALICE), E::NotAnnounced);
		announce(ALICE, NEW);
		assert_noop!(dispute(BOB), E::NotAnnounced);
		assert_ok!(dispute(ALICE));
		let (coldkey, period) = (ALICE, PERIOD);
		System::assert_last_event(Event::ColdkeySwapDisputed { coldkey, period }.into());
		assert_noop!(dispute(ALICE), E::Disputed);
	});
}

#[test]
fn a_disputed_swap_stands_still() {
	disputed(REANNOUNCE, || {
		pass(PERIOD - 1);
		assert_eq!(
			error(KeySwap::swap_coldkey(signed(BOB), ALICE, NEW)),
			E::Disputed.into()
		);
		assert_noop!(KeySwap::cancel_coldkey_swap(signed(ALICE), ALICE), E::Disputed);
		assert_noop!(
			KeySwap::announce_coldkey_swap(signed(ALICE), hash(77)),
			E::ColdkeyGuarded
		);
		assert!(KeySwap::is_guarded(&ALICE));
	});
}

#[test]
fn root_executes_to_whom_it_decides() {
	disputed(0, || {
		Balances::force_set_balance(root(), 77, ED).unwrap();
		let resolve = |origin, new| KeySwap::resolve_dispute(origin, ALICE, new);
		assert_eq!(error(resolve(signed(ALICE), Some(77))), DispatchError::BadOrigin);
		assert_eq!(error(resolve(root(), Some(HOTKEY))), E::NewColdkeyIsHotkey.into());
		assert_ok!(resolve(root(), Some(77)));
		assert_eq!(Balances::free_balance(77), START - COST + ED);
		assert_eq!(error(resolve(root(), None)), E::NotAnnounced.into());
	});
}

#[test]
fn root_cancels() {
	disputed(0, || {
		assert_ok!(KeySwap::resolve_dispute(root(), ALICE, None));
		assert!(!Announcements::<Test>::contains_key(ALICE));
		assert_eq!(Balances::usable_balance(ALICE), START - COST);
	});
}

/// Root has no power over keys whose holder did not ask for it.
#[test]
fn root_decides_disputes_only() {
	execute(|| {
		announce(ALICE, NEW);
		pass(DELAY);
		for new in [None, Some(NEW)] {
			assert_eq!(
				error(KeySwap::resolve_dispute(root(), ALICE, new)),
				E::NotDisputed.into()
			);
		}
	});
}

#[test]
fn an_undecided_dispute_ends_as_cancelled() {
	disputed(5, || {
		// Paused blocks leave the time that root has.
		pass(PERIOD - 1);
		pass_paused(3);
		assert_noop!(KeySwap::cancel_coldkey_swap(signed(BOB), ALICE), E::Disputed);
		pass(1);
		for new in [None, Some(NEW)] {
			assert_eq!(
				error(KeySwap::resolve_dispute(root(), ALICE, new)),
				E::DisputeLapsed.into()
			);
		}
		pass(DELAY);
		assert_eq!(
			error(KeySwap::swap_coldkey(signed(BOB), ALICE, NEW)),
			E::Disputed.into()
		);
		assert!(is_free(Call::cancel_coldkey_swap { coldkey: ALICE }, BOB));
		assert_ok!(KeySwap::cancel_coldkey_swap(signed(BOB), ALICE));
		assert_eq!(Balances::usable_balance(ALICE), START - COST);
	});
}
