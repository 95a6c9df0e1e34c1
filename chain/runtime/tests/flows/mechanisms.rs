//! A subnet with several mechanisms from weights to pay, why each slot got it, and what happens when mechanisms and
//! subnets go.

use crate::common::{
	calls,
	network::{completed, next_epoch, player, Network, NET},
	Chain,
};
use frame_support::BoundedVec;
use ganglion_primitives::{
	EmissionSummary, EpochReport, Explanation, Hyperparameter, MechanismColumns, MechanismId, Uid,
};
use ganglion_runtime::{AccountId, Emissions, Runtime, RuntimeCall};

/// The network with plain weights and so many mechanisms.
fn with_mechanisms(count: u8, split: &[u16]) -> Network {
	let mut network = Network::new();
	let split = BoundedVec::truncate_from(split.to_vec());
	network.chain.root(calls::set_hyperparameters(
		NET,
		&[
			Hyperparameter::CommitRevealOn(false),
			Hyperparameter::MechanismCount(count),
			Hyperparameter::EmissionSplit(split),
			Hyperparameter::WeightsRateLimit(0),
		],
	));
	network
}

fn set(mechanism: u8, uids: &[u16]) -> RuntimeCall {
	pallet_weights::Call::set {
		netuid: NET,
		mechanism: MechanismId(mechanism),
		uids: uids.to_vec(),
		values: vec![1; uids.len()],
		version_key: 0,
	}
	.into()
}

fn explain(chain: &mut Chain, uid: u16) -> Option<Explanation<AccountId>> {
	chain.ask("EmissionsApi_explain", (NET, Uid(uid)))
}

fn report(chain: &mut Chain) -> EpochReport {
	chain.ask::<Option<EpochReport>>("EmissionsApi_report", NET).unwrap()
}

/// Check that all that is said of the last epoch adds up.
fn adds_up(chain: &mut Chain, slots: u16) {
	let (report, (emission, minted)) = (report(chain), completed(chain, NET).unwrap());
	let gone = report.owner + report.miners + report.validators + report.dropped + report.left;
	assert_eq!((report.accrued + report.carried, gone), (gone, emission as u64));
	assert_eq!(report.owner + report.miners + report.validators, minted as u64);
	let mut paid = 0;
	for uid in 0..slots {
		let explained = explain(chain, uid).unwrap();
		let due: u64 = explained
			.mechanisms
			.iter()
			.map(|one| one.as_miner + one.as_validator)
			.sum();
		let unpaid = explained.unpaid_as_miner + explained.unpaid_as_validator;
		assert_eq!(due - unpaid, explained.emission, "uid {uid}");
		paid += explained.emission;
	}
	assert_eq!(paid, report.miners + report.validators);
}

#[test]
fn two_mechanisms_pay_by_their_parts_and_every_slot_is_explained() {
	let mut network = with_mechanisms(2, &[49_151, 16_384]);
	let (bob, miners) = (network.validator.clone(), network.miners.clone());
	let chain = &mut network.chain;
	chain.ok(&bob.hotkey, set(0, &[2]));
	chain.ok(&bob.hotkey, set(1, &[3]));
	next_epoch(chain, NET);
	next_epoch(chain, NET);
	adds_up(chain, 4);
	let pay = |chain: &mut Chain, uid| explain(chain, uid).unwrap().emission;
	let [first, second] = [pay(chain, 2), pay(chain, 3)];
	assert!(
		first.abs_diff(3 * second) < first / 1_000,
		"three quarters and one: {first} {second}"
	);
	let free = miners.each_ref().map(|miner| chain.free(&miner.coldkey));
	next_epoch(chain, NET);
	let got = [0, 1].map(|i: usize| (chain.free(&miners[i].coldkey) - free[i]) as u64);
	assert_eq!(got, [pay(chain, 2), pay(chain, 3)]);
	let columns: Option<MechanismColumns> = chain.ask("EmissionsApi_mechanism", (NET, MechanismId(1)));
	assert_eq!(columns.unwrap().incentive, [0, 0, 0, 65_535]);
	// A newcomer has nothing to be explained.
	chain.ok(&player("Dave").coldkey, calls::register(NET, &player("Dave").hotkey));
	assert_eq!(explain(chain, 4), None);
}

#[test]
fn a_mechanism_that_goes_leaves_nothing() {
	let mut network = with_mechanisms(3, &[]);
	let bob = network.validator.clone();
	let chain = &mut network.chain;
	(0..3).for_each(|mechanism| chain.ok(&bob.hotkey, set(mechanism, &[2, 3])));
	next_epoch(chain, NET);
	next_epoch(chain, NET);
	let kept = |chain: &mut Chain| {
		chain.read(|| {
			let bonds = pallet_emissions::Bonds::<Runtime>::iter_key_prefix((NET,)).count();
			let results = pallet_emissions::MechanismResults::<Runtime>::iter_key_prefix(NET).count();
			let rows = (0..3).map(|id| pallet_weights::Rows::<Runtime>::iter_prefix((NET, MechanismId(id))).count());
			(bonds, results, rows.sum::<usize>())
		})
	};
	assert_eq!(kept(chain), (3, 3, 3));
	chain.root(calls::set_hyperparameters(NET, &[Hyperparameter::MechanismCount(1)]));
	next_epoch(chain, NET);
	assert_eq!(kept(chain), (1, 1, 1));
	adds_up(chain, 4);
}

#[test]
fn a_dissolved_subnets_emission_is_the_others() {
	let mut network = with_mechanisms(2, &[]);
	let bob = network.validator.clone();
	let chain = &mut network.chain;
	chain.ok(&bob.hotkey, set(1, &[2, 3]));
	next_epoch(chain, NET);
	let other = crate::common::network::create(chain, &player("Bob"));
	chain.root(calls::set_hyperparameters(other, &[Hyperparameter::Tempo(1_000)]));
	let summary = |chain: &mut Chain| chain.ask::<EmissionSummary>("EmissionsApi_summary", ());
	chain.root(calls::dissolve(NET));
	chain.empty(20);
	let after = summary(chain);
	let waits = chain.read(|| Emissions::pending(other));
	assert!(u128::from(after.pending).abs_diff(waits) <= 1, "{after:?} {waits}");
	assert_eq!(chain.ask::<Option<EpochReport>>("EmissionsApi_report", NET), None);
	assert_eq!(chain.ask::<Option<u32>>("EmissionsApi_next_epoch_block", NET), None);
	let left = chain.read(|| {
		let prefix = frame_support::storage::storage_prefix(b"Emissions", b"Bonds");
		sp_io::storage::next_key(&prefix).is_some_and(|key| key.starts_with(&prefix))
	});
	assert!(!left, "no bond is left");
}

#[test]
fn what_a_subnet_may_be_is_bounded_by_its_mechanisms_too() {
	let mut network = with_mechanisms(1, &[]);
	let chain = &mut network.chain;
	let try_set = |chain: &mut Chain, changes: &[Hyperparameter]| {
		chain.write(|| {
			let changes = BoundedVec::truncate_from(changes.to_vec());
			ganglion_runtime::Subnets::set_hyperparameters(ganglion_runtime::RuntimeOrigin::root(), NET, changes)
				.is_ok()
		})
	};
	assert!(try_set(chain, &[Hyperparameter::MechanismCount(2)]));
	let most = [
		Hyperparameter::MechanismCount(16),
		Hyperparameter::MaxAllowedUids(4_096),
		Hyperparameter::MaxAllowedValidators(4_096),
	];
	assert!(!try_set(chain, &most), "an epoch of it would not fit into a block");
	assert!(!try_set(chain, &[Hyperparameter::MechanismCount(0)]));
	assert!(!try_set(chain, &[Hyperparameter::MechanismCount(17)]));
}

#[test]
fn registration_fees_are_never_emitted_again_where_the_subnet_burns_them() {
	let mut network = with_mechanisms(1, &[]);
	let chain = &mut network.chain;
	let burned = |chain: &mut Chain| chain.read(pallet_emissions::BurnedForEver::<Runtime>::get);
	let price: u64 = chain.ask::<Option<u64>>("SubnetsApi_registration_price", NET).unwrap();
	let before = burned(chain);
	chain.ok(&player("Dave").coldkey, calls::register(NET, &player("Dave").hotkey));
	assert!(burned(chain) > before && burned(chain) - before <= u128::from(price));
	let fees = chain.read(|| pallet_emissions::Fees::<Runtime>::get(NET));
	assert!(fees > 0);
	let recycle = Hyperparameter::RecycleOrBurn(ganglion_primitives::RecycleOrBurn::Recycle);
	chain.root(calls::set_hyperparameters(NET, &[recycle]));
	let before = burned(chain);
	chain.ok(&player("Alice").coldkey, calls::register(NET, &player("Alice").hotkey));
	assert_eq!(burned(chain), before, "what is recycled is emitted again");
}
