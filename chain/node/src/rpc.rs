//! JSON-RPC beyond what every Substrate node serves: nonces and dry runs, fees, finality proofs.

use crate::{
	runtime::Block,
	service::{Backend, Client, Link, Pool},
};
use jsonrpsee::RpcModule;
use pallet_transaction_payment_rpc::{TransactionPayment, TransactionPaymentApiServer};
use sc_consensus_grandpa::{FinalityProofProvider, GrandpaJustificationStream, SharedAuthoritySet, SharedVoterState};
use sc_consensus_grandpa_rpc::{Grandpa, GrandpaApiServer};
use sc_rpc::SubscriptionTaskExecutor;
use std::sync::Arc;
use substrate_frame_rpc_system::{System, SystemApiServer};

/// What the RPC shows of GRANDPA.
#[derive(Clone)]
pub struct Finality {
	/// Authorities of now and of pending changes.
	pub authorities: SharedAuthoritySet<sp_core::H256, u32>,
	/// State of the voter in this node.
	pub voter: SharedVoterState,
	/// Justifications as they are made.
	pub justifications: GrandpaJustificationStream<Block>,
	/// Proofs for finalized blocks.
	pub proofs: Arc<FinalityProofProvider<Backend, Block>>,
}

impl Finality {
	/// From GRANDPA's link; the voter reports its state once it runs.
	pub fn of(link: &Link, backend: Arc<Backend>) -> Self {
		let authorities = link.shared_authority_set().clone();
		Self {
			voter: SharedVoterState::empty(),
			justifications: link.justification_stream(),
			proofs: FinalityProofProvider::new_for_service(backend, Some(authorities.clone())),
			authorities,
		}
	}
}

/// The module of all of it. Fails only if two methods had one name.
pub fn module(
	client: Arc<Client>,
	pool: Arc<Pool>,
	finality: Finality,
	executor: SubscriptionTaskExecutor,
) -> Result<RpcModule<()>, jsonrpsee::core::RegisterMethodError> {
	let Finality {
		authorities,
		voter,
		justifications,
		proofs,
	} = finality;
	let mut module = RpcModule::new(());
	module.merge(System::<_, _, Block>::new(client.clone(), pool).into_rpc())?;
	module.merge(TransactionPayment::<_, Block>::new(client).into_rpc())?;
	module.merge(Grandpa::new(executor, authorities, voter, justifications, proofs).into_rpc())?;
	Ok(module)
}
