//! # Receipts
//!
//! Anchors of batches of receipts: a registered hotkey puts one Merkle root on chain for any number of answers, and
//! anybody who holds a receipt can show later that it was in the batch, and hence was there by that time.
//!
//! ## Terminology
//!
//! - **receipt**: what a miner signs about an answer; never on chain by itself.
//! - **leaf**: [`ACCEPTED_DOMAIN`], blake2b-256 of the signed receipt's bytes, request id: 67 bytes.
//! - **batch**: leaves in an order of the anchorer's choice, in a tree of the crate `binary-merkle-tree` with blake2b-256.
//! - **anchor**: root and number of leaves of a batch, with who anchored it, in which block and at what time.
//! - **final**: so long after its anchor that no dispute about an answer can be opened any more, and none is open.
//!
//! ## Overview
//!
//! Anchoring is free of charge [`FREE_ANCHORS`] times in a subnet's tempo and costs the usual fee beyond. Whoever anchors says
//! nothing about what is in the batch: a proof shows that a receipt existed, its signatures show whose it is. Hence anybody
//! with a slot may anchor, several may anchor one root, and a proof names them all. Anchors are kept for a fixed time and no
//! more than a fixed number of them: the oldest give way, but none whose answers can still be disputed; where all are such, no
//! more are taken. They outlive their hotkey's slot and their subnet, because they are about the past; the event of each stays
//! in the chain's history for ever.
//!
//! ## Invariants
//!
//! - every anchor is in the queue once, and the queue holds nothing else, in the order in which they came;
//! - no more anchors are kept than there can be; no quota is overdrawn.

#![cfg_attr(not(feature = "std"), no_std)]
#![deny(missing_docs)]

extern crate alloc;

mod impls;
mod inclusion;
mod types;
pub mod weights;

#[cfg(test)]
mod mock;
#[cfg(test)]
mod tests;
#[cfg(any(test, feature = "try-runtime"))]
mod try_state;

pub use ganglion_primitives::receipt::ACCEPTED_DOMAIN;
pub use inclusion::leaf_of;
pub use pallet::*;
pub use types::*;
pub use weights::WeightInfo;

/// Anchors that a hotkey sets free of charge in a subnet's tempo.
pub const FREE_ANCHORS: u32 = 4;
/// Most leaves of a batch.
pub const MAX_BATCH: u32 = 1 << 24;
/// Most anchors of one root that an answer names.
pub const MAX_ANSWERS: usize = 1_024;
/// Anchors that a block's idle time removes at most.
pub const PRUNED_PER_BLOCK: u32 = 64;

#[frame_support::pallet]
pub mod pallet {
	use super::*;
	use frame_support::{pallet_prelude::*, traits::UnixTime, weights::Weight};
	use frame_system::pallet_prelude::*;
	use ganglion_primitives::{BlockNumber, NetUid};
	use ganglion_traits::{DisputedAnswers, NeuronInspect, Pause, SubnetInspect};
	use sp_core::H256;

	/// What the pallet needs from the runtime.
	#[pallet::config]
	pub trait Config: frame_system::Config<RuntimeEvent: From<Event<Self>>> {
		/// Subnets and their tempos.
		type Subnets: SubnetInspect<Self::AccountId>;
		/// Slots and their occupants.
		type Neurons: NeuronInspect<Self::AccountId>;
		/// While the network is paused, nothing is free, and no deadline comes nearer.
		type Pause: Pause;
		/// Answers that somebody disputes.
		type Disputes: DisputedAnswers;
		/// The time of blocks.
		type Time: UnixTime;
		/// Unpaused blocks after its anchor at which an answer is final.
		#[pallet::constant]
		type ChallengePeriod: Get<BlockNumber>;
		/// Unpaused blocks for which an anchor is kept; more than the challenge period.
		#[pallet::constant]
		type AnchorLife: Get<BlockNumber>;
		/// Most anchors that are kept.
		#[pallet::constant]
		type MaxAnchors: Get<u32>;
		/// Weights of the calls.
		type WeightInfo: WeightInfo;
	}

	const STORAGE_VERSION: StorageVersion = StorageVersion::new(1);

	/// The pallet.
	#[pallet::pallet]
	#[pallet::storage_version(STORAGE_VERSION)]
	pub struct Pallet<T>(_);

	/// Anchors by root, and by who anchored it where.
	#[pallet::storage]
	pub type Anchors<T: Config> =
		StorageDoubleMap<_, Blake2_128Concat, H256, Blake2_128Concat, (NetUid, T::AccountId), Anchor>;

	/// Anchors in the order in which they came.
	#[pallet::storage]
	pub type Queue<T: Config> = StorageMap<_, Twox64Concat, u64, Queued<T::AccountId>>;

	/// Numbers of the oldest anchor that is kept and of the next one to come.
	#[pallet::storage]
	pub type Ends<T: Config> = StorageValue<_, QueueEnds, ValueQuery>;

	/// What each hotkey anchored in a subnet, and its quota.
	#[pallet::storage]
	pub type Books<T: Config> = StorageDoubleMap<_, Identity, NetUid, Blake2_128Concat, T::AccountId, Book>;

	/// What happened.
	#[pallet::event]
	#[pallet::generate_deposit(pub(crate) fn deposit_event)]
	pub enum Event<T: Config> {
		/// A hotkey anchored a batch of receipts.
		Anchored {
			/// The subnet.
			netuid: NetUid,
			/// The hotkey.
			hotkey: T::AccountId,
			/// Merkle root of the batch.
			root: H256,
			/// Receipts in it.
			count: u32,
		},
	}

	/// Why a call was refused.
	#[pallet::error]
	#[derive(PartialEq, Eq)]
	pub enum Error<T> {
		/// No subnet has this netuid.
		SubnetNotFound,
		/// The hotkey has no slot in the subnet.
		NotRegistered,
		/// A batch has at least one receipt, at most [`MAX_BATCH`], and a root.
		BadBatch,
		/// The hotkey anchored this root in this subnet before.
		AnchoredAlready,
		/// As many anchors are kept as can be, and the answers under all of them can still be disputed.
		NoRoom,
	}

	#[pallet::hooks]
	impl<T: Config> Hooks<BlockNumberFor<T>> for Pallet<T> {
		fn on_idle(_: BlockNumberFor<T>, remaining: Weight) -> Weight {
			Self::prune(remaining)
		}

		fn integrity_test() {
			assert!(T::MaxAnchors::get() > 0, "an anchor can be kept");
		}

		#[cfg(feature = "try-runtime")]
		fn try_state(_: BlockNumberFor<T>) -> Result<(), sp_runtime::TryRuntimeError> {
			Self::do_try_state()
		}
	}

	#[pallet::call]
	impl<T: Config> Pallet<T> {
		/// Anchor a batch of receipts: its Merkle root and the number of its leaves.
		///
		/// Origin: signed by a registered hotkey. Free while the quota of the subnet's tempo lasts; beyond, the fee is paid. Emits
		/// `Anchored`. Errors: `SubnetNotFound`, `NotRegistered`, `BadBatch`, `AnchoredAlready`, `NoRoom`.
		#[pallet::call_index(0)]
		#[pallet::weight(T::WeightInfo::anchor())]
		#[pallet::feeless_if(|origin: &OriginFor<T>, netuid: &NetUid, root: &H256, count: &u32| -> bool {
			ensure_signed(origin.clone()).is_ok_and(|hotkey| Pallet::<T>::is_free(&hotkey, *netuid, root, *count))
		})]
		pub fn anchor(origin: OriginFor<T>, netuid: NetUid, root: H256, count: u32) -> DispatchResult {
			let hotkey = ensure_signed(origin)?;
			Self::do_anchor(hotkey, netuid, root, count)
		}
	}
}
