//! Every preset builds; only development presets have keys that everybody knows, and Sudo.

use crate::common::{
	calls::{self, sudo, transfer},
	configuration, genesis_state, key, merged,
	network::NET,
	preset, Chain,
};
use frame_metadata::{RuntimeMetadata, RuntimeMetadataPrefixed};
use ganglion_primitives::{Hyperparameters, GNG};
use ganglion_runtime::{parameters, AccountId, Balance, Balances, Runtime, RuntimeCall, RuntimeEvent, Subnets};
use serde_json::json;
use sp_keyring::Sr25519Keyring;
use sp_runtime::DispatchError;

#[test]
fn every_preset_builds() {
	let names: Vec<String> = Chain::development().ask("GenesisBuilder_preset_names", ());
	assert_eq!(names, ["development", "local", "testnet"]);
	let authorities = names.iter().map(|name| {
		let mut state = genesis_state(&preset(name));
		state.execute_with(|| pallet_aura::Authorities::<Runtime>::get().len())
	});
	assert_eq!(
		authorities.collect::<Vec<_>>(),
		[1, 4, 0],
		"testnet is a base, completed by a chain specification"
	);
	for mut chain in [Chain::development(), Chain::new(preset("local")), Chain::testnet()] {
		chain.empty(2);
	}
}

#[test]
fn parameters_are_those_of_the_design() {
	let read = |chain: &mut Chain| {
		chain.read(|| {
			let money = [
				parameters::ExistentialDeposit::get(),
				parameters::MinLock::get(),
				parameters::InitialRegistrationPrice::get(),
			];
			let proportions = [parameters::OwnerCut::get(), parameters::MaxTake::get()];
			(
				parameters::SlotDuration::get(),
				money,
				proportions,
				parameters::UnbondingEpochs::get(),
			)
		})
	};
	let hyperparameters = |chain: &mut Chain| {
		let h: Hyperparameters = chain.read(pallet_subnets::DefaultHyperparameters::<Runtime>::get);
		let uids = (h.max_allowed_uids, h.max_allowed_validators);
		(
			(h.tempo, h.weights_rate_limit, h.immunity_period),
			(h.commit_reveal_on, h.reveal_period_epochs),
			h.registration_price_min,
			uids,
		)
	};
	let (mut development, mut testnet) = (Chain::development(), Chain::testnet());
	assert_eq!(
		read(&mut development),
		(1_000, [1_000, 10 * GNG, GNG / 10], [11_796; 2], 2)
	);
	assert_eq!(read(&mut testnet), (6_000, [1_000, 1_000 * GNG, GNG], [11_796; 2], 20));
	assert_eq!(
		hyperparameters(&mut development),
		((10, 5, 50), (true, 1), GNG / 10, (256, 64))
	);
	assert_eq!(
		hyperparameters(&mut testnet),
		((360, 100, 5_000), (true, 1), GNG, (256, 64))
	);
	let reward = |chain: &mut Chain| {
		chain.read(<<Runtime as pallet_emissions::Config>::BlockReward as frame_support::traits::Get<Balance>>::get)
	};
	assert_eq!((reward(&mut development), reward(&mut testnet)), (GNG / 12, GNG / 2));
}

#[test]
fn testnet_knows_nobody() {
	let patch = configuration(Some("testnet"));
	let named: Vec<&str> = patch.as_object().unwrap().keys().map(String::as_str).collect();
	assert_eq!(
		named,
		["parameters", "subnets"],
		"no balances, no authorities, no Sudo key"
	);
	let mut state = genesis_state(&preset("testnet"));
	let issued = state.execute_with(Balances::total_issuance);
	assert_eq!(issued, 1_000, "the staking account's existential deposit");
	let known: Vec<AccountId> = Sr25519Keyring::iter().map(|key| key.to_account_id()).collect();
	let present = state.execute_with(|| known.iter().any(frame_system::Account::<Runtime>::contains_key));
	assert!(!present);
	assert_eq!(state.execute_with(pallet_sudo::Key::<Runtime>::get), None);
}

#[test]
fn without_a_key_sudos_calls_are_filtered() {
	let filtered: DispatchError = frame_system::Error::<Runtime>::CallFiltered.into();
	let mut chain = Chain::testnet();
	let alice = key("Alice");
	let remark = || -> RuntimeCall { frame_system::Call::remark { remark: vec![] }.into() };
	let set_key = || -> RuntimeCall {
		pallet_sudo::Call::set_key {
			new: alice.id.clone().into(),
		}
		.into()
	};
	for call in [sudo(remark()), set_key(), pallet_sudo::Call::remove_key {}.into()] {
		assert_eq!(chain.fails(&alice, call), filtered);
	}
	// Nor does it help to hide one in another call.
	let calls = vec![set_key()];
	chain.ok(&alice, pallet_utility::Call::batch { calls }.into());
	let interrupted = |event: &RuntimeEvent| matches!(event, RuntimeEvent::Utility(pallet_utility::Event::BatchInterrupted { error, .. }) if *error == filtered);
	assert!(chain.events().iter().any(interrupted), "{:?}", chain.events());
	assert_eq!(chain.read(pallet_sudo::Key::<Runtime>::get), None);
	// Everything else works.
	chain.ok(&alice, transfer(&key("Bob"), GNG));
	assert_eq!(chain.fails(&alice, calls::activate(NET)), DispatchError::BadOrigin);
}

#[test]
fn with_a_key_its_holder_alone_is_root() {
	let mut chain = Chain::development();
	let require = pallet_sudo::Error::<Runtime>::RequireSudo;
	assert_eq!(chain.fails(&key("Bob"), sudo(calls::activate(NET))), require.into());
	chain.ok(&key("Eve"), calls::create(&key("Eve's hotkey")));
	chain.root(calls::activate(NET));
	// The holder can give it up for ever.
	chain.ok(&key("Alice"), pallet_sudo::Call::remove_key {}.into());
	let filtered = frame_system::Error::<Runtime>::CallFiltered;
	assert_eq!(
		chain.fails(&key("Alice"), sudo(calls::deactivate(NET))),
		filtered.into()
	);
}

#[test]
fn a_testnet_runs_on_prices_of_its_own() {
	let mut chain = Chain::testnet();
	let treasurer = key("treasurer");
	assert_eq!(chain.read(Subnets::lock_price), 1_000 * GNG);
	chain.ok(&treasurer, calls::create(&key("a hotkey")));
	assert!(chain.read(Subnets::lock_price) > 1_999 * GNG);
	let price: Option<u64> = chain.ask("SubnetsApi_registration_price", NET);
	assert_eq!(price, Some(GNG as u64), "it falls no lower");
}

#[test]
fn a_genesis_that_begins_paused_or_could_pause_for_longer_than_a_day_is_refused() {
	for patch in [
		json!({ "safeMode": { "enteredUntil": 100 } }),
		json!({ "parameters": { "maxPause": 86_401 } }),
		json!({ "parameters": { "councilTerm": 10 } }),
	] {
		let genesis = merged(preset("development"), patch);
		let shown = genesis.to_string();
		let build = move || drop(genesis_state(&genesis));
		assert!(std::panic::catch_unwind(build).is_err(), "{shown}");
	}
}

#[test]
fn a_genesis_with_an_unusable_parameter_is_refused() {
	for (name, value) in [("slotDuration", 99), ("existentialDeposit", 0)] {
		let genesis = merged(preset("development"), json!({ "parameters": { name: value } }));
		let build = move || drop(genesis_state(&genesis));
		assert!(std::panic::catch_unwind(build).is_err(), "{name}");
	}
}

/// Where a challenger risks more than what the least accused can lose, nobody accuses it.
#[test]
fn a_genesis_where_accusing_does_not_pay_is_refused() {
	for (preset_of, parameters) in [
		("testnet", json!({ "challengerBond": 11 * GNG as u64 })),
		("testnet", json!({ "minServeBond": 9 * GNG as u64 })),
		("testnet", json!({ "minAuditBond": 9 * GNG as u64 })),
		("development", json!({ "disputePart": 16_000 })),
	] {
		let genesis = merged(preset(preset_of), json!({ "parameters": parameters }));
		let build = move || drop(genesis_state(&genesis));
		assert!(std::panic::catch_unwind(build).is_err(), "{parameters}");
	}
}

/// Constants are storage here: clients read this chain's own from the metadata that this chain gives them.
#[test]
fn metadata_has_the_presets_constants() {
	let constant = |chain: &mut Chain, pallet: &str, name: &str| {
		let RuntimeMetadataPrefixed(_, metadata) = chain.read(Runtime::metadata);
		let RuntimeMetadata::V14(metadata) = metadata else {
			panic!("not version 14")
		};
		let pallet = metadata.pallets.into_iter().find(|found| found.name == pallet).unwrap();
		pallet
			.constants
			.into_iter()
			.find(|found| found.name == name)
			.unwrap()
			.value
	};
	use codec::Encode;
	let (mut development, mut testnet) = (Chain::development(), Chain::testnet());
	for (pallet, name, of_development, of_testnet) in [
		("Balances", "ExistentialDeposit", 1_000u128.encode(), 1_000u128.encode()),
		("Subnets", "MinLock", (10 * GNG).encode(), (1_000 * GNG).encode()),
		("Staking", "UnbondingEpochs", 2u32.encode(), 20u32.encode()),
		("Emissions", "BlockReward", (GNG / 12).encode(), (GNG / 2).encode()),
		("Aura", "SlotDuration", 1_000u64.encode(), 6_000u64.encode()),
		("Timestamp", "MinimumPeriod", 500u64.encode(), 3_000u64.encode()),
	] {
		assert_eq!(
			constant(&mut development, pallet, name),
			of_development,
			"{pallet}.{name}"
		);
		assert_eq!(constant(&mut testnet, pallet, name), of_testnet, "{pallet}.{name}");
	}
}
