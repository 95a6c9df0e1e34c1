//! What a proof shows: that the receipt is in the batch, who anchored it, and when its answer is final.

use super::*;
use crate::leaf_of;
use binary_merkle_tree::{merkle_proof, merkle_root};
use codec::Encode;
use frame_support::assert_ok;
use sp_core::Blake2Hasher;
use sp_io::hashing::blake2_256;

fn leaves(count: u8) -> Vec<Vec<u8>> {
	(0..count).map(|n| leaf_of(&receipt(n))).collect()
}

fn tree(count: u8) -> H256 {
	merkle_root::<Blake2Hasher, _>(leaves(count))
}

fn proof(count: u8, index: u32) -> Vec<H256> {
	merkle_proof::<Blake2Hasher, _, _>(leaves(count), index).proof
}

fn anchored(who: u64, count: u8) {
	assert_ok!(Receipts::anchor(signed(who), NETUID, tree(count), count.into()));
}

#[test]
fn every_receipt_of_a_batch_is_shown_at_its_place_only() {
	for count in [1u8, 2, 3, 5, 7, 8, 11] {
		execute(|| {
			anchored(100, count);
			for n in 0..count {
				let nodes = proof(count, n.into());
				for index in 0..u32::from(count) + 2 {
					let found = Receipts::inclusion(&receipt(n), tree(count), index, &nodes);
					assert_eq!(
						found.len(),
						usize::from(index == u32::from(n)),
						"{n} at {index} of {count}"
					);
				}
				assert!(Receipts::inclusion(&receipt(count), tree(count), n.into(), &nodes).is_empty());
			}
		});
	}
}

#[test]
fn nothing_is_shown_of_what_was_altered() {
	execute(|| {
		anchored(100, 5);
		let (good, at) = (proof(5, 3), 3);
		assert_eq!(Receipts::inclusion(&receipt(3), tree(5), at, &good).len(), 1);
		let longer = [good.clone(), vec![H256::zero()]].concat();
		let swapped: Vec<_> = good.iter().rev().copied().collect();
		for nodes in [&good[1..], &longer, &swapped, &[]] {
			assert!(Receipts::inclusion(&receipt(3), tree(5), at, nodes).is_empty());
		}
		let mut other = receipt(3);
		other.receipt.created_at += 1;
		assert!(Receipts::inclusion(&other, tree(5), at, &good).is_empty());
		assert!(Receipts::inclusion(&receipt(3), tree(7), at, &proof(7, 3)).is_empty());
	});
}

/// A copier who tells another number of leaves shows nothing; one who tells the same stands after the parties.
#[test]
fn parties_stand_before_copiers() {
	execute(|| {
		assert_ok!(Receipts::anchor(signed(102), OTHER, tree(5), 4));
		assert_ok!(Receipts::anchor(signed(102), NETUID, tree(5), 5));
		System::set_block_number(3);
		anchored(101, 5);
		System::set_block_number(4);
		anchored(100, 5);
		let found = Receipts::inclusion(&receipt(1), tree(5), 1, &proof(5, 1));
		let lines: Vec<_> = found.iter().map(|line| (line.hotkey, line.role, line.block)).collect();
		assert_eq!(
			lines,
			[
				(100, Anchorer::Requester, 4),
				(101, Anchorer::Miner, 3),
				(102, Anchorer::Other, 1)
			]
		);
		assert_eq!((found[0].netuid, found[0].count, found[0].at), (NETUID, 5, 24_000));
	});
}

#[test]
fn an_answer_is_final_when_it_can_no_longer_be_disputed() {
	execute(|| {
		anchored(100, 3);
		let look = || {
			let line = Receipts::inclusion(&receipt(0), tree(3), 0, &proof(3, 0)).remove(0);
			(line.final_in, line.disputed, line.finalized)
		};
		assert_eq!(look(), (50, false, false));
		System::set_block_number(50);
		assert_eq!(look(), (1, false, false));
		System::set_block_number(51);
		PausedBlocks::set(1);
		assert_eq!(look(), (1, false, false));
		PausedBlocks::set(0);
		assert_eq!(look(), (0, false, true));
		DisputedOnes::set(vec![H256(blake2_256(&receipt(0).receipt.encode()))]);
		assert_eq!(look(), (0, true, false));
	});
}
