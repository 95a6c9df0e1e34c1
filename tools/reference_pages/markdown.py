"""Pieces of Markdown that all pages share. Text in, text out."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Sequence
from typing import Any


def code(text: object) -> str:
    """Inline code; nothing where there is nothing."""
    return f"`{text}`" if str(text) else ""


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table with its empty line after it; nothing without rows."""
    lines = ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]
    if not lines:
        return ""
    head = ["| " + " | ".join(titles) + " |", "|" + " --- |" * len(titles)]
    return "\n".join(head + lines) + "\n\n"


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")


def paragraphs(docs: Sequence[str]) -> str:
    """Documentation lines of the metadata as text; Rust's own link forms become plain code."""
    text = "\n".join(line.removeprefix(" ") for line in docs).strip()
    return text.replace("[`", "`").replace("`]", "`").replace("``", "`")


def summary(docs: Sequence[str]) -> str:
    """Documentation lines as one line."""
    return " ".join(paragraphs(docs).split())


def first_paragraph(thing: Any) -> str:
    """The first paragraph of an object's docstring, as one line."""
    text = inspect.getdoc(thing) or ""
    return " ".join(text.split("\n\n")[0].split())


def attribute_docs(thing: Any) -> dict[str, str]:
    """What the `Attributes:` section of a class's docstring says of each name; names can share a text (`a, b: ...`)."""
    _, _, section = (inspect.getdoc(thing) or "").partition("Attributes:\n")
    words = " ".join(section.split("\n\n")[0].split())
    name = "(?:" + "|".join(getattr(thing, "__annotations__", {})) + ")"
    marks = list(re.finditer(rf"(?:^|\. |; | )({name}(?:, {name})*): ", words))
    found: dict[str, str] = {}
    for number, mark in enumerate(marks):
        end = marks[number + 1].start() if number + 1 < len(marks) else len(words)
        text = words[mark.end() : end].strip().rstrip(".").replace("``", "`")
        found |= dict.fromkeys(mark[1].split(", "), text)
    return found
