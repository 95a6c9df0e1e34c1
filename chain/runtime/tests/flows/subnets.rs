//! The life of a subnet beside its epochs: start, names, limits that are told in advance, epochs that come earlier,
//! pruning, and dissolution in blocks that stay within their budget.

use crate::common::{
	calls::{self, ANY_PRICE},
	key,
	network::{create, epoch, next_epoch, player, Network, NET},
	Chain,
};
use frame_support::{
	dispatch::DispatchClass,
	traits::{fungible::InspectHold, Get},
	BoundedVec,
};
use ganglion_primitives::{
	DissolvingSubnet, Hyperparameter, MechanismId, NetUid, OwnerLimit, Position, SubnetState, SubnetSummary, Uid, GNG,
};
use ganglion_runtime::{
	parameters::{MaxSubnets, NetworkImmunity},
	AccountId, Balance, Balances, Emissions, Neurons, Runtime, RuntimeCall, RuntimeEvent, RuntimeOrigin, Subnets,
	System,
};
use ganglion_traits::{NeuronInspect, OwnerEarnings, SubnetInspect};
use pallet_subnets::{Error, Event, HoldReason};

type Budget = <Runtime as pallet_subnets::Config>::DissolveBudget;
type Summary = SubnetSummary<AccountId>;

fn summary(chain: &mut Chain, netuid: NetUid) -> Option<Summary> {
	chain.ask("SubnetsApi_subnet", netuid)
}

fn held(chain: &mut Chain, who: &AccountId) -> Balance {
	chain.read(|| Balances::balance_on_hold(&HoldReason::SubnetLock.into(), who))
}

fn dissolving(chain: &mut Chain) -> Vec<DissolvingSubnet<AccountId>> {
	chain.ask("SubnetsApi_dissolving", ())
}

fn pending(chain: &mut Chain) -> u64 {
	summary(chain, NET).unwrap().pending_emission
}

#[test]
fn why_a_subnet_earns_nothing_is_visible() {
	let mut chain = Chain::development();
	let owner = player("Eve");
	chain.ok(&owner.coldkey, calls::create(&owner.hotkey));
	chain.empty(2);
	assert_eq!(
		(summary(&mut chain, NET).unwrap().state, pending(&mut chain)),
		(SubnetState::Created, 0)
	);
	chain.root(calls::activate(NET));
	chain.empty(2);
	assert_eq!(
		(summary(&mut chain, NET).unwrap().state, pending(&mut chain)),
		(SubnetState::Activated, 0)
	);
	let stranger = chain.fails(&key("Bob"), calls::start(NET));
	assert_eq!(stranger, Error::<Runtime>::NotOwner.into());
	chain.ok(&owner.coldkey, calls::start(NET));
	chain.empty(2);
	assert!(summary(&mut chain, NET).unwrap().active && pending(&mut chain) > 0);
	let again = chain.fails(&owner.coldkey, calls::start(NET));
	assert_eq!(again, Error::<Runtime>::AlreadyStarted.into());
}

#[test]
fn on_the_testnet_an_owner_waits_before_he_starts() {
	let mut chain = Chain::testnet();
	let owner = player("treasurer");
	chain.ok(&owner.coldkey, calls::create(&owner.hotkey));
	let seen = summary(&mut chain, NET).unwrap();
	assert_eq!(seen.start_block, seen.created_at + 600);
	let early = chain.fails(&owner.coldkey, calls::start(NET));
	assert_eq!(early, Error::<Runtime>::TooEarly.into());
}

fn limit(chain: &mut Chain, name: &str) -> u32 {
	let limits: Option<Vec<OwnerLimit>> = chain.ask("SubnetsApi_owner_limits", NET);
	let limits = limits.unwrap();
	let found = limits.iter().find(|one| one.name == name.as_bytes());
	found.unwrap().next_block
}

/// The view tells the first block in which an owner's change is taken, and none before it is: through real epochs.
#[test]
fn the_next_block_of_a_change_is_known() {
	let mut network = Network::new();
	let owner = network.owner.coldkey.clone();
	let chain = &mut network.chain;
	let change = |value| calls::set_hyperparameters(NET, &[Hyperparameter::ImmunityPeriod(value)]);
	let mut refusals = std::collections::BTreeSet::new();
	for round in 0..3 {
		chain.empty(round * 3);
		let told = limit(chain, "immunity_period");
		assert!(told > chain.height());
		while chain.height() + 1 < told {
			let refusal = chain.fails(&owner, change(round));
			refusals.insert(format!("{refusal:?}"));
			assert!(
				refusal == Error::<Runtime>::RateLimited.into() || refusal == Error::<Runtime>::Frozen.into(),
				"{refusal:?}"
			);
		}
		chain.ok(&owner, change(round));
		assert_eq!(chain.height(), told);
	}
	assert_eq!(refusals.len(), 2, "both kinds of refusal were met");
	assert_eq!(
		chain.ask::<Option<Vec<OwnerLimit>>>("SubnetsApi_owner_limits", NetUid(9)),
		None
	);
}

#[test]
fn an_epoch_comes_at_the_block_that_its_trigger_tells() {
	let mut network = Network::new();
	let owner = network.owner.coldkey.clone();
	let chain = &mut network.chain;
	let trigger = || -> RuntimeCall { pallet_subnets::Call::trigger_epoch { netuid: NET }.into() };
	let refused = chain.fails(&owner, trigger());
	assert_eq!(refused, Error::<Runtime>::CommitRevealOn.into());
	chain.root(calls::set_hyperparameters(
		NET,
		&[Hyperparameter::CommitRevealOn(false)],
	));
	next_epoch(chain, NET);
	chain.ok(&owner, trigger());
	let at = chain.height() + 2;
	let told = Event::EpochTriggered { netuid: NET, block: at };
	assert!(chain.events().contains(&RuntimeEvent::Subnets(told)));
	let before = epoch(chain, NET);
	let imminent = chain.fails(&owner, trigger());
	assert_eq!(imminent, Error::<Runtime>::EpochImminent.into());
	assert_eq!((chain.height(), epoch(chain, NET)), (at - 1, before));
	chain.empty(1);
	assert_eq!((chain.height(), epoch(chain, NET)), (at, before + 1));
	let limited = chain.fails(&owner, trigger());
	assert_eq!(limited, Error::<Runtime>::RateLimited.into());
}

#[test]
fn a_shorter_tempo_ends_the_present_epoch() {
	let mut network = Network::new();
	let chain = &mut network.chain;
	let before = epoch(chain, NET);
	chain.root(calls::set_hyperparameters(NET, &[Hyperparameter::Tempo(50)]));
	chain.empty(20);
	assert_eq!(epoch(chain, NET), before);
	chain.root(calls::set_hyperparameters(NET, &[Hyperparameter::Tempo(10)]));
	chain.empty(1);
	assert_eq!(epoch(chain, NET), before + 1);
}

/// As many mechanisms as can be.
const MECHANISMS: u8 = 16;

/// Many slots with a row of weights in every mechanism: what takes most room.
fn large(chain: &mut Chain, slots: u16) {
	let most = Hyperparameter::MaxAllowedUids(slots);
	let cheap = [most, Hyperparameter::RegistrationBumpPermille(1_000)];
	chain.root(calls::set_hyperparameters(NET, &cheap));
	let payer = key("Dave").id;
	let hotkeys: Vec<AccountId> = (4..slots).map(|at| key(&format!("slot {at}")).id).collect();
	chain.write(|| {
		for hotkey in hotkeys {
			let origin = RuntimeOrigin::signed(payer.clone());
			Neurons::register(origin, NET, hotkey, ANY_PRICE).unwrap();
		}
	});
	let neurons = chain.read(|| Neurons::neurons(NET));
	let entries = BoundedVec::truncate_from((0..8).map(|to| (to, 7)).collect());
	chain.write(|| {
		pallet_weights::Mechanisms::<Runtime>::insert(NET, MECHANISMS);
		for mechanism in (0..MECHANISMS).map(MechanismId) {
			for (uid, (_, registered_at)) in (0..slots).zip(&neurons) {
				let row = pallet_weights::Row {
					registered_at: *registered_at,
					updated_at: System::block_number(),
					entries: BoundedVec::clone(&entries),
				};
				pallet_weights::Rows::<Runtime>::insert((NET, mechanism), Uid(uid), row);
			}
		}
	});
	chain.empty(1);
}

#[test]
fn a_large_subnet_goes_in_blocks_that_stay_within_their_budget() {
	let mut network = Network::new();
	let owner = network.owner.coldkey.clone();
	let chain = &mut network.chain;
	large(chain, 1_024);
	next_epoch(chain, NET);
	let (earned, lock) = (chain.read(|| Emissions::earned(NET)), held(chain, &owner.id));
	assert!(0 < earned && earned < lock, "{earned} of {lock}");
	let (free, issued) = (chain.free(&owner), chain.issuance());
	chain.root(calls::dissolve(NET));
	// Gone at once.
	assert_eq!(summary(chain, NET), None);
	assert_eq!(chain.ask::<Vec<Summary>>("SubnetsApi_subnets", ()), []);
	let late = chain.fails(&key("Dave"), calls::register(NET, &key("late")));
	assert_eq!(late, pallet_neurons::Error::<Runtime>::SubnetNotFound.into());
	let waiting = dissolving(chain);
	assert_eq!((waiting[0].lock, waiting[0].refund), (lock, lock - earned));
	assert_eq!(held(chain, &owner.id), lock, "the lock is held until the end");

	let (budget, limit) = chain.read(|| {
		let limits = <<Runtime as frame_system::Config>::BlockWeights as Get<_>>::get();
		let limits: frame_system::limits::BlockWeights = limits;
		(Budget::get(), limits.max_block)
	});
	let mut blocks = 1;
	while chain.read(|| Subnets::is_dissolving(NET)) {
		chain.empty(1);
		blocks += 1;
		let used = chain.read(|| *System::block_weight().get(DispatchClass::Mandatory));
		// Beside it an empty block has the timestamp and what other hooks do.
		let allowed = budget.saturating_add(limit / 100);
		assert!(used.all_lte(allowed), "block {blocks}: {used:?} of {allowed:?}");
		assert!(blocks < 1_000, "it ends");
	}
	println!("1,024 slots with a row in each of {MECHANISMS} mechanisms: {blocks} blocks");
	assert!(blocks > 2, "a large subnet takes several blocks");
	let done = Event::SubnetDissolved {
		netuid: NET,
		owner: owner.id.clone(),
		refunded: lock - earned,
		burned: earned,
	};
	assert!(chain.events().contains(&RuntimeEvent::Subnets(done)));
	assert_eq!((held(chain, &owner.id), chain.free(&owner)), (0, free + lock - earned));
	let gone = issued - chain.issuance();
	assert!(gone >= earned, "the rest was burned, with two fees: {gone}");
	assert_eq!(chain.read(|| Neurons::count(NET)), 0);
	assert_eq!(rows(chain), 0);
}

fn rows(chain: &mut Chain) -> usize {
	chain.read(|| pallet_weights::Rows::<Runtime>::iter_keys().count())
}

#[test]
fn a_new_subnet_reads_nothing_of_a_dissolved_one() {
	let mut network = Network::new();
	let chain = &mut network.chain;
	chain.root(calls::dissolve(NET));
	chain.empty(30);
	assert_eq!(dissolving(chain), []);
	let netuid = create(chain, &player("Dave"));
	assert_eq!(netuid, NetUid(2));
	let seen = summary(chain, netuid).unwrap();
	assert_eq!((seen.neurons, seen.epoch), (1, 0));
}

#[test]
fn stake_in_a_dissolved_subnet_is_its_holders_for_ever() {
	let mut network = Network::new();
	let (bob, dave) = (network.validator.clone(), key("Dave"));
	let chain = &mut network.chain;
	for amount in [40, 2] {
		chain.ok(&dave, calls::add_stake(NET, &bob.hotkey, amount * GNG));
	}
	chain.ok(&dave, calls::remove_stake(NET, &bob.hotkey, 2 * GNG));
	let all = |chain: &mut Chain| -> Vec<Position<AccountId>> { chain.ask("StakingApi_positions", &dave.id) };
	let value = |found: &Position<AccountId>| {
		let unbonding: Balance = found.unbonding.iter().map(|(_, value)| value).sum();
		found.staked + unbonding
	};
	let worth = value(&all(chain)[0]);
	chain.root(calls::dissolve(NET));
	chain.empty(200);
	assert!(!chain.read(|| Subnets::is_dissolving(NET)));
	assert_eq!(value(&all(chain)[0]), worth, "nothing is lost by it");
	let more = chain.fails(&dave, calls::add_stake(NET, &bob.hotkey, GNG));
	assert_eq!(more, pallet_staking::Error::<Runtime>::SubnetNotFound.into());
	let before = chain.free(&dave);
	chain.ok(&dave, calls::remove_stake(NET, &bob.hotkey, Balance::MAX));
	for (release, _) in all(chain)[0].unbonding.clone() {
		chain.ok(&dave, calls::withdraw(NET, &bob.hotkey, release));
	}
	assert_eq!(all(chain), []);
	let got = chain.free(&dave) - before;
	assert!(got <= worth && worth - got < GNG / 10, "all but fees: {got} of {worth}");
}

#[test]
fn a_full_network_makes_room_by_the_least_subnet() {
	let mut chain = Chain::development();
	chain.write(|| MaxSubnets::set(&2));
	let (first, second) = (create(&mut chain, &player("Eve")), create(&mut chain, &player("Bob")));
	let full = chain.fails(&key("Dave"), calls::create(&key("Dave's hotkey")));
	assert_eq!(full, Error::<Runtime>::TooManySubnets.into());
	chain.root(calls::deactivate(second));
	let immunity = chain.read(NetworkImmunity::get);
	chain.empty(immunity);
	chain.ok(&key("Dave"), calls::create(&key("Dave's hotkey")));
	let left: Vec<u16> = chain
		.ask::<Vec<Summary>>("SubnetsApi_subnets", ())
		.iter()
		.map(|one| one.netuid.0)
		.collect();
	assert_eq!(left, [first.0, 3], "the one that earned nothing is gone");
}
