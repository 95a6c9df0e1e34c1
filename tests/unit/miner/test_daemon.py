"""The miner's life: what it waits for, what it survives, how it ends."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession

from ganglion import jsonlog
from ganglion.errors import ConfigError, EngineError
from ganglion.protocol.sealed import SealingKey
from ganglion_miner import daemon as daemon_module
from ganglion_miner import registration
from ganglion_miner.chain_view import Endpoint
from ganglion_miner.config import MinerConfig, load
from ganglion_miner.daemon import Miner
from ganglion_miner.engine.echo import EchoEngine
from ganglion_miner.receipt_store import ReceiptStore
from ganglion_miner.registration import endpoint_to_publish, register_command
from ganglion_miner.serving import GenerationModel

from .support import CHAT, MINER, PATH, PROFILE, ByteTokenizer, FakeChain, a_receipt, dump, sign

LOOPBACK = 0x7F000001


@pytest.fixture
def engine() -> EchoEngine:
    return EchoEngine(context_length=64, delay=0.01)


@pytest.fixture
def make(tmp_path, monkeypatch, engine):
    """A daemon on a free port whose model is the echo engine."""

    async def load_echo(config, make_engine):
        await engine.start()
        return GenerationModel("echo", PROFILE, ByteTokenizer(), engine, (), 256)

    monkeypatch.setattr(daemon_module, "load_model", load_echo)
    monkeypatch.setattr(daemon_module, "ENGINE_CHECK_SECONDS", 0.02)

    def build(chain: FakeChain, **settings) -> Miner:
        defaults = {
            "host": "127.0.0.1",
            "port": 0,
            "data_dir": tmp_path,
            "model": "echo",
            "metagraph_interval": 0.05,
            "registration_poll": 0.05,
            "drain_timeout": 3.0,
        }
        miner = Miner(MinerConfig(**(defaults | settings)), MINER, chain)
        miner.state.admission._replay._started -= 5  # these daemons are ready within the second they start in
        return miner

    return build


@contextlib.asynccontextmanager
async def running(miner: Miner):
    task = asyncio.create_task(miner.run())
    try:
        yield task
    finally:
        miner.stop()
        async with asyncio.timeout(10):
            await asyncio.gather(task, return_exceptions=True)


async def until(condition, seconds: float = 15.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (whatever the condition looks at has no event)
            await asyncio.sleep(0.01)


async def ask(miner: Miner, **changes) -> int:
    body = dump(CHAT)
    async with ClientSession() as session:
        url = f"http://127.0.0.1:{miner.port}{PATH}"
        async with session.post(url, data=body, headers=sign(body, **changes)) as response:
            await response.read()
            return response.status


async def test_it_listens_registers_publishes_and_serves(make):
    chain = FakeChain()
    miner = make(chain)
    async with running(miner):
        await until(lambda: chain.served)
        assert await ask(miner) == 200
        (served,) = chain.served
        assert replace(served, sealing=()) == Endpoint(4, LOOPBACK, miner.port)
        assert SealingKey.decode(served.sealing[0]) == miner.state.sealing.tend()
    assert chain.closed


async def test_hotkey_not_registered_prints_the_command_and_waits(make, capsys):
    chain = FakeChain()
    ours = chain.neurons.pop(MINER.ss58)
    miner = make(chain, network="development", rpc="ws://127.0.0.1:9999", netuid=7)
    async with running(miner) as task:
        await until(lambda: chain.calls > 4)
        said = capsys.readouterr().err
        assert (
            f"ganglion subnet register 7 --hotkey {MINER.ss58} --network development --rpc ws://127.0.0.1:9999\n"
            in said
        )
        assert said.count("subnet register") == 1, "once a minute, not at every poll"
        assert await ask(miner) == 503 and not task.done()
        chain.neurons[MINER.ss58] = ours
        await until(lambda: miner.state.readiness.ready)
        assert await ask(miner) == 200


async def test_subnet_that_does_not_exist(make, capsys):
    chain = FakeChain()
    chain.neurons, chain.exists = {}, False
    async with running(make(chain, netuid=3)):
        await until(lambda: chain.calls > 2)
    said = capsys.readouterr().err
    assert "there is no subnet 3" in said and "register" not in said


async def test_a_hotkey_that_loses_its_uid_waits_again(make):
    chain = FakeChain()
    miner = make(chain)
    async with running(miner):
        await until(lambda: miner.state.readiness.ready)
        ours = chain.neurons.pop(MINER.ss58)
        await until(lambda: not miner.state.readiness.ready)
        assert await ask(miner) == 503
        chain.neurons[MINER.ss58] = ours
        await until(lambda: miner.state.readiness.ready)


async def test_endpoint_is_published_only_when_it_changed(make):
    chain = FakeChain()
    miner = make(chain)
    async with running(miner):
        await until(lambda: chain.served)
        port = miner.port
    again = make(chain, port=port)
    async with running(again):
        await until(lambda: again.state.readiness.ready)
        await asyncio.sleep(0.2)
    assert len(chain.served) == 1
    other = make(chain)
    async with running(other):
        await until(lambda: len(chain.served) == 2)
    assert chain.served[1].port == other.port != port


async def test_endpoint_that_the_chain_refuses_is_tried_again(make, monkeypatch):
    chain = FakeChain()
    serve, refusals = chain.serve, []

    async def rate_limited(endpoint):
        if len(refusals) < 2:
            refusals.append(endpoint)
            raise EngineError("ServingRateLimitExceeded")
        await serve(endpoint)

    monkeypatch.setattr(chain, "serve", rate_limited)
    monkeypatch.setattr(registration, "FIRST_RETRY", 0.05)
    miner = make(chain)
    async with running(miner):
        await until(lambda: chain.served)
        assert len(refusals) == 2


async def test_chain_node_gone_for_a_while(make):
    chain = FakeChain()
    miner = make(chain)
    async with running(miner) as task:
        await until(lambda: chain.served)
        chain.down = True
        await until(lambda: miner.cache.failing)
        assert await ask(miner) == 200
        chain.down = False
        await until(lambda: not miner.cache.failing)
        assert await ask(miner) == 200 and not task.done()


async def test_chain_node_not_there_at_the_start(make):
    chain = FakeChain()
    chain.down = True
    miner = make(chain)
    async with running(miner) as task:
        await until(lambda: miner.port)
        await asyncio.sleep(0.1)
        assert await ask(miner) == 503 and not task.done()
        chain.down = False
        await until(lambda: miner.state.readiness.ready)
        assert await ask(miner) == 200


async def test_engine_that_dies_ends_the_daemon_with_an_error(make, engine):
    miner = make(FakeChain())
    task = asyncio.create_task(miner.run())
    await until(lambda: miner.state.readiness.ready)
    await engine.stop()
    with pytest.raises(EngineError, match="engine has stopped"):
        async with asyncio.timeout(5):
            await task


async def test_shutdown_lets_running_answers_end_and_refuses_new_ones(make, engine):
    engine._delay = 0.1
    miner = make(FakeChain())
    async with running(miner) as task:
        await until(lambda: miner.state.readiness.ready)
        answer = asyncio.create_task(ask(miner))
        await until(lambda: len(miner.state.gate) == 1)
        miner.stop()
        await until(lambda: "draining" in miner.state.readiness.reasons())
        assert await ask(miner) == 503
        assert await answer == 200
        await task


async def test_shutdown_has_a_deadline(make, engine):
    engine._delay = 5.0
    miner = make(FakeChain(), drain_timeout=0.2)
    async with running(miner) as task:
        await until(lambda: miner.state.readiness.ready)
        answer = asyncio.create_task(ask(miner))
        await until(lambda: len(miner.state.gate) == 1)
        miner.stop()
        began = time.monotonic()
        await task
        assert time.monotonic() - began < 4
        await asyncio.gather(answer, return_exceptions=True)


async def test_port_in_use(make):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        miner = make(FakeChain(), port=taken.getsockname()[1])
        with pytest.raises(ConfigError, match="in use") as caught:
            await miner.run()
    assert "--port" in caught.value.hint


async def test_address_that_is_not_ours(make):
    with pytest.raises(ConfigError, match="cannot listen"):
        await make(FakeChain(), host="203.0.113.7").run()


async def test_a_connection_that_never_completes_a_request_is_closed(make, monkeypatch):
    monkeypatch.setattr(daemon_module, "IDLE_SECONDS", 0.3)
    miner = make(FakeChain())
    async with running(miner):
        await until(lambda: miner.port)
        reader, writer = await asyncio.open_connection("127.0.0.1", miner.port)
        writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()


async def test_receipts_survive_the_process(make, tmp_path):
    miner = make(FakeChain())
    async with running(miner):
        await until(lambda: miner.state.readiness.ready)
        for _ in range(3):
            assert await ask(miner) == 200
    store = ReceiptStore(miner._store.path)
    assert store.count() == 3
    store.close()


def test_receipt_store_that_is_damaged_is_moved_aside(tmp_path):
    path = tmp_path / "receipts.sqlite"
    path.write_bytes(b"half-written rubbish" * 500)
    store = ReceiptStore(path)
    assert store.count() == 0
    store.close()
    assert [p.name for p in tmp_path.glob("*damaged*")], "the damaged file is kept"


async def test_no_disk_space_for_receipts_is_counted_and_answers_go_on(tmp_path):
    store = ReceiptStore(tmp_path / "receipts.sqlite")
    pages = store._database.execute("pragma page_count").fetchone()[0]
    store._database.execute(f"pragma max_page_count={pages}")  # SQLite's own way to be out of space
    for _ in range(50):
        await store.keep(a_receipt())
    store.close()
    assert store.lost > 0


async def test_receipts_are_bounded(tmp_path, monkeypatch):
    from ganglion_miner import receipt_store

    monkeypatch.setattr(receipt_store, "PRUNE_EVERY", 10)
    store = ReceiptStore(tmp_path / "receipts.sqlite", max_rows=20)
    for _ in range(100):
        await store.keep(a_receipt())
    store.close()
    assert 20 <= store.count() <= 40


def test_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot use"):
        ReceiptStore(tmp_path / "file" / "receipts.sqlite")


def test_log_on_a_full_disk_does_not_stop_the_daemon(capsys):
    import structlog

    before = structlog.get_config()
    try:
        file = jsonlog.configure("info", Path("/dev/full"), daemon="miner")
        log = structlog.get_logger()
        for _ in range(3):
            log.info("anything")
        assert file.dropped == 3
        assert capsys.readouterr().err.count("No space left") == 1
    finally:
        structlog.configure(**before)


def test_log_lines_are_json_with_what_is_bound(tmp_path):
    import structlog

    before = structlog.get_config()
    try:
        jsonlog.configure("info", tmp_path / "logs" / "miner.log", daemon="miner", netuid=3)
        structlog.get_logger().info("served", uid=1)
        structlog.get_logger().debug("too quiet")
        line = json.loads((tmp_path / "logs" / "miner.log").read_text())
        assert (line["event"], line["daemon"], line["netuid"], line["uid"]) == ("served", "miner", 3, 1)
    finally:
        structlog.contextvars.clear_contextvars()
        structlog.configure(**before)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"host": "0.0.0.0"}, Endpoint(4, LOOPBACK, 80)),
        ({"host": "::"}, Endpoint(6, 1, 80)),
        ({"host": "127.0.0.1", "advertise_ip": "8.8.8.8", "advertise_port": 99}, Endpoint(4, 0x08080808, 99)),
    ],
)
def test_what_is_published(settings, expected):
    assert endpoint_to_publish(MinerConfig(**settings), 80) == expected


@pytest.mark.parametrize(
    "settings", [{"host": "0.0.0.0"}, {"advertise_ip": "10.0.0.1"}, {"host": "localhost"}]
)
def test_an_address_that_nobody_would_dial_is_refused_at_once(settings):
    with pytest.raises(ConfigError) as caught:
        endpoint_to_publish(MinerConfig(network="testnet", **settings), 80)
    assert "--advertise-ip" in caught.value.hint


def test_precedence_flags_environment_file_defaults(tmp_path, monkeypatch):
    file = tmp_path / "miner.toml"
    file.write_text("netuid = 5\nport = 1000\nmax_queue = 7\n")
    monkeypatch.setenv("GANGLION_MINER_PORT", "2000")
    monkeypatch.setenv("GANGLION_MINER_MAX_QUEUE", "8")
    config = load({"max_queue": "9", "host": None}, file)
    assert (config.netuid, config.port, config.max_queue, config.host) == (5, 2000, 9, "0.0.0.0")


@pytest.mark.parametrize(
    "bad", [{"port": "x"}, {"netuid": -1}, {"advertise_ip": "nowhere"}, {"task": "cheat"}]
)
def test_bad_setting_is_named(bad):
    with pytest.raises(ConfigError, match=next(iter(bad))):
        load(bad)


def test_unknown_setting_in_the_file(tmp_path):
    (tmp_path / "miner.toml").write_text("cheat = true\n")
    with pytest.raises(ConfigError, match="cheat"):
        load({}, tmp_path / "miner.toml")


def test_half_written_file(tmp_path):
    (tmp_path / "miner.toml").write_text("netuid = ")
    with pytest.raises(ConfigError, match="can't be read"):
        load({}, tmp_path / "miner.toml")


def test_flags_have_help_and_wrong_ones_are_usage_errors(capsys):
    from ganglion_miner.__main__ import main

    with pytest.raises(SystemExit) as caught:
        main(["--no-such-flag"])
    assert caught.value.code == 2
    assert main(["--port", "99999"]) == 2
    assert "port" in capsys.readouterr().err


def test_register_command_names_network_node_subnet_and_hotkey():
    command = register_command(MinerConfig(network="testnet", rpc="wss://a,wss://b", netuid=4), "5Abc")
    assert command == "ganglion subnet register 4 --hotkey 5Abc --network testnet --rpc wss://a"


async def test_a_new_sealing_key_is_published_and_the_old_one_retired(make, monkeypatch, tmp_path):
    monkeypatch.setattr(registration, "UNTIL_FINAL", 0.0)
    chain = FakeChain()
    miner = make(chain, sealing_key_lifetime=6.0)
    async with running(miner):
        await until(lambda: chain.served)
        first = SealingKey.decode(chain.served[0].sealing[0])
        await until(lambda: len(chain.served) > 1)
        second = SealingKey.decode(chain.served[1].sealing[0])
        await until(lambda: any(f"{first.key_id.hex()}-{first.expires_at}-" in p for p in names(tmp_path)))
        assert miner.state.sealing.private(first.key_id) != miner.state.sealing.private(second.key_id)
        assert second.expires_at > first.expires_at and chain.served[0].port == chain.served[1].port


async def test_a_miner_without_private_prompts_publishes_no_key(make, tmp_path):
    chain = FakeChain()
    async with running(make(chain, private_prompts=False)):
        await until(lambda: chain.served)
    assert chain.served[0].sealing == () and not names(tmp_path)


def names(folder: Path) -> list[str]:
    """Files of sealing keys."""
    return [path.name for path in folder.glob("sealing-keys-*/*")]
