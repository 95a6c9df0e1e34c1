"""Pages of verdicts that everybody may read: made in a thread, from trees that are kept.

A period has up to 32,768 verdicts, and one page of them needs the hashes of all. Rounds are timed on the event loop, so
nothing of that happens there; and who asks for page after page has the tree built once.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from ganglion.daemon.budget import Budget
from ganglion.protocol.errors_table import RequestError
from ganglion.protocol.merkle import MerkleTree
from ganglion.protocol.verdicts import VERDICT_DOMAIN, Verdict, encode_rows
from ganglion_validator.period_store import Period, PeriodStore
from ganglion_validator.turns import Turns

PAGE = 256
MOST_WAITING = 8
KEPT = 2  # trees: of the newest period, which many ask for, and of one that somebody looks into; 8 MB each at most
BUILT_PER_SECOND, BUILT_AT_ONCE = 0.5, 16

__all__ = ["PAGE", "Pages"]


@dataclass(frozen=True, slots=True)
class Filed:
    """A period's leaves, ascending by place, and their tree. `rows`: SCALE, hex."""

    leaves: Sequence[bytes]
    tree: MerkleTree
    rows: str


class Pages:
    """Of the periods of one validator."""

    def __init__(self) -> None:
        self._turns = Turns(MOST_WAITING)
        self._kept: OrderedDict[int, Filed] = OrderedDict()
        self._builds = Budget(BUILT_PER_SECOND, BUILT_AT_ONCE)
        self._building: asyncio.Task[Filed] | None = None

    async def page(self, periods: PeriodStore, period: Period, hotkey: str, offset: int) -> bytes:
        """JSON of up to 256 verdicts with openings and proofs; with the first of them the rows.

        Raises:
            RequestError: `queue_full`, or `unknown_route` where the period has no tree.
        """
        async with self._turns.one():
            while (filed := self._kept.get(period.number)) is None:
                await self._build(periods, period)
            self._kept.move_to_end(period.number)
            return await asyncio.to_thread(_page, periods, period, filed, hotkey, offset)

    async def _build(self, periods: PeriodStore, period: Period) -> None:
        """One at a time, to its end: whoever hangs up does not have it begun anew. Returns when one was built."""
        if self._building is not None and not self._building.done():  # somebody's who hung up
            await asyncio.wait({self._building})
            return
        if not self._builds.take():
            raise RequestError("verdicts are asked for too often", code="queue_full", retry_after=2)
        self._building = asyncio.create_task(self._built(periods, period))
        self._building.add_done_callback(lambda task: task.cancelled() or task.exception())
        await asyncio.shield(self._building)

    async def _built(self, periods: PeriodStore, period: Period) -> Filed:
        filed = await asyncio.to_thread(_filed, periods, period)
        self._kept[period.number] = filed
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return filed


def _unknown() -> RequestError:
    return RequestError("no verdicts of this epoch can be told", code="unknown_route")


def _filed(periods: PeriodStore, period: Period) -> Filed:
    tree = periods.tree_beside(period.number)
    if tree is None:
        raise _unknown()
    leaves = [VERDICT_DOMAIN + raw for raw in periods.leaves_beside(period.number, tree)]
    return Filed(leaves, MerkleTree(leaves), encode_rows(tree.rows).hex())


def _page(periods: PeriodStore, period: Period, filed: Filed, hotkey: str, offset: int) -> bytes:
    """Openings are JSON already, and some are long: they are put in as they are."""
    shown = [Verdict.decode(leaf[len(VERDICT_DOMAIN) :]) for leaf in filed.leaves[offset : offset + PAGE]]
    openings = periods.openings_beside([one.request_id for one in shown])
    if len(openings) != len(shown):  # dropped a moment ago
        raise _unknown()
    told = [
        _told(filed, offset + number, verdict, openings[verdict.request_id])
        for number, verdict in enumerate(shown)
    ]
    head = {
        "hotkey": hotkey,
        "epoch": period.epoch,
        "secret": period.secret.hex(),
        "root": filed.tree.root.hex(),
        "leaves": len(filed.leaves),
        "offset": offset,
        **({"rows": filed.rows} if offset == 0 else {}),
    }
    return (json.dumps(head)[:-1] + ', "verdicts": [' + ", ".join(told) + "]}").encode()


def _told(filed: Filed, index: int, verdict: Verdict, opening: str) -> str:
    value = {
        "index": index,
        "request_id": verdict.request_id.hex(),
        "outcome": verdict.outcome.name.lower(),
        "uid": verdict.uid,
        "margin": verdict.margin,
        "position": verdict.position,
        "leaf": filed.leaves[index].hex(),
        "proof": [node.hex() for node in filed.tree.proof(index).nodes],
    }
    return json.dumps(value)[:-1] + f', "opening": {opening}}}'
