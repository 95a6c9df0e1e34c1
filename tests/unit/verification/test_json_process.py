"""A worker process: kept between requests, and gone when it is idle, slow, dead or its owner is."""

from __future__ import annotations

import gc
import os
import time
from pathlib import Path

import pytest

from ganglion.model.errors import ModelError
from ganglion.verification.canonical_process import JsonProcess

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}


def worker(**options: float) -> JsonProcess:
    return JsonProcess("echo_worker", ENVIRONMENT, **{"timeout": 30.0, **options})


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_one_process_answers_many_requests():
    process = worker()
    long = "x" * 3_000_000  # longer than any pipe takes at once
    answers = [process.ask({"say": text}) for text in ("a", long, "b")]
    assert [one["said"] for one in answers] == ["a", long, "b"]
    assert len({one["pid"] for one in answers}) == 1
    process.close()
    assert not lives(answers[0]["pid"])
    assert process.ask({"say": "again"})["pid"] != answers[0]["pid"]
    process.close()


def test_a_process_that_dies_says_why_and_another_takes_over():
    process = worker()
    with pytest.raises(ModelError, match="RuntimeError: no memory"):
        process.ask({"die": "no memory"})
    assert process.ask({"say": 1})["said"] == 1
    process.close()


def test_a_slow_process_is_ended():
    process = worker()
    pid = process.ask({"say": 1})["pid"]
    process._timeout = 0.2
    with pytest.raises(ModelError, match="longer than") as caught:
        process.ask({"sleep": 60})
    assert caught.value.retryable and not lives(pid)


def test_an_idle_process_and_one_without_owner_are_ended():
    process = worker(idle=0.1)
    pid = process.ask({"say": 1})["pid"]
    deadline = time.monotonic() + 20
    while lives(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not lives(pid)
    other = worker()
    pid = other.ask({"say": 1})["pid"]
    other._stop_timer()
    del other
    deadline = time.monotonic() + 20
    while lives(pid) and time.monotonic() < deadline:
        gc.collect()
        time.sleep(0.05)
    assert not lives(pid)
