//! Runs what the command line asks for.

use crate::{
	chain_spec::{self, ChainSpec},
	cli::{Cli, Subcommand},
	runtime::Block,
	service::{self, Backend, Client, Parts},
};
use sc_cli::{CliConfiguration, Result, SubstrateCli};
use sc_consensus::DefaultImportQueue;
use sc_service::Configuration;
use std::{future::Future, path::PathBuf, sync::Arc};

impl SubstrateCli for Cli {
	fn impl_name() -> String {
		"Ganglion Node".into()
	}
	fn impl_version() -> String {
		env!("CARGO_PKG_VERSION").into()
	}
	fn description() -> String {
		env!("CARGO_PKG_DESCRIPTION").into()
	}
	fn author() -> String {
		"The Ganglion developers".into()
	}
	fn support_url() -> String {
		concat!(env!("CARGO_PKG_REPOSITORY"), "/issues").into()
	}
	fn copyright_start_year() -> i32 {
		2026
	}
	fn load_spec(&self, id: &str) -> std::result::Result<Box<dyn sc_service::ChainSpec>, String> {
		let id = if id.is_empty() { "development" } else { id };
		match chain_spec::built_in(id) {
			Some(spec) => Ok(Box::new(spec)),
			None => Ok(Box::new(ChainSpec::from_json_file(PathBuf::from(id)).map_err(
				|error| {
					format!("{error}: {id:?} is no built-in chain (development, local, testnet) and no chain spec file")
				},
			)?)),
		}
	}
}

/// A chain's data without a network.
struct OnDisk {
	client: Arc<Client>,
	backend: Arc<Backend>,
	import_queue: DefaultImportQueue<Block>,
}

/// Parse the arguments and do what they say; returns when the command or the node has ended.
pub fn run() -> Result<()> {
	let cli = Cli::from_args();
	match &cli.subcommand {
		None => cli
			.create_runner(&cli.run)?
			.run_node_until_exit(|config| async move { service::start(config) }),
		Some(Subcommand::Key(command)) => command.run(&cli),
		Some(Subcommand::ExportChainSpec(command)) => command.run(cli.load_spec(&command.chain)?),
		Some(Subcommand::CheckBlock(command)) => {
			on_disk(&cli, command, |chain, _| command.run(chain.client, chain.import_queue))
		}
		Some(Subcommand::ExportBlocks(command)) => on_disk(&cli, command, |chain, config| {
			command.run(chain.client, config.database)
		}),
		Some(Subcommand::ExportState(command)) => on_disk(&cli, command, |chain, config| {
			command.run(chain.client, config.chain_spec)
		}),
		Some(Subcommand::ImportBlocks(command)) => {
			on_disk(&cli, command, |chain, _| command.run(chain.client, chain.import_queue))
		}
		Some(Subcommand::Revert(command)) => on_disk(&cli, command, |chain, _| {
			let finality = |client, _, blocks| sc_consensus_grandpa::revert(client, blocks).map_err(Into::into);
			command.run(chain.client, chain.backend, Some(Box::new(finality)))
		}),
		Some(Subcommand::PurgeChain(command)) => cli
			.create_runner(command)?
			.sync_run(|config| command.run(config.database)),
		Some(Subcommand::ChainInfo(command)) => cli
			.create_runner(command)?
			.sync_run(|config| command.run::<Block>(&config)),
	}
}

/// Run a command on a chain's data.
fn on_disk<C, F>(cli: &Cli, command: &C, job: impl FnOnce(OnDisk, Configuration) -> F) -> Result<()>
where
	C: CliConfiguration,
	F: Future<Output = Result<()>>,
{
	cli.create_runner(command)?.async_run(|config| {
		let Parts {
			client,
			backend,
			import_queue,
			task_manager,
			..
		} = service::parts(&config)?;
		Ok((
			job(
				OnDisk {
					client,
					backend,
					import_queue,
				},
				config,
			),
			task_manager,
		))
	})
}
