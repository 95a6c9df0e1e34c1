//! Calls by short names.

use super::Key;
use ganglion_primitives::{Endpoint, Hyperparameter, MechanismId, NetUid};
use ganglion_runtime::{Balance, Hash, RuntimeCall};
use sp_runtime::BoundedVec;

/// The only mechanism there is.
pub const MECHANISM: MechanismId = MechanismId(0);
/// No limit on a price.
pub const ANY_PRICE: Balance = Balance::MAX;

pub fn sudo(call: RuntimeCall) -> RuntimeCall {
	pallet_sudo::Call::sudo { call: Box::new(call) }.into()
}

pub fn transfer(to: &Key, value: Balance) -> RuntimeCall {
	let dest = to.id.clone().into();
	pallet_balances::Call::transfer_allow_death { dest, value }.into()
}

pub fn transfer_all(to: &Key) -> RuntimeCall {
	let (dest, keep_alive) = (to.id.clone().into(), false);
	pallet_balances::Call::transfer_all { dest, keep_alive }.into()
}

pub fn create(owner_hotkey: &Key) -> RuntimeCall {
	let (owner_hotkey, max_lock) = (owner_hotkey.id.clone(), ANY_PRICE);
	pallet_subnets::Call::create { owner_hotkey, max_lock }.into()
}

pub fn start(netuid: NetUid) -> RuntimeCall {
	pallet_subnets::Call::start { netuid }.into()
}

pub fn dissolve(netuid: NetUid) -> RuntimeCall {
	pallet_subnets::Call::dissolve { netuid }.into()
}

pub fn activate(netuid: NetUid) -> RuntimeCall {
	pallet_subnets::Call::activate { netuid }.into()
}

pub fn deactivate(netuid: NetUid) -> RuntimeCall {
	pallet_subnets::Call::deactivate { netuid }.into()
}

pub fn set_hyperparameters(netuid: NetUid, changes: &[Hyperparameter]) -> RuntimeCall {
	let changes = BoundedVec::truncate_from(changes.to_vec());
	pallet_subnets::Call::set_hyperparameters { netuid, changes }.into()
}

pub fn register(netuid: NetUid, hotkey: &Key) -> RuntimeCall {
	let (hotkey, max_price) = (hotkey.id.clone(), ANY_PRICE);
	pallet_neurons::Call::register {
		netuid,
		hotkey,
		max_price,
	}
	.into()
}

pub fn serve(netuid: NetUid, ip: u32, port: u16) -> RuntimeCall {
	let endpoint = Endpoint {
		family: 4,
		ip: ip.into(),
		port,
		protocol: 0,
		keys: BoundedVec::new(),
	};
	pallet_neurons::Call::serve { netuid, endpoint }.into()
}

pub fn add_stake(netuid: NetUid, hotkey: &Key, amount: Balance) -> RuntimeCall {
	let hotkey = hotkey.id.clone();
	pallet_staking::Call::add_stake { hotkey, netuid, amount }.into()
}

pub fn remove_stake(netuid: NetUid, hotkey: &Key, amount: Balance) -> RuntimeCall {
	let hotkey = hotkey.id.clone();
	pallet_staking::Call::remove_stake { hotkey, netuid, amount }.into()
}

pub fn withdraw(netuid: NetUid, hotkey: &Key, release_epoch: u32) -> RuntimeCall {
	let hotkey = hotkey.id.clone();
	pallet_staking::Call::withdraw_unbonded {
		hotkey,
		netuid,
		release_epoch,
	}
	.into()
}

pub fn set_take(hotkey: &Key, take: u16) -> RuntimeCall {
	let hotkey = hotkey.id.clone();
	pallet_staking::Call::set_take { hotkey, take }.into()
}

pub fn commit(netuid: NetUid, commitment: Hash) -> RuntimeCall {
	let mechanism = MECHANISM;
	pallet_weights::Call::commit {
		netuid,
		mechanism,
		commitment,
	}
	.into()
}

/// A row of weights with what is needed to commit to it.
#[derive(Clone, Debug)]
pub struct Row {
	pub netuid: NetUid,
	pub uids: Vec<u16>,
	pub values: Vec<u16>,
	pub salt: [u8; 32],
}

/// A row with a salt of its own.
pub fn row(netuid: NetUid, entries: &[(u16, u16)], salt: u8) -> Row {
	let (uids, values) = entries.iter().copied().unzip();
	let salt = [salt; 32];
	Row {
		netuid,
		uids,
		values,
		salt,
	}
}

impl Row {
	/// What is committed to: the pallet's preimage, written out here once more.
	pub fn commitment(&self, genesis: Hash, hotkey: &Key) -> Hash {
		let version_key = 0u64;
		let preimage = (
			genesis,
			self.netuid.0,
			MECHANISM.0,
			&hotkey.id,
			&self.uids,
			&self.values,
			self.salt,
			version_key,
			None::<ganglion_primitives::Evidence>,
		);
		sp_core::H256(codec::Encode::using_encoded(&preimage, sp_io::hashing::blake2_256))
	}

	pub fn reveal(&self) -> RuntimeCall {
		let Row {
			netuid,
			uids,
			values,
			salt,
		} = self.clone();
		let (mechanism, version_key) = (MECHANISM, 0);
		pallet_weights::Call::reveal {
			netuid,
			mechanism,
			uids,
			values,
			salt,
			version_key,
			evidence: None,
		}
		.into()
	}

	pub fn set(&self) -> RuntimeCall {
		let Row {
			netuid, uids, values, ..
		} = self.clone();
		let (mechanism, version_key) = (MECHANISM, 0);
		pallet_weights::Call::set {
			netuid,
			mechanism,
			uids,
			values,
			version_key,
		}
		.into()
	}
}
