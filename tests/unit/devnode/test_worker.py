"""The worker thread: one at a time, a bounded queue, a deadline that includes the wait."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from ganglion_devnode.node_errors import CallTimedOut, NodeBusy
from ganglion_devnode.worker import Worker


async def test_results_and_exceptions_come_back() -> None:
    worker = Worker()
    assert 0 < await worker.run(lambda left: left) <= 10
    with pytest.raises(ZeroDivisionError):
        await worker.run(lambda left: 1 // 0)
    await asyncio.sleep(0)
    assert worker.pending == 0
    worker.close()


async def test_a_full_queue_refuses_at_once() -> None:
    worker = Worker(queue=3)
    go = threading.Event()
    waiting = [asyncio.create_task(worker.run(lambda left: go.wait(10))) for _ in range(3)]
    await asyncio.sleep(0.05)
    with pytest.raises(NodeBusy) as caught:
        await worker.run(lambda left: 1)
    assert caught.value.retryable
    go.set()
    assert await asyncio.gather(*waiting) == [True] * 3
    assert await worker.run(lambda left: 5) == 5
    worker.close()


async def test_waiting_counts_toward_the_deadline() -> None:
    worker = Worker(seconds=0.1)
    slow = asyncio.create_task(worker.run(lambda left: time.sleep(0.3)))
    await asyncio.sleep(0)
    with pytest.raises(CallTimedOut):
        await worker.run(lambda left: 1)
    await slow
    worker.close()


async def test_cancelled_work_leaves_the_queue() -> None:
    worker = Worker(queue=2)
    go = threading.Event()
    first = asyncio.create_task(worker.run(lambda left: go.wait(10)))
    second = asyncio.create_task(worker.run(lambda left: 1))
    await asyncio.sleep(0.05)
    second.cancel()
    await asyncio.gather(second, return_exceptions=True)
    await asyncio.sleep(0)
    assert worker.pending == 1
    go.set()
    await first
    worker.close()
