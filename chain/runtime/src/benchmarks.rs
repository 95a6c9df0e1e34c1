//! Which pallets are benchmarked on this runtime, and the states that Ganglion's benchmarks start from. Exists only with
//! the feature `runtime-benchmarks`.

#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_used)] // A failed set-up must panic.

use crate::{AccountId, Balance, Balances, Emissions, Neurons, Runtime, RuntimeOrigin, Staking, System};
use alloc::vec::Vec;
use frame_benchmarking::account;
use frame_support::{traits::fungible::Mutate, BoundedVec};
use ganglion_primitives::{EpochIndex, Evidence, Hyperparameters, MechanismId, NetUid, Uid, GNG, SUPPLY_CAP};
use ganglion_traits::{HotkeyInspect, OnSubnetCreated};
use pallet_models::MAX_DECLARATIONS;

pub mod audits;
pub mod bonded;
pub mod delegation;
pub mod disputes;
pub mod governance;
pub mod keys;
pub mod models;
pub mod receipts;
pub mod root_vote;

frame_benchmarking::define_benchmarks!(
	[frame_system, frame_system_benchmarking::Pallet::<Runtime>]
	[frame_system_extensions, frame_system_benchmarking::extensions::Pallet::<Runtime>]
	[pallet_balances, Balances]
	[pallet_grandpa, Grandpa]
	[pallet_multisig, Multisig]
	[pallet_proxy, Proxy]
	[pallet_sudo, Sudo]
	[pallet_timestamp, Timestamp]
	[pallet_transaction_payment, TransactionPayment]
	[pallet_utility, Utility]
	[pallet_subnets, Subnets]
	[pallet_neurons, Neurons]
	[pallet_staking, Staking]
	[pallet_weights, Weights]
	[pallet_emissions, Emissions]
	[pallet_authorities, Authorities]
	[pallet_key_swap, crate::benchmarks::keys::swap::Pallet::<Runtime>]
	[pallet_delegation, crate::benchmarks::delegation::Pallet::<Runtime>]
	[pallet_governance, crate::benchmarks::governance::Pallet::<Runtime>]
	[pallet_commitments, crate::benchmarks::keys::commitments::Pallet::<Runtime>]
	[pallet_root_vote, crate::benchmarks::root_vote::Pallet::<Runtime>]
	[pallet_models, crate::benchmarks::models::Pallet::<Runtime>]
	[pallet_receipts, crate::benchmarks::receipts::Pallet::<Runtime>]
	[pallet_audits, crate::benchmarks::audits::Pallet::<Runtime>]
	[pallet_disputes, crate::benchmarks::disputes::Pallet::<Runtime>]
);

impl frame_system_benchmarking::Config for Runtime {}
impl pallet_transaction_payment::BenchmarkConfig for Runtime {}

const MECHANISM: MechanismId = MechanismId(0);
/// Block in which neurons were registered.
const REGISTERED: u32 = 0;
/// Block of the benchmark.
const NOW: u32 = 1_000;

/// Makes the states: one for all pallets, because each needs the others'.
pub struct Scene;

impl Scene {
	/// A subnet with these hyperparameters and no slots.
	fn subnet(netuid: NetUid, owner: AccountId, owner_hotkey: AccountId, hyperparameters: Hyperparameters) {
		let info = pallet_subnets::SubnetInfo {
			owner,
			owner_hotkey,
			started: true,
			activated: true,
			created_at: REGISTERED,
			lock: 0,
		};
		pallet_subnets::Subnets::<Runtime>::insert(netuid, info);
		pallet_subnets::HyperparametersOf::<Runtime>::insert(netuid, hyperparameters);
		pallet_subnets::NextNetUid::<Runtime>::mutate(|next| *next = (*next).max(NetUid(netuid.0 + 1)));
	}

	/// Its epoch clock and its owner's slot.
	fn open(netuid: NetUid, owner: &AccountId, owner_hotkey: &AccountId) {
		Emissions::on_subnet_created(netuid, owner, owner_hotkey).unwrap();
		Neurons::on_subnet_created(netuid, owner, owner_hotkey).unwrap();
	}

	/// A subnet with `slots` neurons, each with a coldkey of its own; the first is the owner's. Returns their keys.
	fn populated(netuid: NetUid, slots: u32, hyperparameters: Hyperparameters) -> Vec<(AccountId, AccountId)> {
		let keys: Vec<(AccountId, AccountId)> = (0..slots)
			.map(|uid| {
				(
					account("hotkey", uid, netuid.0.into()),
					account("coldkey", uid, netuid.0.into()),
				)
			})
			.collect();
		let (hotkey, coldkey) = &keys[0];
		Self::subnet(netuid, coldkey.clone(), hotkey.clone(), hyperparameters);
		System::set_block_number(REGISTERED);
		Self::open(netuid, coldkey, hotkey);
		for (hotkey, coldkey) in &keys[1..] {
			Balances::set_balance(coldkey, 1_000 * GNG);
			let origin = RuntimeOrigin::signed(coldkey.clone());
			Neurons::register(origin, netuid, hotkey.clone(), SUPPLY_CAP).unwrap();
		}
		keys
	}

	fn stake(netuid: NetUid, hotkey: &AccountId, coldkey: &AccountId, amount: Balance) {
		Balances::set_balance(coldkey, amount * 2);
		Staking::add_stake(RuntimeOrigin::signed(coldkey.clone()), hotkey.clone(), netuid, amount).unwrap();
	}

	/// Weights of `uid` on all slots but its own.
	fn row(netuid: NetUid, uid: u16, slots: u16) {
		let entries = (0..slots).filter(|to| *to != uid).map(|to| (to, to + 1)).collect();
		let row = pallet_weights::Row {
			registered_at: REGISTERED,
			updated_at: NOW,
			entries: BoundedVec::truncate_from(entries),
		};
		let update = pallet_weights::Update {
			registered_at: REGISTERED,
			block: NOW,
			missed: 0,
			silent: 0,
		};
		pallet_weights::Mechanisms::<Runtime>::insert(netuid, 1);
		pallet_weights::Rows::<Runtime>::insert((netuid, MECHANISM), Uid(uid), row);
		pallet_weights::LastUpdate::<Runtime>::insert((netuid, MECHANISM), Uid(uid), update);
	}

	fn set_epoch(netuid: NetUid, epoch: EpochIndex) {
		let clock = pallet_emissions::Clock {
			epoch,
			last_block: System::block_number(),
			since: System::block_number(),
			due: u32::MAX,
			mechanisms: 1,
		};
		pallet_emissions::Clocks::<Runtime>::insert(netuid, clock);
	}
}

/// What every benchmark's subnet has: room, and registrations at no more than the least price.
fn hyperparameters() -> Hyperparameters {
	Hyperparameters {
		registration_price_max: 500_000,
		..Default::default()
	}
}

impl pallet_neurons::BenchmarkHelper<AccountId> for Scene {
	fn subnet(netuid: NetUid, max_allowed_uids: u16) {
		let hyperparameters = Hyperparameters {
			max_allowed_uids,
			bonds_reset_on: true,
			..Default::default()
		};
		let (owner, hotkey) = (account("owner", 0, 0), account("owner hotkey", 0, 0));
		Self::subnet(netuid, owner, hotkey, hyperparameters);
	}
}

impl pallet_staking::benchmarking::BenchmarkHelper<AccountId> for Scene {
	fn prepare(netuid: NetUid, hotkey: &AccountId, coldkey: &AccountId) {
		Self::subnet(netuid, coldkey.clone(), hotkey.clone(), hyperparameters());
		Self::open(netuid, coldkey, hotkey);
	}

	fn set_epoch(netuid: NetUid, epoch: EpochIndex) {
		Self::set_epoch(netuid, epoch);
	}
}

impl pallet_weights::BenchmarkHelper<AccountId> for Scene {
	fn validator(netuid: NetUid, neurons: u16, commit_reveal_on: bool) -> AccountId {
		let (now, clock) = (System::block_number(), Emissions::clock(netuid));
		let hyperparameters = Hyperparameters {
			commit_reveal_on,
			max_allowed_uids: neurons.max(256),
			..hyperparameters()
		};
		let keys = Self::populated(netuid, neurons.into(), hyperparameters);
		System::set_block_number(now);
		Self::set_epoch(netuid, clock.map_or(0, |clock| clock.epoch));
		let permit = pallet_emissions::Permit {
			uid: Uid(0),
			registered_at: REGISTERED,
		};
		pallet_emissions::Permits::<Runtime>::insert(netuid, BoundedVec::truncate_from(alloc::vec![permit]));
		keys[0].0.clone()
	}

	fn set_epoch(netuid: NetUid, epoch: EpochIndex) {
		Self::set_epoch(netuid, epoch);
	}

	/// Every row of another profile, each as large as it can be.
	fn with_evidence(netuid: NetUid, validator: &AccountId, rows: u32) -> Option<(Evidence, Vec<(u16, u16)>)> {
		pallet_subnets::HyperparametersOf::<Runtime>::mutate(netuid, |of| of.as_mut().unwrap().verdicts_on = true);
		for number in 0..rows.max(MAX_DECLARATIONS) {
			bonded::profile(number);
		}
		let coldkey = <Neurons as HotkeyInspect<AccountId>>::coldkey(validator).unwrap();
		bonded::slow();
		bonded::pool(netuid, validator, &coldkey, 20_000 * GNG, 1_000 * GNG);
		bonded::declare_all(netuid, validator, &coldkey);
		let evidence = bonded::evidence(rows);
		let entries = crate::Audits::weights_of(netuid, validator, &evidence.rows)
			.unwrap()
			.unwrap();
		Some((evidence, entries))
	}
}

impl pallet_emissions::benchmarking::BenchmarkHelper for Scene {
	fn prepare(netuid: NetUid, slots: u32, validators: u32) {
		let roomy = Hyperparameters {
			max_allowed_uids: slots as u16,
			max_allowed_validators: validators as u16,
			// The costliest rule.
			yuma3_on: false,
			..hyperparameters()
		};
		let keys = Self::populated(netuid, slots, roomy);
		System::set_block_number(NOW);
		for (uid, (hotkey, coldkey)) in (0..validators as u16).zip(&keys) {
			Self::stake(netuid, hotkey, coldkey, (100 + Balance::from(uid)) * GNG);
			Self::row(netuid, uid, slots as u16);
		}
	}

	fn create_subnets(count: u32) {
		for netuid in 1..=count as u16 {
			let (owner, hotkey): (AccountId, AccountId) = (
				account("owner", netuid.into(), 0),
				account("owner hotkey", netuid.into(), 0),
			);
			Self::subnet(NetUid(netuid), owner.clone(), hotkey.clone(), hyperparameters());
			Emissions::on_subnet_created(NetUid(netuid), &owner, &hotkey).unwrap();
		}
	}
}
