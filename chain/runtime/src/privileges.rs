//! Who can do more than sign for himself: every call that another origin than an account's signature can make, or that
//! only named accounts can.
//!
//! The table is written by hand, so that somebody reads it when it changes; a test dispatches every call of the metadata
//! with every origin and compares. What is not here can be made by any account, for what is its own.

use alloc::vec::Vec;

/// Who can make a call.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum By {
	/// Root: an approved referendum; on development networks Sudo's key, too.
	Root,
	/// Three of five members of the council, together.
	Council,
	/// Four of five members of the council, together.
	CouncilUnity,
	/// Three of five guardians, together.
	Guardians,
	/// One member of the council.
	CouncilMember,
	/// One guardian.
	Guardian,
	/// Who holds Sudo's key; nobody on networks that give it to nobody.
	SudoKey,
	/// Whoever makes the block, by an inherent.
	BlockAuthor,
	/// Anybody, without a signature; the content decides.
	Unsigned,
	/// Every origin as itself: what it carries is made by the same origin, or it does nothing.
	Anyone,
	/// Nobody.
	Nobody,
}

impl By {
	/// For people.
	pub fn text(self) -> &'static str {
		match self {
			By::Root => "root",
			By::Council => "council 3/5",
			By::CouncilUnity => "council 4/5",
			By::Guardians => "guardians 3/5",
			By::CouncilMember => "a council member",
			By::Guardian => "a guardian",
			By::SudoKey => "sudo key",
			By::BlockAuthor => "block author",
			By::Unsigned => "anybody, unsigned",
			By::Anyone => "every origin as itself",
			By::Nobody => "nobody",
		}
	}
}

/// Calls of a pallet with who can make them.
type Calls = &'static [(&'static str, &'static [By])];

/// Root alone.
const ROOT: &[By] = &[By::Root];
/// Every origin as itself.
const ANYONE: &[By] = &[By::Anyone];
/// Nobody.
const NOBODY: &[By] = &[By::Nobody];
/// Root, or who holds Sudo's key.
const SUDO: &[By] = &[By::Root, By::SudoKey];

/// By pallet, in the order of the runtime. Calls that an owner can make for what is his are here where root can, too.
pub const TABLE: &[(&str, Calls)] = &[
	(
		"System",
		&[
			("remark", ANYONE),
			("set_heap_pages", ROOT),
			("set_code", ROOT),
			("set_code_without_checks", ROOT),
			("set_storage", ROOT),
			("kill_storage", ROOT),
			("kill_prefix", ROOT),
			("authorize_upgrade", ROOT),
			("authorize_upgrade_without_checks", ROOT),
			// Only code whose hash root authorised.
			("apply_authorized_upgrade", ANYONE),
		],
	),
	("Timestamp", &[("set", &[By::BlockAuthor])]),
	(
		"Grandpa",
		&[
			// They need a proof of which no value exists here.
			("report_equivocation", NOBODY),
			("report_equivocation_unsigned", NOBODY),
			("note_stalled", ROOT),
		],
	),
	(
		"Balances",
		&[
			("force_transfer", ROOT),
			("force_unreserve", ROOT),
			("force_set_balance", ROOT),
			("force_adjust_total_issuance", ROOT),
		],
	),
	(
		"Sudo",
		&[
			("sudo", SUDO),
			("sudo_unchecked_weight", SUDO),
			("set_key", SUDO),
			("sudo_as", SUDO),
			("remove_key", SUDO),
		],
	),
	(
		"Utility",
		&[
			("batch", ANYONE),
			("batch_all", ANYONE),
			("dispatch_as", ROOT),
			("force_batch", ANYONE),
			("with_weight", ROOT),
			("if_else", ANYONE),
			("dispatch_as_fallible", ROOT),
		],
	),
	(
		"Preimage",
		&[
			("note_preimage", ROOT),
			("unnote_preimage", ROOT),
			("request_preimage", ROOT),
			("unrequest_preimage", ROOT),
		],
	),
	(
		"Scheduler",
		&[
			("schedule", ROOT),
			("cancel", ROOT),
			("schedule_named", ROOT),
			("cancel_named", ROOT),
			("schedule_after", ROOT),
			("schedule_named_after", ROOT),
			("set_retry", ROOT),
			("set_retry_named", ROOT),
			("cancel_retry", ROOT),
			("cancel_retry_named", ROOT),
		],
	),
	(
		"SafeMode",
		&[
			// Entered and extended through Governance, which knows how long.
			("enter", NOBODY),
			("force_enter", NOBODY),
			("extend", NOBODY),
			("force_extend", NOBODY),
			("force_exit", &[By::Root, By::CouncilUnity]),
			("force_slash_deposit", ROOT),
			("release_deposit", NOBODY),
			("force_release_deposit", ROOT),
		],
	),
	(
		"Council",
		&[
			("set_members", ROOT),
			("execute", &[By::CouncilMember]),
			("propose", &[By::CouncilMember]),
			("vote", &[By::CouncilMember]),
			("disapprove_proposal", ROOT),
			("kill", ROOT),
			("release_proposal_cost", ROOT),
		],
	),
	(
		"Guardians",
		&[
			("set_members", ROOT),
			("execute", &[By::Guardian]),
			("propose", &[By::Guardian]),
			("vote", &[By::Guardian]),
			("disapprove_proposal", ROOT),
			("kill", ROOT),
			("release_proposal_cost", ROOT),
		],
	),
	(
		"Identity",
		&[
			("add_registrar", ROOT),
			("kill_identity", ROOT),
			("remove_registrar", ROOT),
			// There are no usernames.
			("add_username_authority", NOBODY),
			("remove_username_authority", NOBODY),
			("kill_username", ROOT),
		],
	),
	(
		"Subnets",
		&[
			("activate", ROOT),
			("deactivate", ROOT),
			("set_hyperparameters", ROOT),
			("dissolve", ROOT),
			("trigger_epoch", ROOT),
			("set_identity", ROOT),
			("set_name", ROOT),
			("set_owner_hotkey", ROOT),
		],
	),
	("Neurons", &[("trim", ROOT)]),
	("Authorities", &[("set", ROOT)]),
	("KeySwap", &[("resolve_dispute", ROOT)]),
	(
		"Governance",
		&[
			("submit", &[By::Council]),
			("cancel", ROOT),
			("pause", &[By::Guardians]),
			("extend_pause", &[By::Guardians]),
		],
	),
];

/// The table in rows: pallet, call, who.
pub fn rows() -> Vec<ganglion_runtime_api::Privilege> {
	let row = |pallet: &str, call: &str, by: &[By]| {
		let who = by.iter().map(|one| one.text().into()).collect();
		(pallet.into(), call.into(), who)
	};
	TABLE
		.iter()
		.flat_map(|(pallet, calls)| calls.iter().map(move |(call, by)| row(pallet, call, by)))
		.collect()
}
