//! Genesis presets: the networks that this one wasm can start.
//!
//! `development` and `local` start as they are, with keys that everybody knows. `testnet` is a base for a chain spec: it
//! has the parameters of a real network and nobody's keys, so whoever starts one patches in `session.keys` (account,
//! account, keys) of the authorities, `balances.balances`, and the five seats each of `council.members` and
//! `guardians.members`; without authorities its chain makes no blocks. Nobody holds Sudo there unless the chain spec gives it away, too.

use crate::{
	opaque::SessionKeys, well_known_accounts, AccountId, BalancesConfig, CouncilConfig, GuardiansConfig,
	ParametersConfig, RuntimeGenesisConfig, SessionConfig, SubnetsConfig, SudoConfig,
};
use alloc::{format, vec::Vec};
use frame_support::build_struct_json_patch;
use ganglion_primitives::{Hyperparameters, GNG};
use serde_json::Value;
use sp_genesis_builder::PresetId;
use sp_keyring::{Ed25519Keyring, Sr25519Keyring};

/// One authority, one-second slots, keys that everybody knows.
pub const DEVELOPMENT: &str = "development";
/// Four authorities on one machine or in containers, two-second slots; development keys.
pub const LOCAL: &str = "local";
/// Six-second slots and the parameters of a network with value; without authorities, balances or a Sudo key.
pub const TESTNET: &str = "testnet";

fn development_parameters() -> ParametersConfig {
	ParametersConfig {
		slot_duration: 1_000,
		session_length: 60,
		min_lock: 10 * GNG,
		lock_decay_interval: 7_200,
		network_immunity: 200,
		owner_hotkey_interval: 20,
		trim_interval: 20,
		initial_registration_price: GNG / 10,
		unbonding_epochs: 2,
		profile_deposit: GNG,
		min_serve_bond: GNG / 2,
		min_audit_bond: GNG,
		bond_release: 200,
		challenge_period: 260,
		anchor_life: 14_400,
		challenger_bond: GNG / 8,
		dispute_move: 60,
		dispute_draw: 60,
		dispute_vote: 90,
		dispute_window: 200_000,
		min_committee: 1,
		take_increase_interval: 100,
		children_cooldown: 1,
		min_contribution: GNG,
		children_interval: 10,
		root_tempo: 20,
		root_vote_rate_limit: 5,
		max_epochs_per_block: 4,
		voting_period: 10,
		enactment_delay: 5,
		council_term: 100,
		motion_duration: 50,
		lock_age: 30,
		min_voter_stake: GNG,
		min_voters: 1,
		min_electorate: 0,
		candidate_deposit: GNG,
		max_pause: 60,
		coldkey_swap_delay: 20,
		coldkey_reannounce_delay: 5,
		coldkey_dispute_period: 30,
		hotkey_swap_interval: 5,
		..Default::default()
	}
}

fn development_hyperparameters() -> Hyperparameters {
	Hyperparameters {
		tempo: 10,
		weights_rate_limit: 5,
		serving_rate_limit: 5,
		immunity_period: 50,
		registration_price_min: GNG / 10,
		..Default::default()
	}
}

fn testnet_parameters() -> ParametersConfig {
	ParametersConfig {
		slot_duration: 6_000,
		session_length: 600,
		min_lock: 1_000 * GNG,
		lock_decay_interval: 100_800,
		start_delay: 600,
		network_immunity: 2_592_000,
		owner_hotkey_interval: 50_400,
		trim_interval: 216_000,
		initial_registration_price: GNG,
		unbonding_epochs: 20,
		take_increase_interval: 216_000,
		children_cooldown: 2,
		min_contribution: 100 * GNG,
		children_interval: 150,
		max_epochs_per_block: 2,
		..Default::default()
	}
}

fn testnet_hyperparameters() -> Hyperparameters {
	Hyperparameters {
		tempo: 360,
		weights_rate_limit: 100,
		immunity_period: 5_000,
		registration_price_min: GNG,
		..Default::default()
	}
}

/// Sessions short enough to watch authorities change; slots long enough for four nodes on a small machine.
fn local_parameters() -> ParametersConfig {
	ParametersConfig {
		slot_duration: 2_000,
		session_length: 10,
		..development_parameters()
	}
}

fn development_genesis(parameters: ParametersConfig, authorities: &[(Sr25519Keyring, Ed25519Keyring)]) -> Value {
	build_struct_json_patch!(RuntimeGenesisConfig {
		parameters: parameters,
		subnets: SubnetsConfig {
			default_hyperparameters: development_hyperparameters(),
			..Default::default()
		},
		balances: BalancesConfig {
			balances: well_known_accounts()
				.into_iter()
				.map(|account| (account, 1_000_000 * GNG))
				.collect::<Vec<_>>(),
		},
		session: SessionConfig {
			keys: authorities
				.iter()
				.map(|(aura, grandpa)| authority(*aura, *grandpa))
				.collect::<Vec<_>>(),
		},
		council: CouncilConfig {
			members: seats(),
			..Default::default()
		},
		guardians: GuardiansConfig {
			members: seats(),
			..Default::default()
		},
		sudo: SudoConfig {
			key: Some(Sr25519Keyring::Alice.to_account_id())
		},
	})
}

/// Who sits in the council and guards on development networks: keys that everybody knows.
fn seats() -> Vec<AccountId> {
	use Sr25519Keyring::{Alice, Bob, Charlie, Dave, Eve};
	[Alice, Bob, Charlie, Dave, Eve].map(|key| key.to_account_id()).to_vec()
}

/// Account, the same as pallet-session's validator, and the keys that it works with.
fn authority(aura: Sr25519Keyring, grandpa: Ed25519Keyring) -> (AccountId, AccountId, SessionKeys) {
	let keys = SessionKeys {
		aura: aura.public().into(),
		grandpa: grandpa.public().into(),
	};
	(aura.to_account_id(), aura.to_account_id(), keys)
}

/// Preset `development`.
pub fn development() -> Value {
	development_genesis(
		development_parameters(),
		&[(Sr25519Keyring::Alice, Ed25519Keyring::Alice)],
	)
}

/// Preset `local`.
pub fn local() -> Value {
	let authorities = [
		(Sr25519Keyring::Alice, Ed25519Keyring::Alice),
		(Sr25519Keyring::Bob, Ed25519Keyring::Bob),
		(Sr25519Keyring::Charlie, Ed25519Keyring::Charlie),
		(Sr25519Keyring::Dave, Ed25519Keyring::Dave),
	];
	development_genesis(local_parameters(), &authorities)
}

/// Preset `testnet`.
pub fn testnet() -> Value {
	build_struct_json_patch!(RuntimeGenesisConfig {
		parameters: testnet_parameters(),
		subnets: SubnetsConfig {
			default_hyperparameters: testnet_hyperparameters(),
			..Default::default()
		},
	})
}

/// JSON of a preset.
pub fn get_preset(id: &PresetId) -> Option<Vec<u8>> {
	let patch = match id.as_str() {
		DEVELOPMENT => development(),
		LOCAL => local(),
		TESTNET => testnet(),
		_ => return None,
	};
	Some(format!("{patch}").into_bytes())
}

/// All presets.
pub fn preset_names() -> Vec<PresetId> {
	[DEVELOPMENT, LOCAL, TESTNET].into_iter().map(PresetId::from).collect()
}
