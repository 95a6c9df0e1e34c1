//! Where a neuron can be reached and which public keys it publishes.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use scale_info::TypeInfo;
use sp_core::ConstU32;
use sp_runtime::BoundedVec;

/// What a published key is for.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub enum KeyKind {
	/// X25519 key for HPKE-sealed prompts.
	Hpke,
	/// SHA-256 of a TLS certificate's public key.
	Tls,
	/// Key of an attestation quote.
	Attestation,
}

/// A public key published with an endpoint.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct EndpointKey {
	/// What the key is for.
	pub kind: KeyKind,
	/// The key's bytes.
	pub bytes: BoundedVec<u8, ConstU32<128>>,
}

/// Where a neuron serves. The chain checks form only (family 4 or 6, port > 0, an IPv4 fits 32 bits); whoever dials
/// decides which addresses are acceptable.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo, Debug)]
pub struct Endpoint {
	/// 4 or 6.
	pub family: u8,
	/// The address as an integer, IPv4 in the low 32 bits.
	pub ip: u128,
	/// TCP port.
	pub port: u16,
	/// 0 = HTTP, 1 = HTTPS; others are reserved.
	pub protocol: u8,
	/// Published keys.
	pub keys: BoundedVec<EndpointKey, ConstU32<4>>,
}

impl Endpoint {
	/// Whether the form is acceptable.
	pub fn is_well_formed(&self) -> bool {
		let address = match self.family {
			4 => self.ip <= u32::MAX as u128,
			6 => true,
			_ => false,
		};
		address && self.port > 0
	}
}
