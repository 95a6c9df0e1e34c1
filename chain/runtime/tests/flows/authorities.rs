//! Authorities change and rotate their keys; headers tell the hosts so.

use crate::common::{key, preset, Chain, Key};
use codec::{Decode, Encode};
use frame_support::traits::fungible::InspectHold;
use ganglion_primitives::GNG;
use ganglion_runtime::{opaque::SessionKeys, AccountId, Balances, Runtime, RuntimeCall};
use sp_consensus_aura::sr25519::AuthorityId as AuraId;
use sp_consensus_grandpa::{ConsensusLog, GRANDPA_ENGINE_ID};
use sp_core::{ed25519, proof_of_possession::statement_of_ownership, sr25519, Pair};
use sp_keyring::Sr25519Keyring;
use sp_runtime::{BoundedVec, DispatchError};

/// Blocks of a session of the preset `local`.
const SESSION: u32 = 10;

fn local() -> Chain {
	Chain::new(preset("local"))
}

fn set(accounts: &[AccountId]) -> RuntimeCall {
	let accounts = BoundedVec::truncate_from(accounts.to_vec());
	pallet_authorities::Call::set { accounts }.into()
}

fn accounts(names: &[Sr25519Keyring]) -> Vec<AccountId> {
	names.iter().map(|name| name.to_account_id()).collect()
}

/// New keys of an account, with the proof that it holds them.
fn set_keys(owner: &Key, seed: u8) -> (SessionKeys, RuntimeCall) {
	let (aura, grandpa) = (
		sr25519::Pair::from_seed(&[seed; 32]),
		ed25519::Pair::from_seed(&[seed; 32]),
	);
	let keys = SessionKeys {
		aura: aura.public().into(),
		grandpa: grandpa.public().into(),
	};
	let statement = statement_of_ownership(&owner.id.encode());
	let proof = (aura.sign(&statement), grandpa.sign(&statement)).encode();
	let call = pallet_session::Call::set_keys {
		keys: keys.clone(),
		proof,
	};
	(keys, call.into())
}

/// Make blocks up to a session's first one; answers whom GRANDPA hands over to in its header.
fn end_session(chain: &mut Chain) -> Option<usize> {
	chain.empty(SESSION - chain.height() % SESSION);
	let log = chain
		.head()
		.digest
		.logs()
		.iter()
		.find_map(|log| log.as_consensus().filter(|(id, _)| *id == GRANDPA_ENGINE_ID));
	log.map(
		|(_, mut message)| match ConsensusLog::<u32>::decode(&mut message).unwrap() {
			ConsensusLog::ScheduledChange(change) => change.next_authorities.len(),
			other => panic!("{other:?}"),
		},
	)
}

fn working(chain: &mut Chain) -> Vec<AuraId> {
	chain.ask("AuraApi_authorities", ())
}

#[test]
fn a_dead_authority_is_removed_and_its_slots_go_to_the_others() {
	use Sr25519Keyring::{Alice, Bob, Charlie, Dave};
	let mut chain = local();
	let all = working(&mut chain);
	assert_eq!(all, [Alice, Bob, Charlie, Dave].map(|name| name.public().into()));
	chain.root(set(&accounts(&[Alice, Bob, Dave])));
	assert_eq!((end_session(&mut chain), working(&mut chain).len()), (None, 4));
	assert_eq!(end_session(&mut chain), Some(3), "the header tells every host");
	assert_eq!(working(&mut chain), [all[0].clone(), all[1].clone(), all[3].clone()]);
	assert_eq!(end_session(&mut chain), None, "once");
}

#[test]
fn an_authority_rotates_its_keys() {
	let (mut chain, bob) = (local(), key("Bob"));
	let (keys, call) = set_keys(&bob, 7);
	chain.ok(&bob, call);
	assert_eq!(end_session(&mut chain), None);
	assert_eq!(end_session(&mut chain), Some(4));
	assert_eq!(working(&mut chain)[1], keys.aura);
}

#[test]
fn keys_need_the_proof_of_their_holder_for_this_very_account() {
	let mut chain = local();
	let (_, of_bob) = set_keys(&key("Bob"), 7);
	let invalid = pallet_session::Error::<Runtime>::InvalidProof;
	assert_eq!(chain.fails(&key("Eve"), of_bob), invalid.into());
}

#[test]
fn whoever_registers_keys_leaves_a_deposit_until_he_takes_them_back() {
	let (mut chain, eve) = (local(), key("Eve"));
	let held = |chain: &mut Chain| chain.read(|| Balances::total_balance_on_hold(&key("Eve").id));
	let (_, call) = set_keys(&eve, 9);
	chain.ok(&eve, call);
	assert_eq!(held(&mut chain), GNG);
	chain.ok(&eve, pallet_session::Call::purge_keys {}.into());
	assert_eq!(held(&mut chain), 0);
}

#[test]
fn only_root_names_authorities() {
	let mut chain = local();
	assert_eq!(
		chain.fails(&key("Bob"), set(&accounts(&[Sr25519Keyring::Bob]))),
		DispatchError::BadOrigin
	);
}

#[test]
fn when_all_give_up_their_keys_the_chain_goes_on_with_the_old_ones() {
	let mut chain = local();
	for name in ["Alice", "Bob", "Charlie", "Dave"] {
		chain.ok(&key(name), pallet_session::Call::purge_keys {}.into());
	}
	(0..3).for_each(|_| assert_eq!(end_session(&mut chain), None));
	assert_eq!(working(&mut chain).len(), 4);
	let (_, call) = set_keys(&key("Eve"), 9);
	chain.ok(&key("Eve"), call);
	chain.root(set(&[key("Eve").id]));
	end_session(&mut chain);
	assert_eq!(end_session(&mut chain), Some(1), "root names whoever has keys");
}

#[test]
fn the_last_of_the_list_leaves_by_giving_up_its_keys() {
	let mut chain = local();
	chain.ok(&key("Dave"), pallet_session::Call::purge_keys {}.into());
	assert_eq!(end_session(&mut chain), None);
	assert_eq!(end_session(&mut chain), Some(3));
	assert_eq!(working(&mut chain).len(), 3);
}
