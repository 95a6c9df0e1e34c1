"""The units of deploy/systemd as systemd reads them: sections, keys that may come more than once, words of commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "deploy" / "systemd"
UNITS = sorted(FOLDER.glob("*.service"))


def values(unit: Path, key: str) -> list[str]:
    """All values of a key, in order."""
    return re.findall(rf"^{key}=(.*)$", unit.read_text(), re.M)


def command(unit: Path) -> list[str]:
    """Words of ExecStart."""
    (line,) = values(unit, "ExecStart")
    return shlex.split(line)


def environment(name: str) -> dict[str, str]:
    """Variables of an example of an environment file."""
    lines = (FOLDER / name).read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def flags(words: list[str]) -> set[str]:
    """Options among the words of a command."""
    return {word.partition("=")[0] for word in words if word.startswith("--")}
