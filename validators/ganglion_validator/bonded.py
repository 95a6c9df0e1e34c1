"""Which miners have something to lose: hotkeys with a declaration in force that they serve a profile.

Where weights have to rest on evidence, only these are asked and paid: a lie of anybody else would cost nothing. The
chain is not the place for this rule: a declaration retired between a commitment and its reveal would make an honest
reveal fail.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import structlog

from ganglion_validator.chain_view import Chain, Snapshot
from ganglion_validator.miners import Miners

log = structlog.get_logger(__name__)

LOOK_SECONDS = 5.0

__all__ = ["BondedMiners"]


class BondedMiners:
    """Tells `miners` who may be asked, again every few seconds."""

    def __init__(self, chain: Chain, miners: Miners, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._chain, self._miners, self._clock = chain, miners, clock
        self._looked = -LOOK_SECONDS

    async def follow(self, snapshot: Snapshot, profiles: Iterable[bytes]) -> None:
        """Look at the chain if it is time. Where weights need no evidence, everybody may be asked.

        Raises:
            ChainError: the chain did not answer; what was known holds.
        """
        if not snapshot.rules.verdicts_on:
            self._miners.bonded = None
            return
        if self._clock() - self._looked < LOOK_SECONDS:
            return
        found = {profile.hex(): await self._chain.bonded(profile) for profile in profiles}
        self._looked = self._clock()
        if found != self._miners.bonded:
            log.info("bonded_miners", count={profile: len(hotkeys) for profile, hotkeys in found.items()})
        self._miners.bonded = found
