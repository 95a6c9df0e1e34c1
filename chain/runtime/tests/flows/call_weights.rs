//! No call is too heavy for a block, whatever it is made with; and what hooks may do in one leaves room for transactions.

use frame_support::{dispatch::DispatchClass, weights::Weight};
use ganglion_primitives::{
	dispute::{MAX_DISPUTED_TOKENS, MAX_LEAF, MAX_LEAVES, MAX_SAMPLING},
	VerdictRow, MAX_UIDS,
};
use ganglion_runtime::{configs::RuntimeBlockWeights, parameters::MaxSubnets, Runtime};
use pallet_audits::{WeightInfo as _, SLASHES_PER_BLOCK};
use pallet_disputes::{WeightInfo as _, MAX_AUDITORS, WORK_PER_BLOCK};
use pallet_key_swap::{WeightInfo as _, MAX_SLOTS};
use pallet_models::{WeightInfo as _, MAX_DECLARATIONS};
use pallet_weights::WeightInfo as _;

type Audits = <Runtime as pallet_audits::Config>::WeightInfo;
type Disputes = <Runtime as pallet_disputes::Config>::WeightInfo;
type KeySwap = <Runtime as pallet_key_swap::Config>::WeightInfo;
type Models = <Runtime as pallet_models::Config>::WeightInfo;
type Weights = <Runtime as pallet_weights::Config>::WeightInfo;

fn milliseconds(weight: Weight) -> u64 {
	weight.ref_time() / 1_000_000_000
}

#[test]
fn the_heaviest_calls_fit_a_block() {
	sp_io::TestExternalities::default().execute_with(|| {
		let most = RuntimeBlockWeights::get()
			.get(DispatchClass::Normal)
			.max_extrinsic
			.unwrap();
		let evidence = 8 * MAX_DISPUTED_TOKENS + MAX_SAMPLING + MAX_LEAVES * (MAX_LEAF + 2) + 700;
		let rows = MAX_UIDS * core::mem::size_of::<VerdictRow>() as u32 + 2_000;
		let finish = Disputes::finish();
		let calls = [
			("disputes.open", Disputes::open(evidence)),
			("disputes.refute", Disputes::refute(rows)),
			("disputes.vote", Disputes::step().saturating_add(finish)),
			(
				"disputes.settle",
				Disputes::draw(MAX_AUDITORS)
					.max(Disputes::snapshot(MAX_AUDITORS))
					.saturating_add(finish),
			),
			(
				"weights.reveal",
				Weights::reveal(MAX_UIDS).saturating_add(Weights::evidence(MAX_UIDS)),
			),
			("weights.commit", Weights::commit()),
			("models.register", Models::register(20_000)),
			("models.release", Models::release(2 * MAX_DECLARATIONS)),
			(
				"key_swap.swap_hotkey",
				KeySwap::swap_hotkey(MaxSubnets::get().into(), MAX_SLOTS),
			),
		];
		for (name, weight) in calls {
			println!("{name}: {} ms of {}", milliseconds(weight), milliseconds(most));
			assert!(weight.all_lte(most), "{name}: {weight:?} of {most:?}");
		}
	});
}

#[test]
fn hooks_of_verified_inference_leave_room() {
	sp_io::TestExternalities::default().execute_with(|| {
		let work = Disputes::step()
			.saturating_add(Disputes::draw(MAX_AUDITORS).max(Disputes::snapshot(MAX_AUDITORS)))
			.max(Disputes::step().saturating_add(Disputes::finish()));
		let disputes = Disputes::on_initialize().saturating_add(work.saturating_mul(WORK_PER_BLOCK as u64));
		let audits = Audits::on_initialize(SLASHES_PER_BLOCK, 0);
		let block = RuntimeBlockWeights::get().max_block;
		println!(
			"disputes {} ms, audits {} ms",
			milliseconds(disputes),
			milliseconds(audits)
		);
		// Epochs may take three fifths.
		let part = disputes.saturating_add(audits);
		assert!(part.saturating_mul(5).all_lte(block.saturating_mul(2)), "{part:?}");
	});
}
