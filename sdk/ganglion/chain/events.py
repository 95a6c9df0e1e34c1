"""Events of blocks, decoded."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from ganglion.chain.heads import Heads
from ganglion.chain.storage import Storage

__all__ = ["Event", "Events"]


@dataclass(frozen=True)
class Event:
    """One event.

    Attributes:
        pallet, name: such as ``Staking`` and ``StakeAdded``.
        fields: by name; by position ("0", "1") where the event names none.
        extrinsic: index of the transaction it belongs to, None for those of hooks.
    """

    pallet: str
    name: str
    fields: dict[str, Any]
    extrinsic: int | None

    def __str__(self) -> str:
        return (
            f"{self.pallet}.{self.name}({', '.join(f'{key}={value}' for key, value in self.fields.items())})"
        )


class Events:
    """Events of one chain."""

    def __init__(self, storage: Storage, heads: Heads) -> None:
        self._storage = storage
        self._heads = heads

    async def at(self, block: str | None = None) -> list[Event]:
        """Events of one block (hash, 0x-hex; default the best)."""
        block = block or await self._heads.hash()
        return [parse(record) for record in await self._storage.get("System", "Events", at=block) or []]

    async def between(self, first: int, last: int) -> AsyncIterator[tuple[int, Event]]:
        """(height, event) of the blocks ``first`` to ``last``, both included."""
        for number in range(first, last + 1):
            for event in await self.at(await self._heads.hash(number)):
                yield number, event

    async def find(
        self, first: int, last: int, pallet: str, name: str | None = None
    ) -> list[tuple[int, Event]]:
        """(height, event) of one pallet, or of one name, in a range of blocks."""
        return [
            (number, event)
            async for number, event in self.between(first, last)
            if event.pallet == pallet and name in (None, event.name)
        ]


def parse(record: dict[str, Any]) -> Event:
    """An event from scalecodec's plain value of an event record."""
    fields = record["attributes"]
    if fields is None:
        fields = {}
    elif isinstance(fields, list | tuple):
        fields = {str(index): value for index, value in enumerate(fields)}
    elif not isinstance(fields, dict):
        fields = {"0": fields}
    extrinsic = record.get("extrinsic_idx") if record.get("phase") == "ApplyExtrinsic" else None
    return Event(record["module_id"], record["event_id"], fields, extrinsic)
