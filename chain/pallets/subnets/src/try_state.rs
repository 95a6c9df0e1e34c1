//! The invariants of the pallet's header, checked over the whole storage.

use crate::{pallet::*, MAX_DISSOLVING};
use alloc::{collections::BTreeMap, vec::Vec};
use codec::Encode;
use frame_support::{ensure, traits::fungible::hold::Inspect};
use ganglion_primitives::Balance;
use ganglion_traits::NeuronInspect;
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Check the invariants of the pallet's header.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		Self::check_subnets()?;
		Self::check_hyperparameters()?;
		Self::check_dissolving()?;
		Self::check_names()?;
		Self::check_limits()?;
		Self::check_locks()
	}

	fn check_subnets() -> Result<(), TryRuntimeError> {
		let (next, now) = (NextNetUid::<T>::get(), Self::now());
		for (netuid, info) in Subnets::<T>::iter() {
			ensure!(netuid < next, "netuid was not given out");
			ensure!(info.created_at <= now, "subnet is from the future");
			ensure!(
				HyperparametersOf::<T>::contains_key(netuid),
				"subnet lacks hyperparameters"
			);
		}
		ensure!(
			Subnets::<T>::iter_keys().count() == Subnets::<T>::count() as usize,
			"subnets are miscounted"
		);
		ensure!(
			LockPrice::<T>::get().is_none_or(|last| last.last_block <= now),
			"lock is from the future"
		);
		Ok(())
	}

	fn check_hyperparameters() -> Result<(), TryRuntimeError> {
		for (netuid, record) in HyperparametersOf::<T>::iter() {
			ensure!(Subnets::<T>::contains_key(netuid), "hyperparameters without subnet");
			ensure!(Self::check_record(&record).is_ok(), "hyperparameters out of bounds");
			ensure!(
				T::Neurons::count(netuid) <= record.max_allowed_uids,
				"more neurons than slots"
			);
		}
		Ok(())
	}

	fn check_dissolving() -> Result<(), TryRuntimeError> {
		let (next, now) = (NextNetUid::<T>::get(), Self::now());
		let count = Dissolving::<T>::iter_keys().count();
		ensure!(
			count == Dissolving::<T>::count() as usize,
			"dissolving subnets are miscounted"
		);
		ensure!(count <= MAX_DISSOLVING as usize, "too many subnets are dissolving");
		for (netuid, one) in Dissolving::<T>::iter() {
			ensure!(
				netuid < next && one.since <= now,
				"what dissolves never was, or is from the future"
			);
			ensure!(!Subnets::<T>::contains_key(netuid), "a dissolving subnet exists");
			ensure!(one.refund <= one.lock, "a refund exceeds its lock");
		}
		Ok(())
	}

	fn check_names() -> Result<(), TryRuntimeError> {
		for (netuid, name) in Names::<T>::iter() {
			ensure!(Subnets::<T>::contains_key(netuid), "name without subnet");
			let leads = name.name.is_empty() || NetUidOfName::<T>::get(&name.name) == Some(netuid);
			ensure!(leads, "name leads elsewhere");
			let leads = name.symbol.is_empty() || NetUidOfSymbol::<T>::get(&name.symbol) == Some(netuid);
			ensure!(leads, "symbol leads elsewhere");
		}
		for (name, netuid) in NetUidOfName::<T>::iter() {
			ensure!(Self::called(netuid).name == name, "name is not its subnet's");
		}
		for (symbol, netuid) in NetUidOfSymbol::<T>::iter() {
			ensure!(Self::called(netuid).symbol == symbol, "symbol is not its subnet's");
		}
		for netuid in Identities::<T>::iter_keys() {
			ensure!(Subnets::<T>::contains_key(netuid), "identity without subnet");
		}
		Ok(())
	}

	fn check_limits() -> Result<(), TryRuntimeError> {
		let now = Self::now();
		for (netuid, done) in LastDone::<T>::iter() {
			ensure!(Subnets::<T>::contains_key(netuid), "limits without subnet");
			ensure!(
				done.values().all(|block| *block <= now),
				"an owner's action is from the future"
			);
		}
		Ok(())
	}

	fn check_locks() -> Result<(), TryRuntimeError> {
		let existing = Subnets::<T>::iter().map(|(_, info)| (info.owner, info.lock));
		let leaving = Dissolving::<T>::iter().map(|(_, one)| (one.owner, one.lock));
		let mut locks = BTreeMap::<Vec<u8>, (T::AccountId, Balance)>::new();
		for (owner, lock) in existing.chain(leaving) {
			let entry = locks.entry(owner.encode()).or_insert((owner, 0));
			entry.1 = entry.1.checked_add(lock).ok_or("locks overflow")?;
		}
		for (owner, lock) in locks.into_values() {
			let held = T::Currency::balance_on_hold(&HoldReason::SubnetLock.into(), &owner);
			ensure!(held == lock, "held tokens differ from the owner's locks");
		}
		Ok(())
	}
}
