"""Reading a JSON object field by field; whatever is not asked for is refused, never dropped.

Every error names the parameter as the caller wrote it (`messages[0].role`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from ganglion.protocol.errors_table import RequestError

_MISSING = object()


def parse_object(raw: bytes) -> dict[str, Any]:
    """A JSON object from a body: UTF-8, no repeated names, no NaN, no abysmal nesting, no halves of surrogate
    pairs.

    Raises RequestError.
    """
    try:
        value = json.loads(raw.decode(), object_pairs_hook=_unique, parse_constant=_no_constant)
    except RecursionError:
        raise RequestError("the body is nested too deeply", code="invalid_json") from None
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError are both
        raise RequestError(f"the body is not valid JSON: {error}", code="invalid_json") from error
    if not isinstance(value, dict):
        raise RequestError("the body must be a JSON object", code="invalid_json")
    _check_unicode(raw, value)
    return value


def _check_unicode(raw: bytes, value: Any) -> None:
    """JSON can write down half of a surrogate pair, which is no text: nothing could be hashed or signed of it."""
    if b"\\u" not in raw:
        return
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise RequestError("a text holds half of a surrogate pair", code="invalid_json") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the name {twice[:64]!r} is there twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


class Fields:
    """One object being read. A null counts as absent, as in OpenAI's API."""

    def __init__(self, body: Mapping[str, Any], path: str = "") -> None:
        self._body = body
        self._path = path
        self._taken: set[str] = set()

    def name(self, field: str) -> str:
        """Full name of a field."""
        return f"{self._path}.{field}" if self._path else field

    def fail(self, field: str, what: str, code: str = "invalid_value") -> NoReturn:
        """Refuse a field."""
        raise RequestError(f"{self.name(field)} {what}", code=code, param=self.name(field))

    def take(self, field: str) -> Any:
        """The raw value, None if absent."""
        self._taken.add(field)
        return self._body.get(field)

    def require(self, field: str) -> Any:
        """The raw value of a field that must be there."""
        value = self.take(field)
        if value is None:
            self.fail(field, "is required", "missing_parameter")
        return value

    def text(self, field: str, *, max_length: int) -> str:
        """A required string that is not empty."""
        value = self.require(field)
        if not isinstance(value, str) or not 0 < len(value) <= max_length:
            self.fail(field, f"must be a string of 1 to {max_length} characters")
        return value

    def integer(self, field: str, *, low: int, high: int) -> int | None:
        """An optional integer."""
        value = self.take(field)
        if value is None:
            return None
        if type(value) is not int or not low <= value <= high:
            self.fail(field, f"must be an integer from {low} to {high}")
        return value

    def number(self, field: str, default: float, *, low: float, high: float) -> float:
        """An optional number."""
        value = self.take(field)
        if value is None:
            return default
        if type(value) not in (int, float) or not math.isfinite(value) or not low <= value <= high:
            self.fail(field, f"must be a number from {low:g} to {high:g}")
        return float(value)

    def boolean(self, field: str) -> bool:
        """An optional flag, False if absent."""
        value = self.take(field)
        if not isinstance(value, bool | None):
            self.fail(field, "must be true or false")
        return bool(value)

    def hex(self, field: str, *, size: int) -> bytes:
        """A required byte string in lower-case hex."""
        value = self.require(field)
        if isinstance(value, str) and len(value) == 2 * size and set(value) <= set("0123456789abcdef"):
            return bytes.fromhex(value)
        self.fail(field, f"must be {size} bytes in lower-case hex")

    def child(self, field: str) -> Fields | None:
        """An optional object."""
        value = self.take(field)
        if value is None:
            return None
        if not isinstance(value, dict):
            self.fail(field, "must be an object")
        return Fields(value, self.name(field))

    def neutral(self, allowed: Mapping[str, Sequence[Any]]) -> None:
        """Fields that are accepted with values that change nothing, and refused with any other."""
        for field, values in allowed.items():
            value = self.take(field)
            if value is not None and not any(
                value == v and isinstance(value, bool) == isinstance(v, bool) for v in values
            ):
                self.fail(field, "is not supported by the verified lane", "unsupported_parameter")

    def ignore(self, *fields: str) -> None:
        """Fields that reach no sampler and are accepted with any value."""
        self._taken.update(fields)

    def finish(self) -> None:
        """Refuse the first field that nothing has read."""
        for field in self._body:
            if field not in self._taken:
                self.fail(str(field)[:64], "is not known to the verified lane", "unknown_parameter")
