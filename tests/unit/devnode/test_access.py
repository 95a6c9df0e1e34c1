"""Who may connect: the Host, Origin and Content-Type rules, and which methods a bind address allows."""

from __future__ import annotations

import pytest

from ganglion_devnode.config import NodeConfig, is_loopback
from ganglion_devnode.node_errors import InvalidConfig
from ganglion_devnode.rpc.security import AccessRules, origin_allowed


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:9944", "LOCALHOST:1", "127.0.0.1:9944", "[::1]:9944", "[::1]"]
)
def test_loopback_hosts_pass(host: str) -> None:
    assert AccessRules(NodeConfig()).check(host, None) is None


@pytest.mark.parametrize(
    "host",
    [
        None,
        "",
        "evil.example",
        "evil.example:9944",
        "127.0.0.1.evil.example",
        "localhost@evil",
        "localhost:x",
        "[::1",
        "10.0.0.1:9944",
        "localhost/x",
    ],
)
def test_other_hosts_do_not(host: str | None) -> None:
    rejection = AccessRules(NodeConfig()).check(host, None)
    assert rejection is not None
    assert rejection.status == 403


def test_configured_names_pass() -> None:
    rules = AccessRules(NodeConfig(rpc_host="10.1.2.3", rpc_names=("Chain.internal",)))
    assert rules.check("chain.internal:9944", None) is None
    assert rules.check("10.1.2.3:9944", None) is None
    assert rules.check("10.1.2.4:9944", None) is not None
    assert AccessRules(NodeConfig(rpc_host="0.0.0.0")).check("0.0.0.0:9944", None) is not None


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:3000",
        "http://localhost",
        "https://127.0.0.1:1",
        "http://[::1]:80",
        "https://polkadot.js.org",
    ],
)
def test_allowed_origins(origin: str) -> None:
    assert AccessRules(NodeConfig()).check("localhost", origin) is None


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "",
        "https://evil.example",
        "http://localhost.evil.example",
        "http://localhost:3000.evil.example",
        "http://localhost:x",
        "ftp://localhost:1",
        "https://polkadot.js.org.evil.example",
        "https://polkadot.js.org:444",
        "http://polkadot.js.org",
    ],
)
def test_other_origins_are_refused(origin: str) -> None:
    rules = AccessRules(NodeConfig())
    assert rules.check("localhost", origin) is not None
    assert rules.cors_headers(origin) == {}


def test_configured_origins() -> None:
    assert origin_allowed("https://my.app", ("https://my.app",))
    assert origin_allowed("https://whatever.example", ("all",))
    assert not origin_allowed("http://localhost:1", ("https://my.app",))


@pytest.mark.parametrize(
    "content_type", [None, "", "text/plain", "application/x-www-form-urlencoded", "application/jsonp"]
)
def test_content_types_that_browsers_send_unasked(content_type: str | None) -> None:
    rejection = AccessRules(NodeConfig()).check_post(content_type)
    assert rejection is not None
    assert rejection.status == 415


@pytest.mark.parametrize("content_type", ["application/json", "Application/JSON; charset=utf-8"])
def test_json_passes(content_type: str) -> None:
    assert AccessRules(NodeConfig()).check_post(content_type) is None


@pytest.mark.parametrize(
    ("host", "methods", "unsafe"),
    [
        ("127.0.0.1", "auto", True),
        ("localhost", "auto", True),
        ("::1", "auto", True),
        ("0.0.0.0", "auto", False),
        ("::", "auto", False),
        ("192.168.0.7", "auto", False),
        ("192.168.0.7", "unsafe", True),
        ("127.0.0.1", "safe", False),
    ],
)
def test_unsafe_methods(host: str, methods: str, unsafe: bool) -> None:
    assert NodeConfig(rpc_host=host, rpc_methods=methods).unsafe_methods is unsafe  # type: ignore[arg-type]


def test_loopback_addresses() -> None:
    assert is_loopback("127.8.8.8")
    assert not is_loopback("example.org")


@pytest.mark.parametrize(
    "options",
    [
        {"sealing": "never"},
        {"rpc_port": 70000},
        {"state_pruning": 0},
        {"interval": 0},
        {"genesis_time": -1},
        {"rpc_methods": "some"},
        {"call_seconds": 0},
        {"worker_queue": 0},
    ],
)
def test_impossible_options(options: dict[str, object]) -> None:
    with pytest.raises(InvalidConfig):
        NodeConfig(**options)  # type: ignore[arg-type]
