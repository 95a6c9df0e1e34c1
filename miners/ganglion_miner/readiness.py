"""Why a miner is not ready, by name. Ready means: nothing is listed."""

from __future__ import annotations

from ganglion.protocol.errors_table import RequestError


class Readiness:
    """Named reasons, set and cleared by whoever knows."""

    def __init__(self, **reasons: str) -> None:
        self._reasons = dict(reasons)

    @property
    def ready(self) -> bool:
        """Whether requests are answered."""
        return not self._reasons

    def reasons(self) -> dict[str, str]:
        """What is missing."""
        return dict(self._reasons)

    def block(self, name: str, reason: str) -> None:
        """Not ready for this reason."""
        self._reasons[name] = reason

    def clear(self, name: str) -> None:
        """This reason is gone."""
        self._reasons.pop(name, None)

    def check(self) -> None:
        """Raises RequestError `draining` or `not_ready`."""
        if "draining" in self._reasons:
            raise RequestError("this server is shutting down", code="draining", retry_after=5)
        if self._reasons:
            raise RequestError(
                f"this server is not ready: {'; '.join(self._reasons.values())}",
                code="not_ready",
                retry_after=5,
            )
