"""Commands in the documentation exist: every `$ ganglion ...` names a command and options that the program has."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
REFERENCE = DOCS / "reference"
CONSOLE = re.compile(r"```console\n(.*?)```", re.S)
HEADING = re.compile(r"^## `ganglion ([^`]+)`\n(.*?)(?=^## |\Z)", re.M | re.S)
OPTION = re.compile(r"^\| `((?:-[\w-]+(?:, )?)+)", re.M)
SETTING = re.compile(r"^\| `(\w+)` \| `GANGLION_(MINER|VALIDATOR)_", re.M)


def options_of(text: str) -> set[str]:
    """Options of the tables in a text."""
    return {name for cell in OPTION.findall(text) for name in cell.split(", ")}


def commands() -> dict[str, set[str]]:
    """Options of each command, as the generated reference has them."""
    text = (REFERENCE / "cli.md").read_text()
    parts = re.split(r"^\*\*(\w+)\*\* \(", text.partition("<!-- shared: end -->")[0], flags=re.M)
    shared = {kind: options_of(part) for kind, part in zip(parts[1::2], parts[2::2], strict=True)}
    found = {}
    for heading, body in HEADING.findall(text):
        name = " ".join(word for word in heading.split() if word[0].islower())
        kind = re.search(r"Shared options: \*\*(\w+)\*\*", body)
        found[name] = options_of(body) | (shared[kind[1]] if kind else set())
    for setting, daemon in SETTING.findall((REFERENCE / "config.md").read_text()):
        names = found.setdefault(f"{daemon.lower()} run", {"--config"})
        names.add("--" + setting.replace("_", "-"))
    return found


def used() -> list[tuple[str, str]]:
    """(page, command line) of every console block."""
    pages = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
    found = []
    for page in pages:
        for block in CONSOLE.findall(page.read_text()):
            for line in block.replace("\\\n", " ").split("\n"):
                if match := re.match(r"\$ (?:\S*/)?ganglion (.*)", line):
                    found.append((str(page.relative_to(ROOT)), match[1]))
    return found


def name_of(words: list[str], known: dict[str, set[str]]) -> str | None:
    """The longest command that the words begin with."""
    return next((name for n in (2, 1) if (name := " ".join(words[:n])) in known), None)


@pytest.mark.parametrize(("page", "line"), used())
def test_the_command_exists(page: str, line: str) -> None:
    known = commands()
    words = shlex.split(re.split(r"[|>]", line)[0])
    before = [word for word in words if word in ("--json", "--yes", "--quiet", "-q")]
    plain = [word for word in words if word not in before]
    name = name_of(plain, known)
    assert name, f"{page}: there is no command {plain[:2]}"
    flags = {word.partition("=")[0] for word in plain if word.startswith("-")}
    assert flags <= known[name], f"{page}: {name} has no {flags - known[name]}"


def test_commands_were_found() -> None:
    assert len(commands()) > 35
    assert len(used()) > 30
