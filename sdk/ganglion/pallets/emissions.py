"""Pallet Emissions: the epoch clock and what waits to be paid. It has no calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ganglion.balance import Balance
from ganglion.chain.calls import Query

PALLET = "Emissions"

__all__ = ["Clock", "clock", "pending"]


@dataclass(frozen=True)
class Clock:
    """A subnet's epoch clock.

    Attributes:
        epoch: epochs completed.
        last_block: block of the last one (of the subnet's creation before the first).
    """

    epoch: int
    last_block: int

    @classmethod
    def decode(cls, value: dict[str, Any]) -> Clock:
        """From the codec's plain value."""
        return cls(value["epoch"], value["last_block"])


def clock(netuid: int) -> Query[Clock]:
    """Epoch clock of a subnet, None if there is no such subnet."""
    return Query(PALLET, "Clocks", (netuid,), Clock.decode)


def pending(netuid: int) -> Query[Balance]:
    """Emission that the next epoch will pay."""
    return Query(PALLET, "Pending", (netuid,), Balance)
