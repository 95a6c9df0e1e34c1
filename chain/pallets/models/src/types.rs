//! What the pallet stores, and what a profile must look like.

use crate::{MAX_AUDITORS, MAX_DECLARATIONS};
use codec::{Decode, Encode, MaxEncodedLen};
use frame_support::{traits::ConstU32, BoundedVec};
use ganglion_primitives::{
	Balance, BlockNumber, ProfileId, ProfileNumber, ProfileSpec, ProfileTerms, Role, PROFILE_DOMAIN,
};
use scale_info::TypeInfo;

/// A registered profile without its contents.
#[derive(Clone, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo, Debug)]
pub struct Record<AccountId> {
	/// Its identity.
	pub id: ProfileId,
	/// Whose deposit it is.
	pub owner: AccountId,
	/// Name, licence, price.
	pub terms: ProfileTerms,
	/// Nano held.
	pub deposit: Balance,
	/// Block of its registration.
	pub registered_at: BlockNumber,
	/// Declarations that name it, in force or not yet released.
	pub declarations: u32,
}

/// What a hotkey declared.
#[derive(Clone, PartialEq, Eq, Encode, Decode, MaxEncodedLen, TypeInfo, Debug)]
pub struct Declaration {
	/// The profile.
	pub profile: ProfileNumber,
	/// As what.
	pub role: Role,
	/// Nano.
	pub bond: Balance,
	/// Block of the first declaration.
	pub since: BlockNumber,
	/// Unpaused block from which the bond can be released; `None` while it is in force.
	pub ends_at: Option<BlockNumber>,
}

/// Declarations of one hotkey: as many in either role.
pub type Declarations = BoundedVec<Declaration, ConstU32<{ 2 * MAX_DECLARATIONS }>>;
/// Auditors of one profile in one subnet.
pub type Auditors<AccountId> = BoundedVec<AccountId, ConstU32<MAX_AUDITORS>>;

/// Nano of bonds in a role, or in both.
pub fn bonds(declarations: &[Declaration], role: Option<Role>) -> Balance {
	let counted = declarations
		.iter()
		.filter(|one| role.is_none_or(|role| role == one.role));
	counted.fold(0, |sum: Balance, one| sum.saturating_add(one.bond))
}

/// Identity of a profile.
pub fn profile_id(spec: &ProfileSpec) -> ProfileId {
	let mut bytes = PROFILE_DOMAIN.to_vec();
	spec.encode_to(&mut bytes);
	sp_io::hashing::blake2_256(&bytes).into()
}

/// Whether files are some, ascending by path, and every path is relative and plain.
pub fn files_are_valid(spec: &ProfileSpec) -> bool {
	let ascending = spec.files.iter().zip(spec.files.iter().skip(1));
	!spec.files.is_empty()
		&& spec.files.iter().all(|file| path_is_plain(&file.path))
		&& ascending.clone().all(|(one, next)| one.path < next.path)
}

/// Visible ASCII without `\`, and no part that is empty, `.` or `..`.
fn path_is_plain(path: &[u8]) -> bool {
	let part_is_plain = |part: &[u8]| !part.is_empty() && part != b"." && part != b"..";
	path.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'\\')
		&& path.split(|byte| *byte == b'/').all(part_is_plain)
}

/// Whether all texts of a profile are some.
pub fn labels_are_valid(spec: &ProfileSpec) -> bool {
	let replay = [&spec.replay.aten, &spec.replay.mkl, &spec.replay.onednn];
	let own = [&spec.dtype, &spec.attention, &spec.engine, &spec.protocol];
	own.into_iter().chain(replay).all(|label| is_label(label))
}

/// Whether a text is some, of visible ASCII and spaces.
pub fn is_label(text: &[u8]) -> bool {
	!text.is_empty() && is_text(text)
}

/// The same for a text that may be empty.
pub fn is_text(text: &[u8]) -> bool {
	text.iter().all(|byte| byte.is_ascii_graphic() || *byte == b' ')
}
