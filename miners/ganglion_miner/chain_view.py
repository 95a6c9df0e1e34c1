"""What a miner must know of the chain, and a cache of it that outlives the chain's absence.

`Chain` is the narrow face (client_chain.py implements it over ganglion.Client, tests have their own).
`ChainCache` keeps the newest snapshot: requests are admitted from it while the node is gone, until it is
older than the configuration allows.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from ganglion.daemon.finality import FinalityWatch
from ganglion.errors import ChainError, GanglionError
from ganglion.protocol.errors_table import RequestError
from ganglion_miner.stakes import Stakes

REFRESH_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a neuron serves, as the chain stores it: family 4 or 6, the address as an integer, protocol 0
    for HTTP. `sealing` holds the published keys for sealed prompts; a snapshot knows those of this miner only.
    """

    family: int
    ip: int
    port: int
    protocol: int = 0
    sealing: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class Neuron:
    """One UID slot."""

    uid: int
    hotkey: str
    permit: bool
    endpoint: Endpoint | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A metagraph at one block; `neurons` by hotkey. `exists` is False where the chain has no such subnet.

    `best` is the height of the best block when it was read, 0 where that is the same one.
    """

    block: int
    neurons: Mapping[str, Neuron]
    exists: bool = True
    best: int = 0


class Chain(Protocol):
    """The chain as a miner uses it. Every method has a deadline and raises ChainError."""

    async def genesis(self) -> bytes:
        """Genesis hash, 32 bytes."""

    async def snapshot(self) -> Snapshot:
        """The subnet at the last final block."""

    async def requester_stake(self, account: str) -> int:
        """Nano that the account's coldkey (or the account itself) stakes in the subnet."""

    async def serve(self, endpoint: Endpoint) -> None:
        """Publish an endpoint with the hotkey; returns once it is in a block, and sees to it that it becomes final.
        Safe to repeat.
        """

    async def owes_bond(self, profile: bytes) -> bool:
        """Whether the subnet's weights rest on evidence, and this hotkey did not declare that it serves the profile."""

    async def is_anchored(self, root: bytes) -> bool:
        """Whether this hotkey's batch with this root is on chain."""

    async def anchor(self, root: bytes, count: int) -> None:
        """Anchor a batch of receipts; returns once it is in a block."""

    async def close(self) -> None:
        """Close connections. Idempotent."""


class ChainCache:
    """The newest snapshot and its age.

    Args:
        max_age: seconds after which the snapshot admits nobody.
        finality_max_age: the same while the node answers and finality stands still.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        chain: Chain,
        *,
        max_age: float,
        finality_max_age: float = 3600.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.chain = chain
        self.finality = FinalityWatch(finality_max_age, clock)
        self._max_age = max_age
        self._clock = clock
        self._snapshot: Snapshot | None = None
        self._at = clock()
        self._failing = False
        self._stakes = Stakes(chain.requester_stake, max_age=max_age, clock=clock)

    @property
    def age(self) -> float:
        """Seconds since the snapshot was taken."""
        return self._clock() - self._at

    @property
    def failing(self) -> bool:
        """Whether the last refresh failed."""
        return self._failing

    async def refresh(self) -> Snapshot:
        """Take a snapshot. Raises ChainError and keeps the old one."""
        try:
            async with asyncio.timeout(REFRESH_TIMEOUT):
                snapshot = await self.chain.snapshot()
        except TimeoutError as error:
            self._failing = True
            raise ChainError(
                f"the node did not answer within {REFRESH_TIMEOUT:g} s", retryable=True
            ) from error
        except GanglionError:
            self._failing = True
            raise
        self._snapshot, self._at, self._failing = snapshot, self._clock(), False
        self.finality.saw(snapshot.block, max(snapshot.block, snapshot.best))
        return snapshot

    def neurons(self) -> Mapping[str, Neuron]:
        """The newest neurons. Raises RequestError `chain_unavailable` if there are none young enough."""
        if self._snapshot is None:
            raise RequestError(
                "this server has not reached the chain yet", code="chain_unavailable", retry_after=5
            )
        if self.age > self._max_age:
            raise RequestError(
                f"this server has not reached the chain for {self.age:.0f} s",
                code="chain_unavailable",
                retry_after=10,
            )
        if self.finality.expired:
            raise RequestError(self.finality.expired, code="chain_unavailable", retry_after=30)
        return self._snapshot.neurons

    async def requester_stake(self, account: str, enough: int) -> int:
        """Stake of a signer outside the metagraph; see Stakes.of."""
        return await self._stakes.of(account, enough)
