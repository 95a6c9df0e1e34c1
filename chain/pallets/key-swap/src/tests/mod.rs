//! Tests: each call, error, event and deadline.
#![allow(
	clippy::arithmetic_side_effects,
	clippy::unwrap_used,
	clippy::indexing_slicing,
	reason = "tests"
)]

mod coldkey;
mod dispute;
mod hotkey;

use crate::mock::*;
use frame_support::dispatch::{CheckIfFeeless, PostDispatchInfo};
use frame_system::RawOrigin;
use sp_core_hash::hash;
use sp_runtime::{DispatchError, DispatchErrorWithPostInfo};

type E = crate::Error<Test>;
type Event = crate::Event<Test>;
type Call = crate::Call<Test>;
type Post = Result<PostDispatchInfo, DispatchErrorWithPostInfo<PostDispatchInfo>>;

mod sp_core_hash {
	use sp_runtime::traits::{BlakeTwo256, Hash};

	/// Hash of a new coldkey as an announcer makes it.
	pub fn hash(coldkey: u64) -> <BlakeTwo256 as Hash>::Output {
		BlakeTwo256::hash_of(&coldkey)
	}
}

fn signed(who: u64) -> RuntimeOrigin {
	RawOrigin::Signed(who).into()
}

fn root() -> RuntimeOrigin {
	RawOrigin::Root.into()
}

fn error(result: Post) -> DispatchError {
	result.unwrap_err().error
}

fn announce(coldkey: u64, new: u64) {
	KeySwap::announce_coldkey_swap(signed(coldkey), hash(new)).unwrap();
}

fn is_free(call: Call, who: u64) -> bool {
	call.is_feeless(&signed(who))
}
