//! Start, activation, and epochs that come earlier.

use super::*;
use ganglion_primitives::SubnetState;

fn state() -> SubnetState {
	crate::Subnets::<Test>::get(NETUID).unwrap().state()
}

#[test]
fn emission_needs_owner_and_root_in_any_order() {
	with_subnet(|| {
		assert_eq!(state(), SubnetState::Created);
		assert_ok!(Subnets::start(signed(ALICE), NETUID));
		System::assert_last_event(Event::SubnetStarted { netuid: NETUID }.into());
		assert_eq!(state(), SubnetState::Started);
		assert!(!Subnets::is_active(NETUID) && Told::get().is_empty());
		assert_ok!(Subnets::activate(root(), NETUID));
		System::assert_last_event(Event::SubnetActivated { netuid: NETUID }.into());
		assert_eq!(
			(state(), Subnets::active_netuids()),
			(SubnetState::Active, vec![NETUID])
		);
		assert_ok!(Subnets::deactivate(root(), NETUID));
		System::assert_last_event(Event::SubnetDeactivated { netuid: NETUID }.into());
		assert_eq!((state(), Subnets::active_netuids()), (SubnetState::Started, vec![]));
		assert_eq!(Told::get(), vec![(NETUID, "earning", true), (NETUID, "earning", false)]);
	});
}

#[test]
fn an_activated_subnet_earns_from_its_start_on() {
	with_subnet(|| {
		assert_ok!(Subnets::activate(root(), NETUID));
		assert_eq!((state(), Subnets::is_active(NETUID)), (SubnetState::Activated, false));
		assert!(Told::get().is_empty());
		assert_ok!(Subnets::start(signed(ALICE), NETUID));
		assert_eq!((state(), Subnets::is_active(NETUID)), (SubnetState::Active, true));
		assert_eq!(Told::get(), vec![(NETUID, "earning", true)]);
	});
}

#[test]
fn starting_is_the_owners_once_and_not_too_early() {
	with_subnet(|| {
		StartDelay::set(5);
		assert_noop!(Subnets::start(signed(BOB), NETUID), E::NotOwner);
		assert_noop!(Subnets::start(root(), NETUID), DispatchError::BadOrigin);
		assert_noop!(Subnets::start(signed(ALICE), NetUid(9)), E::SubnetNotFound);
		System::set_block_number(5);
		assert_noop!(Subnets::start(signed(ALICE), NETUID), E::TooEarly);
		assert_eq!(Subnets::start_block(1), 6);
		System::set_block_number(6);
		assert_ok!(Subnets::start(signed(ALICE), NETUID));
		assert_noop!(Subnets::start(signed(ALICE), NETUID), E::AlreadyStarted);
	});
}

#[test]
fn activation_is_roots_alone() {
	with_subnet(|| {
		assert_noop!(Subnets::activate(signed(ALICE), NETUID), DispatchError::BadOrigin);
		assert_noop!(Subnets::activate(root(), NetUid(9)), E::SubnetNotFound);
		assert_noop!(Subnets::deactivate(root(), NETUID), E::NoStateChange);
		assert_ok!(Subnets::activate(root(), NETUID));
		assert_noop!(Subnets::activate(root(), NETUID), E::NoStateChange);
		assert_noop!(Subnets::deactivate(signed(ALICE), NETUID), DispatchError::BadOrigin);
		assert_ok!(Subnets::deactivate(root(), NETUID));
	});
}

#[test]
fn epochs_are_triggered_after_the_freeze_window() {
	with_subnet(|| {
		NextEpoch::set(Some(11));
		assert_noop!(Subnets::trigger_epoch(signed(ALICE), NETUID), E::CommitRevealOn);
		assert_ok!(set(root(), &[H::CommitRevealOn(false)]));
		assert_noop!(Subnets::trigger_epoch(signed(BOB), NETUID), E::NotOwner);
		assert_ok!(Subnets::trigger_epoch(signed(ALICE), NETUID));
		System::assert_last_event(
			Event::EpochTriggered {
				netuid: NETUID,
				block: 3,
			}
			.into(),
		);
		assert_eq!(Triggered::get(), vec![(NETUID, 3)]);
		// It is pending: another would come as late.
		assert_noop!(Subnets::trigger_epoch(root(), NETUID), E::EpochImminent);
		System::set_block_number(3);
		NextEpoch::set(Some(13));
		assert_noop!(Subnets::trigger_epoch(signed(ALICE), NETUID), E::RateLimited);
		assert_ok!(Subnets::trigger_epoch(root(), NETUID));
		System::set_block_number(21);
		NextEpoch::set(Some(23));
		assert_noop!(Subnets::trigger_epoch(signed(ALICE), NETUID), E::EpochImminent);
		NextEpoch::set(Some(24));
		assert_ok!(Subnets::trigger_epoch(signed(ALICE), NETUID));
		assert_eq!(Triggered::get(), vec![(NETUID, 3), (NETUID, 5), (NETUID, 23)]);
	});
}
