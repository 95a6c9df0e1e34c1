//! Random sequences of everything that can happen, with all invariants and conservation checked after each step.

use super::*;
use crate::TotalHeld;
use proptest::prelude::*;
use sp_runtime::DispatchError;

#[derive(Clone, Debug)]
enum Step {
	Add(AccountId, Balance),
	Remove(AccountId, Balance),
	Withdraw(AccountId, EpochIndex),
	Take(u16),
	Dividends(Balance),
	Pay(AccountId, Balance),
	Slash(Balance),
	NextEpoch,
}

fn step() -> impl Strategy<Value = Step> {
	let who = || prop_oneof![Just(OPERATOR), Just(ALICE), Just(BOB)];
	let amount = || prop_oneof![1..10_000u128, MIN_STAKE..100 * GNG, Just(Balance::MAX)];
	let back = 0..=2 * UNBONDING;
	prop_oneof![
		3 => (who(), amount()).prop_map(|(who, amount)| Step::Add(who, amount)),
		3 => (who(), amount()).prop_map(|(who, amount)| Step::Remove(who, amount)),
		3 => (who(), back).prop_map(|(who, back)| Step::Withdraw(who, back)),
		1 => (0..12_000u16).prop_map(Step::Take),
		2 => (0..50 * GNG).prop_map(Step::Dividends),
		1 => (prop_oneof![who(), Just(POOR)], 0..2 * ED).prop_map(|(who, amount)| Step::Pay(who, amount)),
		1 => amount().prop_map(Step::Slash),
		2 => Just(Step::NextEpoch),
	]
}

/// Do a step; returns what it minted and what it burned by a slash. Calls may fail: then they must change nothing.
fn run(step: Step) -> (Balance, Balance) {
	let signed = RuntimeOrigin::signed;
	let outcome = match step {
		Step::Add(who, amount) => Staking::add_stake(signed(who), HOTKEY, NET, amount),
		Step::Remove(who, amount) => Staking::remove_stake(signed(who), HOTKEY, NET, amount),
		Step::Withdraw(who, back) => {
			let epoch = (Epoch::get() + UNBONDING + 1).saturating_sub(back);
			Staking::withdraw_unbonded(signed(who), HOTKEY, NET, epoch)
		}
		Step::Take(take) => Staking::set_take(signed(OPERATOR), HOTKEY, take),
		Step::Dividends(amount) => return (Staking::reward_dividends(NET, &HOTKEY, amount), 0),
		Step::Pay(who, amount) => return (Staking::reward_coldkey(&who, amount), 0),
		Step::Slash(amount) => return (0, Staking::slash(NET, &HOTKEY, amount, None).burned),
		Step::NextEpoch => {
			Epoch::mutate(|epoch| *epoch += 1);
			Ok(())
		}
	};
	// Only faults of the caller occur, never one of the pallet's arithmetic.
	if let Err(error) = outcome {
		assert!(
			!matches!(error, DispatchError::Arithmetic(_) | DispatchError::Corruption),
			"{error:?}"
		);
	}
	(0, 0)
}

/// Dust that was burned since the last call.
fn dust() -> Balance {
	let amount = |event| match event {
		Event::DustBurned { amount, .. } => amount,
		_ => 0,
	};
	events().into_iter().map(amount).sum()
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 128, ..Default::default() })]

	#[test]
	fn any_sequence_conserves(steps in prop::collection::vec(step(), 1..60)) {
		ExtBuilder::default().build_and_execute(|| {
			for step in steps {
				let before = issuance();
				let (minted, burned) = run(step);
				assert_eq!(issuance() + burned + dust(), before + minted);
				assert_sound();
			}
		});
	}

	/// Whatever the order, three stakers get out at most what they and dividends put in, and at least that less dust.
	#[test]
	fn everybody_can_leave(steps in prop::collection::vec(step(), 1..40)) {
		ExtBuilder::default().build_and_execute(|| {
			for step in steps {
				run(step);
			}
			for who in [OPERATOR, ALICE, BOB] {
				let _ = Staking::remove_stake(RuntimeOrigin::signed(who), HOTKEY, NET, Balance::MAX);
			}
			Epoch::mutate(|epoch| *epoch += UNBONDING + 1);
			for release in 0..=Epoch::get() {
				for who in [OPERATOR, ALICE, BOB] {
					let _ = Staking::withdraw_unbonded(RuntimeOrigin::signed(who), HOTKEY, NET, release);
				}
			}
			let credits: Balance = crate::Credits::<Test>::iter_values().sum();
			assert_eq!(TotalHeld::<Test>::get(), credits);
			assert_eq!(crate::Shares::<Test>::iter().count() + crate::Unbondings::<Test>::iter().count(), 0);
		});
	}
}
