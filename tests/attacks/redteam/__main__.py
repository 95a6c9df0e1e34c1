"""Try every attack and print what was caught.

``python -m tests.attacks.redteam [--honest N] [--answers N] [--work FILE] [--write] [--render]``; with ``--write`` the
results, the table and the curves in docs/ are made anew, with ``--render`` the table and the curves from the results
that are there. Ends with 1 where a gate is not passed.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

from .gates import GATES, unmet
from .measure import run
from .report import page, plot, table

DOCS = Path(__file__).resolve().parents[3] / "docs"
RESULTS = DOCS / "reference" / "redteam.json"
PAGE = DOCS / "explanation" / "verification.md"
CURVES = DOCS / "images" / "redteam-roc.svg"
HONEST, ANSWERS = 3_000, 160


def main(words: list[str] | None = None) -> int:
    """Run. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.attacks.redteam", description=__doc__)
    parser.add_argument("--honest", type=int, default=HONEST, help="distinct honest requests")
    parser.add_argument("--answers", type=int, default=ANSWERS, help="answers of an attack")
    parser.add_argument("--work", type=Path, help="file in which measured answers are kept, to go on from")
    parser.add_argument("--write", action="store_true", help="write results, table and curves to docs/")
    parser.add_argument(
        "--render", action="store_true", help="only table and curves, from the results in docs/"
    )
    asked = parser.parse_args(words)
    said = json.loads(RESULTS.read_text()) if asked.render else _measured(asked)
    if asked.write and not asked.render:
        RESULTS.write_text(json.dumps(said, indent=1) + "\n")
    if asked.write or asked.render:
        PAGE.write_text(page(PAGE.read_text(), said))
        plot(said, CURVES)
    print(table(said))
    failed = unmet(said)
    for gate in GATES:
        print(("FAILED  " if gate in failed else "passed  ") + gate)
    return 1 if failed else 0


def _measured(asked: argparse.Namespace) -> dict[str, Any]:
    from .lab import Lab

    began = time.monotonic()

    def note(text: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {text}", file=sys.stderr, flush=True)

    return run(Lab.open(), asked.honest, asked.answers, note, asked.work)


if __name__ == "__main__":
    raise SystemExit(main())
