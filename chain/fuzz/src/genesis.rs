//! The chain that a world starts from, and who is in it.

use crate::common::{key, merged, preset, Chain, Key};
use serde_json::json;

/// Coldkeys with money; council and guardians are among them.
pub const COLDKEYS: [&str; 13] = [
	"Bob", "Charlie", "Dave", "Eve", "Ferdie", "One", "Two", "a", "b", "c", "d", "e", "f",
];

/// Keys by index: coldkeys, then hotkeys, then keys that come into use by swaps.
pub fn keys() -> (Vec<Key>, Vec<Key>) {
	let hotkeys = (0..24).map(|i| key(&format!("hotkey {i}")));
	(COLDKEYS.map(key).to_vec(), hotkeys.collect())
}

/// Short delays and little room.
pub fn chain() -> Chain {
	let (coldkeys, _) = keys();
	let seats: Vec<_> = coldkeys.iter().take(5).map(|key| key.id.clone()).collect();
	let rich = coldkeys.iter().map(|key| (key, 20_000));
	let alice = key("Alice");
	let balances: Vec<_> = rich
		.chain([(&alice, 5_000_000u64)])
		.map(|(key, gng)| json!([key.id, gng * 1_000_000_000]))
		.collect();
	let patch = json!({
		"balances": { "balances": balances },
		"parameters": {
			"maxSubnets": 4, "minLock": 1_000_000_000u64, "lockDecayInterval": 300, "networkImmunity": 60,
			"ownerHotkeyInterval": 6, "trimInterval": 8, "takeIncreaseInterval": 20, "sessionLength": 30,
			"minVoterStake": 10_000_000u64, "lockAge": 6, "councilTerm": 60, "motionDuration": 25, "maxPause": 6,
			"candidateDeposit": 100_000_000u64,
			"profileDeposit": 100_000_000u64, "minServeBond": 50_000_000u64, "minAuditBond": 50_000_000u64, "bondRelease": 60,
			"challengePeriod": 120, "anchorLife": 240, "challengerBond": 20_000_000u64, "disputeMove": 8, "disputeDraw": 30,
			"disputeVote": 12, "disputeWindow": 60_000,
			"coldkeySwapDelay": 8, "coldkeyReannounceDelay": 3, "coldkeyDisputePeriod": 20, "hotkeySwapInterval": 2,
		},
		"subnets": { "defaultHyperparameters": {
			"weightsRateLimit": 2, "servingRateLimit": 2, "immunityPeriod": 12, "maxAllowedUids": 8, "minAllowedUids": 2,
			"minNonImmuneUids": 2, "minValidatorStake": 100_000_000u64, "registrationPriceMin": 1_000_000u64,
			"bondsResetOn": true,
		}},
		"council": { "members": seats },
		"guardians": { "members": seats },
	});
	Chain::new(merged(preset("development"), patch))
}
