//! Registration: payment, ownership, slots.

use super::*;
use crate::{Coldkeys, HotkeyCount, NeuronCount, WeightInfo};
use frame_support::{assert_ok, dispatch::GetDispatchInfo};
use ganglion_primitives::{RecycleOrBurn, Uid, GNG};
use ganglion_traits::HotkeyInspect;
use sp_runtime::{DispatchError, TokenError};

fn with_subnet(test: impl FnOnce()) {
	ExtBuilder.build_and_execute(|| {
		create(NETUID);
		test();
	});
}

#[test]
fn creation_gives_the_owner_slot_0_for_nothing() {
	with_subnet(|| {
		assert_eq!(Neurons::neuron(NETUID, Uid(0)), Some((OWNER_HOTKEY, 1)));
		assert_eq!(Neurons::coldkey(&OWNER_HOTKEY), Some(OWNER));
		assert_eq!(Balances::free_balance(OWNER), START);
		System::assert_has_event(
			Event::HotkeyOwned {
				hotkey: OWNER_HOTKEY,
				coldkey: OWNER,
			}
			.into(),
		);
		let (netuid, uid) = (NETUID, Uid(0));
		System::assert_last_event(
			Event::NeuronRegistered {
				netuid,
				uid,
				hotkey: OWNER_HOTKEY,
				coldkey: OWNER,
				price: 0,
			}
			.into(),
		);
	});
}

#[test]
fn registration_burns_the_price() {
	with_subnet(|| {
		let issuance = Balances::total_issuance();
		assert_ok!(Neurons::register(signed(ALICE), NETUID, 200, GNG));
		assert_eq!(Balances::free_balance(ALICE), START - GNG);
		assert_eq!(Balances::total_issuance(), issuance - GNG);
		assert_eq!(Neurons::neurons(NETUID), vec![(OWNER_HOTKEY, 1), (200, 1)]);
		assert_eq!((Neurons::uid(NETUID, &200), Neurons::count(NETUID)), (Some(Uid(1)), 2));
		System::assert_has_event(
			Event::HotkeyOwned {
				hotkey: 200,
				coldkey: ALICE,
			}
			.into(),
		);
		let event = Event::NeuronRegistered {
			netuid: NETUID,
			uid: Uid(1),
			hotkey: 200,
			coldkey: ALICE,
			price: GNG,
		};
		System::assert_last_event(event.into());
	});
}

#[test]
fn the_price_limit_is_inclusive() {
	with_subnet(|| {
		assert_refused(E::PriceLimitExceeded, || {
			Neurons::register(signed(ALICE), NETUID, 200, GNG - 1)
		});
		assert_ok!(Neurons::register(signed(ALICE), NETUID, 200, GNG));
	});
}

#[test]
fn the_payer_stays_alive() {
	with_subnet(|| {
		let refusal = register(POOR, 200).unwrap_err().error;
		assert_eq!(refusal, DispatchError::Token(TokenError::FundsUnavailable));
		Balances::force_set_balance(RawOrigin::Root.into(), POOR, GNG + ED).unwrap();
		assert_ok!(register(POOR, 201));
		assert_eq!(Balances::free_balance(POOR), ED);
		// What a dispatch would have rolled back.
		Coldkeys::<Test>::remove(200);
		crate::OwnedHotkeys::<Test>::remove(POOR, 200);
		HotkeyCount::<Test>::insert(POOR, 1);
	});
}

#[test]
fn registration_is_refused() {
	with_subnet(|| {
		assert_refused(E::SubnetNotFound, || {
			Neurons::register(signed(ALICE), NetUid(9), 200, GNG)
		});
		assert_refused(E::AlreadyRegistered, || register(OWNER, OWNER_HOTKEY));
		assert_eq!(
			Neurons::register(RawOrigin::Root.into(), NETUID, 200, GNG)
				.unwrap_err()
				.error,
			DispatchError::BadOrigin
		);
		TheHyperparameters::mutate(|h| h.registration_allowed = false);
		assert_refused(E::RegistrationDisabled, || register(ALICE, 200));
	});
}

#[test]
fn a_hotkey_has_one_owner_in_all_subnets() {
	with_subnet(|| {
		create(OTHER);
		assert_ok!(register(ALICE, 200));
		assert_refused(E::NotOwned, || {
			Neurons::register(signed(OWNER), OTHER, 200, Balance::MAX)
		});
		System::reset_events();
		assert_ok!(Neurons::register(signed(ALICE), OTHER, 200, Balance::MAX));
		let owned = |record: &frame_system::EventRecord<RuntimeEvent, _>| {
			matches!(record.event, RuntimeEvent::Neurons(crate::Event::HotkeyOwned { .. }))
		};
		assert!(!System::events().iter().any(owned));
		assert_eq!(HotkeyCount::<Test>::get(ALICE), 1);
	});
}

#[test]
fn no_account_is_hotkey_and_coldkey() {
	with_subnet(|| {
		assert_refused(E::HotkeyIsColdkey, || register(ALICE, ALICE));
		assert_refused(E::HotkeyIsColdkey, || register(ALICE, OWNER));
		Balances::force_set_balance(RawOrigin::Root.into(), OWNER_HOTKEY, START).unwrap();
		assert_refused(E::ColdkeyIsHotkey, || register(OWNER_HOTKEY, 200));
		// Creating a subnet obeys the same rules.
		let create = |owner, hotkey| Neurons::on_subnet_created(OTHER, &owner, &hotkey);
		assert_eq!(create(ALICE, OWNER_HOTKEY), Err(E::NotOwned.into()));
		assert_eq!(create(ALICE, OWNER), Err(E::HotkeyIsColdkey.into()));
		assert_eq!(create(OWNER_HOTKEY, 200), Err(E::ColdkeyIsHotkey.into()));
	});
}

#[test]
fn owning_keeps_the_account_alive_once() {
	with_subnet(|| {
		assert_eq!(System::sufficients(&200), 0);
		assert_ok!(register(ALICE, 200));
		create(OTHER);
		assert_ok!(Neurons::register(signed(ALICE), OTHER, 200, Balance::MAX));
		assert_eq!(System::sufficients(&200), 1);
		assert!(System::account_exists(&200));
		// Money that comes and goes does not reset the nonce.
		System::inc_account_nonce(200);
		Balances::force_set_balance(RawOrigin::Root.into(), 200, GNG).unwrap();
		Balances::force_set_balance(RawOrigin::Root.into(), 200, 0).unwrap();
		assert_eq!(System::account_nonce(200), 1);
	});
}

#[test]
fn weight_is_charged_for_compared_slots_only() {
	with_subnet(|| {
		let weight = |n| Some(<() as WeightInfo>::register(n));
		assert_eq!(register(ALICE, 200).unwrap().actual_weight, weight(0));
		register(ALICE, 201).unwrap();
		register(ALICE, 202).unwrap();
		System::set_block_number(100);
		assert_eq!(register(ALICE, 203).unwrap().actual_weight, weight(4));
		assert_eq!(register(ALICE, 203).unwrap_err().post_info.actual_weight, weight(4));
		let declared = |netuid| {
			let call = crate::Call::<Test>::register {
				netuid,
				hotkey: 204,
				max_price: 0,
			};
			Some(call.get_dispatch_info().call_weight)
		};
		TheHyperparameters::mutate(|h| h.max_allowed_uids = 9);
		assert_eq!((declared(NETUID), declared(NetUid(9))), (weight(9), weight(0)));
	});
}

#[test]
fn reads_of_missing_neurons_answer_nothing() {
	with_subnet(|| {
		assert_eq!(Neurons::neuron(NETUID, Uid(1)), None);
		assert_eq!(Neurons::uid(NETUID, &200), None);
		assert_eq!(Neurons::uid(OTHER, &OWNER_HOTKEY), None);
		assert_eq!(Neurons::coldkey(&200), None);
		assert_eq!(Neurons::count(OTHER), 0);
		assert!(Neurons::neurons(OTHER).is_empty());
		assert_eq!(NeuronCount::<Test>::iter().count(), 1);
	});
}

#[test]
fn fees_are_reported_and_gone_unless_the_subnet_recycles() {
	with_subnet(|| {
		Fees::set(Vec::new());
		Gone::set(0);
		register(ALICE, 200).unwrap();
		assert_eq!((Fees::get(), Gone::get()), (vec![(NETUID, GNG)], GNG));
		TheHyperparameters::mutate(|h| h.recycle_or_burn = RecycleOrBurn::Recycle);
		let price = Neurons::registration_price(NETUID).unwrap();
		register(ALICE, 201).unwrap();
		assert_eq!((Fees::get().last(), Gone::get()), (Some(&(NETUID, price)), GNG));
	});
}

/// The price that a client reads is the price that is paid in that block, to the nano.
#[test]
fn the_quoted_price_is_what_is_paid() {
	with_subnet(|| {
		TheHyperparameters::mutate(|h| h.max_allowed_uids = 64);
		for (block, hotkey) in [(1, 200), (1, 201), (2, 202), (361, 203), (362, 204), (10_000, 205)] {
			System::set_block_number(block);
			let (quoted, before) = (
				Neurons::registration_price(NETUID).unwrap(),
				Balances::free_balance(ALICE),
			);
			assert_ok!(Neurons::register(signed(ALICE), NETUID, hotkey, quoted));
			assert_eq!(before - Balances::free_balance(ALICE), quoted, "block {block}");
		}
	});
}

/// No window, no cap per block and no proof of work: whoever pays the price is in.
#[test]
fn as_many_register_in_a_block_as_pay() {
	with_subnet(|| {
		TheHyperparameters::mutate(|h| h.max_allowed_uids = 64);
		let mut last = 0;
		for hotkey in 200..215 {
			let price = Neurons::registration_price(NETUID).unwrap();
			assert!(price > last, "each one raises the price");
			last = price;
			assert_ok!(register(ALICE, hotkey));
		}
		assert_eq!(Neurons::count(NETUID), 16);
	});
}

/// Nobody can take an account from its holder's hands by naming it: one that signed or holds something.
#[test]
fn a_strangers_coldkey_cannot_be_claimed() {
	with_subnet(|| {
		let give = |to: u64, value| Balances::force_set_balance(RawOrigin::Root.into(), to, value).unwrap();
		give(200, crate::MAX_CLAIMABLE);
		assert_refused(E::HotkeyInUse, || register(ALICE, 200));
		// Dust that somebody sends does not keep a hotkey out.
		give(200, crate::MAX_CLAIMABLE - 1);
		assert_ok!(register(ALICE, 200));
		give(201, ED);
		System::inc_account_nonce(201);
		assert_refused(E::HotkeyInUse, || register(ALICE, 201));
		assert_eq!(
			Neurons::on_subnet_created(OTHER, &ALICE, &201),
			Err(E::HotkeyInUse.into())
		);
		// What is owned may sign and hold: it is registered elsewhere as before.
		System::inc_account_nonce(200);
		give(200, START);
		create(OTHER);
		assert_ok!(Neurons::register(signed(ALICE), OTHER, 200, Balance::MAX));
	});
}

#[test]
fn a_coldkey_owns_so_many_hotkeys() {
	with_subnet(|| {
		HotkeyCount::<Test>::insert(ALICE, crate::MAX_HOTKEYS);
		assert_refused(E::TooManyHotkeys, || register(ALICE, 200));
		HotkeyCount::<Test>::remove(ALICE);
	});
}
