//! A chain on the real runtime: built from a preset, with blocks made through `Executive` as a host makes them, from
//! signed transactions that pass every extension. After each block all invariants are checked.

pub mod calls;
pub mod evidence;
pub mod network;

use codec::{Decode, Encode};
use frame_support::{
	storage::with_transaction,
	traits::{PalletsInfoAccess, TryState, TryStateSelect},
};
use ganglion_runtime::{
	apis::api, parameters::SlotDuration, AccountId, Address, AllPalletsWithSystem, Balance, Balances, Executive, Hash,
	Header, RuntimeCall, RuntimeEvent, Signature, SignedPayload, System, TxExtension, UncheckedExtrinsic,
};
use pallet_transaction_payment::ChargeTransactionPayment;
use serde_json::{json, Value};
use sp_core::{crypto::DeriveJunction, sr25519, Pair};
use sp_runtime::{
	generic::{Digest, DigestItem, Era},
	traits::{BlakeTwo256, Hash as _, Header as _, IdentifyAccount, Verify},
	transaction_validity::{InvalidTransaction, TransactionSource, TransactionValidity, TransactionValidityError},
	ApplyExtrinsicResult, DispatchError, StateVersion, TransactionOutcome,
};
use sp_state_machine::BasicExternalities;
use std::sync::OnceLock;

/// What a transaction is answered with when neither is it free nor can its signer pay.
pub const CANNOT_PAY: TransactionValidityError = TransactionValidityError::Invalid(InvalidTransaction::Payment);
/// What it is answered with when its nonce was used.
pub const STALE: TransactionValidityError = TransactionValidityError::Invalid(InvalidTransaction::Stale);

/// A key pair with its account.
#[derive(Clone)]
pub struct Key {
	pair: sr25519::Pair,
	pub id: AccountId,
}

/// The key that a name derives from the development phrase: `"Alice"`, `"Alice//stash"` and any other.
pub fn key(name: &str) -> Key {
	// Stretching the phrase costs more than everything else in a test.
	static ROOT: OnceLock<sr25519::Pair> = OnceLock::new();
	let root = ROOT.get_or_init(|| sr25519::Pair::from_string(sp_core::crypto::DEV_PHRASE, None).unwrap());
	let path = name.split("//").map(DeriveJunction::hard);
	let (pair, _) = root.derive(path, None).unwrap();
	let id = <Signature as Verify>::Signer::from(pair.public()).into_account();
	Key { pair, id }
}

impl Key {
	/// Its signature under anything.
	pub fn signature(&self, message: &[u8]) -> Signature {
		self.pair.sign(message).into()
	}
}

/// A chain and its head.
pub struct Chain {
	/// Without a trie: nodes are what takes most of the time of a test.
	state: BasicExternalities,
	head: Header,
	/// Extrinsics of the last block, as they stand in it.
	pub body: Vec<UncheckedExtrinsic>,
}

impl Chain {
	/// A chain of the preset `development`.
	pub fn development() -> Self {
		Self::new(preset("development"))
	}

	/// A chain of the preset `testnet`, completed as whoever starts such a network does: authorities, first balances.
	pub fn testnet() -> Self {
		let id = key("an authority").id;
		let patch = json!({
			"session": { "keys": [[id, id, { "aura": id, "grandpa": key("its finality key").id }]] },
			"balances": { "balances": [[key("Alice").id, 1_000_000_000_000u64], [key("treasurer").id, 5_000_000_000_000u64]] },
		});
		Self::new(merged(preset("testnet"), patch))
	}

	/// A chain whose genesis is this configuration.
	pub fn new(genesis: Value) -> Self {
		let mut state = genesis_state(&genesis);
		let root = state.execute_with(storage_root);
		let head = Header::new(0, empty_root(), root, Hash::zero(), Digest::default());
		let mut chain = Self {
			state,
			head,
			body: vec![],
		};
		// The state knows the genesis hash, which signatures cover, from block 1 on.
		chain.block(&[]);
		chain
	}

	/// A chain that goes on from what [`Self::export`] gave, on this runtime.
	pub fn resume(exported: &[u8]) -> Self {
		let (head, items) = <(Header, Vec<(Vec<u8>, Vec<u8>)>)>::decode(&mut &exported[..]).unwrap();
		let mut state = BasicExternalities::new_empty();
		state.execute_with(|| items.iter().for_each(|(key, value)| sp_io::storage::set(key, value)));
		Self {
			state,
			head,
			body: vec![],
		}
	}

	/// Head and state, complete.
	pub fn export(&mut self) -> Vec<u8> {
		(self.head.clone(), self.items()).encode()
	}

	/// Every key of the state with its value, ascending.
	pub fn items(&mut self) -> Vec<(Vec<u8>, Vec<u8>)> {
		self.read(|| {
			let next = |key: &Vec<u8>| sp_io::storage::next_key(key);
			let keys = std::iter::successors(sp_io::storage::next_key(&[]), next);
			keys.map(|key| {
				let value = sp_io::storage::get(&key).unwrap().to_vec();
				(key, value)
			})
			.collect()
		})
	}

	/// Header of the last block.
	pub fn head(&self) -> &Header {
		&self.head
	}

	/// Height of the head.
	pub fn height(&self) -> u32 {
		self.head.number
	}

	/// Look at the state; whatever `read` changes is forgotten.
	pub fn read<Answer>(&mut self, read: impl FnOnce() -> Answer) -> Answer {
		self.state.execute_with(|| forgotten(read))
	}

	/// Change the state between two blocks, as a pallet that is yet to come would; then check all invariants.
	pub fn write<Answer>(&mut self, write: impl FnOnce() -> Answer) -> Answer {
		self.state.execute_with(|| {
			let answer = write();
			check();
			answer
		})
	}

	/// Ask a runtime API as a host does.
	pub fn ask<Answer: Decode>(&mut self, method: &str, arguments: impl Encode) -> Answer {
		let answer = self.read(|| api::dispatch(method, &arguments.encode()));
		Answer::decode(&mut &answer.unwrap_or_else(|| panic!("no method {method}"))[..]).unwrap()
	}

	/// Sign a call, with the signer's next nonce plus `ahead`.
	pub fn sign(&mut self, signer: &Key, call: RuntimeCall, ahead: u32) -> UncheckedExtrinsic {
		self.read(|| signed(signer, call, ahead))
	}

	/// Whether the transaction pool would take it.
	pub fn validate(&mut self, extrinsic: &UncheckedExtrinsic) -> TransactionValidity {
		let (extrinsic, head) = (extrinsic.clone(), self.head.hash());
		self.read(|| Executive::validate_transaction(TransactionSource::External, extrinsic, head))
	}

	/// Make a block of calls, each signed by its signer, and return what became of each.
	pub fn block(&mut self, calls: &[(&Key, RuntimeCall)]) -> Vec<ApplyExtrinsicResult> {
		self.build(|apply| {
			calls
				.iter()
				.map(|(signer, call)| apply(signed(signer, call.clone(), 0)))
				.collect()
		})
	}

	/// Make a block of transactions that are signed already.
	pub fn block_of(&mut self, extrinsics: &[UncheckedExtrinsic]) -> Vec<ApplyExtrinsicResult> {
		self.build(|apply| extrinsics.iter().cloned().map(apply).collect())
	}

	/// Make a block of one call, which must succeed.
	pub fn ok(&mut self, signer: &Key, call: RuntimeCall) {
		let shown = format!("{call:?}");
		let results = self.block(&[(signer, call)]);
		assert_eq!(results, [Ok(Ok(()))], "{shown}");
	}

	/// Make a block of one call, which must be included and fail; returns why.
	pub fn fails(&mut self, signer: &Key, call: RuntimeCall) -> DispatchError {
		let shown = format!("{call:?}");
		match self.block(&[(signer, call)]).remove(0) {
			Ok(Err(error)) => error,
			other => panic!("{shown}: {other:?}"),
		}
	}

	/// Make a block of one call that must not get in; returns why.
	pub fn refused(&mut self, signer: &Key, call: RuntimeCall) -> TransactionValidityError {
		let shown = format!("{call:?}");
		match self.block(&[(signer, call)]).remove(0) {
			Err(error) => error,
			Ok(other) => panic!("{shown}: {other:?}"),
		}
	}

	/// Make a block in which Alice, who holds Sudo's key, does something as root; it must succeed.
	pub fn root(&mut self, call: RuntimeCall) {
		let shown = format!("{call:?}");
		self.ok(&key("Alice"), calls::sudo(call));
		let done = RuntimeEvent::Sudo(pallet_sudo::Event::Sudid { sudo_result: Ok(()) });
		assert!(self.events().contains(&done), "{shown}: {:?}", self.events());
	}

	/// Make empty blocks.
	pub fn empty(&mut self, count: u32) {
		(0..count).for_each(|_| drop(self.block(&[])));
	}

	/// Events of the last block.
	pub fn events(&mut self) -> Vec<RuntimeEvent> {
		self.read(events)
	}

	/// Free balance.
	pub fn free(&mut self, who: &Key) -> Balance {
		self.read(|| Balances::free_balance(&who.id))
	}

	/// Everything that was issued.
	pub fn issuance(&mut self) -> Balance {
		self.read(Balances::total_issuance)
	}

	/// Make a block: initialise it, set the time, let `fill` apply transactions, finalise it, check everything.
	fn build(
		&mut self,
		fill: impl FnOnce(&mut dyn FnMut(UncheckedExtrinsic) -> ApplyExtrinsicResult) -> Vec<ApplyExtrinsicResult>,
	) -> Vec<ApplyExtrinsicResult> {
		let parent = self.head.clone();
		let mut body = vec![];
		let (results, head) = self.state.execute_with(|| {
			Executive::initialize_block(&open(&parent));
			let mut apply = |extrinsic: UncheckedExtrinsic| {
				let result = applied(extrinsic.clone());
				body.extend(result.is_ok().then_some(extrinsic));
				result
			};
			assert_eq!(apply(timestamp(parent.number + 1)), Ok(Ok(())));
			let results = fill(&mut apply);
			let head = Executive::finalize_block();
			check();
			(results, head)
		});
		assert_eq!(head.number, parent.number + 1);
		(self.head, self.body) = (head, body);
		results
	}
}

/// Configuration of a preset, complete: the runtime's defaults with the preset's patch over them.
pub fn preset(name: &str) -> Value {
	merged(configuration(None), configuration(Some(name)))
}

/// What the runtime gives for a preset's name, or its defaults.
pub fn configuration(name: Option<&str>) -> Value {
	let id = name.map(str::to_owned).encode();
	let answer = BasicExternalities::new_empty().execute_with(|| api::dispatch("GenesisBuilder_get_preset", &id));
	let json = Option::<Vec<u8>>::decode(&mut &answer.unwrap()[..]).unwrap();
	serde_json::from_slice(&json.unwrap_or_else(|| panic!("no preset {name:?}"))).unwrap()
}

/// The state that a configuration builds.
pub fn genesis_state(genesis: &Value) -> BasicExternalities {
	let json = genesis.to_string().into_bytes().encode();
	let mut state = BasicExternalities::new_empty();
	let built = state
		.execute_with(|| api::dispatch("GenesisBuilder_build_state", &json))
		.unwrap();
	let built = Result::<(), String>::decode(&mut &built[..]).unwrap();
	built.unwrap_or_else(|error| panic!("the genesis does not build: {error}"));
	state
}

/// A configuration with a patch over it, object by object.
pub fn merged(mut whole: Value, patch: Value) -> Value {
	match (&mut whole, patch) {
		(Value::Object(into), Value::Object(patch)) => {
			for (key, value) in patch {
				let old = into.remove(&key).unwrap_or(Value::Null);
				into.insert(key, merged(old, value));
			}
			whole
		}
		(_, patch) => patch,
	}
}

/// Run and roll back.
fn forgotten<Answer>(run: impl FnOnce() -> Answer) -> Answer {
	let answer = with_transaction(|| TransactionOutcome::Rollback(Ok::<_, DispatchError>(run())));
	answer.unwrap()
}

fn storage_root() -> Hash {
	Hash::decode(&mut &sp_io::storage::root(StateVersion::V1)[..]).unwrap()
}

fn empty_root() -> Hash {
	BlakeTwo256::ordered_trie_root(vec![], StateVersion::V1)
}

/// The header that a block starts from: Aura's slot follows the height.
fn open(parent: &Header) -> Header {
	let number = parent.number + 1;
	let slot = DigestItem::PreRuntime(sp_consensus_aura::AURA_ENGINE_ID, slot(number).encode());
	let digest = Digest { logs: vec![slot] };
	Header::new(number, Hash::zero(), Hash::zero(), parent.hash(), digest)
}

fn slot(number: u32) -> u64 {
	1_000_000 + u64::from(number)
}

fn timestamp(number: u32) -> UncheckedExtrinsic {
	let now = slot(number) * SlotDuration::get();
	UncheckedExtrinsic::new_bare(pallet_timestamp::Call::set { now }.into())
}

/// Apply a transaction as a block builder does: what is invalid leaves no trace.
fn applied(extrinsic: UncheckedExtrinsic) -> ApplyExtrinsicResult {
	let outcome = with_transaction(|| match Executive::apply_extrinsic(extrinsic) {
		Ok(result) => TransactionOutcome::Commit(Ok::<_, DispatchError>(Ok(result))),
		Err(invalid) => TransactionOutcome::Rollback(Ok(Err(invalid))),
	});
	outcome.unwrap()
}

fn signed(signer: &Key, call: RuntimeCall, ahead: u32) -> UncheckedExtrinsic {
	let nonce = System::account_nonce(&signer.id) + ahead;
	let extension: TxExtension = (
		frame_system::CheckNonZeroSender::new(),
		frame_system::CheckSpecVersion::new(),
		frame_system::CheckTxVersion::new(),
		frame_system::CheckGenesis::new(),
		frame_system::CheckEra::from(Era::Immortal),
		frame_system::CheckNonce::from(nonce),
		frame_system::CheckWeight::new(),
		ChargeTransactionPayment::from(0).into(),
		frame_metadata_hash_extension::CheckMetadataHash::new(false),
		frame_system::WeightReclaim::new(),
	);
	let payload = SignedPayload::new(call, extension).unwrap();
	let signature = payload.using_encoded(|message| signer.pair.sign(message));
	let (call, extension, _) = payload.deconstruct();
	UncheckedExtrinsic::new_signed(call, Address::Id(signer.id.clone()), signature.into(), extension)
}

/// The invariants of every pallet, among them that no unit of money is anywhere but in accounts.
fn check() {
	let number = System::block_number();
	let all = <AllPalletsWithSystem as TryState<u32>>::try_state(number, TryStateSelect::All);
	all.unwrap_or_else(|error| panic!("block {number}: {error:?} {:?}", broken(number)));
}

/// Which pallets' invariants are broken, and how: of all together there is no more than a log entry.
fn broken(number: u32) -> Vec<String> {
	let infos = AllPalletsWithSystem::infos();
	let checked = infos.into_iter().map(|info| {
		let only = TryStateSelect::Only(vec![info.name.into()]);
		(
			info.name,
			<AllPalletsWithSystem as TryState<u32>>::try_state(number, only),
		)
	});
	let failed = checked.filter_map(|(name, result)| Some(format!("{name}: {:?}", result.err()?)));
	failed.collect()
}

fn minimum_balance() -> Balance {
	<Balances as frame_support::traits::fungible::Inspect<AccountId>>::minimum_balance()
}

fn events() -> Vec<RuntimeEvent> {
	System::read_events_no_consensus().map(|record| record.event).collect()
}

/// The existential deposit of a chain, nano.
pub fn existential_deposit(chain: &mut Chain) -> Balance {
	chain.read(minimum_balance)
}
