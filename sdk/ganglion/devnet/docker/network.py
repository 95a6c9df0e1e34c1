"""``ganglion devnet up --docker``: the compose file's network as a devnet, with its table, checks and clean end."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path
from typing import Any

from ganglion.devnet import state
from ganglion.devnet.docker import composefile
from ganglion.devnet.docker.composefile import Compose, Service
from ganglion.devnet.docker.engine import Engine, EngineFailed
from ganglion.devnet.fleet import MAX_CRASHES, CrashLoop
from ganglion.devnet.plan import DevnetOptions, Participant, Plan, free_ports
from ganglion.devnet.up import Devnet, Limits, Listener, Report, live
from ganglion.errors import ConfigError

RPC_PORT = 19944
GATEWAY_PORT = 18080
PROVISION = "provision"  # this process does what that service does, and shows it
KEYS_MOUNT = "/etc/ganglion/gateway-keys"
LIMITS = Limits(chain=120.0, weights=400.0, promised=240.0)
POLL_SECONDS = 1.0
HEALTHY_SECONDS = 120.0
STOP_SECONDS = 8
BUILD_SECONDS = 4 * 3600

__all__ = ["Containers", "project_of", "remove", "up"]


def project_of(folder: Path) -> str:
    """Name of the containers of a devnet in a folder."""
    if folder == state.default_dir().absolute():
        return "ganglion-devnet"
    return f"ganglion-devnet-{blake2b(str(folder).encode(), digest_size=4).hexdigest()}"


def make_plan(options: DevnetOptions, path: Path) -> tuple[Plan, Compose]:
    """Participants as the compose file names them, with published ports that are free.

    Raises:
        ConfigError: a port is in use, or the file can't be read.
    """
    names = list(composefile.load(path).services)
    validators = sorted(name for name in names if name.startswith("validator-"))
    miners = sorted(name for name in names if name.startswith("miner-"))
    rpc = free_ports(options.rpc_port, 1)[0]
    gateways = free_ports(options.gateway_port, len(validators))
    ports = {f"GANGLION_GATEWAY_{n}_PORT": str(port) for n, port in enumerate(gateways, start=1)}
    compose = composefile.load(path, os.environ | {"GANGLION_RPC_PORT": str(rpc)} | ports)
    plan = Plan(
        options,
        rpc,
        tuple(Participant(n, "validator", port) for n, port in zip(validators, gateways, strict=True)),
        tuple(Participant(n, "miner", 0) for n in miners),
    )
    return plan, compose


def api_key(compose: Compose) -> str:
    """A key that the gateways of the file accept."""
    mounts = (mount for service in compose.services.values() for mount in service.mounts)
    path = next((mount.source for mount in mounts if mount.target == KEYS_MOUNT), None)
    try:
        return Path(path).read_text().split()[0] if path else ""
    except (OSError, IndexError) as error:
        raise ConfigError(f"{path} holds no key", hint="take the file from the repository") from error


class Containers:
    """The devnet as containers; see ``ganglion.devnet.up.Runner``.

    Args:
        crashed: told (name, exit code).
        changed: told when a container was started.
    """

    def __init__(
        self,
        plan: Plan,
        crashed: Callable[[str, int | None], None],
        changed: Callable[[], None],
        *,
        engine: Engine,
        compose: Compose,
    ) -> None:
        self.project = engine.project
        self.plan = plan
        self.compose = compose
        self.engine = engine
        self._services = [s for s in compose.services.values() if s.name != PROVISION]
        self._crashed = crashed
        self._changed = changed
        self._states: dict[str, dict[str, Any]] = {}
        self._started: set[str] = set()
        self._ending = threading.Event()

    # ---- start ----

    async def begin(self, progress: Callable[[str], None]) -> None:
        """Images, network, volumes, and every container that waits for no other one."""
        missing = await asyncio.to_thread(self.engine.missing_images, self.compose)
        if missing:
            await self._build(missing, progress)
        await asyncio.to_thread(self.engine.prepare, self.compose)
        progress("starting the full nodes")
        await self._start([service for service in self._services if not service.needs])

    async def join(self) -> None:
        """The others, in the order of their needs."""
        for service in self._services:
            if service.name not in self._started:
                await self._wait_for(service)
                await self._start([service])

    async def _build(self, images: list[str], progress: Callable[[str], None]) -> None:
        """`docker compose build`, because only BuildKit knows the build's secrets and caches."""
        log = self.plan.logs / "build.log"
        progress(f"building {', '.join(images)} (the node from source takes half an hour); log: {log}")
        builders = [s.name for s in self.compose.services.values() if s.builds and s.image in images]
        words = [
            "docker",
            "compose",
            "--file",
            str(self.compose.path),
            "--progress",
            "plain",
            "build",
            *builders,
        ]
        with log.open("wb") as out:
            try:
                process = await asyncio.create_subprocess_exec(
                    *words, stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out
                )
            except OSError as error:
                hint = "install Docker with its compose plugin"
                raise EngineFailed(f"docker can't be run: {error.strerror}", hint=hint) from error
            try:
                async with asyncio.timeout(BUILD_SECONDS):
                    code = await process.wait()
            finally:
                if process.returncode is None:
                    process.terminate()
                    await process.wait()
        if code != 0:
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise EngineFailed(f"the images were not built: {''.join(last)}", hint=f"all of it is in {log}")

    async def _start(self, services: list[Service]) -> None:
        for service in services:
            await asyncio.to_thread(self.engine.start, service)
            self._started.add(service.name)
            threading.Thread(target=self._keep_log, args=(service.name,), daemon=True).start()
        await self._look()
        self._changed()

    async def _wait_for(self, service: Service) -> None:
        """Until what it needs is healthy; finished services are not among what is started here."""
        deadline = time.monotonic() + HEALTHY_SECONDS
        needed = [name for name, how in service.needs.items() if how == "service_healthy"]
        while not all(self._states.get(name, {}).get("health") == "healthy" for name in needed):
            if time.monotonic() > deadline:
                logs = ", ".join(str(self._log(name)) for name in needed)
                what = f"{' and '.join(needed)} not healthy after {HEALTHY_SECONDS:.0f} s"
                raise EngineFailed(what, hint=f"see {logs}")
            await asyncio.sleep(POLL_SECONDS / 2)
            await self._look()

    # ---- while it runs ----

    async def supervise(self) -> None:
        """Notice what crashed; the engine itself starts it again.

        Raises:
            CrashLoop: a container ended again and again, or for good.
        """
        while True:
            await asyncio.sleep(POLL_SECONDS)
            before = self._states
            await self._look()
            for name, now in self._states.items():
                self._judge(name, before.get(name, {}).get("restarts", 0), now)

    def _judge(self, name: str, restarts_before: int, now: dict[str, Any]) -> None:
        if now["restarts"] > restarts_before:
            self._crashed(name, now["exit_code"])
            self._changed()
        if now["restarts"] > MAX_CRASHES:
            raise CrashLoop(
                f"{name} ended {now['restarts']} times", hint=f"its last words are in {self._log(name)}"
            )

    async def _look(self) -> None:
        self._states = await asyncio.to_thread(self.engine.states)

    def pids(self) -> dict[str, int]:
        """Process of each container, as the engine's machine numbers them."""
        return {name: state["pid"] for name, state in self._states.items() if state["running"]}

    async def memory_bytes(self) -> dict[str, int]:
        """Of each container."""
        return await asyncio.to_thread(self.engine.memory_bytes)

    def _log(self, name: str) -> Path:
        return self.plan.logs / f"{name}.log"

    def _keep_log(self, name: str) -> None:
        """Copy a container's log into its file, over its restarts, until the end."""
        since: float | None = None
        with self._log(name).open("ab", buffering=0) as file:
            while not self._ending.is_set():
                try:
                    self.engine.follow_log(name, file.write, since)
                except EngineFailed:
                    pass  # it is being started again, or everything is being removed
                since = time.time()
                self._ending.wait(POLL_SECONDS)

    # ---- the end ----

    async def stop(self) -> None:
        """Stop and remove all of it; not to be cut short."""
        ending = asyncio.ensure_future(asyncio.to_thread(self._stop))
        try:
            await asyncio.shield(ending)
        except asyncio.CancelledError:
            await ending
            raise

    def _stop(self) -> None:
        self._ending.set()
        try:
            self.engine.stop(STOP_SECONDS)
        finally:
            self.engine.remove()
            self.engine.close()


def remove(project: str) -> int:
    """Remove what a devnet whose supervisor is gone left behind. Returns how many containers.

    Raises:
        EngineFailed: no engine answers.
    """
    engine = Engine(project)
    try:
        return engine.remove()
    finally:
        engine.close()


async def up(options: DevnetOptions, listener: Listener) -> Report:
    """Run the compose file's network until it is over or interrupted; nothing of it stays.

    Raises:
        AlreadyRunning, ConfigError, EngineFailed: it can't start.
        NotInTime, CrashLoop, ChainError: it started and failed.
    """
    path = composefile.find()

    def make() -> Devnet:
        plan, compose = make_plan(options, path)
        engine = Engine(project_of(options.folder))

        def containers(
            plan: Plan, crashed: Callable[[str, int | None], None], changed: Callable[[], None]
        ) -> Containers:
            return Containers(plan, crashed, changed, engine=engine, compose=compose)

        return Devnet(plan, listener, make_runner=containers, limits=LIMITS, api_key=api_key(compose))

    return await live(options.folder, make)
