//! Stake that changes its coldkey or its pool.

use super::*;
use ganglion_traits::StakeReward;

const RELEASE: EpochIndex = UNBONDING + 1;

fn transfer(from: AccountId, to: AccountId, amount: Balance) -> frame_support::pallet_prelude::DispatchResult {
	Staking::transfer_stake(RuntimeOrigin::signed(from), HOTKEY, NET, to, amount)
}

fn move_to(
	who: AccountId,
	hotkey: AccountId,
	netuid: NetUid,
	amount: Balance,
) -> frame_support::pallet_prelude::DispatchResult {
	Staking::move_stake(RuntimeOrigin::signed(who), HOTKEY, NET, hotkey, netuid, amount)
}

fn complete(who: AccountId) -> frame_support::pallet_prelude::DispatchResult {
	Staking::complete_move(RuntimeOrigin::signed(BOB), who, HOTKEY, NET, RELEASE)
}

#[test]
fn a_transfer_changes_hands_at_once_and_moves_no_value() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		let before = pool();
		events();
		assert_ok!(transfer(ALICE, BOB, 4 * GNG));
		let expected = Event::StakeTransferred {
			netuid: NET,
			hotkey: HOTKEY,
			from: ALICE,
			to: BOB,
			amount: staked(BOB),
		};
		assert_eq!(events(), [expected]);
		assert_eq!(pool(), before);
		assert!(staked(BOB) <= 4 * GNG && staked(BOB) >= 4 * GNG - 1);
		assert!(staked(ALICE) + staked(BOB) <= 10 * GNG);
		assert_ok!(transfer(ALICE, BOB, Balance::MAX));
		assert_eq!(staked(ALICE), 0);
	});
}

#[test]
fn a_transfer_does_not_run_from_a_slash() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		assert_ok!(transfer(ALICE, BOB, Balance::MAX));
		Staking::slash(NET, &HOTKEY, Balance::MAX, None);
		assert_eq!(staked(BOB), 0);
	});
}

#[test]
fn transfers_that_are_refused() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		assert_noop!(transfer(ALICE, ALICE, GNG), Error::<Test>::SameTarget);
		assert_noop!(transfer(ALICE, HOTKEY, GNG), Error::<Test>::HotkeyCannotStake);
		assert_noop!(transfer(BOB, ALICE, GNG), Error::<Test>::InsufficientStake);
		assert_noop!(transfer(ALICE, BOB, 11 * GNG), Error::<Test>::InsufficientStake);
		assert_noop!(transfer(ALICE, BOB, MIN_STAKE - 1), Error::<Test>::StakeTooSmall);
		assert_noop!(transfer(ALICE, BOB, 10 * GNG - 1), Error::<Test>::RemainderTooSmall);
		Guarded::set(vec![ALICE]);
		assert_noop!(transfer(ALICE, BOB, GNG), Error::<Test>::ColdkeyGuarded);
		Guarded::set(vec![]);
		TransferOn::set(false);
		assert_noop!(transfer(ALICE, BOB, GNG), Error::<Test>::TransferOff);
	});
}

#[test]
fn moved_stake_arrives_when_it_is_released_whoever_asks() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		assert_ok!(move_to(ALICE, POOR_HOTKEY, OTHER_NET, 10 * GNG));
		let view = Staking::positions(&ALICE).remove(0);
		assert_eq!(view.destinations, [Some((OTHER_NET, POOR_HOTKEY))]);
		assert_noop!(complete(ALICE), Error::<Test>::NotReleased);
		Epoch::set(RELEASE);
		let before = free(ALICE);
		assert_ok!(complete(ALICE));
		assert_eq!(Staking::staked(&ALICE, OTHER_NET, &POOR_HOTKEY), 10 * GNG);
		assert_eq!(free(ALICE), before);
		assert_noop!(complete(ALICE), Error::<Test>::NothingUnbonding);
	});
}

#[test]
fn moving_stake_can_be_slashed_till_it_is_released() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		assert_ok!(move_to(ALICE, POOR_HOTKEY, OTHER_NET, Balance::MAX));
		Staking::slash(NET, &HOTKEY, 4 * GNG, None);
		Epoch::set(RELEASE);
		assert_ok!(complete(ALICE));
		assert_eq!(Staking::staked(&ALICE, OTHER_NET, &POOR_HOTKEY), 6 * GNG);
	});
}

#[test]
fn where_the_destination_is_gone_the_tokens_are_free() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		assert_ok!(move_to(ALICE, POOR_HOTKEY, OTHER_NET, Balance::MAX));
		Subnets::set(vec![NET]);
		Epoch::set(RELEASE);
		let before = free(ALICE);
		assert_ok!(complete(ALICE));
		assert_eq!(free(ALICE), before + 10 * GNG);
	});
}

#[test]
fn the_owner_can_take_moving_stake_back_as_free_tokens() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		assert_ok!(move_to(ALICE, POOR_HOTKEY, NET, Balance::MAX));
		Epoch::set(RELEASE);
		let before = free(ALICE);
		withdraw(ALICE, RELEASE);
		assert_eq!(free(ALICE), before + 10 * GNG);
	});
}

#[test]
fn moves_that_are_refused() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		assert_noop!(move_to(ALICE, HOTKEY, NET, GNG), Error::<Test>::SameTarget);
		assert_noop!(move_to(ALICE, 555, NET, GNG), Error::<Test>::HotkeyNotOwned);
		assert_noop!(move_to(ALICE, HOTKEY, NetUid(9), GNG), Error::<Test>::SubnetNotFound);
		assert_noop!(move_to(BOB, HOTKEY, OTHER_NET, GNG), Error::<Test>::InsufficientStake);
		Guarded::set(vec![ALICE]);
		assert_noop!(move_to(ALICE, HOTKEY, OTHER_NET, GNG), Error::<Test>::ColdkeyGuarded);
		Guarded::set(vec![]);
		assert_ok!(move_to(ALICE, HOTKEY, OTHER_NET, GNG));
		assert_noop!(
			move_to(ALICE, POOR_HOTKEY, OTHER_NET, GNG),
			Error::<Test>::OtherDestination
		);
		let other = Staking::remove_stake(RuntimeOrigin::signed(ALICE), HOTKEY, NET, GNG);
		assert_noop!(other, Error::<Test>::OtherDestination);
		Epoch::set(1);
		remove(ALICE, GNG);
		Epoch::set(RELEASE + 1);
		let plain = Staking::complete_move(RuntimeOrigin::signed(BOB), ALICE, HOTKEY, NET, RELEASE + 1);
		assert_noop!(plain, Error::<Test>::NotMoving);
	});
}

#[test]
fn hotkeys_cannot_stake() {
	ExtBuilder::default().build_and_execute(|| {
		let staking = Staking::add_stake(RuntimeOrigin::signed(POOR_HOTKEY), HOTKEY, NET, GNG);
		assert_noop!(staking, Error::<Test>::HotkeyCannotStake);
	});
}

#[test]
fn a_reward_can_be_staked() {
	ExtBuilder::default().build_and_execute(|| {
		let before = issuance();
		assert_eq!(Staking::reward_stake(NET, &HOTKEY, &ALICE, GNG), GNG);
		assert_eq!((staked(ALICE), issuance()), (GNG, before + GNG));
		let small = MIN_STAKE / 2;
		assert_eq!(Staking::reward_stake(NET, &HOTKEY, &ALICE, small), small);
		assert_eq!(staked(ALICE), GNG + small);
	});
}

#[test]
fn a_reward_that_cannot_be_staked_is_free() {
	ExtBuilder::default().build_and_execute(|| {
		let before = free(ALICE);
		assert_eq!(
			Staking::reward_stake(NET, &HOTKEY, &ALICE, MIN_STAKE - 1),
			MIN_STAKE - 1
		);
		assert_eq!(Staking::reward_stake(NetUid(9), &HOTKEY, &ALICE, GNG), GNG);
		assert_eq!(Staking::reward_stake(NET, &555, &ALICE, GNG), GNG);
		assert_eq!(free(ALICE), before + 2 * GNG + MIN_STAKE - 1);
	});
}
