//! What somebody who plays with rounding, tiny deposits, donations and the time of rewards can gain: nothing. The
//! attacker has two coldkeys; the others are a nominator and an operator who do nothing.

use super::*;
use crate::types::VIRTUAL_SHARES;
use proptest::prelude::*;

const ATTACKER: [AccountId; 2] = [ALICE, BOB];
const RELEASE: EpochIndex = UNBONDING + 1;

#[derive(Clone, Debug)]
enum Trick {
	Add(usize, Balance),
	Remove(usize, Balance),
	Transfer(usize, Balance),
	Withdraw(usize),
	Donate(Balance),
}

fn trick() -> impl Strategy<Value = Trick> {
	let amount = || {
		prop_oneof![
			MIN_STAKE..MIN_STAKE + 1_000,
			MIN_STAKE..50 * GNG,
			1..2_000u128,
			Just(Balance::MAX)
		]
	};
	prop_oneof![
		4 => (0..2usize, amount()).prop_map(|(who, amount)| Trick::Add(who, amount)),
		4 => (0..2usize, amount()).prop_map(|(who, amount)| Trick::Remove(who, amount)),
		2 => (0..2usize, amount()).prop_map(|(who, amount)| Trick::Transfer(who, amount)),
		1 => (0..2usize).prop_map(Trick::Withdraw),
		1 => (1..50 * GNG).prop_map(Trick::Donate),
	]
}

fn play(trick: Trick) {
	let signed = |who: usize| RuntimeOrigin::signed(ATTACKER[who]);
	let _ = frame_support::storage::with_storage_layer(|| match trick {
		Trick::Add(who, amount) => Staking::add_stake(signed(who), HOTKEY, NET, amount),
		Trick::Remove(who, amount) => Staking::remove_stake(signed(who), HOTKEY, NET, amount),
		Trick::Transfer(who, amount) => Staking::transfer_stake(signed(who), HOTKEY, NET, ATTACKER[1 - who], amount),
		Trick::Withdraw(who) => Staking::withdraw_unbonded(signed(who), HOTKEY, NET, RELEASE),
		// The pallet's account is an address like any other.
		Trick::Donate(amount) => Balances::transfer_keep_alive(signed(0), Staking::account(), amount),
	});
}

/// All that a coldkey has, at today's value.
fn wealth(who: AccountId) -> Balance {
	let positions = Staking::positions(&who);
	let unbonding =
		|one: &ganglion_primitives::Position<_>| one.unbonding.iter().map(|(_, value)| value).sum::<Balance>();
	free(who) + positions.iter().map(|one| one.staked + unbonding(one)).sum::<Balance>()
}

fn attackers() -> Balance {
	ATTACKER.map(wealth).iter().sum()
}

/// Out of the pool and back.
fn cash(who: AccountId) {
	let _ = Staking::remove_stake(RuntimeOrigin::signed(who), HOTKEY, NET, Balance::MAX);
	Epoch::set(RELEASE);
	let _ = Staking::withdraw_unbonded(RuntimeOrigin::signed(who), HOTKEY, NET, RELEASE);
	Epoch::set(0);
}

/// Not `build_and_execute`: donations are not held by the pallet, and only its own oracle allows for them.
fn test(body: impl FnOnce()) {
	ExtBuilder::default().build().execute_with(|| {
		body();
		Staking::do_try_state().unwrap();
	});
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 256, ..Default::default() })]

	/// Without rewards no sequence of calls and donations makes the attacker richer or anybody else poorer.
	#[test]
	fn rounding_is_no_income(
		victim in prop_oneof![Just(0), MIN_STAKE..2 * MIN_STAKE, MIN_STAKE..100 * GNG],
		rewarded in prop_oneof![0..1_000u128, 0..1_000 * GNG],
		tricks in prop::collection::vec(trick(), 1..60),
	) {
		test(|| {
			if victim > 0 {
				add(OPERATOR, victim);
				Staking::reward_dividends(NET, &HOTKEY, rewarded); // a share is worth thousands of nano, or a part of one
			}
			let (before, others) = (attackers(), wealth(OPERATOR));
			for trick in tricks {
				play(trick);
				assert!(attackers() <= before, "richer by {}", attackers() - before);
				assert!(wealth(OPERATOR) + 1 >= others, "the other lost {}", others - wealth(OPERATOR));
			}
			ATTACKER.into_iter().for_each(cash);
			assert!(attackers() <= before);
		});
	}

	/// Who is first in a pool and lets it be rewarded takes nothing from who comes next.
	#[test]
	fn the_first_depositor_inflates_nothing(
		first in MIN_STAKE..2 * MIN_STAKE,
		rewarded in 0..100 * GNG,
		next in MIN_STAKE..100 * GNG,
	) {
		test(|| {
			Owners::mutate(|owners| owners.remove(&HOTKEY)); // no take: all of it inflates the pool
			Owners::mutate(|owners| owners.insert(HOTKEY, POOR));
			assert_ok!(Staking::set_take(RuntimeOrigin::signed(POOR), HOTKEY, 0));
			add(ALICE, first);
			Staking::reward_dividends(NET, &HOTKEY, rewarded);
			let before = wealth(ALICE);
			let signed = RuntimeOrigin::signed(OPERATOR);
			let joined = frame_support::storage::with_storage_layer(|| Staking::add_stake(signed, HOTKEY, NET, next));
			if joined.is_ok() {
				// A share is worth this at most: the pool's virtual shares are a thousand for each nano at first.
				let share = pool().value / pool().shares + 2;
				assert!(staked(OPERATOR) + share >= next, "lost {} of {next}", next - staked(OPERATOR));
				assert!(wealth(ALICE) <= before + share);
			}
		});
	}

	/// Stake that comes just before a reward and goes just after gets no more than its part of it, and the others get theirs.
	#[test]
	fn a_sandwiched_reward_pays_everybody_his_part(
		mine in MIN_STAKE..500 * GNG,
		theirs in MIN_STAKE..500 * GNG,
		reward in 1..100 * GNG,
	) {
		test(|| {
			assert_ok!(Staking::set_take(RuntimeOrigin::signed(OPERATOR), HOTKEY, 0));
			add(OPERATOR, theirs);
			let before = (wealth(ALICE), wealth(OPERATOR));
			add(ALICE, mine);
			let minted = Staking::reward_dividends(NET, &HOTKEY, reward);
			// What the virtual shares get of it belongs to nobody.
			let nobody = minted * VIRTUAL_SHARES / pool().shares;
			cash(ALICE);
			let (gained, others) = (wealth(ALICE).saturating_sub(before.0), wealth(OPERATOR) - before.1);
			assert!(gained <= minted * mine / (mine + theirs), "{gained}");
			assert!(others + nobody + 2 >= minted * theirs / (mine + theirs), "{others}");
		});
	}
}
