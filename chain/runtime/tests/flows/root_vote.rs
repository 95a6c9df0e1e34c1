//! The root vote on the whole runtime: emission follows each tally from the next block on, to the nano, and whatever
//! happens to voters, subnets and the network in between.

use crate::common::{
	calls, key,
	network::{create, join, player, Player},
	Chain, CANNOT_PAY,
};
use ganglion_primitives::{Hyperparameter, NetUid, GNG};
use ganglion_runtime::{
	parameters::{RootFeeShare, RootTempo, RootVoteRateLimit, RootVoters},
	AccountId, Balance, Emissions, Governance, Neurons, RuntimeCall, RuntimeEvent, RuntimeOrigin,
};
use ganglion_traits::EmissionControl;
use pallet_collective::{Instance2, RawOrigin};

const FIRST: NetUid = NetUid(1);
const SECOND: NetUid = NetUid(2);

fn vote(weights: &[(NetUid, u16)]) -> RuntimeCall {
	let weights = weights.to_vec();
	pallet_root_vote::Call::vote { weights }.into()
}

fn retract() -> RuntimeCall {
	pallet_root_vote::Call::retract {}.into()
}

/// Subnets 1 of Eve and 2 of Dave with long epochs. Bob has 60 GNG staked in the first and Charlie 40 GNG in the second.
struct Network {
	chain: Chain,
	bob: Player,
	charlie: Player,
}

impl Network {
	fn new() -> Self {
		let mut chain = Chain::development();
		let (bob, charlie) = (player("Bob"), player("Charlie"));
		for (owner, netuid) in [("Eve", FIRST), ("Dave", SECOND)] {
			assert_eq!(create(&mut chain, &player(owner)), netuid);
			chain.root(calls::set_hyperparameters(netuid, &[Hyperparameter::Tempo(1_000)]));
		}
		join(&mut chain, FIRST, &bob, 60 * GNG);
		join(&mut chain, SECOND, &charlie, 40 * GNG);
		let mut network = Self { chain, bob, charlie };
		// The fees of these registrations are given in the period that begins now; behind it they are no more.
		network.tally();
		network.tally();
		network
	}

	/// Make blocks until one tallies; the head is that block. Returns how many that took.
	fn tally(&mut self) -> u32 {
		let is_tally =
			|event: &RuntimeEvent| matches!(event, RuntimeEvent::RootVote(pallet_root_vote::Event::Tallied { .. }));
		for blocks in 1..200 {
			self.chain.empty(1);
			if self.chain.events().iter().any(is_tally) {
				return blocks;
			}
		}
		panic!("no tally in 200 blocks");
	}

	fn accrued(&mut self) -> [Balance; 2] {
		self.chain.read(|| [FIRST, SECOND].map(Emissions::accrued))
	}

	/// What each subnet gets of the next block, nano.
	fn block(&mut self) -> [Balance; 2] {
		let before = self.accrued();
		self.chain.empty(1);
		let after = self.accrued();
		[after[0] - before[0], after[1] - before[1]]
	}

	fn reward(&mut self) -> Balance {
		self.chain.read(<Emissions as EmissionControl>::block_emission)
	}

	fn shares(&mut self) -> Vec<(NetUid, u64, u64)> {
		self.chain.ask("RootVoteApi_shares", ())
	}

	fn voters(&mut self) -> Vec<AccountId> {
		type Ballots = Vec<(AccountId, Balance, Vec<(NetUid, u16)>, u32)>;
		let ballots: Ballots = self.chain.ask("RootVoteApi_ballots", ());
		ballots.into_iter().map(|(hotkey, ..)| hotkey).collect()
	}

	/// Whether the next block is split in equal parts.
	fn assert_equal(&mut self) {
		let [first, second] = self.block();
		assert!(first > 0 && first.abs_diff(second) <= 1, "{first} {second}");
	}

	/// All guardians pause the network.
	fn pause(&mut self, blocks: u32) {
		let all = RuntimeOrigin::from(RawOrigin::<AccountId, Instance2>::Members(5, 5));
		assert_eq!(self.chain.write(|| Governance::pause(all, blocks)), Ok(()));
	}

	/// What the period that begins with a tally emits.
	fn period(&mut self) -> Balance {
		self.reward() * Balance::from(self.chain.read(RootTempo::get))
	}
}

#[test]
fn emission_follows_the_tally_from_the_next_block_on() {
	let mut network = Network::new();
	let (bob, reward) = (network.bob.hotkey.clone(), network.reward());
	network.chain.ok(&bob, vote(&[(FIRST, 3), (SECOND, 1)]));
	network.assert_equal();
	network.tally();
	let (before, period) = (network.accrued(), network.period());
	let [first, second] = network.block();
	assert!((reward * 3 / 4).abs_diff(first) <= 1 && (reward / 4).abs_diff(second) <= 1);
	let parts = network.shares();
	assert_eq!(network.tally(), network.chain.read(RootTempo::get) - 1);
	let after = network.accrued();
	for ((netuid, voted, fees), index) in parts.into_iter().zip(0..) {
		assert_eq!((usize::from(netuid.0), fees), (index + 1, 0));
		assert!(
			Balance::from(voted).abs_diff(after[index] - before[index]) <= 2,
			"{netuid:?}"
		);
	}
	assert!(period.abs_diff(after.iter().sum::<Balance>() - before.iter().sum::<Balance>()) <= 2);
}

#[test]
fn only_a_majority_of_all_stake_moves_emission() {
	let mut network = Network::new();
	let (bob, charlie) = (network.bob.hotkey.clone(), network.charlie.clone());
	network.chain.ok(&charlie.hotkey, vote(&[(SECOND, 1)]));
	network.tally();
	network.assert_equal();
	network.chain.ok(&bob, vote(&[(FIRST, 1)]));
	network.tally();
	assert_eq!(network.block()[1], 0, "40 of 100 against 60");
	let more = calls::add_stake(SECOND, &charlie.hotkey, 40 * GNG);
	network.chain.ok(&charlie.coldkey, more);
	assert_eq!(network.block()[1], 0, "stake counts from the next tally on");
	network.tally();
	assert_eq!(network.block()[0], 0, "80 of 140");
}

#[test]
fn whoever_unbonds_votes_no_more_and_counts_as_silent() {
	let mut network = Network::new();
	let (bob, charlie) = (network.bob.clone(), network.charlie.hotkey.clone());
	network.chain.ok(&bob.hotkey, vote(&[(FIRST, 1)]));
	network.chain.ok(&charlie, vote(&[(SECOND, 1)]));
	network.tally();
	assert_eq!(network.block()[1], 0);
	let all = calls::remove_stake(FIRST, &bob.hotkey, Balance::MAX);
	network.chain.ok(&bob.coldkey, all);
	network.tally();
	network.assert_equal();
	assert_eq!(network.voters(), [charlie.id]);
}

#[test]
fn burned_fees_give_their_subnet_what_was_burned_and_no_more() {
	let mut network = Network::new();
	let price: Balance = network.chain.read(|| Neurons::registration_price(SECOND).unwrap());
	join(&mut network.chain, SECOND, &player("Ferdie"), 0);
	network.tally();
	let before = network.accrued();
	let parts = network.shares();
	let fees = Balance::from(parts[1].2);
	assert_eq!(parts[0].2, 0);
	assert!(fees > 0 && fees <= price, "{fees} of {price}");
	network.tally();
	let after = network.accrued();
	let [first, second] = [after[0] - before[0], after[1] - before[1]];
	assert!((first + fees).abs_diff(second) <= 4, "{first} {second} {fees}");
	network.assert_equal();
}

#[test]
fn burned_fees_decide_a_fifth_of_emission_at_most() {
	let mut network = Network::new();
	let bob = network.bob.hotkey.clone();
	network.chain.ok(&bob, vote(&[(FIRST, 1)]));
	for name in ["Ferdie", "Alice", "Eve"] {
		join(&mut network.chain, SECOND, &player(name), 0);
	}
	let period = network.period();
	network.tally();
	let most = period * Balance::from(network.chain.read(RootFeeShare::get)) / 65_535;
	let parts = network.shares();
	assert_eq!(Balance::from(parts[1].2), most, "more was burned");
	assert_eq!((Balance::from(parts[0].1), parts[1].1), (period - most, 0));
	let [first, second] = network.block();
	assert!(first.abs_diff(4 * second) <= 8, "{first} {second}");
}

#[test]
fn a_pause_puts_off_the_tally_and_the_vote() {
	let mut network = Network::new();
	let bob = network.bob.hotkey.clone();
	network.chain.ok(&bob, vote(&[(FIRST, 1)]));
	network.tally();
	network.block();
	network.pause(40);
	let before = network.accrued();
	network.chain.empty(30);
	assert_eq!(network.accrued(), before);
	for call in [vote(&[(SECOND, 1)]), retract()] {
		assert_eq!(network.chain.refused(&bob, call), CANNOT_PAY);
	}
	assert_eq!(network.voters(), std::slice::from_ref(&bob.id));
	let (tempo, next): (u32, (u32, u32)) = (
		network.chain.read(RootTempo::get),
		network.chain.ask("RootVoteApi_next_tally", ()),
	);
	let blocks = 32 + network.tally();
	assert!((tempo + 38..=tempo + 42).contains(&blocks), "{blocks}");
	assert!(next.0 >= tempo && next.1 == tempo);
	network.chain.ok(&bob, vote(&[(SECOND, 1)]));
	network.tally();
	assert_eq!(network.block()[0], 0);
}

#[test]
fn a_dissolved_subnet_leaves_ballots_and_emission_goes_to_the_others() {
	let mut network = Network::new();
	let (bob, charlie) = (network.bob.hotkey.clone(), network.charlie.hotkey.clone());
	network.chain.ok(&bob, vote(&[(FIRST, 1), (SECOND, 3)]));
	network.chain.ok(&charlie, vote(&[(SECOND, 1)]));
	network.tally();
	assert!(network.block()[1] > 0);
	network.chain.root(calls::dissolve(SECOND));
	network.chain.empty(5);
	assert_eq!(network.voters(), std::slice::from_ref(&bob.id));
	let [first, second] = network.block();
	let reward = network.reward();
	assert!(first.abs_diff(reward) <= 1 && second == 0, "{first} of {reward}");
	assert!(network.shares().iter().all(|(netuid, ..)| *netuid == FIRST));
	assert_eq!(network.chain.refused(&charlie, vote(&[(SECOND, 1)])), CANNOT_PAY);
}

#[test]
fn a_ballot_follows_an_exchanged_hotkey() {
	let mut network = Network::new();
	let (bob, new) = (network.bob.clone(), key("new hotkey of Bob"));
	network.chain.ok(&bob.hotkey, vote(&[(FIRST, 1)]));
	let (old, to) = (bob.hotkey.id.clone(), new.id.clone());
	let netuid = None;
	let swap = pallet_key_swap::Call::swap_hotkey { old, new: to, netuid };
	network.chain.ok(&bob.coldkey, swap.into());
	assert_eq!(network.voters(), std::slice::from_ref(&new.id));
	network.tally();
	assert_eq!(network.block()[1], 0);
	assert_eq!(network.chain.refused(&bob.hotkey, vote(&[(SECOND, 1)])), CANNOT_PAY);
	network.chain.ok(&new, vote(&[(SECOND, 1)]));
}

#[test]
fn a_hotkey_without_a_token_votes_and_withdraws_as_often_as_the_limit_allows() {
	let mut network = Network::new();
	let (bob, limit) = (network.bob.hotkey.clone(), network.chain.read(RootVoteRateLimit::get));
	assert_eq!(network.chain.free(&bob), 0);
	for _ in 0..2 {
		network.chain.ok(&bob, vote(&[(FIRST, 1)]));
		assert_eq!(network.chain.refused(&bob, vote(&[(SECOND, 1)])), CANNOT_PAY);
		assert_eq!(network.chain.refused(&bob, retract()), CANNOT_PAY, "too young");
		network.chain.empty(limit);
		network.chain.ok(&bob, retract());
		assert_eq!(network.chain.refused(&bob, retract()), CANNOT_PAY, "none");
	}
	assert_eq!(network.chain.refused(&key("nobody"), vote(&[(FIRST, 1)])), CANNOT_PAY);
}

#[test]
fn when_all_places_are_taken_more_stake_takes_the_lowest() {
	let mut network = Network::new();
	let (bob, charlie) = (network.bob.hotkey.clone(), network.charlie.clone());
	network.chain.write(|| RootVoters::set(&1));
	network.chain.ok(&bob, vote(&[(FIRST, 1)]));
	assert_eq!(network.chain.refused(&charlie.hotkey, vote(&[(SECOND, 1)])), CANNOT_PAY);
	let more = calls::add_stake(SECOND, &charlie.hotkey, 21 * GNG);
	network.chain.ok(&charlie.coldkey, more);
	network.chain.ok(&charlie.hotkey, vote(&[(SECOND, 1)]));
	assert_eq!(network.voters(), [charlie.hotkey.id]);
	network.tally();
	assert_eq!(network.block()[0], 0, "61 of 121");
}
