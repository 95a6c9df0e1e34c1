//! What a proxy may do for its principal. Every type but `Any` is a list of what is allowed, so that a call that comes
//! later is refused until somebody thought about it. On no list on purpose: Multisig and Proxy, whose calls act for
//! another account and leave the filter behind, and Sudo.

use crate::RuntimeCall;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::traits::InstanceFilter;
use ganglion_primitives::{Balance, GNG};
use pallet_balances::Call as BalancesCall;
use pallet_delegation::Call as DelegationCall;
use pallet_disputes::Call as DisputesCall;
use pallet_key_swap::Call as KeySwapCall;
use pallet_models::Call as ModelsCall;
use pallet_neurons::Call as NeuronsCall;
use pallet_staking::Call as StakingCall;
use pallet_subnets::Call as SubnetsCall;
use scale_info::TypeInfo;

/// A transfer by a proxy of the type `SmallTransfer` is smaller than this, nano.
pub const SMALL_TRANSFER: Balance = GNG / 2;

/// What a proxy may do for its principal.
#[derive(
	Clone,
	Copy,
	PartialEq,
	Eq,
	PartialOrd,
	Ord,
	Debug,
	Default,
	Encode,
	Decode,
	DecodeWithMemTracking,
	MaxEncodedLen,
	TypeInfo,
)]
pub enum ProxyType {
	/// Everything.
	#[default]
	Any,
	/// Work that spends and gives away nothing of the principal's: what `Weights`, `ChildKeys` and `Owner` can, takes,
	/// taking back stake.
	NonTransfer,
	/// Stake the principal's balance, move it between hotkeys and subnets, take it back, bond it. Not to other coldkeys.
	Staking,
	/// A hotkey's work: weights, endpoints, commitments, resets of bonds, the root vote, moves and votes in disputes.
	Weights,
	/// Register hotkeys, for the price.
	Registration,
	/// Transfers of less than half a GNG each, one per extrinsic. It bounds an accident, not a thief: he sends many.
	SmallTransfer,
	/// Votes, candidacies and locks of stake that serve votes.
	Governance,
	/// Child keys and their take.
	ChildKeys,
	/// Exchange of hotkeys.
	SwapHotkey,
	/// What a subnet's owner does: hyperparameters, name, identity, start, trigger, trimming. Not the owner's hotkey.
	Owner,
}

impl InstanceFilter<RuntimeCall> for ProxyType {
	fn filter(&self, call: &RuntimeCall) -> bool {
		match (self, call) {
			(ProxyType::Any, _) => true,
			// One transfer per extrinsic.
			(ProxyType::SmallTransfer, _) => is_small_transfer(call),
			// Calls inside of these carry the filter on.
			(_, RuntimeCall::Utility(_)) => true,
			(ProxyType::NonTransfer, _) => spends_nothing(call),
			(ProxyType::Staking, _) => is_staking(call),
			(ProxyType::Weights, _) => is_hotkeys_work(call),
			(ProxyType::Registration, _) => matches!(call, RuntimeCall::Neurons(NeuronsCall::register { .. })),
			(ProxyType::Governance, _) => is_governance(call),
			(ProxyType::ChildKeys, _) => is_about_children(call),
			(ProxyType::SwapHotkey, _) => matches!(call, RuntimeCall::KeySwap(KeySwapCall::swap_hotkey { .. })),
			(ProxyType::Owner, _) => is_owners(call),
		}
	}

	/// Whether all that the other may is allowed to this one.
	fn is_superset(&self, other: &Self) -> bool {
		match (self, other) {
			(ProxyType::Any, _) => true,
			(ProxyType::NonTransfer, ProxyType::Weights | ProxyType::ChildKeys | ProxyType::Owner) => true,
			_ => self == other,
		}
	}
}

/// Calls that leave the caller's balance and powers as they are.
fn spends_nothing(call: &RuntimeCall) -> bool {
	match call {
		RuntimeCall::System(call) => matches!(
			call,
			frame_system::Call::remark { .. } | frame_system::Call::remark_with_event { .. }
		),
		RuntimeCall::Staking(call) => matches!(
			call,
			StakingCall::remove_stake { .. }
				| StakingCall::withdraw_unbonded { .. }
				| StakingCall::complete_move { .. }
				| StakingCall::set_take { .. }
		),
		RuntimeCall::Models(call) => matches!(
			call,
			ModelsCall::set_terms { .. } | ModelsCall::retire { .. } | ModelsCall::release { .. }
		),
		_ => is_hotkeys_work(call) || is_about_children(call) || is_owners(call),
	}
}

fn is_hotkeys_work(call: &RuntimeCall) -> bool {
	match call {
		RuntimeCall::Weights(_) => true,
		RuntimeCall::Commitments(_) => true,
		RuntimeCall::Receipts(_) => true,
		RuntimeCall::RootVote(_) => true,
		RuntimeCall::Disputes(call) => matches!(
			call,
			DisputesCall::answer { .. }
				| DisputesCall::post { .. }
				| DisputesCall::judge { .. }
				| DisputesCall::waive { .. }
				| DisputesCall::vote { .. }
				| DisputesCall::settle { .. }
		),
		RuntimeCall::Neurons(call) => matches!(call, NeuronsCall::serve { .. } | NeuronsCall::reset_bonds { .. }),
		_ => false,
	}
}

fn is_staking(call: &RuntimeCall) -> bool {
	matches!(
		call,
		RuntimeCall::Staking(
			StakingCall::add_stake { .. }
				| StakingCall::remove_stake { .. }
				| StakingCall::withdraw_unbonded { .. }
				| StakingCall::move_stake { .. }
				| StakingCall::complete_move { .. }
		) | RuntimeCall::Delegation(DelegationCall::set_auto_stake { .. })
			| RuntimeCall::Models(ModelsCall::declare { .. } | ModelsCall::retire { .. } | ModelsCall::release { .. })
	)
}

fn is_small_transfer(call: &RuntimeCall) -> bool {
	match call {
		RuntimeCall::Balances(
			BalancesCall::transfer_allow_death { value, .. } | BalancesCall::transfer_keep_alive { value, .. },
		) => *value < SMALL_TRANSFER,
		_ => false,
	}
}

fn is_governance(call: &RuntimeCall) -> bool {
	matches!(
		call,
		RuntimeCall::Governance(_) | RuntimeCall::Council(_) | RuntimeCall::Preimage(_)
	)
}

fn is_about_children(call: &RuntimeCall) -> bool {
	matches!(
		call,
		RuntimeCall::Delegation(
			DelegationCall::set_children { .. }
				| DelegationCall::set_child_take { .. }
				| DelegationCall::drop_parent { .. }
				| DelegationCall::set_refusing { .. }
		)
	)
}

fn is_owners(call: &RuntimeCall) -> bool {
	match call {
		RuntimeCall::Subnets(call) => matches!(
			call,
			SubnetsCall::set_hyperparameters { .. }
				| SubnetsCall::start { .. }
				| SubnetsCall::trigger_epoch { .. }
				| SubnetsCall::set_identity { .. }
				| SubnetsCall::set_name { .. }
		),
		RuntimeCall::Neurons(call) => matches!(call, NeuronsCall::trim { .. }),
		_ => false,
	}
}
