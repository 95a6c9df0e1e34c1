"""The keys that author blocks: the well-known development accounts. They are public; never use them for value.

Knows Aura's rule of whose slot it is, and nothing of block building.
"""

from __future__ import annotations

from collections.abc import Sequence

from ganglion.keys import Keypair
from ganglion_devnode.chain.clock import Tick
from ganglion_devnode.chain.header import DigestItem, Header
from ganglion_devnode.node_errors import NoAuthority

DEV_NAMES = ("Alice", "Bob", "Charlie", "Dave", "Eve", "Ferdie")


class Authorities:
    """sr25519 key pairs by public key."""

    def __init__(self, pairs: Sequence[Keypair]) -> None:
        self._pairs = {pair.public_key: pair for pair in pairs}

    @classmethod
    def development(cls) -> Authorities:
        """The development accounts, //Alice first."""
        return cls([Keypair.from_uri(f"//{name}") for name in DEV_NAMES])

    def slot_for(self, tick: Tick, slot_duration: int, authorities: Sequence[bytes]) -> tuple[Tick, bytes]:
        """The first slot from `tick` on whose author is one of these keys, and that author.

        Where all authorities are development accounts this is `tick` itself.
        """
        for ahead in range(len(authorities)):
            slot = tick.slot + ahead
            author = authorities[slot % len(authorities)]
            if author in self._pairs:
                return (tick if ahead == 0 else Tick(slot, slot * slot_duration)), author
        raise NoAuthority(
            "none of the chain's Aura authorities is a development account, so this node can't author blocks",
            hint="use a chain specification whose aura.authorities has //Alice",
        )

    def seal(self, header: Header, author: bytes) -> Header:
        """`header` with the author's signature over its hash."""
        return header.with_item(DigestItem.aura_seal(self._pairs[author].sign(header.hash())))
