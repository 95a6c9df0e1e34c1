"""Importing the package loads nothing and prints nothing; the command line's help needs no wasm engine."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from ganglion_devnode.cli import config_of, parser
from ganglion_devnode.node_errors import InvalidConfig


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=60, env=environment, check=True
    )


def test_import_is_free() -> None:
    heavy = "{'wasmtime', 'aiohttp', 'sqlite3', 'asyncio', 'substrateinterface', 'torch'}"
    done = python("-c", f"import sys, ganglion_devnode; print(sorted({heavy} & set(sys.modules)))")
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_help_needs_no_engine() -> None:
    done = python("-X", "importtime", "-m", "ganglion_devnode", "--help")
    assert "--state-pruning" in done.stdout
    assert "wasmtime" not in done.stderr


def test_options_become_the_configuration() -> None:
    access = ["--rpc-port", "0", "--rpc-cors", "https://a.example, https://b.example", "--rpc-name", "chain"]
    blocks = [
        "--sealing",
        "interval",
        "--state-pruning",
        "archive",
        "--genesis-time",
        "2026-01-01T00:00:00+01:00",
    ]
    given = parser().parse_args([*access, *blocks])
    config = config_of(given)
    assert config.rpc_cors == ("https://a.example", "https://b.example")
    assert config.rpc_names == ("chain",)
    assert (config.sealing, config.state_pruning) == ("interval", None)
    assert config.genesis_time == 1_767_222_000_000


@pytest.mark.parametrize(
    "arguments",
    [["--sealing", "never"], ["--state-pruning", "many"], ["--genesis-time", "soon"], ["--rpc-port", "x"]],
)
def test_wrong_options_are_usage_errors(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parser().parse_args(arguments)
    assert caught.value.code == 2
    assert arguments[0] in capsys.readouterr().err


def test_an_impossible_port() -> None:
    with pytest.raises(InvalidConfig):
        config_of(parser().parse_args(["--rpc-port", "70000"]))
