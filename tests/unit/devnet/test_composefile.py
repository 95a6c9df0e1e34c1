"""docker-compose.yml as the devnet reads it, and the promises of the file itself."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from ganglion.config import DEFAULT_GATEWAY, DEFAULT_RPC, NETWORKS
from ganglion.devnet.docker import composefile
from ganglion.devnet.docker.composefile import Compose, Mount, Port
from ganglion.devnet.docker.network import api_key, make_plan, project_of
from ganglion.devnet.plan import DevnetOptions
from ganglion.errors import ConfigError

ROOT = Path(__file__).parents[3]
FILE = ROOT / "docker-compose.yml"


def own(tmp_path: Path, text: str, **environment: str) -> Compose:
    path = tmp_path / "compose.yml"
    path.write_text(text)
    return composefile.load(path, environment)


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("${A}", {"A": "x"}, "x"),
        ("${A}", {}, ""),
        ("${A:-d}", {}, "d"),
        ("${A:-d}", {"A": ""}, "d"),
        ("${A-d}", {"A": ""}, ""),
        ("${A-d}", {}, "d"),
        ("a${A:-http://x/y}b", {}, "ahttp://x/yb"),
    ],
)
def test_variables(tmp_path: Path, text: str, values: dict[str, str], expected: str) -> None:
    made = own(tmp_path, f"services: {{one: {{image: 'i{text}'}}}}", **values)
    assert made.services["one"].image == f"i{expected}"


def test_a_service_as_values(tmp_path: Path) -> None:
    made = own(
        tmp_path,
        """
services:
  late: {image: b, depends_on: {early: {condition: service_healthy}}, healthcheck: {disable: true}}
  hidden: {image: c, profiles: [x]}
  early:
    image: a
    command: run --name "two words"
    ports: ["127.0.0.1:1:2"]
    volumes: ["data:/data", "./here:/there:ro"]
    mem_limit: 2g
    cpus: 0.5
""",
    )
    assert list(made.services) == ["early", "late"]
    early, late = made.services.values()
    assert early.command == ("run", "--name", "two words")
    assert early.ports == (Port("127.0.0.1", 1, 2),)
    assert early.mounts == (Mount("data", "/data", False), Mount(str(tmp_path / "here"), "/there", True))
    assert (early.memory, early.cpus, early.restart) == (2 << 30, 0.5, "no")
    assert late.needs == {"early": "service_healthy"} and not late.has_healthcheck
    assert made.volumes == ["data"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("services: {one: {image: a, privileged: true}}", "privileged is not supported"),
        ("services: {one: {}}", "image"),
        ("services: [", "can't be read"),
        ("nothing: here", "services"),
        (
            "services: {a: {image: x, depends_on: {b: {condition: c}}},"
            " b: {image: x, depends_on: {a: {condition: c}}}}",
            "wait for each other",
        ),
    ],
)
def test_what_is_not_understood_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        own(tmp_path, text)


def test_the_projects_own_file() -> None:
    compose = composefile.load(FILE, {})
    names = set(compose.services)
    assert {f"node-{name}" for name in ("alice", "bob", "charlie", "dave")} < names
    assert {"provision", "miner-1", "miner-2", "miner-3", "validator-1", "validator-2"} < names
    assert not {"prometheus", "grafana"} & names  # a profile's
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert {s.image for s in compose.services.values()} == {
        f"ganglion/node:{version}",
        f"ganglion/python:{version}",
    }


def test_its_keys_are_those_that_provisioning_registers(tmp_path: Path) -> None:
    options = DevnetOptions(folder=tmp_path, rpc_port=0, gateway_port=0)
    plan, compose = make_plan(options, FILE)
    assert len(plan.validators) == 2 and len(plan.miners) == 3
    for participant in plan.participants:
        environment = compose.services[participant.name].environment
        hotkeys = [value for key, value in environment.items() if key.endswith("_HOTKEY")]
        assert hotkeys == [participant.hotkey_uri]
        networks = [value for key, value in environment.items() if key.endswith("_NETWORK")]
        assert networks == ["compose"] and NETWORKS["compose"].allow_private_endpoints
    counts = compose.services["provision"].command[-4:]
    assert counts == ("--validators", "2", "--miners", "3")
    published = {port.host for service in compose.services.values() for port in service.ports}
    assert published == {plan.rpc_port, *(v.port for v in plan.validators)}


def test_only_loopback_is_published_and_nothing_that_the_devnet_takes() -> None:
    ports = [port for s in composefile.load(FILE, {}).services.values() for port in s.ports]
    assert {port.address for port in ports} == {"127.0.0.1"}
    taken = {DEFAULT_RPC.rsplit(":", 1)[1], DEFAULT_GATEWAY.rsplit(":", 1)[1].split("/")[0]}
    assert not taken & {str(port.host) for port in ports}


def test_every_container_is_restricted_and_bounded() -> None:
    for service in composefile.load(FILE, {}).services.values():
        assert service.read_only and service.cap_drop == ("ALL",)
        assert service.security_opt == ("no-new-privileges:true",)
        assert service.memory > 0 and service.cpus > 0
        assert service.logging["options"] == {"max-size": "10m", "max-file": "3"}
        assert service.restart == ("on-failure:5" if service.name == "provision" else "unless-stopped")


def test_gateways_have_a_key() -> None:
    assert api_key(composefile.load(FILE, {})) == "ganglion-local"


def test_devnets_in_two_folders_have_two_names(tmp_path: Path) -> None:
    assert project_of(tmp_path / "a") != project_of(tmp_path / "b")
    assert project_of(tmp_path / "a") == project_of(tmp_path / "a")
