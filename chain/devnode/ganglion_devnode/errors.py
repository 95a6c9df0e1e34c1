"""What can go wrong when a runtime is run.

    RuntimeFailure
    ├── BadRuntime          the code is not a runtime this node can run
    ├── MethodNotFound      the runtime has no such API method
    ├── WasmTrap            the call panicked, trapped, or a host function failed
    │   └── HostLimit       it moved more bytes through host functions than one call may
    └── CallDeadline        it ran longer than the caller allowed

None of them is worth retrying with the same input.
"""

from __future__ import annotations

from typing import ClassVar

from ganglion.errors import ChainError, Fault


class RuntimeFailure(ChainError):
    """Base of every failure of running a runtime."""

    fault: Fault = "chain"
    default_hint: ClassVar[str | None] = None

    def __init__(self, message: str) -> None:
        super().__init__(message, hint=self.default_hint)


class BadRuntime(RuntimeFailure):
    """The code cannot be loaded as a Substrate runtime."""

    fault: Fault = "user"
    default_hint = "give the runtime's .wasm as it was built, plain or zstd-compressed"


class MethodNotFound(RuntimeFailure):
    """The runtime exports no such method. Clients match on the text."""

    fault: Fault = "user"

    def __init__(self, method: str) -> None:
        super().__init__(f"Exported method {method} is not found")
        self.method = method


class WasmTrap(RuntimeFailure):
    """A runtime call ended in a trap.

    reason: the panic text where there is one, else the trap's own; backtrace: function names, innermost
    first; logs: the error-level lines the runtime logged in this call.
    """

    def __init__(self, method: str, reason: str, backtrace: list[str], logs: list[str]) -> None:
        super().__init__(f"{method} failed: {reason}")
        self.method = method
        self.reason = reason
        self.backtrace = backtrace
        self.logs = logs


class HostLimit(WasmTrap):
    """The call moved more bytes through host functions than allowed."""

    default_hint = "raise max_host_bytes if the call is meant to move this much"


class CallDeadline(RuntimeFailure):
    """The call was stopped at its deadline."""

    default_hint = "ask for less in one call, or allow it more time"

    def __init__(self, method: str, seconds: float) -> None:
        super().__init__(f"{method} was stopped after its limit of {seconds:g} s")
        self.method = method
        self.seconds = seconds
