"""The only module that prints. Standard output is the result and nothing else; all else goes to standard
error.

With ``--json`` a result is one JSON document; without, a table or lines. ``NO_COLOR`` and pipes get no
colours.
"""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO

from ganglion.balance import Balance
from ganglion.errors import GanglionError

__all__ = ["Column", "Renderer", "lines", "plain"]


@dataclasses.dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        key: of the row's value.
        title: shown above.
        form: "money" (nano), "share" (fraction of 1), "address", "flag" or "" for as it is.
    """

    key: str
    title: str
    form: str = ""


class Renderer:
    """Prints results and messages.

    Args:
        json: one JSON document per result.
        quiet: no notes and no progress.
    """

    def __init__(
        self, *, json: bool = False, quiet: bool = False, out: TextIO | None = None, err: TextIO | None = None
    ) -> None:
        self.json = json
        self.quiet = quiet
        self._out = out
        self._err = err
        self._line_open = False

    @property
    def out(self) -> TextIO:
        """Where results go; looked up late, so that tests can replace it."""
        return self._out or sys.stdout

    @property
    def err(self) -> TextIO:
        """Where all else goes."""
        return self._err or sys.stderr

    def result(self, value: Any, text: str | None = None) -> None:
        """One result.

        Args:
            text: what to show without ``--json``; default a line per key.
        """
        if self.json:
            print(json.dumps(plain(value), ensure_ascii=False), file=self.out, flush=True)
        elif text is not None:
            print(text, file=self.out, flush=True)
        else:
            print(lines(value), file=self.out, flush=True)

    def table(
        self, value: Any, columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], title: str = ""
    ) -> None:
        """Rows, aligned; with ``--json`` the ``value`` instead."""
        if self.json:
            self.result(value)
            return
        short = getattr(self.out, "isatty", lambda: False)()
        cells = [[_cell(column, row.get(column.key), short=short) for column in columns] for row in rows]
        lines = _aligned([[column.title for column in columns], *cells], [_is_left(one) for one in columns])
        print("\n".join([title, *lines] if title else lines), file=self.out, flush=True)

    def piece(self, text: str) -> None:
        """Part of a streamed result, as it comes."""
        print(text, end="", file=self.out, flush=True)
        self._line_open = not text.endswith("\n") if text else self._line_open

    def end_line(self) -> None:
        """End the line of a streamed result, if one was begun: what comes next stands by itself."""
        if self._line_open:
            self.piece("\n")

    def note(self, text: str) -> None:
        """Something to know that is not the result."""
        if not self.quiet:
            self.end_line()
            print(text, file=self.err, flush=True)

    progress = note

    def important(self, text: str) -> None:
        """Something that ``--quiet`` does not hide, such as a phrase that is shown once."""
        print(text, file=self.err, flush=True)

    def error(self, error: GanglionError) -> None:
        """What went wrong, whose fault it is and what to do; with ``--json`` also as one document on stderr."""
        self.end_line()
        if self.json:
            print(json.dumps(plain(error.to_dict()), ensure_ascii=False), file=self.err, flush=True)
            return
        print(f"error: {error}", file=self.err)
        if error.hint:
            print(f"hint: {error.hint}", file=self.err)
        if error.retryable:
            print("this may work if repeated", file=self.err)
        self.err.flush()


def plain(value: Any) -> Any:
    """JSON values of a result: amounts as integers of nano, bytes as 0x-hex, records as objects."""
    if isinstance(value, bool) or value is None or isinstance(value, str | float):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, bytes | bytearray):
        return "0x" + bytes(value).hex()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value) if one.repr}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, Sequence | set | frozenset):
        return [plain(one) for one in value]
    return str(value)


def lines(value: Any) -> str:
    """A result for people: a line for each key of a record or mapping, and for each item of a list."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {one.name: getattr(value, one.name) for one in dataclasses.fields(value) if one.repr}
    if isinstance(value, Mapping):
        width = max((len(str(key)) for key in value), default=0)
        return "\n".join(f"{str(key) + ':':<{width + 1}} {_inline(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return "\n".join(_inline(one) for one in value)
    return _inline(value)


def _inline(value: Any) -> str:
    if isinstance(value, Balance | str):
        return str(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "-"
    simple = plain(value)
    return json.dumps(simple, ensure_ascii=False) if isinstance(simple, dict | list) else str(simple)


def _is_left(column: Column) -> bool:
    return column.form in {"address", "flag", "text"}


def _aligned(rows: list[list[str]], left: list[bool]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if to_left else cell.rjust(width)
            for cell, width, to_left in zip(row, widths, left, strict=True)
        ).rstrip()
        for row in rows
    ]


def _cell(column: Column, value: Any, *, short: bool) -> str:
    """Text of a cell; addresses are cut in the middle on a terminal only, so that a pipe gets whole ones."""
    if value is None:
        return "-"
    if column.form == "money":
        return Balance(int(value)).format(decimals=4, unit=False)
    if column.form == "share":
        return f"{value:.4f}"
    if column.form == "flag":
        return "yes" if value else "no"
    if column.form == "address" and short:
        return f"{value[:6]}…{value[-4:]}"
    return _inline(value)
