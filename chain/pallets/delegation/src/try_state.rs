//! What must hold after every block.

use super::*;
use crate::children::names;
use alloc::vec::Vec;
use frame_support::ensure;
use ganglion_primitives::{NetUid, ONE_U16};
use ganglion_traits::SubnetInspect;
use sp_runtime::TryRuntimeError;

/// Names of children now and after a change.
fn all<AccountId: Clone>(delegation: &Given<AccountId>) -> Vec<AccountId> {
	let next = delegation
		.next
		.as_ref()
		.map(|(_, next)| names(next))
		.unwrap_or_default();
	names(&delegation.now).into_iter().chain(next).collect()
}

/// Whether parts add up to at most everything, and nobody gets nothing.
fn is_whole<AccountId>(children: &ChildrenOf<AccountId>) -> bool {
	let sum = children
		.iter()
		.fold(0u32, |sum, (_, part)| sum.saturating_add((*part).into()));
	sum <= ONE_U16.into() && children.iter().all(|(_, part)| *part > 0)
}

impl<T: Config> Pallet<T> {
	/// Check all invariants of the pallet.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_delegations()?;
		Self::check_parents()?;
		Self::check_changes()?;
		let takes = ChildTakes::<T>::iter().map(|(netuid, _, _)| netuid);
		let refusing = Refusing::<T>::iter().map(|(netuid, _, ())| netuid);
		for netuid in takes
			.chain(refusing)
			.chain(AutoStake::<T>::iter().map(|(netuid, _, _)| netuid))
		{
			ensure!(Self::is_known(netuid), "something is kept for a subnet that is gone");
		}
		Ok(())
	}

	fn is_known(netuid: NetUid) -> bool {
		T::Subnets::exists(netuid) || T::Subnets::is_dissolving(netuid)
	}

	fn check_delegations() -> Result<(), TryRuntimeError> {
		for (netuid, hotkey, delegation) in Delegations::<T>::iter() {
			ensure!(Self::is_known(netuid), "stake votes in a subnet that is gone");
			if T::Subnets::is_dissolving(netuid) {
				continue;
			}
			let next = delegation.next.iter().all(|(_, next)| is_whole(next));
			ensure!(is_whole(&delegation.now) && next, "parts of children are more than all");
			ensure!(!Parents::<T>::contains_key(netuid, &hotkey), "a parent is a child");
			for child in all(&delegation) {
				let parents = Parents::<T>::get(netuid, &child);
				ensure!(parents.contains(&hotkey), "a child does not know its parent");
			}
			let waits = Changes::<T>::get(netuid)
				.iter()
				.filter(|(_, other)| *other == hotkey)
				.count();
			ensure!(
				waits == usize::from(delegation.next.is_some()),
				"a change waits not once"
			);
			ensure!(
				delegation.next.is_some() || !delegation.now.is_empty(),
				"a delegation of nothing"
			);
		}
		Ok(())
	}

	fn check_parents() -> Result<(), TryRuntimeError> {
		for (netuid, links) in Links::<T>::iter() {
			let pairs = Parents::<T>::iter_prefix_values(netuid).map(|parents| parents.len());
			let known = Self::is_known(netuid) && links > 0 && links <= MAX_LINKS;
			let sum = pairs.fold(0usize, usize::saturating_add);
			ensure!(
				known && (T::Subnets::is_dissolving(netuid) || sum == links as usize),
				"another number of pairs than there are"
			);
		}
		for (netuid, child, parents) in Parents::<T>::iter() {
			if T::Subnets::is_dissolving(netuid) {
				continue;
			}
			ensure!(!parents.is_empty(), "an empty list of parents");
			ensure!(Links::<T>::contains_key(netuid), "pairs that nobody counts");
			for parent in parents {
				let delegation = Delegations::<T>::get(netuid, &parent);
				let knows = delegation.is_some_and(|delegation| all(&delegation).contains(&child));
				ensure!(knows, "a parent does not know its child");
			}
		}
		Ok(())
	}

	fn check_changes() -> Result<(), TryRuntimeError> {
		for (netuid, changes) in Changes::<T>::iter() {
			ensure!(
				Self::is_known(netuid) && !changes.is_empty(),
				"changes of a subnet that is gone"
			);
			let ascending = changes.iter().zip(changes.iter().skip(1)).all(|(a, b)| a.0 <= b.0);
			ensure!(ascending, "changes do not ascend");
		}
		Ok(())
	}
}
