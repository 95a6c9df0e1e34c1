"""Benchmarks that start nodes, miners or cargo, tried with little work, so that they keep running."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 600  # cargo may have to compile


@pytest.mark.parametrize("name", ["chain", "epoch", "metagraph", "miner", "verification"])
def test_benchmark_runs(name):
    words = [sys.executable, str(ROOT / "tools" / "bench.py"), "--quick", "--only", name]
    done = subprocess.run(words, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["subjects"][name]
    assert all(figure["min"] > 0 for figure in found["figures"].values())
