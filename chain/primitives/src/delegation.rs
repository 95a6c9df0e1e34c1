//! What a hotkey has given to others and got from them: answer of the delegation API.

use crate::{Balance, EpochIndex};
use alloc::vec::Vec;
use codec::{Decode, DecodeWithMemTracking, Encode};
use scale_info::TypeInfo;

/// A hotkey's children and parents in a subnet.
#[derive(Clone, PartialEq, Eq, Encode, Decode, DecodeWithMemTracking, TypeInfo, Debug)]
pub struct Family<AccountId> {
	/// Children with their parts of the hotkey's pool, 65,535 = 1.0.
	pub children: Vec<(AccountId, u16)>,
	/// The epoch at whose end they change, and into which.
	pub next: Option<(EpochIndex, Vec<(AccountId, u16)>)>,
	/// Parents with nano of theirs that vote through the hotkey.
	pub parents: Vec<(AccountId, Balance)>,
	/// What the hotkey keeps of the dividends of its parents' stake, 65,535 = 1.0.
	pub take: u16,
	/// Value of its pool, nano.
	pub pool: Balance,
	/// Stake that counts for it in epochs, nano.
	pub counts: Balance,
}
