"""docker-compose.yml as values: the part of the compose specification that this project's file uses.

A key that is not known here is an error, so that nothing in the file is silently left out. Knows no engine.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ganglion.errors import ConfigError

FILE_NAME = "docker-compose.yml"
KNOWN = {
    *("image", "build", "command", "environment", "ports", "volumes", "depends_on", "restart", "init"),
    *("read_only", "cap_drop", "security_opt", "tmpfs", "stop_grace_period", "logging", "mem_limit", "cpus"),
    *("healthcheck", "profiles"),
}
UNITS = {"k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?:(?P<how>:?-)(?P<default>[^}]*))?\}")

__all__ = ["Compose", "Mount", "Port", "Service", "find", "load"]


@dataclass(frozen=True)
class Port:
    """A port of the container, published on one address of the host."""

    address: str
    host: int
    container: int


@dataclass(frozen=True)
class Mount:
    """A volume's name or an absolute folder or file of the host, and where it lies in the container."""

    source: str
    target: str
    read_only: bool

    @property
    def is_volume(self) -> bool:
        """Whether it is a named volume."""
        return not self.source.startswith("/")


@dataclass(frozen=True)
class Service:
    """One container. Sizes in bytes, times in seconds."""

    name: str
    image: str
    builds: bool
    command: tuple[str, ...]
    environment: dict[str, str]
    ports: tuple[Port, ...]
    mounts: tuple[Mount, ...]
    needs: dict[str, str]
    restart: str
    memory: int
    cpus: float
    init: bool
    read_only: bool
    cap_drop: tuple[str, ...]
    security_opt: tuple[str, ...]
    tmpfs: tuple[str, ...]
    logging: dict[str, Any]
    stop_seconds: int
    has_healthcheck: bool
    profiles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Compose:
    """The services that no profile hides, in the order in which they can start."""

    path: Path
    services: dict[str, Service] = field(default_factory=dict)

    @property
    def volumes(self) -> list[str]:
        """Names of all volumes."""
        return sorted({m.source for s in self.services.values() for m in s.mounts if m.is_volume})


def find() -> Path:
    """The compose file of the working folder, or of the checkout that this package was installed from.

    Raises:
        ConfigError: there is none.
    """
    folders = [Path.cwd(), *Path.cwd().parents, *Path(__file__).resolve().parents]
    for folder in folders:
        if (folder / FILE_NAME).is_file() and (folder / "docker" / "Dockerfile.node").is_file():
            return folder / FILE_NAME
    raise ConfigError(f"no {FILE_NAME} of Ganglion here", hint="run this in a checkout of the project")


def load(path: Path, environment: Mapping[str, str] | None = None) -> Compose:
    """Read a compose file.

    Args:
        environment: values for ``${NAME}`` in it; default the process's.

    Raises:
        ConfigError: it can't be read, or says something that is not known here.
    """
    import yaml

    try:
        raw = yaml.safe_load(_filled(path.read_text(), os.environ if environment is None else environment))
        found = {name: _service(name, body, path.parent) for name, body in raw["services"].items()}
    except (OSError, yaml.YAMLError, KeyError, AttributeError, ValueError) as error:
        raise ConfigError(f"{path} can't be read: {error!r}") from error
    shown = {name: service for name, service in found.items() if not service.profiles}
    return Compose(path, {name: shown[name] for name in _ordered(shown)})


def _filled(text: str, values: Mapping[str, str]) -> str:
    """``${A}``, ``${A-default}`` (A is not set) and ``${A:-default}`` (nor empty)."""

    def value(match: re.Match[str]) -> str:
        given, how = values.get(match["name"]), match["how"]
        missing = given is None or (how == ":-" and not given)
        return (match["default"] or "") if missing else str(given)

    return VARIABLE.sub(value, text)


def _service(name: str, body: dict[str, Any], folder: Path) -> Service:
    if unknown := set(body) - KNOWN:
        raise ConfigError(f"service {name}: {', '.join(sorted(unknown))} is not supported here")
    command = body.get("command", [])
    return Service(
        name=name,
        image=body["image"],
        builds="build" in body,
        command=tuple(shlex.split(command) if isinstance(command, str) else command),
        environment={key: str(value) for key, value in body.get("environment", {}).items()},
        ports=tuple(_port(text) for text in body.get("ports", [])),
        mounts=tuple(_mount(text, folder) for text in body.get("volumes", [])),
        needs={other: how["condition"] for other, how in body.get("depends_on", {}).items()},
        restart=body.get("restart", "no"),
        memory=_size(body.get("mem_limit", "0")),
        cpus=float(body.get("cpus", 0)),
        init=bool(body.get("init", False)),
        read_only=bool(body.get("read_only", False)),
        cap_drop=tuple(body.get("cap_drop", [])),
        security_opt=tuple(body.get("security_opt", [])),
        tmpfs=tuple(body.get("tmpfs", [])),
        logging=body.get("logging", {}),
        stop_seconds=int(str(body.get("stop_grace_period", "10s")).removesuffix("s")),
        has_healthcheck=not body.get("healthcheck", {}).get("disable", False),
        profiles=tuple(body.get("profiles", [])),
    )


def _port(text: str) -> Port:
    address, host, container = text.split(":")
    return Port(address, int(host), int(container))


def _mount(text: str, folder: Path) -> Mount:
    source, target, *mode = text.split(":")
    if source.startswith("."):
        source = str((folder / source).resolve())
    return Mount(source, target, mode == ["ro"])


def _size(text: str) -> int:
    text = str(text)
    return int(text[:-1]) * UNITS[text[-1]] if text[-1] in UNITS else int(text)


def _ordered(services: dict[str, Service]) -> list[str]:
    """Names, each after those that it needs."""
    order: list[str] = []
    while len(order) < len(services):
        ready = [n for n, s in services.items() if n not in order and all(o in order for o in s.needs)]
        if not ready:
            raise ConfigError(f"services wait for each other: {', '.join(set(services) - set(order))}")
        order += ready
    return order
