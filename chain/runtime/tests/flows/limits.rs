//! What a block can bear: the hooks' worst case leaves room for transactions, and epochs that do not fit wait.

use crate::common::{
	calls,
	network::{create, player},
	Chain,
};
use frame_support::{dispatch::DispatchClass, traits::Get, weights::Weight};
use ganglion_primitives::{Hyperparameter, NetUid};
use ganglion_runtime::{
	parameters::{MaxEpochsPerBlock, MaxSubnets},
	Emissions, Runtime, RuntimeOrigin, Subnets, System,
};
use ganglion_traits::{EpochControl, EpochInspect};
use pallet_audits::WeightInfo as _;
use pallet_emissions::WeightInfo;

type AuditsWeight = <Runtime as pallet_audits::Config>::WeightInfo;
type HookWeight = <Runtime as pallet_emissions::Config>::WeightInfo;
type Blocks = <Runtime as frame_system::Config>::BlockWeights;

/// Weight of the hooks with as many subnets as can be, and as much of epochs and of a dissolution as one block takes.
fn worst_case() -> Weight {
	let subnets = MaxSubnets::get().into();
	let dissolution = <Runtime as pallet_subnets::Config>::DissolveBudget::get();
	HookWeight::on_initialize(subnets)
		.saturating_add(epochs_limit())
		.saturating_add(dissolution)
}

fn epochs_limit() -> Weight {
	<Runtime as pallet_emissions::Config>::MaxEpochWeight::get()
}

/// An epoch of the default size, every permit's holder and the owner weighing every slot.
fn default_epoch() -> Weight {
	HookWeight::epoch(256, 65, 65 * 256)
}

#[test]
fn the_worst_epoch_block_has_room_for_transactions() {
	for (name, mut chain) in [("development", Chain::development()), ("testnet", Chain::testnet())] {
		let (hooks, limit) = chain.read(|| {
			(
				worst_case(),
				<Blocks as Get<frame_system::limits::BlockWeights>>::get().max_block,
			)
		});
		let room = limit
			.checked_sub(&hooks)
			.unwrap_or_else(|| panic!("{name}: {hooks} of {limit}"));
		// A quarter of a block is some thousand transfers.
		assert!(room.ref_time() >= limit.ref_time() / 4, "{name}: {hooks} of {limit}");
	}
}

#[test]
fn as_many_epochs_of_the_default_size_run_as_the_preset_says() {
	for (name, mut chain) in [("development", Chain::development()), ("testnet", Chain::testnet())] {
		let (all, limit) = chain.read(|| {
			let all = default_epoch().saturating_mul(MaxEpochsPerBlock::get().into());
			(all, epochs_limit())
		});
		assert!(all.all_lte(limit), "{name}: {all} of {limit}");
	}
}

#[test]
fn no_size_that_can_be_set_has_an_epoch_beyond_the_limit() {
	let mut chain = Chain::development();
	let netuid = create(&mut chain, &player("Eve"));
	let mut set = |uids, validators| {
		chain.write(|| {
			let changes = vec![
				Hyperparameter::MaxAllowedUids(uids),
				Hyperparameter::MaxAllowedValidators(validators),
			];
			let result = Subnets::set_hyperparameters(RuntimeOrigin::root(), netuid, changes.try_into().unwrap());
			let rows = (u32::from(validators) + 1).min(uids.into());
			let epoch = HookWeight::epoch(uids.into(), rows, rows * u32::from(uids));
			assert_eq!(result.is_ok(), epoch.all_lte(epochs_limit()), "{uids} {validators}");
			result.is_ok()
		})
	};
	assert!(set(256, 64) && set(256, 256) && set(1_024, 64));
	assert!(!set(4_096, 4_096));
	for uids in (64..=4_096).step_by(61) {
		for validators in [1, 64, 128, 512, 4_096] {
			set(uids, validators);
		}
	}
}

#[test]
fn a_block_registers_the_weight_of_its_epochs() {
	let mut chain = Chain::development();
	create(&mut chain, &player("Eve"));
	let weight = |chain: &mut Chain| chain.read(|| *System::block_weight().get(DispatchClass::Mandatory));
	// In the first one the shares are read anew.
	chain.empty(2);
	let without = weight(&mut chain);
	crate::common::network::next_epoch(&mut chain, NetUid(1));
	let with = weight(&mut chain);
	// Audits note when it began.
	let noting = AuditsWeight::on_initialize(0, 1).saturating_sub(AuditsWeight::on_initialize(0, 0));
	assert_eq!(
		with.saturating_sub(without),
		HookWeight::epoch(1, 0, 0).saturating_add(noting)
	);
}

#[test]
fn epochs_beyond_the_limit_run_in_the_next_block() {
	let mut chain = Chain::development();
	let owners = ["Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie"].map(player);
	let netuids: Vec<NetUid> = owners.iter().map(|owner| create(&mut chain, owner)).collect();
	for netuid in &netuids {
		chain.root(calls::set_hyperparameters(*netuid, &[Hyperparameter::Tempo(50)]));
	}
	let limit = chain.read(MaxEpochsPerBlock::get) as usize;
	assert_eq!(limit, 4);
	// All due at once.
	let due = chain.height() + 2;
	let before = chain.write(|| {
		netuids
			.iter()
			.for_each(|netuid| Emissions::trigger(*netuid, due).unwrap());
		netuids
			.iter()
			.map(|netuid| Emissions::epoch(*netuid))
			.collect::<Vec<_>>()
	});
	let done = |chain: &mut Chain| {
		chain.read(|| {
			netuids
				.iter()
				.zip(&before)
				.map(|(netuid, before)| Emissions::epoch(*netuid) - before)
				.collect::<Vec<_>>()
		})
	};
	chain.empty(1);
	assert_eq!(done(&mut chain), [0; 6]);
	chain.empty(1);
	assert_eq!(done(&mut chain), [1, 1, 1, 1, 0, 0]);
	chain.empty(1);
	assert_eq!(done(&mut chain), [1; 6]);
	chain.empty(48);
	assert_eq!(done(&mut chain), [1; 6]);
	// The next ones are due together again: those that waited have not moved.
	chain.empty(1);
	assert_eq!(done(&mut chain), [2, 2, 2, 2, 1, 1]);
}
