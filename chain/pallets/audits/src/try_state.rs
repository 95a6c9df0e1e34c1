//! The invariants of the pallet's header, checked.

use crate::{pallet::*, HISTORY};
use frame_support::ensure;
use ganglion_primitives::{EpochIndex, NetUid};
use ganglion_traits::{EpochInspect, SubnetInspect};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Check the invariants.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		for (netuid, epoch, hotkey) in Filed::<T>::iter_keys() {
			if Self::is_leaving(netuid)? {
				continue;
			}
			Self::check_age(netuid, epoch)?;
			let author = Authors::<T>::get(netuid, &hotkey).ok_or("evidence without an author")?;
			ensure!(author.latest >= epoch, "evidence that its author does not know of");
		}
		for (netuid, _, author) in Authors::<T>::iter() {
			if !Self::is_leaving(netuid)? {
				Self::check_age(netuid, author.latest)?;
			}
		}
		for (netuid, epoch) in Randomness::<T>::iter_keys() {
			if !Self::is_leaving(netuid)? {
				Self::check_age(netuid, epoch)?;
			}
		}
		Self::check_checks()?;
		for (netuid, _, times) in Due::<T>::iter() {
			Self::is_leaving(netuid)?;
			ensure!(times > 0, "a slash that is not due");
		}
		Self::check_secrets()
	}

	/// What filed evidence is checked with.
	fn check_checks() -> Result<(), TryRuntimeError> {
		for (netuid, epoch, hotkey) in Refuted::<T>::iter_keys() {
			let filed = Filed::<T>::contains_key((netuid, epoch, &hotkey));
			ensure!(
				filed || Self::is_leaving(netuid)?,
				"something is refuted that is not filed"
			);
		}
		for (netuid, epoch, block) in Began::<T>::iter() {
			ensure!(block <= Self::now(), "an epoch that began in the future");
			if !Self::is_leaving(netuid)? {
				Self::check_age(netuid, epoch)?;
			}
		}
		for (netuid, _, block) in Named::<T>::iter() {
			Self::is_leaving(netuid)?;
			ensure!(block <= Self::now(), "a name of the future");
		}
		for netuid in Renumbered::<T>::iter_keys() {
			Self::is_leaving(netuid)?;
		}
		Ok(())
	}

	/// Whether a subnet's data is on its way out; an error where nobody would ever remove it.
	fn is_leaving(netuid: NetUid) -> Result<bool, TryRuntimeError> {
		let leaving = T::Subnets::is_dissolving(netuid);
		ensure!(leaving || T::Subnets::exists(netuid), "data of a subnet that is gone");
		Ok(leaving)
	}

	fn check_age(netuid: NetUid, epoch: EpochIndex) -> Result<(), TryRuntimeError> {
		let now = T::Epochs::epoch(netuid);
		ensure!(epoch <= now, "something of a later epoch");
		ensure!(
			now.saturating_sub(epoch) < HISTORY,
			"something that should be forgotten"
		);
		Ok(())
	}

	fn check_secrets() -> Result<(), TryRuntimeError> {
		for (netuid, secrets) in Revealed::<T>::iter() {
			Self::is_leaving(netuid)?;
			ensure!(!secrets.is_empty(), "an empty list of secrets");
			let ascending = |pair: &[(u16, [u8; 32])]| matches!(pair, [a, b] if a <= b);
			ensure!(secrets.windows(2).all(ascending), "secrets that are not ascending");
		}
		Ok(())
	}
}
