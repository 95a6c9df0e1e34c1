"""The command line: every command with its arguments and options, from the program's own tree."""

from __future__ import annotations

import argparse
import inspect
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from typer.models import ArgumentInfo, OptionInfo

from ganglion.cli.app import app
from ganglion.cli.command import KINDS
from ganglion.devnet.cli import parser as devnet_parser
from ganglion_devnode.cli import parser as chain_parser
from reference_pages.markdown import code, table

OUTSIDE = ("devnet", "miner", "validator")  # commands with an argument parser of their own
FORMS = {int: "N", float: "NUMBER", str: "TEXT", Path: "FILE"}
KIND_TITLES = {
    "local": "commands that need neither node nor key",
    "keys": "commands about keys on this machine",
    "read": "commands that read the chain",
    "ask": "commands that ask a miner or a gateway",
    "send": "commands that send a transaction",
}

__all__ = ["commands", "shared"]


def shared() -> str:
    """Options that commands of a kind have in common."""
    parts = [
        f"**{kind}** ({title})\n\n" + _options(KINDS[kind].items()) for kind, title in KIND_TITLES.items()
    ]
    return "".join(parts)


def commands() -> str:
    """All commands but the daemons'."""
    parts = [_command(name, function) for name, function in sorted(_commands(app)) if name not in OUTSIDE]
    return "".join([*parts, *_parsers("devnet", devnet_parser()), _parser("devnet chain", chain_parser())])


def _commands(tree: Any, path: str = "") -> Iterator[tuple[str, Callable[..., Any]]]:
    for one in tree.registered_commands:
        yield f"{path}{one.name or one.callback.__name__}", one.callback
    for group in tree.registered_groups:
        yield from _commands(group.typer_instance, f"{path}{group.name} ")


def _command(name: str, function: Callable[..., Any]) -> str:
    own, kind = _own_parameters(function)
    arguments = [(key, one) for key, one in own if isinstance(_info(one), ArgumentInfo)]
    options = [(key, one) for key, one in own if isinstance(_info(one), OptionInfo)]
    signature = inspect.signature(function, eval_str=True).parameters
    usage = " ".join(_usage(key, one, signature[key].default) for key, one in arguments)
    text = " ".join(inspect.cleandoc(function.__doc__ or "").split("\n\n")[0].split())
    rows = [(code(key.upper()), _info(one).help or "") for key, one in arguments]
    shared = f"Shared options: **{kind}**.\n\n" if kind else ""
    return (
        f"## `{' '.join(filter(None, ('ganglion', name, usage)))}`\n\n{text}\n\n"
        + table(("argument", "meaning"), rows)
        + _options(options)
        + shared
    )


def _own_parameters(function: Callable[..., Any]) -> tuple[list[tuple[str, Any]], str]:
    """Parameters that are not shared, and the kind of those that are."""
    found = {
        key: one.annotation for key, one in inspect.signature(function, eval_str=True).parameters.items()
    }
    found = {key: one for key, one in found.items() if hasattr(one, "__metadata__")}
    fitting = [k for k, shared in KINDS.items() if all(found.get(key) == one for key, one in shared.items())]
    kind = max(fitting, key=lambda k: len(KINDS[k]), default="")
    return [(key, one) for key, one in found.items() if key not in KINDS.get(kind, {})], kind


def _info(annotated: Any) -> ArgumentInfo | OptionInfo:
    return annotated.__metadata__[0]


def _usage(key: str, annotated: Any, default: Any) -> str:
    text = key.upper() + ("..." if _is_list(annotated) else "")
    return text if default is inspect.Parameter.empty else f"[{text}]"


def _options(found: Any) -> str:
    rows = [(code(_flag(key, one)), (_info(one).help or "").replace("``", "`")) for key, one in found]
    return table(("option", "meaning"), rows)


def _flag(key: str, annotated: Any) -> str:
    info = _info(annotated)
    given = [one for one in (info.default, *(info.param_decls or ())) if isinstance(one, str)]
    names = [one for one in given if one.startswith("-")] or ["--" + key.replace("_", "-")]
    form = _form(annotated)
    return ", ".join(sorted(names, key=len, reverse=True)) + (f" {form}" if form else "")


def _form(annotated: Any) -> str:
    kind = _kind(annotated)
    if kind is bool:
        return ""
    return FORMS.get(get_args(kind)[0] if get_origin(kind) is list else kind, "VALUE")


def _kind(annotated: Any) -> Any:
    """The type without Annotated and None."""
    kind = annotated.__origin__
    if get_origin(kind) in (Union, UnionType):
        kind = next(one for one in get_args(kind) if one is not type(None))
    return kind


def _is_list(annotated: Any) -> bool:
    return get_origin(_kind(annotated)) is list


# ---- commands with an argument parser of their own


def _parsers(name: str, parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for child, one in action.choices.items():
                if child != "chain":
                    yield _parser(f"{name} {child}", one)


def _parser(name: str, parser: argparse.ArgumentParser) -> str:
    actions = [one for one in parser._actions if one.option_strings and "--help" not in one.option_strings]
    rows = [(code(_argparse_flag(one)), (one.help or "") % _values(parser, one)) for one in actions]
    text = _sentence(parser.description or "")
    return f"## `ganglion {name}`\n\n{text}\n\n" + table(("option", "meaning"), rows)


def _values(parser: argparse.ArgumentParser, action: argparse.Action) -> dict[str, Any]:
    return {**vars(action), "prog": parser.prog}


def _argparse_flag(action: argparse.Action) -> str:
    flag = action.option_strings[-1]
    if action.nargs == 0:
        return flag
    if isinstance(action.choices, Sequence):
        return f"{flag} {'/'.join(map(str, action.choices))}"
    return f"{flag} {action.metavar or FORMS.get(action.type, 'VALUE')}"


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith(".") or not text else text + "."
