//! Giving up bonds.

use super::*;
use frame_support::{assert_noop, assert_ok};
use ganglion_primitives::Uid;

fn reset(hotkey: u64) -> sp_runtime::DispatchResult {
	Neurons::reset_bonds(signed(hotkey), NETUID)
}

#[test]
fn only_where_the_owner_allows_it_and_only_by_neurons() {
	full(|| {
		assert_noop!(reset(202), E::BondsResetOff);
		TheHyperparameters::mutate(|h| h.bonds_reset_on = true);
		assert_noop!(reset(999), E::NotRegistered);
		assert_noop!(Neurons::reset_bonds(signed(202), NetUid(9)), E::SubnetNotFound);
		assert_ok!(reset(202));
		assert_eq!(Resets::get(), vec![(NETUID, Uid(2))]);
		let (netuid, uid, hotkey) = (NETUID, Uid(2), 202);
		System::assert_last_event(Event::BondsReset { netuid, uid, hotkey }.into());
	});
}

#[test]
fn once_a_tempo() {
	full(|| {
		TheHyperparameters::mutate(|h| {
			h.bonds_reset_on = true;
			h.tempo = 10;
		});
		assert_ok!(reset(202));
		System::set_block_number(10);
		assert_noop!(reset(202), E::BondsResetRateLimited);
		assert_ok!(reset(203));
		System::set_block_number(11);
		assert_ok!(reset(202));
	});
}

/// The free extrinsic is free for exactly those whom the call accepts.
#[test]
fn what_fails_is_not_free() {
	use frame_support::dispatch::CheckIfFeeless;
	full(|| {
		let call = crate::Call::<Test>::reset_bonds { netuid: NETUID };
		assert!(!call.is_feeless(&signed(202)));
		TheHyperparameters::mutate(|h| h.bonds_reset_on = true);
		assert!(call.is_feeless(&signed(202)));
		assert!(!call.is_feeless(&signed(999)));
		// A paused network refuses the call, so it is not free either.
		Paused::set(true);
		let serve = crate::Call::<Test>::serve {
			netuid: NETUID,
			endpoint: endpoint(),
		};
		assert!(!call.is_feeless(&signed(202)) && !serve.is_feeless(&signed(202)));
		Paused::set(false);
		assert!(serve.is_feeless(&signed(202)));
		assert_ok!(reset(202));
		assert!(!call.is_feeless(&signed(202)));
	});
}
