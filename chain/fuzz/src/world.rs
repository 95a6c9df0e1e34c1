//! One chain, who acts on it, and what they know: the preimages of what they committed to, above all.

use crate::{
	common::{calls, key, network::epoch, Chain, Key},
	dice::Dice,
	genesis, kinds,
	kinds::{evidence::Opening, weights::Secret},
	step::Step,
	tally::{Outcome, Tally},
};
use frame_support::traits::{
	fungible::Inspect,
	tokens::{Fortitude, Preservation},
};
use frame_system::{EventRecord, Phase};
use ganglion_primitives::{NetUid, Uid, GNG};
use ganglion_runtime::{
	AccountId, Balances, Hash, Neurons, Runtime, RuntimeCall, RuntimeError, RuntimeEvent, Subnets, System,
};
use ganglion_traits::{NeuronInspect, SubnetInspect};
use sp_runtime::{ApplyExtrinsicResult, DispatchError};
use std::collections::BTreeMap;

/// A chain and its people.
pub struct World {
	/// The chain.
	pub chain: Chain,
	/// What happens is chosen with it.
	pub dice: Dice,
	/// Keys with money.
	pub coldkeys: Vec<Key>,
	/// Keys that work.
	pub hotkeys: Vec<Key>,
	/// Holds Sudo's key.
	pub root: Key,
	/// Commitments that can still be revealed.
	pub secrets: Vec<Secret>,
	/// Numbers of the periods whose secrets have these hashes.
	pub periods: BTreeMap<Hash, u32>,
	/// Verdicts that were committed to.
	pub openings: Vec<Opening>,
	/// Swaps of coldkeys that were announced: who, to whom.
	pub heirs: Vec<(Key, Key)>,
	/// Whether the call that is being made up should make sense; some must not.
	pub sensible: bool,
	/// Keys that were made for swaps.
	pub made: u32,
	/// Everything that happened, to be repeated.
	pub trace: Vec<Step>,
	/// What became of it.
	pub tally: Tally,
}

impl World {
	/// A new chain with three subnets that earn, and some hotkeys in them.
	pub fn new(seed: u64) -> Self {
		let (coldkeys, hotkeys) = genesis::keys();
		let mut world = Self {
			chain: genesis::chain(),
			dice: Dice(seed),
			coldkeys,
			hotkeys,
			root: key("Alice"),
			secrets: vec![],
			periods: BTreeMap::new(),
			openings: vec![],
			heirs: vec![],
			sensible: true,
			made: 0,
			trace: vec![],
			tally: Tally::default(),
		};
		for number in 1..=3u16 {
			let (owner, hotkey) = (
				world.coldkeys[number as usize].clone(),
				world.hotkeys[number as usize].clone(),
			);
			let netuid = NetUid(number);
			let begin = vec![
				(owner.clone(), calls::create(&hotkey)),
				(owner, calls::start(netuid)),
				(world.root.clone(), calls::sudo(calls::activate(netuid))),
			];
			world.happen(Step::Block(begin));
		}
		world
	}

	/// A subnet; where no sense is asked for, now and then one that does not exist.
	pub fn netuid(&mut self) -> NetUid {
		let known = self.chain.read(Subnets::netuids);
		if !self.sensible && self.dice.one_in(4) {
			return NetUid(self.dice.below(30) as u16);
		}
		self.dice.pick(&known).copied().unwrap_or(NetUid(1))
	}

	/// A coldkey; where sense is asked for, one that can pay.
	pub fn coldkey(&mut self) -> Key {
		if self.sensible {
			let rich =
				|key: &&Key| Balances::reducible_balance(&key.id, Preservation::Preserve, Fortitude::Polite) > GNG;
			let rich: Vec<Key> = self.chain.read(|| self.coldkeys.iter().filter(rich).cloned().collect());
			if let Some(key) = self.dice.pick(&rich) {
				return key.clone();
			}
		}
		self.dice.pick(&self.coldkeys).unwrap().clone()
	}

	/// The coldkey with least to spend.
	pub fn poorest(&mut self) -> Key {
		let all = &self.coldkeys;
		let spendable = |key: &&Key| Balances::reducible_balance(&key.id, Preservation::Preserve, Fortitude::Polite);
		self.chain.read(|| all.iter().min_by_key(spendable).unwrap().clone())
	}

	/// Any hotkey.
	pub fn hotkey(&mut self) -> Key {
		self.dice.pick(&self.hotkeys).unwrap().clone()
	}

	/// The key of an account, where it is one of ours.
	pub fn key_of(&self, id: &AccountId) -> Option<Key> {
		let mut all = self.coldkeys.iter().chain(&self.hotkeys);
		all.find(|key| &key.id == id).cloned()
	}

	/// The coldkey that owns a hotkey.
	pub fn owner(&mut self, hotkey: &AccountId) -> Option<Key> {
		let owner = self.chain.read(|| pallet_neurons::Coldkeys::<Runtime>::get(hotkey))?;
		self.key_of(&owner)
	}

	/// Mostly the coldkey that owns a hotkey, for what only it can do.
	pub fn owner_of(&mut self, hotkey: &Key) -> Key {
		match self.owner(&hotkey.id) {
			Some(owner) if self.sensible => owner,
			_ => self.coldkey(),
		}
	}

	/// A hotkey that somebody owns, with its owner.
	pub fn owned(&mut self) -> Option<(Key, Key)> {
		let owned: Vec<(AccountId, AccountId)> = self
			.chain
			.read(|| pallet_neurons::Coldkeys::<Runtime>::iter().collect());
		let known = owned
			.iter()
			.filter_map(|(hotkey, coldkey)| Some((self.key_of(hotkey)?, self.key_of(coldkey)?)));
		let known: Vec<(Key, Key)> = known.collect();
		self.dice.pick(&known).cloned()
	}

	/// Mostly a subnet's owner.
	pub fn subnet_owner(&mut self, netuid: NetUid) -> Key {
		let owner = self.chain.read(|| Subnets::owner(netuid));
		match owner.and_then(|id| self.key_of(&id)) {
			Some(owner) if self.sensible => owner,
			_ => self.coldkey(),
		}
	}

	/// Mostly a hotkey with a slot.
	pub fn neuron(&mut self, netuid: NetUid) -> Key {
		let slots = self.chain.read(|| Neurons::neurons(netuid));
		match self.dice.pick(&slots).and_then(|(id, _)| self.key_of(id)) {
			Some(hotkey) if self.sensible => hotkey,
			_ => self.hotkey(),
		}
	}

	/// Mostly a hotkey with a permit.
	pub fn validator(&mut self, netuid: NetUid) -> Key {
		let permits = self.chain.read(|| pallet_emissions::Permits::<Runtime>::get(netuid));
		let uid: Option<Uid> = self.dice.pick(&permits).map(|permit| permit.uid);
		let holder = uid.and_then(|uid| self.chain.read(|| Neurons::neuron(netuid, uid)));
		match holder.and_then(|(id, _)| self.key_of(&id)) {
			Some(hotkey) if self.sensible => hotkey,
			_ => self.hotkey(),
		}
	}

	/// A key that nobody has used, for swaps.
	pub fn fresh(&mut self, what: &str) -> Key {
		self.made += 1;
		key(&format!("{what} {}", self.made))
	}

	/// A call made by root.
	pub fn as_root(&self, call: RuntimeCall) -> (Key, RuntimeCall) {
		(self.root.clone(), calls::sudo(call))
	}

	/// Epochs that a subnet has completed.
	pub fn epoch(&mut self, netuid: NetUid) -> u32 {
		epoch(&mut self.chain, netuid)
	}

	/// Do it, and note it before.
	fn happen(&mut self, step: Step) -> Vec<ApplyExtrinsicResult> {
		self.trace.push(step.clone());
		step.apply(&mut self.chain)
	}

	/// A block of some calls; sometimes a slash or empty blocks come before it.
	pub fn step(&mut self) {
		if self.dice.one_in(20) {
			let count = 1 + self.dice.below(10) as u32;
			self.happen(Step::Empty(count));
		}
		self.sensible = true;
		if self.dice.one_in(12) {
			self.slash();
		}
		let mut kinds = vec![];
		let mut calls = vec![];
		for _ in 0..1 + self.dice.below(12) {
			let (kind, key, call) = kinds::any(self);
			kinds.push(kind);
			calls.push((key, call));
		}
		let results = self.happen(Step::Block(calls));
		self.follow_swaps();
		let partial = self.partial_failures();
		let mut index = 0;
		for (kind, result) in kinds.into_iter().zip(results) {
			index += u32::from(result.is_ok());
			let (outcome, why) = match result {
				Ok(Ok(())) if partial.contains_key(&index) => (Outcome::Failed, partial.get(&index).cloned()),
				Ok(Ok(())) => (Outcome::Done, None),
				Ok(Err(error)) => (Outcome::Failed, Some(shown(error))),
				Err(error) => (Outcome::Refused, Some(format!("{error:?}"))),
			};
			self.tally.count(kind, outcome, why);
		}
	}

	/// Whoever was swapped acts with the new key.
	fn follow_swaps(&mut self) {
		for event in self.chain.events() {
			let RuntimeEvent::KeySwap(pallet_key_swap::Event::ColdkeySwapped {
				old_coldkey,
				new_coldkey,
			}) = event
			else {
				continue;
			};
			let new = self
				.heirs
				.iter()
				.find(|(_, new)| new.id == new_coldkey)
				.map(|(_, new)| new.clone());
			let place = self.coldkeys.iter().position(|key| key.id == old_coldkey);
			if let (Some(new), Some(place)) = (new, place) {
				self.coldkeys[place] = new;
			}
			self.heirs.retain(|(old, _)| old.id != old_coldkey);
		}
	}

	fn slash(&mut self) {
		let netuid = self.netuid();
		let (hotkey, amount) = (self.neuron(netuid).id, self.dice.amount());
		let reporter = self.dice.one_in(2).then(|| self.coldkey().id);
		self.happen(Step::Slash(netuid, hotkey, amount, reporter));
	}

	/// Extrinsics of the last block that were included without error, but carry something that failed.
	fn partial_failures(&mut self) -> BTreeMap<u32, String> {
		let failed = |event: RuntimeEvent| match event {
			RuntimeEvent::Sudo(pallet_sudo::Event::Sudid { sudo_result }) => sudo_result.err(),
			RuntimeEvent::Proxy(pallet_proxy::Event::ProxyExecuted { result }) => result.err(),
			RuntimeEvent::Multisig(pallet_multisig::Event::MultisigExecuted { result, .. }) => result.err(),
			RuntimeEvent::Utility(pallet_utility::Event::BatchInterrupted { error, .. }) => Some(error),
			RuntimeEvent::Utility(pallet_utility::Event::ItemFailed { error }) => Some(error),
			RuntimeEvent::Weights(pallet_weights::Event::BatchItemFailed { error, .. }) => Some(error),
			_ => None,
		};
		self.chain.read(|| {
			let records = System::read_events_no_consensus();
			let index = |phase| match phase {
				Phase::ApplyExtrinsic(index) => Some(index),
				_ => None,
			};
			let one =
				|record: EventRecord<RuntimeEvent, Hash>| Some((index(record.phase)?, shown(failed(record.event)?)));
			records.filter_map(|record| one(*record)).collect()
		})
	}
}

/// An error by name.
fn shown(error: DispatchError) -> String {
	let named = RuntimeError::from_dispatch_error(error);
	named.map_or_else(|| format!("{error:?}"), |named| format!("{named:?}"))
}
