//! Dissolution in bounded steps, exact refunds, and pruning.

use super::*;
use ganglion_primitives::{subnet::Name, SubnetIdentity};
use proptest::prelude::*;

/// Begin a block; returns what its hook took.
fn block(number: u32) -> u64 {
	System::set_block_number(number);
	Subnets::on_initialize(number).ref_time()
}

#[test]
fn a_dissolved_subnet_is_gone_at_once() {
	with_subnet(|| {
		assert_ok!(Subnets::start(signed(ALICE), NETUID));
		assert_ok!(Subnets::activate(root(), NETUID));
		let name = Name::try_from(b"text".to_vec()).unwrap();
		assert_ok!(Subnets::set_name(
			signed(ALICE),
			NETUID,
			name.clone(),
			Default::default()
		));
		let said = Box::new(SubnetIdentity::default());
		assert_ok!(Subnets::set_identity(signed(ALICE), NETUID, Some(said)));
		assert_noop!(Subnets::dissolve(signed(ALICE), NETUID), DispatchError::BadOrigin);
		assert_noop!(Subnets::dissolve(root(), NetUid(9)), E::SubnetNotFound);
		assert_ok!(Subnets::dissolve(root(), NETUID));
		assert!(!Subnets::exists(NETUID) && Subnets::is_dissolving(NETUID));
		assert!(Subnets::netuids().is_empty() && Subnets::active_netuids().is_empty());
		assert_eq!(Subnets::hyperparameters(NETUID), None);
		assert_eq!(
			(Subnets::identity(NETUID), Subnets::by_name(name.to_vec())),
			(None, None)
		);
		assert_eq!(crate::LastDone::<Test>::iter().count(), 0);
		assert_eq!(Told::get().last(), Some(&(NETUID, "earning", false)));
		assert_noop!(Subnets::start(signed(ALICE), NETUID), E::SubnetNotFound);
		assert_noop!(Subnets::activate(root(), NETUID), E::SubnetNotFound);
		assert_noop!(set(signed(ALICE), &[H::ImmunityPeriod(7)]), E::SubnetNotFound);
		assert_noop!(Subnets::trigger_epoch(root(), NETUID), E::SubnetNotFound);
		assert_noop!(Subnets::set_identity(root(), NETUID, None), E::SubnetNotFound);
		assert_noop!(Subnets::dissolve(root(), NETUID), E::SubnetNotFound);
		// The name is free again at once.
		assert_ok!(create(BOB));
		assert_ok!(Subnets::set_name(signed(BOB), NetUid(2), name, Default::default()));
	});
}

#[test]
fn a_large_subnet_spreads_over_blocks_each_within_its_budget() {
	with_subnet(|| {
		Items::set([(NETUID, 1_000)].into());
		assert_ok!(Subnets::dissolve(root(), NETUID));
		let (mut number, mut blocks) = (1, 0);
		while Subnets::is_dissolving(NETUID) {
			number += 1;
			blocks += 1;
			assert!(block(number) <= BUDGET, "block {number}");
			assert_eq!(held(ALICE), if Subnets::is_dissolving(NETUID) { MIN_LOCK } else { 0 });
			Subnets::do_try_state().unwrap();
		}
		// Nine items fit beside the hook's own work.
		assert_eq!((blocks, Items::get()[&NETUID]), (1_000_u32.div_ceil(9), 0));
		let idle = block(number + 1);
		assert!(idle < ITEM, "nothing is left to do: {idle}");
	});
}

#[test]
fn the_longest_waiting_goes_first_and_four_wait_at_most() {
	ExtBuilder::default().build_and_execute(|| {
		MaxSubnets::set(5);
		for netuid in 1..=5 {
			assert_ok!(create(if netuid < 4 { ALICE } else { BOB }));
		}
		Items::set((1..=5).map(|netuid| (NetUid(netuid), 20)).collect());
		for netuid in [4, 2, 1, 5] {
			assert_ok!(Subnets::dissolve(root(), NetUid(netuid)));
			System::set_block_number(System::block_number() + 1);
		}
		assert_noop!(Subnets::dissolve(root(), NetUid(3)), E::TooManyDissolving);
		let waiting: Vec<u16> = Subnets::dissolving().iter().map(|one| one.netuid.0).collect();
		assert_eq!(waiting, [4, 2, 1, 5]);
		for number in 10..13 {
			block(number);
		}
		assert!(!Subnets::is_dissolving(NetUid(4)));
		assert_ok!(Subnets::dissolve(root(), NetUid(3)));
		for number in 20..40 {
			block(number);
		}
		assert_eq!(Subnets::dissolving(), vec![]);
		assert_eq!((held(ALICE), held(BOB)), (0, 0));
	});
}

#[test]
fn the_refund_is_the_lock_less_what_the_owner_earned() {
	for earned in [0, 1, MIN_LOCK - 1, MIN_LOCK, MIN_LOCK + 1, Balance::MAX] {
		with_subnet(|| {
			let (issued, free) = (Balances::total_issuance(), Balances::free_balance(ALICE));
			Earned::set([(NETUID, earned)].into());
			assert_ok!(Subnets::dissolve(root(), NETUID));
			// What is earned afterwards is nobody's any more.
			Earned::set(Default::default());
			block(2);
			let burned = earned.min(MIN_LOCK);
			let refunded = MIN_LOCK - burned;
			System::assert_last_event(
				Event::SubnetDissolved {
					netuid: NETUID,
					owner: ALICE,
					refunded,
					burned,
				}
				.into(),
			);
			assert_eq!(Balances::free_balance(ALICE), free + refunded);
			assert_eq!((held(ALICE), Balances::total_issuance()), (0, issued - burned));
		});
	}
}

#[test]
fn netuids_are_never_given_out_again() {
	with_subnet(|| {
		assert_ok!(Subnets::dissolve(root(), NETUID));
		block(2);
		assert_ok!(create(ALICE));
		assert_eq!(Subnets::netuids(), vec![NetUid(2)]);
	});
}

#[test]
fn a_full_network_prunes_the_least_that_is_not_immune() {
	ExtBuilder::default().build_and_execute(|| {
		for number in 1..=4 {
			System::set_block_number(number);
			assert_ok!(create(ALICE));
		}
		Values::set(
			[(1, 3), (2, 2), (3, 2), (4, 1)]
				.map(|(netuid, value)| (NetUid(netuid), value))
				.into(),
		);
		System::set_block_number(1_000);
		assert_noop!(create(BOB), E::TooManySubnets);
		// 4, of least value, is immune for one block more; of 2 and 3 the older one goes.
		System::set_block_number(1_003);
		assert_ok!(create(BOB));
		assert_eq!(Subnets::netuids(), [1, 3, 4, 5].map(NetUid));
		assert!(Subnets::is_dissolving(NetUid(2)));
		System::set_block_number(1_004);
		assert_ok!(create(BOB));
		assert_eq!(Subnets::netuids(), [1, 3, 5, 6].map(NetUid));
		assert_ok!(create(BOB));
		assert_ok!(create(BOB));
		assert_eq!(Subnets::dissolving().len(), 4);
		System::set_block_number(5_000);
		assert_noop!(create(BOB), E::TooManyDissolving);
	});
}

#[test]
fn creation_charges_the_search_only_where_it_searched() {
	ExtBuilder::default().build_and_execute(|| {
		NetworkImmunity::set(0);
		let charged = || {
			let done = Subnets::create(signed(ALICE), HOTKEY, Balance::MAX).unwrap();
			done.actual_weight.unwrap()
		};
		let weight = <() as crate::WeightInfo>::create;
		for _ in 0..4 {
			assert_eq!(charged(), weight(0));
		}
		assert_eq!(charged(), weight(4));
	});
}

proptest! {
	#![proptest_config(ProptestConfig::with_cases(64))]

	/// Whatever dissolves in whatever order: no token appears, and every owner has his locks less his earnings.
	#[test]
	fn dissolution_conserves(earned in prop::collection::vec(0..3 * MIN_LOCK, 4), items in prop::collection::vec(0u64..40, 4)) {
		ExtBuilder::default().build_and_execute(|| {
			let issued = Balances::total_issuance();
			let mut refunds = 0;
			for (netuid, (earned, items)) in (1..).map(NetUid).zip(earned.into_iter().zip(items)) {
				let before = held(ALICE);
				assert_ok!(create(ALICE));
				let lock = held(ALICE) - before;
				refunds += lock - lock.min(earned);
				Earned::mutate(|all| all.insert(netuid, earned));
				Items::mutate(|all| all.insert(netuid, items));
			}
			let free = Balances::free_balance(ALICE);
			for netuid in (1..=4).map(NetUid) {
				assert_ok!(Subnets::dissolve(root(), netuid));
			}
			for number in 2..60 {
				block(number);
				Subnets::do_try_state().unwrap();
			}
			assert_eq!(Balances::free_balance(ALICE), free + refunds);
			assert_eq!(Balances::total_issuance(), issued - (1_000 * GNG - free - refunds));
			assert_eq!(held(ALICE), 0);
		});
	}
}
