//! Block production: Aura in this node's slots.

use super::{
	parts::{inherents, slot_duration, BlockImport, Client, SelectChain},
	Shared,
};
use sc_consensus_aura::{SlotProportion, StartAuraParams};
use sc_service::Error;
use sp_consensus_aura::sr25519::AuthorityPair as AuraPair;
use std::sync::Arc;

/// Part of a slot in which a block is made; the rest is for its way to the others.
const PROPOSAL: f32 = 2.0 / 3.0;

/// Spawn the author; its end ends the node.
pub(super) fn spawn(
	shared: &Shared,
	client: Arc<Client>,
	select_chain: SelectChain,
	block_import: BlockImport,
) -> Result<(), Error> {
	let slot_duration = slot_duration(&client)?;
	let proposer_factory = sc_basic_authorship::ProposerFactory::new(
		shared.tasks.spawn_handle(),
		client.clone(),
		shared.pool.clone(),
		shared.settings.registry.as_ref(),
		shared.telemetry.clone(),
	);
	let author = sc_consensus_aura::start_aura::<AuraPair, _, _, _, _, _, _, _, _, _, _>(StartAuraParams {
		slot_duration,
		client,
		select_chain,
		block_import,
		proposer_factory,
		create_inherent_data_providers: move |_, ()| async move { Ok(inherents(slot_duration)) },
		force_authoring: shared.settings.force_authoring,
		backoff_authoring_blocks: None::<()>,
		keystore: shared.keystore.clone(),
		sync_oracle: shared.sync.clone(),
		justification_sync_link: shared.sync.clone(),
		block_proposal_slot_portion: SlotProportion::new(PROPOSAL),
		max_block_proposal_slot_portion: None,
		telemetry: shared.telemetry.clone(),
		compatibility_mode: Default::default(),
	})?;
	shared
		.tasks
		.spawn_essential_handle()
		.spawn_blocking("aura", Some("block-authoring"), author);
	Ok(())
}
