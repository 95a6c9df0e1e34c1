"""The documentation holds together: links resolve, every page can be reached, generated pages are fresh."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])
DEPTH = {"chain": 2, "tests": 2, "sdk": 3, "miners": 2, "validators": 2}  # of folders that layout.md explains
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def links(page: Path) -> list[Path]:
    """Files that a page links to."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.S)
    return [(page.parent / target).resolve() for target in LINK.findall(text) if "://" not in target]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_resolve(page: Path) -> None:
    assert [target for target in links(page) if not target.exists()] == []


def test_every_page_is_reached_from_the_index() -> None:
    seen, todo = set(), [DOCS / "index.md"]
    while todo:
        page = todo.pop()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        todo += links(page)
    assert sorted(set(DOCS.rglob("*.md")) - seen) == []


def test_generated_pages_are_fresh() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "generate_docs.py"), "--check"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_repository_names_no_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    bad = re.compile(rb"/(?:work/main|root/\.cache|root/\.cargo)\b")
    found = []
    for name in listed.split("\n"):
        path = ROOT / name
        if name and path.is_file() and path != Path(__file__) and bad.search(path.read_bytes()):
            found.append(name)
    assert found == []


def test_every_folder_is_in_the_layout() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    layout = (DOCS / "layout.md").read_text()
    folders = {Path(name).parts[: DEPTH.get(name.split("/")[0], 1)] for name in listed.split() if "/" in name}
    folders = {folder for folder in folders if "." not in folder[-1] or folder[-1].startswith(".")}
    missing = [f for f in folders if "/".join(f) not in layout and f"`{f[-1]}`" not in layout]
    assert missing == []
