"""What the how-tos tell operators to type: commands of the node and files of deploy/ exist."""

from __future__ import annotations

import functools
import re
import shlex
from pathlib import Path

import pytest

from ...full_node import run

ROOT = Path(__file__).parents[3]
PAGES = sorted((ROOT / "docs" / "how-to").glob("*.md"))
BLOCK = re.compile(r"```console\n(.*?)```", re.S)


def lines() -> list[tuple[str, str]]:
    """(page, command) of all console blocks, continued lines joined."""
    return [
        (page.name, line.strip()[2:])
        for page in PAGES
        for block in BLOCK.findall(page.read_text())
        for line in block.replace("\\\n", " ").splitlines()
        if line.strip().startswith("$ ")
    ]


def of_node() -> list[tuple[str, list[str]]]:
    """(page, words after `ganglion-node`), of console blocks and of code in the text."""
    inline = [
        (page.name, text)
        for page in PAGES
        for text in re.findall(r"`(ganglion-node [^`]+)`", page.read_text())
    ]
    found = []
    for page, text in [*lines(), *inline]:
        words = shlex.split(text.split(" > ")[0].split(" | ")[0])
        if "ganglion-node" in words and words[0] in ("ganglion-node", "sudo"):
            found.append((page, words[words.index("ganglion-node") + 1 :]))
    return found


@functools.cache
def help_of(*command: str) -> str:
    done = run(*command, "--help")
    return done.stdout if done.returncode == 0 else ""


def command_of(words: list[str]) -> tuple[str, ...]:
    """The subcommand that the words begin with: of two words, of one, or none."""
    plain = [word for word in words[:2] if not word.startswith("-")]
    names = [tuple(plain[:n]) for n in (2, 1)] if words and not words[0].startswith("-") else []
    return next((name for name in names if name and help_of(*name)), ())


@pytest.mark.parametrize(("page", "words"), of_node(), ids=lambda value: " ".join(value)[:60])
def test_the_node_has_the_command_and_its_flags(page: str, words: list[str]):
    command = command_of(words)
    assert command or words[0].startswith("-"), f"{page}: no command {words[:2]}"
    known = set(re.findall(r"(?<![\w-])(--?[a-zA-Z][\w-]*)", help_of(*command)))
    used = {word.partition("=")[0] for word in words[len(command) :] if word.startswith("-")}
    assert used <= known | {"--tmp"}, page  # the stock parser does not list --tmp


def test_commands_were_found():
    assert len(of_node()) > 8


@pytest.mark.parametrize(
    ("page", "name"),
    sorted({(page, name) for page, line in lines() for name in re.findall(r"\bdeploy/\S+", line)}),
)
def test_files_that_are_installed_exist(page: str, name: str):
    assert (ROOT / name).is_file(), page


def test_flags_in_the_text_are_the_nodes_or_a_daemons():
    """Options named outside commands; those of other programs are listed here."""
    others = {"--profile", "--file"}
    reference = "\n".join(path.read_text() for path in (ROOT / "docs" / "reference").glob("c*.md"))
    known = set(re.findall(r"--[a-z][\w-]*", help_of() + reference)) | others
    known |= {
        "--" + name.replace("_", "-") for name in re.findall(r"^\| `(\w+)` \| `GANGLION", reference, re.M)
    }
    ours = ("operate-a-node", "back-up-and-restore", "rotate-keys", "upgrade", "when-it-breaks", "monitoring")
    for name in ours:
        text = BLOCK.sub("", (ROOT / "docs" / "how-to" / f"{name}.md").read_text())
        used = set(re.findall(r"(?<![\w-])--[a-z][\w-]*", " ".join(re.findall(r"`([^`\n]+)`", text))))
        assert used <= known, name


def test_events_that_the_guides_search_for_are_logged():
    sources = [
        path.read_text() for part in ("miners", "validators", "sdk") for path in (ROOT / part).rglob("*.py")
    ]
    logged = set(re.findall(r'log\.\w+\(\s*"(\w+)"', "\n".join(sources)))
    for page, line in lines():
        for pattern in re.findall(r"journalctl -u ganglion-(?:miner|validator)\S* .*-g '([^']+)'", line):
            for one in pattern.split("|"):
                assert any(one in event for event in logged), f"{page}: {one}"
