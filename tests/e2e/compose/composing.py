"""`docker compose` as a user calls it, with images, project name and ports of this test run's own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ganglion.devnet.plan import free_ports

from ...full_node import binary

ROOT = Path(__file__).parents[3]
NODE_IMAGE, PYTHON_IMAGE = "ganglion/node:test", "ganglion/python:test"
TORCH_CPU = "https://download.pytorch.org/whl/cpu"
BUILD_SECONDS = 1200


def reachable(index: str) -> bool:
    """Whether torch can be had from this index."""
    try:
        with urllib.request.urlopen(f"{index}/torch/", timeout=5) as answer:
            return bool(answer.read(1))
    except OSError:
        return False


def build_environment() -> dict[str, str]:
    """What the build of the images needs on this machine, and their names."""
    torch = os.environ.get("TORCH_INDEX", TORCH_CPU)
    bundle = os.environ.get("SSL_CERT_FILE", "")
    return {
        "GANGLION_NODE_IMAGE": NODE_IMAGE,
        "GANGLION_PYTHON_IMAGE": PYTHON_IMAGE,
        "GANGLION_NODE_BINARY": "given",
        "TORCH_INDEX": torch if torch and reachable(torch) else "",
        "GANGLION_CA_BUNDLE": bundle if Path(bundle).is_file() else "/dev/null",
    }


def build() -> dict[str, str]:
    """Get an engine, build both images from this checkout and its node binary; the environment that names them."""
    run("sh", "tools/docker_engine.sh", timeout=BUILD_SECONDS)
    given = ROOT / "build" / "ganglion-node"
    given.parent.mkdir(exist_ok=True)
    shutil.copyfile(binary(), given)
    environment = build_environment()
    words = ("docker", "compose", "--progress", "plain", "build", "node-alice", "provision")
    run(*words, timeout=BUILD_SECONDS, env=environment)
    return environment


def run(*words: str, timeout: float = 120, env: dict[str, str] | None = None) -> str:
    """Standard output of a command that must succeed."""
    done = subprocess.run(
        words,
        cwd=ROOT,
        env=os.environ | (env or {}),
        timeout=timeout,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (
        f"{' '.join(words)}: {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-3000:]}"
    )
    return done.stdout


@dataclass
class Compose:
    """One compose project.

    Attributes:
        environment: values for the variables of docker-compose.yml.
    """

    project: str
    environment: dict[str, str]
    rpc_port: int = 0
    gateway_ports: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rpc_port, *self.gateway_ports = free_ports(0, 3)
        self.environment = self.environment | {
            "GANGLION_RPC_PORT": str(self.rpc_port),
            "GANGLION_GATEWAY_1_PORT": str(self.gateway_ports[0]),
            "GANGLION_GATEWAY_2_PORT": str(self.gateway_ports[1]),
        }

    @property
    def rpc(self) -> str:
        return f"ws://127.0.0.1:{self.rpc_port}"

    def __call__(self, *words: str, timeout: float = 240) -> str:
        """Run one compose command."""
        return run("docker", "compose", "-p", self.project, *words, timeout=timeout, env=self.environment)

    def up(self) -> None:
        """Start, or start again, all services."""
        self("up", "--detach", "--no-build")

    def down(self) -> None:
        """Remove everything."""
        self("down", "--volumes", "--timeout", "5")

    def states(self) -> dict[str, dict[str, Any]]:
        """What the engine says of each service's container."""
        ids = self("ps", "--all", "--quiet").split()
        found = json.loads(run("docker", "inspect", *ids)) if ids else []
        return {c["Config"]["Labels"]["com.docker.compose.service"]: c for c in found}

    def inside(self, service: str, code: str) -> str:
        """Output of Python code in a daemon's container."""
        return self("exec", "-T", service, "python3", "-c", code)


def remains(label: str) -> list[str]:
    """Ids of containers, networks and volumes with a label."""
    kinds = ("ps -a", "network ls", "volume ls")
    return [
        line
        for kind in kinds
        for line in run("docker", *kind.split(), "-q", "--filter", f"label={label}").split()
    ]


def wait(what: str, holds: Callable[[], bool], seconds: float) -> None:
    """Until something holds; fails after ``seconds``."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(1)
