//! The invariants of the pallet's header, checked.

use crate::{pallet::*, QUOTA};
use frame_support::ensure;
use ganglion_traits::{NeuronInspect, SubnetInspect};
use sp_runtime::TryRuntimeError;

impl<T: Config> Pallet<T> {
	/// Check the invariants.
	pub fn do_try_state() -> Result<(), TryRuntimeError> {
		for (netuid, hotkey, commitment) in Commitments::<T>::iter() {
			ensure!(commitment.used <= QUOTA, "an overdrawn quota");
			ensure!(
				commitment.quota_since <= commitment.updated_at,
				"a quota from the future"
			);
			if T::Subnets::is_dissolving(netuid) {
				continue;
			}
			ensure!(
				T::Subnets::exists(netuid),
				"a commitment in a subnet that does not exist"
			);
			let uid = T::Neurons::uid(netuid, &hotkey).ok_or("a commitment of a hotkey without slot")?;
			let registered_at = T::Neurons::neuron(netuid, uid).map(|(_, at)| at);
			ensure!(
				registered_at == Some(commitment.registered_at),
				"a commitment of an older registration"
			);
		}
		Ok(())
	}
}
