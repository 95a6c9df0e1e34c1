"""Stock pallets that wrap other calls: Sudo, Utility, Proxy; and remarks."""

from __future__ import annotations

from collections.abc import Sequence

from ganglion.chain.calls import Call, Query
from ganglion.errors import UsageError

MAX_BATCH = 1000

__all__ = ["batch_all", "remark", "sudo", "sudo_key"]


def sudo(call: Call) -> Call:
    """Run a call as root; signed by the chain's sudo key, which development chains have."""
    return Call("Sudo", "sudo", {"call": call})


def sudo_key() -> Query[str]:
    """Address of the sudo key, None on a chain without one."""
    return Query("Sudo", "Key")


def batch_all(calls: Sequence[Call]) -> Call:
    """Several calls in one transaction: all succeed or none."""
    if not 0 < len(calls) <= MAX_BATCH:
        raise UsageError(f"a batch has 1 to {MAX_BATCH} calls, not {len(calls)}")
    return Call("Utility", "batch_all", {"calls": list(calls)})


def remark(data: bytes) -> Call:
    """Bytes without an effect."""
    return Call("System", "remark", {"remark": data})
