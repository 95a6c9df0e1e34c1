//! Random changes: stake that counts always adds up to all pools, and what is paid to what was given.

use super::*;
use ganglion_traits::{OnHotkeySwapped, Slash, StakeReward};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
	Children(AccountId, Vec<(AccountId, u16)>),
	Pool(AccountId, Balance),
	Epochs(u32),
	Blocks(u32),
	Take(AccountId, u16),
	Swap(AccountId),
	Drop(AccountId, AccountId),
	Refuse(AccountId, bool),
	Dividends(AccountId, Balance),
	Slash(AccountId, Balance),
}

fn step() -> impl Strategy<Value = Step> {
	let hotkey = || 1..=9u64;
	prop_oneof![
		3 => (hotkey(), prop::collection::vec((hotkey(), any::<u16>().prop_map(|part| part / 2)), 0..4))
			.prop_map(|(hotkey, children)| Step::Children(hotkey, children)),
		2 => (hotkey(), 0..1_000_000 * GNG).prop_map(|(hotkey, value)| Step::Pool(hotkey, value)),
		2 => (1..4u32).prop_map(Step::Epochs),
		2 => (1..400u32).prop_map(Step::Blocks),
		1 => (hotkey(), 0..12_000u16).prop_map(|(hotkey, take)| Step::Take(hotkey, take)),
		1 => hotkey().prop_map(Step::Swap),
		1 => (hotkey(), hotkey()).prop_map(|(child, parent)| Step::Drop(child, parent)),
		1 => (hotkey(), any::<bool>()).prop_map(|(hotkey, refuses)| Step::Refuse(hotkey, refuses)),
		3 => (hotkey(), 0..1_000 * GNG).prop_map(|(hotkey, amount)| Step::Dividends(hotkey, amount)),
		1 => (hotkey(), 0..1_000 * GNG).prop_map(|(hotkey, amount)| Step::Slash(hotkey, amount)),
	]
}

fn paid() -> Balance {
	let world = TheWorld::get();
	world.to_pools.values().chain(world.to_coldkeys.values()).sum()
}

fn take_step(step: Step) {
	match step {
		Step::Children(hotkey, children) => drop(set(hotkey, &children)),
		Step::Pool(hotkey, value) => pool(hotkey, value),
		Step::Epochs(count) => epochs(count),
		Step::Blocks(count) => System::set_block_number(System::block_number() + count),
		Step::Take(hotkey, take) => {
			let origin = RuntimeOrigin::signed(coldkey(hotkey).unwrap());
			let _ = Delegation::set_child_take(origin, NET, hotkey, take);
		}
		Step::Drop(child, parent) => {
			let origin = RuntimeOrigin::signed(coldkey(child).unwrap());
			let _ = Delegation::drop_parent(origin, NET, child, parent);
		}
		Step::Refuse(hotkey, refuses) => {
			let origin = RuntimeOrigin::signed(coldkey(hotkey).unwrap());
			let _ = Delegation::set_refusing(origin, NET, hotkey, refuses);
		}
		// To a key that has been nothing yet, and back.
		Step::Swap(hotkey) => {
			let new = 500 + hotkey;
			assert_ok!(Delegation::ensure_can_swap_hotkey(&hotkey, &new, Some(NET)));
			Delegation::on_hotkey_swapped(&hotkey, &new, Some(NET));
			Delegation::on_hotkey_swapped(&new, &hotkey, Some(NET));
		}
		Step::Dividends(hotkey, amount) => {
			let before = paid();
			let minted = Delegation::reward_dividends(NET, &hotkey, amount);
			assert_eq!(paid() - before, minted);
			assert!(minted <= amount);
			// All of it is paid but roundings, unless nobody's stake voted.
			assert!(minted + 40 >= amount || Delegation::stake(NET, &hotkey) == 0 || !pays(hotkey));
		}
		Step::Slash(hotkey, amount) => {
			let before: Balance = TheWorld::get().slashed.values().sum();
			let outcome = Delegation::slash(NET, &hotkey, amount, None);
			let after: Balance = TheWorld::get().slashed.values().sum();
			assert_eq!(outcome.total(), after - before);
			assert!(outcome.total() <= amount);
		}
	}
}

/// Whether dividends can reach somebody: a hotkey that gave all of its stake away has none that votes.
fn pays(hotkey: AccountId) -> bool {
	Delegation::stake(NET, &hotkey) > 0
}

proptest! {
	#![proptest_config(ProptestConfig { cases: 128, ..Default::default() })]

	#[test]
	fn stake_that_counts_is_all_stake(steps in prop::collection::vec(step(), 1..60)) {
		run(|| {
			for step in steps {
				take_step(step);
				Delegation::do_try_state().unwrap();
				let pools: Balance = TheWorld::get().pools.values().map(|(value, _)| value).sum();
				assert_eq!(counting().into_iter().sum::<Balance>(), pools);
				let all: Vec<AccountId> = (1..=9).collect();
				let one = |hotkey: &AccountId| (Delegation::stake(NET, hotkey), Delegation::own_stake(NET, hotkey));
				assert_eq!(Delegation::stakes(NET, &all), all.iter().map(one).collect::<Vec<_>>());
			}
		});
	}
}
