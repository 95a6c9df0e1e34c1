//! Chain specs: what a network is at its first block. Contents come from the presets inside the runtime.

use sc_service::{ChainType, GenericChainSpec, Properties};

/// Chain spec without extensions.
pub type ChainSpec = GenericChainSpec;

/// The runtime as it was reviewed and committed; the dev node runs the same bytes.
const CODE: &[u8] = include_bytes!("../../artifacts/ganglion_runtime.compact.compressed.wasm");

/// The chain spec of a built-in network, by name.
///
/// `testnet` holds the parameters of a public network and nobody's keys: export it, fill in authorities and balances,
/// and hand the file to every node.
pub fn built_in(id: &str) -> Option<ChainSpec> {
	match id {
		"dev" | "development" => Some(of_preset("Ganglion Development", "development", ChainType::Development)),
		"local" => Some(of_preset("Ganglion Local", "local", ChainType::Local)),
		"testnet" => Some(of_preset("Ganglion Testnet", "testnet", ChainType::Live)),
		_ => None,
	}
}

fn of_preset(name: &str, preset: &str, kind: ChainType) -> ChainSpec {
	ChainSpec::builder(CODE, None)
		.with_name(name)
		.with_id(&format!("ganglion-{preset}"))
		.with_protocol_id("ganglion")
		.with_chain_type(kind)
		.with_properties(token())
		.with_genesis_config_preset_name(preset)
		.build()
}

/// What wallets show amounts with.
fn token() -> Properties {
	let mut properties = Properties::new();
	properties.insert("tokenSymbol".into(), "GNG".into());
	properties.insert("tokenDecimals".into(), 9.into());
	properties.insert("ss58Format".into(), 42.into());
	properties
}

#[cfg(test)]
mod tests {
	use super::*;
	use sc_service::ChainSpec as _;
	use sp_runtime::BuildStorage;

	#[test]
	fn networks_with_authorities_build_their_genesis() {
		for id in ["development", "local"] {
			let spec = built_in(id).expect("built in");
			let genesis = spec.build_storage().expect("the preset is complete");
			assert_eq!(
				genesis
					.top
					.get(sp_core::storage::well_known_keys::CODE)
					.map(Vec::as_slice),
				Some(CODE)
			);
		}
	}

	#[test]
	fn every_chain_has_a_name_of_its_own() {
		let ids: std::collections::BTreeSet<_> = ["dev", "local", "testnet"]
			.iter()
			.filter_map(|id| built_in(id))
			.map(|spec| spec.id().to_owned())
			.collect();
		assert_eq!(ids.len(), 3);
		assert!(built_in("mainnet").is_none());
	}
}
