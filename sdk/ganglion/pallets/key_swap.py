"""Pallet KeySwap: exchange of hotkeys at once, and of coldkeys after an announcement, a delay and time to
dispute.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from ganglion.chain.calls import ApiCall, Call
from ganglion.keys import ss58

PALLET = "KeySwap"

__all__ = [
    "ColdkeySwap",
    "announce_coldkey_swap",
    "cancel_coldkey_swap",
    "coldkey_hash",
    "coldkey_swap",
    "dispute_coldkey_swap",
    "owned_hotkeys",
    "resolve_dispute",
    "swap_coldkey",
    "swap_hotkey",
]


@dataclass(frozen=True)
class ColdkeySwap:
    """An announced swap. Numbers of blocks count unpaused ones only.

    Attributes:
        new_hash: 0x-hex hash of the new coldkey, None while everything is being moved.
        moving_to: the new coldkey while everything is being moved.
        executable_in: blocks until it can be executed, unless it is disputed.
        cancellable_in: blocks until it can be cancelled, unless it is disputed.
        dispute_ends_in: blocks that are left to decide a dispute, None where there is none.
    """

    new_hash: str | None
    moving_to: str | None
    executable_in: int
    cancellable_in: int
    dispute_ends_in: int | None

    @property
    def state(self) -> str:
        """announced, executable, disputed, lapsed or moving."""
        if self.moving_to is not None:
            return "moving"
        if self.dispute_ends_in is not None:
            return "disputed" if self.dispute_ends_in else "lapsed"
        return "announced" if self.executable_in else "executable"

    @classmethod
    def decode(cls, value: dict[str, Any] | None) -> ColdkeySwap | None:
        """From the codec's plain value."""
        return None if value is None else cls(**{name: value[name] for name in cls.__dataclass_fields__})


def coldkey_hash(coldkey: str | bytes) -> bytes:
    """What is announced for a new coldkey: blake2_256 of its 32 bytes."""
    account = ss58.decode(coldkey) if isinstance(coldkey, str) else coldkey
    return hashlib.blake2b(account, digest_size=32).digest()


def swap_hotkey(old: str, new: str, netuid: int | None = None) -> Call:
    """Exchange a hotkey, in one subnet or (None) in all; signed by the coldkey that owns it."""
    return Call(PALLET, "swap_hotkey", {"old": old, "new": new, "netuid": netuid})


def announce_coldkey_swap(new_hash: bytes) -> Call:
    """Announce that everything goes over to the account with this hash; freezes the signer's balance."""
    return Call(PALLET, "announce_coldkey_swap", {"new_hash": new_hash})


def swap_coldkey(coldkey: str, new: str) -> Call:
    """Execute an announced swap after its delay; signed by anybody, free when it succeeds."""
    return Call(PALLET, "swap_coldkey", {"coldkey": coldkey, "new": new}, feeless=True)


def dispute_coldkey_swap() -> Call:
    """Dispute the signer's announced swap: root decides; free when it succeeds."""
    return Call(PALLET, "dispute_coldkey_swap", feeless=True)


def cancel_coldkey_swap(coldkey: str) -> Call:
    """Cancel an announced swap; by anybody once a dispute's deadline has passed; free when it succeeds."""
    return Call(PALLET, "cancel_coldkey_swap", {"coldkey": coldkey}, feeless=True)


def resolve_dispute(coldkey: str, new: str | None) -> Call:
    """Decide a disputed swap: execute it to ``new``, or (None) cancel it; root."""
    return Call(PALLET, "resolve_dispute", {"coldkey": coldkey, "new": new})


def coldkey_swap(coldkey: str) -> ApiCall[ColdkeySwap | None]:
    """The announced swap of a coldkey, None where there is none."""
    return ApiCall("KeysApi", "coldkey_swap", (coldkey,), ColdkeySwap.decode)


def owned_hotkeys(coldkey: str) -> ApiCall[list[str]]:
    """Hotkeys that a coldkey owns."""
    return ApiCall("KeysApi", "owned_hotkeys", (coldkey,), list)
