"""Stock pallet Proxy: accounts that may do some of what another may."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ganglion.chain.calls import Call, Query
from ganglion.errors import UsageError

PALLET = "Proxy"
TYPES = {
    "Any": "everything",
    "NonTransfer": "work that spends and gives away nothing",
    "Staking": "stake, move between hotkeys and subnets, take back; not to other coldkeys",
    "Weights": "a hotkey's work: weights, endpoints, commitments",
    "Registration": "register hotkeys",
    "SmallTransfer": "transfers of less than 0.5 GNG each",
    "Governance": "votes, candidacies, locks of stake",
    "ChildKeys": "child keys and their take",
    "SwapHotkey": "exchange hotkeys",
    "Owner": "what a subnet's owner does",
}

__all__ = ["TYPES", "Proxies", "add_proxy", "proxies", "proxy", "remove_proxy"]


@dataclass(frozen=True)
class Proxies:
    """Who may act for an account.

    Attributes:
        delegates: (account, type, blocks of delay).
        deposit: nano that are reserved for it.
    """

    delegates: tuple[tuple[str, str, int], ...] = ()
    deposit: int = 0

    @classmethod
    def decode(cls, value: Any) -> Proxies:
        """From the codec's plain value."""
        found, deposit = value
        return cls(tuple((one["delegate"], one["proxy_type"], one["delay"]) for one in found), deposit)


def add_proxy(delegate: str, proxy_type: str, delay: int = 0) -> Call:
    """Let another account act for the signer; a deposit is reserved."""
    return Call(PALLET, "add_proxy", _definition(delegate, proxy_type, delay))


def remove_proxy(delegate: str, proxy_type: str, delay: int = 0) -> Call:
    """Let it no more."""
    return Call(PALLET, "remove_proxy", _definition(delegate, proxy_type, delay))


def proxy(real: str, call: Call, proxy_type: str | None = None) -> Call:
    """Make a call for ``real``; signed by a delegate. The transaction succeeds even where the call fails: see the
    event ProxyExecuted."""
    return Call(PALLET, "proxy", {"real": real, "force_proxy_type": _checked(proxy_type), "call": call})


def proxies(account: str) -> Query[Proxies]:
    """Who may act for an account."""
    return Query(PALLET, "Proxies", (account,), Proxies.decode)


def _definition(delegate: str, proxy_type: str, delay: int) -> dict[str, Any]:
    return {"delegate": delegate, "proxy_type": _checked(proxy_type), "delay": delay}


def _checked(proxy_type: str | None) -> str | None:
    if proxy_type is not None and proxy_type not in TYPES:
        raise UsageError(f"there is no proxy type {proxy_type!r}", hint=f"types: {', '.join(TYPES)}")
    return proxy_type
