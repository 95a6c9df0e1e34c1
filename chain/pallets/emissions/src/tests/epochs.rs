//! What an epoch decides.

use super::*;
use ganglion_primitives::MechanismId;

#[test]
fn the_first_epoch_gives_permits_by_stake() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		assert!(!Emissions::has_permit(NET, Uid(0), 0));
		run_epochs(NET, 1);
		assert_eq!(permits(NET), [0, 1]);
		assert!(Emissions::has_permit(NET, Uid(1), 0));
		assert!(!Emissions::has_permit(NET, Uid(2), 0));
	});
}

#[test]
fn only_the_top_stakes_get_permits() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		edit(NET, |subnet| {
			subnet.params.max_allowed_validators = 2;
			subnet.stakes.insert(4, (101 * GNG, 5 * GNG));
		});
		run_epochs(NET, 1);
		// Among equal stakes the higher uid stays.
		assert_eq!(permits(NET), [1, 3]);
	});
}

#[test]
fn a_permit_needs_the_operators_own_stake() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		edit(NET, |subnet| {
			subnet.stakes.insert(1, (100 * GNG, GNG - 1));
			subnet.stakes.insert(2, (100 * GNG, GNG));
		});
		run_epochs(NET, 1);
		assert_eq!(permits(NET), [1]);
		// Without own stake the pool's does not count either.
		let result = Emissions::results(NET).unwrap();
		assert_eq!(result.stake_weight.to_vec(), [0, 65_535, 0, 0]);
	});
}

#[test]
fn the_owners_hotkey_gets_no_permit_for_nothing() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		edit(NET, |subnet| subnet.owner_hotkey = Some(3));
		run_epochs(NET, 2);
		assert_eq!(permits(NET), [0, 1]);
		edit(NET, |subnet| {
			subnet.params.max_allowed_validators = 2;
			subnet.stakes.insert(3, (2 * GNG, 2 * GNG));
		});
		run_epochs(NET, 3);
		// With its own stake it is permitted beside the top ones.
		assert_eq!(permits(NET), [0, 1, 2]);
	});
}

#[test]
fn weights_count_from_the_second_epoch_on() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		run_epochs(NET, 1);
		let first = Emissions::results(NET).unwrap();
		assert_eq!(
			(first.incentive.to_vec(), first.dividends.to_vec()),
			(vec![0; 4], vec![0; 4])
		);
		run_epochs(NET, 2);
		let second = Emissions::results(NET).unwrap();
		assert_eq!(second.block, Emissions::last_epoch_block(NET));
		assert_eq!(second.incentive.to_vec(), [0, 0, 32_767, 32_767]);
		assert_eq!(second.dividends.to_vec(), [32_767, 32_767, 0, 0]);
		assert_eq!(second.consensus.to_vec(), [0, 0, 32_767, 32_767]);
		assert_eq!(second.validator_trust.to_vec(), [65_535, 65_535, 0, 0]);
		assert_eq!(second.active.to_vec(), [true; 4]);
	});
}

#[test]
fn bonds_grow_from_epoch_to_epoch() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		run_epochs(NET, 2);
		let bond = || Emissions::bonds(NET, MechanismId(0))[0].1[0].1;
		let first = bond();
		assert_eq!(first, 3_276);
		run_epochs(NET, 3);
		assert_eq!(bond(), 6_225);
		assert_eq!(Emissions::bonds(NET, MechanismId(0)).len(), 2);
		assert!(Emissions::bonds(NET, MechanismId(1)).is_empty());
	});
}

#[test]
fn who_loses_the_permit_loses_the_bonds() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		run_epochs(NET, 3);
		assert!(Bonds::<Test>::contains_key((NET, MechanismId(0), Uid(1))));
		edit(NET, |subnet| assert!(subnet.stakes.remove(&2).is_some()));
		run_epochs(NET, 4);
		assert_eq!(permits(NET), [0]);
		assert!(!Bonds::<Test>::contains_key((NET, MechanismId(0), Uid(1))));
	});
}

#[test]
fn a_validator_that_is_silent_is_inactive() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		edit(NET, |subnet| subnet.params.activity_cutoff_factor_milli = 2_000);
		run_epochs(NET, 2);
		edit(NET, |subnet| subnet.rows.get_mut(&0).unwrap().1 = 20);
		run_epochs(NET, 3);
		let result = Emissions::results(NET).unwrap();
		assert_eq!(result.active.to_vec(), [true, false, false, false]);
		assert_eq!(result.dividends.to_vec(), [65_535, 0, 0, 0]);
	});
}

#[test]
fn an_open_commitment_older_than_a_neuron_hides_it() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		edit(NET, |subnet| {
			subnet.params.commit_reveal_on = true;
			subnet.neurons[3] = (44, 5);
			subnet.rows.values_mut().for_each(|(_, at)| *at = 6);
			subnet.commits = [(1, 4), (2, 4)].into();
		});
		run_epochs(NET, 2);
		let incentive = || Emissions::results(NET).unwrap().incentive.to_vec();
		assert_eq!(incentive(), [0, 0, 65_535, 0]);
		edit(NET, |subnet| subnet.params.commit_reveal_on = false);
		run_epochs(NET, 3);
		assert_eq!(incentive(), [0, 0, 32_767, 32_767]);
	});
}

#[test]
fn hyperparameters_reach_the_consensus() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		edit(NET, |subnet| {
			subnet.stakes.insert(1, (199 * GNG, 10 * GNG));
			subnet.rows.insert(1, (vec![(3, 65_535)], 1));
		});
		run_epochs(NET, 2);
		let consensus = || Emissions::results(NET).unwrap().consensus.to_vec();
		// Validator 0 has two thirds of the stake: its weights are the consensus at one half, not at three quarters.
		assert_eq!(consensus(), [0, 0, 32_767, 32_767]);
		edit(NET, |subnet| subnet.params.kappa = 49_151);
		run_epochs(NET, 3);
		assert_eq!(consensus(), [0, 0, 0, 32_767]);
	});
}

#[test]
fn an_empty_subnet_has_epochs_of_nothing() {
	ExtBuilder::default().build_and_execute(|| {
		create(NET, TEMPO);
		run_epochs(NET, 2);
		let result = Emissions::results(NET).unwrap();
		assert!(result.registered_at.is_empty() && result.emission.is_empty());
		assert!(permits(NET).is_empty());
	});
}

#[test]
fn columns_are_those_of_the_last_epoch() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		assert_eq!(Emissions::columns(NET, &[0, 0]).validator_permit, [0, 0]);
		assert_eq!(Emissions::emission(NET, &[0, 0]), [0, 0]);
		run_epochs(NET, 2);
		let columns = Emissions::columns(NET, &[0; 4]);
		assert_eq!(columns.active, [1, 1, 1, 1]);
		assert_eq!(columns.validator_permit, [1, 1, 0, 0]);
		assert_eq!(columns.stake_weight, [32_767, 32_767, 0, 0]);
		assert_eq!(columns.incentive, [0, 0, 32_767, 32_767]);
		assert_eq!(columns.dividends, [32_767, 32_767, 0, 0]);
		assert_eq!(columns.consensus, [0, 0, 32_767, 32_767]);
		assert_eq!(columns.validator_trust, [65_535, 65_535, 0, 0]);
		assert_eq!(columns.emission, Emissions::emission(NET, &[0; 4]));
		assert!(columns.emission.iter().all(|paid| Balance::from(*paid) > GNG));
	});
}
