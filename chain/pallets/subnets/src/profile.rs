//! What a subnet is called, what it says of itself, and which hotkey is its owner's.

use crate::{pallet::*, Authority, Limited};
use frame_support::ensure;
use ganglion_primitives::{NetUid, SubnetIdentity, SubnetName};
use ganglion_traits::HotkeyInspect;
use sp_runtime::DispatchResult;

const MIN_NAME: usize = 3;
const MIN_SYMBOL: usize = 2;
/// The token's own.
const RESERVED_SYMBOL: &[u8] = b"GNG";

fn is_name(name: &[u8]) -> bool {
	let allowed = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || *byte == b'-';
	let begins = name.first().is_some_and(u8::is_ascii_lowercase);
	begins && name.len() >= MIN_NAME && name.last() != Some(&b'-') && name.iter().all(allowed)
}

fn is_symbol(symbol: &[u8]) -> bool {
	let allowed = |byte: &u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
	let begins = symbol.first().is_some_and(u8::is_ascii_uppercase);
	begins && symbol.len() >= MIN_SYMBOL && symbol != RESERVED_SYMBOL && symbol.iter().all(allowed)
}

/// UTF-8 without control characters, except ends of lines.
fn is_text(bytes: &[u8]) -> bool {
	let plain = |text: &str| text.chars().all(|one| one == '\n' || !one.is_control());
	core::str::from_utf8(bytes).is_ok_and(plain)
}

fn is_address(bytes: &[u8]) -> bool {
	bytes.is_empty() || (bytes.starts_with(b"https://") && is_text(bytes))
}

impl<T: Config> Pallet<T> {
	pub(crate) fn do_set_identity(netuid: NetUid, identity: Option<SubnetIdentity>) -> DispatchResult {
		if let Some(said) = &identity {
			let texts = [&said.description[..], &said.discord[..], &said.contact[..]];
			let addresses = [&said.url[..], &said.github[..], &said.logo[..]];
			let good = texts.into_iter().all(is_text) && addresses.into_iter().all(is_address);
			ensure!(good, Error::<T>::BadText);
		}
		Identities::<T>::set(netuid, identity);
		Self::deposit_event(Event::IdentityChanged { netuid });
		Ok(())
	}

	pub(crate) fn do_set_name(netuid: NetUid, wanted: SubnetName, authority: Authority) -> DispatchResult {
		let SubnetName { name, symbol } = wanted.clone();
		ensure!(name.is_empty() || is_name(&name), Error::<T>::BadName);
		ensure!(symbol.is_empty() || is_symbol(&symbol), Error::<T>::BadName);
		let free = |holder: Option<NetUid>| holder.is_none_or(|holder| holder == netuid);
		ensure!(
			free(NetUidOfName::<T>::get(&name)) && free(NetUidOfSymbol::<T>::get(&symbol)),
			Error::<T>::NameTaken
		);
		Self::limit(netuid, &[Limited::Name], &Self::record(netuid)?, authority)?;
		Self::free_name(netuid);
		if !name.is_empty() {
			NetUidOfName::<T>::insert(&name, netuid);
		}
		if !symbol.is_empty() {
			NetUidOfSymbol::<T>::insert(&symbol, netuid);
		}
		if wanted != SubnetName::default() {
			Names::<T>::insert(netuid, wanted);
		}
		Self::deposit_event(Event::NameChanged { netuid, name, symbol });
		Ok(())
	}

	/// Take name and symbol from the subnet, so that others can have them.
	pub(crate) fn free_name(netuid: NetUid) {
		if let Some(old) = Names::<T>::take(netuid) {
			NetUidOfName::<T>::remove(old.name);
			NetUidOfSymbol::<T>::remove(old.symbol);
		}
	}

	pub(crate) fn do_set_owner_hotkey(netuid: NetUid, hotkey: T::AccountId, authority: Authority) -> DispatchResult {
		let mut info = Subnets::<T>::get(netuid).ok_or(Error::<T>::SubnetNotFound)?;
		ensure!(info.owner_hotkey != hotkey, Error::<T>::NoStateChange);
		ensure!(
			T::Hotkeys::coldkey(&hotkey).as_ref() == Some(&info.owner),
			Error::<T>::NotOwnersHotkey
		);
		Self::limit(netuid, &[Limited::OwnerHotkey], &Self::record(netuid)?, authority)?;
		info.owner_hotkey = hotkey.clone();
		Subnets::<T>::insert(netuid, info);
		Self::deposit_event(Event::OwnerHotkeyChanged { netuid, hotkey });
		Ok(())
	}
}
