//! Upgrades: states that released runtimes left are taken over by this one, every pallet's checks included.
//!
//! `chain/artifacts/releases` holds one file for each release, `<spec version>.state`: the state of a lively chain, as
//! `ganglion-fuzz --export` writes it when a runtime is released. There is no release older than this runtime yet; what a test can
//! show before is that the way is open: a lively state of this runtime goes through the same steps and comes out as it went in.

use crate::common::{
	calls::row,
	key,
	network::{next_epoch, Network, NET},
	Chain,
};
use frame_support::{
	storage::StoragePrefixedMap,
	traits::{GetStorageVersion, PalletInfoAccess, StorageVersion},
};
use frame_system::LastRuntimeUpgrade;
use frame_try_runtime::UpgradeCheckSelect;
use ganglion_primitives::GNG;
use ganglion_runtime::{
	configs::RuntimeBlockWeights, Authorities, Commitments, Delegation, Emissions, Executive, Governance, KeySwap,
	Models, Neurons, RootVote, Runtime, Staking, Subnets, System, Weights, VERSION,
};
use sp_io::hashing::twox_128;
use std::{
	collections::{BTreeMap, BTreeSet},
	fs,
	path::PathBuf,
};

/// A chain with weights, stake that unbonds, an open commitment and several epochs behind it.
fn lively() -> Chain {
	let mut network = Network::new();
	let validator = network.validator.clone();
	network.weigh(&validator, &row(NET, &[(2, 3), (3, 1)], 7));
	let (chain, hotkey) = (&mut network.chain, &validator.hotkey);
	chain.ok(&validator.coldkey, crate::common::calls::remove_stake(NET, hotkey, GNG));
	next_epoch(chain, NET);
	chain.ok(hotkey, crate::common::calls::commit(NET, Default::default()));
	network.chain
}

/// States of released runtimes, with their names.
fn released() -> Vec<(String, Vec<u8>)> {
	let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../artifacts/releases");
	let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
	let paths = files.map(|file| file.unwrap().path());
	let states = paths.filter(|path| path.extension().is_some_and(|ending| ending == "state"));
	states
		.map(|path| (path.display().to_string(), fs::read(&path).unwrap()))
		.collect()
}

/// Run the migrations with the checks before and after them and every pallet's invariants; answers how heavy they were.
fn upgrade(chain: &mut Chain) -> sp_runtime::Weight {
	chain.write(|| Executive::try_runtime_upgrade(UpgradeCheckSelect::All).unwrap())
}

/// What the pallets keep: all but System's own records of blocks, whose headers tell of an upgrade.
fn contents(chain: &mut Chain) -> Contents {
	let (system, accounts) = (twox_128(b"System"), frame_system::Account::<Runtime>::final_prefix());
	let items = chain.items().into_iter();
	items
		.filter(|(key, _)| !key.starts_with(&system) || key.starts_with(&accounts))
		.collect()
}

type Contents = BTreeMap<Vec<u8>, Vec<u8>>;

/// Keys whose values differ; short, because states are long.
fn differing(a: &Contents, b: &Contents) -> Vec<String> {
	let keys: BTreeSet<&Vec<u8>> = a.keys().chain(b.keys()).collect();
	let changed = keys.into_iter().filter(|key| a.get(*key) != b.get(*key));
	changed
		.map(|key| format!("{:?}", sp_core::bytes::to_hex(key, false)))
		.collect()
}

/// As if the last block had been made by an older runtime.
fn age(chain: &mut Chain) {
	chain.write(|| {
		LastRuntimeUpgrade::<Runtime>::mutate(|last| {
			last.as_mut().unwrap().spec_version = codec::Compact(VERSION.spec_version - 1);
		});
	});
}

#[test]
fn states_of_released_runtimes_are_taken_over() {
	let released = released();
	if released.is_empty() {
		println!("no runtime was released before this one: nothing older to upgrade from");
		assert_eq!(
			VERSION.spec_version, 1,
			"a later version has an earlier one: keep its state in artifacts/releases"
		);
	}
	for (name, state) in released {
		println!("{name}");
		let mut chain = Chain::resume(&state);
		let weight = upgrade(&mut chain);
		let most = RuntimeBlockWeights::get().max_block;
		assert!(
			weight.all_lte(most),
			"{name}: the migrations take {weight:?}, a block {most:?}"
		);
		// On whole blocks, as on a network.
		let mut chain = Chain::resume(&state);
		chain.empty(50);
		chain.ok(&key("Alice"), crate::common::calls::transfer(&key("Bob"), GNG));
	}
}

#[test]
fn a_lively_state_survives_an_upgrade_that_changes_nothing() {
	let exported = lively().export();
	let mut chain = Chain::resume(&exported);
	let before = contents(&mut chain);
	assert!(before.len() > 100, "{}", before.len());
	age(&mut chain);
	upgrade(&mut chain);
	assert_eq!(differing(&contents(&mut chain), &before), Vec::<String>::new());
}

#[test]
fn a_chain_goes_on_over_an_upgrade() {
	let exported = lively().export();
	let (mut same, mut upgraded) = (Chain::resume(&exported), Chain::resume(&exported));
	age(&mut upgraded);
	for chain in [&mut same, &mut upgraded] {
		next_epoch(chain, NET);
		chain.ok(&key("Alice"), crate::common::calls::transfer(&key("Bob"), GNG));
	}
	let version = upgraded.read(|| LastRuntimeUpgrade::<Runtime>::get().unwrap().spec_version.0);
	assert_eq!(version, VERSION.spec_version);
	let (a, b) = (contents(&mut upgraded), contents(&mut same));
	assert_eq!(differing(&a, &b), Vec::<String>::new());
	assert!(a.len() > 100);
}

/// A migration can only be skipped or run twice where the state does not tell which layout it has.
#[test]
fn every_pallet_of_ours_stores_its_version() {
	fn check<Pallet: GetStorageVersion<InCodeStorageVersion = StorageVersion> + PalletInfoAccess>() {
		let (code, stored) = (Pallet::in_code_storage_version(), Pallet::on_chain_storage_version());
		assert_eq!(stored, code, "{}", Pallet::name());
		assert!(code >= StorageVersion::new(1), "{}", Pallet::name());
	}
	Chain::development().read(|| {
		check::<Subnets>();
		check::<Neurons>();
		check::<Staking>();
		check::<Weights>();
		check::<Emissions>();
		check::<Authorities>();
		check::<Delegation>();
		check::<KeySwap>();
		check::<Commitments>();
		check::<Governance>();
		check::<RootVote>();
		check::<Models>();
		assert!(System::block_number() > 0);
	});
}
