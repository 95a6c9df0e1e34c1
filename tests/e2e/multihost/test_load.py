"""The load tool runs as documented, and its figures fit each other."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.long]
TOOL = Path(__file__).resolve().parents[3] / "tools" / "load.py"
WORDS = ("--idle", "6", "--seconds", "6", "--rates", "10", "--full", "100", "--senders", "20")
SECONDS = 900


def test_phases_carry_what_was_sent():
    done = subprocess.run(
        [sys.executable, TOOL, *WORDS], capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    idle, steady, full = json.loads(done.stdout)["phases"]
    assert idle["sent"] == 0 and idle["blocks"] >= 2
    assert (steady["sent"], full["sent"]) == (60, 100)
    for phase in (steady, full):
        assert phase["included"] == phase["sent"] and phase["refused"] == 0
        assert phase["submitted_to_final"]["median"] > phase["submitted_to_best"]["median"] > 0
    for phase in (idle, steady, full):
        assert phase["best_to_final"]["median"] > 0
        assert all(50e6 < one < 2e9 for one in phase["memory"])
