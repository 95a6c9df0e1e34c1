//! Answers of the runtime APIs that join several pallets.

use crate::{AccountId, Emissions, Neurons, Runtime, Staking, Subnets, System, Weights};
use alloc::vec::Vec;
use ganglion_primitives::{Balance, BlockNumber, Endpoint, MechanismId, Metagraph, NetUid, SubnetSummary};
use ganglion_traits::{HotkeyInspect, NeuronInspect, StakeInspect, SubnetInspect, WeightsInspect};

/// Money in answers is u64 nano; the supply cap fits.
pub fn nano(amount: Balance) -> u64 {
	amount.try_into().unwrap_or(u64::MAX)
}

/// Summary of one subnet.
pub fn subnet(netuid: NetUid) -> Option<SubnetSummary<AccountId>> {
	let info = pallet_subnets::Subnets::<Runtime>::get(netuid)?;
	let clock = Emissions::clock(netuid)?;
	let called = Subnets::called(netuid);
	Some(SubnetSummary {
		netuid,
		name: called.name.into_inner(),
		symbol: called.symbol.into_inner(),
		active: info.is_active(),
		state: info.state(),
		start_block: Subnets::start_block(info.created_at),
		owner: info.owner,
		created_at: info.created_at,
		lock: nano(info.lock),
		neurons: Neurons::count(netuid),
		registration_price: nano(Neurons::registration_price(netuid).unwrap_or_default()),
		epoch: clock.epoch,
		last_epoch_block: clock.last_block,
		pending_emission: nano(Emissions::pending(netuid)),
		hyperparameters: Subnets::hyperparameters(netuid)?,
	})
}

/// All columns of a subnet.
pub fn metagraph(netuid: NetUid) -> Option<Metagraph<AccountId>> {
	let clock = Emissions::clock(netuid)?;
	let (hotkeys, registered_at): (Vec<AccountId>, Vec<BlockNumber>) = Neurons::neurons(netuid).into_iter().unzip();
	let columns = Emissions::columns(netuid, &registered_at);
	let endpoints: Vec<Option<Endpoint>> = hotkeys.iter().map(|hotkey| Neurons::endpoint(netuid, hotkey)).collect();
	let stakes = |read: fn(NetUid, &AccountId) -> Balance| -> Vec<u64> {
		hotkeys.iter().map(|hotkey| nano(read(netuid, hotkey))).collect()
	};
	Some(Metagraph {
		netuid,
		block: System::block_number(),
		epoch: clock.epoch,
		tempo: Subnets::hyperparameters(netuid)?.tempo,
		last_epoch_block: clock.last_block,
		pending_emission: nano(Emissions::pending(netuid)),
		coldkeys: hotkeys.iter().map(coldkey).collect(),
		last_update: Weights::last_update(netuid, MechanismId(0), &registered_at),
		active: columns.active,
		validator_permit: columns.validator_permit,
		stake: stakes(Staking::stake),
		own_stake: stakes(Staking::own_stake),
		incentive: columns.incentive,
		dividends: columns.dividends,
		consensus: columns.consensus,
		validator_trust: columns.validator_trust,
		emission: columns.emission,
		endpoint_family: column(&endpoints, |endpoint| endpoint.family),
		endpoint_ip: column(&endpoints, |endpoint| endpoint.ip),
		endpoint_port: column(&endpoints, |endpoint| endpoint.port),
		endpoint_protocol: column(&endpoints, |endpoint| endpoint.protocol),
		registered_at,
		hotkeys,
	})
}

fn column<Value: Default>(endpoints: &[Option<Endpoint>], read: fn(&Endpoint) -> Value) -> Vec<Value> {
	endpoints
		.iter()
		.map(|endpoint| endpoint.as_ref().map(read).unwrap_or_default())
		.collect()
}

fn coldkey(hotkey: &AccountId) -> AccountId {
	// A registered hotkey is owned (try_state of pallet-neurons); the hotkey itself stands in where it is not.
	<Neurons as HotkeyInspect<AccountId>>::coldkey(hotkey).unwrap_or_else(|| hotkey.clone())
}
