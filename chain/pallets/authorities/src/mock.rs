//! A runtime for tests, with the real pallet-session and a handler that remembers what it was told.
#![allow(missing_docs, clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

use crate as pallet_authorities;
use frame_support::{
	derive_impl, parameter_types,
	traits::{ConstU32, ConstU64, OnInitialize},
};
use frame_system::EnsureRoot;
use pallet_session::{PeriodicSessions, SessionHandler};
use sp_core::crypto::KeyTypeId;
use sp_io::TestExternalities;
use sp_runtime::{
	impl_opaque_keys,
	testing::UintAuthorityId,
	traits::{ConvertInto, OpaqueKeys},
	BuildStorage, RuntimeAppPublic,
};

/// Blocks of a session.
pub const SESSION: u64 = 5;

#[frame_support::runtime]
mod runtime {
	#[runtime::runtime]
	#[runtime::derive(
		RuntimeCall,
		RuntimeEvent,
		RuntimeError,
		RuntimeOrigin,
		RuntimeTask,
		RuntimeHoldReason,
		RuntimeFreezeReason
	)]
	pub struct Test;

	#[runtime::pallet_index(0)]
	pub type System = frame_system;
	#[runtime::pallet_index(1)]
	pub type Balances = pallet_balances;
	#[runtime::pallet_index(2)]
	pub type Session = pallet_session;
	#[runtime::pallet_index(3)]
	pub type Authorities = pallet_authorities;
}

impl_opaque_keys! {
	pub struct Keys {
		pub dummy: UintAuthorityId,
	}
}

parameter_types! {
	pub const SessionLength: u64 = SESSION;
	/// The keys that work now.
	pub static Working: Vec<u64> = Vec::new();
}

/// Remembers the keys of the session that runs.
pub struct Handler;
impl SessionHandler<u64> for Handler {
	const KEY_TYPE_IDS: &'static [KeyTypeId] = &[UintAuthorityId::ID];
	fn on_genesis_session<Ks: OpaqueKeys>(validators: &[(u64, Ks)]) {
		Self::on_new_session(true, validators, validators);
	}
	fn on_new_session<Ks: OpaqueKeys>(_: bool, validators: &[(u64, Ks)], _: &[(u64, Ks)]) {
		let key = |keys: &Ks| keys.get::<UintAuthorityId>(UintAuthorityId::ID).unwrap().0;
		Working::set(validators.iter().map(|(_, keys)| key(keys)).collect());
	}
	fn on_disabled(_: u32) {}
}

#[derive_impl(frame_system::config_preludes::TestDefaultConfig)]
impl frame_system::Config for Test {
	type Block = frame_system::mocking::MockBlock<Test>;
	type AccountData = pallet_balances::AccountData<u64>;
}

#[derive_impl(pallet_balances::config_preludes::TestDefaultConfig)]
impl pallet_balances::Config for Test {
	type AccountStore = System;
}

impl pallet_session::Config for Test {
	type RuntimeEvent = RuntimeEvent;
	type ValidatorId = u64;
	type ValidatorIdOf = ConvertInto;
	type ShouldEndSession = pallet_authorities::Never;
	type NextSessionRotation = PeriodicSessions<SessionLength, ConstU64<0>>;
	type SessionManager = Authorities;
	type SessionHandler = Handler;
	type Keys = Keys;
	type DisablingStrategy = ();
	type WeightInfo = ();
	type Currency = Balances;
	type KeyDeposit = ConstU64<0>;
}

impl pallet_authorities::Config for Test {
	type RootOrigin = EnsureRoot<u64>;
	type SessionEnds = PeriodicSessions<SessionLength, ConstU64<0>>;
	type MaxAuthorities = ConstU32<4>;
	type WeightInfo = ();
}

pub fn keys(of: u64) -> Keys {
	Keys { dummy: of.into() }
}

/// Authorities 1 and 2; accounts 3 and 4 have keys, too. An account's key is ten times its number.
pub fn new_test_ext() -> TestExternalities {
	let with_keys = |accounts: [u64; 2]| accounts.map(|account| (account, account, keys(account * 10))).to_vec();
	let genesis = RuntimeGenesisConfig {
		session: pallet_session::GenesisConfig {
			keys: with_keys([1, 2]),
			non_authority_keys: with_keys([3, 4]),
		},
		..Default::default()
	};
	let mut state = TestExternalities::new(genesis.build_storage().unwrap());
	state.execute_with(|| System::set_block_number(1));
	state
}

/// Make blocks up to and including this one.
pub fn run_to(block: u64) {
	while System::block_number() < block {
		System::set_block_number(System::block_number() + 1);
		AllPalletsWithSystem::on_initialize(System::block_number());
	}
}
