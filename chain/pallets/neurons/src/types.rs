//! What the pallet stores.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use ganglion_primitives::{Balance, BlockNumber, Endpoint};
use scale_info::TypeInfo;

/// Occupant of a slot.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct Neuron<AccountId> {
	/// Who.
	pub hotkey: AccountId,
	/// Since which block.
	pub registered_at: BlockNumber,
	/// Block in which it last gave up the bonds to it, 0 for never.
	pub bonds_reset_at: BlockNumber,
}

/// [`Neuron`] of a runtime.
pub type NeuronOf<T> = Neuron<<T as frame_system::Config>::AccountId>;

/// A published endpoint.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct EndpointInfo {
	/// Where.
	pub endpoint: Endpoint,
	/// Block of the publication.
	pub updated_at: BlockNumber,
	/// Registration block of the publisher; readers ignore an endpoint of an older registration.
	pub registered_at: BlockNumber,
}

/// A price and when it held; it decays from there.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct PriceRecord {
	/// Price, nano.
	pub price: Balance,
	/// At which block.
	pub at: BlockNumber,
}
