//! Tests of the pallet, by what they are about.

mod bonds;
mod declarations;
mod keys;
mod profiles;
mod sequences;

use crate::{mock::*, profile_id};
use frame_support::BoundedVec;
use ganglion_primitives::*;
use sp_core::H256;

/// A short text.
pub fn label(text: &str) -> Label {
	BoundedVec::truncate_from(text.as_bytes().to_vec())
}

/// A profile whose only file is of this number.
pub fn spec(seed: u8) -> ProfileSpec {
	let file = |path: &str| ProfileFile {
		path: BoundedVec::truncate_from(path.as_bytes().to_vec()),
		sha256: [seed; 32],
	};
	ProfileSpec {
		task: Task::Generate,
		lane: Lane::Strict,
		files: BoundedVec::truncate_from(vec![file("config.json"), file("model.safetensors")]),
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

/// Identity of that profile.
pub fn id(seed: u8) -> ProfileId {
	profile_id(&spec(seed))
}

pub fn terms(name: &str) -> ProfileTerms {
	ProfileTerms {
		name: label(name),
		licence: label("Apache-2.0"),
		price_floor: 0,
	}
}

pub fn signed(who: AccountId) -> RuntimeOrigin {
	RuntimeOrigin::signed(who)
}

/// Register that profile for the coldkey of hotkey 9.
pub fn register(seed: u8) -> ProfileId {
	Models::register(signed(9 + COLD), Box::new(spec(seed)), terms("tiny")).unwrap();
	id(seed)
}

/// The first so many profiles.
pub fn register_many(count: u8) {
	for seed in 0..count {
		register(seed);
	}
}

pub fn declare(hotkey: AccountId, profile: ProfileId, role: Role, bond: Balance) -> sp_runtime::DispatchResult {
	Models::declare(signed(hotkey + COLD), NET, hotkey, profile, role, bond)
}

pub fn retire(hotkey: AccountId, profile: ProfileId, role: Role) -> sp_runtime::DispatchResult {
	Models::retire(signed(hotkey + COLD), NET, hotkey, profile, role)
}

pub fn locked(hotkey: AccountId) -> Balance {
	Locked::get().get(&(hotkey + COLD, NET, hotkey)).copied().unwrap_or(0)
}

pub fn pass(blocks: BlockNumber) {
	System::set_block_number(System::block_number() + blocks);
}
