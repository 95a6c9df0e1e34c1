//! Reads for runtime APIs, genesis, and the oracle itself.

use super::*;
use crate::{Credits, Position, Shares, TotalHeld};

#[test]
fn positions_list_what_a_coldkey_holds() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		remove(ALICE, GNG);
		Epoch::set(1);
		remove(ALICE, 2 * GNG);
		assert_ok!(Staking::add_stake(
			RuntimeOrigin::signed(ALICE),
			POOR_HOTKEY,
			OTHER_NET,
			GNG
		));
		assert_ok!(Staking::remove_stake(
			RuntimeOrigin::signed(ALICE),
			POOR_HOTKEY,
			OTHER_NET,
			Balance::MAX
		));
		add(BOB, GNG);
		let positions = Staking::positions(&ALICE);
		let lines: Vec<_> = positions
			.into_iter()
			.map(|p| (p.netuid, p.hotkey, p.staked, p.unbonding))
			.collect();
		let expected = [
			(
				NET,
				HOTKEY,
				7 * GNG,
				vec![(UNBONDING + 1, GNG), (UNBONDING + 2, 2 * GNG)],
			),
			(OTHER_NET, POOR_HOTKEY, 0, vec![(UNBONDING + 2, GNG)]),
		];
		assert_eq!(lines, expected);
		assert!(Staking::positions(&OPERATOR).is_empty());
	});
}

#[test]
fn pools_list_the_values_of_a_subnet() {
	ExtBuilder::default().build_and_execute(|| {
		add(ALICE, 10 * GNG);
		assert_ok!(Staking::add_stake(RuntimeOrigin::signed(ALICE), HOTKEY, OTHER_NET, GNG));
		assert_eq!(Staking::pools(NET), [(HOTKEY, 10 * GNG)]);
	});
}

#[test]
fn own_stake_is_the_operators_part() {
	ExtBuilder::default().build_and_execute(|| {
		add(OPERATOR, 2 * GNG);
		add(ALICE, 10 * GNG);
		assert_eq!(Staking::own_stake(NET, &HOTKEY), 2 * GNG);
		assert_eq!(Staking::stake(NET, &HOTKEY), 12 * GNG);
		assert_eq!(Staking::own_stake(NET, &ALICE), 0);
	});
}

#[test]
fn genesis_opens_the_account() {
	ExtBuilder::default().build_and_execute(|| {
		assert_eq!(free(Staking::account()), ED);
		assert!(System::providers(&Staking::account()) >= 2);
	});
}

/// Whether the oracle sees a fault that `break_it` makes.
fn notices(break_it: impl FnOnce()) {
	ExtBuilder::default().build().execute_with(|| {
		add(ALICE, 10 * GNG);
		remove(ALICE, GNG);
		assert_ok!(Staking::do_try_state());
		break_it();
		assert!(Staking::do_try_state().is_err());
	});
}

#[test]
fn the_oracle_notices_every_kind_of_fault() {
	notices(|| TotalHeld::<Test>::mutate(|held| *held += 1));
	notices(|| Pools::<Test>::mutate(NET, HOTKEY, |pool| pool.as_mut().unwrap().value -= 1));
	notices(|| Pools::<Test>::mutate(NET, HOTKEY, |pool| pool.as_mut().unwrap().shares += 1));
	notices(|| {
		Shares::<Test>::insert(
			BOB,
			pool_id(),
			Position {
				generation: 0,
				shares: 1,
			},
		)
	});
	notices(|| Pools::<Test>::insert(OTHER_NET, HOTKEY, Pool::new(9)));
	notices(|| Credits::<Test>::insert(BOB, ED));
	notices(|| crate::Takes::<Test>::insert(HOTKEY, u16::MAX));
	notices(|| {
		crate::UnbondingPools::<Test>::mutate(pool_id(), UNBONDING + 1, |pool| pool.as_mut().unwrap().shares -= 1)
	});
	notices(|| crate::Homes::<Test>::mutate(pool_id(), |home| home.as_mut().unwrap().references += 1));
	notices(|| crate::PoolIds::<Test>::insert(OTHER_NET, HOTKEY, 77));
	notices(|| crate::PoolIds::<Test>::remove(NET, HOTKEY));
	notices(|| crate::TotalStakes::<Test>::insert(HOTKEY, 1));
	notices(|| crate::TotalStakes::<Test>::insert(BOB, 1));
	notices(|| crate::Locks::<Test>::insert(BOB, pool_id(), crate::Locked { vote: 1, bond: 0 }));
	notices(|| {
		let loss = crate::NominatorLoss {
			epoch: 0,
			base: 1,
			taken: 0,
		};
		crate::NominatorLosses::<Test>::insert(77, loss)
	});
	notices(|| frame_system::Account::<Test>::mutate(Staking::account(), |account| account.data.free -= 1));
}
