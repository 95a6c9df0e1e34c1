//! # Ganglion's full node
//!
//! polkadot-sdk's services (Aura, GRANDPA, peer-to-peer network, database, JSON-RPC) around the runtime artifact. No rule
//! of the chain is here: the node knows the runtime by its WebAssembly alone, the same bytes that the dev node runs.

mod chain_spec;
mod cli;
mod command;
mod rpc;
mod runtime;
mod service;

fn main() -> sc_cli::Result<()> {
	command::run()
}
