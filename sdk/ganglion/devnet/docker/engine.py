"""What the container engine does for a devnet: images, one network, volumes, containers; and all of it removed.

Everything made here carries one label with the devnet's name, and what is removed is found by that label alone.
Blocking; callers use threads. Knows no chain.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from ganglion.devnet.docker.composefile import Compose, Service
from ganglion.errors import GanglionError

LABEL = "ganglion.devnet"
ENGINE_SECONDS = 60
NO_ENGINE = "no container engine answers"
START_HINT = "start Docker; on a bare Debian machine: sh tools/docker_engine.sh"

__all__ = ["Engine", "EngineFailed"]


class EngineFailed(GanglionError):
    """The container engine is missing, or refused something."""


class Engine:
    """One devnet on the container engine that ``DOCKER_HOST`` or the default socket names.

    Args:
        project: name of the devnet; part of every name and the value of the label.

    Raises:
        EngineFailed: no engine answers, or the package `docker` is missing.
    """

    def __init__(self, project: str) -> None:
        self.project = project
        self._change = threading.Lock()
        self._ended = False
        try:
            import docker
        except ImportError as error:
            raise EngineFailed(
                "the package docker is missing", hint="pip install 'ganglion[devnet]'"
            ) from error
        self._errors = (docker.errors.DockerException, OSError)
        self._types = docker.types
        with self._told(NO_ENGINE):
            self._docker = docker.from_env(timeout=ENGINE_SECONDS)
            self._docker.ping()

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Errors of the engine as ours."""
        try:
            yield
        except self._errors as error:
            text = str(getattr(error, "explanation", None) or error)
            raise EngineFailed(f"{what}: {text}", hint=START_HINT if what == NO_ENGINE else None) from error

    @property
    def _filter(self) -> dict[str, str]:
        return {"label": f"{LABEL}={self.project}"}

    # ---- images ----

    def missing_images(self, compose: Compose) -> list[str]:
        """Images that the services need and the engine does not have."""
        with self._told("the engine's images can't be listed"):
            have = {tag for image in self._docker.images.list() for tag in image.tags}
        return sorted({service.image for service in compose.services.values()} - have)

    # ---- what is made ----

    def prepare(self, compose: Compose) -> None:
        """The network and the volumes, after the remains of an earlier devnet of this name are gone."""
        labels = {LABEL: self.project}
        with self._change, self._told("network and volumes can't be made"):
            if self._ended:
                return
            self._remove()
            self._docker.networks.create(self.project, driver="bridge", labels=labels)
            for name in compose.volumes:
                self._docker.volumes.create(f"{self.project}-{name}", labels=labels)

    def start(self, service: Service) -> None:
        """Make a container and start it; nothing after the end has begun."""
        with self._change, self._told(f"{service.name} can't be started"):
            if self._ended:
                return
            container = self._docker.containers.create(**self._container(service))
            container.start()

    def _container(self, service: Service) -> dict[str, Any]:
        """Arguments for the package `docker`."""
        alias = self._docker.api.create_endpoint_config(aliases=[service.name])
        name, _, count = service.restart.partition(":")
        wanted: dict[str, Any] = {
            "image": service.image,
            "command": list(service.command),
            "name": f"{self.project}-{service.name}",
            "hostname": service.name,
            "labels": {LABEL: self.project, f"{LABEL}.service": service.name},
            "environment": service.environment,
            "network": self.project,
            "networking_config": {self.project: alias},
            "ports": {f"{port.container}/tcp": (port.address, port.host) for port in service.ports},
            "volumes": self._volumes(service),
            "restart_policy": {"Name": name, "MaximumRetryCount": int(count or 0)},
            "nano_cpus": int(service.cpus * 1e9),
            "mem_limit": service.memory,
            "init": service.init,
            "read_only": service.read_only,
            "cap_drop": list(service.cap_drop),
            "security_opt": list(service.security_opt),
            "tmpfs": dict.fromkeys(service.tmpfs, ""),
        }
        if service.logging:
            driver, options = service.logging["driver"], service.logging.get("options", {})
            wanted["log_config"] = self._types.LogConfig(type=driver, config=options)
        if not service.has_healthcheck:
            wanted["healthcheck"] = {"test": ["NONE"]}
        return wanted

    def _volumes(self, service: Service) -> dict[str, dict[str, str]]:
        mounts = {}
        for mount in service.mounts:
            source = f"{self.project}-{mount.source}" if mount.is_volume else mount.source
            mounts[source] = {"bind": mount.target, "mode": "ro" if mount.read_only else "rw"}
        return mounts

    # ---- what runs ----

    def states(self) -> dict[str, dict[str, Any]]:
        """Of each service: pid, running, health, exit_code, restarts."""
        with self._told("the containers can't be seen"):
            found = self._docker.containers.list(all=True, filters=self._filter)
            return {c.labels[f"{LABEL}.service"]: _state(c.attrs) for c in found}

    def memory_bytes(self) -> dict[str, int]:
        """What each running container uses, without the page cache that it could give back."""
        with self._told("the containers' memory can't be read"):
            running = self._docker.containers.list(filters=self._filter)
            return {
                c.labels[f"{LABEL}.service"]: _used(c.stats(stream=False, one_shot=True)) for c in running
            }

    def follow_log(self, service: str, write: Callable[[bytes], object], since: float | None) -> None:
        """Pass on what a container logs, from a time on (Unix seconds; None = all), until it stops."""
        with self._told(f"the log of {service} can't be read"):
            container = self._docker.containers.get(f"{self.project}-{service}")
            for block in container.logs(stream=True, follow=True, since=since):
                write(block)

    # ---- the end ----

    def stop(self, seconds: int) -> None:
        """Ask all containers to end, and end those that have not after some seconds."""
        with self._change, self._told("the containers do not stop"):
            self._ended = True
            running = self._docker.containers.list(filters=self._filter)
            _side_by_side(lambda container: container.stop(timeout=seconds), running)

    def remove(self) -> int:
        """Remove containers, network and volumes of this devnet, for good. Returns how many containers there were."""
        with self._change, self._told("the devnet's containers can't be removed"):
            self._ended = True
            return self._remove()

    def _remove(self) -> int:
        containers = self._docker.containers.list(all=True, filters=self._filter)
        _side_by_side(lambda container: container.remove(force=True, v=True), containers)
        for network in self._docker.networks.list(filters=self._filter):
            network.remove()
        for volume in self._docker.volumes.list(filters=self._filter):
            volume.remove()
        return len(containers)

    def close(self) -> None:
        """Free the connections."""
        self._docker.close()


def _side_by_side(act: Callable[[Any], object], things: list[Any]) -> None:
    with ThreadPoolExecutor(max_workers=16) as pool:
        list(pool.map(act, things))


def _state(attrs: dict[str, Any]) -> dict[str, Any]:
    state = attrs["State"]
    return {
        "pid": state["Pid"],
        "running": state["Running"],
        "health": state.get("Health", {}).get("Status", "none"),
        "exit_code": None if state["Running"] else state["ExitCode"],
        "restarts": attrs["RestartCount"],
    }


def _used(stats: dict[str, Any]) -> int:
    memory = stats.get("memory_stats", {})
    details = memory.get("stats", {})
    cache = details.get("total_inactive_file", details.get("inactive_file", 0))
    return max(0, int(memory.get("usage", 0)) - int(cache))
