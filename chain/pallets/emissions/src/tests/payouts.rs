//! Who is paid what, and what is not minted.

use super::*;

/// Blocks of emission in the second epoch of a subnet with [`TEMPO`].
const EPOCH: Balance = TEMPO as Balance * GNG;

/// Events of the last epoch: (owner, miners, validators, emission, minted).
fn last_payout() -> (Balance, Balance, Balance, Balance, Balance) {
	let mut last = (0, 0, 0, 0, 0);
	for event in events() {
		match event {
			Event::EmissionPaid {
				owner,
				miners,
				validators,
				..
			} => (last.0, last.1, last.2) = (owner, miners, validators),
			Event::EpochCompleted { emission, minted, .. } => (last.3, last.4) = (emission, minted),
			_ => (),
		}
	}
	last
}

#[test]
fn an_epoch_pays_owner_miners_and_validators() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		run_epochs(NET, 1);
		// As if nothing had been before.
		let first = Carried::<Test>::take(NET);
		TotalPending::<Test>::mutate(|total| *total -= first);
		let before = issuance();
		TheWorld::mutate(|world| world.paid.clear());
		events();

		run_epochs(NET, 2);
		let (owner, miners, validators, emission, minted) = last_payout();
		let cut = EPOCH * 11_796 / 65_535;
		assert_eq!((owner, emission), (cut, EPOCH));
		let half = (EPOCH - cut) / 2;
		assert!(
			half - miners < 8 && half - validators < 8,
			"{miners} {validators} of {half}"
		);
		assert_eq!(minted, owner + miners + validators);
		assert_eq!(issuance(), before + minted);
		assert_eq!(paid(OWNER), owner);
		assert_eq!(MINERS.map(|hotkey| paid(coldkey(hotkey))), [miners / 2; 2]);
		assert_eq!(VALIDATORS.map(paid), [validators / 2; 2]);
		assert_eq!(
			Emissions::emission(NET, &[0; 4])
				.iter()
				.map(|paid| *paid as Balance)
				.sum::<Balance>(),
			miners + validators
		);
		// What rounding left waits for the next epoch.
		assert_eq!(Carried::<Test>::get(NET), EPOCH - minted);
	});
}

#[test]
fn the_owner_cut_can_be_off() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		edit(NET, |subnet| subnet.params.owner_cut_on = false);
		run_epochs(NET, 2);
		let (owner, miners, validators, ..) = last_payout();
		assert_eq!((owner, paid(OWNER)), (0, 0));
		assert!(EPOCH / 2 - miners < 8 && EPOCH / 2 - validators < 8);
	});
}

#[test]
fn without_incentive_the_miners_half_is_never_minted() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		edit(NET, |subnet| subnet.rows.clear());
		run_epochs(NET, 1);
		let mut before = issuance();
		for epoch in 2..5 {
			let carried = Carried::<Test>::get(NET);
			events();
			run_epochs(NET, epoch);
			let (owner, miners, validators, emission, minted) = last_payout();
			let shared = emission - owner;
			assert_eq!(miners, 0);
			assert_eq!(emission, EPOCH + carried);
			// By stake to those with a permit, their half only.
			assert!(shared / 2 - validators < 8, "{validators} of {shared}");
			assert_eq!(issuance() - before, minted);
			// The other half is neither minted nor kept.
			assert!(TotalPending::<Test>::get() < 8);
			before = issuance();
		}
		assert_eq!(MINERS.map(|hotkey| paid(coldkey(hotkey))), [0, 0]);
		assert_eq!(paid(1), paid(2));
	});
}

#[test]
fn without_dividends_only_slots_with_a_permit_share_by_stake() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		edit(NET, |subnet| {
			subnet.rows.clear();
			subnet.params.max_allowed_validators = 1;
		});
		run_epochs(NET, 1);
		assert_eq!(permits(NET), [1]);
		let (owner, _, validators, emission, _) = last_payout();
		// Half of the stake has no permit: half of the half waits.
		assert_eq!((paid(1), paid(2)), (0, validators));
		assert!(validators.abs_diff((emission - owner) / 4) < 8);
	});
}

#[test]
fn without_validators_their_half_waits() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		edit(NET, |subnet| {
			subnet.stakes.clear();
			// Stake without the operator's own is none.
			subnet.stakes.insert(3, (1_000 * GNG, 0));
		});
		run_epochs(NET, 1);
		let (owner, miners, validators, emission, minted) = last_payout();
		assert_eq!((miners, validators), (0, 0));
		assert_eq!(minted, owner);
		let shared = emission - owner;
		assert_eq!(Carried::<Test>::get(NET), shared - shared / 2);
	});
}

#[test]
fn without_dividends_miners_get_no_more_than_their_half() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		// Bonds never move from zero.
		edit(NET, |subnet| subnet.params.bonds_moving_average = 1_000_000);
		run_epochs(NET, 1);
		let carried = Carried::<Test>::take(NET);
		TotalPending::<Test>::mutate(|total| *total -= carried);
		events();
		run_epochs(NET, 2);
		let (owner, miners, validators, ..) = last_payout();
		let half = (EPOCH - owner) / 2;
		assert_eq!(Emissions::results(NET).unwrap().dividends.to_vec(), [0; 4]);
		assert!(half - miners < 8, "{miners} of {half}");
		assert_eq!(validators, 0);
		assert!(Carried::<Test>::get(NET) - half < 16);
	});
}

#[test]
fn what_nobody_can_receive_is_carried_and_not_cut_again() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		run_epochs(NET, 2);
		let carried = Carried::<Test>::get(NET);
		TheWorld::mutate(|world| world.unpayable = [1, coldkey(3), OWNER].into());
		run_epochs(NET, 3);
		let cut = EPOCH * 11_796 / 65_535;
		let quarter = (EPOCH - cut + carried) / 4;
		let kept = Carried::<Test>::get(NET);
		assert!(kept.abs_diff(cut + 2 * quarter) < 16, "{kept}");
		assert_eq!(Emissions::emission(NET, &[0; 4])[0], 0);

		TheWorld::mutate(|world| world.unpayable.clear());
		let owned = paid(OWNER);
		events();
		run_epochs(NET, 4);
		let (owner, miners, validators, emission, _) = last_payout();
		assert_eq!((owner, paid(OWNER) - owned, emission), (cut, cut, EPOCH + kept));
		let half = (EPOCH - cut + kept) / 2;
		assert!(half - miners < 16 && half - validators < 16);
	});
}

#[test]
fn more_weight_earns_more() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		edit(NET, |subnet| {
			subnet
				.rows
				.values_mut()
				.for_each(|(entries, _)| *entries = vec![(2, 65_535), (3, 21_845)])
		});
		run_epochs(NET, 2);
		let [good, poor] = MINERS.map(|hotkey| paid(coldkey(hotkey)));
		assert!((3 * poor).abs_diff(good) < 100, "{good} {poor}");
	});
}

#[test]
fn a_neuron_that_mines_and_validates_gets_both() {
	ExtBuilder::default().build_and_execute(|| {
		create_staffed();
		edit(NET, |subnet| {
			subnet.rows.insert(1, (vec![(0, 65_535), (2, 65_535), (3, 65_535)], 1));
			subnet.rows.insert(0, (vec![(0, 65_535), (2, 65_535), (3, 65_535)], 1));
			subnet.owner_hotkey = Some(1);
		});
		run_epochs(NET, 2);
		assert!(paid(1) > 0 && paid(coldkey(1)) > 0);
		let total = paid(1) + paid(coldkey(1));
		assert!(total > Emissions::emission(NET, &[0; 4])[0] as Balance / 2);
	});
}

#[test]
fn no_neurons_no_payment_but_the_owners() {
	ExtBuilder::default().build_and_execute(|| {
		create(NET, TEMPO);
		run_epochs(NET, 1);
		let (owner, miners, validators, emission, minted) = last_payout();
		assert!(owner > 0 && emission > owner);
		assert_eq!((miners, validators, minted), (0, 0, owner));
	});
}
