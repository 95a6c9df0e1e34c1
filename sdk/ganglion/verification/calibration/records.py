"""What is kept of one measured answer: enough to judge it again under any thresholds. JSON lines, NumPy, no model."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ganglion.errors import UsageError
from ganglion.verification.lanes import LaneRules
from ganglion.verification.leaves import LeafDistances
from ganglion.verification.rules import Verdict

__all__ = ["Record", "append", "read"]


@dataclass(frozen=True)
class Record:
    """One answer.

    Attributes:
        run: which honest setting or cheat made it.
        index: of its request in the run.
        n: tokens.
        asked: tokens that were asked for.
        error: what is wrong about its form, empty if nothing.
        margins: (position, margin) of the tokens whose margin is not 0.
        leaves: distances of each leaf's vectors.
    """

    run: str
    index: int
    n: int
    asked: int
    error: str = ""
    margins: tuple[tuple[int, float], ...] = ()
    leaves: tuple[tuple[float, ...], ...] = field(default=())

    @property
    def fitted_on(self) -> bool:
        """Whether it belongs to the half that thresholds are fitted on."""
        return self.index % 2 == 0

    def all_margins(self) -> NDArray[np.float32]:
        """Margins of all tokens, [n]."""
        out = np.zeros(self.n, np.float32)
        for position, margin in self.margins:
            out[position] = margin
        return out

    def distances(self) -> LeafDistances | None:
        """Of its leaves, None where none were compared."""
        if not self.leaves:
            return None
        return LeafDistances(tuple(np.array(row, np.float32) for row in self.leaves))

    def judged(self, rules: LaneRules) -> Verdict:
        """The verdict that these rules give."""
        if self.error:
            return Verdict(False, hard=True, reason=self.error, n=self.n)
        return rules.judge(self.all_margins(), self.distances())


def append(path: Path, records: Iterable[Record]) -> None:
    """Write records at the end of a file, all of them or, after a crash, a line that `read` drops."""
    with path.open("a") as file:
        file.write("".join(json.dumps(asdict(record), separators=(",", ":")) + "\n" for record in records))


def read(path: Path) -> list[Record]:
    """All records of a file; a last line that was cut off is not one. Raises UsageError for another kind of file."""
    if not path.is_file():
        return []
    text = path.read_text()
    lines = text[: text.rfind("\n") + 1].splitlines()
    if len(text) != sum(len(line) + 1 for line in lines):
        path.write_text("".join(f"{line}\n" for line in lines))
    try:
        return [_record(json.loads(line)) for line in lines]
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(f"{path} does not hold records of a calibration: {error}") from error


def _record(said: dict) -> Record:
    said["margins"] = tuple((int(p), float(m)) for p, m in said["margins"])
    said["leaves"] = tuple(tuple(float(d) for d in row) for row in said["leaves"])
    return Record(**said)
