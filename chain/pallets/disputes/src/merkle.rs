//! Whether something stands at a place of a Merkle tree. Knows nothing of what the leaves mean.
//!
//! The trees are those of `binary-merkle-tree`: the last node of an odd row goes up as it is. A proof's length is checked: the crate alone
//! takes a short one for other places, too, and who filed the truth could be shown to have filed something else.

use alloc::vec::Vec;
use binary_merkle_tree::{merkle_root, verify_proof};
use sp_core::H256;
use sp_runtime::traits::BlakeTwo256;

/// Bytes of two hashes side by side, which no leaf may have.
const NODE: usize = 64;

/// Hashes from the leaf at `index` to the root of a tree of so many leaves.
fn proof_length(index: u32, leaves: u32) -> usize {
	let (mut place, mut width, mut length) = (index, leaves, 0usize);
	while width > 1 {
		if place % 2 == 1 || place.saturating_add(1) < width {
			length = length.saturating_add(1);
		}
		place /= 2;
		width = width.div_ceil(2);
	}
	length
}

/// Whether this leaf, and no other one, is at the place.
pub(crate) fn stands_at(root: &H256, leaves: u32, index: u32, leaf: &[u8], proof: &[H256]) -> bool {
	index < leaves
		&& leaf.len() != NODE
		&& proof.len() == proof_length(index, leaves)
		&& verify_proof::<BlakeTwo256, _, _>(root, proof.iter().copied(), leaves, index, &leaf)
}

/// Whether these are all leaves under the root.
pub(crate) fn are_all<L: AsRef<[u8]>>(root: &H256, leaves: &[L]) -> bool {
	let raw: Vec<&[u8]> = leaves.iter().map(AsRef::as_ref).collect();
	raw.iter().all(|leaf| leaf.len() != NODE) && merkle_root::<BlakeTwo256, _>(raw) == *root
}
