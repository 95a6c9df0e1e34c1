"""A user's answer that failed its audit is given again by another miner."""

from __future__ import annotations

from typing import Any

from ganglion_validator import reruns as module
from ganglion_validator.reruns import Reruns

from .support import PROFILE, Gateway, key_of
from .test_periods import delivery


def reruns_of(gate: Gateway, now: list[float]) -> Reruns:
    def another(failed: Any) -> Any:
        return gate.miners.pick("generate", PROFILE.hex(), {}, (failed.key,))

    made = Reruns(gate.dispatcher, another, clock=lambda: now[0])
    gate.state.reruns = made
    return made


async def test_another_miners_answer_is_there_for_whoever_has_the_request_id(miner: Any, front: Any):
    gate: Gateway = await front({0: await miner(0), 1: await miner(1)})
    reruns = reruns_of(gate, [0.0])
    _, body = await gate.ask()
    (failed,) = gate.delivered
    path = f"/ganglion/v1/answers/{body['x_ganglion']['request_id']}"
    assert (await gate.get(path))[0] == 404
    reruns.failed(failed, "soft")
    assert (await gate.get(path))[1] == {"failed": "soft", "answer": None}
    await reruns.once(failed)
    _, found = await gate.get(path)
    assert found["answer"]["choices"][0]["message"]["content"] == "hello world"
    assert gate.delivered[1].key != failed.key and reruns.done == 1
    assert found["answer"]["x_ganglion"]["request_id"] != body["x_ganglion"]["request_id"]


async def test_own_prompts_need_none_and_everything_is_bounded(miner: Any, front: Any, monkeypatch: Any):
    monkeypatch.setattr(module, "MOST_KEPT", 3)
    gate: Gateway = await front({0: await miner(0)})
    now = [0.0]
    reruns = reruns_of(gate, now)
    reruns.failed(delivery(1), "soft")
    assert reruns.kept == {}
    for number in range(100):
        reruns.failed(delivery(number, own=False), "hard")
    assert len(reruns.kept) == 3 and reruns._queue.qsize() == 64
    failed = delivery(63, own=False)
    await reruns.once(failed)  # there is no other miner
    assert reruns.find(failed.identity.request_id).answer is None
    now[0] = module.KEPT_SECONDS + 1
    assert reruns.find(failed.identity.request_id) is None
    assert gate.miners.known[key_of(0)].in_flight == 0
