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

/// By pallet, in the order of the runtime.
pub const TABLE: &[(&str, Calls)] = &[];

/// The table in rows: pallet, call, who.
pub fn rows() -> Vec<(Vec<u8>, Vec<u8>, Vec<Vec<u8>>)> {
	let row = |pallet: &str, call: &str, by: &[By]| {
		let who = by.iter().map(|one| one.text().into()).collect();
		(pallet.into(), call.into(), who)
	};
	TABLE
		.iter()
		.flat_map(|(pallet, calls)| calls.iter().map(move |(call, by)| row(pallet, call, by)))
		.collect()
}
