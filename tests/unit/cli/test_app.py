"""The tree of commands, flags in both places, exit codes, delegation."""

import importlib
import sys
import types

import pytest
import typer.main

from ganglion.cli.app import app
from ganglion.cli.command import KINDS
from ganglion.errors import EngineError, PeerError

NOUNS = {
    "audits",
    "authority",
    "balance",
    "calibrate",
    "chat",
    "child",
    "commitment",
    "devnet",
    "dispute",
    "emission",
    "explain",
    "gov",
    "identity",
    "key",
    "metagraph",
    "miner",
    "model",
    "multisig",
    "proxy",
    "query",
    "receipt",
    "root-vote",
    "stake",
    "subnet",
    "validator",
    "wallet",
    "weights",
    "yuma",
}


def leaves(command, path=()):
    """(path, command) of every command that does something."""
    nested = getattr(command, "commands", None)
    if nested is None:
        yield path, command
        return
    for name, one in nested.items():
        yield from leaves(one, (*path, name))


TREE = typer.main.get_command(app)
LEAVES = dict(leaves(TREE))


def test_nouns():
    assert set(TREE.commands) == NOUNS


@pytest.mark.parametrize("path", sorted(LEAVES), ids=" ".join)
def test_every_command_has_help(path, run):
    if path[0] in {"devnet", "miner", "validator"}:
        return
    ran = run(*path, "--help")
    assert ran.code == 0 and "Usage: ganglion" in ran.out
    assert LEAVES[path].help
    for option in LEAVES[path].params:
        if option.param_type_name == "option" and option.name != "help":
            assert option.help or option.name in {"max_tokens", "temperature"}, option.name


@pytest.mark.parametrize("path", sorted(LEAVES), ids=" ".join)
def test_json_on_every_read_and_dry_run_on_every_transaction(path):
    if path[0] in {"devnet", "miner", "validator"}:
        return
    names = {one.name for one in LEAVES[path].params}
    assert {"json", "quiet"} <= names
    if "dry_run" in names:
        assert set(KINDS["send"]) <= names


def test_usage_errors_are_2(run):
    for argv in (["nothing"], ["wallet", "nothing"], ["metagraph"], ["metagraph", "x"], ["--nothing"]):
        ran = run(*argv)
        assert ran.code == 2 and ran.out == "", argv


def test_version(run):
    assert run("--version").out.startswith("ganglion ")


def test_flags_work_before_and_after_the_noun(run):
    before, after = run("--json", "wallet", "list"), run("wallet", "list", "--json")
    assert before.json == after.json == []
    assert run("-q", "wallet", "list").err == "" != run("wallet", "list").err


def test_an_unreachable_node_is_3(run):
    ran = run("balance", "show", "//Alice", "--rpc", "ws://127.0.0.1:1")
    assert ran.code == 3 and ran.out == ""
    assert "127.0.0.1:1" in ran.err and "hint:" in ran.err


def test_a_malformed_url_and_an_unknown_network_are_2(run):
    assert run("subnet", "list", "--rpc", "http://a").code == 2
    ran = run("subnet", "list", "--network", "finney")
    assert ran.code == 2 and "development" in ran.err


def test_an_error_of_a_peer_is_4_and_one_of_this_machine_1(run, monkeypatch):
    chat = types.ModuleType("ganglion.chat")
    monkeypatch.setitem(sys.modules, "ganglion.chat", chat)
    monkeypatch.setattr("ganglion.chat", chat, raising=False)
    for error, code in ((PeerError("no answer"), 4), (EngineError("dead"), 1), (RuntimeError("bug"), 1)):

        async def stream(*args, error=error, **kwargs):
            raise error
            yield

        chat.stream = stream
        ran = run("chat", "hello")
        assert ran.code == code and str(error) in ran.err and ran.out == ""
    assert "defect of ganglion" in ran.err


def test_chat_streams_and_reports(run, monkeypatch):
    chat = types.ModuleType("ganglion.chat")
    monkeypatch.setitem(sys.modules, "ganglion.chat", chat)
    monkeypatch.setattr("ganglion.chat", chat, raising=False)
    asked = {}

    async def stream(messages, **kwargs):
        asked.update(kwargs, messages=messages)
        for piece in ("Hel", "lo"):
            yield piece
        yield {"model": "m", "finish_reason": "stop"}

    chat.stream = stream
    assert run("chat", "hi", "--seed", 3, "--system", "be brief").out == "Hello\n"
    assert asked["sampling"] == {"seed": 3} and [one["role"] for one in asked["messages"]] == [
        "system",
        "user",
    ]
    assert asked["gateway"] == "http://127.0.0.1:8080/v1"
    assert run("chat", "--json", stdin="from a pipe").json == {
        "text": "Hello",
        "model": "m",
        "finish_reason": "stop",
    }
    assert asked["messages"][-1]["content"] == "from a pipe"
    assert run("chat").code == 2


@pytest.fixture
def fake_main(monkeypatch):
    seen = []

    def install(name, code=0):
        module = types.ModuleType(name)
        module.main = lambda argv: seen.append((name, list(argv))) or code
        monkeypatch.setitem(sys.modules, name, module)
        return seen

    return install


def test_delegates_pass_their_arguments_unread(run, fake_main):
    seen = fake_main("ganglion.devnet.cli")
    fake_main("ganglion_devnode.cli", 3)
    fake_main("ganglion_miner.__main__")
    fake_main("ganglion_validator.__main__", 4)
    assert run("devnet", "up", "--exit-after-epochs", 1, "--json").code == 0
    assert run("--json", "devnet", "down").code == 0
    assert run("devnet", "chain", "--rpc-port", 0, "--help").code == 3
    assert run("miner", "run", "--netuid", 1, "--help").code == 0
    assert run("validator", "run", "--config", "x").code == 4
    assert seen == [
        ("ganglion.devnet.cli", ["up", "--exit-after-epochs", "1", "--json"]),
        ("ganglion.devnet.cli", ["down", "--json"]),
        ("ganglion_devnode.cli", ["--rpc-port", "0", "--help"]),
        ("ganglion_miner.__main__", ["--netuid", "1", "--help"]),
        ("ganglion_validator.__main__", ["--config", "x"]),
    ]


def test_a_daemon_wants_run(run):
    assert run("miner").code == 2
    ran = run("validator", "--help")
    assert ran.code == 0 and "validator run" in ran.err


def test_a_missing_extra_is_named(run, monkeypatch):
    real = importlib.import_module

    def without_torch(name, package=None):
        if name == "ganglion_miner.__main__":
            raise ModuleNotFoundError("No module named 'torch'", name="torch")
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", without_torch)
    ran = run("miner", "run")
    assert ran.code == 2 and "torch" in ran.err and "ganglion[miner]" in ran.err


def test_shell_completion_is_offered(run):
    assert "--install-completion" in run("--help").out


def test_the_light_commands_load_no_heavy_module():
    import json
    import subprocess

    code = (
        "import sys, json; from ganglion.cli import main; main(['wallet', 'list', '-q']); "
        "print(json.dumps(sorted({n.split('.')[0] for n in sys.modules})))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    heavy = {"torch", "transformers", "substrateinterface", "aiohttp", "numpy", "wasmtime"}
    assert not heavy & set(json.loads(out.stdout.splitlines()[-1]))
