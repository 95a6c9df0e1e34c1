//! Reads for other pallets and for the runtime API.

use crate::{pallet::*, MAX_PAGE};
use alloc::vec::Vec;
use frame_support::traits::Get;
use ganglion_primitives::{
	Balance, DeclarationColumns, ModelTerms, NetUid, ProfileDetails, ProfileId, ProfileNumber, ProfileSummary, Role,
};
use ganglion_traits::{Bonds, Profiles};

impl<T: Config> Profiles<T::AccountId> for Pallet<T> {
	fn profile(id: &ProfileId) -> Option<ProfileSummary> {
		Self::by_number(Numbers::<T>::get(id)?)
	}

	fn by_number(number: ProfileNumber) -> Option<ProfileSummary> {
		let spec = Specs::<T>::get(number)?;
		Some(ProfileSummary {
			number,
			task: spec.task,
			lane: spec.lane,
			layers: spec.layers,
			thresholds: spec.thresholds,
			self_test: spec.replay.self_test,
			registered_at: Records::<T>::get(number)?.registered_at,
		})
	}

	fn is_bonded(netuid: NetUid, hotkey: &T::AccountId, profile: &ProfileId, role: Role) -> bool {
		let hotkey = Self::answering(netuid, hotkey);
		Numbers::<T>::get(profile).is_some_and(|number| {
			DeclarationsOf::<T>::get(netuid, &hotkey)
				.iter()
				.any(|one| one.profile == number && one.role == role && one.bond > 0)
		})
	}

	fn auditors(netuid: NetUid, profile: &ProfileId) -> Vec<T::AccountId> {
		Numbers::<T>::get(profile).map_or_else(Vec::new, |number| AuditorsOf::<T>::get(netuid, number).into_inner())
	}
}

impl<T: Config> Pallet<T> {
	/// Everything about a registered profile.
	pub fn details(number: ProfileNumber) -> Option<ProfileDetails<T::AccountId>> {
		let record = Records::<T>::get(number)?;
		Some(ProfileDetails {
			number,
			id: record.id,
			owner: record.owner,
			spec: Specs::<T>::get(number)?,
			terms: record.terms,
			deposit: record.deposit,
			registered_at: record.registered_at,
			declarations: record.declarations,
		})
	}

	/// The same by identity.
	pub fn details_of(id: &ProfileId) -> Option<ProfileDetails<T::AccountId>> {
		Self::details(Numbers::<T>::get(id)?)
	}

	/// Registered profiles from a number on, ascending; at most a page.
	pub fn page(from: ProfileNumber, limit: u32) -> Vec<ProfileDetails<T::AccountId>> {
		let limit = usize::try_from(limit.min(MAX_PAGE)).unwrap_or(0);
		let next = NextNumber::<T>::get();
		(from..next).filter_map(Self::details).take(limit).collect()
	}

	/// What hotkeys of a subnet declared, ascending by hotkey.
	pub fn columns(netuid: NetUid) -> DeclarationColumns<T::AccountId> {
		let mut all: Vec<_> = DeclarationsOf::<T>::iter_prefix(netuid).collect();
		all.sort_unstable_by(|left, right| left.0.cmp(&right.0));
		let mut columns = DeclarationColumns {
			hotkeys: Vec::new(),
			profiles: Vec::new(),
			roles: Vec::new(),
			bonds: Vec::new(),
			ends_at: Vec::new(),
		};
		for (hotkey, declarations) in all {
			for one in declarations {
				columns.hotkeys.push(hotkey.clone());
				columns.profiles.push(one.profile);
				columns.roles.push(u8::from(one.role == Role::Audit));
				columns.bonds.push(one.bond);
				columns.ends_at.push(one.ends_at.unwrap_or(0));
			}
		}
		columns
	}

	/// What registering and declaring cost.
	pub fn terms() -> ModelTerms {
		ModelTerms {
			profile_deposit: T::ProfileDeposit::get(),
			profile_byte_deposit: T::ProfileByteDeposit::get(),
			min_serve_bond: T::MinServeBond::get(),
			min_audit_bond: T::MinAuditBond::get(),
			bond_release: T::BondRelease::get(),
			clock: Self::clock(),
		}
	}

	/// Accusations that hold a hotkey's bond, and what a slash can take of its bonds to serve and to audit, nano.
	pub fn standing(netuid: NetUid, hotkey: &T::AccountId) -> (u32, Balance, Balance) {
		use ganglion_traits::Bonds;
		let freezes = Freezes::<T>::get(netuid, Self::answering(netuid, hotkey));
		(
			freezes,
			Self::bond(netuid, hotkey, Role::Serve),
			Self::bond(netuid, hotkey, Role::Audit),
		)
	}
}
