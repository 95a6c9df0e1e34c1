//! Adding and removing stake.

use super::*;
use frame_support::traits::fungible::Mutate;

#[test]
fn staking_moves_tokens_into_the_pool_account() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		let expected = Event::StakeAdded {
			netuid: NET,
			hotkey: HOTKEY,
			coldkey: ALICE,
			amount: 10 * GNG,
		};
		assert_eq!(events(), [expected]);
		assert_eq!(free(ALICE), 990 * GNG);
		assert_eq!(free(Staking::account()), 10 * GNG + ED);
		assert_eq!(staked(ALICE), 10 * GNG);
		assert_eq!(
			pool(),
			Pool {
				generation: 0,
				value: 10 * GNG,
				shares: 10_000 * GNG
			}
		);
	});
}

#[test]
fn stakes_of_one_coldkey_add_up_and_others_are_apart() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		add(ALICE, 5 * GNG);
		add(BOB, 3 * GNG);
		assert_ok!(Staking::add_stake(RuntimeOrigin::signed(ALICE), HOTKEY, OTHER_NET, GNG));
		assert_eq!((staked(ALICE), staked(BOB)), (15 * GNG, 3 * GNG));
		assert_eq!(Staking::staked(&ALICE, OTHER_NET, &HOTKEY), GNG);
		assert_eq!(Staking::stake(NET, &HOTKEY), 18 * GNG);
	});
}

#[test]
fn staking_is_refused_without_subnet_or_owner() {
	ExtBuilder::default().build_and_execute(|| {
		let alice = RuntimeOrigin::signed(ALICE);
		let nowhere = NetUid(7);
		assert_noop!(
			Staking::add_stake(alice.clone(), HOTKEY, nowhere, GNG),
			Error::<Test>::SubnetNotFound
		);
		assert_noop!(
			Staking::add_stake(alice, ALICE, NET, GNG),
			Error::<Test>::HotkeyNotOwned
		);
		assert_noop!(
			Staking::add_stake(RuntimeOrigin::none(), HOTKEY, NET, GNG),
			sp_runtime::DispatchError::BadOrigin
		);
	});
}

#[test]
fn the_minimum_stake_is_exact() {
	ExtBuilder::default().build_and_execute(|| {
		let alice = RuntimeOrigin::signed(ALICE);
		for amount in [0, 1, MIN_STAKE - 1] {
			assert_noop!(
				Staking::add_stake(alice.clone(), HOTKEY, NET, amount),
				Error::<Test>::StakeTooSmall
			);
		}
		add(ALICE, MIN_STAKE);
		assert_eq!(staked(ALICE), MIN_STAKE);
	});
}

#[test]
fn staking_never_kills_the_coldkey() {
	ExtBuilder::default().build_and_execute(|| {
		let everything = free(ALICE);
		for amount in [everything, everything - ED + 1, everything + 1] {
			assert!(Staking::add_stake(RuntimeOrigin::signed(ALICE), HOTKEY, NET, amount).is_err());
		}
		add(ALICE, everything - ED);
		assert_eq!(free(ALICE), ED);
	});
}

#[test]
fn a_stake_worth_less_than_one_share_is_refused() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, MIN_STAKE);
		// One real share beside the virtual ones, and a value that makes it worth more than the minimum stake.
		let (value, position) = (
			2_000 * MIN_STAKE,
			crate::Position {
				generation: 0,
				shares: 1,
			},
		);
		let pool = Pool {
			generation: 0,
			value,
			shares: 1,
		};
		Staking::put_pool(NET, &HOTKEY, Some(pool));
		Staking::put_shares(&ALICE, pool_id(), Some(position));
		Staking::hold(value - MIN_STAKE).unwrap();
		assert_ok!(<Balances as Mutate<AccountId>>::mint_into(
			&Staking::account(),
			value - MIN_STAKE
		));
		assert_noop!(
			Staking::add_stake(RuntimeOrigin::signed(BOB), HOTKEY, NET, MIN_STAKE),
			Error::<Test>::StakeTooSmall
		);
	});
}

#[test]
fn a_pool_with_exhausted_shares_takes_no_more_stake() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 900 * GNG);
		// Each slash to one nano makes shares about 1e11 times cheaper; the third does not fit 128 bits any more.
		for epoch in 1..=2 {
			Epoch::set(epoch);
			Staking::slash(NET, &HOTKEY, pool().value - 1, None);
			add(BOB, 100 * GNG);
		}
		Epoch::set(3);
		Staking::slash(NET, &HOTKEY, pool().value - 1, None);
		assert_noop!(
			Staking::add_stake(RuntimeOrigin::signed(BOB), HOTKEY, NET, 100 * GNG),
			Error::<Test>::PoolDiluted
		);
		// Those who are in can leave all the same.
		remove(ALICE, Balance::MAX);
	});
}

#[test]
fn removing_names_the_value_and_what_is_left() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		events();
		remove(ALICE, 4 * GNG);
		let expected = Event::StakeRemoved {
			netuid: NET,
			hotkey: HOTKEY,
			coldkey: ALICE,
			amount: 4 * GNG,
			release_epoch: UNBONDING + 1,
		};
		assert_eq!(events(), [expected]);
		assert_eq!(staked(ALICE), 6 * GNG);
		assert_eq!(Staking::unbonding(&ALICE, NET, &HOTKEY, UNBONDING + 1), 4 * GNG);
		assert_eq!(free(ALICE), 990 * GNG);
	});
}

#[test]
fn removing_is_refused_beyond_the_position() {
	ExtBuilder::default().build_and_execute(|| {
		let remove = |who, amount| Staking::remove_stake(RuntimeOrigin::signed(who), HOTKEY, NET, amount);
		assert_noop!(remove(ALICE, Balance::MAX), Error::<Test>::InsufficientStake);
		add(ALICE, 10 * GNG);
		assert_noop!(remove(ALICE, 0), Error::<Test>::StakeTooSmall);
		assert_noop!(remove(ALICE, 10 * GNG + 1), Error::<Test>::InsufficientStake);
		assert_noop!(remove(ALICE, Balance::MAX - 1), Error::<Test>::InsufficientStake);
		assert_noop!(remove(BOB, 1), Error::<Test>::InsufficientStake);
		assert_noop!(remove(BOB, Balance::MAX), Error::<Test>::InsufficientStake);
	});
}

#[test]
fn what_remains_is_nothing_or_the_minimum() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		let remove_alice = |amount| Staking::remove_stake(RuntimeOrigin::signed(ALICE), HOTKEY, NET, amount);
		for rest in [1, MIN_STAKE - 1] {
			assert_noop!(remove_alice(10 * GNG - rest), Error::<Test>::RemainderTooSmall);
		}
		remove(ALICE, 10 * GNG - MIN_STAKE);
		assert_eq!(staked(ALICE), MIN_STAKE);
		// The exact value is everything.
		remove(ALICE, MIN_STAKE);
		assert!(crate::Shares::<Test>::iter().next().is_none());
		assert!(Pools::<Test>::iter().next().is_none());
	});
}

#[test]
fn an_emptied_pool_is_forgotten_and_the_next_is_of_a_new_generation() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		remove(ALICE, Balance::MAX);
		assert_eq!(Pools::<Test>::get(NET, HOTKEY), None);
		add(BOB, GNG);
		// Generation 1 is the unbonding pool's.
		assert_eq!(
			pool(),
			Pool {
				generation: 2,
				value: GNG,
				shares: 1_000 * GNG
			}
		);
	});
}

#[test]
fn dust_of_the_last_share_is_burned() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, MIN_STAKE);
		Staking::reward_dividends(NET, &HOTKEY, 100 * GNG);
		let (before, worth) = (issuance(), staked(ALICE));
		events();
		remove(ALICE, Balance::MAX);
		let dust = before - issuance();
		assert!(dust > 0 && worth > 80 * GNG);
		assert!(events().contains(&Event::DustBurned {
			netuid: NET,
			hotkey: HOTKEY,
			amount: dust
		}));
		assert_eq!(crate::TotalHeld::<Test>::get(), worth);
	});
}
