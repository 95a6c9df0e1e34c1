"""Documentation of records' members, from the Rust sources: the metadata carries none of it.

Reads the few forms that the sources use (a struct's or an enum's members, each after its `///` lines, and the list of
hyperparameters); it is no parser of Rust.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

CHAIN = Path(__file__).resolve().parents[2] / "chain"
RECORD = re.compile(r"^pub (?:struct|enum) (\w+)[^{;]*\{\n(.*?)^\}", re.M | re.S)
MEMBER = re.compile(r"((?:^\t/// .*\n)+)(?:\t#\[.*\n)*\t(?:pub )?(\w+)", re.M)
HYPERPARAMETER = re.compile(r"((?:^\t/// .*\n)+)\t(\w+) / \w+:", re.M)

__all__ = ["member_docs"]


def member_docs(path: tuple[str, ...]) -> dict[str, str]:
    """What the sources say of each member of a type, given its path in the metadata."""
    folder = _folder(path[0])
    found = _records(folder).get((path[1] if len(path) > 2 else "", path[-1]))
    return found or _records(folder).get(("", path[-1]), {})


def _folder(crate: str) -> Path:
    name = crate.replace("_", "-").removeprefix("ganglion-")
    return CHAIN / "pallets" / name.removeprefix("pallet-") if name.startswith("pallet-") else CHAIN / name


@cache
def _records(folder: Path) -> dict[tuple[str, str], dict[str, str]]:
    """Members by (module, name of the record), and by name alone."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for source in sorted((folder / "src").rglob("*.rs")):
        text = source.read_text()
        records = [(name, _members(MEMBER, body)) for name, body in RECORD.findall(text)]
        if source.name == "hyperparameters.rs":
            records.append(("Hyperparameters", _members(HYPERPARAMETER, text)))
        for name, members in records:
            found[(source.stem, name)] = members
            found.setdefault(("", name), members)
    return found


def _members(form: re.Pattern[str], text: str) -> dict[str, str]:
    return {
        name: " ".join(" ".join(re.findall(r"/// (.*)", docs)).split()) for docs, name in form.findall(text)
    }
