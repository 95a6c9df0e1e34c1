//! What the pallet stores.

use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use ganglion_primitives::{BlockNumber, EpochIndex, MAX_UIDS};
use scale_info::TypeInfo;
use sp_core::H256;

/// Epochs for which evidence and randomness are kept.
pub const HISTORY: EpochIndex = 32;
/// Slashes for evidence that was kept back, in one block at most.
pub const SLASHES_PER_BLOCK: u32 = 4;
/// Blocks that a commitment may be old when it is included: it waits, or is sent again.
pub const PENDING: BlockNumber = 256;
/// What stands before the hashed secrets when randomness is made of them.
pub const RANDOMNESS_DOMAIN: &[u8] = b"ganglion/randomness/1";

/// Secrets that were revealed in the present epoch: (uid, secret), ascending.
pub type Secrets = BoundedVec<(u16, [u8; 32]), ConstU32<MAX_UIDS>>;

/// What is known of a hotkey that filed evidence.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo, Debug)]
pub struct Author {
	/// Hash of the secret that its next evidence has to reveal; None where it owes none.
	pub next: Option<H256>,
	/// Epoch of the commitment with which it filed last.
	pub latest: EpochIndex,
}
