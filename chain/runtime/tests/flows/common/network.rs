//! One active subnet with an owner, validators and miners, and the steps that they take in every epoch.

use super::{calls, calls::Row, key, Chain, Key};
use ganglion_primitives::{NetUid, GNG};
use ganglion_runtime::{Balance, Emissions, Hash, Runtime, RuntimeEvent, System};
use ganglion_traits::EpochInspect;

/// The first subnet.
pub const NET: NetUid = NetUid(1);

/// Who takes part: a coldkey with its hotkey.
#[derive(Clone)]
pub struct Player {
	pub coldkey: Key,
	pub hotkey: Key,
}

/// A coldkey with the hotkey that goes by its name.
pub fn player(coldkey: &str) -> Player {
	Player {
		coldkey: key(coldkey),
		hotkey: key(&format!("hotkey of {coldkey}")),
	}
}

/// Create a subnet owned by a player, who starts it, and activate it.
pub fn create(chain: &mut Chain, owner: &Player) -> NetUid {
	let netuid = chain.read(pallet_subnets::NextNetUid::<Runtime>::get);
	chain.ok(&owner.coldkey, calls::create(&owner.hotkey));
	chain.ok(&owner.coldkey, calls::start(netuid));
	chain.root(calls::activate(netuid));
	netuid
}

/// Register a player, who stakes an amount unless it is zero.
pub fn join(chain: &mut Chain, netuid: NetUid, player: &Player, stake: Balance) {
	chain.ok(&player.coldkey, calls::register(netuid, &player.hotkey));
	if stake > 0 {
		chain.ok(&player.coldkey, calls::add_stake(netuid, &player.hotkey, stake));
	}
}

/// Subnet 1 of Eve, uid 0, with Bob, uid 1, who has staked 100 GNG, and the miners Charlie and Ferdie, uids 2 and 3.
/// The first epoch has passed, so that Bob has a permit.
pub struct Network {
	pub chain: Chain,
	pub owner: Player,
	pub validator: Player,
	pub miners: [Player; 2],
}

impl Network {
	pub fn new() -> Self {
		let mut chain = Chain::development();
		let (owner, validator) = (player("Eve"), player("Bob"));
		let miners = [player("Charlie"), player("Ferdie")];
		assert_eq!(create(&mut chain, &owner), NET);
		join(&mut chain, NET, &validator, 100 * GNG);
		miners.iter().for_each(|miner| join(&mut chain, NET, miner, 0));
		next_epoch(&mut chain, NET);
		Self {
			chain,
			owner,
			validator,
			miners,
		}
	}

	/// Commit to a row now and reveal it as soon as that can be. Ends in the block of the reveal.
	pub fn weigh(&mut self, validator: &Player, row: &Row) {
		let commitment = row.commitment(genesis(&mut self.chain), &validator.hotkey);
		self.chain.ok(&validator.hotkey, calls::commit(row.netuid, commitment));
		next_epoch(&mut self.chain, row.netuid);
		self.chain.ok(&validator.hotkey, row.reveal());
	}
}

/// Hash of the genesis block.
pub fn genesis(chain: &mut Chain) -> Hash {
	chain.read(|| System::block_hash(0))
}

/// Epochs completed.
pub fn epoch(chain: &mut Chain, netuid: NetUid) -> u32 {
	chain.read(|| Emissions::epoch(netuid))
}

/// Make empty blocks until the subnet completes its next epoch; the head is that epoch's block.
pub fn next_epoch(chain: &mut Chain, netuid: NetUid) {
	let before = epoch(chain, netuid);
	for _ in 0..100 {
		chain.empty(1);
		if epoch(chain, netuid) > before {
			return;
		}
	}
	panic!("no epoch in 100 blocks");
}

/// What the last block's epoch of a subnet could pay and what it minted.
pub fn completed(chain: &mut Chain, netuid: NetUid) -> Option<(Balance, Balance)> {
	chain.events().into_iter().find_map(|event| match event {
		RuntimeEvent::Emissions(pallet_emissions::Event::EpochCompleted {
			netuid: of,
			emission,
			minted,
			..
		}) if of == netuid => Some((emission, minted)),
		_ => None,
	})
}

/// What the last block's epoch of a subnet paid to owner, miners and validators.
pub fn paid(chain: &mut Chain, netuid: NetUid) -> Option<[Balance; 3]> {
	chain.events().into_iter().find_map(|event| match event {
		RuntimeEvent::Emissions(pallet_emissions::Event::EmissionPaid {
			netuid: of,
			owner,
			miners,
			validators,
		}) if of == netuid => Some([owner, miners, validators]),
		_ => None,
	})
}
