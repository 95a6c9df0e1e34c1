"""How far finality is behind the best block, and since when it stands still. Pure but for a clock.

A daemon works on final blocks. When finality stands still (a third of the authorities are away, or the network is
split) it goes on with the last final metagraph, says so, and stops after an age that its settings name.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

STALLED_SECONDS = 60.0  # finality that did not move for this long while blocks are made is worth a warning

log = structlog.get_logger(__name__)

__all__ = ["FinalityWatch"]


class FinalityWatch:
    """The last final block and the best one, as they were seen last.

    Args:
        max_age: seconds of standing still after which ``expired`` says so.
        clock: monotonic seconds.
    """

    def __init__(self, max_age: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._max_age = max_age
        self._clock = clock
        self._final: int | None = None
        self._best = 0
        self._moved = clock()
        self._warned = False

    @property
    def lag(self) -> int:
        """Blocks between the last final and the best one."""
        return 0 if self._final is None else max(0, self._best - self._final)

    @property
    def stalled(self) -> float:
        """Seconds for which no block has become final although there were some to finalise; 0 while none are."""
        return self._clock() - self._moved if self.lag else 0.0

    @property
    def expired(self) -> str:
        """Why the last final metagraph is too old to act on; empty while it is not."""
        age = self.stalled
        return f"no block has become final for {age:.0f} s" if age > self._max_age else ""

    def saw(self, final: int, best: int) -> None:
        """Take note of heights; warns once when finality stands still, and tells when it goes on."""
        known = -1 if self._final is None else self._final  # another node may be behind: no progress
        if final > known or best <= final:
            self._moved = self._clock()
            if self._warned:
                log.info("finality_goes_on", final=final, best=best)
            self._warned = False
        self._final, self._best = max(final, known), best
        if not self._warned and self.stalled > STALLED_SECONDS:
            self._warned = True
            log.warning(
                "finality_stalled",
                final=final,
                best=best,
                seconds=round(self.stalled),
                acting_on_final_block_for_s=self._max_age,
            )
