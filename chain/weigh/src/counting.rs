//! State that stands in for a database while benchmarks run: it lies in memory, goes back to genesis and counts accesses.
//!
//! Deliberately knows no executor: the runtime's tests include this file too.

use sp_core::storage::{ChildInfo, StateVersion, Storage, TrackedStorageKey};
use sp_externalities::{Error, Extension, ExtensionStore, Extensions, Externalities, MultiRemovalResults};
use sp_keystore::{testing::MemoryKeystore, KeystoreExt};
use sp_state_machine::BasicExternalities;
use std::{
	any::{Any, TypeId},
	collections::BTreeSet,
};

type Keys = BTreeSet<Vec<u8>>;

/// In-memory state that does what hosts do for benchmarks.
pub struct Counting {
	genesis: Storage,
	state: BasicExternalities,
	whitelist: Vec<TrackedStorageKey>,
	read: Keys,
	written: Keys,
	/// What outlives a return to genesis: keys, because some benchmarks check signatures.
	extensions: Extensions,
}

impl Counting {
	/// On top of a genesis.
	pub fn over(genesis: Storage) -> Self {
		let state = BasicExternalities::new(genesis.clone());
		let (whitelist, read, written) = Default::default();
		let mut extensions = Extensions::new();
		extensions.register(KeystoreExt::new(MemoryKeystore::new()));
		Self {
			genesis,
			state,
			whitelist,
			read,
			written,
			extensions,
		}
	}

	fn note_read(&mut self, key: &[u8]) {
		if !self.written.contains(key) {
			self.read.insert(key.to_vec());
		}
	}

	/// How many of these keys count.
	fn counted(&self, keys: &Keys) -> u32 {
		let whitelisted = |key: &&Vec<u8>| self.whitelist.iter().any(|known| &known.key == *key);
		(keys.len() - keys.iter().filter(whitelisted).count()) as u32
	}
}

impl Externalities for Counting {
	fn storage(&mut self, key: &[u8]) -> Option<Vec<u8>> {
		self.note_read(key);
		self.state.storage(key)
	}

	fn exists_storage(&mut self, key: &[u8]) -> bool {
		self.note_read(key);
		self.state.exists_storage(key)
	}

	fn next_storage_key(&mut self, key: &[u8]) -> Option<Vec<u8>> {
		let next = self.state.next_storage_key(key);
		next.iter().for_each(|key| self.note_read(key));
		next
	}

	fn place_storage(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) {
		self.written.insert(key.clone());
		self.state.place_storage(key, value);
	}

	fn storage_append(&mut self, key: Vec<u8>, value: Vec<u8>) {
		self.written.insert(key.clone());
		self.state.storage_append(key, value);
	}

	fn wipe(&mut self) {
		self.state = BasicExternalities::new(self.genesis.clone());
		self.reset_read_write_count();
	}

	fn commit(&mut self) {}

	fn read_write_count(&self) -> (u32, u32, u32, u32) {
		(self.counted(&self.read), 0, self.counted(&self.written), 0)
	}

	fn reset_read_write_count(&mut self) {
		(self.read, self.written) = Default::default();
	}

	fn get_whitelist(&self) -> Vec<TrackedStorageKey> {
		self.whitelist.clone()
	}

	fn set_whitelist(&mut self, new: Vec<TrackedStorageKey>) {
		self.whitelist = new;
	}

	fn get_read_and_written_keys(&self) -> Vec<(Vec<u8>, u32, u32, bool)> {
		vec![]
	}

	// The rest is the state's own.
	fn set_offchain_storage(&mut self, key: &[u8], value: Option<&[u8]>) {
		self.state.set_offchain_storage(key, value);
	}
	fn storage_hash(&mut self, key: &[u8]) -> Option<Vec<u8>> {
		self.state.storage_hash(key)
	}
	fn child_storage_hash(&mut self, child: &ChildInfo, key: &[u8]) -> Option<Vec<u8>> {
		self.state.child_storage_hash(child, key)
	}
	fn child_storage(&mut self, child: &ChildInfo, key: &[u8]) -> Option<Vec<u8>> {
		self.state.child_storage(child, key)
	}
	fn next_child_storage_key(&mut self, child: &ChildInfo, key: &[u8]) -> Option<Vec<u8>> {
		self.state.next_child_storage_key(child, key)
	}
	fn kill_child_storage(
		&mut self,
		child: &ChildInfo,
		limit: Option<u32>,
		cursor: Option<&[u8]>,
	) -> MultiRemovalResults {
		self.state.kill_child_storage(child, limit, cursor)
	}
	fn clear_prefix(&mut self, prefix: &[u8], limit: Option<u32>, cursor: Option<&[u8]>) -> MultiRemovalResults {
		self.state.clear_prefix(prefix, limit, cursor)
	}
	fn clear_child_prefix(
		&mut self,
		child: &ChildInfo,
		prefix: &[u8],
		limit: Option<u32>,
		cursor: Option<&[u8]>,
	) -> MultiRemovalResults {
		self.state.clear_child_prefix(child, prefix, limit, cursor)
	}
	fn place_child_storage(&mut self, child: &ChildInfo, key: Vec<u8>, value: Option<Vec<u8>>) {
		self.state.place_child_storage(child, key, value);
	}
	fn storage_root(&mut self, version: StateVersion) -> Vec<u8> {
		self.state.storage_root(version)
	}
	fn child_storage_root(&mut self, child: &ChildInfo, version: StateVersion) -> Vec<u8> {
		self.state.child_storage_root(child, version)
	}
	fn storage_start_transaction(&mut self) {
		self.state.storage_start_transaction();
	}
	fn storage_rollback_transaction(&mut self) -> Result<(), ()> {
		self.state.storage_rollback_transaction()
	}
	fn storage_commit_transaction(&mut self) -> Result<(), ()> {
		self.state.storage_commit_transaction()
	}
}

impl ExtensionStore for Counting {
	fn extension_by_type_id(&mut self, id: TypeId) -> Option<&mut dyn Any> {
		self.extensions.get_mut(id)
	}
	fn register_extension_with_type_id(&mut self, id: TypeId, extension: Box<dyn Extension>) -> Result<(), Error> {
		self.extensions.register_with_type_id(id, extension)
	}
	fn deregister_extension_by_type_id(&mut self, id: TypeId) -> Result<(), Error> {
		let there = self.extensions.deregister(id);
		there.then_some(()).ok_or(Error::ExtensionIsNotRegistered(id))
	}
}
