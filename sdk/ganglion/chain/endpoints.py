"""Which of several nodes to use: what each says of itself, in; the next one to try, or why none will do, out.

Pure but for a clock: opens no connection and waits for nothing, that is transport.py. With one node there is nothing
to choose, and only its genesis is looked at.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ganglion.errors import ChainError, ConnectionLost, RpcError, TransportError

BEHIND_FINAL = 5  # blocks; healthy nodes differ by two or three
BEHIND_BEST = 10
STEADY_SECONDS = 2.0

log = logging.getLogger(__name__)

__all__ = ["Ask", "Endpoints", "Report", "report_of"]

Ask = Callable[[str, list[Any]], Awaitable[Any]]


@dataclass(frozen=True)
class Report:
    """What a node says of itself; None = it does not say.

    Attributes:
        genesis: hash of its block 0, 0x-hex.
        best, final: heights of its best and its last final block.
        syncing: whether it is still catching up with its peers.
    """

    genesis: str
    best: int | None = None
    final: int | None = None
    syncing: bool = False

    @property
    def height(self) -> tuple[int, int]:
        """(final, best), to compare nodes by."""
        return (self.final or 0, self.best or 0)

    def is_ahead_of(self, other: Report) -> bool:
        """Whether it is worth leaving the other node for this one."""
        final, best = (mine - its for mine, its in zip(self.height, other.height, strict=True))
        if other.syncing and not self.syncing:
            return final >= 0
        return not self.syncing and (final >= BEHIND_FINAL or (final >= 0 and best >= BEHIND_BEST))


class Endpoints:
    """Nodes of one network in the order of preference, of which one is used at a time.

    Args:
        urls: at least one.
        genesis: that they must have, 0x-hex; None = what the first one that answers has.
        stale: seconds without a new final block after which the node in use is compared with the others.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        urls: Sequence[str],
        genesis: str | None = None,
        *,
        stale: float = 20.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.urls = tuple(dict.fromkeys(urls))
        self.genesis = genesis
        self.failures: dict[str, ChainError] = {}
        self.switches = 0
        self._stale = stale
        self._clock = clock
        self._at = 0
        self._tried = 0
        self._since: float | None = None
        self._used: str | None = None
        self._highest = Report("")
        self._report: Report | None = None
        self._moved = clock()
        self._told: dict[str, str] = {}
        self._next: str | None = None

    @property
    def url(self) -> str:
        """The node in use, or the next to be tried."""
        return self.urls[self._at]

    @property
    def several(self) -> bool:
        """Whether there is a choice."""
        return len(self.urls) > 1

    @property
    def others(self) -> tuple[str, ...]:
        """All but the one in use, in the order in which they would be tried."""
        return self.urls[self._at + 1 :] + self.urls[: self._at]

    @property
    def all_failed(self) -> bool:
        """Whether each was tried since one could be used."""
        return self._tried >= len(self.urls) and bool(self.failures)

    @property
    def attempt(self) -> int:
        """How often all of them were tried in vain."""
        return self._tried // len(self.urls)

    # -- a connection

    def accept(self, report: Report) -> None:
        """Take a node into use.

        A node that is behind is taken when all the others have failed.

        Raises:
            ChainError: it is a node of another network, and never used.
            TransportError: another one is to be tried first.
        """
        self.check_genesis(report.genesis)
        if self.several and self._tried < len(self.urls):
            self._check_height(report)
        self.failures.clear()
        if self._used not in (None, self.url):
            self.switches += 1
            log.warning("going on with the node %s", self.url)
        self._told.pop(self.url, None)
        self._used, self._since = self.url, self._clock()
        self._moved = self._since
        self.saw(report)

    def check_genesis(self, genesis: str) -> None:
        """Remember the network's genesis, or compare with it.

        Raises:
            ChainError: another network.
        """
        if self.genesis is not None and genesis != self.genesis:
            raise ChainError(
                f"{self.url} serves another chain: genesis {genesis}, expected {self.genesis}",
                hint="the URL is of another network, or the node was restarted with a new chain: make a new client",
            )
        self.genesis = genesis

    def _check_height(self, report: Report) -> None:
        if report.syncing:
            raise TransportError(f"{self.url} is still syncing, at block {report.best}")
        if self._highest.is_ahead_of(report):
            raise TransportError(
                f"{self.url} is behind: its last final block is {report.final}, and {self._highest.final} is final"
            )

    def failed(self, error: ChainError) -> None:
        """The node in use, or the one that was tried, can't be used (any more); the next one is due."""
        self.failures[self.url] = error
        lasted = 0.0 if self._since is None else self._clock() - self._since
        self._tried = 0 if lasted >= STEADY_SECONDS else self._tried + 1
        if self.several and self._told.get(self.url) != error.message:
            log.warning("another node is needed: %s", error)
        self._told[self.url] = error.message
        self._since, self._report = None, None
        following = (self._at + 1) % len(self.urls)
        self._at = following if self._next is None else self.urls.index(self._next)
        self._next = None

    def leave_for(self, url: str) -> TransportError:
        """Make this one the next; the reason to leave the one in use."""
        self._next = url
        return TransportError(f"{self.url} is behind {url} or cut off from it")

    def failure(self) -> ChainError | None:
        """Why none can be used, naming each; None while nothing has failed."""
        if len(self.failures) <= 1:
            return next(iter(self.failures.values()), None)
        text = "; ".join(error.message for error in self.failures.values())
        if all(not isinstance(error, TransportError) for error in self.failures.values()):
            return ChainError(f"no node can be used: {text}", hint=next(iter(self.failures.values())).hint)
        return ConnectionLost(f"no node can be used: {text}", hint="is one of them running?")

    # -- while one is in use

    def saw(self, report: Report) -> None:
        """The node in use said this of itself."""
        if self._report is None or report.height[0] > self._report.height[0]:
            self._moved = self._clock()
        self._report = report
        self._highest = max(self._highest, report, key=lambda one: one.height)

    def is_doubtful(self) -> bool:
        """Whether to compare the node in use with the others; at most once in ``stale`` seconds."""
        if self._report is None or self._clock() - self._moved < self._stale:
            return self._report is not None and self._report.syncing
        self._moved = self._clock()
        return True

    def better(self, reports: Mapping[str, Report]) -> str | None:
        """The node that is so far ahead of the one in use that it should be left, if there is one."""
        own = self._report
        ahead = {
            url: one
            for url, one in reports.items()
            if own is not None and one.genesis == self.genesis and one.is_ahead_of(own)
        }
        return max(ahead, key=lambda url: ahead[url].height) if ahead else None


async def report_of(ask: Ask) -> Report:
    """Ask a node for its report.

    Args:
        ask: one JSON-RPC call (method, parameters) -> result.

    Raises:
        ChainError: it does not even tell its genesis hash.
    """
    genesis = await ask("chain_getBlockHash", [0])
    if not isinstance(genesis, str):
        raise ChainError(f"the node does not tell its genesis hash: {genesis}")
    health = await _maybe(ask, "system_health", [])
    final = await _maybe(ask, "chain_getFinalizedHead", [])
    final_header = await _maybe(ask, "chain_getHeader", [final]) if isinstance(final, str) else None
    best_header = await _maybe(ask, "chain_getHeader", [])
    syncing = isinstance(health, dict) and health.get("isSyncing") is True
    return Report(genesis, _number(best_header), _number(final_header), syncing)


async def _maybe(ask: Ask, method: str, params: list[Any]) -> Any:
    """The answer, or None from a node that has no such method."""
    try:
        return await ask(method, params)
    except RpcError:
        return None


def _number(header: Any) -> int | None:
    try:
        return int(header["number"], 16)
    except (KeyError, TypeError, ValueError):
        return None
