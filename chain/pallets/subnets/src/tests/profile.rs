//! Names, identities, and owners that change.

use super::*;
use frame_support::weights::Weight;
use ganglion_primitives::{
	subnet::{LongText, Name, Symbol, Text},
	SubnetIdentity,
};
use ganglion_traits::{OnColdkeySwapped, OnHotkeySwapped};

fn name(origin: RuntimeOrigin, netuid: NetUid, name: &str, symbol: &str) -> sp_runtime::DispatchResult {
	let name = Name::try_from(name.as_bytes().to_vec()).unwrap();
	let symbol = Symbol::try_from(symbol.as_bytes().to_vec()).unwrap();
	Subnets::set_name(origin, netuid, name, symbol)
}

fn text(text: &str) -> Text {
	Text::try_from(text.as_bytes().to_vec()).unwrap()
}

#[test]
fn a_name_belongs_to_one_subnet() {
	with_subnet(|| {
		assert_ok!(create(BOB));
		assert_ok!(name(signed(ALICE), NETUID, "text-7b", "TXT"));
		assert_eq!(Subnets::by_name(b"text-7b".to_vec()), Some(NETUID));
		assert_noop!(name(signed(BOB), NetUid(2), "text-7b", ""), E::NameTaken);
		assert_noop!(name(signed(BOB), NetUid(2), "other", "TXT"), E::NameTaken);
		assert_noop!(name(signed(BOB), NETUID, "other", ""), E::NotOwner);
		assert_noop!(name(signed(ALICE), NETUID, "other", ""), E::RateLimited);
		assert_ok!(name(root(), NETUID, "text-7b", "TEXT"));
		assert_ok!(name(signed(BOB), NetUid(2), "", "TXT"));
		assert_ok!(name(root(), NETUID, "", ""));
		assert_eq!(Subnets::by_name(b"text-7b".to_vec()), None);
		assert_eq!(crate::Names::<Test>::iter().count(), 1);
		assert_ok!(name(root(), NetUid(2), "text-7b", "TEXT"));
		assert_eq!(Subnets::by_name(vec![b'a'; 33]), None);
	});
}

#[test]
fn names_cannot_look_alike() {
	with_subnet(|| {
		for bad in ["ab", "Abc", "1ab", "-ab", "ab-", "a b", "a_b", "caf\u{e9}"] {
			assert_noop!(name(signed(ALICE), NETUID, bad, ""), E::BadName);
		}
		for bad in ["A", "tao", "1AB", "A-B", "GNG", "\u{3c4}"] {
			assert_noop!(name(signed(ALICE), NETUID, "", bad), E::BadName);
		}
		assert_noop!(name(signed(ALICE), NetUid(9), "abc", ""), E::SubnetNotFound);
	});
}

#[test]
fn identities_are_plain_texts() {
	with_subnet(|| {
		let good = SubnetIdentity {
			description: LongText::try_from("Serves\nmodels \u{2713}".as_bytes().to_vec()).unwrap(),
			url: text("https://example.org"),
			contact: text("owner@example.org"),
			..Default::default()
		};
		let set = |origin, said: &SubnetIdentity| Subnets::set_identity(origin, NETUID, Some(Box::new(said.clone())));
		assert_noop!(set(signed(BOB), &good), E::NotOwner);
		assert_ok!(set(signed(ALICE), &good));
		System::assert_last_event(Event::IdentityChanged { netuid: NETUID }.into());
		assert_eq!(Subnets::identity(NETUID), Some(good.clone()));
		let bad = [
			SubnetIdentity {
				url: text("javascript:alert(1)"),
				..good.clone()
			},
			SubnetIdentity {
				logo: text("http://example.org"),
				..good.clone()
			},
			SubnetIdentity {
				contact: text("a\u{1b}[2Jb"),
				..good.clone()
			},
			SubnetIdentity {
				discord: Text::try_from(vec![0xff, 0xfe]).unwrap(),
				..good
			},
		];
		for said in &bad {
			assert_noop!(set(signed(ALICE), said), E::BadText);
		}
		assert_ok!(Subnets::set_identity(root(), NETUID, None));
		assert_eq!(Subnets::identity(NETUID), None);
	});
}

#[test]
fn the_owner_names_another_hotkey_of_his() {
	with_subnet(|| {
		let set = |origin, hotkey| Subnets::set_owner_hotkey(origin, NETUID, hotkey);
		assert_noop!(set(signed(BOB), 12), E::NotOwner);
		assert_noop!(set(signed(ALICE), 21), E::NotOwnersHotkey);
		assert_noop!(set(signed(ALICE), HOTKEY), E::NoStateChange);
		assert_ok!(set(signed(ALICE), 12));
		System::assert_last_event(
			Event::OwnerHotkeyChanged {
				netuid: NETUID,
				hotkey: 12,
			}
			.into(),
		);
		assert_eq!(Subnets::owner_hotkey(NETUID), Some(12));
		assert_noop!(set(signed(ALICE), 13), E::RateLimited);
		System::set_block_number(71);
		NextEpoch::set(Some(73));
		assert_noop!(set(signed(ALICE), 13), E::Frozen);
		NextEpoch::set(Some(74));
		assert_ok!(set(signed(ALICE), 13));
	});
}

#[test]
fn the_owners_hotkey_follows_a_swap() {
	with_subnet(|| {
		assert_ok!(create(ALICE));
		assert_ok!(Subnets::ensure_can_swap_hotkey(&HOTKEY, &12, None));
		Subnets::on_hotkey_swapped(&HOTKEY, &12, Some(NETUID));
		assert_eq!(Subnets::owner_hotkey(NETUID), Some(12));
		assert_eq!(Subnets::owner_hotkey(NetUid(2)), Some(HOTKEY));
		Subnets::on_hotkey_swapped(&HOTKEY, &14, None);
		assert_eq!(Subnets::owner_hotkey(NETUID), Some(12));
		assert_eq!(Subnets::owner_hotkey(NetUid(2)), Some(14));
	});
}

#[test]
fn ownership_and_locks_follow_a_coldkey_in_bounded_steps() {
	with_subnet(|| {
		assert_ok!(create(ALICE));
		assert_ok!(create(ALICE));
		assert_ok!(Subnets::dissolve(root(), NETUID));
		let (locks, budget) = (held(ALICE), Weight::from_parts(1, 0));
		let mut steps = 0;
		while !Subnets::move_coldkey(&ALICE, &BOB, budget).done {
			steps += 1;
			assert_eq!(held(ALICE) + held(BOB), locks);
			Subnets::do_try_state().unwrap();
		}
		assert_eq!((steps, held(ALICE), held(BOB)), (2, 0, locks));
		assert_eq!(Subnets::owner(NetUid(2)), Some(BOB));
		assert_eq!(Subnets::dissolving()[0].owner, BOB);
		System::assert_has_event(
			Event::OwnerChanged {
				netuid: NetUid(3),
				owner: BOB,
			}
			.into(),
		);
		assert!(Subnets::move_coldkey(&ALICE, &BOB, budget).done);
	});
}

#[test]
fn a_lock_that_cannot_move_keeps_its_subnet() {
	with_subnet(|| {
		let nobody = 99;
		assert!(Subnets::move_coldkey(&ALICE, &nobody, Weight::MAX).done);
		assert_eq!((Subnets::owner(NETUID), held(nobody)), (Some(ALICE), 0));
	});
}
