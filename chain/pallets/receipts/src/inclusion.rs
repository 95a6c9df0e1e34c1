//! Whether a receipt is in a batch, who anchored it, and whether its answer is final. Reads only.

use crate::{pallet::*, Anchor, ACCEPTED_DOMAIN, MAX_ANSWERS};
use alloc::vec::Vec;
use binary_merkle_tree::verify_proof;
use codec::{Decode, Encode};
use frame_support::traits::Get;
use ganglion_primitives::{receipt::Anchorer, Inclusion, NetUid, SignedReceipt};
use ganglion_traits::DisputedAnswers;
use sp_core::H256;
use sp_io::hashing::blake2_256;
use sp_runtime::traits::BlakeTwo256;

/// What stands for a signed receipt in a batch.
pub fn leaf_of(signed: &SignedReceipt) -> Vec<u8> {
	let digest = blake2_256(&signed.encode());
	[ACCEPTED_DOMAIN, &digest, &signed.receipt.request_id].concat()
}

/// Nodes of a proof for a leaf of a tree of so many: checked, because the crate alone takes shorter proofs for other places.
fn proof_length(mut index: u32, leaves: u32) -> usize {
	let (mut width, mut length) = (leaves, 0usize);
	while width > 1 {
		if index % 2 == 1 || index.saturating_add(1) < width {
			length = length.saturating_add(1);
		}
		index = index.checked_div(2).unwrap_or(0);
		width = width.div_ceil(2);
	}
	length
}

impl<T: Config> Pallet<T> {
	/// All anchors of this root that the receipt is under: those of its requester and its miner first, then the oldest. Empty
	/// where nobody anchored the root, or where the proof does not lead to it. Signatures are the caller's to verify.
	pub fn inclusion(signed: &SignedReceipt, root: H256, index: u32, proof: &[H256]) -> Vec<Inclusion<T::AccountId>> {
		let leaf = leaf_of(signed);
		let receipt = H256(blake2_256(&signed.receipt.encode()));
		let mut found: Vec<_> = Anchors::<T>::iter_prefix(root)
			.take(MAX_ANSWERS)
			.filter(|(_, anchor)| Self::leads(&leaf, root, index, proof, anchor.count))
			.map(|((netuid, hotkey), anchor)| {
				let disputed = T::Disputes::is_disputed(netuid, &receipt);
				Self::line(signed, netuid, hotkey, anchor, disputed)
			})
			.collect();
		found.sort_by_key(|line| (line.role, line.block, line.netuid));
		found
	}

	fn leads(leaf: &[u8], root: H256, index: u32, proof: &[H256], count: u32) -> bool {
		index < count
			&& proof.len() == proof_length(index, count)
			&& verify_proof::<BlakeTwo256, _, _>(&root, proof.iter().copied(), count, index, &leaf)
	}

	fn line(
		signed: &SignedReceipt,
		netuid: NetUid,
		hotkey: T::AccountId,
		anchor: Anchor,
		disputed: bool,
	) -> Inclusion<T::AccountId> {
		let age = Self::clock().saturating_sub(anchor.clock);
		let left = T::ChallengePeriod::get().saturating_sub(age);
		Inclusion {
			netuid,
			role: Self::role(signed, &hotkey),
			hotkey,
			count: anchor.count,
			block: anchor.block,
			at: anchor.at,
			final_in: left,
			disputed,
			finalized: left == 0 && !disputed,
		}
	}

	fn role(signed: &SignedReceipt, hotkey: &T::AccountId) -> Anchorer {
		let is = |mut key: &[u8]| T::AccountId::decode(&mut key).is_ok_and(|account| account == *hotkey);
		if is(&signed.receipt.requester) {
			Anchorer::Requester
		} else if is(&signed.receipt.miner) {
			Anchorer::Miner
		} else {
			Anchorer::Other
		}
	}
}
