"""Run the fixed scenarios and print every result.

``python -m tests.attacks.economy [NAME...] [--seeds N] [--write]``; with ``--write`` the results, the table and the
plots in docs/ are made anew (for all attacks and seeds only).
"""

from __future__ import annotations

import argparse
import asyncio
import json
from dataclasses import asdict
from pathlib import Path

from .mechanism import ATTACKS as ON_MECHANISM
from .report import page, plot
from .result import Measurement, groups, outcomes, spread
from .scenarios import load
from .self_subnet import self_subnet

DOCS = Path(__file__).resolve().parents[3] / "docs"
RESULTS = DOCS / "reference" / "attacks.json"
PAGE = DOCS / "explanation" / "mechanism.md"
ATTACKS = ON_MECHANISM | {"self_subnet": self_subnet}
PLOTS = {
    "B02": ("incentive of the bloc's dead miner", "attack-blocs.svg"),
    "B06": ("change of the victim's rank", "attack-targeted.svg"),
    "B13": ("dividends per stake, copier / honest", "attack-copier.svg"),
    "self-subnet": ("earned, attacker / nominator", "attack-self-subnet.svg"),
}


async def run(names: list[str], seeds: int | None) -> list[Measurement]:
    """All measurements, printed as they come."""
    scenarios = load()
    found: list[Measurement] = []
    for name in names:
        for seed in scenarios.seeds[:seeds]:
            for one in await ATTACKS[name](scenarios, seed):
                print(one.line(), flush=True)
                found.append(one)
    return found


def write(found: list[Measurement]) -> None:
    """Results, table and plots."""
    RESULTS.write_text(json.dumps([asdict(one) for one in found], indent=1) + "\n")
    PAGE.write_text(page(PAGE.read_text(), found))
    for prefix, (title, name) in PLOTS.items():
        plot(found, prefix, title, DOCS / "images" / name)


def summary(found: list[Measurement]) -> str:
    """One line for each thing measured: least, middle, largest, and how many runs were defeated."""
    lines = []
    for (attack, metric), runs in groups(found).items():
        asserted = outcomes(runs)
        verdict = f"{sum(asserted)}/{len(asserted)} defeated" if asserted else "stated"
        values = " .. ".join(f"{value:.4f}" for value in spread(runs))
        lines.append(f"{attack}: {metric}: {values}, {verdict}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(ATTACKS)}; default all")
    parser.add_argument("--seeds", type=int, help="only the first N")
    parser.add_argument("--write", action="store_true", help="write docs/ from the results")
    options = parser.parse_args()
    if options.write and (options.names or options.seeds):
        parser.error("--write needs all attacks and all seeds")
    found = asyncio.run(run(options.names or list(ATTACKS), options.seeds))
    print(summary(found))
    if options.write:
        write(found)


if __name__ == "__main__":
    main()
