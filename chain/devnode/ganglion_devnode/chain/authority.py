"""Who authors blocks: the keys in the node's keystore, which holds the well-known development accounts.

Those are public; never use them for value. Knows Aura's rule of whose slot it is, and nothing of block
building.
"""

from __future__ import annotations

from collections.abc import Sequence

from ganglion_devnode.chain.clock import Tick
from ganglion_devnode.chain.header import AURA, DigestItem, Header
from ganglion_devnode.keystore import MemoryKeystore
from ganglion_devnode.node_errors import NoAuthority

GRANDPA = b"gran"
DEV_NAMES = ("Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie")


def development_keystore() -> MemoryKeystore:
    """A keystore with the Aura and GRANDPA keys of the development accounts."""
    keystore = MemoryKeystore()
    for name in DEV_NAMES:
        keystore.insert_uri(AURA, "sr25519", f"//{name}")
        keystore.insert_uri(GRANDPA, "ed25519", f"//{name}")
    return keystore


class Authorities:
    """Authorship with the Aura keys of a keystore."""

    def __init__(self, keystore: MemoryKeystore) -> None:
        self._keystore = keystore

    def slot_for(self, tick: Tick, slot_duration: int, authorities: Sequence[bytes]) -> tuple[Tick, bytes]:
        """The first slot from `tick` on whose author's key is held, and that author.

        Where all authorities are development accounts this is `tick` itself.
        """
        held = set(self._keystore.public_keys(AURA, "sr25519"))
        for ahead in range(len(authorities)):
            slot = tick.slot + ahead
            author = authorities[slot % len(authorities)]
            if author in held:
                return (tick if ahead == 0 else Tick(slot, slot * slot_duration)), author
        raise NoAuthority(
            "this node holds no key of the chain's Aura authorities, so it can't author blocks",
            hint="use a chain specification whose aura.authorities has //Alice, or author_insertKey",
        )

    def seal(self, header: Header, author: bytes) -> Header:
        """`header` with the author's signature over its hash."""
        signature = self._keystore.sr25519_sign(author, header.hash())
        if signature is None:
            raise NoAuthority(f"the key 0x{author.hex()} is no longer held")
        return header.with_item(DigestItem.aura_seal(signature))
