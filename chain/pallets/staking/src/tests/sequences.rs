//! Random sequences of everything that can happen, with all invariants and conservation checked after each step.

use super::*;
use crate::{Locks, Shares, TotalHeld, Unbondings};
use frame_support::weights::Weight;
use ganglion_traits::{LockReason, OnColdkeySwapped, OnHotkeySwapped, SlashOutcome, StakeLock};
use proptest::prelude::*;
use sp_runtime::{DispatchError, DispatchResult};

/// Coldkeys; the last has no account at first.
const WHO: [AccountId; 4] = [OPERATOR, ALICE, BOB, POOR];
/// Hotkeys, all of them [`OPERATOR`]'s at first.
const HOTKEYS: [AccountId; 3] = [HOTKEY, 101, 102];
const NETS: [NetUid; 2] = [NET, OTHER_NET];

/// A pool.
type Place = (NetUid, AccountId);

#[derive(Clone, Debug)]
enum Step {
	Add(AccountId, Place, Balance),
	Remove(AccountId, Place, Balance),
	Withdraw(AccountId, Place, EpochIndex),
	Transfer(AccountId, Place, AccountId, Balance),
	Move(AccountId, Place, Place, Balance),
	Complete(AccountId, Place, EpochIndex),
	Lock(LockReason, AccountId, Place, Balance),
	Take(AccountId, AccountId, u16),
	Dividends(Place, Balance),
	Pay(AccountId, Balance),
	Stake(AccountId, Place, Balance),
	Slash(Place, Balance, Option<AccountId>),
	SwapHotkey(AccountId, AccountId, Option<NetUid>),
	SwapColdkey(AccountId, AccountId, u32),
	Pause(bool),
	Dissolve,
	NextEpoch,
}

const REASONS: [LockReason; 2] = [LockReason::Vote, LockReason::Bond];

fn who() -> impl Strategy<Value = AccountId> {
	prop::sample::select(WHO.to_vec())
}

fn hotkey() -> impl Strategy<Value = AccountId> {
	prop_oneof![4 => Just(HOTKEY), 1 => prop::sample::select(HOTKEYS.to_vec())]
}

fn place() -> impl Strategy<Value = Place> {
	(prop_oneof![4 => Just(NET), 1 => Just(OTHER_NET)], hotkey())
}

fn amount() -> impl Strategy<Value = Balance> {
	prop_oneof![1..10_000u128, MIN_STAKE..100 * GNG, Just(Balance::MAX)]
}

fn reason() -> impl Strategy<Value = LockReason> {
	prop::sample::select(REASONS.to_vec())
}

/// What anybody can call.
fn call() -> impl Strategy<Value = Step> {
	let back = || 0..=2 * UNBONDING;
	prop_oneof![
		6 => (who(), place(), amount()).prop_map(|(who, place, amount)| Step::Add(who, place, amount)),
		4 => (who(), place(), amount()).prop_map(|(who, place, amount)| Step::Remove(who, place, amount)),
		4 => (who(), place(), back()).prop_map(|(who, place, back)| Step::Withdraw(who, place, back)),
		2 => (who(), place(), who(), amount()).prop_map(|(from, place, to, amount)| Step::Transfer(from, place, to, amount)),
		3 => (who(), place(), place(), amount()).prop_map(|(who, from, to, amount)| Step::Move(who, from, to, amount)),
		2 => (who(), place(), back()).prop_map(|(who, place, back)| Step::Complete(who, place, back)),
		1 => (who(), hotkey(), 0..12_000u16).prop_map(|(who, hotkey, take)| Step::Take(who, hotkey, take)),
	]
}

/// What other pallets do.
fn event() -> impl Strategy<Value = Step> {
	let reporter = || prop::option::of(who());
	let everywhere = || prop::option::of(prop::sample::select(NETS.to_vec()));
	prop_oneof![
		2 => (reason(), who(), place(), prop_oneof![Just(0), amount()])
			.prop_map(|(reason, who, place, amount)| Step::Lock(reason, who, place, amount)),
		3 => (place(), 0..50 * GNG).prop_map(|(place, amount)| Step::Dividends(place, amount)),
		1 => (who(), 0..2 * ED).prop_map(|(who, amount)| Step::Pay(who, amount)),
		2 => (who(), place(), prop_oneof![0..3u128, 0..GNG]).prop_map(|(who, place, amount)| Step::Stake(who, place, amount)),
		3 => (place(), amount(), reporter()).prop_map(|(place, amount, reporter)| Step::Slash(place, amount, reporter)),
		2 => (hotkey(), hotkey(), everywhere()).prop_map(|(old, new, netuid)| Step::SwapHotkey(old, new, netuid)),
		1 => (who(), who(), 0..4u32).prop_map(|(old, new, steps)| Step::SwapColdkey(old, new, steps)),
		1 => any::<bool>().prop_map(Step::Pause),
		4 => Just(Step::NextEpoch),
	]
}

fn step() -> impl Strategy<Value = Step> {
	prop_oneof![30 => call(), 20 => event(), 1 => Just(Step::Dissolve)]
}

/// A release epoch that may have come.
fn release(back: EpochIndex) -> EpochIndex {
	(Epoch::get() + UNBONDING + 1).saturating_sub(back)
}

/// Do a step; returns what it minted and what it burned by a slash.
fn run(step: Step) -> (Balance, Balance) {
	match step {
		Step::Dividends((netuid, hotkey), amount) => (Staking::reward_dividends(netuid, &hotkey, amount), 0),
		Step::Pay(who, amount) => (Staking::reward_coldkey(&who, amount), 0),
		Step::Stake(who, (netuid, hotkey), amount) => (Staking::reward_stake(netuid, &hotkey, &who, amount), 0),
		Step::Slash(place, amount, reporter) => (0, slash(place, amount, reporter)),
		Step::SwapColdkey(old, new, steps) => {
			swap_coldkey(old, new, steps);
			(0, 0)
		}
		other => {
			let outcome = frame_support::storage::with_storage_layer(|| dispatch(other));
			// Only faults of the caller occur, never one of the pallet's arithmetic.
			let own = matches!(outcome, Err(DispatchError::Arithmetic(_) | DispatchError::Corruption));
			assert!(!own, "{outcome:?}");
			(0, 0)
		}
	}
}

/// What can be refused: then it must change nothing.
fn dispatch(step: Step) -> DispatchResult {
	let signed = RuntimeOrigin::signed;
	match step {
		Step::Add(who, (netuid, hotkey), amount) => Staking::add_stake(signed(who), hotkey, netuid, amount),
		Step::Remove(who, (netuid, hotkey), amount) => Staking::remove_stake(signed(who), hotkey, netuid, amount),
		Step::Withdraw(who, (netuid, hotkey), back) => {
			Staking::withdraw_unbonded(signed(who), hotkey, netuid, release(back))
		}
		Step::Transfer(from, (netuid, hotkey), to, amount) => {
			Staking::transfer_stake(signed(from), hotkey, netuid, to, amount)
		}
		Step::Move(who, (netuid, hotkey), (to_netuid, to_hotkey), amount) => {
			Staking::move_stake(signed(who), hotkey, netuid, to_hotkey, to_netuid, amount)
		}
		Step::Complete(who, (netuid, hotkey), back) => {
			Staking::complete_move(signed(BOB), who, hotkey, netuid, release(back))
		}
		Step::Lock(reason, who, (netuid, hotkey), amount) => Staking::set_lock(reason, &who, netuid, &hotkey, amount),
		Step::Take(who, hotkey, take) => Staking::set_take(signed(who), hotkey, take),
		Step::SwapHotkey(old, new, netuid) => {
			Staking::ensure_can_swap_hotkey(&old, &new, netuid)?;
			Staking::on_hotkey_swapped(&old, &new, netuid);
			Ok(())
		}
		Step::Pause(paused) => {
			Paused::set(paused);
			Ok(())
		}
		Step::Dissolve => {
			Subnets::set(vec![NET]);
			Ok(())
		}
		_ => {
			Epoch::mutate(|epoch| *epoch += 1);
			Ok(())
		}
	}
}

/// Returns what left issuance: what is burned, and what the next epoch mints again.
fn slash((netuid, hotkey): Place, amount: Balance, reporter: Option<AccountId>) -> Balance {
	let before = Pooled::get();
	let outcome = Staking::slash(netuid, &hotkey, amount, reporter.as_ref());
	assert!(outcome.total() <= amount && outcome.from_operator <= outcome.total());
	assert_eq!(Pooled::get() - before, outcome.to_pool);
	if Paused::get() {
		assert_eq!(outcome, SlashOutcome::default());
	}
	outcome.burned + outcome.to_pool
}

/// Some steps of a swap of coldkeys, then the rest, with the hotkeys going first.
fn swap_coldkey(old: AccountId, new: AccountId, steps: u32) {
	if old == new {
		return;
	}
	Owners::mutate(|owners| {
		owners
			.values_mut()
			.filter(|owner| **owner == old)
			.for_each(|owner| *owner = new)
	});
	for _ in 0..steps {
		Staking::move_coldkey(&old, &new, Weight::zero());
		assert_sound();
	}
	assert!(Staking::move_coldkey(&old, &new, Weight::MAX).done);
	assert_eq!(Staking::positions(&old), []);
}

/// Dust that was burned since the last call.
fn dust() -> Balance {
	let amount = |event| match event {
		Event::DustBurned { amount, .. } => amount,
		_ => 0,
	};
	events().into_iter().map(amount).sum()
}

fn test(body: impl FnOnce()) {
	ExtBuilder::default().build_and_execute(|| {
		Owners::mutate(|owners| owners.extend(HOTKEYS.map(|hotkey| (hotkey, OPERATOR))));
		SlashToReporter::set(19_660);
		SlashToPool::set(13_107);
		body();
	});
}

/// Everybody takes out everything that can be taken out.
fn leave() {
	Balances::force_set_balance(RuntimeOrigin::root(), POOR, GNG).unwrap();
	for who in WHO {
		for (id, _) in Locks::<Test>::iter_prefix(who).collect::<Vec<_>>() {
			let home = crate::Homes::<Test>::get(id).unwrap();
			// The number of a pool goes with the last record that names it.
			for reason in REASONS {
				assert_ok!(Staking::set_lock(reason, &who, home.netuid, &home.hotkey, 0));
			}
		}
		// What moves may meet its destination's epoch: the next one takes it.
		for (id, _) in Shares::<Test>::iter_prefix(who).collect::<Vec<_>>() {
			let home = crate::Homes::<Test>::get(id).unwrap();
			assert_ok!(Staking::remove_stake(
				RuntimeOrigin::signed(who),
				home.hotkey,
				home.netuid,
				Balance::MAX
			));
		}
	}
	Epoch::mutate(|epoch| *epoch += UNBONDING + 1);
	for (who, id, epoch) in Unbondings::<Test>::iter_keys().collect::<Vec<_>>() {
		let home = crate::Homes::<Test>::get(id).unwrap();
		assert_ok!(Staking::withdraw_unbonded(
			RuntimeOrigin::signed(who),
			home.hotkey,
			home.netuid,
			epoch
		));
	}
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 256, ..Default::default() })]

	#[test]
	fn any_sequence_conserves(cap in prop_oneof![Just(13_107u16), Just(u16::MAX)], steps in prop::collection::vec(step(), 1..80)) {
		test(|| {
			MaxNominatorSlash::set(cap);
			for step in steps {
				let before = issuance();
				let (minted, burned) = run(step);
				assert_eq!(issuance() + burned + dust(), before + minted);
				assert_sound();
			}
		});
	}

	/// Whatever happened, everybody gets out, dissolved subnets and pauses included, and nothing stays behind but credits.
	#[test]
	fn everybody_can_leave(steps in prop::collection::vec(step(), 1..60)) {
		test(|| {
			for step in steps {
				run(step);
			}
			Epoch::mutate(|epoch| *epoch += 1); // a destination of this epoch refuses a plain removal
			leave();
			let credits: Balance = crate::Credits::<Test>::iter_values().sum();
			assert_eq!(TotalHeld::<Test>::get(), credits);
			assert_eq!(Shares::<Test>::iter().count() + Unbondings::<Test>::iter().count(), 0);
			let left = crate::Homes::<Test>::iter().count() + crate::UnbondingPools::<Test>::iter().count();
			assert_eq!(left + crate::PoolIds::<Test>::iter().count() + crate::NominatorLosses::<Test>::iter().count(), 0);
			assert_eq!(crate::TotalStakes::<Test>::iter().count() + Locks::<Test>::iter().count(), 0);
		});
	}
}
