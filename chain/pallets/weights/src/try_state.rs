//! The invariants of the pallet's header, checked.

use crate::{pallet::*, Row};
use frame_support::ensure;
use ganglion_primitives::{BlockNumber, MechanismId, NetUid, Uid};
use ganglion_traits::{NeuronInspect, SubnetInspect};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Check the invariants.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		for (netuid, count) in Mechanisms::<T>::iter() {
			ensure!(count > 0, "a subnet with no mechanism in use");
			ensure!(
				T::Subnets::exists(netuid) || T::Subnets::is_dissolving(netuid),
				"mechanisms of a subnet that is gone"
			);
		}
		for ((netuid, mechanism), uid, row) in Rows::<T>::iter() {
			if Self::is_leaving(netuid, mechanism)? {
				continue;
			}
			Self::check_occupant(netuid, uid, row.registered_at)?;
			Self::check_row(netuid, &row)?;
		}
		for ((netuid, mechanism), uid, last) in LastUpdate::<T>::iter() {
			if Self::is_leaving(netuid, mechanism)? {
				continue;
			}
			Self::check_occupant(netuid, uid, last.registered_at)?;
			ensure!(
				last.block >= last.registered_at,
				"an update from before the registration"
			);
			ensure!(last.block <= Self::now(), "an update from the future");
		}
		Self::check_commits()
	}

	/// Whether what is kept for a mechanism is on its way out; an error where nobody would ever remove it.
	fn is_leaving(netuid: NetUid, mechanism: MechanismId) -> Result<bool, TryRuntimeError> {
		ensure!(
			mechanism.0 < Mechanisms::<T>::get(netuid),
			"data of a mechanism that is not known to be in use"
		);
		Ok(T::Subnets::is_dissolving(netuid))
	}

	fn check_occupant(netuid: NetUid, uid: Uid, registered_at: BlockNumber) -> Result<(), TryRuntimeError> {
		let (_, present) = T::Neurons::neuron(netuid, uid).ok_or("data of an empty slot")?;
		ensure!(present == registered_at, "data of an older registration");
		Ok(())
	}

	fn check_row(netuid: NetUid, row: &Row) -> Result<(), TryRuntimeError> {
		let ascending = row
			.entries
			.windows(2)
			.all(|pair| matches!(pair, [(a, _), (b, _)] if a < b));
		ensure!(ascending, "a row that is not ascending");
		let last = row.entries.last().map(|(uid, _)| *uid);
		ensure!(
			last.is_none_or(|uid| uid < T::Neurons::count(netuid)),
			"a row with an unknown uid"
		);
		ensure!(
			row.updated_at >= row.registered_at,
			"a row from before the registration"
		);
		ensure!(row.updated_at <= Self::now(), "a row from the future");
		Ok(())
	}

	fn check_commits() -> Result<(), TryRuntimeError> {
		for ((netuid, mechanism), hotkey, commits) in Commits::<T>::iter() {
			if Self::is_leaving(netuid, mechanism)? {
				continue;
			}
			ensure!(!commits.is_empty(), "an empty list of commits");
			let uid = T::Neurons::uid(netuid, &hotkey).ok_or("commits of a hotkey without slot")?;
			let (_, registered_at) = T::Neurons::neuron(netuid, uid).ok_or("commits of an empty slot")?;
			for commit in commits {
				ensure!(commit.block >= registered_at, "a commit from before the registration");
				ensure!(commit.block <= Self::now(), "a commit from the future");
				ensure!(
					commit.reveal_epoch > commit.epoch,
					"a commit that can be revealed at once"
				);
			}
		}
		Ok(())
	}
}
