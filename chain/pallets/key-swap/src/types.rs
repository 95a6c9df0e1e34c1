//! What the pallet stores.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use ganglion_primitives::BlockNumber;
use scale_info::TypeInfo;

/// An announced swap of a coldkey. Blocks are unpaused ones.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct Announcement<Hash> {
	/// Hash of the new coldkey.
	pub new_hash: Hash,
	/// When it was announced.
	pub announced_at: BlockNumber,
	/// When it was disputed.
	pub disputed_at: Option<BlockNumber>,
}

/// [`Announcement`] of a runtime.
pub type AnnouncementOf<T> = Announcement<<T as frame_system::Config>::Hash>;
