//! Clearing a dissolved subnet in steps.

use super::*;
use crate::{Coldkeys, Endpoints, NeuronCount, RegistrationPrice, Uids, WeightInfo};
use frame_support::traits::Get;
use ganglion_traits::OnSubnetDissolved;
use sp_runtime::Weight;

fn dissolve(netuid: NetUid) {
	Existing::mutate(|all| all.retain(|one| *one != netuid));
	Dissolving::set(vec![netuid]);
}

/// A budget for so many slots, beside what every step costs.
fn budget(slots: u64) -> Weight {
	let books: frame_support::weights::RuntimeDbWeight = <Test as frame_system::Config>::DbWeight::get();
	<() as WeightInfo>::clear_slot() * slots + books.reads_writes(2, 2)
}

#[test]
fn it_ends_after_steps_within_the_budget_and_leaves_nothing() {
	full(|| {
		create(OTHER);
		Neurons::serve(signed(201), NETUID, endpoint()).unwrap();
		dissolve(NETUID);
		let mut steps = 0;
		loop {
			let before = Neurons::count(NETUID);
			let step = Neurons::clear(NETUID, budget(2));
			steps += 1;
			Neurons::do_try_state().unwrap();
			assert!(step.weight.all_lte(budget(2)));
			if step.done {
				break;
			}
			assert_eq!(before - Neurons::count(NETUID), 2);
		}
		assert_eq!(steps, 2);
		Dissolving::set(Vec::new());
		assert!(!NeuronCount::<Test>::contains_key(NETUID) && !RegistrationPrice::<Test>::contains_key(NETUID));
		assert_eq!(Uids::<Test>::iter_prefix(NETUID).count(), 0);
		assert_eq!(Endpoints::<Test>::iter_prefix(NETUID).count(), 0);
		// Others keep what is theirs, and hotkeys stay owned.
		assert_eq!(hotkeys(OTHER), vec![OWNER_HOTKEY]);
		assert_eq!(Coldkeys::<Test>::get(201), Some(ALICE));
	});
}

/// However small the budget is, the work ends.
#[test]
fn one_slot_at_least_goes_in_a_step() {
	full(|| {
		dissolve(NETUID);
		for left in (0..4).rev() {
			assert_eq!(Neurons::clear(NETUID, Weight::zero()).done, left == 0);
			assert_eq!(Neurons::count(NETUID), left);
		}
		assert!(Neurons::clear(NETUID, Weight::zero()).done);
	});
}
