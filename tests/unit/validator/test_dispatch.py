"""The one way to a miner: identities, what is refused, and that nobody can tell who asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ganglion.errors import GanglionError, PeerError
from ganglion.protocol.identity import audit_identity
from ganglion_validator.dispatch import BLOCK, Identities
from ganglion_validator.period_store import PeriodStore
from ganglion_validator.store import Store, StoreFailed

from .cheats import refusing
from .support import MINERS, Gateway, a_job, key_of

Start = Callable[..., Any]


def test_identities_follow_from_the_periods_secret_and_never_repeat(tmp_path: Any):
    store = Store(tmp_path / "scores.sqlite")
    periods = PeriodStore(store)
    identities = Identities(periods)
    identities.enter(periods.open.number)
    secret, seen = identities.secret, set()
    for number in range(BLOCK + 5):
        identity = identities.of(a_job())
        assert identity == audit_identity(secret, number)
        seen.add(identity)
    again = Identities(PeriodStore(store))  # after a kill
    again.enter(periods.open.number)
    assert again.secret == secret and again.of(a_job()) not in seen
    again.enter(periods.announced.number)
    assert again.secret == periods.announced.secret != secret
    store.close()


def test_without_a_disk_secrets_are_made_for_the_moment(capsys: pytest.CaptureFixture):
    class Full:
        def reserve(self, number: int, count: int) -> tuple[bytes, int]:
            raise StoreFailed("the disk is full")

    identities = Identities(Full())
    identities.enter(1)
    first = identities.of(a_job())
    identities.enter(2)
    assert identities.of(a_job()) != first
    assert "secret_not_saved" in capsys.readouterr().out


async def test_failures_that_are_the_miners_are_told_and_rest_it(miner: Start, front: Start):
    gate: Gateway = await front({0: await miner(0, answerer=refusing("engine_failed"))})
    one = gate.miners.known[key_of(0)]
    with pytest.raises(PeerError):
        await gate.dispatcher.complete(one, chat_job(gate))
    assert len(gate.broken) == 1 and one.broken_until > 0 and one.in_flight == 0


@pytest.mark.parametrize("code", ["queue_full", "quota_exceeded", "no_permit"])
async def test_a_refusal_for_our_own_sake_is_no_failure_of_the_miner(miner: Start, front: Start, code: str):
    gate: Gateway = await front({0: await miner(0, answerer=refusing(code))})
    with pytest.raises(GanglionError):
        await gate.dispatcher.complete(gate.miners.known[key_of(0)], chat_job(gate))
    assert gate.broken == []


async def test_a_receipt_about_another_prompt_is_refused(miner: Start, front: Start):
    gate: Gateway = await front({0: await miner(0)})
    job = chat_job(gate)
    from dataclasses import replace

    with pytest.raises(GanglionError, match="another prompt"):
        await gate.dispatcher.complete(gate.miners.known[key_of(0)], replace(job, prompt=b"\1" * 32))


def chat_job(gate: Gateway) -> Any:
    from ganglion.protocol.openai import parse_chat

    from .support import CHAT

    return gate.state.jobs.chat(parse_chat(CHAT))


async def test_timing_is_measured_here(miner: Start, front: Start):
    gate: Gateway = await front({0: await miner(0)})
    delivery = await gate.dispatcher.complete(gate.miners.known[key_of(0)], chat_job(gate))
    assert 0 < delivery.finished - delivery.started < 5
    assert delivery.tokens == 11 and delivery.key.hotkey == MINERS[0].ss58
