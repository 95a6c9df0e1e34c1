"""JSON-RPC methods of the dev node, from the table that the server answers by."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from ganglion_devnode.config import NodeConfig
from ganglion_devnode.rpc.methods.author import AuthorMethods
from ganglion_devnode.rpc.methods.blocks import ChainMethods
from ganglion_devnode.rpc.methods.dev import DevMethods
from ganglion_devnode.rpc.methods.state import ChildStateMethods, StateMethods
from ganglion_devnode.rpc.methods.system import PaymentMethods, SystemMethods
from ganglion_devnode.rpc.methods.versions import VersionMethods
from ganglion_devnode.rpc.table import _MARK, Declaration
from reference_pages.markdown import code, first_paragraph, table

GROUPS = (
    ChainMethods,
    StateMethods,
    ChildStateMethods,
    VersionMethods,
    AuthorMethods,
    PaymentMethods,
    SystemMethods,
    DevMethods,
)
__all__ = ["limits", "methods"]


def limits() -> str:
    """Bounds of messages and connections."""
    config = NodeConfig()
    return (
        f"A message has at most {config.max_message_bytes:,} bytes; {config.max_connections} WebSocket connections are "
        f"open at a time; a call ends after {config.call_seconds:g} s.\n"
    )


def methods() -> str:
    """All methods by group."""
    text = ""
    for group in GROUPS:
        title = first_paragraph(group).rstrip(".").replace("*", "\\*")
        text += f"## {title}\n\n" + table(("method", "parameters", "what it does"), _methods(group))
    return text


def _methods(group: type) -> Iterator[tuple[str, str, str]]:
    for _, function in inspect.getmembers(group, inspect.isfunction):
        declaration: Declaration | None = getattr(function, _MARK, None)
        if declaration is None:
            continue
        names = ", ".join(map(code, declaration.names))
        if declaration.notification:
            ends = ", ".join(map(code, declaration.unsubscribe))
            names += f" (notifies {code(declaration.notification)}; ends by {ends})"
        if declaration.unsafe:
            names += " *unsafe*"
        yield names, _parameters(function, declaration.notification is not None), first_paragraph(function)


def _parameters(function: object, subscription: bool) -> str:
    found = list(inspect.signature(function).parameters.values())[2 if subscription else 1 :]
    return ", ".join(f"{_camel(p.name)}{'' if p.default is p.empty else '?'}" for p in found)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)
