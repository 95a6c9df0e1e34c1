"""Collects what a validator filed in an epoch, and in some before it: from its gateway, or from a file that was saved
when the gateway still told it; with what the chain adds to look for flaws.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ganglion.disputes.filed import Filing, fetch_pages, read_filing
from ganglion.disputes.refuting import Flaw, Occupant, flaws_of
from ganglion.errors import ProtocolError, UsageError

if TYPE_CHECKING:
    from ganglion.client import Client
    from ganglion.pallets.audits import FiledEvidence

MAX_FILE = 256 << 20

__all__ = ["Collected", "collect"]


@dataclass(frozen=True)
class Collected:
    """What was read.

    Attributes:
        filing: of the epoch that was asked for.
        earlier: filings of the same validator, before it.
        pages: by epoch, as they were told.
        flaws: of the first, what is sure first.
    """

    filing: Filing
    earlier: tuple[Filing, ...]
    pages: dict[int, list[Any]]
    flaws: tuple[Flaw, ...]

    def save(self, path: Path) -> None:
        """Write the pages to a new file. Raises UsageError."""
        told = {"netuid": self.filing.netuid, "epochs": {str(at): pages for at, pages in self.pages.items()}}
        try:
            with path.open("x") as out:
                json.dump(told, out)
        except OSError as error:
            raise UsageError(f"cannot write {path}: {error}") from error


async def collect(client: Client, source: str, netuid: int, epoch: int, back: int = 0) -> Collected:
    """Read and compare with the chain.

    Args:
        source: URL of the validator's gateway, or a file.
        back: so many epochs before are looked at for verdicts on the same requests, as far as they are kept and told.

    Raises:
        UsageError: nothing was filed, or the source does not tell it.
        ProtocolError: what is told is not what was filed.
    """
    saved = None if "://" in source else _saved(Path(source), netuid)
    pages = {epoch: await _pages(source, saved, epoch)}
    validator = _validator(pages[epoch])
    filings: list[Filing] = []
    for at in range(epoch, max(0, epoch - back) - 1, -1):
        found = (await client.audits.filed(netuid, at)).get(validator)
        if found is None and at == epoch:
            raise UsageError(
                f"{validator} filed nothing in epoch {at} of subnet {netuid}",
                hint=f"`ganglion audits show {netuid}` lists what was filed",
            )
        if found is not None and (
            filing := await _filing(source, saved, pages, netuid, at, validator, found)
        ):
            filings.append(filing)
    genesis = bytes.fromhex((await client.chain.genesis()).removeprefix("0x"))
    slots = await _slots(client, netuid)
    flaws = flaws_of(filings[0], network=genesis, earlier=filings[1:], slots=slots)
    return Collected(filings[0], tuple(filings[1:]), pages, tuple(flaws))


async def _filing(
    source: str,
    saved: dict[int, list[Any]] | None,
    pages: dict[int, list[Any]],
    netuid: int,
    epoch: int,
    validator: str,
    filed: FiledEvidence,
) -> Filing | None:
    """None for an earlier one that is not told, or not as it was filed."""
    known = epoch in pages
    try:
        if not known:
            pages[epoch] = await _pages(source, saved, epoch)
        return read_filing(pages[epoch], netuid=netuid, validator=validator, epoch=epoch, filed=filed)
    except (UsageError, ProtocolError):
        if known:
            raise
        pages.pop(epoch, None)
        return None


async def _pages(source: str, saved: dict[int, list[Any]] | None, epoch: int) -> list[Any]:
    if saved is None:
        return await fetch_pages(source, epoch)
    if epoch not in saved:
        raise UsageError(f"{source} holds nothing of epoch {epoch}")
    return saved[epoch]


def _validator(pages: list[Any]) -> str:
    hotkey = pages[0].get("hotkey") if pages and isinstance(pages[0], dict) else None
    if not isinstance(hotkey, str):
        raise ProtocolError("the page of verdicts is malformed: it does not say whose they are")
    return hotkey


async def _slots(client: Client, netuid: int) -> dict[int, Occupant]:
    """Who holds which slot, and since which epoch: by the present tempo, so about."""
    graph = await client.metagraph(netuid)
    ago = (graph.last_epoch_block - graph.registered_at.astype(int)) // max(1, graph.tempo)
    since = (graph.epoch - 1 - ago).tolist()
    return {uid: Occupant(graph.hotkeys[uid].tobytes(), since[uid]) for uid in range(graph.n)}


def _saved(path: Path, netuid: int) -> dict[int, list[Any]]:
    try:
        if path.stat().st_size > MAX_FILE:
            raise UsageError(f"{path} is larger than {MAX_FILE >> 20} MiB")
        told = json.loads(path.read_bytes())
        if told["netuid"] != netuid:
            raise UsageError(f"{path} is about subnet {told['netuid']}, not {netuid}")
        return {int(epoch): list(pages) for epoch, pages in told["epochs"].items()}
    except OSError as error:
        hint = "a gateway's URL, or what `ganglion audits check --save` wrote"
        raise UsageError(f"cannot read {path}: {error}", hint=hint) from error
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"{path} holds no saved verdicts: {error}") from error
