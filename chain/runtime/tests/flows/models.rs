//! Profiles and bonds through the whole runtime: what is bonded stays, follows exchanged keys, and is slashed.

use crate::common::{
	calls, key,
	network::{Network, Player, NET},
	Chain, Key,
};
use frame_support::BoundedVec;
use ganglion_primitives::*;
use ganglion_runtime::{parameters::BondRelease, AccountId, Balance, Models, Runtime, RuntimeCall};
use ganglion_traits::{Bonds, Profiles};
use pallet_models::Call;
use sp_core::H256;

type Error = pallet_models::Error<Runtime>;

fn label(text: &str) -> Label {
	BoundedVec::truncate_from(text.as_bytes().to_vec())
}

/// A profile of one file.
pub fn spec(seed: u8) -> ProfileSpec {
	let file = ProfileFile {
		path: BoundedVec::truncate_from(b"model.safetensors".to_vec()),
		sha256: [seed; 32],
	};
	ProfileSpec {
		task: Task::Generate,
		lane: Lane::Strict,
		files: BoundedVec::truncate_from(vec![file]),
		dtype: label("float32"),
		attention: label("sdpa"),
		engine: label("transformers"),
		protocol: label("st-1"),
		layers: 5,
		thresholds: Thresholds::default(),
		replay: Replay {
			self_test: H256::zero(),
			wheels: H256::zero(),
			aten: label("default"),
			mkl: label("COMPATIBLE"),
			onednn: label("SSE41"),
		},
	}
}

fn register(seed: u8) -> RuntimeCall {
	let terms = ProfileTerms {
		name: label("tiny"),
		licence: label("Apache-2.0"),
		price_floor: 0,
	};
	Call::register {
		spec: Box::new(spec(seed)),
		terms,
	}
	.into()
}

fn declare(player: &Player, profile: ProfileId, role: Role, bond: Balance) -> RuntimeCall {
	let (netuid, hotkey) = (NET, player.hotkey.id.clone());
	Call::declare {
		netuid,
		hotkey,
		profile,
		role,
		bond,
	}
	.into()
}

fn retire(player: &Player, profile: ProfileId, role: Role) -> RuntimeCall {
	let (netuid, hotkey) = (NET, player.hotkey.id.clone());
	Call::retire {
		netuid,
		hotkey,
		profile,
		role,
	}
	.into()
}

fn release(hotkey: &Key) -> RuntimeCall {
	let (netuid, hotkey) = (NET, hotkey.id.clone());
	Call::release { netuid, hotkey }.into()
}

fn bond(chain: &mut Chain, hotkey: &Key, role: Role) -> Balance {
	chain.read(|| Models::bond(NET, &hotkey.id, role))
}

/// A network with a registered profile, which Charlie serves with 10 of 20 GNG that he has staked.
fn bonded() -> (Network, ProfileId) {
	let mut network = Network::new();
	let (chain, miner) = (&mut network.chain, &network.miners[0]);
	chain.ok(&network.owner.coldkey, register(1));
	let profile: ProfileId = chain.ask("ModelsApi_profile_id", spec(1));
	chain.ok(&miner.coldkey, calls::add_stake(NET, &miner.hotkey, 20 * GNG));
	chain.ok(&miner.coldkey, declare(miner, profile, Role::Serve, 10 * GNG));
	(network, profile)
}

#[test]
fn a_profile_is_found_by_what_it_says() {
	let (mut network, profile) = bonded();
	let chain = &mut network.chain;
	let found: Option<ProfileDetails<AccountId>> = chain.ask("ModelsApi_profile", profile);
	let found = found.unwrap();
	assert_eq!((found.number, found.declarations, &found.spec), (0, 1, &spec(1)));
	let page: Vec<ProfileDetails<AccountId>> = chain.ask("ModelsApi_profiles", (0u32, 10u32));
	assert_eq!(page, core::slice::from_ref(&found));
	let by_number: Option<ProfileDetails<AccountId>> = chain.ask("ModelsApi_profile_by_number", 0u32);
	assert_eq!(by_number, Some(found));
	let columns: DeclarationColumns<AccountId> = chain.ask("ModelsApi_declarations", NET);
	assert_eq!((columns.profiles, columns.roles), (vec![0], vec![0]));
	assert_eq!((columns.bonds, columns.ends_at), (vec![10 * GNG], vec![0]));
}

#[test]
fn a_bond_stays_staked_until_its_time_is_over() {
	let (mut network, profile) = bonded();
	let (chain, miner) = (&mut network.chain, &network.miners[0]);
	let locked: sp_runtime::DispatchError = pallet_staking::Error::<Runtime>::Locked.into();
	let too_much = calls::remove_stake(NET, &miner.hotkey, 11 * GNG);
	assert_eq!(chain.fails(&miner.coldkey, too_much.clone()), locked);
	chain.ok(&miner.coldkey, retire(miner, profile, Role::Serve));
	let early = chain.fails(&key("Dave"), release(&miner.hotkey));
	assert_eq!(early, Error::NothingToRelease.into());
	assert_eq!(chain.fails(&miner.coldkey, too_much.clone()), locked);
	let blocks = chain.read(BondRelease::get);
	chain.empty(blocks - 3);
	chain.ok(&key("Dave"), release(&miner.hotkey));
	chain.ok(&miner.coldkey, too_much);
	assert_eq!(bond(chain, &miner.hotkey, Role::Serve), 0);
}

/// A slash takes the operator's own stake first, locked or not; what nominators have is not touched.
#[test]
fn a_bond_is_slashed_and_the_reporter_is_paid() {
	let (mut network, profile) = bonded();
	let (chain, miner) = (&mut network.chain, &network.miners[0]);
	let (nominator, reporter) = (key("Dave"), key("One"));
	chain.ok(&nominator, calls::add_stake(NET, &miner.hotkey, 50 * GNG));
	let before = chain.free(&reporter);
	let outcome = chain.write(|| Models::slash_bond(NET, &miner.hotkey.id, Role::Serve, 6 * GNG, Some(&reporter.id)));
	assert_eq!((outcome.total(), outcome.from_operator), (6 * GNG, 6 * GNG));
	assert_eq!(chain.free(&reporter) - before, outcome.to_reporter);
	assert!(outcome.to_reporter > GNG);
	assert_eq!(bond(chain, &miner.hotkey, Role::Serve), 4 * GNG);
	// 14 GNG of own stake are left, 4 of them locked.
	chain.ok(&miner.coldkey, calls::remove_stake(NET, &miner.hotkey, 9 * GNG));
	let locked = chain.fails(&miner.coldkey, calls::remove_stake(NET, &miner.hotkey, 2 * GNG));
	assert_eq!(locked, pallet_staking::Error::<Runtime>::Locked.into());
	let bonded = chain.read(|| Models::is_bonded(NET, &miner.hotkey.id, &profile, Role::Serve));
	assert!(bonded);
}

#[test]
fn an_exchanged_hotkey_answers_for_its_former_name() {
	let (mut network, profile) = bonded();
	let (chain, miner) = (&mut network.chain, &network.miners[0]);
	let fresh = key("a fresh hotkey");
	let swap = |old: &Key, new: &Key| -> RuntimeCall {
		pallet_key_swap::Call::swap_hotkey {
			old: old.id.clone(),
			new: new.id.clone(),
			netuid: None,
		}
		.into()
	};
	chain.write(|| Models::freeze(NET, &miner.hotkey.id)).unwrap();
	let accused = chain.fails(&miner.coldkey, swap(&miner.hotkey, &fresh));
	assert_eq!(accused, Error::Frozen.into());
	chain.write(|| Models::unfreeze(NET, &miner.hotkey.id));
	chain.ok(&miner.coldkey, swap(&miner.hotkey, &fresh));
	for name in [&miner.hotkey, &fresh] {
		assert_eq!(bond(chain, name, Role::Serve), 10 * GNG);
		assert!(chain.read(|| Models::is_bonded(NET, &name.id, &profile, Role::Serve)));
	}
	let taken = chain.write(|| Models::slash_bond(NET, &miner.hotkey.id, Role::Serve, GNG, None));
	assert_eq!(taken.total(), GNG);
	chain.empty(6);
	let again = chain.fails(&miner.coldkey, swap(&fresh, &key("another")));
	assert_eq!(again, Error::ExchangedRecently.into());
}

#[test]
fn profiles_and_bonds_follow_a_swapped_coldkey() {
	let (mut network, profile) = bonded();
	let (chain, owner) = (&mut network.chain, &network.owner);
	let safe = key("Ferdie");
	let fresh = key("a safe coldkey");
	chain.ok(&safe, calls::transfer(&fresh, GNG));
	let new_hash = sp_core::H256(codec::Encode::using_encoded(&fresh.id, sp_io::hashing::blake2_256));
	chain.ok(
		&owner.coldkey,
		pallet_key_swap::Call::announce_coldkey_swap { new_hash }.into(),
	);
	let guarded = chain.read(|| {
		let origin = ganglion_runtime::RuntimeOrigin::signed(owner.coldkey.id.clone());
		Models::register(origin, Box::new(spec(2)), Models::details(0).unwrap().terms)
	});
	assert_eq!(guarded, Err(Error::ColdkeyGuarded.into()));
	chain.empty(20);
	let (coldkey, new) = (owner.coldkey.id.clone(), fresh.id.clone());
	chain.ok(&safe, pallet_key_swap::Call::swap_coldkey { coldkey, new }.into());
	chain.empty(3);
	assert_eq!(chain.read(|| Models::details(0)).unwrap().owner, fresh.id);
	let in_use = chain.fails(&fresh, Call::remove { profile }.into());
	assert_eq!(in_use, Error::ProfileInUse.into());
}

#[test]
fn a_dissolved_subnet_releases_every_bond() {
	let (mut network, profile) = bonded();
	let (chain, miner) = (&mut network.chain, &network.miners[0]);
	chain.ok(
		&network.validator.coldkey,
		declare(&network.validator, profile, Role::Audit, 50 * GNG),
	);
	let auditors = chain.read(|| Models::auditors(NET, &profile));
	assert_eq!(auditors, [network.validator.hotkey.id.clone()]);
	chain.root(calls::dissolve(NET));
	chain.empty(5);
	let columns: DeclarationColumns<AccountId> = chain.ask("ModelsApi_declarations", NET);
	assert!(columns.hotkeys.is_empty());
	chain.ok(&miner.coldkey, calls::remove_stake(NET, &miner.hotkey, 20 * GNG));
	chain.ok(&network.owner.coldkey, Call::remove { profile }.into());
}

/// Whoever loses his slot stays bonded, and can retire.
#[test]
fn a_lost_slot_does_not_release_a_bond() {
	let (mut network, profile) = bonded();
	let (chain, miner) = (&mut network.chain, &network.miners[0]);
	chain.root(calls::set_hyperparameters(
		NET,
		&[
			Hyperparameter::MaxAllowedUids(4),
			Hyperparameter::MinNonImmuneUids(0),
			Hyperparameter::ImmunityPeriod(0),
		],
	));
	// The network's four are replaced one by one; the owner's hotkey stays.
	for name in ["Dave", "Alice", "Dave//1", "Alice//1", "Dave//2"] {
		let (coldkey, hotkey) = (key("Dave"), key(&format!("hotkey of {name}")));
		chain.ok(&coldkey, calls::register(NET, &hotkey));
	}
	let lost = chain.read(|| {
		use ganglion_traits::NeuronInspect;
		ganglion_runtime::Neurons::uid(NET, &miner.hotkey.id).is_none()
	});
	assert!(lost);
	assert_eq!(bond(chain, &miner.hotkey, Role::Serve), 10 * GNG);
	let again = chain.fails(&miner.coldkey, declare(miner, profile, Role::Serve, 10 * GNG));
	assert_eq!(again, Error::NotRegistered.into());
	chain.ok(&miner.coldkey, retire(miner, profile, Role::Serve));
}
