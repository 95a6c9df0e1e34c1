"""What a client offers about accounts: ``client.keys``, ``client.proxies`` and so on. See ``ganglion.namespaces``
for how a description becomes a method.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from ganglion.chain.calls import Call
from ganglion.chain.extrinsics import Draft
from ganglion.namespaces import Namespace, draft, read
from ganglion.pallets import commitments, identity, key_swap, multisig, proxy

__all__ = ["Commitments", "Identities", "Keys", "Multisigs", "Proxies", "call_hash"]


class Keys(Namespace):
    """Exchange of hotkeys and coldkeys."""

    swap_hotkey = draft(key_swap.swap_hotkey)
    swap_coldkey = draft(key_swap.swap_coldkey)
    dispute_coldkey_swap = draft(key_swap.dispute_coldkey_swap)
    cancel_coldkey_swap = draft(key_swap.cancel_coldkey_swap)
    resolve_dispute = draft(key_swap.resolve_dispute)
    coldkey_swap = read(key_swap.coldkey_swap)
    owned_hotkeys = read(key_swap.owned_hotkeys)

    def announce_coldkey_swap(self, new: str) -> Draft:
        """Announce that everything of the signer goes over to ``new``, of which only the hash is published."""
        return self._draft(key_swap.announce_coldkey_swap(key_swap.coldkey_hash(new)))


class Commitments(Namespace):
    """Small public metadata of neurons."""

    set = draft(commitments.set_commitment)
    all = read(commitments.commitments)
    get = read(commitments.commitment)


class Identities(Namespace):
    """What coldkeys say of themselves."""

    set = draft(identity.set_identity)
    clear = draft(identity.clear_identity)
    get = read(identity.identity)


class Proxies(Namespace):
    """Accounts that may do some of what another may."""

    add = draft(proxy.add_proxy)
    remove = draft(proxy.remove_proxy)

    async def all(self, account: str) -> proxy.Proxies:
        """Who may act for an account."""
        return await self._read(proxy.proxies(account)) or proxy.Proxies()

    def call(self, real: str, call: Call | Draft, proxy_type: str | None = None) -> Draft:
        """Make a call for ``real``; signed by a delegate."""
        return self._draft(proxy.proxy(real, call.call if isinstance(call, Draft) else call, proxy_type))


class Multisigs(Namespace):
    """Accounts of several keys."""

    pending = read(multisig.pending)
    cancel = draft(multisig.cancel_as_multi)
    address = staticmethod(multisig.address)

    async def all(self, account: str) -> list[tuple[str, multisig.Pending]]:
        """Calls that some members of an account have agreed to, by hash."""
        entries = await self._chain.storage.map(multisig.PALLET, "Multisigs", (account,), at=self._at)
        return [(str(key[-1]), multisig.Pending.decode(value)) for key, value in entries]

    async def agree(self, others: Sequence[str], threshold: int, call: Call | Draft, signer: str) -> Draft:
        """What a member sends to agree to a call; with the last agreement that is needed the call is made.

        Args:
            others: the other members.
            signer: the member that will sign.
        """
        inner = call if isinstance(call, Draft) else self._draft(call)
        account = multisig.address([*others, signer], threshold)
        found = await self.pending(account, call_hash(await inner.encode()))
        weight = await self._chain.weight(inner.call, signer)
        return self._draft(multisig.as_multi(others, threshold, inner.call, found, weight))


def call_hash(encoded: bytes) -> str:
    """0x-hex hash under which a call of a multisig is kept."""
    return "0x" + hashlib.blake2b(encoded, digest_size=32).hexdigest()
