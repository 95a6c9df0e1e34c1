"""What is kept of one measured answer: enough to judge it again under any thresholds. JSON lines, NumPy, no model.

The first line of a file says how its answers were measured; nothing that was measured otherwise is added to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ganglion.errors import UsageError
from ganglion.verification.lanes import LaneRules
from ganglion.verification.leaves import LeafDistances
from ganglion.verification.rules import Verdict

FORMAT = 1
FORMAT_FIELD, CONDITIONS_FIELD = "format", "conditions"

__all__ = ["Record", "append", "begin", "read"]


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


def begin(path: Path, conditions: Mapping[str, Any]) -> list[Record]:
    """The records that a file holds of answers measured under these conditions; a new file is begun with them.

    Args:
        conditions: by name, plain JSON values.

    Raises:
        UsageError: the file's answers were measured otherwise, or it does not say how, or it is no such file.
    """
    lines = _lines(path)
    if not lines:
        path.write_text(json.dumps({FORMAT_FIELD: FORMAT, CONDITIONS_FIELD: dict(conditions)}) + "\n")
        return []
    if (there := _conditions(path, lines[0])) is None:
        raise UsageError(
            f"{path} does not say how its answers were measured: an older version wrote it",
            hint="measure into another file; nothing can be added to this one",
        )
    if other := _differences(there, conditions):
        raise UsageError(
            f"the answers in {path} were measured otherwise: {'; '.join(other)}",
            hint="go on with the options, files and machine that it was begun with, or measure into another file",
        )
    return _records(path, lines)


def append(path: Path, records: Iterable[Record]) -> None:
    """Write records at the end of a file, all of them or, after a crash, a line that `read` drops."""
    with path.open("a") as file:
        file.write("".join(json.dumps(asdict(record), separators=(",", ":")) + "\n" for record in records))


def read(path: Path) -> list[Record]:
    """All records of a file; a last line that was cut off is not one. Raises UsageError for another kind of file."""
    return _records(path, _lines(path))


def _lines(path: Path) -> list[str]:
    """Whole lines; what was cut off is removed from the file, because the next one begins there."""
    if not path.is_file():
        return []
    text = path.read_text()
    whole = text[: text.rfind("\n") + 1]
    if len(whole) != len(text):
        path.write_text(whole)
    return whole.splitlines()


def _records(path: Path, lines: list[str]) -> list[Record]:
    try:
        said = [json.loads(line) for line in lines]
        return [_record(one) for i, one in enumerate(said) if i or FORMAT_FIELD not in one]
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(f"{path} does not hold records of a calibration: {error}") from error


def _conditions(path: Path, line: str) -> dict[str, Any] | None:
    """What a first line says; None if it is a record."""
    try:
        said = json.loads(line)
        if FORMAT_FIELD not in said:
            _record(said)
            return None
        if said[FORMAT_FIELD] != FORMAT:
            raise ValueError(f"format {said[FORMAT_FIELD]}, and this version writes {FORMAT}")
        return dict(said[CONDITIONS_FIELD])
    except (ValueError, TypeError, KeyError) as error:
        raise UsageError(f"{path} does not hold records of a calibration: {error}") from error


def _differences(there: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    names = [*there, *(name for name in now if name not in there)]
    return [
        f"{name} was {there.get(name, 'not noted')}, is {now.get(name, 'not noted')}"
        for name in names
        if name not in there or name not in now or there[name] != now[name]
    ]


def _record(said: dict) -> Record:
    said["margins"] = tuple((int(p), float(m)) for p, m in said["margins"])
    said["leaves"] = tuple(tuple(float(d) for d in row) for row in said["leaves"])
    return Record(**said)
