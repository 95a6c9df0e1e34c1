//! What clients ask.

use crate::{opening::answer_subject, pallet::*, types::*};
use alloc::vec::Vec;
use ganglion_primitives::{BlockNumber, DisputeDetail, DisputeId, NetUid, Stage};
use sp_core::H256;
use sp_runtime::AccountId32;

impl<T: Config> Pallet<T> {
	/// Open disputes without their evidence, ascending by number.
	pub fn open_list() -> Vec<DisputeDetail<AccountId32>> {
		let mut open = Self::open_disputes();
		open.sort_by_key(|(id, _)| *id);
		open.into_iter().map(|(id, dispute)| Self::shown(id, dispute)).collect()
	}

	/// Disputes that have ended within the window, the latest first; at most `count`.
	pub fn ended_list(count: u32) -> Vec<DisputeDetail<AccountId32>> {
		let mut ended: Vec<DisputeId> = Ended::<T>::iter_keys().collect();
		ended.sort_by(|one, other| other.cmp(one));
		let count = usize::try_from(count).unwrap_or(usize::MAX);
		ended.into_iter().take(count).filter_map(Self::ended).collect()
	}

	/// One dispute, open or ended, with its evidence while it is open.
	pub fn detail(id: DisputeId) -> Option<DisputeDetail<AccountId32>> {
		let Some(dispute) = Disputes::<T>::get(id) else {
			return Self::ended(id);
		};
		Some(DisputeDetail {
			evidence: EvidenceOf::<T>::get(id),
			..Self::shown(id, dispute)
		})
	}

	/// The open dispute in a subnet about an answer: blake2b-256 of its receipt's bytes.
	pub fn about(netuid: NetUid, receipt: &H256) -> Option<DisputeId> {
		BySubject::<T>::get(answer_subject(netuid, receipt))
	}

	/// Open disputes in which something is awaited of the account.
	pub fn awaiting(who: &AccountId32) -> Vec<DisputeId> {
		let open = Self::open_disputes().into_iter();
		open.filter(|(_, dispute)| Self::is_awaited(who, dispute))
			.map(|(id, _)| id)
			.collect()
	}

	fn is_awaited(who: &AccountId32, dispute: &DisputeOf) -> bool {
		match dispute.stage {
			Stage::Answering | Stage::Posting => Self::acts_for_accused(who, dispute),
			_ => Self::awaited(dispute).contains(who),
		}
	}

	fn awaited(dispute: &DisputeOf) -> Vec<AccountId32> {
		match dispute.stage {
			Stage::Answering | Stage::Posting => Vec::from([dispute.accused.clone()]),
			Stage::Judging => Vec::from([dispute.challenger.clone()]),
			Stage::Drawing => Vec::new(),
			Stage::Voting => {
				let silent = dispute.committee.iter().filter(|member| member.vote.is_none());
				silent.map(|member| member.hotkey.clone()).collect()
			}
		}
	}

	fn shown(id: DisputeId, dispute: DisputeOf) -> DisputeDetail<AccountId32> {
		let blocks_left: BlockNumber = dispute.deadline.saturating_sub(Self::clock());
		DisputeDetail {
			id,
			awaited: Self::awaited(&dispute),
			dispute,
			evidence: None,
			end: None,
			blocks_left,
		}
	}

	fn ended(id: DisputeId) -> Option<DisputeDetail<AccountId32>> {
		let found = Ended::<T>::get(id)?;
		Some(DisputeDetail {
			id,
			dispute: found.dispute,
			evidence: None,
			end: Some((
				found.ending,
				found.reason,
				found.ended_at,
				found.slashed,
				found.forfeited,
			)),
			blocks_left: 0,
			awaited: Vec::new(),
		})
	}
}
