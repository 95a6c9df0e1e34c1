//! A slot's new occupant inherits nothing.

use super::*;
use ganglion_primitives::MechanismId;

/// Two epochs with four neurons, then slot `uid` is taken over in the block of the last epoch.
fn replace_after_two_epochs(uid: usize) -> u32 {
	create_staffed();
	run_epochs(NET, 2);
	let now = System::block_number();
	edit(NET, |subnet| {
		subnet.neurons[uid] = (99, now);
		subnet.rows.remove(&(uid as u16));
	});
	now
}

#[test]
fn neither_results_nor_permit() {
	ExtBuilder::default().build_and_execute(|| {
		let at = replace_after_two_epochs(1);
		assert!(!Emissions::has_permit(NET, Uid(1), at));
		let columns = Emissions::columns(NET, &[0, at, 0, 0]);
		assert_eq!(columns.validator_permit, [1, 0, 0, 0]);
		assert_eq!(columns.validator_trust, [65_535, 0, 0, 0]);
		assert_eq!(columns.active, [1, 0, 1, 1]);
		let emission = Emissions::emission(NET, &[0, at, 0, 0]);
		assert!(emission[0] > 0 && emission[1] == 0 && emission[2] > 0);
	});
}

#[test]
fn no_bonds_of_its_own() {
	ExtBuilder::default().build_and_execute(|| {
		replace_after_two_epochs(1);
		edit(NET, |subnet| {
			assert!(subnet.stakes.insert(99, (100 * GNG, 10 * GNG)).is_none())
		});
		run_epochs(NET, 3);
		assert_eq!(permits(NET), [0, 1]);
		let bonds = Emissions::bonds(NET, MechanismId(0));
		assert_eq!(bonds.iter().map(|(uid, _)| *uid).collect::<Vec<_>>(), [0]);
		assert_eq!(Emissions::results(NET).unwrap().dividends[1], 0);
	});
}

#[test]
fn readers_see_neither_its_predecessors_bonds_nor_those_to_it() {
	let uids = || {
		let bonds = Emissions::bonds(NET, MechanismId(0));
		let to: Vec<Vec<u16>> = bonds
			.iter()
			.map(|(_, row)| row.iter().map(|(uid, _)| *uid).collect())
			.collect();
		(bonds.iter().map(|(uid, _)| *uid).collect::<Vec<_>>(), to)
	};
	for (uid, expected) in [
		(1, (vec![0], vec![vec![2, 3]])),
		(3, (vec![0, 1], vec![vec![2], vec![2]])),
	] {
		ExtBuilder::default().build_and_execute(|| {
			replace_after_two_epochs(uid);
			assert_eq!(uids(), expected, "slot {uid}");
		});
	}
}

#[test]
fn no_bonds_to_it_even_if_it_came_in_the_epochs_block() {
	ExtBuilder::default().build_and_execute(|| {
		let at = replace_after_two_epochs(3);
		// Validators have set weights since, on the newcomer too.
		edit(NET, |subnet| {
			subnet.rows.values_mut().for_each(|(_, updated)| *updated = at + 1)
		});
		run_epochs(NET, 3);
		let bonds = Emissions::bonds(NET, MechanismId(0));
		// The old miner's bonds grew twice, the newcomer's once.
		assert_eq!(bonds[0].1, [(2, 6_225), (3, 3_276)]);
	});
}

#[test]
fn no_weights_from_before_it_came() {
	ExtBuilder::default().build_and_execute(|| {
		replace_after_two_epochs(3);
		run_epochs(NET, 3);
		assert_eq!(Emissions::results(NET).unwrap().incentive.to_vec(), [0, 0, 65_535, 0]);
		assert_eq!(paid(coldkey(99)), 0);
	});
}

#[test]
fn a_lapsed_slot_is_no_fault() {
	ExtBuilder::default().build_and_execute(|| {
		replace_after_two_epochs(1);
		edit(NET, |subnet| subnet.neurons.truncate(1));
		run_epochs(NET, 3);
		assert_eq!(permits(NET), [0]);
		assert_eq!(Emissions::columns(NET, &[0]).active, [1]);
	});
}
