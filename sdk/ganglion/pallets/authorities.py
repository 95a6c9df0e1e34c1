"""Authorities and their session keys: pallets Authorities and Session."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ganglion.chain.calls import Call, Query

__all__ = [
    "active",
    "aura_keys",
    "coming",
    "forget_keys",
    "grandpa_keys",
    "index",
    "keys_of",
    "name",
    "note_stalled",
    "queued_keys",
    "set_keys",
]


def set_keys(keys: bytes, proof: bytes) -> Call:
    """Register the signer's session keys; they work from the session after the next.

    Args:
        keys: public keys of Aura and GRANDPA, 64 bytes.
        proof: signatures of both over "POP_" and the signer's account, 128 bytes.
    """
    parts = {"aura": "0x" + keys[:32].hex(), "grandpa": "0x" + keys[32:].hex()}
    return Call("Session", "set_keys", {"keys": parts, "proof": proof})


def forget_keys() -> Call:
    """Give the signer's session keys up."""
    return Call("Session", "purge_keys", {})


def name(accounts: Sequence[str]) -> Call:
    """Name all authorities, those that stay included; root only."""
    return Call("Authorities", "set", {"accounts": list(accounts)})


def note_stalled(delay: int, final: int) -> Call:
    """Let the next change of authorities take effect without finality; root only.

    Args:
        delay: blocks after the change until the new voters begin.
        final: height of the last block that all agree is final.
    """
    return Call("Grandpa", "note_stalled", {"delay": delay, "best_finalized_block_number": final})


def active() -> Query[list[str]]:
    """Authorities of this session."""
    return Query("Session", "Validators")


def aura_keys() -> Query[list[str]]:
    """Keys that make blocks now, in the order of `active`."""
    return Query("Aura", "Authorities")


def grandpa_keys() -> Query[list[str]]:
    """Keys that vote now, in the order of `active`."""
    return Query("Grandpa", "Authorities", (), lambda found: [key for key, _ in found])


def coming() -> Query[list[str]]:
    """The list that the next session queues, None if nothing changes."""
    return Query("Authorities", "Next")


def queued_keys() -> Query[list[Any]]:
    """(account, keys) of the next session."""
    return Query("Session", "QueuedKeys")


def keys_of(account: str) -> Query[dict[str, str]]:
    """Keys that an account has registered: {"aura": 0x-hex, "grandpa": 0x-hex}, None without any."""
    return Query("Session", "NextKeys", (account,))


def index() -> Query[int]:
    """Number of this session."""
    return Query("Session", "CurrentIndex", (), int)
