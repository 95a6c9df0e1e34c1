//! Benchmarks of evidence's hooks, on the whole runtime: what is kept back costs stake, which lies in pools.

use super::{
	bonded::{bonded, profiles, subnet, EPOCH, NETUID},
	*,
};
use crate::Audits;
use frame_benchmarking::v2::*;
use frame_support::traits::Hooks;
use ganglion_primitives::{FiledEvidence, MAX_OPEN_COMMITS};
use ganglion_traits::OnEpoch;
use pallet_audits::{Author, Authors, Due, Filed, HISTORY};
use sp_core::H256;

/// Of this runtime only.
pub trait Config: frame_system::Config {}
impl Config for Runtime {}
/// Stands for the pallet.
pub struct Pallet<T: Config>(core::marker::PhantomData<T>);

/// Evidence of the epoch by the hotkey, of as many verdicts under this root as there can be.
pub fn filed(netuid: NetUid, epoch: EpochIndex, hotkey: &AccountId, root: H256) {
	let filed = FiledEvidence {
		root,
		leaves: u32::MAX,
		receipts_root: H256::repeat_byte(2),
		receipts: 1,
		secret: [7; 32],
		rows: H256::repeat_byte(4),
		author: hotkey.clone(),
	};
	let author = Author {
		next: Some(H256::repeat_byte(3)),
		latest: epoch,
	};
	Authors::<Runtime>::insert(netuid, hotkey, author);
	Filed::<Runtime>::insert((netuid, epoch, hotkey), filed);
}

#[benchmarks]
mod benches {
	use super::*;

	/// Slashes of hotkeys with as much behind them as can be, each for as many commitments as one has open at a time; and an
	/// epoch that forgets so many filings, one of a hotkey each.
	#[benchmark]
	fn on_initialize(s: Linear<0, 4>, t: Linear<0, 256>) {
		subnet();
		profiles();
		for seed in 0..s {
			let (hotkey, _) = bonded(seed);
			Due::<Runtime>::insert(NETUID, hotkey, MAX_OPEN_COMMITS);
		}
		for author in 0..t {
			let hotkey: AccountId = account("author", author, 0);
			filed(NETUID, EPOCH - HISTORY, &hotkey, H256::repeat_byte(1));
		}
		#[block]
		{
			Audits::on_epoch(NETUID, EPOCH - 1);
			Audits::on_initialize(NOW);
		}
		assert_eq!(Authors::<Runtime>::iter_prefix(NETUID).count(), 0);
		assert_eq!(Due::<Runtime>::iter_prefix(NETUID).count(), 0);
	}
}
