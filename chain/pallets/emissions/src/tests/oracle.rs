//! The oracle notices what it is there for.

use super::*;
use ganglion_primitives::MechanismId;

/// Whether the oracle sees a fault that `break_it` makes.
fn notices(break_it: impl FnOnce()) {
	ExtBuilder::default().build().execute_with(|| {
		create_staffed();
		run_epochs(NET, 2);
		next_block();
		Emissions::do_try_state().unwrap();
		break_it();
		assert!(Emissions::do_try_state().is_err());
	});
}

#[test]
fn every_kind_of_fault() {
	let row = (NET, MechanismId(0), Uid(0));
	notices(|| Accounts::<Test>::mutate(NET, |account| account.settled += 1));
	notices(|| Accounts::<Test>::mutate(NET, |account| account.per_unit -= 1));
	notices(|| Accounts::<Test>::mutate(NET, |account| account.units += 1));
	notices(|| Carried::<Test>::remove(NET));
	notices(|| Counters::<Test>::mutate(|ledger| ledger.remainder += 1));
	notices(|| Counters::<Test>::mutate(|ledger| ledger.cursor += 5));
	notices(|| BurnedForEver::<Test>::put(SUPPLY_CAP));
	notices(|| Queue::<Test>::insert(900, NET, ()));
	notices(|| Queue::<Test>::remove(Clocks::<Test>::get(NET).unwrap().due, NET));
	notices(|| Averages::<Test>::remove(NET));
	notices(|| Resets::<Test>::insert(NET, Column::truncate_from(vec![2, 1])));
	notices(|| Results::<Test>::mutate(NET, |result| result.as_mut().unwrap().money.left += 1));
	notices(|| drop(TheWorld::mutate(|world| world.subnets.remove(&NET))));
	notices(|| {
		MechanismResults::<Test>::mutate(NET, MechanismId(0), |result| {
			result.as_mut().unwrap().miners[2] += GNG as u64
		})
	});
	notices(|| {
		let result = MechanismResults::<Test>::get(NET, MechanismId(0)).unwrap();
		MechanismResults::<Test>::insert(NET, MechanismId(1), result);
	});
	notices(|| TotalPending::<Test>::mutate(|total| *total -= 1));
	notices(|| pallet_balances::TotalIssuance::<Test>::put(SUPPLY_CAP));
	notices(|| Permits::<Test>::mutate(NET, |permits| permits.as_mut().reverse()));
	notices(|| Permits::<Test>::remove(NET));
	notices(|| Bonds::<Test>::mutate(row, |row| row.as_mut().unwrap().registered_at += 1));
	notices(|| Bonds::<Test>::insert((NET, MechanismId(1), Uid(0)), Bonds::<Test>::get(row).unwrap()));
	notices(|| Results::<Test>::mutate(NET, |result| result.as_mut().unwrap().emission.truncate(1)));
	notices(|| Clocks::<Test>::remove(NET));
}
