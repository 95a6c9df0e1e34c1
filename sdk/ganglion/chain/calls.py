"""Descriptions of what can be asked of the chain: calls, storage reads, runtime API calls.

Plain values without a connection, so that pallets can be described, tested and printed offline.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from ganglion.errors import UsageError

T = TypeVar("T")

__all__ = ["ApiCall", "Call", "Query", "identity"]


def identity(value: Any) -> Any:
    """The value as the chain's types give it."""
    return value


@dataclass(frozen=True)
class Call:
    """A dispatchable and its arguments; arguments can contain calls.

    Attributes:
        feeless: the chain charges nothing when the call would succeed, and refuses it before a block
            otherwise.
    """

    pallet: str
    function: str
    args: dict[str, Any] = field(default_factory=dict)
    feeless: bool = False

    def arguments(self) -> dict[str, Any]:
        """Arguments in the form that the codec takes."""
        return {name: _encodable(value) for name, value in self.args.items()}

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={_shown(value)}" for name, value in self.args.items())
        return f"{self.pallet}.{self.function}({shown})"


@dataclass(frozen=True)
class Query(Generic[T]):
    """One storage value.

    Attributes:
        decode: makes a record of the plain value; None stays None.
    """

    pallet: str
    item: str
    keys: tuple[Any, ...] = ()
    decode: Callable[[Any], T] = identity


@dataclass(frozen=True)
class ApiCall(Generic[T]):
    """One call of a runtime API.

    Attributes:
        raw: ``decode`` takes the SCALE bytes of the answer instead of its plain value.
    """

    api: str
    method: str
    params: tuple[Any, ...] = ()
    decode: Callable[[Any], T] = identity
    raw: bool = False


def _encodable(value: Any) -> Any:
    if isinstance(value, Call):
        return {"call_module": value.pallet, "call_function": value.function, "call_args": value.arguments()}
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, float):
        raise UsageError(f"{value!r} is a float, and the chain knows integers only")
    if isinstance(value, dict):
        return {name: _encodable(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_encodable(item) for item in value]
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    return int(value)


def _shown(value: Any) -> str:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, list | tuple) and len(value) > 16:
        return f"[{len(value)} items]"
    return str(value)
