"""The daemon's class in this process: what it waits for, what it survives, what ends it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiohttp import ClientSession

from ganglion.errors import ConfigError, ConnectionLost, GanglionError
from ganglion.model.errors import ModelError
from ganglion.protocol.identity import audit_identity
from ganglion.protocol.openai import parse_chat
from ganglion.protocol.verdicts import secret_hash
from ganglion.verification.rules import Verdict
from ganglion_validator import daemon
from ganglion_validator.chain_view import Endpoint
from ganglion_validator.config import ValidatorConfig
from ganglion_validator.daemon import LoadedModel, Validator
from ganglion_validator.jobs import JobMaker
from ganglion_validator.scoring import Record
from ganglion_validator.store import Store
from ganglion_validator.tuning import max_connections, round_settings, shares_of

from .cheats import Advertiser
from .support import (
    CHAT,
    CONTEXT,
    LOOPBACK,
    MINERS,
    MODEL,
    NETWORK,
    PROFILE,
    RULES,
    VALIDATOR,
    ByteTokenizer,
    ValidatorChain,
    key_of,
    until,
)
from .test_periods import delivery as judged

FAST: dict[str, Any] = {
    "gateway_port": 0,
    "chain_interval": 0.02,
    "registration_poll": 0.02,
    "round_interval": 0.1,
    "round_window": 0.2,
    "background_interval": 0.1,
    "round_max_concurrency": 4,
}


class Lenient:
    """Passes everything; verdicts are other tests' subject."""

    def __init__(self) -> None:
        self.judged = 0

    def judge(self, deliveries: Any) -> list[Verdict]:
        self.judged += len(deliveries)
        return [Verdict(True) for _ in deliveries]


JUDGE = Lenient()


def load(config: ValidatorConfig) -> LoadedModel:
    """What loading the echoing model gives."""
    jobs = JobMaker(ByteTokenizer(), MODEL, CONTEXT, 64)
    return LoadedModel(jobs, lambda genesis: JUDGE, {"generate": PROFILE})


class Running:
    """A running validator."""

    def __init__(self, validator: Validator, chain: ValidatorChain) -> None:
        self.validator, self.chain = validator, chain
        self.task = asyncio.create_task(validator.run())

    async def get(self, path: str) -> tuple[int, Any]:
        async with ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{self.validator.port}{path}") as response:
                return response.status, await response.json()

    async def chat(self) -> tuple[int, Any]:
        async with ClientSession() as session:
            url = f"http://127.0.0.1:{self.validator.port}/v1/chat/completions"
            async with session.post(url, json=CHAT) as response:
                return response.status, await response.json()

    async def ready(self) -> None:
        await until(lambda: self.validator.port > 0)
        await until(
            lambda: (
                not self.validator.blockers() and any(m.offer for m in self.validator.miners.known.values())
            )
        )


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Any]:
    """`async with run(chain, load=..., **settings) as running`."""

    @asynccontextmanager
    async def start(chain: ValidatorChain, *, loader: Any = load, **settings: Any) -> AsyncIterator[Running]:
        config = ValidatorConfig(data_dir=tmp_path, **FAST | settings)
        running = Running(Validator(config, VALIDATOR, chain, load=loader), chain)
        try:
            yield running
        finally:
            running.validator.stop()
            await asyncio.wait_for(asyncio.gather(running.task, return_exceptions=True), 20)

    return start


def chain_with(ports: dict[int, int], **options: Any) -> ValidatorChain:
    chain = ValidatorChain(neurons=max(ports, default=0) + 1, **options)
    for number, port in ports.items():
        chain.set_neuron(MINERS[number].ss58, endpoint=Endpoint(4, LOOPBACK, port))
    return chain


async def test_it_works_from_start_to_revealed_weights(miner: Any, run: Any):
    chain = chain_with({0: await miner(0), 1: await miner(1)})
    async with run(chain) as running:
        await running.ready()
        status, body = await running.chat()
        assert (status, body["choices"][0]["message"]["content"]) == (200, "hello world")
        await until(lambda: sum(score > 0 for score in running.validator.book.scores.values()) == 2)
        assert JUDGE.judged > 0
        chain.step(5)
        await until(lambda: len(chain.commits) == 1)
        chain.step(6)
        await until(lambda: len(chain.rows) == 1)
        assert set(chain.rows[0].uids) == {1, 2} and max(chain.rows[0].values) == 65535
    assert chain.closed and running.task.exception() is None


async def test_with_evidence_audits_become_weights_and_are_told_after_the_reveal(miner: Any, run: Any):
    chain = chain_with({0: await miner(0), 1: await miner(1)}, rules=replace(RULES, verdicts_on=True))
    chain.profile_numbers[PROFILE] = 3
    async with run(chain) as running:
        await running.ready()
        await until(lambda: sum(score > 0 for score in running.validator.book.scores.values()) == 2)
        await until(lambda: running.validator.verdicts.filing and chain.calls.count("profile_number") > 0)
        await until(lambda: running.validator.book.scores.get(key_of(0), 0) > 0)
        first = running.validator.identities.secret
        chain.step(5)
        await until(lambda: len(chain.commits) == 1)
        assert (await running.get("/ganglion/v1/audits"))[1]["epochs"] == []
        second = running.validator.identities.secret
        chain.step(6)
        await until(lambda: len(chain.rows) == 1)
        evidence = chain.rows[0].evidence
        assert evidence.secret == first and evidence.next == secret_hash(second) and first != second
        assert {row.uid for row in evidence.rows} == {1, 2} and evidence.leaves > 0
        assert {(row.profile, row.hard, row.soft) for row in evidence.rows} == {(3, 0, 0)}
        assert sum(row.audited for row in evidence.rows) == evidence.leaves
        await until(lambda: bool(running.validator.periods.all_revealed()))
        epochs = (await running.get("/ganglion/v1/audits"))[1]["epochs"]
        status, page = await running.get(f"/ganglion/v1/audits/{epochs[0]}")
        assert status == 200 and page["leaves"] == evidence.leaves
        made = {audit_identity(first, number).request_id.hex() for number in range(5000)}
        assert {one["request_id"] for one in page["verdicts"]} <= made, "the secret shows which were its own"
        chain.step(5)
        await until(lambda: len(chain.commits) == 1)
        chain.step(6)
        await until(lambda: len(chain.rows) == 2)
        assert chain.rows[1].evidence.secret == second


async def test_who_has_no_bond_is_neither_asked_nor_paid_where_lies_cost_one(miner: Any, run: Any):
    chain = chain_with({0: await miner(0), 1: await miner(1)}, rules=replace(RULES, verdicts_on=True))
    chain.profile_numbers[PROFILE] = 3
    chain.unbonded = {MINERS[1].ss58}
    async with run(chain) as running:
        await running.ready()
        await until(lambda: running.validator.miners.bonded is not None)
        await until(lambda: running.validator.book.scores.get(key_of(0), 0) > 0)
        assert [m.key for m in running.validator.miners.serving("generate", PROFILE.hex())] == [key_of(0)]
        chain.rules = replace(chain.rules, verdicts_on=False)
        await until(lambda: running.validator.miners.bonded is None)
        await until(lambda: len(running.validator.miners.serving("generate", PROFILE.hex())) == 2)


async def test_a_node_gone_for_a_minute_stops_no_answers(
    miner: Any, run: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
):
    chain = chain_with({0: await miner(0)})
    async with run(chain) as running:
        await running.ready()
        clock = daemon.time.monotonic
        ahead = 0.0
        monkeypatch.setattr(daemon.time, "monotonic", lambda: clock() + ahead)
        chain.down = True
        await asyncio.sleep(0.1)
        ahead = 60.0
        assert (await running.chat())[0] == 200, "the cached metagraph serves on"
        ahead = 1000.0
        status, body = await running.get("/readyz")
        assert status == 503 and "has not been reached for" in body["reasons"]["chain"]
        assert (await running.chat())[1]["error"]["code"] == "not_ready"
        chain.down = False
        await until(lambda: not running.validator.blockers())
        assert (await running.chat())[0] == 200
    said = capsys.readouterr().out
    assert said.count("chain_step_failed") == 1, "told once, not every second"
    assert "chain_reachable_again" in said


async def test_without_registration_it_prints_the_command_and_waits(
    miner: Any, run: Any, capsys: pytest.CaptureFixture
):
    chain = chain_with({0: await miner(0)})
    own = chain.neurons.pop(VALIDATOR.ss58)
    async with run(chain, rpc=("ws://127.0.0.1:9944",)) as running:
        await until(lambda: "snapshot" in chain.calls)
        await asyncio.sleep(0.2)
        said = capsys.readouterr().err
        command = f"ganglion subnet register 1 --hotkey {VALIDATOR.ss58} --network development --rpc ws://127.0.0.1:9944"
        assert said.count(command) == 1
        chain.neurons[VALIDATOR.ss58] = own
        await until(lambda: any(running.validator.book.scores.values()))


async def test_without_a_permit_single_prompts_are_audited_and_no_rounds_run(miner: Any, run: Any):
    """The miner here answers it; those that want a permit refuse, and that is no fault of theirs."""
    chain = chain_with({0: await miner(0)}, permit=False)
    before = JUDGE.judged
    async with run(chain, audit_rate=1.0) as running:
        await running.ready()
        await until(lambda: JUDGE.judged > before)
        assert running.validator.book.records == {}
        chain.set_neuron(VALIDATOR.ss58, permit=True)
        await until(lambda: any(running.validator.book.scores.values()))
        chain.step(5)
        await until(lambda: len(chain.commits) == 1)


async def test_a_miner_that_goes_away_loses_its_score(miner: Any, run: Any):
    chain = chain_with({0: await miner(0), 1: await miner(1)})
    async with run(chain) as running:
        await until(lambda: sum(score > 0 for score in running.validator.book.scores.values()) == 2)
        gone = running.validator.book.scores[key_of(1)]
        chain.set_neuron(MINERS[1].ss58, endpoint=None)
        await until(lambda: running.validator.book.scores[key_of(1)] < gone / 4)
        chain.neurons.pop(MINERS[1].ss58)
        await until(lambda: key_of(1) not in running.validator.book.records)
        assert running.validator.book.scores[key_of(0)] > 0


async def test_a_miner_that_lies_to_a_user_loses_its_score(miner: Any, run: Any):
    chain = chain_with({0: await miner(0, answerer=Advertiser), 1: await miner(1)})
    async with run(chain, round_interval=1000.0, background_interval=1000.0) as running:
        running.validator.book.records.update({key_of(n): Record("generate", 100.0) for n in range(2)})
        await running.ready()
        await until(lambda: sum(m.offer is not None for m in running.validator.miners.known.values()) == 2)
        for _ in range(12):
            assert (await running.chat())[0] == 200
        assert running.validator.book.records[key_of(0)].owed > 0
        assert running.validator.book.scores == {key_of(0): 0.0, key_of(1): 100.0}


async def test_a_model_that_is_missing_ends_it_at_once_even_without_a_node(run: Any):
    def missing(config: ValidatorConfig) -> LoadedModel:
        raise ModelError("there is no model 'nonsense'")

    chain = ValidatorChain()
    chain.down = True
    async with run(chain, loader=missing) as running:
        with pytest.raises(BaseExceptionGroup) as caught:
            await asyncio.wait_for(asyncio.shield(running.task), 10)
    assert caught.group_contains(ModelError, match="nonsense")


async def test_a_store_of_another_network_ends_it(run: Any, tmp_path: Path):
    store = Store(tmp_path / f"validator-1-{VALIDATOR.ss58}.sqlite")
    store.bind(b"\x99" * 32)
    store.close()
    async with run(ValidatorChain()) as running:
        with pytest.raises(ConfigError, match="belongs to the network"):
            await asyncio.wait_for(asyncio.shield(running.task), 10)


async def test_a_port_in_use_is_told(run: Any):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        async with run(ValidatorChain(), gateway_port=taken.getsockname()[1]) as running:
            with pytest.raises(ConfigError, match="in use") as caught:
                await asyncio.wait_for(asyncio.shield(running.task), 10)
    assert "--gateway-port" in str(caught.value.hint)


async def test_no_disk_space_commits_nothing_that_is_not_stored(
    miner: Any, run: Any, capsys: pytest.CaptureFixture
):
    chain = chain_with({0: await miner(0)})
    async with run(chain) as running:
        await until(lambda: any(running.validator.book.scores.values()))
        db = running.validator.store._db
        db.execute("PRAGMA query_only = ON")  # every write fails from here on
        chain.step(5)
        calls = chain.calls.count("open_commits")
        await until(lambda: chain.calls.count("open_commits") > calls + 2)
        await until(lambda: bool(running.validator.book.unsaved))
        assert chain.commits == [] and (await running.chat())[0] == 200
        assert not running.task.done()
        db.execute("PRAGMA query_only = OFF")
        await until(lambda: len(chain.commits) == 1)
        await until(lambda: not running.validator.book.unsaved)
    said = capsys.readouterr().out
    assert "scores_not_saved" in said and "free space" in said


async def test_a_chain_that_fails_in_odd_ways_is_waited_out(miner: Any, run: Any):
    chain = chain_with({0: await miner(0)})
    real, failures = chain.open_commits, iter([ConnectionLost("gone"), GanglionError("odd")])

    async def flaky() -> Any:
        if (failure := next(failures, None)) is not None:
            raise failure
        return await real()

    chain.open_commits = flaky  # type: ignore[method-assign]
    async with run(chain) as running:
        await until(lambda: any(running.validator.book.scores.values()))
        chain.step(5)
        await until(lambda: len(chain.commits) == 1)


async def test_scores_and_the_epochs_secret_survive_a_restart(miner: Any, run: Any):
    chain = chain_with({0: await miner(0)})
    async with run(chain) as running:
        await until(lambda: any(running.validator.book.scores.values()))
        secret = running.validator.identities.secret
        running.validator.stop()
        await running.task
        scores = running.validator.book.scores
    async with run(chain, round_interval=1000.0, background_interval=1000.0) as again:
        assert again.validator.book.scores == scores
        await again.ready()
        assert again.validator.identities.secret == secret
        identity = again.validator.identities.of(again.validator.gateway.jobs.chat(parse_chat(CHAT)))
        assert identity != running.validator.identities.of(
            again.validator.gateway.jobs.chat(parse_chat(CHAT))
        )


def test_what_settings_become():
    both = ValidatorConfig(embedding_model="encoder", embedding_share=0.3)
    assert shares_of(both) == {"generate": 0.7, "embed": 0.3}
    assert shares_of(ValidatorConfig()) == {"generate": 1.0}
    assert round_settings(ValidatorConfig(round_concurrency=100)).max_concurrency == 100
    assert max_connections() >= 64
    assert NETWORK


async def test_with_api_keys_the_metrics_are_on_their_own_port(
    run: Any, tmp_path: Path, unused_tcp_port: int
):
    keys = tmp_path / "keys"
    keys.write_text("secret\n")
    async with run(ValidatorChain(), api_keys_file=keys, metrics_port=unused_tcp_port) as running:
        await until(lambda: running.validator._metrics_runner is not None)
        assert (await running.get("/metrics"))[0] == 404
        async with ClientSession() as session:
            async with session.get(f"http://127.0.0.1:{unused_tcp_port}/metrics") as response:
                assert "ganglion_validator_audits_waiting" in await response.text()


async def test_answers_to_users_pay_off_no_probation_and_failures_always_count(tmp_path: Path):
    validator = Validator(ValidatorConfig(data_dir=tmp_path), VALIDATOR, ValidatorChain(), load=load)
    validator.reruns = SimpleNamespace(failed=lambda *_: None)  # type: ignore[assignment]
    key, passed = key_of(0), Verdict(True)
    validator.book.caught(key, "generate", "junk")
    owed = validator.book.records[key].owed
    validator._judged([(judged(n, own=False), passed) for n in range(200)])
    assert validator.book.records[key].owed == owed
    assert validator.reputations.probability(key, PROFILE) == 1.0
    validator._judged([(judged(1000 + n), passed) for n in range(owed)])
    assert validator.book.records[key].owed == 0
    validator._judged([(judged(5000, own=False), Verdict(False, hard=True, reason="junk"))])
    assert validator.book.records[key].owed > 0 and validator.reputations.of(key, PROFILE).streak == 0
    validator.store.close()
