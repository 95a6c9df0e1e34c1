"""The methods of the API: how they are declared, and the table they are looked up in.

Methods are plain functions of classes, marked with `method` or `subscription`; their annotations say how
parameters are converted.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

from ganglion_devnode.rpc.params import Convert, Parameter, to_anything

_MARK = "_rpc_declaration"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a decorator knows of a method. notification and unsubscribe: for subscriptions only."""

    names: tuple[str, ...]
    unsafe: bool = False
    notification: str | None = None
    unsubscribe: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Method:
    """A method ready to be called: parameters, and the function behind it."""

    declaration: Declaration
    parameters: tuple[Parameter, ...]
    call: Callable[..., Any | Awaitable[Any]]

    @property
    def is_subscription(self) -> bool:
        """Whether the first argument is the sink for notifications."""
        return self.declaration.notification is not None


def method(*names: str, unsafe: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a method under a name and its aliases."""
    return _marker(Declaration(names, unsafe))


def subscription(
    *names: str, notification: str, unsubscribe: tuple[str, ...]
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Declare a subscription: the function takes a sink first and returns how to end it."""
    return _marker(Declaration(names, False, notification, unsubscribe))


def _marker(declaration: Declaration) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def mark(function: Callable[..., Any]) -> Callable[..., Any]:
        setattr(function, _MARK, declaration)
        return function

    return mark


class MethodTable:
    """All methods that may be called on this node."""

    def __init__(self, groups: Iterable[object], *, unsafe: bool) -> None:
        self._methods: dict[str, Method] = {}
        self.unsubscribes: set[str] = set()
        for group in groups:
            for _, function in inspect.getmembers(group, inspect.ismethod):
                declaration = getattr(function, _MARK, None)
                if declaration is not None and (unsafe or not declaration.unsafe):
                    self._add(declaration, function)

    def _add(self, declaration: Declaration, function: Callable[..., Any]) -> None:
        entry = Method(declaration, _parameters(function, declaration.notification is not None), function)
        self._methods.update(dict.fromkeys(declaration.names, entry))
        self.unsubscribes.update(declaration.unsubscribe)

    def find(self, name: str) -> Method | None:
        """A method by name or alias."""
        return self._methods.get(name)

    def names(self) -> list[str]:
        """Every name that can be called, sorted."""
        return sorted([*self._methods, *self.unsubscribes])


def _parameters(function: Callable[..., Any], skip_first: bool) -> tuple[Parameter, ...]:
    hints = get_type_hints(function, include_extras=True)
    entries = list(inspect.signature(function).parameters.values())[1 if skip_first else 0 :]
    return tuple(
        Parameter(
            entry.name,
            _converter(hints[entry.name]),
            entry.default is inspect.Parameter.empty,
            None if entry.default is inspect.Parameter.empty else entry.default,
        )
        for entry in entries
    )


def _converter(hint: Any) -> Callable[[Any], Any]:
    """The `Convert` in an annotation, possibly inside `| None`."""
    for part in (hint, *get_args(hint)):
        for extra in getattr(part, "__metadata__", ()):
            if isinstance(extra, Convert):
                return extra.function
    return to_anything
