"""Checks and converts the parameters of a call. What is wrong is said with the parameter's name and position."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from ganglion_devnode.rpc.faults import INVALID_PARAMS, RpcFault

U32_MAX = (1 << 32) - 1
MAX_LIST = 10_000


class WrongType(Exception):
    """The value is not what the parameter takes; the text completes "`name` ..."."""


@dataclass(frozen=True, slots=True)
class Convert:
    """How a JSON value becomes an argument."""

    function: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a method. Names are matched in camelCase and in snake_case."""

    name: str
    convert: Callable[[Any], Any]
    required: bool
    default: Any = None


def kind(value: Any) -> str:
    """What JSON calls a value."""
    if value is None:
        return "null"
    names = {
        bool: "a boolean",
        int: "a number",
        float: "a number",
        str: "a string",
        list: "an array",
        dict: "an object",
    }
    return names.get(type(value), "something else")


def to_bytes(value: Any) -> bytes:
    """Bytes from hex, with or without 0x."""
    if not isinstance(value, str):
        raise WrongType(f"must be a hex string, got {kind(value)}")
    digits = value[2:] if value[:2] in ("0x", "0X") else value
    if len(digits) % 2:
        raise WrongType(f"must be hex with an even number of digits, got {len(digits)}")
    try:
        data = bytes.fromhex(digits)
    except ValueError:
        data = b""
    if len(data) * 2 != len(digits):  # also where `fromhex` skipped spaces
        raise WrongType(f"must be a hex string, got {value[:32]!r}")
    return data


def to_hash(value: Any) -> bytes:
    """32 bytes from hex."""
    data = to_bytes(value)
    if len(data) != 32:
        raise WrongType(f"must be a hash of 32 bytes, got {len(data)}")
    return data


def to_u32(value: Any) -> int:
    """A whole number from 0 to 2^32 - 1."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise WrongType(f"must be a whole number, got {kind(value)}")
    if not 0 <= value <= U32_MAX:
        raise WrongType(f"must be from 0 to {U32_MAX}, got {value}")
    return value


def to_text(value: Any) -> str:
    """A string."""
    if not isinstance(value, str):
        raise WrongType(f"must be a string, got {kind(value)}")
    return value


def to_bool(value: Any) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise WrongType(f"must be true or false, got {kind(value)}")
    return value


def to_list(value: Any, item: Callable[[Any], Any]) -> list[Any]:
    """An array whose items `item` converts."""
    if not isinstance(value, list):
        raise WrongType(f"must be an array, got {kind(value)}")
    if len(value) > MAX_LIST:
        raise WrongType(f"has {len(value)} items, at most {MAX_LIST} are taken")
    try:
        return [item(entry) for entry in value]
    except WrongType as error:
        raise WrongType(f"has an item that {error}") from None


def to_keys(value: Any) -> list[bytes]:
    """An array of hex strings."""
    return to_list(value, to_bytes)


def to_anything(value: Any) -> Any:
    """Any JSON value; the method checks it itself."""
    return value


def to_finite(value: Any) -> float:
    """A number that is not infinite."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise WrongType(f"must be a finite number, got {kind(value)}")
    return value


Hex = Annotated[bytes, Convert(to_bytes)]
Hash = Annotated[bytes, Convert(to_hash)]
U32 = Annotated[int, Convert(to_u32)]
Text = Annotated[str, Convert(to_text)]
Flag = Annotated[bool, Convert(to_bool)]
Keys = Annotated[list[bytes], Convert(to_keys)]
Json = Annotated[Any, Convert(to_anything)]


def snake(name: str) -> str:
    """camelCase to snake_case."""
    return re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: "_" + match[1].lower(), name)


def bind(parameters: tuple[Parameter, ...], given: Any) -> list[Any]:
    """Arguments in order from positional or named parameters. An optional one may be null or missing."""
    if given is None:
        given = []
    if isinstance(given, dict):
        values = _by_name(parameters, given)
    else:
        if len(given) > len(parameters):
            raise _invalid(f"takes at most {len(parameters)} parameters, got {len(given)}")
        values = [*given, *[None] * (len(parameters) - len(given))]
    return [
        _convert(index, parameter, value)
        for index, (parameter, value) in enumerate(zip(parameters, values, strict=True))
    ]


def _by_name(parameters: tuple[Parameter, ...], given: dict[str, Any]) -> list[Any]:
    named = {snake(name): value for name, value in given.items()}
    unknown = named.keys() - {parameter.name for parameter in parameters}
    if unknown:
        raise _invalid(f"no parameter is called {sorted(unknown)[0]!r}")
    return [named.get(parameter.name) for parameter in parameters]


def _convert(index: int, parameter: Parameter, value: Any) -> Any:
    if value is None and not parameter.required:
        return parameter.default
    if value is None and parameter.convert is not to_anything:
        raise _invalid(f"`{parameter.name}` (position {index + 1}) is missing")
    try:
        return parameter.convert(value)
    except WrongType as error:
        raise _invalid(f"`{parameter.name}` (position {index + 1}) {error}") from None


def _invalid(text: str) -> RpcFault:
    return RpcFault(INVALID_PARAMS, f"Invalid params: {text}")
