//! Random calls of random keys, good and bad: money is conserved and every invariant holds after each block.
//!
//! `GANGLION_FUZZ_CALLS` sets how many calls there are and `GANGLION_FUZZ_SEED` which; a failure names its seed.

use crate::common::{
	calls::{self, Row},
	key,
	network::{epoch, genesis},
	Chain, Key,
};
use ganglion_primitives::{Hyperparameter, NetUid, Uid, GNG};
use ganglion_runtime::{Balance, Emissions, Neurons, Runtime, RuntimeCall, Staking, Subnets};
use ganglion_traits::{NeuronInspect, Slash, SubnetInspect};
use std::collections::BTreeMap;

/// SplitMix64: enough to choose calls, and the same everywhere.
struct Dice(u64);

impl Dice {
	fn roll(&mut self) -> u64 {
		self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
		let mut z = self.0;
		z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
		z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
		z ^ (z >> 31)
	}

	fn below(&mut self, end: u64) -> u64 {
		self.roll() % end
	}

	fn one_in(&mut self, n: u64) -> bool {
		self.below(n) == 0
	}

	fn pick<'a, Element>(&mut self, from: &'a [Element]) -> &'a Element {
		&from[self.below(from.len() as u64) as usize]
	}

	/// Amounts of all sizes: dust, ordinary, everything, impossible.
	fn amount(&mut self) -> Balance {
		match self.below(8) {
			0 => self.below(3_000).into(),
			1 => Balance::MAX,
			2 => Balance::from(self.below(1_000_000)) * GNG,
			_ => Balance::from(self.below(200_000)) * GNG / 1_000,
		}
	}
}

/// A commitment that its author can still reveal.
struct Secret {
	author: Key,
	row: Row,
	reveal_epoch: u32,
}

struct World {
	chain: Chain,
	dice: Dice,
	coldkeys: Vec<Key>,
	hotkeys: Vec<Key>,
	secrets: Vec<Secret>,
	/// How many calls of each kind succeeded, failed in a block, and were refused.
	tally: BTreeMap<&'static str, [u32; 3]>,
}

const KINDS: [(&str, u64); 19] = [
	("transfer", 6),
	("transfer all", 2),
	("create", 1),
	("start", 2),
	("name", 1),
	("dissolve", 1),
	("activate", 2),
	("deactivate", 1),
	("hyperparameters", 6),
	("register", 8),
	("serve", 5),
	("add stake", 12),
	("remove stake", 10),
	("withdraw", 8),
	("take", 3),
	("commit", 16),
	("reveal", 16),
	("set", 10),
	("batch", 3),
];

impl World {
	fn new(seed: u64) -> Self {
		let coldkeys = ["Bob", "Charlie", "Dave", "Eve", "Ferdie", "a", "b", "c"]
			.map(key)
			.to_vec();
		let hotkeys = (0..14).map(|i| key(&format!("hotkey {i}"))).collect();
		let mut world = Self {
			chain: Chain::development(),
			dice: Dice(seed),
			coldkeys,
			hotkeys,
			secrets: vec![],
			tally: BTreeMap::new(),
		};
		// Something to act on; the rest comes by chance.
		for (owner, hotkey) in [(0, 0), (1, 1)] {
			let call = calls::create(&world.hotkeys[hotkey]);
			world.chain.ok(&world.coldkeys[owner], call);
			let netuid = NetUid(owner as u16 + 1);
			world.chain.ok(&world.coldkeys[owner], calls::start(netuid));
			world.chain.root(calls::activate(netuid));
		}
		world
	}

	fn netuid(&mut self) -> NetUid {
		// One that does not exist, too.
		NetUid(1 + self.dice.below(3) as u16)
	}

	/// The subnet that was created last.
	fn newest(&mut self) -> NetUid {
		let next = self.chain.read(pallet_subnets::NextNetUid::<Runtime>::get);
		NetUid(next.0 - 1)
	}

	/// Its owner, anybody's where it is gone.
	fn owner_of_subnet(&mut self, netuid: NetUid) -> Key {
		let owner = self.chain.read(|| Subnets::owner(netuid));
		let known = self.coldkeys.iter().find(|key| Some(&key.id) == owner.as_ref());
		known.cloned().unwrap_or_else(|| self.coldkeys[0].clone())
	}

	fn coldkey(&mut self) -> Key {
		self.dice.pick(&self.coldkeys).clone()
	}

	fn hotkey(&mut self) -> Key {
		self.dice.pick(&self.hotkeys).clone()
	}

	/// Mostly the owner of a hotkey, for what only he can do.
	fn owner_of(&mut self, hotkey: &Key) -> Key {
		let owner = self.chain.read(|| pallet_neurons::Coldkeys::<Runtime>::get(&hotkey.id));
		let known = self
			.coldkeys
			.iter()
			.find(|key| Some(&key.id) == owner.as_ref())
			.cloned();
		match known {
			Some(owner) if !self.dice.one_in(5) => owner,
			_ => self.coldkey(),
		}
	}

	/// Mostly a hotkey with a permit.
	fn validator(&mut self, netuid: NetUid) -> Key {
		let permits = self.chain.read(|| pallet_emissions::Permits::<Runtime>::get(netuid));
		if permits.is_empty() || self.dice.one_in(6) {
			return self.hotkey();
		}
		let uid: Uid = self.dice.pick(&permits).uid;
		let (id, _) = self.chain.read(|| Neurons::neuron(netuid, uid)).unwrap();
		self.hotkeys.iter().find(|key| key.id == id).unwrap().clone()
	}

	fn row(&mut self, netuid: NetUid) -> Row {
		let slots = self.chain.read(|| Neurons::count(netuid)).max(1);
		let mut entries: Vec<(u16, u16)> = (0..slots).map(|uid| (uid, self.dice.roll() as u16)).collect();
		entries.retain(|_| !self.dice.one_in(4));
		if self.dice.one_in(10) {
			entries.push((self.dice.below(300) as u16, 1));
		}
		calls::row(netuid, &entries, self.dice.roll() as u8)
	}

	fn hyperparameter(&mut self) -> Hyperparameter {
		let (roll, yes) = (self.dice.roll(), self.dice.one_in(2));
		match self.dice.below(10) {
			0 => Hyperparameter::Tempo(1 + (roll % 20) as u16),
			1 => Hyperparameter::MaxAllowedUids(1 + (roll % 12) as u16),
			2 => Hyperparameter::ImmunityPeriod((roll % 40) as u32),
			3 => Hyperparameter::CommitRevealOn(yes),
			4 => Hyperparameter::WeightsRateLimit((roll % 8) as u32),
			5 => Hyperparameter::Yuma3On(yes),
			6 => Hyperparameter::LiquidAlphaOn(yes),
			7 => Hyperparameter::OwnerCutOn(yes),
			8 => Hyperparameter::MinNonImmuneUids((roll % 4) as u16),
			_ => Hyperparameter::BondsMovingAverage((roll % 1_000_001) as u32),
		}
	}

	/// Something to unbond that can be withdrawn, or not quite yet; else at random.
	fn withdrawal(&mut self) -> (Key, RuntimeCall) {
		let coldkey = self.coldkey();
		let open = self.chain.read(|| Staking::positions(&coldkey.id));
		let open: Vec<_> = open
			.into_iter()
			.flat_map(|position| {
				position
					.unbonding
					.into_iter()
					.map(move |(epoch, _)| (position.hotkey.clone(), position.netuid, epoch))
			})
			.collect();
		if open.is_empty() {
			let (netuid, hotkey, epoch) = (self.netuid(), self.hotkey(), self.dice.below(20) as u32);
			return (coldkey, calls::withdraw(netuid, &hotkey, epoch));
		}
		let (hotkey, netuid, release_epoch) = self.dice.pick(&open).clone();
		(
			coldkey,
			pallet_staking::Call::withdraw_unbonded {
				hotkey,
				netuid,
				release_epoch,
			}
			.into(),
		)
	}

	fn commit(&mut self) -> (Key, RuntimeCall) {
		let netuid = self.netuid();
		let (author, row) = (self.validator(netuid), self.row(netuid));
		let commitment = row.commitment(genesis(&mut self.chain), &author);
		let reveal_epoch = epoch(&mut self.chain, netuid) + 1;
		self.secrets.push(Secret {
			author: author.clone(),
			row,
			reveal_epoch,
		});
		(author, calls::commit(netuid, commitment))
	}

	/// Mostly something that can be revealed now.
	fn reveal(&mut self) -> (Key, RuntimeCall) {
		let chain = &mut self.chain;
		self.secrets
			.retain(|secret| secret.reveal_epoch >= epoch(chain, secret.row.netuid));
		let due = self
			.secrets
			.iter()
			.filter(|secret| secret.reveal_epoch == epoch(chain, secret.row.netuid));
		let due: Vec<(Key, RuntimeCall)> = due.map(|secret| (secret.author.clone(), secret.row.reveal())).collect();
		if due.is_empty() || self.dice.one_in(8) {
			let netuid = self.netuid();
			return (self.validator(netuid), self.row(netuid).reveal());
		}
		self.dice.pick(&due).clone()
	}

	fn call(&mut self, kind: &str) -> (Key, RuntimeCall) {
		let (netuid, amount) = (self.netuid(), self.dice.amount());
		let (coldkey, hotkey) = (self.coldkey(), self.hotkey());
		let alice = key("Alice");
		match kind {
			"transfer" => {
				let to = if self.dice.one_in(5) { hotkey } else { self.coldkey() };
				(
					if self.dice.one_in(3) { alice } else { coldkey },
					calls::transfer(&to, amount),
				)
			}
			"transfer all" => {
				let from = if self.dice.one_in(2) { hotkey } else { coldkey };
				(from, calls::transfer_all(&self.coldkey()))
			}
			"create" => (coldkey, calls::create(&hotkey)),
			"start" => {
				let newest = self.newest();
				(self.owner_of_subnet(newest), calls::start(newest))
			}
			"name" => (
				coldkey,
				calls::set_name(netuid, ["", "one", "two"][self.dice.below(3) as usize]),
			),
			// Not the first two, so that there is always something to act on.
			"dissolve" => (alice, calls::sudo(calls::dissolve(self.newest().max(NetUid(3))))),
			"activate" => (alice, calls::sudo(calls::activate(netuid))),
			"deactivate" => (alice, calls::sudo(calls::deactivate(netuid))),
			"hyperparameters" => {
				let call = calls::set_hyperparameters(netuid, &[self.hyperparameter()]);
				if self.dice.one_in(3) {
					(coldkey, call)
				} else {
					(alice, calls::sudo(call))
				}
			}
			"register" => (self.owner_of(&hotkey), calls::register(netuid, &hotkey)),
			"serve" => (hotkey, calls::serve(netuid, 1, self.dice.below(3) as u16)),
			"add stake" => (self.owner_of(&hotkey), calls::add_stake(netuid, &hotkey, amount)),
			"remove stake" => (self.owner_of(&hotkey), calls::remove_stake(netuid, &hotkey, amount)),
			"withdraw" => self.withdrawal(),
			"take" => (
				self.owner_of(&hotkey),
				calls::set_take(&hotkey, self.dice.below(13_000) as u16),
			),
			"commit" => self.commit(),
			"reveal" => self.reveal(),
			"set" => (self.validator(netuid), self.row(netuid).set()),
			"batch" => {
				let calls = vec![
					calls::add_stake(netuid, &hotkey, amount),
					calls::remove_stake(netuid, &hotkey, self.dice.amount()),
				];
				(coldkey, pallet_utility::Call::batch_all { calls }.into())
			}
			_ => panic!("no such kind: {kind}"),
		}
	}

	fn kind(&mut self) -> &'static str {
		let mut at = self.dice.below(KINDS.iter().map(|(_, share)| share).sum());
		for (kind, share) in KINDS {
			if at < share {
				return kind;
			}
			at -= share;
		}
		panic!("beyond all kinds");
	}

	/// A block of some calls; sometimes a slash or nothing at all comes before it. Returns how many calls it had.
	fn step(&mut self) -> u32 {
		if self.dice.one_in(12) {
			self.chain.empty(1 + self.dice.0 as u32 % 12);
		}
		if self.dice.one_in(6) {
			let (netuid, hotkey, amount) = (self.netuid(), self.hotkey(), self.dice.amount());
			self.chain.write(|| Staking::slash(netuid, &hotkey.id, amount, None));
		}
		let kinds: Vec<&'static str> = (0..1 + self.dice.below(12)).map(|_| self.kind()).collect();
		let calls: Vec<(Key, RuntimeCall)> = kinds.iter().map(|kind| self.call(kind)).collect();
		let by_reference: Vec<(&Key, RuntimeCall)> = calls.iter().map(|(key, call)| (key, call.clone())).collect();
		let results = self.chain.block(&by_reference);
		for (kind, result) in kinds.iter().zip(results) {
			let outcome = match result {
				Ok(Ok(())) => 0,
				Ok(Err(_)) => 1,
				Err(_) => 2,
			};
			self.tally.entry(kind).or_default()[outcome] += 1;
		}
		kinds.len() as u32
	}

	/// A run in which some kind of call never succeeds shows nothing about it.
	fn check_tally(&self) {
		for (kind, _) in KINDS {
			let [succeeded, ..] = self.tally.get(kind).copied().unwrap_or_default();
			assert!(succeeded > 0, "no {kind} succeeded: {:?}", self.tally);
		}
	}
}

fn number(name: &str, default: u64) -> u64 {
	std::env::var(name).map_or(default, |text| {
		text.parse()
			.unwrap_or_else(|_| panic!("{name} is not a number: {text}"))
	})
}

#[test]
fn money_is_conserved_and_every_invariant_holds() {
	let (calls, seed) = (
		number("GANGLION_FUZZ_CALLS", 2_000) as u32,
		number("GANGLION_FUZZ_SEED", 20_261_121),
	);
	println!("GANGLION_FUZZ_SEED={seed} GANGLION_FUZZ_CALLS={calls}");
	let mut world = World::new(seed);
	let mut done = 0;
	while done < calls {
		done += world.step();
	}
	println!("{} blocks: {:?}", world.chain.height(), world.tally);
	if calls >= 2_000 {
		world.check_tally();
	}
	let subnets = world.chain.read(Subnets::netuids);
	let epochs: u32 = subnets.iter().map(|netuid| epoch(&mut world.chain, *netuid)).sum();
	let minted = world.chain.read(|| {
		subnets
			.iter()
			.any(|netuid| Emissions::results(*netuid).is_some_and(|r| r.incentive.iter().any(|share| *share > 0)))
	});
	assert!(epochs > 20 && (minted || calls < 1_000), "{epochs} epochs");
}
