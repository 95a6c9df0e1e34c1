"""The worker that replays: bounded, in batches, and its own failures are nobody's else."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

import pytest

from ganglion.protocol.identity import random_identity
from ganglion.verification.rules import Verdict
from ganglion_validator.audits import BATCH, MOST_DOUBTS, Auditor, judge_all
from ganglion_validator.dispatch import Delivery

from .support import a_job, key_of, until

OK = Verdict(True)


def delivery(tokens: tuple[int, ...] = (1,)) -> Delivery:
    return Delivery(key_of(0), a_job(), random_identity(), b"s" * 32, None, 0.0, 1.0, tokens)


class Judge:
    """Passes everything but answers of the token 666, on which it fails."""

    def __init__(self) -> None:
        self.batches: list[int] = []
        self.threads: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()

    def judge(self, deliveries: Sequence[Delivery]) -> list[Verdict]:
        self.gate.wait(10)
        self.threads.add(threading.get_ident())
        self.batches.append(len(deliveries))
        if any(d.token_ids == (666,) for d in deliveries):
            raise RuntimeError("the verifier broke")
        return [OK for _ in deliveries]


@pytest.fixture
async def running():
    told: list[Verdict] = []
    auditor = Auditor(lambda batch: told.extend(verdict for _, verdict in batch), 4, Judge())
    task = asyncio.create_task(auditor.run())
    yield auditor, told
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_verdicts_come_in_order_from_one_other_thread(running):
    auditor, told = running
    assert await auditor.verify([delivery() for _ in range(20)]) == [OK] * 20
    assert told == [OK] * 20
    assert len(auditor.judge.threads) == 1 and threading.get_ident() not in auditor.judge.threads
    assert max(auditor.judge.batches) <= BATCH


async def test_a_full_queue_drops_audits_and_never_requests(running):
    auditor, told = running
    auditor.judge.gate.clear()
    for _ in range(20):
        auditor.offer(delivery())
        await asyncio.sleep(0)
    assert auditor.waiting <= 4 and auditor.dropped >= 8
    auditor.judge.gate.set()
    async with asyncio.timeout(5):
        await auditor.verify([delivery()])
    assert len(told) + auditor.dropped == 21


async def test_users_can_not_keep_rounds_waiting_nor_rounds_users(running):
    auditor, _ = running
    auditor.judge.gate.clear()
    rounds = [asyncio.create_task(auditor.verify([delivery() for _ in range(10)])) for _ in range(3)]
    await asyncio.sleep(0.01)
    before = auditor.dropped
    auditor.offer(delivery())
    assert auditor.dropped == before, "a large round leaves room for users' answers"
    for _ in range(20):
        auditor.offer(delivery())
    assert auditor.dropped > before and auditor.waiting <= 4
    auditor.judge.gate.set()
    async with asyncio.timeout(10):
        assert await asyncio.gather(*rounds) == [[OK] * 10] * 3
    await until(lambda: auditor.waiting == 0 and auditor._offered == 0)


async def test_what_users_wait_for_takes_no_place_of_a_round(running):
    """Each of their requests can ask for a replay at once: with a stop string that leaves nothing of the answer."""
    auditor, _ = running
    auditor.judge.gate.clear()
    doubts = [asyncio.create_task(auditor.doubt(delivery())) for _ in range(100)]
    await asyncio.sleep(0.01)
    assert sum(one.done() for one in doubts) == 100 - MOST_DOUBTS, "the others are believed"
    waiting = auditor.waiting
    a_round = asyncio.gather(auditor.verify([delivery() for _ in range(2)]))
    await asyncio.sleep(0.01)
    assert auditor.waiting == waiting + 2, "the round is in the queue"
    doubts[0].cancel()
    auditor.judge.gate.set()
    async with asyncio.timeout(10):
        assert await a_round == [[OK, OK]]
        told = await asyncio.gather(*doubts, return_exceptions=True)
    assert [one for one in told if isinstance(one, Verdict)] == [OK] * (MOST_DOUBTS - 1)
    await until(lambda: auditor.waiting == 0 and auditor._doubted == 0)
    assert await auditor.doubt(delivery()) == OK


def test_an_answer_on_which_the_replay_fails_does_not_hide_its_neighbours():
    verdicts = judge_all(Judge(), [delivery(), delivery((666,)), delivery()])
    assert [v.ok for v in verdicts] == [True, False, True]
    assert verdicts[1].soft and not verdicts[1].hard


def test_when_everything_fails_the_reason_is_here():
    assert judge_all(Judge(), [delivery((666,))]) == [None]
    assert judge_all(None, [delivery()]) == [None]
