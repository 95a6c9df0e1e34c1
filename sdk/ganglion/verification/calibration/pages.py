"""A calibration's report as a page of markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

from ganglion.verification.calibration.intervals import lower_bound
from ganglion.verification.calibration.report import NAMES

PROMISE = 0.99

__all__ = ["page"]


def page(said: dict[str, Any]) -> str:
    """The whole page."""
    model, honest = said["model"], said["honest"]
    parts = [
        f"# Calibration of {model['name']}",
        "Written by `ganglion calibrate`; the numbers are in the JSON file beside this page. Thresholds are fitted on "
        "the honest answers with even numbers; everything below counts the others. *At most* and *at least* are "
        "one-sided 95 % Clopper-Pearson bounds.",
        f"Lane {model['lane']}, {model['dtype']}, {model['attention']} attention; {said['machine']['cpu']}, "
        f"torch {said['machine']['torch']}.",
        "## Thresholds",
        _table(("threshold", "value"), [(f"`{k}`", f"{v:,}") for k, v in said["thresholds"].items()]),
        "Margins and distances are in millionths, `llr_limit` in thousandths.",
        "## Honest answers",
        "All of them together, by length in tokens, and by how they were computed. Each is a request of its own: "
        "prompts of 8 to 150 tokens, temperatures from 0 to 1.3, top-p, top-k, repetition penalties, chats and plain "
        "text.",
        _honest_table(honest),
        f"If all of these answers were one miner's, its gathered likelihood ratio would never pass "
        f"{honest['largest_llr']:g}; the limit is {honest['llr_limit']:g}.",
        "## Cheats",
        "Caught means a hard or a soft failure of that single answer, by the tokens that were asked for. "
        "Cheats answer at temperature 1. *At least* grows with the sample: "
        f"{_needed(PROMISE)} answers, or groups, without a miss are needed for {PROMISE:.0%}, and fewer promise less "
        "whatever their share is. `--cheating` and `--prefilled` say how many are made.",
        _cheat_table(said["cheats"]),
        "## Several answers of 256 tokens",
        "A group of answers is caught when one of them is.",
        _together_table(said["cheats"]),
    ]
    return "\n\n".join(parts) + "\n"


def _needed(bound: float) -> int:
    """Answers of which none may be missed for this lower bound."""
    return next(n for n in count(1) if lower_bound(n, n) >= bound)


def _honest_table(honest: dict[str, Any]) -> str:
    head = (
        "answers",
        "number",
        "tokens",
        "soft",
        "at most",
        "hard",
        "at most",
        "mismatches",
        "margin",
        "leaf",
    )
    rows = [("all measured, with those fitted on", honest["measured"]), ("all", honest["all"])]
    rows += [(f"{name} tokens", found) for name, found in honest["by_length"].items()]
    rows += list(honest["by_setting"].items())
    return _table(
        head,
        [
            (
                name,
                f"{f['answers']:,}",
                f"{f['tokens']:,}",
                f["soft"],
                f"{f['soft_at_most']:.2%}",
                f["hard"],
                f"{f['hard_at_most']:.2%}",
                f["mismatches"],
                f"{f['largest_margin']:.2g}",
                f"{f['largest_leaf']:.2g}",
            )
            for name, f in rows
        ],
    )


def _cheat_table(cheats: dict[str, Any]) -> str:
    rows = []
    for name, found in cheats.items():
        cells = [_share(found["by_length"].get(bucket)) for bucket in NAMES]
        rows.append((name, *cells))
    return _table(("cheat", *(f"{bucket} tokens" for bucket in NAMES)), rows)


def _together_table(cheats: dict[str, Any]) -> str:
    sizes = sorted({int(size) for found in cheats.values() for size in found["together"]})
    rows = []
    for name, found in cheats.items():
        cells = [_share(found["together"].get(str(size))) for size in sizes]
        rows.append((name, *cells, found["answers_to_the_llr_limit"] or "-"))
    head = (
        "cheat",
        *(f"{size} answer{'s' * (size > 1)}" for size in sizes),
        "answers to the likelihood's limit",
    )
    return _table(head, rows)


def _share(found: dict[str, Any] | None) -> str:
    if not found:
        return "-"
    number = found.get("answers", found.get("groups"))
    return f"{found['caught']:.1%} of {number} (at least {found['caught_at_least']:.1%})"


def _table(head: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
